"""The tokenizer users hold: a frozen, compiled core and a few settings. What a call is told stays in that call.

text → **PreTrainedTokenizer** (arguments checked) → _core.Tokenizer → BatchEncoding or Ragged
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _core
from ..errors import InputTypeError, InputValueError, warn
from .batch_encoding import PENDING, BatchEncoding
from .formats.vocab_txt import BERT_DEFAULTS
from .inputs import find_bad_text, read_texts
from .options import Options, reject_others
from .rows import Rows
from .stored import StoredTokenizer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ragged import Ragged

__all__ = ["BertTokenizer", "DistilBertTokenizer", "PreTrainedTokenizer"]

_WITH_SPECIAL_TOKENS: dict[str, Any] = {}
_WITHOUT_SPECIAL_TOKENS: dict[str, Any] = {"add_special_tokens": False}


class PreTrainedTokenizer(StoredTokenizer):
    """A tokenizer. Safe to use from many threads: a call never changes it.

    Attributes:
        name_or_path: what it was loaded from.
        model_max_length: the longest input of the model in tokens; 10**30 when unknown.
        padding_side, truncation_side: 'right' or 'left'; a call can say otherwise.
        clean_up_tokenization_spaces: whether `decode` removes the spaces before punctuation.
        model_input_names: the keys of a call's result.
        file_truncation, file_padding: the blocks of that name in tokenizer.json. They are only reported: a call
            without arguments neither truncates nor pads.

    Examples:
        >>> from leanformers import AutoTokenizer
        >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
        >>> tokenizer.tokenize("A good day.")
        ['a', 'good', 'day', '.']
        >>> tokenizer.decode(tokenizer("A good day.")["input_ids"], skip_special_tokens=True)
        'a good day.'
    """

    def __call__(
        self,
        text: Any = None,
        text_pair: Any = None,
        *,
        add_special_tokens: bool = True,
        padding: bool | str = False,
        truncation: bool | str | None = None,
        max_length: int | None = None,
        padding_side: str | None = None,
        truncation_side: str | None = None,
        pad_to_multiple_of: int | None = None,
        return_tensors: str | None = None,
        return_token_type_ids: bool | None = None,
        return_attention_mask: bool | None = None,
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
            add_special_tokens: add what the model expects around a text, such as [CLS] and [SEP].
            padding: True or 'longest': to the longest row; 'max_length': to `max_length` or the model's limit.
            truncation: True or 'longest_first': to `max_length` or the model's limit, from the longer text of a pair;
                'only_first' or 'only_second': from that text alone.
            max_length: tokens, special tokens included. Given alone it truncates, as in transformers, with a warning.
            padding_side, truncation_side: 'left' or 'right', instead of the tokenizer's own.
            pad_to_multiple_of: pad on to a multiple of this.
            return_tensors: 'np' or 'pt' for arrays or tensors of rows; None for lists.
            return_token_type_ids, return_attention_mask: None leaves it to `model_input_names`.
            return_special_tokens_mask: add a column with 1 for special tokens and padding.
            return_offsets_mapping: add a column with (begin, end) in characters for each token.
            return_length: add a column with the number of tokens, padding included.
            verbose: False keeps quiet about rows that are too long for the model.

        Raises:
            InputTypeError: something that is no text, with its place in the batch.
            InputValueError: arguments that cannot be used, or rows of different lengths with `return_tensors`.
            ArgumentError: an argument that does not exist.
        """
        if others:
            reject_others(others)
        if type(text) is str and text_pair is None:
            texts, pairs, batched = [text], None, False
        else:
            texts, pairs, batched = read_texts(text, text_pair)
        options = None
        if (
            padding is False
            and truncation is None
            and max_length is None
            and padding_side is None
            and truncation_side is None
            and pad_to_multiple_of is None
        ):
            core_options = _WITH_SPECIAL_TOKENS if add_special_tokens else _WITHOUT_SPECIAL_TOKENS
        else:
            options = Options(
                self,
                pair=pairs is not None,
                add_special_tokens=add_special_tokens,
                padding=padding,
                truncation=truncation,
                max_length=max_length,
                padding_side=padding_side,
                truncation_side=truncation_side,
                pad_to_multiple_of=pad_to_multiple_of,
            )
            core_options = options.core
        encoded = self._encode(texts, pairs, core_options, return_offsets_mapping)
        if max_length is None and verbose and "max_length" not in core_options:
            self._warn_if_too_long(encoded)
        rows = Rows(self._core, encoded, texts, pairs, core_options, self._stripping, batched)
        if options is not None and options.padding is not None:
            rows.pad(options.width(encoded.lengths()), options.pad_left, self.pad_token_id or 0)
        if return_tensors is not None:
            rows.use_tensors(return_tensors)

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
        return BatchEncoding._of_rows(dict.fromkeys(names, PENDING), rows)

    def encode(self, text: Any, text_pair: Any = None, *, add_special_tokens: bool = True, **options: Any) -> Any:
        """The ids alone: `tokenizer(text, text_pair, …)["input_ids"]`, with the same arguments."""
        return self(text, text_pair, add_special_tokens=add_special_tokens, **options)["input_ids"]

    def tokenize(
        self, text: str, pair: str | None = None, *, add_special_tokens: bool = False, **options: Any
    ) -> list[str]:
        """The tokens of one text (or pair) as text, without special tokens unless asked for; arguments as in a call."""
        if not isinstance(text, str):
            found = type(text).__name__
            raise InputTypeError(f"tokenize() takes one str, not {found}; for a batch: tokenizer(…).tokens(row)")
        return self(text, pair, add_special_tokens=add_special_tokens, **options).tokens()

    def encode_ragged(
        self,
        texts: Any,
        text_pairs: Any = None,
        *,
        add_special_tokens: bool = True,
        truncation: bool | str | None = False,
        max_length: int | None = None,
        spans: bool = False,
    ) -> Ragged:
        """Encode a batch into flat arrays without padding, the form that models compute on.

        Args:
            texts, text_pairs: as in a call.
            add_special_tokens, truncation, max_length: as in a call.
            spans: also return where in its text each token stands, in characters.

        Examples:
            >>> from leanformers import AutoTokenizer
            >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
            >>> tokenizer.encode_ragged(["A good day.", "Bad!"]).lengths.tolist()
            [6, 4]
        """
        from .ragged import Ragged

        rows, pairs, _ = read_texts(texts, text_pairs)
        options = Options(
            self,
            pair=pairs is not None,
            add_special_tokens=add_special_tokens,
            truncation=truncation,
            max_length=max_length,
        )
        encoded = self._encode(rows, pairs, options.core, spans)
        if max_length is None and "max_length" not in options.core:
            self._warn_if_too_long(encoded)
        return Ragged(
            encoded.flat(_core.Column.IDS),
            encoded.row_offsets(),
            spans=encoded.flat(_core.Column.SPANS) if spans else None,
            type_ids=encoded.flat(_core.Column.TYPE_IDS) if pairs is not None else None,
            dropped=encoded.dropped(),
        )

    def pad(
        self,
        encoded_inputs: Any,
        padding: bool | str = True,
        max_length: int | None = None,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_attention_mask: bool | None = None,
        return_tensors: str | None = None,
        verbose: bool = True,
    ) -> BatchEncoding:
        """Pad encodings that exist already: a mapping, or a list of mappings (one a row), as data loaders have them.

        Only `input_ids`, `token_type_ids`, `attention_mask` and `special_tokens_mask` are padded; labels and others
        stay as they are. Arguments as in a call. Arrays and tensors come back as such.

        Raises:
            InputValueError: `input_ids` is missing, or there is no pad token.
        """
        from .padding import pad_encodings

        options = Options(
            self,
            pair=False,
            add_special_tokens=False,
            padding=padding,
            truncation=False,
            max_length=max_length,
            padding_side=padding_side,
            pad_to_multiple_of=pad_to_multiple_of,
        )
        return pad_encodings(
            encoded_inputs,
            options,
            main="input_ids",
            pad_id=self.pad_token_id or 0,
            add_attention_mask=(
                "attention_mask" in self._model_input_names if return_attention_mask is None else return_attention_mask
            ),
            tensor_type=return_tensors,
        )

    def _encode(
        self, texts: list[str], pairs: list[str] | None, options: dict[str, Any], details: bool
    ) -> _core.Encoded:
        try:
            if details:
                return self._core.encode(texts, pairs, details=True, **options)
            return self._core.encode(texts, pairs, **options)
        except TypeError as error:
            raise find_bad_text(texts, pairs) or error from None
        except _core.TruncationError as error:
            raise InputValueError(str(error)) from None

    def _warn_if_too_long(self, encoded: _core.Encoded) -> None:
        limit = self.model_max_length
        lengths = encoded.lengths()
        if not lengths or max(lengths) <= limit:
            return
        long = [i for i, length in enumerate(lengths) if length > limit]
        named = ", ".join(f"row {i}: {lengths[i]} tokens" for i in long[:5]) + (", …" if len(long) > 5 else "")
        many = f"{len(long)} of {len(lengths)} rows are longer than the model takes ({limit} tokens)"
        warn(f"{many}: {named}; use truncation=True")


class BertTokenizer(PreTrainedTokenizer):
    """A `PreTrainedTokenizer` with BERT's defaults, which can also read a folder with nothing but vocab.txt.

    Such a folder does not say how to split: `BertTokenizer.from_pretrained(folder, do_lower_case=False)` does.
    """

    _defaults: Mapping[str, Any] = {
        **BERT_DEFAULTS,
        "model_input_names": ("input_ids", "token_type_ids", "attention_mask"),
    }


class DistilBertTokenizer(BertTokenizer):
    """A `BertTokenizer` for models without token types."""

    _defaults: Mapping[str, Any] = {**BERT_DEFAULTS, "model_input_names": ("input_ids", "attention_mask")}
