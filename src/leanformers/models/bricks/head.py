"""Poolers and heads: from one vector to one vector, per text or per token."""

from __future__ import annotations

from torch import Tensor, nn

from ...ops.activation import ACTIVATION_FUNCTIONS
from .. import wiring
from .leaves import linear, norm

__all__ = ["DenseBrick", "HeadBrick"]


class DenseBrick(nn.Module):
    """A square linear layer and an activation."""

    def __init__(self, description: wiring.Dense) -> None:
        super().__init__()
        self.dense = linear(wiring.Linear(description.width, description.width))
        self.activation = description.activation

    def forward(self, x: Tensor) -> Tensor:
        """(texts, width) → (texts, width)."""
        return ACTIVATION_FUNCTIONS[self.activation](self.dense(x))


class ActivationBrick(nn.Module):
    """A function of each number."""

    def __init__(self, description: wiring.Activation) -> None:
        super().__init__()
        self.name = description.name

    def forward(self, x: Tensor) -> Tensor:
        """(…) → (…)."""
        return ACTIVATION_FUNCTIONS[self.name](x)


class ScaleBrick(nn.Module):
    """Every number times a factor."""

    def __init__(self, description: wiring.Scale) -> None:
        super().__init__()
        self.factor = description.factor

    def forward(self, x: Tensor) -> Tensor:
        """(…) → (…)."""
        return x * self.factor


class HeadBrick(nn.Module):
    """The steps of a head, as attributes with the names of their slots."""

    def __init__(self, description: wiring.Head) -> None:
        super().__init__()
        for name, step in description.steps.items():
            self.add_module(name, _step(step))
        self.steps = tuple(description.steps)
        self.beside = HeadBrick(description.beside.head) if description.beside else None

    def forward(self, x: Tensor) -> Tensor:
        """(texts or tokens, width) → (texts or tokens, outputs)."""
        for name in self.steps:
            x = self.get_submodule(name)(x)
        return x


def _step(description: wiring.Step) -> nn.Module:
    if isinstance(description, wiring.Linear):
        return linear(description)
    if isinstance(description, (wiring.LayerNorm, wiring.RmsNorm)):
        return norm(description)
    if isinstance(description, wiring.Dropout):
        return nn.Dropout(description.probability)
    if isinstance(description, wiring.Scale):
        return ScaleBrick(description)
    return ActivationBrick(description)
