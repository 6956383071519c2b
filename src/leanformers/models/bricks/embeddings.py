"""The first brick: ids, types and positions of packed tokens become vectors."""

from __future__ import annotations

from torch import Tensor, nn

from .. import wiring
from ..packed import Packed
from .leaves import embedding, layer_norm, linear

__all__ = ["EmbeddingsBrick"]


class EmbeddingsBrick(nn.Module):
    """Sum of the tables' rows, norm, dropout, and perhaps a projection to another width."""

    def __init__(self, description: wiring.Embeddings) -> None:
        super().__init__()
        self.tokens = embedding(description.tokens)
        self.positions = embedding(description.positions) if description.positions else None
        self.types = embedding(description.types) if description.types else None
        self.norm = layer_norm(description.norm) if description.norm else None
        self.dropout = nn.Dropout(description.dropout)
        self.first_position = description.first_position
        self.projection = linear(description.projection) if description.projection else None

    def forward(self, packed: Packed) -> Tensor:
        """Packed tokens → (tokens, width)."""
        x: Tensor = self.tokens(packed.ids)  # (tokens, width)
        if self.types is not None:
            types = packed.types if packed.types is not None else packed.ids.new_zeros(packed.ids.shape)
            x = x + self.types(types)
        if self.positions is not None:
            x = x + self.positions(packed.positions + self.first_position)
        if self.norm is not None:
            x = self.norm(x)
        x = self.dropout(x)
        return x if self.projection is None else self.projection(x)
