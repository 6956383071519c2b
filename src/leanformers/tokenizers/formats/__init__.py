"""The files a tokenizer can come from, one module each: `read(folder, settings) -> Spec | None`. ← ADD A FORMAT here.

The first format that finds its files wins; tokenizer.json stands before the older ones, which it replaces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import tokenizer_json, vocab_txt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..settings import Settings
    from ..spec import Spec

__all__ = ["read_spec"]

_FORMATS: tuple[Callable[[Path, Settings], Spec | None], ...] = (tokenizer_json.read, vocab_txt.read)


def read_spec(folder: Path, settings: Settings) -> Spec | None:
    """The tokenizer in `folder`, or None when it holds no file of a known format.

    Raises:
        FileFormatError: a file is there, but broken or with parts that are not known.
    """
    for read in _FORMATS:
        spec = read(folder, settings)
        if spec is not None:
            return spec
    return None
