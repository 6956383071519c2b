"""Mlp: each token by itself, up to a wider vector and down again."""

from __future__ import annotations

from torch import Tensor, nn

from ...ops.activation import ACTIVATION_FUNCTIONS
from .. import wiring
from .leaves import linear

__all__ = ["MlpBrick"]


class MlpBrick(nn.Module):
    """Two linear layers with an activation between them."""

    def __init__(self, description: wiring.Mlp) -> None:
        super().__init__()
        self.up = linear(wiring.Linear(description.width, description.hidden))
        self.down = linear(wiring.Linear(description.hidden, description.width))
        self.activation = description.activation

    def forward(self, x: Tensor) -> Tensor:
        """(tokens, width) → (tokens, width)."""
        y: Tensor = self.down(ACTIVATION_FUNCTIONS[self.activation](self.up(x)))
        return y
