"""tokenizer.json, the format of the `tokenizers` library: a whole tokenizer in one file, which alone decides ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...files import read_bytes
from ..asked import apply_asked
from ..large_tables import parse_document
from ..spec import Spec

if TYPE_CHECKING:
    from pathlib import Path

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
    return apply_asked(Spec(parse_document(text, path), place=str(path), text=text), settings)
