"""The call by which a tokenizer makes another one like it, with a vocabulary of its own: `train_new_from_iterator`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..stored import StoredTokenizer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Self

__all__ = ["Retraining"]


class Retraining(StoredTokenizer):
    """The part of a tokenizer that trains another one."""

    def train_new_from_iterator(
        self,
        text_iterator: Any,
        vocab_size: int,
        length: int | None = None,
        new_special_tokens: Iterable[Any] | None = None,
        special_tokens_map: Mapping[str, str] | None = None,
        *,
        show_progress: bool | None = None,
        threads: int | None = None,
        **kwargs: Any,
    ) -> Self:
        """A new tokenizer with the same stages and settings, and a vocabulary learned from `text_iterator`.

        As in transformers the special tokens stay, and get the first ids; added tokens that are not special come after
        what was learned. Unlike there, a special token that is renamed leaves no token of its old name behind.

        Args:
            text_iterator: gives str, or lists of str.
            vocab_size: the most tokens there will be, special tokens included.
            length: the number of items of the iterator, for the progress bar.
            new_special_tokens: str or AddedToken, to have besides.
            special_tokens_map: new names of special tokens, by the old ones.
            show_progress: None shows a bar on a terminal.
            threads: how many to count on; None: all processors that this process may use.
            kwargs: for the trainer: `min_frequency`, `limit_alphabet`, `initial_alphabet`, `max_token_length`,
                `continuing_subword_prefix`, `end_of_word_suffix`, `shrinking_factor`, …, as far as it knows them.

        Raises:
            ArgumentError, InputTypeError, InputValueError: as `leanformers.train_tokenizer`.

        Examples:
            >>> from leanformers import AutoTokenizer
            >>> old = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
            >>> new = old.train_new_from_iterator(["def add(a, b):", "    return a + b"], vocab_size=40)
            >>> new.tokenize("return add"), old.tokenize("return add")
            (['return', 'add'], ['return', 'add'])
        """
        from .retrain import retrain  # here, because loading a tokenizer does not need it

        spec, settings = retrain(
            self,
            text_iterator,
            vocab_size,
            length=length,
            new_special_tokens=new_special_tokens,
            renamed=special_tokens_map,
            show_progress=show_progress,
            threads=threads,
            options=kwargs,
        )
        return type(self)(spec, settings, name_or_path=self.name_or_path)
