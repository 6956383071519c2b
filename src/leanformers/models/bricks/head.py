"""Poolers and heads: from one vector per text to one vector per text."""

from __future__ import annotations

from torch import Tensor, nn

from ...ops.activation import ACTIVATION_FUNCTIONS
from .. import wiring
from .leaves import linear

__all__ = ["DenseBrick", "SequenceClassifierBrick"]


class DenseBrick(nn.Module):
    """A square linear layer and an activation."""

    def __init__(self, description: wiring.Dense) -> None:
        super().__init__()
        self.dense = linear(wiring.Linear(description.width, description.width))
        self.activation = description.activation

    def forward(self, x: Tensor) -> Tensor:
        """(texts, width) → (texts, width)."""
        return ACTIVATION_FUNCTIONS[self.activation](self.dense(x))


class SequenceClassifierBrick(nn.Module):
    """Perhaps a dense layer, dropout, and a linear layer to the labels."""

    def __init__(self, description: wiring.SequenceClassifier) -> None:
        super().__init__()
        self.dense = DenseBrick(description.dense) if description.dense else None
        self.dropout = nn.Dropout(description.dropout)
        self.classifier = linear(description.classifier)

    def forward(self, x: Tensor) -> Tensor:
        """(texts, width) → (texts, labels)."""
        if self.dense is not None:
            x = self.dense(x)
        logits: Tensor = self.classifier(self.dropout(x))
        return logits
