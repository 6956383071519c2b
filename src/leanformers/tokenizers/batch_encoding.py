"""What a tokenizer call returns: a mapping with the names users know; columns and details are made when asked for.

Rows → **BatchEncoding** → `model(**encoding)`, `encoding.word_ids(0)`, `encoding.char_to_token(0, 5)`, …
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from ..errors import InputValueError
from .rows import Rows, SavedRows, check_tensor_type

if TYPE_CHECKING:
    from .encoding import CharSpan, Encoding, TokenSpan

__all__ = ["BatchEncoding"]


class _Pending:
    """Stands in the values for a column that nobody has asked for yet."""


PENDING = _Pending()


class BatchEncoding(MutableMapping[str, Any]):
    """The encoded texts: `encoding["input_ids"]` or `encoding.input_ids`, and the way back to words and characters.

    A mapping from names to lists, arrays or tensors: of numbers for one text, of rows for a batch. `encoding[0]` is
    row 0 as an `Encoding`. A BatchEncoding that was made from a plain mapping has no rows to ask about.

    Examples:
        >>> from leanformers import AutoTokenizer
        >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
        >>> encoding = tokenizer(["A good day.", "Bad!"], padding=True)
        >>> list(encoding)
        ['input_ids', 'token_type_ids', 'attention_mask']
        >>> [sum(mask) for mask in encoding.attention_mask]
        [6, 4]
        >>> encoding.token_to_chars(1, 1)
        CharSpan(start=0, end=3)
    """

    __slots__ = ("__weakref__", "_n_sequences", "_rows", "_values")

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        tensor_type: str | None = None,
        prepend_batch_axis: bool = False,
        n_sequences: int | None = None,
    ) -> None:
        """Wrap `data`, made into tensors if a `tensor_type` is given; see `convert_to_tensors`."""
        self._values: dict[str, Any] = dict(data or {})
        self._rows: Rows | SavedRows | None = None
        self._n_sequences = n_sequences
        self.convert_to_tensors(tensor_type, prepend_batch_axis)

    @classmethod
    def _of_rows(cls, values: dict[str, Any], rows: Rows | SavedRows) -> BatchEncoding:
        """The result of a call; `values` are `PENDING` where `rows` can tell later."""
        self = cls.__new__(cls)
        self._values = values
        self._rows = rows
        self._n_sequences = rows.n_sequences
        return self

    # ---- the mapping ----

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, str):
            value = self._values[item]
            if value is PENDING:
                value = self._values[item] = self._rows.column(item)  # type: ignore[union-attr]
            return value
        if isinstance(item, slice):
            if self._rows is not None:
                return [self._rows.view(i) for i in range(*item.indices(len(self._rows)))]
            return {name: value[item] for name, value in self._values.items()}
        return self._with_rows("encoding[row]").view(item)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # Python asks for many of these, some before there are values
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"BatchEncoding has no {name!r}; it has {', '.join(self._values)}") from None

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        del self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __repr__(self) -> str:
        return repr(self.data)

    @property
    def data(self) -> dict[str, Any]:
        """The values as a plain dict; changing it changes the encoding."""
        for name, value in self._values.items():
            if value is PENDING:
                self._values[name] = self._rows.column(name)  # type: ignore[union-attr]
        return self._values

    def copy(self) -> BatchEncoding:
        """Another mapping with the same values and rows."""
        new = BatchEncoding(n_sequences=self._n_sequences)
        new._values, new._rows = dict(self._values), self._rows
        return new

    __copy__ = copy

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.data, self._rows, self._n_sequences)

    # ---- tensors ----

    def convert_to_tensors(self, tensor_type: str | None = None, prepend_batch_axis: bool = False) -> BatchEncoding:
        """Make arrays ('np') or tensors ('pt') of all values that are none yet, in place.

        Raises:
            InputValueError: rows of different lengths, or another `tensor_type`.
            MissingDependencyError: torch is not installed.
        """
        if tensor_type is not None:
            kind = check_tensor_type(tensor_type)
            for name in self._values:
                self._values[name] = _to_tensor(name, self[name], kind, prepend_batch_axis)
        return self

    def to(self, device: Any, *, non_blocking: bool = False) -> BatchEncoding:
        """Move all tensors to `device`, in place; other values stay as they are."""
        for name, value in self.data.items():
            if hasattr(value, "to"):
                self._values[name] = value.to(device=device, non_blocking=non_blocking)
        return self

    # ---- the rows; where a method takes (row, number), one number alone means row 0 ----

    @property
    def is_fast(self) -> bool:
        """Whether the rows can be asked; False for an encoding that was made from a plain mapping."""
        return self._rows is not None

    @property
    def n_sequences(self) -> int | None:
        """The texts in a row: 1, 2 for pairs, None if unknown."""
        return self._n_sequences

    @property
    def encodings(self) -> list[Encoding] | None:
        """All rows, or None for an encoding that was made from a plain mapping."""
        return None if self._rows is None else [self._rows.view(i) for i in range(len(self._rows))]

    def tokens(self, batch_index: int = 0) -> list[str]:
        """The tokens of a row as text."""
        return self._with_rows("tokens()").view(batch_index).tokens

    def word_ids(self, batch_index: int = 0) -> list[int | None]:
        """For each token of a row the index of its word; None for special tokens and padding."""
        return self._with_rows("word_ids()").view(batch_index).word_ids

    def words(self, batch_index: int = 0) -> list[int | None]:
        """The same as `word_ids`."""
        return self.word_ids(batch_index)

    def sequence_ids(self, batch_index: int = 0) -> list[int | None]:
        """For each token of a row 0 or 1 for the first or second text; None for special tokens and padding."""
        return self._with_rows("sequence_ids()").view(batch_index).sequence_ids

    def token_to_sequence(self, batch_or_token_index: int, token_index: int | None = None) -> int | None:
        """The text, 0 or 1, that a token is from; None for special tokens and padding."""
        view, token = self._view("token_to_sequence()", batch_or_token_index, token_index)
        return view.token_to_sequence(token)

    def token_to_word(self, batch_or_token_index: int, token_index: int | None = None) -> int | None:
        """The index of a token's word; None for special tokens and padding."""
        view, token = self._view("token_to_word()", batch_or_token_index, token_index)
        return view.token_to_word(token)

    def token_to_chars(self, batch_or_token_index: int, token_index: int | None = None) -> CharSpan | None:
        """The characters that a token stands for; None for special tokens and padding."""
        view, token = self._view("token_to_chars()", batch_or_token_index, token_index)
        return view.token_to_chars(token)

    def word_to_tokens(
        self, batch_or_word_index: int, word_index: int | None = None, sequence_index: int = 0
    ) -> TokenSpan | None:
        """The tokens of a word, or None without such a word."""
        view, word = self._view("word_to_tokens()", batch_or_word_index, word_index)
        return view.word_to_tokens(word, sequence_index)

    def word_to_chars(
        self, batch_or_word_index: int, word_index: int | None = None, sequence_index: int = 0
    ) -> CharSpan | None:
        """The characters of a word, or None without such a word."""
        view, word = self._view("word_to_chars()", batch_or_word_index, word_index)
        return view.word_to_chars(word, sequence_index)

    def char_to_token(
        self, batch_or_char_index: int, char_index: int | None = None, sequence_index: int = 0
    ) -> int | None:
        """The token that covers a character, or None: spaces belong to no token."""
        view, char = self._view("char_to_token()", batch_or_char_index, char_index)
        return view.char_to_token(char, sequence_index)

    def char_to_word(
        self, batch_or_char_index: int, char_index: int | None = None, sequence_index: int = 0
    ) -> int | None:
        """The index of the word that covers a character, or None."""
        view, char = self._view("char_to_word()", batch_or_char_index, char_index)
        return view.char_to_word(char, sequence_index)

    def _view(self, call: str, first: int, second: int | None) -> tuple[Encoding, int]:
        rows = self._with_rows(call)
        return (rows.view(0), first) if second is None else (rows.view(first), second)

    def _with_rows(self, call: str) -> Rows | SavedRows:
        if self._rows is None:
            raise InputValueError(
                f"{call} needs the rows of a tokenizer call; this encoding was made from a plain mapping"
            )
        return self._rows


def _restore(values: dict[str, Any], rows: SavedRows | None, n_sequences: int | None) -> BatchEncoding:
    new = BatchEncoding(n_sequences=n_sequences)
    new._values, new._rows = values, rows
    return new


def _to_tensor(name: str, value: Any, kind: str, prepend_batch_axis: bool) -> Any:
    import numpy

    if kind == "pt":
        import torch

        if isinstance(value, torch.Tensor) and not prepend_batch_axis:
            return value
    elif isinstance(value, numpy.ndarray) and not prepend_batch_axis:
        return value
    value = [value] if prepend_batch_axis else value
    try:
        if kind == "pt" and isinstance(value, (list, tuple)) and value and isinstance(value[0], torch.Tensor):
            return torch.stack(list(value))
        array = numpy.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputValueError(f"cannot make a tensor of {name!r}: {_shape_of(value) or error}") from None
    if array.dtype == object:
        raise InputValueError(f"cannot make a tensor of {name!r}: {_shape_of(value) or 'its values are no numbers'}")
    if not array.size and array.dtype == numpy.float64:
        array = array.astype(numpy.int64)  # an empty list has no numbers to tell their type
    return torch.from_numpy(array) if kind == "pt" else array


def _shape_of(value: Any) -> str:
    try:
        lengths = [len(row) for row in value]
    except TypeError:
        return ""
    if len(set(lengths)) < 2:
        return ""
    shown = ", ".join(map(str, lengths[:8])) + (", …" if len(lengths) > 8 else "")
    return f"its rows have {shown} items; use padding=True or truncation=True"
