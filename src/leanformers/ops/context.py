"""Context: what attention needs to know of a pack beside its tokens' vectors. Made once per pass, for every block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor

from ..models.wiring import Rotary
from .attention import Memory, Run, split_runs
from .rotary import Turns

__all__ = ["Context", "LayerCache"]


class LayerCache(Protocol):
    """The keys and values of one block for the texts of a pack, from earlier passes."""

    def extend(self, key: Tensor, value: Tensor) -> Sequence[Memory]:
        """Add those of new tokens, (tokens, heads, head_dim) each; returns all of them for each run."""
        ...


@dataclass(frozen=True, eq=False)
class Context:
    """Where the tokens of a pack stand.

    Attributes:
        runs: (texts, tokens of each) of neighbours that have equally many tokens, old and new.
        seen: for each run, the tokens of a text, old and new; those of `runs` if None, where all are new.
        turns: cosines and sines of the tokens' positions, for each rotary and head_dim of the model.
        biases: for each run what is added to the scores of each head, (heads, length, seen), or None.
        weights: collects the attention weights of each block, a tensor (texts, heads, length, seen) per run, or None.
    """

    runs: Sequence[Run]
    seen: Sequence[int] | None = None
    turns: Mapping[tuple[Rotary, int], Turns] = field(default_factory=dict)
    biases: Sequence[Tensor] | None = None
    weights: list[list[Tensor]] | None = None

    @property
    def spans(self) -> list[tuple[int, int]]:
        """For each run the new tokens of a text, and all of them."""
        seen = [length for _, length in self.runs] if self.seen is None else self.seen
        return [(length, total) for (_, length), total in zip(self.runs, seen, strict=True)]

    def memories(self, key: Tensor, value: Tensor, past: LayerCache | None = None) -> Sequence[Memory]:
        """What each run looks at: `key` and `value`, (tokens, heads, head_dim), behind those of the past."""
        if past is not None:
            return past.extend(key, value)
        return [(k, v) for k, v in split_runs(self.runs, key, value)]
