"""Checkpoint: the tensors in a model folder by name, read without running any code.

Damaged files are found before they are used.
"""

from __future__ import annotations

import pickle
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


@dataclass(frozen=True)
class Checkpoint:
    """The weights in a folder.

    Attributes:
        files: the files that hold them.
        tensors: by name. Those of safetensors files are memory-mapped: read when touched, and private when written to.
    """

    files: tuple[Path, ...]
    tensors: dict[str, Tensor]

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
            return cls((file,), dict(_read(file)))
        found = sorted(path.name for path in folder.iterdir() if path.is_file())
        for name in weights_of(found, variant)[:1]:
            if name.endswith(".json"):
                return cls._open_shards(folder, folder / name)
            return cls((folder / name,), dict(_read(folder / name)))
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
        tensors = {name: tensor for file in files for name, tensor in _read(file)}
        lost = [name for name in places if name not in tensors]
        if lost:
            raise FileFormatError(f"{index} names {len(lost)} weights that its files do not hold, first {lost[0]}")
        return cls(tuple(files), tensors)


def _read(path: Path) -> Iterator[tuple[str, Tensor]]:
    if path.suffix != ".safetensors":
        yield from _read_pickled(path)
        return
    read_header(path)  # names what is wrong with the file better than the reader below
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            for name in file.keys():  # noqa: SIM118  # the file object is no mapping
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
        state: Any = torch.load(path, map_location="cpu", weights_only=True)
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
