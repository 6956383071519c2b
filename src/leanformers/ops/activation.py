"""Activation functions by the names that the wiring uses, and those that oneDNN can compute inside a product."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["ACTIVATION_FUNCTIONS", "FUSED_ACTIVATIONS", "apply_evenly"]

ACTIVATION_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "relu": F.relu,
    "silu": F.silu,
    "mish": F.mish,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "linear": lambda x: x,
}

# Name → (attribute, algorithm) of torch.ops.mkldnn._linear_pointwise. Beside speed, a fused activation treats every
# number alike, while an elementwise kernel may compute the last few of a tensor with another polynomial.
FUSED_ACTIVATIONS: dict[str, tuple[str, str]] = {
    "gelu": ("gelu", "none"),
    "gelu_tanh": ("gelu", "tanh"),
    "relu": ("relu", ""),
    "silu": ("swish", ""),
    "tanh": ("tanh", ""),
    "sigmoid": ("sigmoid", ""),
    "linear": ("none", ""),
}

# Elementwise kernels take 4 vector registers of 16 numbers at a time, and use threads above 32768 numbers.
_STRIDE, _PIECE = 64, 16384


def apply_evenly(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """`function(x)`, the same bits for a number at every place: in pieces that are one thread's and have no rest."""
    flat = F.pad(x.flatten(), (0, -x.numel() % _STRIDE))
    pieces = [function(piece) for piece in torch.split(flat, _PIECE)]
    return torch.cat(pieces)[: x.numel()].view(x.shape)
