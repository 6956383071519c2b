"""tokenizer.json, the format of the `tokenizers` library: a whole tokenizer in one file, which alone decides ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...files import read_bytes
from ..asked import apply_asked
from ..large_tables import parse_document
from ..spec import Spec

if TYPE_CHECKING:
    from pathlib import Path

    from ..plan_cache import PlanCache
    from ..settings import Settings

__all__ = ["FILE", "FILES", "read"]

FILE = "tokenizer.json"
FILES = (FILE,)


def read(folder: Path, settings: Settings) -> Spec | None:
    """The tokenizer in `folder`/tokenizer.json, or None without that file. Of `settings`, what a caller gave counts.

    Raises:
        FileFormatError: broken JSON, or a component, field or version that is not known, with its place in the file.
        InputValueError: an argument of the caller that the file has no place for.
    """
    path = folder / FILE
    if not path.exists():
        return None
    text = read_bytes(path)
    return apply_asked(spec_of(text, path, settings.plan_cache), settings)


def spec_of(text: bytes, path: Path, cache: PlanCache | None) -> Spec:
    """The tokenizer of the bytes of a tokenizer.json that errors call `path`, with its plan where there is a cache."""
    plan = cache.read(text) if cache is not None else None
    document = (plan.document or plan.parse(text)) if plan is not None else None
    if document is None:
        document = parse_document(text, path)
    return Spec(document, place=str(path), text=text, plan=plan)
