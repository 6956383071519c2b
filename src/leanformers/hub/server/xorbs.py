"""Chunks that clients need not send again: in xorbs as they came, later as ranges of the files that were made of them.

xorb ──► xorbs/{hash} ──► put together ──► blob, and the index says where each range of chunks is in it
                └─ can go when files hold all of its chunks
"""

from __future__ import annotations

import sqlite3
import time
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

from .blobs import PIECE, BlobStore
from .errors import HubError, bad_request
from .index import Index
from .xet_formats import FileRecipe, Term, chunks, read_chunk

__all__ = ["XorbStore"]

_GENERATION = "xet_generation"
_MISSING = "this shard names chunks that are not here: begin the upload again"


class XorbStore:
    """The folder `xorbs/`, and what the index says of chunks. A crash may lose xorbs, but no file that is whole."""

    def __init__(self, folder: Path, index: Index, blobs: BlobStore) -> None:
        self.folder = folder / "xorbs"
        self.folder.mkdir(exist_ok=True)
        self._index = index
        self._blobs = blobs

    def path(self, xorb: str) -> Path:
        """Where a xorb is as long as it is one."""
        return self.folder / xorb

    def generation(self, db: sqlite3.Connection) -> str:
        """A name that changes when chunks go: what clients remember of them is good for one name only."""
        row = db.execute("SELECT value FROM settings WHERE name = ?", (_GENERATION,)).fetchone()
        return "1" if row is None else str(row["value"])

    def forget(self, db: sqlite3.Connection, xorbs: Iterable[str] = ()) -> None:
        """Chunks have gone, and these xorbs with them: make clients forget what they know."""
        for xorb in xorbs:
            self.path(xorb).unlink(missing_ok=True)
            db.execute("DELETE FROM xorbs WHERE hash = ?", (xorb,))
        value = str(int(self.generation(db)) + 1)
        db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (_GENERATION, value))

    def bytes_of(self, term: Term) -> Iterator[bytes]:
        """The bytes of a piece of a file.

        Raises:
            HubError: its chunks are not here, or are not as long as it says.
        """
        try:
            file = self.path(term.xorb).open("rb", buffering=PIECE)
        except FileNotFoundError:
            yield from self._from_files(term)
            return
        with file:
            found = chunks(file, file.seek(0, 2))[term.first : term.beyond]
            if len(found) != term.beyond - term.first or sum(chunk.length for chunk in found) != term.length:
                raise bad_request("this shard names other chunks than its xorbs have")
            for chunk in found:
                yield read_chunk(file, chunk)

    def _from_files(self, term: Term) -> Iterator[bytes]:
        db = self._index.read
        row = db.execute("SELECT lengths FROM xorbs WHERE hash = ?", (term.xorb,)).fetchone()
        ranges = db.execute("SELECT * FROM xorb_ranges WHERE xorb = ?", (term.xorb,)).fetchall()
        lengths = array("I", row["lengths"] if row else b"")
        chunk = term.first
        while chunk < term.beyond:
            place = next((place for place in ranges if place["first"] <= chunk < place["beyond"]), None)
            if place is None:
                raise bad_request(_MISSING)
            end = min(place["beyond"], term.beyond)
            begin = place["offset"] + sum(lengths[place["first"] : chunk])
            yield from self._part_of_file(place["sha256"], begin, sum(lengths[chunk:end]))
            chunk = end

    def _part_of_file(self, sha256: str, begin: int, left: int) -> Iterator[bytes]:
        try:
            file = self._blobs.path(sha256).open("rb", buffering=0)
        except FileNotFoundError:
            raise bad_request(_MISSING) from None
        with file:
            file.seek(begin)
            while left:
                data = file.read(min(PIECE, left))
                if not data:
                    raise bad_request(_MISSING)
                left -= len(data)
                yield data

    def record(self, db: sqlite3.Connection, recipe: FileRecipe) -> None:
        """The file that `recipe` tells is in the store: its chunks are there from now on."""
        offset = 0
        for term in recipe.terms:
            if db.execute("SELECT 1 FROM xorbs WHERE hash = ?", (term.xorb,)).fetchone() is None:
                lengths = array("I", self._lengths(term.xorb))
                db.execute("INSERT INTO xorbs VALUES (?, ?, ?)", (term.xorb, lengths.tobytes(), time.time()))
            place = (term.xorb, term.first, term.beyond, recipe.sha256, offset)
            db.execute("INSERT OR REPLACE INTO xorb_ranges VALUES (?, ?, ?, ?, ?)", place)
            offset += term.length

    def _lengths(self, xorb: str) -> list[int]:
        try:
            with self.path(xorb).open("rb", buffering=PIECE) as file:
                return [chunk.length for chunk in chunks(file, file.seek(0, 2))]
        except FileNotFoundError:
            raise HubError(409, "another upload of the same chunks came in between: try again") from None

    def drop_covered(self, xorbs: Iterable[str]) -> None:
        """Remove those xorbs whose chunks are all in files."""
        db = self._index.read
        for xorb in xorbs:
            row = db.execute("SELECT lengths FROM xorbs WHERE hash = ?", (xorb,)).fetchone()
            ranges = db.execute("SELECT first, beyond FROM xorb_ranges WHERE xorb = ? ORDER BY first", (xorb,))
            covered = 0
            for place in ranges:
                if place["first"] <= covered:
                    covered = max(covered, place["beyond"])
            if row is not None and covered == len(array("I", row["lengths"])):
                self.path(xorb).unlink(missing_ok=True)
