"""The parts of a wiring that say how attention weighs the distance between two tokens."""

from __future__ import annotations

from dataclasses import dataclass

from .wiring_parts import LayerNorm

__all__ = ["Distances", "RelativeBias", "RelativeVectors"]


@dataclass(frozen=True)
class RelativeBias:
    """For each head a number that attention adds for how far two tokens stand apart, shared by all blocks.

    Distances have `buckets` classes: small ones one each, larger ones ever wider up to `farthest`, and each way its own
    (Raffel et al., 2019, https://arxiv.org/abs/1910.10683, section 2.1).
    """

    buckets: int
    heads: int
    farthest: int
    both_ways: bool = True  # False: all classes are for tokens before, as in a decoder


@dataclass(frozen=True)
class RelativeVectors:
    """A vector for each class of how far two tokens stand apart, shared by all blocks (He et al., 2020).

    There are `classes` each way, for distances up to `farthest`: small ones have one each, and larger ones ever wider
    ones. Without `farthest`, classes are distances, and the last one each way is for all that are larger.
    """

    classes: int
    width: int
    farthest: int | None = None
    norm: LayerNorm | None = None


@dataclass(frozen=True)
class Distances:
    """Disentangled attention: scores also weigh contents against the vector of the distance (He et al., 2020).

    score(i, j) = query_i · key_j + query_i · position_key(r) + position_query(r) · key_j, with r the vector for i - j.
    `position_key` and `position_query` say which of these there are; shared, they are the layers of key and query.
    """

    position_key: bool
    position_query: bool
    shared: bool
    dropout: float  # of the vectors
