"""One encoded row in full — tokens, spans, words — with the interface of `tokenizers.Encoding`; BatchEncoding asks it.

core.Encoded of one row → **Encoding** → BatchEncoding.tokens(), word_ids(), char_to_token(), …
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _core
from ..errors import InputValueError, RowError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["CharSpan", "Encoding", "TokenSpan", "token_texts"]


class CharSpan(NamedTuple):
    """Characters `start` to `end` (not included) of a text."""

    start: int
    end: int


class TokenSpan(NamedTuple):
    """Tokens `start` to `end` (not included) of a row."""

    start: int
    end: int


class Encoding:
    """One row of a batch, padding included. All lists have one item for each token.

    Attributes:
        ids, type_ids, attention_mask, special_tokens_mask: numbers, as in the batch.
        tokens: the tokens as text.
        offsets: (begin, end) in characters of the token's own text; (0, 0) for special tokens and padding.
        word_ids: the index of the token's word in its text; None for special tokens and padding.
        sequence_ids: 0 for the first text, 1 for the second, None for special tokens and padding.
        n_sequences: 2 for a pair, else 1.
    """

    __slots__ = (
        "attention_mask",
        "ids",
        "n_sequences",
        "offsets",
        "sequence_ids",
        "special_tokens_mask",
        "tokens",
        "type_ids",
        "word_ids",
    )

    def __init__(
        self,
        core: _core.Tokenizer,
        encoded: _core.Encoded,
        row: int,
        texts: Sequence[Any],
        *,
        width: int,
        pad_left: bool,
        pad_id: int,
        stripping: Mapping[int, bool],
    ) -> None:
        """Row `row` of `encoded`, which has details: of one text, or two for a pair, each a str or a list of words."""

        def column(name: _core.Column, pad: int = 0) -> list[Any]:
            return encoded.row(name, row, width, pad_left, pad)

        self.ids: list[int] = column(_core.Column.IDS, pad_id)
        self.type_ids: list[int] = column(_core.Column.TYPE_IDS)
        self.attention_mask: list[int] = column(_core.Column.ATTENTION_MASK)
        self.special_tokens_mask: list[int] = column(_core.Column.SPECIAL_TOKENS_MASK)
        self.offsets: list[tuple[int, int]] = column(_core.Column.SPANS)
        self.word_ids: list[int | None] = column(_core.Column.WORD_IDS)
        self.sequence_ids: list[int | None] = column(_core.Column.SEQUENCE_IDS)
        self.n_sequences = len(texts)
        self.tokens = token_texts(core, self, texts, stripping)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"Encoding({self.tokens})"

    @property
    def words(self) -> list[int | None]:
        """The same as `word_ids`."""
        return self.word_ids

    def token_to_sequence(self, token_index: int) -> int | None:
        """The text that a token is from: 0, 1, or None."""
        return self.sequence_ids[self._token(token_index)]

    def token_to_word(self, token_index: int) -> int | None:
        """The index of a token's word in its text, or None."""
        return self.word_ids[self._token(token_index)]

    def token_to_chars(self, token_index: int) -> CharSpan | None:
        """The characters of its text that a token stands for, or None for special tokens and padding."""
        index = self._token(token_index)
        return None if self.sequence_ids[index] is None else CharSpan(*self.offsets[index])

    def word_to_tokens(self, word_index: int, sequence_index: int = 0) -> TokenSpan | None:
        """The tokens of a word, or None without such a word."""
        tokens = [i for i in self._tokens_of(sequence_index) if self.word_ids[i] == word_index]
        return TokenSpan(tokens[0], tokens[-1] + 1) if tokens else None

    def word_to_chars(self, word_index: int, sequence_index: int = 0) -> CharSpan | None:
        """The characters of a word, or None without such a word."""
        tokens = self.word_to_tokens(word_index, sequence_index)
        return None if tokens is None else CharSpan(self.offsets[tokens.start][0], self.offsets[tokens.end - 1][1])

    def char_to_token(self, char_index: int, sequence_index: int = 0) -> int | None:
        """The first token that covers a character, or None: spaces belong to no token."""
        for i in self._tokens_of(sequence_index):
            begin, end = self.offsets[i]
            if begin <= char_index < end:
                return i
        return None

    def char_to_word(self, char_index: int, sequence_index: int = 0) -> int | None:
        """The index of the word that covers a character, or None."""
        token = self.char_to_token(char_index, sequence_index)
        return None if token is None else self.word_ids[token]

    def _token(self, index: int) -> int:
        if not -len(self) <= index < len(self):
            raise RowError(f"token {index} of a row with {len(self)} tokens")
        return index

    def _tokens_of(self, sequence_index: int) -> list[int]:
        if sequence_index not in (0, 1):
            raise InputValueError(f"sequence_index={sequence_index!r}: choose 0, or 1 for the second text of a pair")
        return [i for i, sequence in enumerate(self.sequence_ids) if sequence == sequence_index]


def token_texts(core: _core.Tokenizer, row: Encoding, texts: Sequence[Any], stripping: Mapping[int, bool]) -> list[str]:
    """The tokens of `row` as `tokenizers` writes them.

    An added token that takes the spaces beside it is written with them. Its id is in `stripping`, which says whether it
    was found in the normalized text; if so it is written as it stands there.
    """
    tokens = [core.id_to_token(number) or "" for number in row.ids]
    if not stripping:
        return tokens
    for i, (number, sequence, word) in enumerate(zip(row.ids, row.sequence_ids, row.word_ids, strict=True)):
        if number in stripping and sequence is not None:
            text = texts[sequence] if isinstance(texts[sequence], str) else texts[sequence][word]
            text = text[slice(*row.offsets[i])]
            if stripping[number]:  # its letters are normalized, and white space is by now only spaces
                before, after = (len(text) - len(rest) for rest in (text.lstrip(), text.rstrip()))
                text = " " * before + tokens[i] + " " * after
            tokens[i] = text
    return tokens
