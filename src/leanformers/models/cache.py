"""Cache: the keys and values of a batch's tokens, kept while a model writes, so that each token is computed once.

One tensor per block, a row per text. Texts of equal length stand together, as in a pack, so that attention over a group
is one call over a slice, without padding and without a mask:

    text 0   k k k k · · · ·      ┐ a run: seen 4
    text 1   k k k k · · · ·      ┘
    text 2   k k k k k k · ·      ─ a run: seen 6        · room that grows by half when it is used up
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, groupby

import torch
from torch import Tensor

from ..ops.attention import Memory, Run, split_runs
from ..ops.context import Source

__all__ = ["Cache"]

_ROOM = 32  # tokens of room at least that a text gets when its layers are enlarged


class Cache:
    """Keys and values of the blocks of a model for the texts of a pack, in the order of the pack.

    Args:
        layers: how many blocks the model has.
        sources: for a decoder that reads sources, the tokens of each text's source.

    Attributes:
        sources: tokens of each source that is still looked at.
        of: for each text the number of its source.
        lengths: tokens of each text so far.
        runs: (texts, new tokens of each) of the pass at hand.
        seen: for each run, the tokens of a text, old and new.
    """

    def __init__(self, layers: int, sources: Sequence[int] = ()) -> None:
        self.layers = [_Layer(self) for _ in range(layers)]
        self.sources = tuple(sources)
        self.of = tuple(range(len(self.sources)))
        self.lengths: tuple[int, ...] = ()
        self.runs: Sequence[Run] = ()
        self.seen: Sequence[int] = ()

    def begin(self, new: Sequence[int]) -> None:
        """Say how many tokens each text gets in the pass that follows."""
        if not self.lengths:
            self.lengths = (0,) * len(new)
        totals = [old + more for old, more in zip(self.lengths, new, strict=True)]
        groups = [(key, sum(1 for _ in same)) for key, same in groupby(zip(new, totals, strict=True))]
        self.runs = [(texts, length) for (length, _), texts in groups]
        self.seen = [total for (_, total), _ in groups]
        self.lengths = tuple(totals)

    def keep(self, texts: Tensor) -> None:
        """Go on with these texts, (texts,) int64: some left out, or, for beams, some several times."""
        for layer in self.layers:
            layer.keep(texts, max(self.lengths))
        kept = texts.tolist()
        self.lengths = tuple(self.lengths[text] for text in kept)
        if self.sources:
            self._keep_sources([self.of[text] for text in kept], texts.device)

    def source(self, hidden: Tensor | None = None) -> Source:
        """What the new tokens look at beside their texts, after `begin`; `hidden` only in the first pass."""
        new = [length for texts, length in self.runs for _ in range(texts)]
        looking = [0] * len(self.sources)
        for number, length in zip(self.of, new, strict=True):
            looking[number] += length
        groups = [(key, sum(1 for _ in same)) for key, same in groupby(zip(self.sources, looking, strict=True))]
        read = [(sources, length) for (length, _), sources in groups]
        return Source(hidden, read, [(sources, tokens) for (_, tokens), sources in groups])

    def _keep_sources(self, of: list[int], device: torch.device) -> None:
        alive = sorted(set(of))
        self.of = tuple(alive.index(number) for number in of)
        if len(alive) == len(self.sources):
            return
        begins = [0, *accumulate(self.sources)]
        places = torch.cat([torch.arange(begins[n], begins[n + 1], device=device) for n in alive])
        for layer in self.layers:
            if layer.source is not None:
                layer.source = (layer.source[0][places], layer.source[1][places])
        self.sources = tuple(self.sources[number] for number in alive)


class _Layer:
    """The keys and values of one block: (texts, heads, room, head_dim) each."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self.tensors: tuple[Tensor, ...] = ()
        self.source: tuple[Tensor, Tensor] | None = None

    def extend(self, key: Tensor, value: Tensor) -> list[Memory]:
        """As `ops.context.LayerCache.extend`."""
        cache = self.cache
        self._enlarge(key, len(cache.lengths), max(cache.seen, default=0))
        memories = []
        text = 0
        for (texts, length), seen, new in zip(cache.runs, cache.seen, split_runs(cache.runs, key, value), strict=True):
            for kept, fresh in zip(self.tensors, new, strict=True):
                kept[text : text + texts, :, seen - length : seen] = fresh
            k, v = (kept[text : text + texts, :, :seen] for kept in self.tensors)
            memories.append((k, v))
            text += texts
        return memories

    def keep(self, texts: Tensor, used: int) -> None:
        """As `Cache.keep`; `used` is the length of the longest text."""
        kept = []
        for tensor in self.tensors:
            new = tensor.new_empty(len(texts), *tensor.shape[1:])
            torch.index_select(tensor[:, :, :used], 0, texts, out=new[:, :, :used])
            kept.append(new)
        self.tensors = tuple(kept)

    def _enlarge(self, like: Tensor, texts: int, needed: int) -> None:
        room = self.tensors[0].shape[2] if self.tensors else 0
        if room >= needed:
            return
        size = max(needed, room + room // 2, _ROOM)
        old = self.tensors
        self.tensors = tuple(like.new_empty(texts, like.shape[1], size, like.shape[2]) for _ in range(2))
        for before, now in zip(old, self.tensors, strict=False):
            now[:, :, :room] = before
