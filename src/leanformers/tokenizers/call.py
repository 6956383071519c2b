"""What a call of a tokenizer does: arguments are checked, texts encoded, columns promised.

text → **Calling.__call__** (arguments checked) → _core.Tokenizer → BatchEncoding
"""

from __future__ import annotations

from typing import Any

from .. import _core
from ..errors import reject_unknown_arguments, warn
from .batch_encoding import PENDING, BatchEncoding
from .inputs import input_error, looks_like_words, read_texts, read_words
from .options import Options
from .rows import Rows
from .stored import StoredTokenizer

__all__ = ["Calling"]

_WITH_SPECIAL_TOKENS: dict[str, Any] = {}
_WITHOUT_SPECIAL_TOKENS: dict[str, Any] = {"add_special_tokens": False}


class Calling(StoredTokenizer):
    """The part of a tokenizer that encodes texts."""

    def __call__(
        self,
        text: Any = None,
        text_pair: Any = None,
        text_target: Any = None,
        text_pair_target: Any = None,
        *,
        add_special_tokens: bool = True,
        padding: bool | str = False,
        truncation: bool | str | None = None,
        max_length: int | None = None,
        max_target_length: int | None = None,
        stride: int = 0,
        is_split_into_words: bool = False,
        split_special_tokens: bool | str | None = None,
        padding_side: str | None = None,
        truncation_side: str | None = None,
        pad_to_multiple_of: int | None = None,
        return_tensors: str | None = None,
        return_token_type_ids: bool | None = None,
        return_attention_mask: bool | None = None,
        return_overflowing_tokens: bool = False,
        return_special_tokens_mask: bool = False,
        return_offsets_mapping: bool = False,
        return_length: bool = False,
        verbose: bool = True,
        **others: Any,
    ) -> BatchEncoding:
        """Encode one text, a pair, or a batch of either.

        Args:
            text: a str, a list (or other iterable) of str, or a list of pairs of str.
            text_pair: the second text, or the list of them.
            text_target, text_pair_target: what a model is to write, encoded into `labels`; without `text` alone.
            add_special_tokens: add what the model expects around a text, such as [CLS] and [SEP].
            padding: True or 'longest': to the longest row; 'max_length': to `max_length` or the model's limit.
            truncation: True or 'longest_first': to `max_length` or the model's limit, from the longer text of a pair;
                'only_first' or 'only_second': from that text alone.
            max_length: tokens, special tokens included. Given alone it truncates, as in transformers, with a warning.
            max_target_length: `max_length` for `text_target`.
            stride: tokens that an overflowing row repeats from the one before it.
            is_split_into_words: texts are lists of words. Offsets are in the word, `word_ids()` are places in the list.
            split_special_tokens: True reads special tokens inside a text, such as "[SEP]", as ordinary text: right for
                text that users write. False, as in transformers, takes them for what they stand for; 'warn' does so
                with a warning. None leaves it to the tokenizer's attribute of that name.
            padding_side, truncation_side: 'left' or 'right', instead of the tokenizer's own.
            pad_to_multiple_of: pad on to a multiple of this.
            return_tensors: 'np' or 'pt' for arrays or tensors of rows; None for lists.
            return_token_type_ids, return_attention_mask: None leaves it to `model_input_names`.
            return_overflowing_tokens: what truncation cuts off gives further rows, always as a batch; the column
                `overflow_to_sample_mapping` has the number of the text that a row is from.
            return_special_tokens_mask: add a column with 1 for special tokens and padding.
            return_offsets_mapping: add a column with (begin, end) in characters for each token.
            return_length: add a column with the number of tokens, padding included.
            verbose: False keeps quiet about rows that are too long for the model, and about what looks like words.

        Raises:
            InputTypeError: something that is no text, with its place in the batch.
            InputValueError: arguments that cannot be used, or rows of different lengths with `return_tensors`.
            ArgumentError: an argument that does not exist.
        """
        if others:
            code = Calling.__call__.__code__
            known = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
            reject_unknown_arguments("tokenizer()", others.keys() - {"tokenizer_kwargs"}, known)
        split_special = self.split_special_tokens if split_special_tokens is None else split_special_tokens
        options: dict[str, Any] | None = None
        if (
            padding is not False
            or truncation is not None
            or max_length is not None
            or padding_side is not None
            or truncation_side is not None
            or pad_to_multiple_of is not None
            or stride != 0
            or return_overflowing_tokens
            or split_special
        ):
            options = {
                "padding": padding,
                "truncation": truncation,
                "max_length": max_length,
                "padding_side": padding_side,
                "truncation_side": truncation_side,
                "pad_to_multiple_of": pad_to_multiple_of,
                "stride": stride,
                "return_overflowing_tokens": return_overflowing_tokens,
                "split_special_tokens": split_special,
            }
        names: tuple[str, ...] = self._default_columns
        if return_token_type_ids is not None or return_attention_mask is not None:
            wanted = {
                "input_ids": True,
                "token_type_ids": return_token_type_ids,
                "attention_mask": return_attention_mask,
            }
            names = tuple(name for name, want in wanted.items() if (name in names if want is None else want))
        if return_special_tokens_mask:
            names += ("special_tokens_mask",)
        if return_offsets_mapping:
            names += ("offset_mapping",)
        if return_length:
            names += ("length",)
        if return_overflowing_tokens:
            names += ("overflow_to_sample_mapping",)

        rest = (add_special_tokens, is_split_into_words, names, return_tensors, verbose)
        if text_target is None:
            return self._encode_columns(text, text_pair, options, *rest)
        target_length = max_length if max_target_length is None else max_target_length
        target_options = None if options is None else {**options, "max_length": target_length}
        target = self._encode_columns(text_target, text_pair_target, target_options, *rest)
        if text is None:
            return target
        encoding = self._encode_columns(text, text_pair, options, *rest)
        encoding["labels"] = target["input_ids"]
        return encoding

    def _encode_columns(
        self,
        text: Any,
        text_pair: Any,
        options: dict[str, Any] | None,
        add_special_tokens: bool,
        words: bool,
        names: tuple[str, ...],
        tensor_type: str | None,
        verbose: bool,
    ) -> BatchEncoding:
        """The columns `names` of `text`; `options` are arguments of `Options`, None for its defaults."""
        if type(text) is str and text_pair is None and not words:
            texts, pairs, batched = [text], None, False
        else:
            texts, pairs, batched = (read_words if words else read_texts)(text, text_pair)
            # Details are encoded from them later, when the caller may have changed the lists.
            texts, pairs = texts.copy(), None if pairs is None else pairs.copy()
            if verbose:
                self._warn_about_words(texts, pairs, words)
        checked = None
        if options is None:
            core_options = _WITH_SPECIAL_TOKENS if add_special_tokens else _WITHOUT_SPECIAL_TOKENS
        else:
            checked = Options(self, pair=pairs is not None, add_special_tokens=add_special_tokens, **options)
            core_options = checked.core
        if words:
            core_options = {**core_options, "words": True}
        encoded = self._encode(texts, pairs, core_options, "offset_mapping" in names)
        if verbose:
            self._warn_about_long_words(encoded)
            if checked is not None and checked.tells_special_tokens:
                self._warn_about_special_tokens(encoded)
            if "max_length" not in core_options:
                self._warn_if_too_long(encoded)
        batched = batched or "overflow_to_sample_mapping" in names
        rows = Rows(self._core, encoded, texts, pairs, core_options, self._stripping, batched)
        if checked is not None and checked.padding is not None:
            rows.pad(checked.width(encoded.longest()), checked.pad_left, self.pad_token_id or 0)
        if tensor_type is not None:
            rows.use_tensors(tensor_type)
        return BatchEncoding._of_rows(dict.fromkeys(names, PENDING), rows)

    def _encode(
        self, texts: list[Any], pairs: list[Any] | None, options: dict[str, Any], details: bool
    ) -> _core.Encoded:
        try:
            if details or self._is_random:  # a second encoding, for the details, would be another one
                return self._core.encode(texts, pairs, details=True, **options)
            return self._core.encode(texts, pairs, **options)
        except (TypeError, ValueError) as error:
            raise input_error(error, texts, pairs, "words" in options) from None

    def _warn_about_words(self, texts: list[Any], pairs: list[Any] | None, words: bool) -> None:
        if words and self._glues_words:
            warn(
                "the words are put together without spaces, because the pre-tokenizer ByteLevel of this tokenizer has "
                "add_prefix_space=False; load it with from_pretrained(…, add_prefix_space=True)"
            )
        elif not words and pairs is None and len(texts) < 1000 and looks_like_words(texts):
            warn(
                f"a batch of {len(texts)} texts that look like the words of one: for a text that is split already, say "
                "is_split_into_words=True"
            )

    def _warn_about_long_words(self, encoded: _core.Encoded) -> None:
        rows = encoded.long_words()
        if rows:
            limit = self._spec.model.fields["max_input_chars_per_word"]
            warn(f"words of more than {limit} characters become {self.unk_token}: {_texts(rows)}")

    def _warn_about_special_tokens(self, encoded: _core.Encoded) -> None:
        rows = encoded.with_special_tokens()
        if rows:
            warn(
                f"special tokens stand in the text itself: {_texts(rows)}; split_special_tokens=True reads them as "
                "ordinary text"
            )

    def _warn_if_too_long(self, encoded: _core.Encoded) -> None:
        limit = self.model_max_length
        if encoded.longest() <= limit:
            return
        lengths = encoded.lengths()
        long = [i for i, length in enumerate(lengths) if length > limit]
        named = ", ".join(f"row {i}: {lengths[i]} tokens" for i in long[:5]) + (", …" if len(long) > 5 else "")
        many = f"{len(long)} of {len(lengths)} rows are longer than the model takes ({limit} tokens)"
        warn(f"{many}: {named}; use truncation=True")


def _texts(numbers: list[int]) -> str:
    """The texts of a batch by number, no more than five."""
    shown = ", ".join(map(str, numbers[:5])) + (", …" if len(numbers) > 5 else "")
    return f"{'text' if len(numbers) == 1 else 'texts'} {shown}"
