"""Saving a model: its weights under the names that they were read by, in files of bounded size, and its config."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputValueError
from ..files import save_files, write_json
from .checkpoint import INDEX, SINGLE

if TYPE_CHECKING:
    from torch import Tensor

    from .model import PreTrainedModel

__all__ = ["save"]


def save(model: PreTrainedModel, folder: str | os.PathLike[str], max_shard_size: int | str) -> None:
    """The work of `PreTrainedModel.save_pretrained`."""
    limit = _bytes(max_shard_size)
    layout = model.architecture.layout
    own = {
        name: tensor.t() if layout.is_transposed(name) else tensor
        for name, tensor in model.state_dict().items()
        if name not in model.tied
    }
    state = {model.aliases.get(name, name): tensor for name, tensor in own.items()}
    state.update(model.passengers)
    config = model.config.copy()
    config.architectures = [type(model).__name__]
    for key in ("dtype", "torch_dtype"):
        if config.to_dict().get(key) is not None:
            setattr(config, key, str(model.dtype).removeprefix("torch."))
    shards = _shards(state, limit)
    writers: dict[str, Callable[[Path], None]] = {}
    if len(shards) == 1:
        writers[SINGLE] = _tensor_writer(shards[0])
    else:
        names = [f"model-{number:05}-of-{len(shards):05}.safetensors" for number in range(1, len(shards) + 1)]
        writers.update({name: _tensor_writer(shard) for name, shard in zip(names, shards, strict=True)})
        places = {key: name for name, shard in zip(names, shards, strict=True) for key in shard}
        total = sum(tensor.nbytes for tensor in state.values())
        writers[INDEX] = write_json({"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))})
    writers["config.json"] = write_json(config.to_dict())
    writers.update(model.companions())
    save_files(folder, writers)
    for path in Path(folder).iterdir():  # weights of an earlier save would be read instead of these, or beside them
        ours = path.name in (SINGLE, INDEX) or re.fullmatch(r"model-\d{5}-of-\d{5}\.safetensors", path.name)
        if ours and path.name not in writers:
            path.unlink()


def _tensor_writer(tensors: Mapping[str, Tensor]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        from safetensors.torch import save_file

        ready = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        save_file(ready, path, metadata={"format": "pt"})

    return write


def _shards(state: Mapping[str, Tensor], limit: int) -> list[dict[str, Tensor]]:
    """The tensors in order, in groups of at most `limit` bytes; a tensor larger than that stands alone."""
    shards: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, tensor in state.items():
        if shards[-1] and size + tensor.nbytes > limit:
            shards.append({})
            size = 0
        shards[-1][name] = tensor
        size += tensor.nbytes
    return shards


def _bytes(size: int | str) -> int:
    """5_000_000, "5GB", "500MB", "2GiB" → bytes."""
    units = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", str(size))
    if match is None or match[2].upper() not in units:
        raise InputValueError(f'max_shard_size {size!r} is no size; give bytes, or for example "500MB" or "5GB"')
    count = int(float(match[1]) * units[match[2].upper()])
    if count < 1:
        raise InputValueError(f"max_shard_size {size!r} must be at least one byte")
    return count
