"""Token files as Parquet: a column `input_ids` of lists of int32, the header in the metadata of the schema.

partial.py → token file → **Parquet**
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy

from ...errors import FileFormatError
from .tables import import_pyarrow
from .token_file import OFFSET_TYPE, TokenFileHeader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .token_file import TokenFile

__all__ = ["COLUMN", "is_parquet", "read_parquet_header", "verify_parquet", "write_parquet"]

COLUMN = "input_ids"
_KEY = b"leanformers"
_GROUP = 1 << 20  # tokens of a row group, and the most rows that it has


def is_parquet(path: Path) -> bool:
    """Whether a token file of this name is Parquet."""
    return path.suffix.lower() == ".parquet"


def write_parquet(tokens: TokenFile, path: Path) -> None:
    """Write the rows of `tokens` to `path`, a row group at a time.

    Raises:
        MissingDependencyError: pyarrow is not installed.
    """
    arrow = import_pyarrow()
    schema = arrow.schema([(COLUMN, arrow.list_(arrow.int32()))], metadata={_KEY: tokens.header.to_json()})
    with arrow.parquet.ParquetWriter(path, schema) as writer:
        for begin, end in _groups(tokens):
            offsets = tokens.row_offsets[begin : end + 1]
            ids = tokens.ids[offsets[0] : offsets[-1]].astype(numpy.int32)
            rows = arrow.ListArray.from_arrays((offsets - offsets[0]).astype(numpy.int32), arrow.array(ids))
            writer.write_table(arrow.Table.from_arrays([rows], schema=schema), row_group_size=_GROUP)


def _groups(tokens: TokenFile) -> Iterator[tuple[int, int]]:
    """Rows `begin` to `end` of each row group; at least one."""
    begin = 0
    while begin < len(tokens):
        enough = numpy.searchsorted(tokens.row_offsets, tokens.row_offsets[begin] + _GROUP)
        end = min(max(int(enough), begin + 1), begin + _GROUP, len(tokens))
        yield begin, end
        begin = end


def read_parquet_header(path: Path) -> TokenFileHeader:
    """The header of a token file in Parquet.

    Raises:
        FileFormatError: it is no Parquet file, or one of other origin.
        MissingDependencyError: pyarrow is not installed.
    """
    arrow = import_pyarrow()
    try:
        metadata = arrow.parquet.read_schema(path).metadata or {}
    except arrow.ArrowException as error:
        raise FileFormatError(f"{path} is no Parquet file that can be read: {error}") from None
    if _KEY not in metadata:
        raise FileFormatError(f"{path} is no token file: its schema has no metadata of the name {_KEY.decode()!r}")
    return TokenFileHeader.from_json(metadata[_KEY], str(path))


def verify_parquet(path: Path) -> TokenFileHeader:
    """The header, when the content has the checksums in it: reads all of the file.

    Raises:
        FileFormatError: the file is damaged.
    """
    arrow = import_pyarrow()
    header = read_parquet_header(path)
    ids, offsets = hashlib.sha256(), hashlib.sha256(numpy.zeros(1, OFFSET_TYPE).tobytes())
    tokens = 0
    try:
        with arrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=[COLUMN]):
                rows = batch.column(0)
                ids.update(rows.flatten().to_numpy().astype(header.ids_type).tobytes())
                ends = numpy.cumsum(rows.value_lengths().to_numpy(), dtype=OFFSET_TYPE) + tokens
                offsets.update(ends.tobytes())
                tokens += len(rows.flatten())
    except (arrow.ArrowException, OSError) as error:
        raise FileFormatError(f"{path} is damaged: {error}") from None
    if {"ids": ids.hexdigest(), "row_offsets": offsets.hexdigest()} != header.sha256:
        raise FileFormatError(f"{path} is damaged: its rows do not have the SHA-256 of the header")
    return header
