"""What a caller gives — texts, pairs, ids; lists, arrays, tensors — as the plain lists that the core takes.

the arguments of a call → **lists of str or int** → core.encode(…), core.decode(…)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import InputTypeError, InputValueError, TokenIdError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .. import _core

__all__ = [
    "describe",
    "find_bad_id",
    "find_bad_text",
    "input_error",
    "looks_like_words",
    "read_ids",
    "read_texts",
    "read_words",
]


def read_texts(text: Any, text_pair: Any = None) -> tuple[list[str], list[str] | None, bool]:
    """The texts, their second texts (None without), and whether they came as a batch.

    One text, `(text, text_pair)`, a list of texts, two lists of the same length, or a list of pairs; for a list any
    iterable in a fixed order. As in transformers a tuple of two strings is a batch of two texts. Items of a list are
    not looked at here: the core does that faster, and `find_bad_text` says what was wrong. A list may be the caller's.

    Raises:
        InputTypeError: neither text nor texts.
        InputValueError: the two lists have different lengths, or a pair has not two texts.
    """
    if isinstance(text, str):
        if text_pair is not None and not isinstance(text_pair, str):
            raise InputTypeError(f"text is one str, so text_pair must be one too, not {describe(text_pair)}")
        return [text], None if text_pair is None else [text_pair], False
    texts = _to_list("text", text)
    if text_pair is not None:
        if isinstance(text_pair, str):
            raise InputTypeError(f"text is a batch of {len(texts)}, so text_pair must be a list too, not one str")
        pairs = _to_list("text_pair", text_pair)
        _check_partners(texts, pairs)
        return texts, pairs, True
    if texts and isinstance(texts[0], (tuple, list)):
        return *_split_pairs(texts), True
    return texts, None, True


def read_words(text: Any, text_pair: Any = None) -> tuple[list[Any], list[Any] | None, bool]:
    """As `read_texts`, for texts that are lists of words: one such list is one text, a list of them is a batch.

    Raises:
        InputTypeError: a text instead of its words.
        InputValueError: the two batches have different lengths, or a pair has not two texts.
    """
    for name, value in (("text", text), ("text_pair", text_pair)):
        if isinstance(value, str):
            raise InputTypeError(f"{name} is a str, but is_split_into_words=True needs its words: a list of str")
    texts = _to_list("text", text)
    if not (texts and isinstance(texts[0], (list, tuple))):
        return [texts], None if text_pair is None else [_to_list("text_pair", text_pair)], False
    if texts[0] and isinstance(texts[0][0], (list, tuple)) and text_pair is None:
        return *_split_pairs(texts), True
    pairs = None if text_pair is None else _to_list("text_pair", text_pair)
    if pairs is not None:
        _check_partners(texts, pairs)
    return texts, pairs, True


def looks_like_words(texts: Sequence[str]) -> bool:
    """Whether a batch is more likely the words of one text: single words with a full stop or a comma among them."""
    marks = {".", ",", "!", "?"}
    return len(texts) > 2 and all(len(text.split(None, 1)) == 1 for text in texts) and not marks.isdisjoint(texts)


def _check_partners(texts: list[Any], pairs: list[Any]) -> None:
    if len(texts) != len(pairs):
        raise InputValueError(f"text has {len(texts)} rows, text_pair has {len(pairs)}: every row needs its partner")


def _split_pairs(rows: list[Any]) -> tuple[list[Any], list[Any]]:
    for i, row in enumerate(rows):
        if not isinstance(row, (tuple, list)) or len(row) != 2:
            raise _not_a_pair(i, row)
    return [row[0] for row in rows], [row[1] for row in rows]


def _to_list(name: str, value: Any) -> list[Any]:
    if type(value) is list:
        return value
    if value is None:
        raise InputTypeError(f"{name} is None; give a str, a list of str or pairs of str")
    if isinstance(value, (bytes, bytearray)):
        raise InputTypeError(f"{name} is {type(value).__name__}; decode it first: {name}.decode()")
    if isinstance(value, (dict, set, frozenset)):
        raise InputTypeError(
            f"{name} is a {type(value).__name__}, which is no list of texts; give list(…) of what you mean"
        )
    for method in ("to_pylist", "tolist"):  # Arrow arrays; numpy arrays, pandas and polars columns
        if hasattr(value, method):
            items = getattr(value, method)()
            return _to_list(name, [items] if isinstance(items, str) else items)
    try:
        return list(value)
    except TypeError:
        raise InputTypeError(f"{name} is {describe(value)}; give a str, a list of str or pairs of str") from None


def input_error(error: Exception, texts: Sequence[Any], pairs: Sequence[Any] | None, words: bool) -> Exception:
    """What to raise when the core has refused a batch with a TypeError or a ValueError."""
    if isinstance(error, TypeError):
        return find_bad_text(texts, pairs, words) or error
    return InputValueError(str(error))  # truncation that cannot be, a word without an unknown token to stand for it


def find_bad_text(texts: Sequence[Any], pairs: Sequence[Any] | None, words: bool) -> InputTypeError | None:
    """The error for the first item that is no str (or, of `words`, no list of str), for a batch the core refused."""
    for i, item in enumerate(texts):
        found = _bad_item(f"item {i}", item, words)
        if found is None and pairs is not None:
            found = _bad_item(f"the second text of item {i}", pairs[i], words)
        if found is not None:
            return found
    return None


def _bad_item(name: str, item: Any, words: bool) -> InputTypeError | None:
    if not words:
        return (
            None if isinstance(item, str) else InputTypeError(f"{name} is {describe(item)}; every text must be a str")
        )
    if not isinstance(item, (list, tuple)):
        return InputTypeError(f"{name} is {describe(item)}; with is_split_into_words=True it must be a list of words")
    for i, word in enumerate(item):
        if not isinstance(word, str):
            return InputTypeError(f"word {i} of {name} is {describe(word)}; every word must be a str")
    return None


def read_ids(ids: Any) -> list[Any]:
    """Ids as a list of int, or of lists of int for a batch; the items of a list are not looked at."""
    if isinstance(ids, Mapping):
        ids = ids["input_ids"]
    if hasattr(ids, "tolist"):  # numpy arrays and numbers, tensors
        ids = ids.tolist()
    elif hasattr(ids, "to_lists"):
        ids = ids.to_lists()
    if isinstance(ids, int):
        return [ids]
    if ids is None or isinstance(ids, (str, bytes, float)):
        raise InputTypeError(f"ids must be int or lists of int, not {ids!r}")
    try:
        return [item.tolist() if hasattr(item, "tolist") else item for item in ids]
    except TypeError:
        raise InputTypeError(f"ids must be int or lists of int, not {type(ids).__name__}") from None


def find_bad_id(core: _core.Tokenizer, ids: list[Any]) -> Exception | None:
    """The error for the first item that is no id of the vocabulary."""
    for i, item in enumerate(ids):
        if isinstance(item, bool) or not isinstance(item, int):
            return InputTypeError(f"id {i} is {item!r} of type {type(item).__name__}; every id must be an int")
        if not 0 <= item < 2**32 or core.id_to_token(item) is None:
            hint = "; -100 marks labels to be ignored: ignore_index=-100 leaves them out" if item == -100 else ""
            size = core.vocab_size(True)
            return TokenIdError(f"id {i} is {item}, which the vocabulary of {size} tokens does not have{hint}")
    return None


def _not_a_pair(i: int, row: Any) -> InputTypeError | InputValueError:
    if isinstance(row, (tuple, list)):
        return InputValueError(f"item {i} has {len(row)} texts; a pair has two")
    return InputTypeError(f"item {i} is {describe(row)}; the first item is a pair, so that all must be pairs")


def describe(value: Any) -> str:
    """What a value is, for an error about it: "None", "the int 3", "of type list"."""
    if value is None:
        return "None"
    if isinstance(value, (bool, int, float)):
        return f"the {type(value).__name__} {value!r}"  # "the float nan": what pandas has for a missing text
    return f"of type {type(value).__name__}"
