"""The modules that hold weights: torch's own Linear, LayerNorm and Embedding, made from their descriptions."""

from __future__ import annotations

from torch import nn

from .. import wiring

__all__ = ["embedding", "layer_norm", "linear"]


def linear(description: wiring.Linear) -> nn.Linear:
    """(…, inputs) → (…, outputs)."""
    return nn.Linear(description.inputs, description.outputs, bias=description.bias)


def layer_norm(description: wiring.LayerNorm) -> nn.LayerNorm:
    """(…, width) → (…, width)."""
    return nn.LayerNorm(description.width, eps=description.eps)


def embedding(description: wiring.Embedding) -> nn.Embedding:
    """(…) of ids → (…, width)."""
    padding = description.padding
    inside = padding is not None and 0 <= padding < description.rows
    return nn.Embedding(description.rows, description.width, padding_idx=padding if inside else None)
