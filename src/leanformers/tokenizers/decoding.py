"""From ids back to text.

ids as numbers, lists, arrays, tensors → **Decoding.decode** → core.decode → text
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import InputTypeError, reject_unknown_arguments
from .inputs import find_bad_id, read_ids
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Decoding", "clean_up"]

# In this order, as in transformers; made for WordPiece, which puts a space before each of them.
_TIDY = (
    (" .", "."),
    (" ?", "?"),
    (" !", "!"),
    (" ,", ","),
    (" ' ", "'"),
    (" n't", "n't"),
    (" 'm", "'m"),
    (" 's", "'s"),
    (" 've", "'ve"),
    (" 're", "'re"),
)


def clean_up(text: str) -> str:
    """`text` without the spaces before English punctuation and short forms.

    Examples:
        >>> clean_up("I ' m here , am I not ?")
        "I'm here, am I not?"
    """
    for spaced, tidy in _TIDY:
        text = text.replace(spaced, tidy)
    return text


class Decoding(Vocabulary):
    """The part of a tokenizer that makes text of ids and tokens."""

    clean_up_tokenization_spaces: bool

    def decode(
        self,
        token_ids: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        *,
        ignore_index: int | None = None,
        **others: Any,
    ) -> Any:
        """The text of ids; for a batch a list of texts.

        Args:
            token_ids: an int, a list, array or tensor of ids, or a batch of these.
            skip_special_tokens: leave out special tokens.
            clean_up_tokenization_spaces: remove spaces before English punctuation; None leaves it to the tokenizer.
            ignore_index: an id to leave out, such as -100, which marks labels that do not count.

        Raises:
            TokenIdError: an id that the vocabulary does not have.
            InputTypeError: something that is no id.
        """
        reject_unknown_arguments(
            "decode()", others, ("token_ids", "skip_special_tokens", "clean_up_tokenization_spaces", "ignore_index")
        )
        rows = read_ids(token_ids)
        batched = bool(rows) and isinstance(rows[0], (list, tuple))
        lists = [read_ids(row) for row in (rows if batched else [rows])]
        if ignore_index is not None:
            lists = [[i for i in row if i != ignore_index] for row in lists]
        texts = [self._decode_row(row, skip_special_tokens) for row in lists]
        texts = self._tidy(texts, clean_up_tokenization_spaces)
        return texts if batched else texts[0]

    def batch_decode(
        self,
        sequences: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        **others: Any,
    ) -> list[str]:
        """The texts of a batch of ids, as `decode`, but always a list."""
        texts = self.decode(sequences, skip_special_tokens, clean_up_tokenization_spaces, **others)
        return [texts] if isinstance(texts, str) and len(sequences) else list(texts)

    def convert_tokens_to_string(self, tokens: Sequence[str]) -> str:
        """The text of tokens, put together as `decode` does it.

        Raises:
            InputTypeError: something that is no str.
        """
        for token in tokens:
            if not isinstance(token, str):
                raise InputTypeError(f"a token must be a str, not {token!r} of type {type(token).__name__}")
        return self._core.decode_tokens(list(tokens))

    def _tidy(self, texts: list[str], clean_up_tokenization_spaces: bool | None) -> list[str]:
        asked = clean_up_tokenization_spaces
        tidy = self.clean_up_tokenization_spaces if asked is None else asked
        return [clean_up(text) for text in texts] if tidy else texts

    def _decode_row(self, ids: list[Any], skip_special_tokens: bool) -> str:
        try:
            return self._core.decode(ids, skip_special_tokens)
        except (TypeError, IndexError) as error:
            raise find_bad_id(self._core, ids) or error from None
