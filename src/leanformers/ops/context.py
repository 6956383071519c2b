"""Context: what attention needs to know of a pack beside its tokens' vectors. Made once per pass, for every block."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor

from ..models.wiring import Rotary
from .attention import Memory, Run, split_runs
from .rotary import Turns

__all__ = ["Context", "LayerCache", "Source"]


class LayerCache(Protocol):
    """The keys and values of one block for the texts of a pack, from earlier passes.

    Attributes:
        source: those of the texts' sources, (source tokens, heads, head_dim) each; None before the first pass.
    """

    source: tuple[Tensor, Tensor] | None

    def extend(self, key: Tensor, value: Tensor) -> Sequence[Memory]:
        """Add those of new tokens, (tokens, heads, head_dim) each; returns all of them for each run."""
        ...


@dataclass(frozen=True, eq=False)
class Source:
    """What the texts of a pack look at beside themselves: the hidden states of another text each, in the same order.

    The tokens of several texts that have one source, as beams have, are to attention a single text.

    Attributes:
        hidden: (source tokens, width); None where a cache holds the keys and values already.
        read: (sources, tokens of each) of neighbours.
        runs: (sources, tokens that look at each), cut where `read` is.
    """

    hidden: Tensor | None
    read: Sequence[Run]
    runs: Sequence[Run]


_NO_SOURCE = Source(None, (), ())


@dataclass(frozen=True, eq=False)
class Context:
    """Where the tokens of a pack stand.

    Attributes:
        runs: (texts, tokens of each) of neighbours that have equally many tokens, old and new.
        seen: for each run, the tokens of a text, old and new; those of `runs` if None, where all are new.
        turns: cosines and sines of the tokens' positions, for each rotary and head_dim of the model.
        vectors: of how far two tokens stand apart, (2 · classes, width), or None.
        distances: for the lengths of the runs, the rows of `vectors` for each distance in a text.
        biases: for each run what is added to the scores of each head, (heads, length, seen), or None.
        weights: collects the attention weights of each block, a tensor (texts, heads, length, seen) per run, or None.
        source: what a decoder's tokens look at beside their own text.
        cross_weights: as `weights`, for the attention over the sources.
    """

    runs: Sequence[Run]
    seen: Sequence[int] | None = None
    turns: Mapping[tuple[Rotary, int], Turns] = field(default_factory=dict)
    vectors: Tensor | None = None
    distances: Mapping[int, Tensor] = field(default_factory=dict)
    biases: Sequence[Tensor] | None = None
    weights: list[list[Tensor]] | None = None
    source: Source = _NO_SOURCE
    cross_weights: list[list[Tensor]] | None = None

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

    def source_memories(
        self, read: Callable[[Tensor], tuple[Tensor, Tensor]], past: LayerCache | None = None
    ) -> Sequence[Memory]:
        """What each run of the source's looks at; `read` makes keys and values of hidden states, once for a cache."""
        kept = None if past is None else past.source
        if kept is None:
            assert self.source.hidden is not None
            kept = read(self.source.hidden)
            if past is not None:
                past.source = kept
        return [(k, v) for k, v in split_runs(self.source.read, *kept)]
