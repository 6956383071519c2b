"""The encoded rows behind a BatchEncoding: columns and row views are made from them when somebody first asks.

core.Encoded + how it came about → **Rows** → columns of a BatchEncoding, `Encoding` of a row
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from .. import _core
from ..errors import InputValueError, MissingDependencyError, RowError, near_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .encoding import Encoding

__all__ = ["COLUMNS", "Rows", "SavedRows", "check_tensor_type"]

# The keys of a BatchEncoding in their order, and the core's columns for them.
COLUMNS = {
    "input_ids": _core.Column.IDS,
    "token_type_ids": _core.Column.TYPE_IDS,
    "attention_mask": _core.Column.ATTENTION_MASK,
    "special_tokens_mask": _core.Column.SPECIAL_TOKENS_MASK,
    "offset_mapping": _core.Column.SPANS,
}
TENSOR_TYPES = ("np", "pt")


def check_tensor_type(tensor_type: Any) -> str:
    """'np' or 'pt', with the package it needs.

    Raises:
        InputValueError: another type.
        MissingDependencyError: torch is not installed.
    """
    name = getattr(tensor_type, "value", tensor_type)
    if name not in TENSOR_TYPES:
        near = near_names(name, TENSOR_TYPES) if isinstance(name, str) else ""
        raise InputValueError(f"return_tensors={name!r}: choose 'np' (numpy) or 'pt' (torch), or None for lists{near}")
    if name == "pt":
        try:
            import torch  # noqa: F401
        except ImportError:
            raise MissingDependencyError("return_tensors='pt' needs torch: pip install 'leanformers[torch]'") from None
    return str(name)


class Rows:
    """The result of one call of the core, with all that is needed to encode a row again in detail."""

    __slots__ = (
        "_detailed", "_samples", "_views", "batched", "core", "encoded", "options", "pad_id", "pad_left", "pairs",
        "stripping", "tensors", "texts", "width",
    )  # fmt: skip

    def __init__(
        self,
        core: _core.Tokenizer,
        encoded: _core.Encoded,
        texts: list[Any],
        pairs: list[Any] | None,
        options: dict[str, Any],
        stripping: Mapping[int, bool],
        batched: bool,
    ) -> None:
        self.core = core
        self.encoded = encoded
        self.texts = texts
        self.pairs = pairs
        self.options = options
        self.stripping = stripping
        self.batched = batched
        self.width = 0
        self.pad_left = False
        self.pad_id = 0
        self.tensors: str | None = None
        self._views: dict[int, Encoding] = {}
        self._samples = encoded.samples() if "overflow" in options else None
        self._detailed: tuple[int, _core.Encoded] | None = None  # the sample asked for last, encoded with details

    def __len__(self) -> int:
        return len(self.encoded)

    @property
    def n_sequences(self) -> int:
        """The texts in a row: 2 for pairs, else 1."""
        return 1 if self.pairs is None else 2

    def column(self, name: str) -> Any:
        """The value of the key `name`: lists or a tensor, for all rows or for the only one."""
        if name == "length":
            return self._lengths()
        if name == "overflow_to_sample_mapping":
            return self._numbers(self.encoded.samples() if self._samples is None else list(self._samples))
        column = COLUMNS[name]
        pad = self.pad_id if name == "input_ids" else 0
        if self.tensors is None:
            if self.batched:
                return self.encoded.lists(column, self.width, self.pad_left, pad)
            return self.encoded.row(column, 0, self.width, self.pad_left, pad)
        return self._tensor(self._rectangle(column, pad))

    def _rectangle(self, column: _core.Column, pad: int) -> Any:
        import numpy

        shape = (len(self), self.width, 2) if column is _core.Column.SPANS else (len(self), self.width)
        array = numpy.empty(shape, dtype=numpy.int64)
        self.encoded.write(column, array, self.pad_left, pad)
        return array

    def _lengths(self) -> Any:
        return self._numbers([max(length, self.width) for length in self.encoded.lengths()])

    def _numbers(self, numbers: list[int]) -> Any:
        if self.tensors is None:
            return numbers
        import numpy

        return self._tensor(numpy.array(numbers, dtype=numpy.int64))

    def _tensor(self, array: Any) -> Any:
        if self.tensors == "np":
            return array
        import torch

        return torch.from_numpy(array)

    def pad(self, width: int, left: bool, pad_id: int) -> None:
        """Fill every row up to `width` with `pad_id`."""
        self.width = width
        self.pad_left = left
        self.pad_id = pad_id

    def use_tensors(self, tensor_type: Any) -> None:
        """Make tensors of the columns, for which all rows must have the same length.

        Raises:
            InputValueError: they have not.
        """
        self.tensors = check_tensor_type(tensor_type)
        longest = self.encoded.longest()
        if longest > max(self.width, self.encoded.shortest()):
            lengths = self.encoded.lengths()
            shown = ", ".join(map(str, lengths[:8])) + (", …" if len(lengths) > 8 else "")
            raise InputValueError(
                f"return_tensors={self.tensors!r} needs rows of one length, but they have {shown} tokens: "
                "use padding=True, and truncation=True for rows that are too long"
            )
        self.width = max(self.width, longest)

    def view(self, index: int) -> Encoding:
        """Row `index` with all details.

        Raises:
            RowError: there is no such row.
        """
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise RowError(f"row {index} of a batch with {len(self)} rows")
        view = self._views.get(number)
        if view is None:
            from .encoding import Encoding  # here, because few calls ask for more than columns

            sample, encoded, row = self._details(number)
            view = self._views[number] = Encoding(
                self.core,
                encoded,
                row,
                [self.texts[sample]] if self.pairs is None else [self.texts[sample], self.pairs[sample]],
                width=self.width,
                pad_left=self.pad_left,
                pad_id=self.pad_id,
                stripping=self.stripping,
            )
        return view

    def _details(self, row: int) -> tuple[int, _core.Encoded, int]:
        """The sample of a row, an `Encoded` with details that has the row, and its number there."""
        samples = self._samples
        sample = row if samples is None else samples[row]
        if self.encoded.has_details:
            return sample, self.encoded, row
        detailed = self._detailed
        if detailed is None or detailed[0] != sample:
            texts = [self.texts[sample]]
            pairs = None if self.pairs is None else [self.pairs[sample]]
            detailed = sample, self.core.encode(texts, pairs, details=True, **self.options)
            if samples is not None:
                self._detailed = detailed
        return sample, detailed[1], 0 if samples is None else row - bisect_left(samples, sample)

    def __reduce__(self) -> tuple[Any, ...]:
        return SavedRows, ([self.view(i) for i in range(len(self))], self.n_sequences)


class SavedRows:
    """What is left of `Rows` after pickling: all the views, made before."""

    __slots__ = ("_views", "n_sequences")

    def __init__(self, views: list[Encoding], n_sequences: int) -> None:
        self._views = views
        self.n_sequences = n_sequences

    def __len__(self) -> int:
        return len(self._views)

    def view(self, index: int) -> Encoding:
        """As `Rows.view`."""
        if not -len(self) <= index < len(self):
            raise RowError(f"row {index} of a batch with {len(self)} rows")
        return self._views[index]

    def __reduce__(self) -> tuple[Any, ...]:
        return SavedRows, (self._views, self.n_sequences)
