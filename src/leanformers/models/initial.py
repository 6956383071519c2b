"""Initial weights: how a model that is made from a config, or a head that a checkpoint lacks, starts out."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from . import wiring
from .bricks.leaves import RmsNorm
from .tree import Mount

__all__ = ["initialise", "initialise_module"]


def initialise(
    mounts: Iterable[Mount], spread_of: Callable[[str], float], positions: wiring.Embedding | None = None
) -> None:
    """Fill all weights: normal with a standard deviation for each slot, biases 0, norms 1; sines where positions are.

    As transformers' `PreTrainedModel._init_weights`.
    """
    for mount in mounts:
        initialise_module(mount.module, spread_of(mount.slot))
        if mount.slot == "embeddings.positions" and positions is not None and positions.sinusoidal:
            table = mount.module.get_parameter("weight")
            with torch.no_grad():
                table.copy_(_sines(positions.rows, positions.width))


def initialise_module(module: nn.Module, spread: float, generator: torch.Generator | None = None) -> None:
    """Fill the weights of one Linear, Conv1d, LayerNorm or Embedding."""
    with torch.no_grad():
        if isinstance(module, (nn.LayerNorm, RmsNorm)):
            module.reset_parameters()
            return
        if isinstance(module, (nn.Linear, nn.Embedding, nn.Conv1d)):
            module.weight.normal_(0.0, spread, generator=generator)
        if isinstance(module, (nn.Linear, nn.Conv1d)) and module.bias is not None:
            module.bias.zero_()
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            module.weight[module.padding_idx].zero_()


def _sines(rows: int, width: int) -> Tensor:
    """Sines in the even, cosines in the odd columns, with wavelengths from 2π to 10000 · 2π: (rows, width)."""
    column = torch.arange(width, dtype=torch.float64)
    angle = torch.arange(rows, dtype=torch.float64).unsqueeze(1) / 10000 ** (2 * (column // 2) / width)
    return torch.where(column % 2 == 0, angle.sin(), angle.cos()).float()
