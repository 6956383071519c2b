"""Commits, branches and folders as git has them, read from and written to the index."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from .errors import HubError, bad_request, entry_not_found, revision_not_found
from .objects import TreeItem, commit_object, object_id, pointer, read_tree, tree_object

__all__ = [
    "Commit",
    "Edits",
    "Entry",
    "File",
    "add_commit",
    "commit_of",
    "entries",
    "entry_at",
    "file_at",
    "files_of",
    "last_changes",
    "log",
    "resolve_revision",
    "store_tree",
    "walk_trees",
]


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of a repository."""

    oid: str
    tree: str
    parent: str | None
    author: str
    at: int
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class File:
    """What a path points to: git's id, and the blob."""

    oid: str
    sha256: str
    size: int
    lfs: bool

    @property
    def etag(self) -> str:
        """What clients know the content by: git's id, or the sha256 of a large file."""
        return self.sha256 if self.lfs else self.oid

    @classmethod
    def large(cls, sha256: str, size: int) -> File:
        """A file that git would only have a pointer to."""
        return cls(object_id("blob", pointer(sha256, size)), sha256, size, True)


@dataclass(frozen=True, slots=True)
class Entry:
    """A path in a commit; `file` is None for a folder."""

    path: str
    oid: str
    file: File | None


Edits: TypeAlias = Mapping[str, "File | None"]
"""Paths of files with their new content; None removes the file."""


def resolve_revision(db: sqlite3.Connection, repo: int, revision: str) -> Commit:
    """The commit of a branch, tag, `refs/…` or commit id.

    Raises:
        HubError: there is none.
    """
    if re.fullmatch(r"[0-9a-f]{40}", revision):
        return commit_of(db, repo, revision)
    full = [revision] if revision.startswith("refs/") else [f"refs/heads/{revision}", f"refs/tags/{revision}"]
    for name in full:
        row = db.execute("SELECT target FROM refs WHERE repo = ? AND name = ?", (repo, name)).fetchone()
        if row is not None:
            return commit_of(db, repo, row["target"])
    if re.fullmatch(r"[0-9a-f]{7,39}", revision):  # a shortened commit id, if it fits one only
        rows = db.execute("SELECT oid FROM commits WHERE repo = ? AND oid GLOB ? LIMIT 2", (repo, revision + "*"))
        found = [row["oid"] for row in rows]
        if len(found) == 1:
            return commit_of(db, repo, found[0])
    raise revision_not_found(revision)


def commit_of(db: sqlite3.Connection, repo: int, oid: str) -> Commit:
    """A commit by its whole id."""
    row = db.execute(
        "SELECT oid, tree, parent, author, at, title, message FROM commits WHERE repo = ? AND oid = ?", (repo, oid)
    ).fetchone()
    if row is None:
        raise revision_not_found(oid)
    return Commit(*row)


def log(db: sqlite3.Connection, repo: int, commit: Commit) -> Iterator[Commit]:
    """`commit` and those before it, the youngest first."""
    while True:
        yield commit
        if commit.parent is None:
            return
        commit = commit_of(db, repo, commit.parent)


def _items(db: sqlite3.Connection, tree: str) -> list[TreeItem]:
    return read_tree(db.execute("SELECT data FROM trees WHERE oid = ?", (tree,)).fetchone()["data"])


def _file(db: sqlite3.Connection, oid: str) -> File:
    row = db.execute("SELECT oid, sha256, size, lfs FROM files WHERE oid = ?", (oid,)).fetchone()
    return File(row["oid"], row["sha256"], row["size"], bool(row["lfs"]))


def entry_at(db: sqlite3.Connection, commit: Commit, path: str) -> Entry:
    """The file or folder at `path` (`""` is the whole tree).

    Raises:
        HubError: there is none.
    """
    oid, is_folder = commit.tree, True
    for name in path.split("/") if path else []:
        found = next((item for item in _items(db, oid) if item.name == name), None) if is_folder else None
        if found is None:
            raise entry_not_found(path, commit.oid)
        oid, is_folder = found.oid, found.is_folder
    return Entry(path, oid, None if is_folder else _file(db, oid))


def file_at(db: sqlite3.Connection, commit: Commit, path: str) -> File | None:
    """The file at `path`; None when there is none, or a folder."""
    try:
        return entry_at(db, commit, path).file
    except HubError:
        return None


def entries(db: sqlite3.Connection, tree: str, *, prefix: str = "", recursive: bool = False) -> Iterator[Entry]:
    """What is in a tree, in git's order; with `recursive` a folder comes before what is in it."""
    for item in _items(db, tree):
        path = prefix + item.name
        yield Entry(path, item.oid, None if item.is_folder else _file(db, item.oid))
        if item.is_folder and recursive:
            yield from entries(db, item.oid, prefix=path + "/", recursive=True)


def files_of(db: sqlite3.Connection, tree: str) -> dict[str, File]:
    """All files in a tree, by path."""
    return {entry.path: entry.file for entry in entries(db, tree, recursive=True) if entry.file is not None}


def last_changes(db: sqlite3.Connection, repo: int, commit: Commit, paths: list[str]) -> dict[str, Commit]:
    """For each path, the youngest commit that changed it."""
    found: dict[str, Commit] = {}
    here = _oids_at(db, commit.tree, paths)
    for current in log(db, repo, commit):
        if not here:
            break
        before = {} if current.parent is None else _oids_at(db, commit_of(db, repo, current.parent).tree, list(here))
        for path in [path for path, oid in here.items() if before.get(path) != oid]:
            found[path] = current
            del here[path]
    return found


def _oids_at(db: sqlite3.Connection, tree: str, paths: list[str]) -> dict[str, str]:
    """The ids of what is at those `paths` that are there; a folder is read once."""
    names = {item.name: item for item in _items(db, tree)}
    found: dict[str, str] = {}
    below: dict[str, list[str]] = {}
    for path in paths:
        name, slash, rest = path.partition("/")
        if name not in names:
            continue
        if not slash:
            found[path] = names[name].oid
        elif names[name].is_folder:
            below.setdefault(name, []).append(rest)
    for name, inside in below.items():
        found.update({f"{name}/{rest}": oid for rest, oid in _oids_at(db, names[name].oid, inside).items()})
    return found


def walk_trees(
    db: sqlite3.Connection, roots: Iterable[str], sound: Callable[[str, bytes | None], bool]
) -> tuple[set[str], set[str]]:
    """The ids of all folders and of all files at and below `roots`.

    Args:
        sound: whether to go on into a folder, by its id and its data, which are None when it is not there.
    """
    folders: set[str] = set()
    files: set[str] = set()
    waiting = list(roots)
    while waiting:
        oid = waiting.pop()
        if oid in folders:
            continue
        folders.add(oid)
        row = db.execute("SELECT data FROM trees WHERE oid = ?", (oid,)).fetchone()
        data: bytes | None = None if row is None else row["data"]
        if not sound(oid, data) or data is None:
            continue
        for item in read_tree(data):
            (waiting.append if item.is_folder else files.add)(item.oid)
    return folders, files


def store_tree(db: sqlite3.Connection, tree: str | None, edits: Edits) -> str:
    """The id of `tree` (None: the empty one) after `edits`; only folders that change are read and written.

    Raises:
        HubError: a file would stand where a folder is, or the other way round.
    """
    root = _edited(db, tree, edits, "")
    return _store(db, b"") if root is None else root


def _edited(db: sqlite3.Connection, tree: str | None, edits: Edits, prefix: str) -> str | None:
    items = {} if tree is None else {item.name: item for item in _items(db, tree)}
    below: dict[str, dict[str, File | None]] = {}
    for path, file in edits.items():  # files first: one that goes may make room for a folder
        name, slash, rest = path.partition("/")
        if slash:
            below.setdefault(name, {})[rest] = file
        elif file is None:
            items.pop(name, None)
    for name, inside in below.items():
        old = items.get(name)
        if old is not None and not old.is_folder:
            raise bad_request(f"{prefix}{name} is a file, and cannot be a folder as well")
        oid = _edited(db, old.oid if old else None, inside, f"{prefix}{name}/")
        if oid is None:
            items.pop(name, None)
        else:
            items[name] = TreeItem(name, oid, True)
    for path, file in edits.items():
        if "/" not in path and file is not None:
            if path in items and items[path].is_folder:
                raise bad_request(f"{prefix}{path} is a folder, and cannot be a file as well")
            db.execute("INSERT OR IGNORE INTO files VALUES (?, ?, ?, ?)", (file.oid, file.sha256, file.size, file.lfs))
            items[path] = TreeItem(path, file.oid, False)
    return _store(db, tree_object(items.values())) if items else None


def _store(db: sqlite3.Connection, data: bytes) -> str:
    oid = object_id("tree", data)
    db.execute("INSERT OR IGNORE INTO trees VALUES (?, ?)", (oid, data))
    return oid


def add_commit(
    db: sqlite3.Connection, repo: int, ref: str, parent: Commit | None, tree: str, author: str, title: str, message: str
) -> Commit:
    """A commit on top of `parent`, to which `ref` points from now on."""
    at = int(time.time())
    oid = object_id("commit", commit_object(tree, parent.oid if parent else None, author, at, title, message))
    commit = Commit(oid, tree, parent.oid if parent else None, author, at, title, message)
    db.execute(
        "INSERT OR IGNORE INTO commits VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (repo, oid, tree, commit.parent, author, at, title, message),
    )
    db.execute("INSERT OR REPLACE INTO refs VALUES (?, ?, ?)", (repo, ref, oid))
    db.execute("UPDATE repos SET modified = ? WHERE id = ?", (time.time(), repo))
    return commit
