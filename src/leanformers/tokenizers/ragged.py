"""Rows of different lengths without padding: the one type that tokenizers and models share.

tokenizer.encode_ragged → **Ragged** (flat ids + row offsets) → models/, which call the offsets cu_seqlens
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy

from ..errors import InputTypeError, MissingDependencyError, RowError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["Ragged"]


class Ragged:
    """The token ids of many rows, one after the other; row `i` is `ids[row_offsets[i]:row_offsets[i + 1]]`.

    Attributes:
        ids: uint32, (tokens,).
        row_offsets: int64, (rows + 1,), from 0 to tokens.
        spans: uint32, (tokens, 2): begin and end of each token in characters of its own text; None if not asked for.
        sequence_ids: int32, (tokens,): 0 or 1 for the first or second text, -1 for special tokens; None where neither
            spans nor word_ids were asked for. Made when first read.
        word_ids: int32, (tokens,): the number of a token's word in its text, -1 for special tokens; None if not asked
            for.
        samples: int64, (rows,): the text that a row is from, where long texts have several rows; else None.
        type_ids: int32, (tokens,): which text of a pair a token belongs to; None when there are no pairs, so all are 0.
        dropped: for each row, how many tokens truncation took away; None if unknown. Made when first read.

    Examples:
        >>> from leanformers import AutoTokenizer
        >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
        >>> ragged = tokenizer.encode_ragged(["A good day.", "Bad!"])
        >>> len(ragged), ragged.row_offsets.tolist()
        (2, [0, 6, 10])
        >>> ragged[1].tolist() == tokenizer("Bad!")["input_ids"]
        True
    """

    __slots__ = ("_dropped", "_sequence_ids", "ids", "row_offsets", "samples", "spans", "type_ids", "word_ids")

    def __init__(
        self,
        ids: NDArray[numpy.uint32],
        row_offsets: NDArray[numpy.int64],
        *,
        spans: NDArray[numpy.uint32] | None = None,
        sequence_ids: NDArray[numpy.int32] | Callable[[], NDArray[numpy.int32]] | None = None,
        word_ids: NDArray[numpy.int32] | None = None,
        samples: NDArray[numpy.int64] | None = None,
        type_ids: NDArray[numpy.int32] | None = None,
        dropped: Sequence[int] | Callable[[], Sequence[int]] | None = None,
    ) -> None:
        """Put the parts together; nothing is copied. What is a function is called when its part is first read.

        Raises:
            ShapeError: the offsets do not run from 0 to the number of ids, or another part has another length.
        """
        if not len(row_offsets) or row_offsets[0] != 0 or row_offsets[-1] != len(ids):
            raise ShapeError(f"row_offsets must run from 0 to the number of ids, {len(ids)}")
        of_tokens: dict[str, Any] = {"spans": spans, "word_ids": word_ids, "type_ids": type_ids}
        if not callable(sequence_ids):
            of_tokens["sequence_ids"] = sequence_ids
        for name, part in of_tokens.items():
            if part is not None and len(part) != len(ids):
                raise ShapeError(f"{name} has {len(part)} items for {len(ids)} ids")
        of_rows: dict[str, Any] = {"samples": samples}
        if not callable(dropped):
            of_rows["dropped"] = dropped
        for name, rows in of_rows.items():
            if rows is not None and len(rows) != len(row_offsets) - 1:
                raise ShapeError(f"{name} has {len(rows)} items for {len(row_offsets) - 1} rows")
        self.ids = ids
        self.row_offsets = row_offsets
        self.spans = spans
        self._sequence_ids = sequence_ids
        self.word_ids = word_ids
        self.samples = samples
        self.type_ids = type_ids
        self._dropped = dropped

    @classmethod
    def from_lists(cls, rows: Sequence[Sequence[int]]) -> Ragged:
        """The same rows of ids, flat.

        Examples:
            >>> Ragged.from_lists([[7, 8], [9]]).row_offsets.tolist()
            [0, 2, 3]
        """
        offsets = numpy.zeros(len(rows) + 1, dtype=numpy.int64)
        numpy.cumsum([len(row) for row in rows], out=offsets[1:])
        flat = [number for row in rows for number in row]
        return cls(numpy.array(flat, dtype=numpy.uint32), offsets)

    def __len__(self) -> int:
        return len(self.row_offsets) - 1

    def __getitem__(self, rows: Any) -> Any:
        """`ragged[i]`: the ids of row i. `ragged[a:b]`: these rows as a Ragged. Both share their memory with this one.

        Raises:
            RowError: there is no such row.
            InputTypeError: neither a number nor a slice of neighbouring rows.
        """
        if isinstance(rows, slice):
            return self._slice(rows)
        if not hasattr(rows, "__index__"):
            raise InputTypeError(f"rows are chosen by a number or a slice, not by {type(rows).__name__}")
        row = range(len(self))[rows] if -len(self) <= rows < len(self) else -1
        if row < 0:
            raise RowError(f"row {rows} of {len(self)} rows")
        return self.ids[self.row_offsets[row] : self.row_offsets[row + 1]]

    def _slice(self, rows: slice) -> Ragged:
        begin, end, step = rows.indices(len(self))
        if step != 1:
            raise InputTypeError(f"a slice of rows must have step 1, not {step}: others would need a copy")
        end = max(begin, end)
        tokens = slice(self.row_offsets[begin], self.row_offsets[end])
        return Ragged(
            self.ids[tokens],
            self.row_offsets[begin : end + 1] - self.row_offsets[begin],
            spans=None if self.spans is None else self.spans[tokens],
            sequence_ids=None if (of_all := self.sequence_ids) is None else of_all[tokens],
            word_ids=None if self.word_ids is None else self.word_ids[tokens],
            samples=None if self.samples is None else self.samples[begin:end],
            type_ids=None if self.type_ids is None else self.type_ids[tokens],
            dropped=None if (of_rows := self.dropped) is None else of_rows[begin:end],
        )

    def __iter__(self) -> Iterator[NDArray[numpy.uint32]]:
        return (self[row] for row in range(len(self)))

    def __repr__(self) -> str:
        return f"Ragged({len(self)} rows, {len(self.ids)} tokens)"

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        # What would make some of them, the core's own rows, cannot be pickled.
        parts = {name: getattr(self, name) for name in self.__slots__ if not name.startswith("_")}
        return None, {"_dropped": self.dropped, "_sequence_ids": self.sequence_ids, **parts}

    @property
    def sequence_ids(self) -> NDArray[numpy.int32] | None:
        """As in the class's attributes."""
        if callable(self._sequence_ids):
            self._sequence_ids = self._sequence_ids()
        return self._sequence_ids

    @property
    def dropped(self) -> Sequence[int] | None:
        """As in the class's attributes."""
        if callable(self._dropped):
            self._dropped = self._dropped()
        return self._dropped

    @property
    def lengths(self) -> NDArray[numpy.int64]:
        """The number of tokens in each row, int64, (rows,)."""
        return numpy.diff(self.row_offsets)

    def to_arrow(self) -> Any:
        """The ids as an Arrow array of lists of uint32, one for each row; the ids are not copied.

        The lists are large ones (with 64-bit offsets) from 2³¹ tokens on.

        Raises:
            MissingDependencyError: pyarrow is not installed.
        """
        try:
            import pyarrow
        except ImportError:
            raise MissingDependencyError("to_arrow() needs pyarrow: pip install 'leanformers[arrow]'") from None
        if len(self.ids) < 2**31:
            return pyarrow.ListArray.from_arrays(self.row_offsets.astype(numpy.int32), pyarrow.array(self.ids))
        return pyarrow.LargeListArray.from_arrays(self.row_offsets, pyarrow.array(self.ids))

    def to_lists(self) -> list[list[int]]:
        """The ids as a list of lists of int."""
        flat: list[int] = self.ids.tolist()
        offsets = self.row_offsets.tolist()
        return [flat[begin:end] for begin, end in pairwise(offsets)]
