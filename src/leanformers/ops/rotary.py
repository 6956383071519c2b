"""Rotary positions: queries and keys turned by angles that grow with the position. Used by bricks and plans.

Su et al., 2021, https://arxiv.org/abs/2104.09864. Scaled for longer texts: "linear" (positions squeezed), "llama3"
(slow turns squeezed; Llama 3.1) and "yarn" (Peng et al., 2023, https://arxiv.org/abs/2309.00071); numbers as in
transformers, modeling_rope_utils.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache

import torch
from torch import Tensor

from ..models.wiring import Rotary
from .activation import apply_evenly

__all__ = ["Turns", "turn", "turns_of"]

Turns = tuple[Tensor, Tensor]  # cosines and sines, (tokens, 1, head_dim) each


def turns_of(
    kinds: Iterable[tuple[Rotary, int]], positions: Tensor, dtype: torch.dtype
) -> dict[tuple[Rotary, int], Turns]:
    """Cosines and sines for each (rotary, head_dim) at `positions`, (tokens,)."""
    return {kind: _turns(*kind, positions, dtype) for kind in kinds}


def turn(x: Tensor, turns: Turns) -> Tensor:
    """Rotate: (tokens, heads, head_dim) → the same."""
    cosines, sines = turns
    first, second = x.chunk(2, -1)
    return x * cosines + torch.cat((-second, first), -1) * sines


def _turns(rotary: Rotary, head_dim: int, positions: Tensor, dtype: torch.dtype) -> Turns:
    speeds, scale = _speeds(rotary, head_dim)
    angles = positions.float().unsqueeze(1) * speeds.to(positions.device)  # (tokens, head_dim / 2)
    angles = torch.cat((angles, angles), -1)
    cosines, sines = (apply_evenly(function, angles) * scale for function in (torch.cos, torch.sin))
    return cosines.to(dtype).unsqueeze(1), sines.to(dtype).unsqueeze(1)


@lru_cache(maxsize=64)
def _speeds(rotary: Rotary, head_dim: int) -> tuple[Tensor, float]:
    """Radians per position, (head_dim / 2,) float32, and the factor of cosines and sines."""
    with torch.inference_mode(False), torch.device("cpu"):
        waves = rotary.theta ** (torch.arange(0, head_dim, 2, dtype=torch.float) / head_dim)
        scaling = dict(rotary.scaling)
        kind = scaling.pop("rope_type")
        numbers = {name: float(value) for name, value in scaling.items()}
        if kind == "linear":
            return 1.0 / waves / numbers["factor"], 1.0
        if kind == "llama3":
            return _llama3(1.0 / waves, numbers), 1.0
        if kind == "yarn":
            return _yarn(waves, head_dim, rotary.theta, numbers)
        return 1.0 / waves, 1.0


def _llama3(speeds: Tensor, numbers: dict[str, float]) -> Tensor:
    """Turns with a wavelength above the old context are slowed by the factor, those far below it are left alone."""
    low, high, context = (
        numbers[name] for name in ("low_freq_factor", "high_freq_factor", "original_max_position_embeddings")
    )
    waves = 2 * math.pi / speeds
    slowed = torch.where(waves > context / low, speeds / numbers["factor"], speeds)
    between = (context / waves - low) / (high - low)
    mixed = (1 - between) * slowed / numbers["factor"] + between * slowed
    return torch.where((waves >= context / high) & (waves <= context / low), mixed, slowed)


def _yarn(waves: Tensor, head_dim: int, theta: float, numbers: dict[str, float]) -> tuple[Tensor, float]:
    """Fast turns are left alone, slow ones slowed by the factor, with a ramp between them."""
    factor, context = numbers["factor"], numbers["original_max_position_embeddings"]

    def place(rotations: float) -> float:
        """Where in a head the numbers turn so often in the old context."""
        return head_dim * math.log(context / (rotations * 2 * math.pi)) / (2 * math.log(theta))

    low, high = place(numbers.get("beta_fast") or 32), place(numbers.get("beta_slow") or 1)
    if numbers.get("truncate", 1.0):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, head_dim - 1)
    ramp = ((torch.arange(head_dim // 2, dtype=torch.float) - low) / ((high - low) or 0.001)).clamp(0, 1)
    kept = 1 - ramp
    speeds = 1.0 / (factor * waves) * (1 - kept) + 1.0 / waves * kept
    attention_factor = numbers.get("attention_factor")
    if attention_factor is None:
        whole, part = numbers.get("mscale"), numbers.get("mscale_all_dim")
        attention_factor = _growth(factor, whole) / _growth(factor, part) if whole and part else _growth(factor, 1.0)
    return speeds, attention_factor


def _growth(factor: float, scale: float) -> float:
    return 1.0 if factor <= 1 else 0.1 * scale * math.log(factor) + 1.0
