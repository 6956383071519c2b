"""Mlp: each token by itself, up to a wider vector and down again."""

from __future__ import annotations

from torch import Tensor, nn

from ...ops.activation import ACTIVATION_FUNCTIONS
from .. import wiring
from .leaves import linear

__all__ = ["GatedMlpBrick", "MlpBrick", "mlp"]


class MlpBrick(nn.Module):
    """Two linear layers with an activation between them."""

    def __init__(self, description: wiring.Mlp) -> None:
        super().__init__()
        self.up = linear(wiring.Linear(description.width, description.hidden, description.bias))
        self.down = linear(wiring.Linear(description.hidden, description.width, description.bias))
        self.dropout = nn.Dropout(description.dropout)
        self.activation = description.activation

    def forward(self, x: Tensor) -> Tensor:
        """(tokens, width) → (tokens, width)."""
        y: Tensor = self.down(self.dropout(ACTIVATION_FUNCTIONS[self.activation](self.up(x))))
        return y


class GatedMlpBrick(nn.Module):
    """Two linear layers up, one of them behind an activation; their product goes down."""

    def __init__(self, description: wiring.GatedMlp) -> None:
        super().__init__()
        width, hidden, bias = description.width, description.hidden, description.bias
        self.fused = description.fused
        if description.fused:
            self.gate_value = linear(wiring.Linear(width, 2 * hidden, bias))
        else:
            self.gate = linear(wiring.Linear(width, hidden, bias))
            self.value = linear(wiring.Linear(width, hidden, bias))
        self.down = linear(wiring.Linear(hidden, width, bias))
        self.dropout = nn.Dropout(description.dropout)
        self.activation = description.activation

    def forward(self, x: Tensor) -> Tensor:
        """(tokens, width) → (tokens, width)."""
        gate, value = self.gate_value(x).chunk(2, -1) if self.fused else (self.gate(x), self.value(x))
        y: Tensor = self.down(self.dropout(ACTIVATION_FUNCTIONS[self.activation](gate) * value))
        return y


def mlp(description: wiring.Mlp | wiring.GatedMlp) -> nn.Module:
    """The brick of a description."""
    return GatedMlpBrick(description) if isinstance(description, wiring.GatedMlp) else MlpBrick(description)
