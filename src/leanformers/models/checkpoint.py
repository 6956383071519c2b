"""Checkpoint: the tensors in a model folder by name, read without running any code.

Damaged files are found before they are used.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import FileFormatError, MissingFileError
from ..files import read_json
from ..hub.needs import weights_of
from .safetensors_header import read_header, refuse_pointer

__all__ = ["INDEX", "SINGLE", "Checkpoint"]

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
_SMALL = 1 << 18  # bytes of a tensor for which mapping a file again is not worth while


@dataclass(frozen=True)
class Checkpoint:
    """The weights in a folder.

    Attributes:
        files: the files that hold them.
        tensors: by name, memory-mapped: read when touched, and private when written to. (Files of torch before 1.6 are
            read as a whole.)
        places: the file of each tensor.
    """

    files: tuple[Path, ...]
    tensors: dict[str, Tensor]
    places: dict[str, Path]

    @classmethod
    def open(cls, folder: Path, *, variant: str | None = None, file: Path | None = None) -> Checkpoint:
        """The weights in `folder`: model.safetensors, its shards, or pytorch_model.bin.

        Args:
            folder: of the model.
            variant: "fp16" reads model.fp16.safetensors.
            file: the one to read instead.

        Raises:
            MissingFileError: there are none, or a shard is missing.
            FileFormatError: a file is empty, cut off, a git-lfs pointer, or holds more than tensors.
        """
        if file is not None:
            return cls._of((file,))
        found = sorted(path.name for path in folder.iterdir() if path.is_file())
        for name in weights_of(found, variant)[:1]:
            if name.endswith(".json"):
                return cls._open_shards(folder, folder / name)
            return cls._of((folder / name,))
        expected = f"the variant {variant!r} of them" if variant else f"{SINGLE} or {INDEX}"
        foreign = [name for name in found if name.endswith((".h5", ".msgpack", ".onnx", ".gguf"))]
        hint = f"; {foreign[0]} is of a format that is not read here" if foreign else ""
        listed = ", ".join(found) or "nothing"
        raise MissingFileError(f"no weights in {folder}: expected {expected}, found {listed}{hint}")

    @classmethod
    def _open_shards(cls, folder: Path, index: Path) -> Checkpoint:
        places = read_json(index).get("weight_map")
        if not isinstance(places, dict) or not places:
            raise FileFormatError(f'{index} has no "weight_map" from names to files')
        names = list(dict.fromkeys(str(name) for name in places.values()))
        outside = [name for name in names if Path(name).name != name]
        if outside:
            raise FileFormatError(f"{index} names a file outside its folder: {outside[0]!r}")
        files = [folder / name for name in names]
        missing = [file.name for file in files if not file.exists()]
        if missing:
            raise MissingFileError(f"{folder} lacks {len(missing)} of {len(files)} weight files: {', '.join(missing)}")
        checkpoint = cls._of(tuple(files))
        lost = [name for name in places if name not in checkpoint.tensors]
        if lost:
            raise FileFormatError(f"{index} names {len(lost)} weights that its files do not hold, first {lost[0]}")
        return checkpoint

    @classmethod
    def _of(cls, files: tuple[Path, ...]) -> Checkpoint:
        tensors, places = {}, {}
        for file in files:
            for name, tensor in _read(file):
                tensors[name], places[name] = tensor, file
        return cls(files, tensors, places)

    def read(self, name: str, dtype: torch.dtype) -> Tensor:
        """A tensor in a dtype: in its own, as it is mapped.

        For another one its file is mapped once more, for this tensor alone, so that what was read of it leaves memory:
        there are never two copies of more than one tensor.
        """
        tensor, path = self.tensors[name], self.places[name]
        if tensor.dtype == dtype or tensor.nbytes < _SMALL or not _can_be_mapped(path):
            return tensor.to(dtype)
        return next(again.to(dtype) for found, again in _read(path, name) if found == name)


def _can_be_mapped(path: Path) -> bool:
    return path.suffix == ".safetensors" or zipfile.is_zipfile(path)


def _read(path: Path, only: str | None = None) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a file, or one of them."""
    if path.suffix != ".safetensors":
        yield from _read_pickled(path)
        return
    read_header(path)  # names what is wrong with the file better than the reader below
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            for name in file.keys() if only is None else [only]:
                yield name, file.get_tensor(name)
    except SafetensorError as error:
        raise FileFormatError(f"{path} is no valid safetensors file: {error}") from None


def _read_pickled(path: Path) -> Iterator[tuple[str, Tensor]]:
    size = path.stat().st_size
    with path.open("rb") as file:
        refuse_pointer(path, file.read(512))
    if not size:
        raise FileFormatError(f"{path} is empty: 0 bytes")
    try:
        state: Any = torch.load(path, map_location="cpu", weights_only=True, mmap=_can_be_mapped(path))
    except pickle.UnpicklingError as error:
        reason = str(error).strip().splitlines()[0]
        raise FileFormatError(
            f"{path} is refused: torch's weights_only reader found more than tensors in it, which could run code "
            f"({reason}); ask its author for {SINGLE}"
        ) from None
    except (RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise FileFormatError(f"{path} ({size} bytes) is damaged or cut off: {reason}") from None
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise FileFormatError(f"{path} holds no weights by name, but {type(state).__name__}")
    yield from state.items()
