"""Is everything there that the index names, byte for byte? Reads only, also beside a running server."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

from .blobs import PIECE
from .history import Commit, walk_trees
from .hub import Hub
from .objects import commit_object, git_hash, object_id, pointer

__all__ = ["Checked", "fsck"]


@dataclass(slots=True)
class Checked:
    """What was looked at, and what is wrong: one sentence each."""

    repositories: int = 0
    commits: int = 0
    files: int = 0
    bytes: int = 0
    problems: list[str] = field(default_factory=list)


def fsck(hub: Hub, *, content: bool = True) -> Checked:
    """Check all repositories: branches → commits → folders → files → bytes.

    Args:
        content: read all bytes and hash them; without, only their number is checked.
    """
    checked = Checked()
    with hub.index.snapshot() as db:
        for row in db.execute("PRAGMA integrity_check"):
            if row[0] != "ok":
                checked.problems.append(f"the index is damaged: {row[0]}")
        roots = {oid for repo in db.execute("SELECT id, kind, name FROM repos") for oid in _commits(db, repo, checked)}
        for oid in _files(db, roots, checked):
            _file(hub, db, oid, checked, content=content)
        for row in db.execute("SELECT DISTINCT sha256, size FROM lfs_files"):
            if hub.blobs.size(row["sha256"]) != row["size"]:
                checked.problems.append(
                    f"the uploaded file {row['sha256']} of {row['size']} bytes is missing or cut off"
                )
    return checked


def _commits(db: sqlite3.Connection, repo: sqlite3.Row, checked: Checked) -> Iterator[str]:
    """Check a repository's branches and commits; the trees of the commits."""
    checked.repositories += 1
    name = f"{repo['kind']} {repo['name']}"
    columns = "oid, tree, parent, author, at, title, message"
    rows = db.execute(f"SELECT {columns} FROM commits WHERE repo = ?", (repo["id"],))
    commits = {row["oid"]: Commit(*row) for row in rows}
    refs = {row["name"]: row["target"] for row in db.execute("SELECT * FROM refs WHERE repo = ?", (repo["id"],))}
    if "refs/heads/main" not in refs:
        checked.problems.append(f"{name} has no branch main")
    for ref, target in refs.items():
        if target not in commits:
            checked.problems.append(f"{name}: {ref} names the commit {target}, which is not there")
    for commit in commits.values():
        checked.commits += 1
        data = commit_object(commit.tree, commit.parent, commit.author, commit.at, commit.title, commit.message)
        if object_id("commit", data) != commit.oid:
            checked.problems.append(f"{name}: the commit {commit.oid} was altered")
        if commit.parent is not None and commit.parent not in commits:
            checked.problems.append(f"{name}: the commit {commit.oid} stands on {commit.parent}, which is not there")
        yield commit.tree


def _files(db: sqlite3.Connection, roots: set[str], checked: Checked) -> set[str]:
    """Check the trees below `roots`; the ids of all files in them."""

    def sound(oid: str, data: bytes | None) -> bool:
        if data is not None and object_id("tree", data) == oid:
            return True
        checked.problems.append(f"the folder {oid} is {'missing' if data is None else 'altered'}")
        return False

    return walk_trees(db, roots, sound)[1]


def _file(hub: Hub, db: sqlite3.Connection, oid: str, checked: Checked, *, content: bool) -> None:
    row = db.execute("SELECT sha256, size, lfs FROM files WHERE oid = ?", (oid,)).fetchone()
    if row is None:
        checked.problems.append(f"the file {oid} is not in the index")
        return
    checked.files += 1
    checked.bytes += row["size"]
    found = hub.blobs.size(row["sha256"])
    if found != row["size"]:
        state = "missing" if found is None else f"cut off at {found} bytes"
        checked.problems.append(f"the blob {row['sha256']} of {row['size']} bytes is {state}")
        return
    git = git_hash("blob", row["size"])
    if row["lfs"]:
        git = git_hash("blob", len(text := pointer(row["sha256"], row["size"])))
        git.update(text)
    sha256 = hashlib.sha256()
    if content:
        with hub.blobs.path(row["sha256"]).open("rb", buffering=0) as file:
            while piece := file.read(PIECE):
                sha256.update(piece)
                if not row["lfs"]:
                    git.update(piece)
        if sha256.hexdigest() != row["sha256"]:
            checked.problems.append(f"the blob {row['sha256']} holds other bytes: their sha256 is {sha256.hexdigest()}")
    if (content or row["lfs"]) and git.hexdigest() != oid:
        checked.problems.append(f"the file {oid} has another content: git's id of it is {git.hexdigest()}")
