"""What tokenizers of transformers 4 could do under names that its fifth version has dropped, for code that says them.

ids that somebody else made → **EarlierNames.prepare_for_model** → BatchEncoding
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputValueError
from ..files import save_files, write_json, write_text
from .batch_encoding import BatchEncoding
from .call import Calling
from .decoding import clean_up
from .inputs import read_ids
from .options import Options
from .padding import pad_encodings

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EarlierNames"]


class EarlierNames(Calling):
    """The part of a tokenizer that answers to its earlier names, and works on ids instead of texts."""

    def encode_plus(self, text: Any, text_pair: Any = None, **options: Any) -> BatchEncoding:
        """The same as a call."""
        return self(text, text_pair, **options)

    def batch_encode_plus(self, batch_text_or_text_pairs: Any, **options: Any) -> BatchEncoding:
        """The same as a call with a batch."""
        return self(batch_text_or_text_pairs, **options)

    @staticmethod
    def clean_up_tokenization(out_string: str) -> str:
        """`out_string` without the spaces before English punctuation and short forms."""
        return clean_up(out_string)

    @property
    def special_tokens_map_extended(self) -> dict[str, Any]:
        """`special_tokens_map`, with the tokens as `AddedToken`."""
        tokens = self.added_tokens_encoder
        by_id = self.added_tokens_decoder
        roles = self.special_tokens_map
        return {role: by_id[tokens[token]] if token in tokens else token for role, token in roles.items()}

    @property
    def additional_special_tokens_ids(self) -> list[int]:
        """The ids of `extra_special_tokens`."""
        ids: list[int] = self.convert_tokens_to_ids(self.extra_special_tokens)
        return ids

    @property
    def max_len_single_sentence(self) -> int:
        """The most tokens that a text may have itself."""
        return self.model_max_length - self.num_special_tokens_to_add()

    @property
    def max_len_sentences_pair(self) -> int:
        """The most tokens that the texts of a pair may have together."""
        return self.model_max_length - self.num_special_tokens_to_add(pair=True)

    # ---- ids instead of texts ----

    def build_inputs_with_special_tokens(
        self, token_ids_0: Sequence[int], token_ids_1: Sequence[int] | None = None
    ) -> list[int]:
        """The ids of one or two texts with special tokens around them."""
        return [number for _, ids, _ in self._pieces(token_ids_0, token_ids_1) for number in ids]

    def create_token_type_ids_from_sequences(
        self, token_ids_0: Sequence[int], token_ids_1: Sequence[int] | None = None
    ) -> list[int]:
        """The type ids of `build_inputs_with_special_tokens`."""
        return [type_id for _, ids, type_id in self._pieces(token_ids_0, token_ids_1) for _ in ids]

    def get_special_tokens_mask(
        self,
        token_ids_0: Sequence[int],
        token_ids_1: Sequence[int] | None = None,
        already_has_special_tokens: bool = False,
    ) -> list[int]:
        """1 for special tokens, else 0: of `build_inputs_with_special_tokens`, or of ids that have them already.

        Raises:
            InputValueError: two texts that have special tokens already.
        """
        if not already_has_special_tokens:
            return [int(kind == "special") for kind, ids, _ in self._pieces(token_ids_0, token_ids_1) for _ in ids]
        if token_ids_1 is not None:
            raise InputValueError("ids that have their special tokens already are one list: leave out token_ids_1")
        special = set(self.all_special_ids)
        return [int(number in special) for number in read_ids(token_ids_0)]

    def truncate_sequences(
        self,
        ids: Sequence[int],
        pair_ids: Sequence[int] | None = None,
        num_tokens_to_remove: int = 0,
        truncation_strategy: str = "longest_first",
        stride: int = 0,
    ) -> tuple[list[int], list[int] | None, list[int]]:
        """Cut one or two lists of ids, from the tokenizer's `truncation_side`.

        Returns:
            What is left of both, and what was cut off with `stride` tokens before it; for a pair with 'longest_first'
            nothing, since it is cut off in two places.

        Raises:
            InputValueError: an unknown strategy, or the text to be cut is too short.
        """
        first, second = list(ids), None if pair_ids is None else list(pair_ids)
        if num_tokens_to_remove <= 0:
            return first, second, []
        if truncation_strategy not in ("longest_first", "only_first", "only_second"):
            raise InputValueError(
                f"truncation_strategy={truncation_strategy!r}: choose 'longest_first', 'only_first' or 'only_second'"
            )
        if truncation_strategy == "longest_first" and second is not None:
            from_second = self._share_of_second(len(first), len(second), num_tokens_to_remove)
            first, _ = self._cut(first, num_tokens_to_remove - from_second, 0)
            second, _ = self._cut(second, from_second, 0)
            return first, second, []
        if truncation_strategy == "only_second":
            if second is None:
                raise InputValueError("truncation='only_second' needs pairs: there is no second text")
            second, removed = self._cut(second, num_tokens_to_remove, stride)
        else:
            first, removed = self._cut(first, num_tokens_to_remove, stride)
        return first, second, removed

    def prepare_for_model(
        self,
        ids: Sequence[int],
        pair_ids: Sequence[int] | None = None,
        add_special_tokens: bool = True,
        padding: bool | str = False,
        truncation: bool | str | None = False,
        max_length: int | None = None,
        stride: int = 0,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_tensors: str | None = None,
        return_token_type_ids: bool | None = None,
        return_attention_mask: bool | None = None,
        return_overflowing_tokens: bool = False,
        return_special_tokens_mask: bool = False,
        return_length: bool = False,
        prepend_batch_axis: bool = False,
    ) -> BatchEncoding:
        """What a call does after it has ids: truncate, add special tokens, pad; arguments as in a call.

        `return_overflowing_tokens` gives `overflowing_tokens`, what was cut off with `stride` tokens before it, and
        `num_truncated_tokens`.
        """
        options = Options(
            self,
            pair=pair_ids is not None,
            add_special_tokens=add_special_tokens,
            padding=padding,
            truncation=truncation,
            max_length=max_length,
            padding_side=padding_side,
            pad_to_multiple_of=pad_to_multiple_of,
        )
        first, second = read_ids(ids), None if pair_ids is None else read_ids(pair_ids)
        special = self.num_special_tokens_to_add(second is not None) if add_special_tokens else 0
        limit = options.core.get("max_length")
        excess = 0 if limit is None else len(first) + len(second or []) + special - limit
        strategy = truncation if isinstance(truncation, str) else "longest_first"
        first, second, removed = self.truncate_sequences(first, second, excess, strategy, stride)
        pieces = self._pieces(first, second)
        if not add_special_tokens:
            pieces = [(kind, numbers, 0) for kind, numbers, _ in pieces if kind != "special"]
        columns: dict[str, Any] = {"input_ids": [number for _, numbers, _ in pieces for number in numbers]}
        names = self._model_input_names
        if "token_type_ids" in names if return_token_type_ids is None else return_token_type_ids:
            columns["token_type_ids"] = [type_id for _, numbers, type_id in pieces for _ in numbers]
        if return_special_tokens_mask:
            columns["special_tokens_mask"] = [int(kind == "special") for kind, numbers, _ in pieces for _ in numbers]
        if return_overflowing_tokens and excess > 0:
            columns.update(overflowing_tokens=removed, num_truncated_tokens=excess)
        encoding = pad_encodings(
            columns,
            options,
            main="input_ids",
            pad_id=self.pad_token_id or 0,
            add_attention_mask=("attention_mask" in names if return_attention_mask is None else return_attention_mask),
            tensor_type=None,
        )
        if return_length:
            encoding["length"] = len(encoding["input_ids"])
        return encoding.convert_to_tensors(return_tensors, prepend_batch_axis)

    def save_vocabulary(
        self, save_directory: str | os.PathLike[str], filename_prefix: str | None = None
    ) -> tuple[str, ...]:
        """Write the model's vocabulary alone, in the format of its kind, and return the paths.

        vocab.txt for WordPiece, vocab.json and merges.txt for BPE, vocab.json for WordLevel, unigram.json for Unigram.
        `save_pretrained` writes the whole tokenizer.
        """
        model = self._spec.model
        prefix = f"{filename_prefix}-" if filename_prefix else ""
        ordered = sorted(self._spec.vocab.items(), key=lambda item: item[1])
        if model.core == "WordPiece":
            writers = {"vocab.txt": write_text("".join(f"{token}\n" for token, _ in ordered))}
        elif model.core == "Unigram":
            writers = {"unigram.json": write_json(self._spec.document["model"])}
        else:
            writers = {"vocab.json": write_json(dict(ordered))}
        if model.core == "Bpe":
            lines = ["#version: 0.2", *(" ".join(pair) for pair in self._spec.merges)]
            writers["merges.txt"] = write_text("".join(f"{line}\n" for line in lines))
        writers = {prefix + name: write for name, write in writers.items()}
        save_files(save_directory, writers)
        return tuple(str(Path(save_directory, name)) for name in writers)

    def _pieces(self, first: Sequence[int], second: Sequence[int] | None) -> list[tuple[str, Sequence[int], int]]:
        """(kind, ids, type id) of each piece of a row."""
        template = self._spec.template
        if template is None:
            plain: list[tuple[str, Sequence[int], int]] = [("A", first, 0)]
            return plain if second is None else [*plain, ("B", second, 1)]
        texts = {"A": first, "B": second}
        pieces = template.single if second is None else template.pair
        return [(kind, texts.get(kind) or ids, type_id) for kind, ids, type_id in pieces]

    def _cut(self, ids: list[int], count: int, stride: int) -> tuple[list[int], list[int]]:
        """`ids` without `count` of them, and those with `stride` of their neighbours."""
        if count > len(ids):
            raise InputValueError(f"cannot remove {count} tokens from a text of {len(ids)}")
        window = min(len(ids), count + stride)
        if self.truncation_side == "left":
            return ids[count:], ids[:window]
        return ids[: len(ids) - count], ids[len(ids) - window :]

    @staticmethod
    def _share_of_second(first: int, second: int, count: int) -> int:
        """How many of `count` tokens the second text gives: the longer one is cut first, and then both in turn."""
        uneven = min(abs(first - second), count)
        both = count - uneven
        return both - both // 2 + (0 if first > second else uneven)
