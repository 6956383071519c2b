"""A plain folder of model folders, served as it is: read-only, nothing copied, nothing written into it.

FOLDER/bert/config.json         is in the repository bert
FOLDER/team/bert/config.json    is in the repository team/bert

What is known of the files, their hashes above all, is an index like any hub's, in the user's cache.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...progress import progress
from .blobs import PIECE, BlobStore
from .errors import HubError
from .history import File, add_commit, resolve_revision, store_tree
from .hub import Hub, Rules
from .names import checked_file_path, checked_repo_name
from .objects import git_hash
from .preupload import is_large
from .repos import create_repo, delete_repo, find_repo

__all__ = ["PlainFolder", "state_folder"]

_log = logging.getLogger("leanformers.hub")
_SECONDS = 1.0  # between two looks at the folder
_SAMPLE = 512  # bytes that tell a text from other files, as clients send them

_SCHEMA = """
CREATE TABLE IF NOT EXISTS files_in_place (
    repo TEXT NOT NULL, path TEXT NOT NULL,
    size INTEGER NOT NULL, changed INTEGER NOT NULL,      -- as the file system has them
    oid TEXT NOT NULL, sha256 TEXT NOT NULL, lfs INTEGER NOT NULL,
    PRIMARY KEY (repo, path)
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What tells that a file has not changed since it was hashed."""

    size: int
    changed: int  # nanoseconds

    @classmethod
    def of(cls, path: Path) -> _Stamp:
        found = path.stat()
        return cls(found.st_size, found.st_mtime_ns)


class PlainFolder(Hub):
    """A hub whose repositories are the model folders in `folder`. Each change of their files is a new commit.

    Args:
        folder: has model folders, or folders of them.
        rules: as of every hub; it is read-only in any case.
        state: where the index is kept; in the user's cache if None.
    """

    others_change_it = True

    def __init__(self, folder: Path, rules: Rules, *, state: Path | None = None) -> None:
        super().__init__(state or state_folder(folder), rules)
        self.models = folder.resolve()
        self.blobs = _FilesInPlace(self)
        self._looking = threading.Lock()
        self._looked_at = float("-inf")
        with self.index.write() as db:
            db.execute(_SCHEMA)

    def look_again(self) -> None:
        """Take in what has changed in the folder; at most once a second, as all names have to be read."""
        with self._looking:
            if time.monotonic() - self._looked_at < _SECONDS:
                return
            found = {name: dict(_files(folder, self.models)) for name, folder in _model_folders(self.models)}
            known = self._known()
            stale = [name for name, stamps in found.items() if stamps != known.get(name)]
            with progress("Reading", len(stale), None) as advance:
                for name in stale:
                    self._take_in(name, found[name])
                    advance(1)
            self._forget(known.keys() - found.keys())
            self._looked_at = time.monotonic()

    def _known(self) -> dict[str, dict[str, _Stamp]]:
        known: dict[str, dict[str, _Stamp]] = {}
        for row in self.index.read.execute("SELECT repo, path, size, changed FROM files_in_place"):
            known.setdefault(row["repo"], {})[row["path"]] = _Stamp(row["size"], row["changed"])
        return known

    def _take_in(self, name: str, stamps: Mapping[str, _Stamp]) -> None:
        """Hash what is new in a model's folder, and make a commit of its files."""
        query = "SELECT * FROM files_in_place WHERE repo = ?"
        old = {row["path"]: row for row in self.index.read.execute(query, (name,))}
        files: dict[str, File] = {}
        for path, stamp in stamps.items():
            row = old.get(path)
            if row is not None and (row["size"], row["changed"]) == (stamp.size, stamp.changed):
                files[path] = File(row["oid"], row["sha256"], row["size"], bool(row["lfs"]))
            else:
                files[path] = _hashed(self.models / name / path, stamp.size)
        with self.index.write() as db:
            db.execute("DELETE FROM files_in_place WHERE repo = ?", (name,))
            for path, file in files.items():
                values = (name, path, file.size, stamps[path].changed, file.oid, file.sha256, file.lfs)
                db.execute("INSERT INTO files_in_place VALUES (?, ?, ?, ?, ?, ?, ?)", values)
                db.execute(
                    "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (file.oid, file.sha256, file.size, file.lfs)
                )
            repo = find_repo(db, "model", name)
            before = None if repo is None else resolve_revision(db, repo.id, "main")
            repo = repo or create_repo(db, "model", name, private=False)
            tree = store_tree(db, None, files)
            if before is None or before.tree != tree:
                add_commit(db, repo.id, "refs/heads/main", before, tree, "folder", "The files of the folder", "")

    def _forget(self, names: set[str]) -> None:
        with self.index.write() as db:
            for name in names:
                db.execute("DELETE FROM files_in_place WHERE repo = ?", (name,))
                repo = find_repo(db, "model", name)
                if repo is not None:
                    delete_repo(db, repo)

    def place_of(self, sha256: str) -> Path:
        """The file with these bytes.

        Raises:
            HubError: 503, it was changed or removed a moment ago.
        """
        query = "SELECT repo, path, size, changed FROM files_in_place WHERE sha256 = ?"
        for row in self.index.read.execute(query, (sha256,)):
            path = self.models.joinpath(row["repo"], row["path"])
            with suppress(OSError):
                if _Stamp.of(path) == _Stamp(row["size"], row["changed"]):
                    return path
        raise HubError(503, "the file has just changed in its folder: try again", headers={"Retry-After": "3"})


class _FilesInPlace(BlobStore):
    """Blobs that are files of somebody else's folder."""

    def __init__(self, hub: PlainFolder) -> None:
        super().__init__(hub.folder)
        self._hub = hub

    def path(self, sha256: str) -> Path:
        """Where the file is."""
        return self._hub.place_of(sha256)


def state_folder(folder: Path) -> Path:
    """Where the index of a plain folder is kept: in `$XDG_CACHE_HOME`, by the folder's path."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "leanformers" / "hub" / hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]


def _model_folders(models: Path) -> Iterator[tuple[str, Path]]:
    """Names of repositories with their folders: those that hold files, or else those one level below."""
    for folder in _folders(models):
        inside = [folder] if _has_files(folder) else list(_folders(folder))
        for place in inside:
            name = place.relative_to(models).as_posix()
            try:
                checked_repo_name(name)
            except HubError as error:
                _say_once(f"{place} is not served: {error.message}")
            else:
                yield name, place


@cache
def _say_once(message: str) -> None:
    _log.warning("%s", message)


def _folders(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _has_files(folder: Path) -> bool:
    return any(path.is_file() and not path.name.startswith(".") for path in folder.iterdir())


def _files(folder: Path, models: Path) -> Iterator[tuple[str, _Stamp]]:
    """The files of a model. Hidden ones are left out, and links that lead out of the folder that is served."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if name.startswith(".") or not path.is_file() or not path.resolve().is_relative_to(models):
                continue
            with suppress(HubError, OSError):  # a name that no repository can have; a file that has just gone
                yield checked_file_path(path.relative_to(folder).as_posix()), _Stamp.of(path)


def _hashed(path: Path, size: int) -> File:
    """A file as git would have it: hashed once, both ways."""
    sha1, sha256 = git_hash("blob", size), hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        head = file.read(_SAMPLE)
        piece = head
        while piece:
            sha1.update(piece)
            sha256.update(piece)
            piece = file.read(PIECE)
    if is_large(path.name, size, head):
        return File.large(sha256.hexdigest(), size)
    return File(sha1.hexdigest(), sha256.hexdigest(), size, False)
