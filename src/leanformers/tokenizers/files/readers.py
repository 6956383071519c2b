"""Files of texts, read in pieces that fit into memory: which files, of which format, and from which place on.

names and patterns → `find_inputs` → **`read_chunks`** → lines.py, tables.py → chunks of texts → encode.py
"""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import FileFormatError, InputTypeError, InputValueError, MissingFileError, near_names

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CHUNK", "START", "BadRows", "Chunk", "Input", "Place", "find_inputs", "read_chunks"]

CHUNK = 1 << 22  # bytes of text that are read, encoded and written at a time
FORMATS = ("lines", "document", "jsonl", "csv", "tsv", "parquet")
_SUFFIXES = {
    ".txt": "lines",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}


class Place(NamedTuple):
    """How far a file has been read: bytes of its (unpacked) text and lines; of Parquet both are rows."""

    offset: int
    line: int


START = Place(0, 0)


class Chunk(NamedTuple):
    """Some texts of a file, the place behind them, and how many bytes of the file on disk have been read."""

    texts: list[str]
    place: Place
    read: int


class Input(NamedTuple):
    """A file to read, and its format: one of `FORMATS`."""

    path: Path
    format: str

    @property
    def compressed(self) -> bool:
        """Whether gzip has to unpack it."""
        return self.path.suffix.lower() == ".gz"


class BadRows:
    """What becomes of rows that hold no usable text.

    Attributes:
        limit: the bytes of UTF-8 that a text may have.
        count: the rows that were left out.
    """

    def __init__(self, skip: bool, limit: int) -> None:
        self.limit = limit
        self.count = 0
        self._skip = skip

    def add(self, where: str, why: str) -> None:
        """One more bad row, `where` it stands and `why` it is bad.

        Raises:
            FileFormatError: rows are not to be left out.
        """
        if not self._skip:
            raise FileFormatError(f"{where}: {why}; on_error='skip' leaves such rows out")
        self.count += 1

    def add_too_long(self, where: str) -> None:
        """A text of more than `limit` bytes.

        Raises:
            FileFormatError: rows are not to be left out.
        """
        self.add(where, f"the text has more than {self.limit:,} bytes; max_text_bytes raises the limit")


def find_inputs(paths: Any, format: str | None) -> list[Input]:
    """The files that names and patterns such as `data/*.jsonl` mean: in the order given, a pattern's by name.

    Raises:
        MissingFileError: there is no such file, or none that fits a pattern.
        InputValueError: a format is not known, or no files are given.
        InputTypeError: something that is no path.
    """
    if format is not None and format not in FORMATS:
        raise InputValueError(f"format={format!r}: choose {', '.join(FORMATS)}{near_names(str(format), FORMATS)}")
    names = [paths] if isinstance(paths, (str, os.PathLike)) else paths
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, (str, os.PathLike)) for name in names):
        raise InputTypeError(f"give a path, or a list of paths, not {type(paths).__name__}")
    found: list[Path] = []
    for name in map(os.fspath, names):
        path = Path(name).expanduser()
        if path.is_file():
            found.append(path)
        elif path.is_dir():
            raise MissingFileError(f"{path} is a folder; give its files, such as '{path}/*.txt'")
        elif matches := sorted(map(Path, glob.glob(str(path), recursive=True))):  # noqa: PTH207  (Path.glob takes no absolute patterns)
            found += [match for match in matches if match.is_file()]
        else:
            raise MissingFileError(f"no such file: {name}" + (" (nothing fits the pattern)" if "*" in name else ""))
    if not found:
        raise InputValueError("there is no file to encode")
    return [Input(path, format or _format_of(path)) for path in found]


def _format_of(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    found = _SUFFIXES.get(suffixes[-1]) if suffixes else None
    if found is None:
        raise InputValueError(
            f"{path}: the format is not known by the name ({', '.join(_SUFFIXES)}, each also with .gz); "
            f"say format=… one of {', '.join(FORMATS)}"
        )
    return found


def read_chunks(source: Input, field: str, place: Place, bad: BadRows) -> Iterator[Chunk]:
    """The texts of a file from `place` on; `field` is the key or column that has the text.

    Raises:
        FileFormatError: the file is damaged, or has a row that `bad` does not leave out.
        MissingDependencyError: Parquet needs pyarrow.
    """
    from . import lines, tables

    if source.format == "parquet":
        if source.compressed:
            raise InputValueError(f"{source.path}: Parquet is compressed inside; unpack the .gz around it")
        return tables.read_parquet(source.path, field, place, bad)
    if source.format in ("csv", "tsv"):
        return tables.read_csv(source, field, place, bad)
    if source.format == "jsonl":
        return lines.read_jsonl(source, field, place, bad)
    return lines.read_document(source, place, bad) if source.format == "document" else lines.read(source, place, bad)
