"""The first brick: ids, types and positions of packed tokens become vectors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .. import wiring
from ..packed import Packed
from .leaves import embedding, linear, norm_or_nothing

__all__ = ["EmbeddingsBrick", "scaled"]


class EmbeddingsBrick(nn.Module):
    """Sum of the tables' rows, norm, dropout, and perhaps a projection to another width."""

    def __init__(self, description: wiring.Embeddings) -> None:
        super().__init__()
        self.tokens = embedding(description.tokens)
        self.positions = embedding(description.positions) if description.positions else None
        self.types = embedding(description.types) if description.types else None
        self.sum_projection = linear(description.sum_projection) if description.sum_projection else None
        self.norm = norm_or_nothing(description.norm)
        self.dropout = nn.Dropout(description.dropout)
        self.first_position = description.first_position
        self.scale = description.scale
        self.projection = linear(description.projection) if description.projection else None

    def forward(self, packed: Packed) -> Tensor:
        """Packed tokens → (tokens, width)."""
        x: Tensor = scaled(self.tokens(packed.ids), self.scale)  # (tokens, width)
        if self.types is not None:
            types = packed.types if packed.types is not None else packed.ids.new_zeros(packed.ids.shape)
            x = x + self.types(types)
        if self.positions is not None:
            x = x + self.positions(packed.positions + self.first_position)
        if self.sum_projection is not None:
            x = self.sum_projection(x)
        if self.norm is not None:
            x = self.norm(x)
        x = self.dropout(x)
        return x if self.projection is None else self.projection(x)


def scaled(x: Tensor, scale: float) -> Tensor:
    """x · scale, with the scale rounded to the dtype of `x` first, as in the reference."""
    return x if scale == 1.0 else x * torch.tensor(scale, dtype=x.dtype)
