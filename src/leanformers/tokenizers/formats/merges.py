"""Merges for vocabularies that come without them: every way to make a token of two others, in the order of the ids.

sentencepiece.py, tiktoken.py, tekken.py → **merges** → a BPE model that gives the same tokens
"""

from __future__ import annotations

from ... import _core
from ...errors import FileFormatError

__all__ = ["BYTE_LETTERS", "implied_merges", "to_letters"]


def _byte_letters() -> str:
    """The printable letter that stands for each byte in a byte-level vocabulary; this mapping came with GPT-2."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return "".join(chr(byte if byte in printable else next(others)) for byte in range(256))


BYTE_LETTERS = _byte_letters()


def to_letters(token: bytes) -> str:
    """The bytes of a token as the letters that stand for them."""
    return token.decode("latin-1").translate(BYTE_LETTERS)


def implied_merges(vocabulary: _core.VocabularyTable, place: str, *, by_ids: bool) -> _core.MergesTable:
    """The merges of a vocabulary that has none: those that make a lower id first.

    Of several for one token that with the shorter left part comes first, as in SentencePiece's models; `by_ids` that
    with the lower ids, as where tokens have ranks.

    Raises:
        FileFormatError: a token is too long to be one, or there are more merges than any vocabulary has.
    """
    try:
        return _core.implied_merges(vocabulary, by_ids)
    except ValueError as error:
        raise FileFormatError(f"{place} has {error}") from None
