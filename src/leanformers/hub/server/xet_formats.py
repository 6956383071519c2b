"""The two binary formats of xet: xorbs, which hold compressed chunks, and shards, which say how files are made of them.

Layouts: the Xet protocol specification (https://huggingface.co/docs/xet), and xet-core's `xorb_object` and `mdb_shard`.
All numbers are little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .errors import bad_request

__all__ = ["Chunk", "FileRecipe", "Term", "chunks", "read_chunk", "read_shard"]

_LONGEST_CHUNK = 16 << 20  # bytes; clients cut at 128 KiB
_MOST_CHUNKS = 1 << 16
_CHUNK_HEADER = struct.Struct("<B3sB3s")  # version, compressed length, scheme, length

_SHARD_TAG = b"HFRepoMetaData\0"
_SHARD_HEADER = struct.Struct("<32sQQ")  # tag, version, bytes of the footer
_ROW = 48
_FILE_HEADER = struct.Struct("<32sIIQ")  # hash, flags, number of terms, unused
_TERM = struct.Struct("<32sIIII")  # xorb, flags, length, first chunk, chunk beyond the last
_VERIFIED, _HAS_SHA256 = 1 << 31, 1 << 30
_END = b"\xff" * 32


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where a chunk's compressed bytes are in a xorb, how they are compressed, and how long they are without."""

    offset: int
    compressed: int
    scheme: int  # 0 none, 1 LZ4 frame, 2 LZ4 frame of bytes in four groups
    length: int


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of a file: the chunks `first` to before `beyond` of a xorb, `length` bytes."""

    xorb: str
    first: int
    beyond: int
    length: int


@dataclass(frozen=True, slots=True)
class FileRecipe:
    """A file, as the pieces that it is made of, and its sha256."""

    sha256: str
    terms: tuple[Term, ...]

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return sum(term.length for term in self.terms)


def chunks(file: BinaryIO, size: int) -> list[Chunk]:
    """The chunks of a xorb of `size` bytes, by their headers; a footer, which not all clients send, is left unread.

    Raises:
        HubError: it is no xorb.
    """
    found: list[Chunk] = []
    offset = 0
    while offset < size:
        file.seek(offset)
        header = file.read(_CHUNK_HEADER.size)
        if found and header.startswith(b"XETBLOB"):
            break
        if len(header) < _CHUNK_HEADER.size or len(found) >= _MOST_CHUNKS:
            raise bad_request("this is no xorb: a chunk's header is cut off")
        version, compressed_bytes, scheme, length_bytes = _CHUNK_HEADER.unpack(header)
        compressed, length = int.from_bytes(compressed_bytes, "little"), int.from_bytes(length_bytes, "little")
        offset += _CHUNK_HEADER.size
        fine = version == 0 and scheme in (0, 1, 2) and 0 < length <= _LONGEST_CHUNK and offset + compressed <= size
        if not fine or (scheme == 0 and compressed != length):
            raise bad_request(f"this is no xorb: chunk {len(found)} has an impossible header")
        found.append(Chunk(offset, compressed, scheme, length))
        offset += compressed
    if not found:
        raise bad_request("this xorb is empty")
    return found


def read_chunk(file: BinaryIO, chunk: Chunk) -> bytes:
    """The bytes of a chunk.

    Raises:
        HubError: they are damaged.
    """
    import lz4.frame

    file.seek(chunk.offset)
    data = file.read(chunk.compressed)
    if chunk.scheme:
        try:
            # Never more than announced: a few bytes of LZ4 can stand for gigabytes.
            data = lz4.frame.LZ4FrameDecompressor().decompress(data, max_length=chunk.length + 1)
        except RuntimeError:
            raise bad_request("a chunk of this xorb is damaged") from None
    if len(data) != chunk.length:
        raise bad_request("a chunk of this xorb has another length than announced")
    return _in_order(data) if chunk.scheme == 2 else data


def _in_order(grouped: bytes) -> bytes:
    """Bytes 0, 4, 8 …, then 1, 5, 9 …, then 2 …, then 3 …, back in their order."""
    data = bytearray(len(grouped))
    begin = 0
    for group in range(4):
        count = (len(grouped) - group + 3) // 4
        data[group::4] = grouped[begin : begin + count]
        begin += count
    return bytes(data)


def hash_text(data: bytes) -> str:
    """A hash as it stands in URLs: four numbers of 64 bits, each in hexadecimal digits."""
    return "".join(f"{number:016x}" for number in struct.unpack("<4Q", data))


def read_shard(data: bytes) -> list[FileRecipe]:
    """The files in a shard.

    Raises:
        HubError: it is no shard, or a file in it has no sha256.
    """
    try:
        return list(_files(data))
    except struct.error:
        raise bad_request("this shard is cut off") from None


def _files(data: bytes) -> Iterator[FileRecipe]:
    tag, version, _ = _SHARD_HEADER.unpack_from(data)
    if not tag.startswith(_SHARD_TAG) or version != 2:
        raise bad_request("this is no shard of version 2")
    position = _SHARD_HEADER.size
    while True:
        file_hash, flags, count, _ = _FILE_HEADER.unpack_from(data, position)
        position += _ROW
        if file_hash == _END:
            return
        if position + count * _ROW > len(data):
            raise bad_request("this shard is cut off")
        rows = [_TERM.unpack_from(data, position + number * _ROW) for number in range(count)]
        position += count * _ROW * (2 if flags & _VERIFIED else 1)
        if not flags & _HAS_SHA256:
            raise bad_request("a file in this shard has no sha256")
        if position + _ROW > len(data):
            raise bad_request("this shard is cut off")
        sha256 = hash_text(data[position : position + 32])
        position += _ROW
        yield FileRecipe(sha256, tuple(Term(hash_text(row[0]), row[3], row[4], row[2]) for row in rows))
