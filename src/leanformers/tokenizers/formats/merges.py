"""Merges for vocabularies that come without them: every way to make a token of two others, in the order of the ids.

sentencepiece.py, tiktoken.py, tekken.py → **merges** → a BPE model that gives the same tokens
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BYTE_LETTERS", "merges_of_pieces", "merges_of_ranks", "to_letters"]

# A longer token is no token, but would make the search for its parts quadratic.
LONGEST_TOKEN = 2048
# A real vocabulary has two to five merges for a token; one of runs of one letter would have half its length.
_MOST_MERGES_PER_TOKEN = 64
_MOST_MERGES = 2**16


def _byte_letters() -> str:
    """The printable letter that stands for each byte in a byte-level vocabulary; this mapping came with GPT-2."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return "".join(chr(byte if byte in printable else next(others)) for byte in range(256))


BYTE_LETTERS = _byte_letters()


def to_letters(token: bytes) -> str:
    """The bytes of a token as the letters that stand for them."""
    return token.decode("latin-1").translate(BYTE_LETTERS)


def merges_of_pieces(vocab: Mapping[str, int], place: str) -> list[list[str]]:
    """The merges of a SentencePiece BPE model: those that make a lower id first, then those with a shorter left part.

    Raises:
        FileFormatError: a piece is too long to be one.
    """
    own = {piece: piece for piece in vocab}  # one string object for each piece, however many merges it is in
    merges: list[list[str]] = []
    for piece in sorted(vocab, key=vocab.__getitem__):
        _check_length(piece, place)
        for cut in range(1, len(piece)):
            left = own.get(piece[:cut])
            right = own.get(piece[cut:]) if left is not None else None
            if left is not None and right is not None:
                merges.append([left, right])
        _check_number(merges, vocab, place)
    return merges


def merges_of_ranks(ranks: Mapping[bytes, int], place: str) -> list[list[str]]:
    """The merges of a vocabulary of bytes with ranks: those that make a lower rank first, then by the parts' ranks.

    Raises:
        FileFormatError: a token is too long to be one.
    """
    letters = {token: to_letters(token) for token in ranks}
    merges: list[list[str]] = []
    for token in sorted(ranks, key=ranks.__getitem__):
        _check_length(token, place)
        parts = [(token[:cut], token[cut:]) for cut in range(1, len(token)) if token[:cut] in ranks]
        known = [(ranks[left], ranks[right], left, right) for left, right in parts if right in ranks]
        merges += [[letters[left], letters[right]] for _, _, left, right in sorted(known)]
        _check_number(merges, ranks, place)
    return merges


def _check_number(merges: list[list[str]], vocab: Mapping[str, int] | Mapping[bytes, int], place: str) -> None:
    if len(merges) > max(_MOST_MERGES, _MOST_MERGES_PER_TOKEN * len(vocab)):
        raise FileFormatError(f"{place} has {len(vocab)} tokens with more than {len(merges)} merges: no vocabulary has")


def _check_length(token: str | bytes, place: str) -> None:
    if len(token) > LONGEST_TOKEN:
        raise FileFormatError(f"{place} has a token of {len(token)} characters; at most {LONGEST_TOKEN} can be read")
