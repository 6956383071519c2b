"""Pooling: from the hidden states of a text's tokens to one vector, as sentence-transformers does it, but packed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from ..errors import InputValueError
from .packed import Packed

__all__ = ["POOLINGS", "last_of", "pool"]

POOLINGS = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")


def pool(hidden: Tensor, packed: Packed, modes: Sequence[str]) -> Tensor:
    """One vector per text, in the order of the pack: (tokens, width) → (texts, width · modes).

    Args:
        hidden: the hidden states.
        packed: the tokens they belong to.
        modes: which of `POOLINGS`; several are concatenated.
    """
    hidden = hidden.float()
    return torch.cat([_pool(hidden, packed, mode) for mode in modes], dim=-1)


def last_of(packed: Packed, marker: int) -> Tensor:
    """The place of the last token with the id `marker` in each text, (texts,) int64.

    Raises:
        InputValueError: a text has none; names the row.
    """
    places = torch.arange(len(packed.ids), device=packed.ids.device)
    found = torch.where(packed.ids == marker, places, -1)
    highest = found.cummax(0).values if len(found) else found
    last = highest[packed.cu_seqlens[1:] - 1]
    missing = last < packed.cu_seqlens[:-1]
    if missing.any():
        row = int(packed.order[int(missing.int().argmax())])
        raise InputValueError(f"row {row} has no token {marker}, which the head reads; tokenize with special tokens")
    return last


def _pool(hidden: Tensor, packed: Packed, mode: str) -> Tensor:
    if mode == "cls":
        return packed.first(hidden)
    if mode == "lasttoken":
        return hidden[packed.cu_seqlens[1:] - 1]
    parts = [_reduce(group, mode) for group in _groups(hidden, packed)]
    return torch.cat(parts) if parts else hidden.new_empty(0, hidden.shape[1])


def _groups(hidden: Tensor, packed: Packed) -> Iterator[Tensor]:
    """The texts of each run: (texts, length, width)."""
    begin = 0
    for texts, length in packed.runs:
        end = begin + texts * length
        yield hidden[begin:end].view(texts, length, -1)
        begin = end


def _reduce(group: Tensor, mode: str) -> Tensor:
    length = group.shape[1]
    if mode == "max":
        return group.amax(1)  # (texts, width)
    if mode == "mean":
        return group.sum(1) / length
    if mode == "mean_sqrt_len_tokens":
        return group.sum(1) / math.sqrt(length)
    weights: Tensor = torch.arange(1, length + 1, dtype=group.dtype, device=group.device).unsqueeze(-1)  # (length, 1)
    mean: Tensor = (group * weights).sum(1) / weights.sum()
    return mean
