"""Removing what nobody can reach any more. Safe beside a running server: what is young is left alone."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .history import walk_trees
from .hub import Hub

__all__ = ["Collected", "collect"]


@dataclass(slots=True)
class Collected:
    """What was removed."""

    commits: int = 0
    files: int = 0  # on the disk
    bytes: int = 0  # of these


def collect(hub: Hub, *, older_than: float, dry_run: bool = False) -> Collected:
    """Remove commits that no ref leads to, then files of no commit, and the remains of broken uploads.

    Args:
        older_than: seconds; younger things may belong to an upload that is not finished.
        dry_run: only tell what would go.
    """
    before = time.time() - older_than
    collected = Collected()
    try:
        with hub.index.write() as db:
            _forget_rows(db, before, collected)
            if dry_run:
                _remove_files(hub, db, before, collected, dry_run=True)
                raise _DryRunError
        with hub.index.write() as db, hub.blobs.exclusive():  # by now, nothing can come to be used again unseen
            _remove_files(hub, db, before, collected, dry_run=False)
    except _DryRunError:
        pass
    return collected


class _DryRunError(Exception):
    """Takes the transaction back."""


def _forget_rows(db: sqlite3.Connection, before: float, collected: Collected) -> None:
    """Remove commits, folders and files from the index."""
    trees: set[str] = set()
    files: set[str] = set()
    large = {row["oid"]: row["sha256"] for row in db.execute("SELECT oid, sha256 FROM files WHERE lfs")}
    for repo in [row["id"] for row in db.execute("SELECT id FROM repos")]:
        rows = {
            row["oid"]: row for row in db.execute("SELECT oid, parent, tree, at FROM commits WHERE repo = ?", (repo,))
        }
        roots = [row["target"] for row in db.execute("SELECT target FROM refs WHERE repo = ?", (repo,))]
        kept = _with_ancestors(rows, [*roots, *(oid for oid, row in rows.items() if row["at"] >= before)])
        gone = rows.keys() - kept
        collected.commits += len(gone)
        db.executemany("DELETE FROM commits WHERE repo = ? AND oid = ?", [(repo, oid) for oid in gone])
        folders, own = walk_trees(db, {rows[oid]["tree"] for oid in kept}, lambda oid, data: True)
        trees |= folders
        files |= own
        _forget_large_files(db, repo, {large[oid] for oid in own & large.keys()}, before)
    for table, used in (("trees", trees), ("files", files)):
        unused = [row["oid"] for row in db.execute(f"SELECT oid FROM {table}") if row["oid"] not in used]
        db.executemany(f"DELETE FROM {table} WHERE oid = ?", [(oid,) for oid in unused])


def _with_ancestors(rows: dict[str, sqlite3.Row], heads: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for head in heads:
        oid: str | None = head
        while oid is not None and oid not in found and oid in rows:
            found.add(oid)
            oid = rows[oid]["parent"]
    return found


def _forget_large_files(db: sqlite3.Connection, repo: int, used: set[str], before: float) -> None:
    """A repository has the large files of its commits, which are `used`, and those that came a short while ago."""
    rows = db.execute("SELECT sha256 FROM lfs_files WHERE repo = ? AND at < ?", (repo, before))
    unused = [(repo, row["sha256"]) for row in rows if row["sha256"] not in used]
    db.executemany("DELETE FROM lfs_files WHERE repo = ? AND sha256 = ?", unused)


def _remove_files(hub: Hub, db: sqlite3.Connection, before: float, collected: Collected, *, dry_run: bool) -> None:
    used = {row["sha256"] for row in db.execute("SELECT sha256 FROM files UNION SELECT sha256 FROM lfs_files")}

    def remove(path: Path) -> bool:
        try:
            status = path.stat()
            if status.st_mtime >= before:
                return False
            if not dry_run:
                path.unlink()
        except FileNotFoundError:  # an upload has ended
            return False
        collected.files += 1
        collected.bytes += status.st_size
        return True

    removed = [path.name for path in hub.blobs.all() if path.name not in used and remove(path)]
    xorbs = [path.name for path in sorted(hub.xorbs.folder.iterdir()) if remove(path)]
    for path in sorted(hub.blobs.incoming.iterdir()):
        remove(path)
    known = {row["sha256"] for row in db.execute("SELECT DISTINCT sha256 FROM xorb_ranges")}
    lost = known.intersection(removed)
    db.executemany("DELETE FROM xorb_ranges WHERE sha256 = ?", [(sha256,) for sha256 in lost])
    if lost or xorbs:
        hub.xorbs.forget(db, [] if dry_run else xorbs)
