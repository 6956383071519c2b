"""Tokens and their ids: the look-ups of a tokenizer, in both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import InputTypeError
from .inputs import find_bad_id, read_ids
from .special_tokens import SpecialTokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .._core import AddedToken
    from .spec import Spec

__all__ = ["Vocabulary"]


class Vocabulary(SpecialTokens):
    """The part of a tokenizer that looks up tokens and ids. Its length is the number of tokens, added ones included."""

    _spec: Spec

    def __len__(self) -> int:
        return self._core.vocab_size(True)

    def __bool__(self) -> bool:
        return True

    @property
    def vocab_size(self) -> int:
        """The number of tokens of the model alone; `len(tokenizer)` counts the added ones too."""
        return self._core.vocab_size(False)

    def get_vocab(self) -> dict[str, int]:
        """All tokens and their ids, added tokens included."""
        return self._core.vocab(True)

    @property
    def vocab(self) -> dict[str, int]:
        """The same as `get_vocab()`."""
        return self.get_vocab()

    @property
    def added_tokens_decoder(self) -> dict[int, AddedToken]:
        """The added tokens by id: those found in a text before the model sees it."""
        return {token.id: token for token in self._spec.added_tokens}

    @property
    def added_tokens_encoder(self) -> dict[str, int]:
        """The ids of the added tokens."""
        return {token.content: token.id for token in self._spec.added_tokens}

    def get_added_vocab(self) -> dict[str, int]:
        """The same as `added_tokens_encoder`."""
        return self.added_tokens_encoder

    def num_special_tokens_to_add(self, pair: bool = False) -> int:
        """How many special tokens a call adds to a text, or to a pair."""
        template = self._spec.template
        if template is None:
            return 0
        return sum(len(ids) for _, ids, _ in (template.pair if pair else template.single))

    def convert_tokens_to_ids(self, tokens: str | Iterable[str]) -> Any:
        """The id of a token, or a list of ids for several; `unk_token_id` for a token that is not in the vocabulary.

        Raises:
            InputTypeError: something that is no str.
        """
        if isinstance(tokens, str):
            return self._id_of(tokens)
        if tokens is None or isinstance(tokens, bytes) or not hasattr(tokens, "__iter__"):
            raise InputTypeError(f"tokens must be str or a list of str, not {tokens!r}")
        return [self._id_of(token) for token in tokens]

    def _id_of(self, token: str) -> int | None:
        if not isinstance(token, str):
            raise InputTypeError(f"a token must be a str, not {token!r} of type {type(token).__name__}")
        number = self._core.token_to_id(token)
        return self.unk_token_id if number is None else number

    def convert_ids_to_tokens(self, ids: int | Sequence[int], skip_special_tokens: bool = False) -> Any:
        """The token of an id, or a list of tokens for several.

        Args:
            ids: one int, or a list, array or tensor of them.
            skip_special_tokens: leave out those in `all_special_ids`.

        Raises:
            TokenIdError: an id that the vocabulary does not have.
            InputTypeError: something that is no int.
        """
        if isinstance(ids, int):
            return self._tokens_of([ids])[0]
        numbers = read_ids(ids)
        if skip_special_tokens:
            special = set(self.all_special_ids)
            numbers = [number for number in numbers if number not in special]
        return self._tokens_of(numbers)

    def _tokens_of(self, ids: list[Any]) -> list[str]:
        try:
            tokens = [self._core.id_to_token(number) for number in ids]
        except TypeError as error:
            raise find_bad_id(self._core, ids) or error from None
        if None in tokens:
            raise find_bad_id(self._core, ids) or RuntimeError("the vocabulary contradicts itself")
        return tokens  # type: ignore[return-value]
