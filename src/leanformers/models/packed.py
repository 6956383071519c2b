"""Packed: the tokens of a batch, one text after the other without padding. The only thing a model computes on.

    caller's rows            packed, shorter texts first          back at the caller
    ┌ a b c d ┐    pack      ┌───┬─────┬─────────┐      pad       ┌ A B C D ┐
    │ e f . . │   ─────►     │e f│g h i│ a b c d │     ─────►     │ E F 0 0 │
    └ g h i . ┘              └───┴─────┴─────────┘                └ G H I 0 ┘
                   cu_seqlens 0   2     5         9

Texts of equal length stand together, so that attention over them is one call without a mask.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from numpy.typing import NDArray

    from ..tokenizers.ragged import Ragged

__all__ = ["Packed", "Padding", "beginnings", "pack", "pack_ragged", "packs_of"]


@dataclass(frozen=True, eq=False)
class Packed:
    """Tokens of several texts, flat.

    Attributes:
        ids: (tokens,) int64.
        positions: (tokens,) int64, counted from 0 in each text unless the caller gave others.
        types: (tokens,) int64, or None for all 0.
        cu_seqlens: (texts + 1,) int64: text r is tokens[cu_seqlens[r]:cu_seqlens[r + 1]].
        lengths: tokens of each text.
        order: (texts,) int64: text r is the caller's row order[r].
    """

    ids: Tensor
    positions: Tensor
    types: Tensor | None
    cu_seqlens: Tensor
    lengths: tuple[int, ...]
    order: Tensor

    @property
    def max_len(self) -> int:
        """Tokens of the longest text."""
        return max(self.lengths, default=0)

    @cached_property
    def runs(self) -> tuple[tuple[int, int], ...]:
        """(texts, length) of neighbours with equal length, in the order of the pack."""
        return tuple((sum(1 for _ in same), length) for length, same in groupby(self.lengths))

    def to(self, device: torch.device) -> Packed:
        """The same tokens on another device."""
        if self.ids.device == device:
            return self
        types = None if self.types is None else self.types.to(device)
        moved = (x.to(device) for x in (self.ids, self.positions, self.cu_seqlens, self.order))
        ids, positions, cu_seqlens, order = moved
        return Packed(ids, positions, types, cu_seqlens, self.lengths, order)

    def first(self, values: Tensor) -> Tensor:
        """The first token of each text: (tokens, …) → (texts, …)."""
        return values[self.cu_seqlens[:-1]]

    def restore(self, values: Tensor) -> Tensor:
        """Values of the pack's texts in the order of the caller's rows: (texts, …) → (rows, …)."""
        return values[torch.argsort(self.order)]


@dataclass(frozen=True, eq=False)
class Padding:
    """Where the tokens of a pack stand in the caller's padded batch.

    Attributes:
        slots: (tokens,) index of each packed token in the flattened (batch, length) grid.
        batch: rows of the grid.
        length: columns of the grid.
    """

    slots: Tensor
    batch: int
    length: int

    def pad(self, values: Tensor) -> Tensor:
        """(tokens, …) → (batch, length, …), with zeros at the padding."""
        grid = values.new_zeros(self.batch * self.length, *values.shape[1:])
        return grid.index_copy(0, self.slots, values).view(self.batch, self.length, *values.shape[1:])

    def pad_attention(self, weights: list[Tensor], packed: Packed, source: Padding | None = None) -> Tensor:
        """Attention weights of a pack's runs, (texts, heads, n, n) each → (batch, heads, length, length).

        With `source`, the padding of the texts that were looked at: (texts, heads, n, m) each → (batch, heads, length,
        source length).
        """
        looked_at = self if source is None else source
        grid = weights[0].new_zeros(self.batch, weights[0].shape[1], self.length, looked_at.length)
        columns = torch.split(self.slots % max(self.length, 1), list(packed.lengths))
        seen = columns if source is None else source._columns_by_text(packed)
        rows = packed.order.tolist()
        text = 0
        for run in weights:
            for weight in run:  # (heads, n, m)
                grid[rows[text]][:, columns[text].unsqueeze(1), seen[text]] = weight
                text += 1
        return grid

    def _columns_by_text(self, packed: Packed) -> list[Tensor]:
        """The columns of each row's tokens, in the order of a pack of the same rows."""
        rows = self.slots // max(self.length, 1)
        return [self.slots[rows == row] % self.length for row in packed.order.tolist()]


def pack(
    ids: Tensor, mask: Tensor, types: Tensor | None, positions: Tensor | None, order: Tensor | None = None
) -> tuple[Packed, Padding]:
    """Drop the padding of a batch; shorter texts first.

    Args:
        ids: (batch, length) int64.
        mask: (batch, length) bool, True for tokens; every row has one at least.
        types: as ids, or None.
        positions: as ids, or None to count each row's tokens from 0.
        order: (batch,) the rows in this order instead.
    """
    batch, length = ids.shape
    lengths = mask.sum(1)  # (batch,)
    if order is None:
        lengths, order = torch.sort(lengths, stable=True)
    else:
        lengths = lengths[order]
    rows, columns = mask[order].nonzero(as_tuple=True)  # (tokens,) each
    slots = order[rows] * length + columns
    cu_seqlens = _offsets(lengths)
    packed = Packed(
        ids=ids.reshape(-1)[slots],
        positions=_count(cu_seqlens, lengths) if positions is None else positions.reshape(-1)[slots],
        types=None if types is None else types.reshape(-1)[slots],
        cu_seqlens=cu_seqlens,
        lengths=tuple(lengths.tolist()),
        order=order,
    )
    return packed, Padding(slots, batch, length)


def beginnings(packed: Packed, token: int) -> Packed:
    """A pack with a text of this one token for each text of another pack, in the same order."""
    texts = len(packed.lengths)
    places = torch.arange(texts + 1, device=packed.ids.device)
    ids = torch.full((texts,), token, device=packed.ids.device)
    return Packed(ids, torch.zeros_like(ids), None, places, (1,) * texts, packed.order)


def pack_ragged(
    ids: NDArray[Any],
    row_offsets: NDArray[Any],
    types: NDArray[Any] | None = None,
    rows: NDArray[Any] | None = None,
) -> Packed:
    """A pack of flat numpy ids, as a tokenizer's `Ragged` has them; shorter texts first.

    Args:
        ids: (tokens,) of all rows.
        row_offsets: (rows + 1,): row r is ids[row_offsets[r]:row_offsets[r + 1]].
        types: as ids, or None for all 0.
        rows: only these rows; all if None.
    """
    offsets = torch.from_numpy(row_offsets.astype("int64"))
    chosen = torch.arange(len(row_offsets) - 1) if rows is None else torch.from_numpy(rows.astype("int64"))
    lengths, order = torch.sort(offsets.diff()[chosen], stable=True)
    order = chosen[order]
    cu_seqlens = _offsets(lengths)
    positions = _count(cu_seqlens, lengths)
    source = (offsets[order].repeat_interleave(lengths) + positions).numpy()  # (tokens,)
    return Packed(
        ids=torch.from_numpy(ids[source].astype("int64")),
        positions=positions,
        types=None if types is None else torch.from_numpy(types[source].astype("int64")),
        cu_seqlens=cu_seqlens,
        lengths=tuple(lengths.tolist()),
        order=order,
    )


def packs_of(ragged: Ragged, *, tokens: int, texts: int | None = None) -> Iterator[Packed]:
    """All rows of a `Ragged` in packs of similar length, the longest rows first.

    Args:
        ragged: the rows.
        tokens: tokens in a pack at most, unless a single row has more.
        texts: rows in a pack at most.
    """
    lengths = ragged.lengths.tolist()
    rows: list[int] = []
    size = 0
    for row in sorted(range(len(lengths)), key=lambda r: -lengths[r]):
        if rows and (size + lengths[row] > tokens or len(rows) == texts):
            yield _pack_rows(ragged, rows)
            rows, size = [], 0
        rows.append(row)
        size += lengths[row]
    if rows:
        yield _pack_rows(ragged, rows)


def _pack_rows(ragged: Ragged, rows: list[int]) -> Packed:
    import numpy

    return pack_ragged(ragged.ids, ragged.row_offsets, ragged.type_ids, numpy.array(rows))


def _offsets(lengths: Tensor) -> Tensor:
    return torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])  # (texts + 1,)


def _count(cu_seqlens: Tensor, lengths: Tensor) -> Tensor:
    """0, 1, 2, … within each text: (tokens,)."""
    tokens = torch.arange(int(cu_seqlens[-1]), device=lengths.device)
    return tokens - cu_seqlens[:-1].repeat_interleave(lengths)
