"""The files a tokenizer can come from, one module each: `read(folder, settings) -> Spec | None`. ← ADD A FORMAT here.

The first format that finds its files wins; tokenizer.json stands before the older ones, which it replaces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import sentencepiece, tekken, tiktoken, tokenizer_json, vocab_json, vocab_txt

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from pathlib import Path

    from ..settings import Settings
    from ..spec import Spec

__all__ = ["describes_itself", "found_files", "looked_for", "read_spec"]

_FORMATS: tuple[Callable[[Path, Settings], Spec | None], ...] = (
    tokenizer_json.read,
    vocab_txt.read,
    vocab_json.read,
    sentencepiece.read,
    tiktoken.read,
    tekken.read,
)


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


def describes_itself(folder: Path) -> bool:
    """Whether `folder` has a vocabulary that needs no configuration: tekken.json or tiktoken's ranks."""
    return (folder / tekken.FILE).exists() or tiktoken.find(folder) is not None


_FILES: tuple[tuple[Container[str], tuple[str, ...]], ...] = (
    (vocab_txt.FAMILIES, (vocab_txt.FILE,)),
    (vocab_json.FAMILIES, vocab_json.FILES),
    (sentencepiece.FAMILIES, sentencepiece.FILES),
    (tiktoken.FAMILIES, (*tiktoken.FILES, "*.tiktoken")),
    (tekken.FAMILIES, (tekken.FILE,)),
)


def looked_for(tokenizer_class: str | None = None) -> list[str]:
    """The names of the files that a class looks for, or all that any class does; for errors."""
    names = [
        name for classes, files in _FILES if tokenizer_class is None or tokenizer_class in classes for name in files
    ]
    return list(dict.fromkeys([tokenizer_json.FILE, *names]))


def found_files(folder: Path) -> list[str]:
    """The names of the vocabulary files in `folder`, for errors."""
    return sorted({path.name for name in looked_for() for path in folder.glob(name)})
