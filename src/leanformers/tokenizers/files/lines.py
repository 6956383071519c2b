"""Texts from files of lines: each line a text, each line a JSON object, or the whole file one text.

files → readers.py → **here** → chunks of texts
"""

from __future__ import annotations

import gzip
import json
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import FileFormatError
from ..inputs import describe
from . import readers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .readers import BadRows, Chunk, Input, Place

__all__ = ["BOM", "Stream", "open_stream", "read", "read_document", "read_jsonl"]

BOM = "\ufeff"
_NOT_UTF8 = "it is not UTF-8 text"


class Stream(NamedTuple):
    """A file's unpacked bytes, and the file on disk, whose position tells how much of it has been read."""

    bytes: Any
    raw: Any

    def skip_line(self) -> int:
        """Go on to behind the next end of a line; how many bytes that was."""
        skipped = 0
        while part := self.bytes.readline(readers.CHUNK):
            skipped += len(part)
            if part.endswith(b"\n"):
                break
        return skipped


@contextmanager
def open_stream(source: Input, offset: int) -> Iterator[Stream]:
    """The bytes of a file from `offset` on.

    Raises:
        FileFormatError: gzip cannot unpack it.
    """
    with source.path.open("rb") as raw:
        if not source.compressed:
            raw.seek(offset)
            yield Stream(raw, raw)
            return
        try:
            if source.path.stat().st_size == 0:
                raise EOFError("it is empty, without even a header of gzip")
            with gzip.GzipFile(fileobj=raw) as unpacked:
                unpacked.seek(offset)
                yield Stream(unpacked, raw)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FileFormatError(f"{source.path} is damaged or cut off: {error}") from None


class _Lines(NamedTuple):
    """Lines without their ends, and their numbers in the file, from 1."""

    texts: list[str]
    numbers: Sequence[int]
    place: Place
    read: int


def _read_lines(source: Input, place: Place, bad: BadRows) -> Iterator[_Lines]:
    offset, line = place
    with open_stream(source, offset) as stream:
        while data := stream.bytes.read(readers.CHUNK):
            skipped = 0
            if not data.endswith(b"\n"):
                data += stream.bytes.readline(bad.limit)
                if not data.endswith(b"\n"):  # more than the limit, unless the file ends here
                    skipped = stream.skip_line()
            texts, numbers = _decode(source, data, line + 1, bad)
            if offset == 0 and texts:
                texts[0] = texts[0].removeprefix(BOM)
            offset += len(data) + skipped
            line += data.count(b"\n") + (not data.endswith(b"\n"))
            yield _Lines(texts, numbers, readers.Place(offset, line), stream.raw.tell())


def _decode(source: Input, data: bytes, first: int, bad: BadRows) -> tuple[list[str], Sequence[int]]:
    if len(data) <= bad.limit:
        try:
            texts = data.decode("utf-8").split("\n")
        except UnicodeDecodeError:
            pass  # the way below finds the line
        else:
            if not texts[-1]:
                texts.pop()  # what stands behind the last end of a line
            if b"\r" in data:
                texts = [text.removesuffix("\r") for text in texts]
            return texts, range(first, first + len(texts))
    texts, numbers = [], []
    for number, part in enumerate(data.removesuffix(b"\n").split(b"\n"), start=first):
        if len(part) > bad.limit:
            bad.add_too_long(f"{source.path}, line {number}")
            continue
        try:
            texts.append(part.removesuffix(b"\r").decode("utf-8"))
            numbers.append(number)
        except UnicodeDecodeError as error:
            bad.add(f"{source.path}, line {number}", f"{_NOT_UTF8}: {error.reason} at byte {error.start}")
    return texts, numbers


def read(source: Input, place: Place, bad: BadRows) -> Iterator[Chunk]:
    r"""Every line is a text, empty ones too, without the \n or \r\n that ends it."""
    for lines in _read_lines(source, place, bad):
        yield readers.Chunk(lines.texts, lines.place, lines.read)


def read_jsonl(source: Input, field: str, place: Place, bad: BadRows) -> Iterator[Chunk]:
    """Every line is a JSON object with the text under `field`; lines of white space are nothing."""
    for lines in _read_lines(source, place, bad):
        texts = []
        for number, line in zip(lines.numbers, lines.texts, strict=True):
            if not line or line.isspace():
                continue
            where = f"{source.path}, line {number}"
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                bad.add(where, f"it is not valid JSON: {error.msg} at column {error.colno}")
            except (RecursionError, ValueError) as error:  # nested too deeply; a number of thousands of digits
                bad.add(where, f"it is not usable JSON: {error}")
            else:
                texts += _take_text(row, field, where, bad)
        yield readers.Chunk(texts, lines.place, lines.read)


def _take_text(row: Any, field: str, where: str, bad: BadRows) -> list[str]:
    """The text of a JSON object, in a list; an empty list for a bad row that is left out."""
    text = row.get(field) if isinstance(row, dict) else None
    if isinstance(text, str):
        return [text]
    if not isinstance(row, dict):
        bad.add(where, f"a JSON object is expected, not {describe(row)}")
    elif field not in row:
        bad.add(where, f"there is no field {field!r}; there are {', '.join(map(repr, row)) or 'none'}")
    else:
        bad.add(where, f"the field {field!r} is {'null' if text is None else describe(text)}, not a text")
    return []


def read_document(source: Input, place: Place, bad: BadRows) -> Iterator[Chunk]:
    """The whole file is one text."""
    if place != readers.START:
        return
    with open_stream(source, 0) as stream:
        data = stream.bytes.read(bad.limit + 1)
        texts = []
        if len(data) > bad.limit:
            bad.add_too_long(str(source.path))
        else:
            try:
                texts = [data.decode("utf-8").removeprefix(BOM)]
            except UnicodeDecodeError as error:
                bad.add(str(source.path), f"{_NOT_UTF8}: {error.reason} at byte {error.start}")
        yield readers.Chunk(texts, readers.Place(max(len(data), 1), 1), stream.raw.tell())
