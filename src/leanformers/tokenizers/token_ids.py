"""The ids of a model's tokens, however its vocabulary is kept: a dict, Unigram's list, or a table of the core.

the field `vocab` of a model → **TokenIds** → Spec
"""

from __future__ import annotations

from typing import Any

from .. import _core
from ..errors import FileFormatError
from .large_tables import plain

__all__ = ["TokenIds"]


class TokenIds:
    """Tokens and ids; what is slow to find out is kept."""

    __slots__ = ("_all", "_last", "_place", "_vocab")

    def __init__(self, vocab: Any, place: str) -> None:
        self._vocab = vocab
        self._place = place
        self._all: dict[str, int] | None = None
        self._last: int | None = None

    def __len__(self) -> int:
        return len(self._vocab)  # of Unigram, pieces that are there twice count twice

    @property
    def _table(self) -> Any:
        """The core's table, which is checked; else None."""
        return self._vocab if isinstance(self._vocab, (_core.VocabularyTable, _core.PiecesTable)) else None

    @property
    def all(self) -> dict[str, int]:
        """All of them as a dict."""
        if self._all is None:
            vocab = plain(self._vocab)
            listed = isinstance(vocab, list)  # Unigram: an id is a place in the list
            self._all = {piece: number for number, (piece, _) in enumerate(vocab)} if listed else vocab
        return self._all

    def find(self, token: str) -> int | None:
        """The id of `token`."""
        number: int | None = self.all.get(token) if self._table is None else self._table.find(token)
        return number

    @property
    def last(self) -> int:
        """The highest id; -1 without tokens.

        Raises:
            FileFormatError: an id or a token that cannot be one.
        """
        if self._last is None:
            if self._table is None:
                self.check()
                self._last = max(self.all.values(), default=-1)
            else:
                self._last = int(self._table.last_id)
        return self._last

    def check(self) -> None:
        """Look for an id or a token that cannot be one.

        Raises:
            FileFormatError: there is one.
        """
        for token, number in self.all.items():
            if type(number) is not int or not 0 <= number < 2**32:
                raise FileFormatError(f"{self._place}: the id of {token!r} must be a number ≥ 0, not {number!r}")
            if not token.isascii() and any("\ud800" <= letter <= "\udfff" for letter in token):
                raise FileFormatError(f"{self._place}: token {token!r} (id {number}) is not valid Unicode")
