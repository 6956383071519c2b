"""The modules that hold weights: torch's Linear, LayerNorm and Embedding, and RmsNorm, made from their descriptions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...ops.norm import rms_norm
from .. import wiring

__all__ = ["RmsNorm", "embedding", "linear", "norm", "norm_or_nothing"]


class RmsNorm(nn.Module):
    """Mean square 1, then a scale of `offset` + weight; computed in float32, as the reference does."""

    def __init__(self, width: int, eps: float, offset: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width))
        self.eps = eps
        self.offset = offset
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """The scale 1 everywhere."""
        nn.init.constant_(self.weight, 1.0 - self.offset)

    def forward(self, x: Tensor) -> Tensor:
        """(…, width) → (…, width)."""
        return rms_norm(x, self.weight, self.eps, self.offset)

    def extra_repr(self) -> str:
        """The settings, for printing."""
        return f"{self.weight.shape[0]}, eps={self.eps}, offset={self.offset}"


def linear(description: wiring.Linear) -> nn.Linear:
    """(…, inputs) → (…, outputs)."""
    return nn.Linear(description.inputs, description.outputs, bias=description.bias)


def norm(description: wiring.Norm) -> nn.Module:
    """(…, width) → (…, width)."""
    if isinstance(description, wiring.RmsNorm):
        return RmsNorm(description.width, description.eps, description.offset)
    return nn.LayerNorm(description.width, eps=description.eps, bias=description.bias)


def norm_or_nothing(description: wiring.Norm | None) -> nn.Module | None:
    """A norm where a slot is filled."""
    return None if description is None else norm(description)


def embedding(description: wiring.Embedding) -> nn.Embedding:
    """(…) of ids → (…, width)."""
    padding = description.padding
    inside = padding is not None and 0 <= padding < description.rows
    return nn.Embedding(description.rows, description.width, padding_idx=padding if inside else None)
