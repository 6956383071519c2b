"""Texts from a column of a table: CSV with a header, and Parquet.

files → readers.py → **here** → chunks of texts
"""

from __future__ import annotations

import csv
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...errors import FileFormatError, InputValueError, MissingDependencyError, near_names
from . import readers
from .lines import BOM, open_stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .lines import Stream
    from .readers import BadRows, Chunk, Input, Place

__all__ = ["import_pyarrow", "read_csv", "read_parquet"]


class _CountedLines:
    """The lines of a stream for `csv.reader`, which takes as many as a record has."""

    def __init__(self, source: Input, stream: Stream, limit: int) -> None:
        self.offset = self.line = 0
        self.valid = True  # whether the lines since this was last set were UTF-8
        self._source = source
        self._stream = stream
        self._limit = limit

    def go_to(self, place: Place) -> None:
        self.offset, self.line = place
        self._stream.bytes.seek(place.offset)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        data: bytes = self._stream.bytes.readline(self._limit)
        if not data:
            raise StopIteration
        self.offset += len(data)
        self.line += 1
        if len(data) == self._limit and not data.endswith(b"\n"):
            raise FileFormatError(
                f"{self._source.path}, line {self.line}, has more than {self._limit:,} bytes; max_text_bytes raises "
                "the limit"
            )
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            self.valid = False
            return data.decode("utf-8", "replace")


@contextmanager
def _longest_field(limit: int) -> Iterator[None]:
    """csv's own limit, 128 KiB, is one for the whole process: raised while a chunk is read, never lowered."""
    before = csv.field_size_limit()
    csv.field_size_limit(max(before, limit))
    try:
        yield
    finally:
        csv.field_size_limit(before)


def read_csv(source: Input, field: str, place: Place, bad: BadRows) -> Iterator[Chunk]:
    """Every record after the header is a row; fields in quotes may have ends of lines.

    A broken quote is an error even where bad rows are left out: it puts all that follows in doubt.
    """
    with open_stream(source, 0) as stream:
        lines = _CountedLines(source, stream, bad.limit)
        records = csv.reader(lines, delimiter="\t" if source.format == "tsv" else ",", strict=True)
        header = next(_records(source, records, lines), None)
        if header is None:
            return
        header[0] = header[0].removeprefix(BOM)
        column = _column(source.path, header, field)
        if place != readers.START:
            lines.go_to(place)
        more = True
        while more:
            with _longest_field(bad.limit):
                texts, more = _read_texts(source, records, lines, column, len(header), bad)
            yield readers.Chunk(texts, readers.Place(lines.offset, lines.line), stream.raw.tell())


def _read_texts(
    source: Input, records: Any, lines: _CountedLines, column: int, width: int, bad: BadRows
) -> tuple[list[str], bool]:
    """The texts of the next records, of about a chunk, and whether there may be more."""
    texts: list[str] = []
    end = lines.offset + readers.CHUNK
    first = lines.line + 1
    for record in _records(source, records, lines):
        if not lines.valid:
            bad.add(f"{source.path}, line {first}", "it is not UTF-8 text")
        elif record and len(record) != width:
            bad.add(f"{source.path}, line {first}", f"the row has {len(record)} fields, the header has {width}")
        elif record and _is_too_long(record[column], bad.limit):
            bad.add_too_long(f"{source.path}, line {first}")
        elif record:  # an empty line is nothing
            texts.append(record[column])
        lines.valid = True
        first = lines.line + 1
        if lines.offset >= end:
            return texts, True
    return texts, False


def _records(source: Input, records: Any, lines: _CountedLines) -> Iterator[list[str]]:
    first = lines.line + 1
    try:
        for record in records:
            yield record
            first = lines.line + 1
    except csv.Error as error:
        raise FileFormatError(f"{source.path}, line {first}, is not valid CSV: {error}") from None


def _is_too_long(text: str, limit: int) -> bool:
    return 4 * len(text) > limit < len(text.encode("utf-8", "replace"))


def _column(path: Path, names: list[str], field: str) -> int:
    if names.count(field) == 1:
        return names.index(field)
    if field in names:
        raise FileFormatError(f"{path} has {names.count(field)} columns {field!r}")
    raise InputValueError(
        f"{path} has no column {field!r}{near_names(field, names)}; it has {', '.join(map(repr, names))}: say field=…"
    )


def import_pyarrow() -> Any:
    """The package pyarrow, with its module parquet.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingDependencyError("Parquet needs pyarrow: pip install 'leanformers[arrow]'") from None
    return pyarrow


def read_parquet(path: Path, field: str, place: Place, bad: BadRows) -> Iterator[Chunk]:
    """Every row is a text of the column `field`, one row group after the other."""
    arrow = import_pyarrow()
    try:
        with arrow.parquet.ParquetFile(path) as file:
            _check_type(arrow, path, file.schema_arrow, field)
            yield from _read_groups(path, file, field, place, bad)
    except (arrow.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise FileFormatError(f"{path} is no Parquet file that can be read: {error}") from None


def _check_type(arrow: Any, path: Path, schema: Any, field: str) -> None:
    kind = schema.field(_column(path, schema.names, field)).type
    if arrow.types.is_dictionary(kind):
        kind = kind.value_type
    if not (arrow.types.is_string(kind) or arrow.types.is_large_string(kind)):
        raise FileFormatError(f"{path}: the column {field!r} must hold strings, not {kind}")


def _read_groups(path: Path, file: Any, field: str, place: Place, bad: BadRows) -> Iterator[Chunk]:
    begin, size, rows = 0, path.stat().st_size, file.metadata.num_rows
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        if begin + group.num_rows > place.offset:
            at = begin
            for batch in file.iter_batches(_batch_size(group, field), row_groups=[number], columns=[field]):
                if (done := max(0, place.offset - at)) < len(batch):
                    texts = _texts(path, batch.column(0).slice(done), at + done, bad)
                    end = at + len(batch)
                    yield readers.Chunk(texts, readers.Place(end, end), size * end // rows)
                at += len(batch)
        begin += group.num_rows


def _batch_size(group: Any, field: str) -> int:
    """How many rows of a row group have about as many bytes as a chunk."""
    columns = (group.column(i) for i in range(group.num_columns))
    size = sum(column.total_uncompressed_size for column in columns if column.path_in_schema == field)
    return int(min(max(readers.CHUNK * group.num_rows // max(size, 1), 1), 1 << 16))


def _texts(path: Path, column: Any, first: int, bad: BadRows) -> list[str]:
    texts = []
    for row, text in enumerate(_values(column), start=first):
        if isinstance(text, UnicodeDecodeError):
            bad.add(f"{path}, row {row}", f"it is not UTF-8 text: {text.reason}")
        elif text is None:
            bad.add(f"{path}, row {row}", "it is null, not a text")
        elif _is_too_long(text, bad.limit):
            bad.add_too_long(f"{path}, row {row}")
        else:
            texts.append(text)
    return texts


def _values(column: Any) -> list[Any]:
    """Each value as str or None, or the error that decoding it gives."""
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError:
        values = []
        for value in column:
            try:
                values.append(value.as_py())
            except UnicodeDecodeError as error:
                values.append(error)
    return values
