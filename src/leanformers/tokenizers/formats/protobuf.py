"""The wire format of protocol buffers: numbered fields out of bytes, with nothing trusted that the bytes claim.

A message is a run of fields: a tag (number × 8 + wire type) and a value. See protobuf.dev/programming-guides/encoding.
Every length is checked against the bytes that are there, so that time and memory are bounded by the size of the file.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from ...errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Value", "read_message", "to_float", "to_int", "to_text"]

Value = int | float | bytes  # by wire type: a varint or 8 bytes, 4 bytes as a float, or counted bytes
_VARINT, _EIGHT_BYTES, _COUNTED, _FOUR_BYTES = 0, 1, 2, 5
_LONGEST_VARINT = 10
_FLOAT = struct.Struct("<f")


def read_message(data: bytes, place: str) -> Iterator[tuple[int, Value]]:
    """The fields of a message in their order: number and value. Nested messages come as bytes.

    Raises:
        FileFormatError: a value that reaches beyond the end, or a tag that cannot be one; with its byte.
    """
    at, end = 0, len(data)
    while at < end:
        start = at
        # A number below 128 is its own byte, as nearly all here are; a file has a million of them.
        tag, at = (data[at], at + 1) if data[at] < 0x80 else _read_varint(data, at, place)
        number, wire = tag >> 3, tag & 7
        if not 0 < number < 2**29:
            raise FileFormatError(f"{place}: byte {start} should begin a field, but has the field number {number}")
        value: Value
        if wire == _COUNTED:
            small = at < end and data[at] < 0x80
            length, at = (data[at], at + 1) if small else _read_varint(data, at, place)
            if at + length > end:
                raise _too_short(at + length, end, number, start, place)
            value, at = data[at : at + length], at + length
        elif wire == _FOUR_BYTES:
            if at + 4 > end:
                raise _too_short(at + 4, end, number, start, place)
            (value,), at = _FLOAT.unpack_from(data, at), at + 4
        elif wire == _VARINT:
            value, at = _read_varint(data, at, place)
        elif wire == _EIGHT_BYTES:
            if at + 8 > end:
                raise _too_short(at + 8, end, number, start, place)
            (value,), at = struct.unpack_from("<Q", data, at), at + 8
        else:
            raise FileFormatError(
                f"{place}: field {number} at byte {start} has the wire type {wire}, which is not used"
            )
        yield number, value


def to_text(value: Value, place: str) -> str:
    """`value` as the UTF-8 text that it must be."""
    if not isinstance(value, bytes):
        raise FileFormatError(f"{place} must be text, not a number")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{place} is not UTF-8 text: {error.reason} at its byte {error.start}") from None


def to_int(value: Value, place: str) -> int:
    """`value` as the int32 (or bool or enum) that it must be."""
    if not isinstance(value, int):
        raise FileFormatError(f"{place} must be a whole number")
    value &= 2**32 - 1
    return value - 2**32 if value >= 2**31 else value


def to_float(value: Value, place: str) -> float:
    """`value` as the float of 32 bits that it must be, as an exact double."""
    if not isinstance(value, float):
        raise FileFormatError(f"{place} must be a float of 4 bytes")
    return value


def _read_varint(data: bytes, at: int, place: str) -> tuple[int, int]:
    """The number at `at`, in groups of 7 bits, and where it ends."""
    value = shift = 0
    for i in range(at, min(at + _LONGEST_VARINT, len(data))):
        byte = data[i]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), i + 1
        shift += 7
    cut = len(data) < at + _LONGEST_VARINT
    why = "is cut off: was the file cut?" if cut else f"has more than {_LONGEST_VARINT} bytes"
    raise FileFormatError(f"{place}: the number at byte {at} {why}")


def _too_short(needed: int, end: int, number: int, start: int, place: str) -> FileFormatError:
    return FileFormatError(
        f"{place}: field {number} at byte {start} reaches to byte {needed} of {end}: was the file cut off?"
    )
