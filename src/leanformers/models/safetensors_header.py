"""What a safetensors file says about itself, compared with its size before anything is used. Needs no torch.

The format: 8 bytes with the length of the header, the header in JSON, then the tensors' bytes at the offsets that the
header names. https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from ..errors import FileFormatError
from ..files import LFS_POINTER

__all__ = ["TensorEntry", "read_header", "refuse_pointer"]

_LARGEST_HEADER = 100_000_000  # the limit of the format


class TensorEntry(NamedTuple):
    """A tensor in the file."""

    dtype: str  # "F32", "BF16", "I64", …
    shape: tuple[int, ...]


def read_header(path: Path) -> dict[str, TensorEntry]:
    """The tensors in a safetensors file by name, without reading them.

    Raises:
        FileFormatError: the file is empty, cut off, a git-lfs pointer or something else; with expected and real size.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(512)
        refuse_pointer(path, start)
        if size < 8:
            raise FileFormatError(f"{path} is {'empty' if not size else 'cut off'}: {size} bytes")
        length = int.from_bytes(start[:8], "little")
        if length > _LARGEST_HEADER:
            raise FileFormatError(f"{path} is no safetensors file ({size} bytes, beginning with {start[:16]!r})")
        if 8 + length > size:
            raise FileFormatError(f"{path} is cut off: its header ends at byte {8 + length}, the file has {size} bytes")
        file.seek(8)
        try:
            header = json.loads(file.read(length))
            header.pop("__metadata__", None)
            entries = {name: TensorEntry(entry["dtype"], tuple(entry["shape"])) for name, entry in header.items()}
            expected = 8 + length + max((int(entry["data_offsets"][1]) for entry in header.values()), default=0)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
            raise FileFormatError(f"{path} has a broken header ({size} bytes): {error}") from None
    if size != expected:
        what = "is cut off" if size < expected else "has bytes that its header does not know"
        raise FileFormatError(f"{path} {what}: expected {expected} bytes, the file has {size}; copy it again")
    return entries


def refuse_pointer(path: Path, start: bytes) -> None:
    """Raise `FileFormatError` if a file that begins with `start` is a git-lfs pointer rather than what it points to."""
    if not start.startswith(LFS_POINTER):
        return
    sizes = [line.split()[1] for line in start.decode("ascii", "replace").splitlines() if line.startswith("size ")]
    real = f" of {sizes[0]} bytes" if sizes else ""
    raise FileFormatError(
        f"{path} is a git-lfs pointer ({path.stat().st_size} bytes) to the file itself{real}: run `git lfs pull` "
        "in its repository"
    )
