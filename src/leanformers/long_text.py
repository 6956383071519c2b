"""Texts with more tokens than a model takes: refused, cut, or read in windows that overlap. One way for all who read.

texts ──► `read_texts` ──► Windows (rows that the model takes) ──► model ──► merged: one result for each text

    text     a b c d e f g h i                    stride 2: tokens that neighbours share
    windows  a b c d · · · · ·    gives a b c     A token belongs to the window in which it has the most context,
             · · c d e f · · ·    gives d e       so that neighbours halve what they share.
             · · · · e f g h ·    gives f g
             · · · · · · g h i    gives h i
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy
import torch
from torch import Tensor

from .errors import ArgumentError, InputValueError, TooLongError, near_names
from .tokenizers.options import check_number
from .tokenizers.ragged import Ragged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .tokenizers.tokenizer import PreTrainedTokenizer

__all__ = ["POLICIES", "LongText", "Windows", "read_texts"]

POLICIES = ("error", "truncate", "window")
_COLUMNS = ("ids", "spans", "sequence_ids", "word_ids", "type_ids")


@dataclass(frozen=True)
class LongText:
    """What to do with texts that are too long.

    Attributes:
        too_long: "error" refuses them, "truncate" cuts them, "window" reads them in windows.
        stride: how many tokens neighbouring windows share. None: a third of what the model takes, but no more than half
            of what a window has of the text.
    """

    too_long: str = "error"
    stride: int | None = None

    def updated(
        self, too_long: str | None, stride: int | None, choices: Sequence[str] = POLICIES, what: str = "here"
    ) -> LongText:
        """This with the arguments of a call or a constructor, None where one was not given.

        Raises:
            InputValueError, InputTypeError: an unknown value, or one that is not possible `what`.
        """
        check_number("stride", stride, 0)
        if too_long is not None and too_long not in choices:
            listed = ", ".join(map(repr, choices))
            near = near_names(str(too_long), choices)
            reason = f" is not possible {what}" if too_long in POLICIES else near
            raise InputValueError(f"too_long={too_long!r}{reason}; choose one of {listed}")
        return LongText(self.too_long if too_long is None else too_long, self.stride if stride is None else stride)

    def for_call(
        self, too_long: str | None, stride: int | None, choices: Sequence[str] = POLICIES, what: str = "here"
    ) -> LongText:
        """As `updated`, for one call, where a stride without windows is a mistake: `ArgumentError`."""
        chosen = self.updated(too_long, stride, choices, what)
        if stride is not None and chosen.too_long != "window":
            raise ArgumentError(f'stride={stride} has no effect with too_long={chosen.too_long!r}; it is for "window"')
        return chosen


class Windows:
    """Texts as rows that a model takes: a row for each text, several for one that is read in windows.

    Attributes:
        ragged: the rows.
        samples: int64, (rows,): the text of each row.
        dropped: how many tokens of each text are in no row.
        rows: for each text its rows, in the order of the text.
        weights: float32, (rows,): how many tokens of the text belong to a row, counting each token once.
    """

    def __init__(self, ragged: Ragged, dropped: Sequence[int], sides: Sequence[int], strides: Sequence[int]) -> None:
        """`sides`: for each text which text of a pair is read in windows, 0 or 1; `strides`: what its windows share."""
        assert ragged.samples is not None
        self.ragged = ragged
        self.samples = ragged.samples
        self.dropped = list(dropped)
        self.rows: list[list[int]] = [[] for _ in dropped]
        for row, text in enumerate(ragged.samples.tolist()):
            self.rows[text].append(row)
        self._sides, self._strides = sides, strides

    def own(self, row: int) -> slice:
        """The tokens of a row that belong to it rather than to its neighbours, in the row.

        Special tokens, and the other text of a pair, belong to the first row where they come before the text, and to
        the last one where they come behind it.
        """
        begin, end, _ = self._borders[row]
        return slice(begin, end)

    @property
    def weights(self) -> Tensor:
        """See the class."""
        return torch.tensor([tokens for _, _, tokens in self._borders], dtype=torch.float32)

    @cached_property
    def _borders(self) -> list[tuple[int, int, int]]:
        """Begin and end of each row's own tokens, and how many of them are of the text that is read in windows."""
        lengths = self.ragged.lengths.tolist()
        borders = [(0, length, length) for length in lengths]
        for text, rows in enumerate(self.rows):
            stride = self._strides[text]
            for place, row in enumerate(rows if len(rows) > 1 else ()):
                inside = self._inside(row, self._sides[text])
                first, last = place == 0, place == len(rows) - 1
                begin = inside.start + (0 if first else stride // 2)
                end = inside.stop - (0 if last else stride - stride // 2)
                borders[row] = (0 if first else begin, lengths[row] if last else end, end - begin)
        return borders

    def _inside(self, row: int, side: int) -> slice:
        """Where in a row the text stands that is read in windows."""
        sequence_ids = self.ragged.sequence_ids
        assert sequence_ids is not None
        begin, end = self.ragged.row_offsets[row : row + 2]
        places = numpy.flatnonzero(sequence_ids[begin:end] == side)
        return slice(int(places[0]), int(places[-1]) + 1)

    def whole(self, text: int) -> Ragged:
        """The tokens of a text as one row, as if it had not been cut into windows."""
        ragged = self.ragged
        rows = [(int(ragged.row_offsets[row]), self.own(row)) for row in self.rows[text]]
        places = numpy.concatenate([numpy.arange(begin + own.start, begin + own.stop) for begin, own in rows])
        columns = {name: getattr(ragged, name) for name in _COLUMNS}
        return _rows({name: None if values is None else values[places] for name, values in columns.items()})

    def join(self, parts: Sequence[Tensor], text: int) -> Tensor:
        """Values of the rows' tokens, (tokens, …) each → values of a text's tokens, each from the row it belongs to."""
        rows = self.rows[text]
        return parts[rows[0]] if len(rows) == 1 else torch.cat([parts[row][self.own(row)] for row in rows])

    def mean(self, values: Tensor) -> Tensor:
        """The mean of a text's rows, each weighted by its own tokens: (rows, n) → (texts, n)."""
        of_rows = self.weights.to(values.device).unsqueeze(-1)  # (rows, 1)

        def weighted(part: Tensor, rows: list[int]) -> Tensor:
            weights = of_rows[rows]  # (windows, 1)
            return (part * (weights / weights.sum())).sum(0)

        return self._merge(values, weighted)

    def highest(self, values: Tensor) -> Tensor:
        """The highest numbers in a text's rows: (rows, n) → (texts, n)."""
        return self._merge(values, lambda part, rows: part.amax(0))

    def _merge(self, values: Tensor, merge: Callable[[Tensor, list[int]], Tensor]) -> Tensor:
        """A text with one row keeps its values bit by bit."""
        merged = values[[rows[0] for rows in self.rows]]
        for text, rows in enumerate(self.rows):
            if len(rows) > 1:
                merged[text] = merge(values[rows], rows)
        return merged


def read_texts(
    tokenizer: PreTrainedTokenizer,
    firsts: Any,
    seconds: Any = None,
    *,
    limit: int | None,
    long_text: LongText,
    row_of: Callable[[int], int] = int,
    spans: bool = False,
    cut: str | None = None,
) -> Windows:
    """Encode texts or pairs as rows of at most `limit` tokens.

    Args:
        tokenizer: of the model.
        firsts, seconds: texts, and the second ones of pairs or None.
        limit: tokens of a row at most; None for any number.
        long_text: what to do with texts that are longer. Of a pair, the longer text is read in windows, and the other
            one stands in each of them.
        row_of: from the number of a text to that in the caller's input, for messages.
        spans: also where in its text each token stands, and in which word.
        cut: "only_second" cuts only the second text of pairs, or reads only that in windows.

    Raises:
        TooLongError: names the row, its tokens and the limit.
        InputValueError: the stride leaves no room for new tokens in a window.
    """
    if long_text.too_long == "window" and limit is not None:
        firsts, seconds = _lists(firsts, seconds)
        return _read_windows(tokenizer, firsts, seconds, limit, long_text.stride, row_of, cut)
    truncation: Any = False if limit is None else (cut if cut and long_text.too_long == "truncate" else True)
    ragged = tokenizer.encode_ragged(
        firsts, seconds, truncation=truncation, max_length=limit, spans=spans, word_ids=spans
    )
    ragged.samples = numpy.arange(len(ragged))
    dropped = [0] * len(ragged) if ragged.dropped is None else list(ragged.dropped)
    if long_text.too_long == "error" and any(dropped):
        row = next(row for row, count in enumerate(dropped) if count)
        raise TooLongError(
            f"row {row_of(row)}: {int(ragged.lengths[row]) + dropped[row]} tokens, limit {limit}; use "
            'too_long="truncate" or too_long="window", or split the text'
        )
    return Windows(ragged, dropped, [0] * len(dropped), [0] * len(dropped))


def _lists(firsts: Any, seconds: Any) -> tuple[list[Any], list[Any] | None]:
    listed = [
        list(texts.tolist() if hasattr(texts, "tolist") else texts) for texts in (firsts, seconds) if texts is not None
    ]
    pairs = listed[0] and all(isinstance(text, (tuple, list)) and len(text) == 2 for text in listed[0])
    if len(listed) == 1 and pairs:
        return [text[0] for text in listed[0]], [text[1] for text in listed[0]]
    return listed[0], listed[1] if len(listed) > 1 else None


def _read_windows(
    tokenizer: PreTrainedTokenizer,
    firsts: list[Any],
    seconds: list[Any] | None,
    limit: int,
    stride: int | None,
    row_of: Callable[[int], int],
    cut: str | None,
) -> Windows:
    """Texts that are cut in the same way are encoded in one call."""
    special = tokenizer.num_special_tokens_to_add(seconds is not None)
    lengths = [
        tokenizer.count(texts, add_special_tokens=False).tolist() for texts in (firsts, seconds) if texts is not None
    ]
    sides, strides = [], []
    for text, counts in enumerate(zip(*lengths, strict=True)):
        side = 1 if len(counts) > 1 and (cut == "only_second" or counts[1] >= counts[0]) else 0
        room = limit - special - (sum(counts) - counts[side])
        share = min(limit // 3, max(room, 0) // 2) if stride is None else stride
        if room - share < 1 and sum(counts) + special > limit:
            raise _no_room(row_of(text), limit, special, room, counts[1 - side] if len(counts) > 1 else 0, stride)
        sides.append(side)
        strides.append(share if sum(counts) + special > limit else 0)
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for text, key in enumerate(zip(sides, strides, strict=True)):
        groups[key].append(text)
    parts = []
    for (side, share), texts in groups.items() or {(0, 0): []}.items():
        strategy: Any = True if seconds is None else ("only_first", "only_second")[side]
        part = tokenizer.encode_ragged(
            [firsts[text] for text in texts],
            None if seconds is None else [seconds[text] for text in texts],
            truncation=strategy,
            truncation_side="right",
            max_length=limit,
            stride=share,
            spans=True,
            word_ids=True,
        )
        assert part.samples is not None
        part.samples = numpy.array(texts, dtype=numpy.int64)[part.samples]
        parts.append(part)
    return Windows(_concatenated(parts), [0] * len(firsts), sides, strides)


def _no_room(row: int, limit: int, special: int, room: int, other: int, stride: int | None) -> Exception:
    if room < 1:
        beside = f"the shorter text of the pair has {other} tokens" if other else f"{special} are special tokens"
        return TooLongError(f"row {row}: no window of {limit} tokens has room for the text: {beside}; shorten it")
    return InputValueError(f"row {row}: stride={stride} leaves no room: a window has {room} tokens of the text")


def _concatenated(parts: list[Ragged]) -> Ragged:
    if len(parts) == 1:
        return parts[0]
    columns = {}
    for name in _COLUMNS:
        values = [getattr(part, name) for part in parts]
        columns[name] = None if values[0] is None else numpy.concatenate(values)
    samples = [part.samples for part in parts if part.samples is not None]
    lengths = numpy.concatenate([part.lengths for part in parts])
    return _rows(columns, lengths, numpy.concatenate(samples))


def _rows(columns: dict[str, Any], lengths: Any = None, samples: NDArray[numpy.int64] | None = None) -> Ragged:
    """Columns of tokens as rows of these lengths, or as one row."""
    lengths = [len(columns["ids"])] if lengths is None else lengths
    offsets = numpy.concatenate([[0], numpy.cumsum(lengths)]).astype(numpy.int64)
    return Ragged(row_offsets=offsets, samples=samples, **columns)
