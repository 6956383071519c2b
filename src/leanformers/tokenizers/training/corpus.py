"""The texts to train on, in pieces that fit into memory: the lines of files, or what an iterator gives.

files or iterator → **chunks of texts** → _core.WordCounter
"""

from __future__ import annotations

import os
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import FileFormatError, InputTypeError, InputValueError, MissingFileError
from ...progress import progress
from ..inputs import describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["as_files", "chunks_of_files", "chunks_of_texts"]

CHUNK = 1 << 22  # characters that are read before they are counted
MANY = 1 << 16  # texts, where they are short


def as_files(source: Any) -> list[Path] | None:
    """`source` as files to read if it is a path or a list of paths, else None.

    Raises:
        InputValueError: an empty list.
        MissingFileError: one of them is no file.
    """
    if isinstance(source, (str, os.PathLike)):
        source = [source]
    if not isinstance(source, (list, tuple)) or not all(isinstance(item, (str, os.PathLike)) for item in source):
        return None
    if not source:
        raise InputValueError("nothing to train on: the list of files is empty")
    paths = [Path(item).expanduser() for item in source]
    for path in paths:
        if not path.is_file():
            shown = str(path) if len(str(path)) <= 80 else str(path)[:77] + "…"
            raise MissingFileError(
                f"no such file: {shown!r}; strings are names of files: to train on texts give an iterator, iter(texts)"
            )
    return paths


def chunks_of_files(paths: Iterable[Path], show: bool | None = None) -> Iterator[list[str]]:
    """The lines of UTF-8 files, each a text with the newline that ends it, as `tokenizers` reads files.

    Raises:
        FileFormatError: a file is not UTF-8.
    """
    paths = list(paths)
    with progress("reading", sum(path.stat().st_size for path in paths), show) as advance:
        for path in paths:
            with path.open("rb") as raw, TextIOWrapper(raw, encoding="utf-8", newline="\n") as file:  # \n ends a line
                read = 0
                try:
                    while lines := file.readlines(CHUNK):
                        yield lines
                        read, before = raw.tell(), read
                        advance(read - before)
                except UnicodeDecodeError as error:
                    raise FileFormatError(f"{path} is not UTF-8 text: {error.reason} after byte {read}") from None


def chunks_of_texts(items: Any, length: int | None = None, show: bool | None = None) -> Iterator[list[str]]:
    """The texts of an iterable of str, or of batches of them.

    Args:
        items: each is a str, or a list (or other iterable) of str.
        length: how many items there are; only for the progress bar, which there is none without.
        show: as in `progress`.

    Raises:
        InputTypeError: something that is no text, and where.
    """
    if isinstance(items, (str, bytes, dict)) or not hasattr(items, "__iter__"):
        raise InputTypeError(f"the corpus is {describe(items)}; give an iterator of str, or of lists of str")
    with progress("reading", length or 0, show if length else False) as advance:
        chunk: list[str] = []
        size = counted = number = 0
        for number, item in enumerate(items, start=1):
            texts = [item] if isinstance(item, str) else _read_batch(number - 1, item)
            chunk += texts
            size += sum(map(len, texts))
            if size >= CHUNK or len(chunk) >= MANY:
                yield chunk
                advance(number - counted)
                chunk, size, counted = [], 0, number
        if chunk:
            yield chunk
            advance(number - counted)


def _read_batch(number: int, batch: Any) -> list[str]:
    if isinstance(batch, (bytes, dict)) or not hasattr(batch, "__iter__"):
        raise InputTypeError(f"item {number} of the corpus is {describe(batch)}; give str, or lists of str")
    texts = list(batch)
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputTypeError(f"item {number} of the corpus: text {i} is {describe(text)}; give lists of str")
    return texts
