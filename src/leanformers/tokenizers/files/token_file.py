"""A file of token ids: written once, memory-mapped by many readers.

encode.py → **corpus.bin** → `TokenFile` → rows for a data loader

    0        the eight bytes of MAGIC
    8        the length of the header, 64 bits, little endian like all numbers here
    16       the header: JSON in UTF-8, then spaces up to `ids_begin`, a multiple of 4096
    ids_begin                 the ids of all rows, uint16 or uint32
    (a multiple of 8 bytes)   the row offsets: rows + 1 numbers of 64 bits, from 0 to the number of ids
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy

from ...errors import FileFormatError, InputTypeError, MissingFileError, RowError
from ..ragged import Ragged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = [
    "COUNTS",
    "MAGIC",
    "OFFSET_TYPE",
    "TokenFile",
    "TokenFileHeader",
    "header_bytes",
    "read_header",
    "row_offsets_begin",
]

MAGIC = b"LEANTOKS"
FORMAT, VERSION = "leanformers token file", 1
OFFSET_TYPE = numpy.dtype("<i8")
_BLOCK = 4096  # ids begin at a multiple of this
_MOST_HEADER = 1 << 28
_ROOM = 400  # bytes of the header for counts and checksums, which are known last


class TokenFileHeader(NamedTuple):
    """What a token file says about itself.

    Attributes:
        rows, tokens: how many there are.
        longest_row: the tokens of the longest row.
        skipped: bad rows of the inputs that were left out.
        truncated: rows that truncation has cut.
        dtype: of the ids: 'uint16' where all ids of the vocabulary fit, else 'uint32'.
        tokenizer_sha256: the SHA-256 of the tokenizer.json that made the ids.
        options: the options that act on ids: `add_special_tokens`, `max_length`, `truncation`, …
        inputs: name, size in bytes and format of each file that was read.
        source: how they were read: `field`, `on_error`, `max_text_bytes`.
        sha256: the checksums of `ids` and `row_offsets`.
    """

    rows: int
    tokens: int
    longest_row: int
    skipped: int
    truncated: int
    dtype: str
    tokenizer_sha256: str
    options: dict[str, Any]
    inputs: list[list[Any]]
    source: dict[str, Any]
    sha256: dict[str, str]

    def to_json(self) -> str:
        """The header as one line of JSON."""
        return json.dumps({"format": FORMAT, "version": VERSION, **self._asdict()})

    @classmethod
    def from_json(cls, text: str | bytes, place: str) -> TokenFileHeader:
        """The header in a JSON text that was found in `place`.

        Raises:
            FileFormatError: it is damaged, or of a later version.
        """
        try:
            values = json.loads(text)
            version = values.pop("version")
            if values.pop("format") != FORMAT:
                raise ValueError("it does not name its format")
            if version != VERSION:
                raise FileFormatError(f"{place}: version {version!r} of token files is not known, only {VERSION}")
            header = cls(**values)
            counts = header[: len(COUNTS)]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            if isinstance(error, FileFormatError):
                raise
            raise FileFormatError(f"{place}: the header of the token file is damaged: {error}") from None
        usable = all(type(count) is int and count >= 0 for count in counts) and header.dtype in ("uint16", "uint32")
        if not (usable and isinstance(header.sha256, dict)):
            raise FileFormatError(f"{place}: the header of the token file is damaged: {counts}, {header.dtype!r}")
        return header

    @property
    def ids_type(self) -> numpy.dtype[Any]:
        """The type of an id in the file."""
        return numpy.dtype(self.dtype).newbyteorder("<")


COUNTS = TokenFileHeader._fields[:5]  # what is known last, besides the checksums


def header_bytes(header: TokenFileHeader, size: int | None = None) -> bytes:
    """All that stands before the ids: `size` bytes, by default as many as are enough whatever the counts will be."""
    text = header.to_json().encode()
    if size is None:
        size = -(-(16 + len(text) + _ROOM) // _BLOCK) * _BLOCK
    assert len(text) <= size - 16, "the room kept for counts and checksums is too small"
    return MAGIC + (size - 16).to_bytes(8, "little") + text.ljust(size - 16)


def row_offsets_begin(ids_begin: int, ids_bytes: int) -> int:
    """Where the row offsets begin in the file."""
    return ids_begin + -(-ids_bytes // 8) * 8


def read_header(path: Path) -> tuple[TokenFileHeader, int]:
    """The header of a token file, and where the ids begin.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is no token file, damaged or cut off.
    """
    if not path.is_file():
        raise MissingFileError(f"no such file: {path}")
    with path.open("rb") as file:
        start = file.read(16)
        length = int.from_bytes(start[8:], "little")
        if not start.startswith(MAGIC) or len(start) < 16:
            raise FileFormatError(f"{path} is no token file: it does not begin with {MAGIC.decode()}")
        text = file.read(length) if length <= _MOST_HEADER else b""
    if len(text) < length:
        raise FileFormatError(f"{path} is cut off or damaged: its header has {len(text)} of {length} bytes")
    return TokenFileHeader.from_json(text, str(path)), 16 + length


class TokenFile:
    """The token ids of many rows, memory-mapped: opening reads the header alone, and processes share the memory.

    `tokens[i]` are the ids of row i, and `tokens[a:b]` rows as a `Ragged`. It can be pickled, for the workers of a
    data loader: each opens the file anew.

    Attributes:
        path: the file.
        header: what it says about itself; see `TokenFileHeader`.
        ids: uint16 or uint32, (tokens,), read-only.
        row_offsets: int64, (rows + 1,): row i is `ids[row_offsets[i]:row_offsets[i + 1]]`.

    Examples:
        >>> from pathlib import Path
        >>> from leanformers import AutoTokenizer, TokenFile
        >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
        >>> _ = Path("texts.txt").write_text("A good day.\\nBad!\\n")
        >>> _ = tokenizer.encode_file("texts.txt", out="texts.bin")
        >>> tokens = TokenFile.open("texts.bin")
        >>> len(tokens), tokens[1].tolist() == tokenizer("Bad!")["input_ids"]
        (2, True)
    """

    __slots__ = ("header", "ids", "path", "row_offsets")

    def __init__(
        self, path: Path, header: TokenFileHeader, ids: NDArray[Any], row_offsets: NDArray[numpy.int64]
    ) -> None:
        """Put the parts together; `open` reads them from a file."""
        self.path = path
        self.header = header
        self.ids = ids
        self.row_offsets = row_offsets

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> TokenFile:
        """The token file `path`. Its header and size are checked; the checksums only by `verify`.

        Raises:
            MissingFileError: there is no such file.
            FileFormatError: it is no token file, damaged, cut off, or of a later version.
        """
        path = Path(path)
        header, ids_begin = read_header(path)
        ids_end = ids_begin + header.tokens * header.ids_type.itemsize
        begin = row_offsets_begin(ids_begin, ids_end - ids_begin)
        size = begin + (header.rows + 1) * OFFSET_TYPE.itemsize
        if (found := path.stat().st_size) != size:
            raise FileFormatError(f"{path} is cut off or damaged: it has {found} of {size} bytes")
        data = numpy.memmap(path, mode="r").view(numpy.ndarray)
        tokens = cls(path, header, data[ids_begin:ids_end].view(header.ids_type), data[begin:].view(OFFSET_TYPE))
        if tokens.row_offsets[0] != 0 or tokens.row_offsets[-1] != header.tokens:
            raise FileFormatError(f"{path} is damaged: its row offsets do not run from 0 to {header.tokens}")
        return tokens

    def verify(self) -> None:
        """Compare the content with the checksums in the header: reads all of the file.

        Raises:
            FileFormatError: it is damaged.
        """
        for name, part in (("ids", self.ids), ("row_offsets", self.row_offsets)):
            hasher = hashlib.sha256()
            for begin in range(0, len(part), 1 << 20):
                hasher.update(part[begin : begin + (1 << 20)].data)
            if hasher.hexdigest() != self.header.sha256.get(name):
                raise FileFormatError(f"{self.path} is damaged: its {name} do not have the SHA-256 of the header")

    def __len__(self) -> int:
        return self.header.rows

    def __getitem__(self, rows: Any) -> Any:
        """`tokens[i]`: the ids of row i, a view on the file. `tokens[a:b]`: rows as a Ragged, which is a copy.

        Raises:
            RowError: there is no such row.
            InputTypeError: neither a number nor a slice of neighbouring rows.
        """
        if isinstance(rows, slice):
            begin, end, step = rows.indices(len(self))
            if step != 1:
                raise InputTypeError(f"a slice of rows must have step 1, not {step}")
            offsets = self.row_offsets[begin : max(begin, end) + 1]
            return Ragged(self.ids[offsets[0] : offsets[-1]].astype(numpy.uint32), offsets - offsets[0])
        if not hasattr(rows, "__index__"):
            raise InputTypeError(f"rows are chosen by a number or a slice, not by {type(rows).__name__}")
        if not -len(self) <= rows < len(self):
            raise RowError(f"row {rows} of {len(self)} rows")
        row = rows if rows >= 0 else rows + len(self)
        return self.ids[self.row_offsets[row] : self.row_offsets[row + 1]]

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return (self[row] for row in range(len(self)))

    def __repr__(self) -> str:
        return f"TokenFile({str(self.path)!r}, {len(self)} rows, {len(self.ids)} tokens, {self.header.dtype})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _open_again, (str(self.path.absolute()), self.header.sha256)


def _open_again(path: str, sha256: dict[str, str]) -> TokenFile:
    tokens = TokenFile.open(path)
    if tokens.header.sha256 != sha256:
        raise FileFormatError(f"{path} has been replaced by another token file since it was opened")
    return tokens
