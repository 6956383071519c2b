"""Convolution: each token and its neighbours in the text to one vector."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ...ops.activation import ACTIVATION_FUNCTIONS
from ...ops.attention import Run
from .. import wiring

__all__ = ["ConvolutionBrick"]


class ConvolutionBrick(nn.Module):
    """torch's Conv1d over each text by itself, dropout, activation."""

    def __init__(self, description: wiring.Convolution) -> None:
        super().__init__()
        width, kernel = description.width, description.kernel
        self.kernel = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=description.groups)
        self.dropout = nn.Dropout(description.dropout)
        self.activation = description.activation

    def forward(self, x: Tensor, runs: Sequence[Run]) -> Tensor:
        """(tokens, width) → (tokens, width)."""
        if not runs:
            return x
        parts = torch.split(x, [texts * length for texts, length in runs])
        mixed = [
            self.kernel(part.view(texts, length, -1).transpose(1, 2)).transpose(1, 2).flatten(0, 1)
            for (texts, length), part in zip(runs, parts, strict=True)
        ]
        return ACTIVATION_FUNCTIONS[self.activation](self.dropout(torch.cat(mixed)))
