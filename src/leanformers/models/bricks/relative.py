"""What stands for the distance between two tokens: numbers that attention adds, or vectors that it weighs."""

from __future__ import annotations

from torch import Tensor, nn

from ...ops.attention import distance_buckets
from .. import wiring
from .leaves import norm_or_nothing

__all__ = ["RelativeBiasBrick", "RelativeVectorsBrick"]


class RelativeBiasBrick(nn.Module):
    """A table with a number for each class of distances and each head."""

    def __init__(self, description: wiring.RelativeBias) -> None:
        super().__init__()
        self.table = nn.Embedding(description.buckets, description.heads)
        self.farthest = description.farthest
        self.both_ways = description.both_ways

    def forward(self, length: int, seen: int) -> Tensor:
        """For the last `length` of a text's `seen` tokens: (heads, length, seen)."""
        weight = self.table.weight
        buckets = distance_buckets(length, seen, weight.shape[0], self.farthest, weight.device, self.both_ways)
        bias: Tensor = self.table(buckets).permute(2, 0, 1)
        return bias


class RelativeVectorsBrick(nn.Module):
    """A table with a vector for each class of distances."""

    def __init__(self, description: wiring.RelativeVectors) -> None:
        super().__init__()
        self.table = nn.Embedding(2 * description.classes, description.width)
        self.norm = norm_or_nothing(description.norm)

    def forward(self) -> Tensor:
        """All vectors, (2 · classes, width)."""
        vectors: Tensor = self.table.weight
        return vectors if self.norm is None else self.norm(vectors)
