"""Which large files a repository has, and which of them a user may use in another one."""

from __future__ import annotations

import sqlite3
import time

from .calls import Call
from .repos import Repo, repo_of

__all__ = ["known_size", "remember"]


def remember(db: sqlite3.Connection, repo: Repo, sha256: str, size: int) -> None:
    """A large file was received for `repo`, or is in a commit of it."""
    db.execute("INSERT OR REPLACE INTO lfs_files VALUES (?, ?, ?, ?)", (repo.id, sha256, size, time.time()))


def known_size(call: Call, repo: Repo, sha256: str) -> int | None:
    """The bytes of a large file that a commit in `repo` may name; None when it has to be sent.

    That the bytes are on the disk is not enough: who knows but the sha256 of a file in somebody's private repository
    must not get the file by committing it to their own.
    """
    size = call.hub.blobs.size(sha256)
    if size is None:
        return None
    rows = call.db.execute("SELECT repo FROM lfs_files WHERE sha256 = ?", (sha256,)).fetchall()
    if any(row["repo"] == repo.id or call.may_read(repo_of(call.db, row["repo"])) for row in rows):
        return size
    return None
