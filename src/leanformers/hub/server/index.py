"""What is known beside the bytes: the SQLite database with repositories, commits, branches, discussions and tokens."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from ...errors import FileFormatError

__all__ = ["Index"]

VERSION = 1
"""Stored as the database's `user_version`; another one is an error, not a guess."""

_PATIENCE = 600  # seconds that a writer waits for its turn, as during `hub gc`

SCHEMA = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- A repository. Rows of all tables below go with it.
CREATE TABLE repos (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                      -- model, dataset, space
    name TEXT NOT NULL COLLATE NOCASE,       -- user/name
    private INTEGER NOT NULL DEFAULT 0,
    gated TEXT NOT NULL DEFAULT '',          -- '', auto, manual
    sdk TEXT NOT NULL DEFAULT '',            -- of a space
    created REAL NOT NULL,                   -- seconds since 1970, as all times
    modified REAL NOT NULL,
    UNIQUE (kind, name)
);
-- Names that repositories had before they moved.
CREATE TABLE former_names (
    kind TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE,
    repo INTEGER NOT NULL REFERENCES repos ON DELETE CASCADE,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
-- Who asked for a gated repository's files: accepted, pending or rejected.
CREATE TABLE access (
    repo INTEGER NOT NULL REFERENCES repos ON DELETE CASCADE,
    user TEXT NOT NULL, status TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (repo, user)
) WITHOUT ROWID;

-- Git's objects. Folders and files are shared by all repositories, commits belong to one.
CREATE TABLE trees (oid TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    oid TEXT PRIMARY KEY,                    -- git's id of the file, or of the pointer to it (lfs)
    sha256 TEXT NOT NULL, size INTEGER NOT NULL, lfs INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE commits (
    repo INTEGER NOT NULL REFERENCES repos ON DELETE CASCADE, oid TEXT NOT NULL,
    tree TEXT NOT NULL, parent TEXT, author TEXT NOT NULL, at INTEGER NOT NULL,
    title TEXT NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY (repo, oid)
) WITHOUT ROWID;
CREATE TABLE refs (
    repo INTEGER NOT NULL REFERENCES repos ON DELETE CASCADE,
    name TEXT NOT NULL,                      -- refs/heads/main, refs/tags/v1, refs/pr/1
    target TEXT NOT NULL,
    PRIMARY KEY (repo, name)
) WITHOUT ROWID;
-- Large files that belong to a repository: received for it, or in one of its commits.
CREATE TABLE lfs_files (
    repo INTEGER NOT NULL REFERENCES repos ON DELETE CASCADE,
    sha256 TEXT NOT NULL, size INTEGER NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (repo, sha256)
) WITHOUT ROWID;
CREATE INDEX repos_of_a_file ON lfs_files (sha256);

CREATE TABLE discussions (
    repo INTEGER NOT NULL REFERENCES repos ON DELETE CASCADE, num INTEGER NOT NULL,
    title TEXT NOT NULL, author TEXT NOT NULL, status TEXT NOT NULL, at REAL NOT NULL,
    base TEXT,                               -- a pull request's commit of origin; NULL for a mere discussion
    merged TEXT,                             -- the commit that a pull request became
    PRIMARY KEY (repo, num)
) WITHOUT ROWID;
CREATE TABLE events (
    id TEXT PRIMARY KEY, repo INTEGER NOT NULL, num INTEGER NOT NULL, position INTEGER NOT NULL,
    type TEXT NOT NULL, author TEXT NOT NULL, at REAL NOT NULL, data TEXT NOT NULL,
    FOREIGN KEY (repo, num) REFERENCES discussions ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX events_of_a_discussion ON events (repo, num, position);

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,                     -- the public half of the token
    hash TEXT NOT NULL,                      -- sha256 of the secret half
    user TEXT NOT NULL, role TEXT NOT NULL, namespaces TEXT NOT NULL, name TEXT NOT NULL, created REAL NOT NULL
) WITHOUT ROWID;

-- Xet: the chunks of a xorb, and where their bytes are in a blob once a file was put together from them.
CREATE TABLE xorbs (hash TEXT PRIMARY KEY, lengths BLOB NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE xorb_ranges (
    xorb TEXT NOT NULL REFERENCES xorbs ON DELETE CASCADE, first INTEGER NOT NULL, beyond INTEGER NOT NULL,
    sha256 TEXT NOT NULL, offset INTEGER NOT NULL,
    PRIMARY KEY (xorb, first, beyond)
) WITHOUT ROWID;
"""


class Index:
    """The database. Threads read through a connection of their own; writers take turns.

    A transaction that was left without an error is on disk (`synchronous=FULL`); any other never was.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._writing = threading.Lock()

    def create(self) -> None:
        """Make the tables if the database is new.

        Raises:
            FileFormatError: the file is no database, or one of another version.
        """
        self._path.touch(mode=0o600)  # it holds what signs URLs
        try:
            with self.write() as db:
                version = db.execute("PRAGMA user_version").fetchone()[0]
                if version == 0:
                    for statement in SCHEMA.split(";\n"):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version = {VERSION}")
                elif version != VERSION:
                    raise FileFormatError(f"{self._path} has version {version}; this server knows {VERSION}")
        except sqlite3.DatabaseError as error:
            raise FileFormatError(f"{self._path} cannot be used as a database: {error}") from error

    @property
    def read(self) -> sqlite3.Connection:
        """This thread's connection. A query sees all that was committed before it; `snapshot` makes several agree."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=_PATIENCE)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
        return connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it, or, after an error, nothing."""
        with self._writing, _transaction(self.read, "IMMEDIATE") as db:
            yield db

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Several reads of one state."""
        with _transaction(self.read, "DEFERRED") as db:
            yield db

    def setting(self, name: str, default: str) -> str:
        """A value that belongs to this folder; the first one to ask sets it to `default`."""
        with self.write() as db:
            db.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", (name, default))
            return str(db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()[0])


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection, kind: str) -> Iterator[sqlite3.Connection]:
    db.execute(f"BEGIN {kind}")
    try:
        yield db
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
