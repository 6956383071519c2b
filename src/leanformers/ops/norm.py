"""Norms as functions, the same bits for a row wherever it stands. Used by bricks and plans."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["rms_norm"]


def rms_norm(x: Tensor, weight: Tensor, eps: float, offset: float = 0.0) -> Tensor:
    """x / √(mean(x²) + eps) · (offset + weight), (…, width); computed in float32.

    Zhang and Sennrich, 2019, https://arxiv.org/abs/1910.07467. As in transformers, a result of lower precision is
    rounded before the scale without an offset (Llama, T5) and after the one with an offset (Gemma).
    """
    wide = x.float()
    wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)
    if offset:
        return (wide * (offset + weight.float())).to(x.dtype)
    return weight * wide.to(x.dtype)
