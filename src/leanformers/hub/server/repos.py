"""Repositories: made, found, listed, moved, deleted."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass

from .errors import HubError, conflict
from .names import checked_repo_name

__all__ = [
    "KINDS",
    "Repo",
    "create_repo",
    "delete_repo",
    "find_repo",
    "has_access",
    "list_repos",
    "move_repo",
    "moved_to",
    "repo_of",
]

KINDS = ("model", "dataset", "space")


@dataclass(frozen=True, slots=True)
class Repo:
    """A repository; times are seconds since 1970."""

    id: int
    kind: str
    name: str
    private: bool
    gated: str  # "", auto, manual
    sdk: str
    created: float
    modified: float

    @property
    def namespace(self) -> str:
        """Whose it is: `user` of `user/name`."""
        return self.name.partition("/")[0] if "/" in self.name else ""

    @property
    def url_path(self) -> str:
        """Where it is on this server: models have no prefix."""
        return self.name if self.kind == "model" else f"{self.kind}s/{self.name}"


def _repo(row: sqlite3.Row | None) -> Repo | None:
    if row is None:
        return None
    return Repo(
        row["id"],
        row["kind"],
        row["name"],
        bool(row["private"]),
        row["gated"],
        row["sdk"],
        row["created"],
        row["modified"],
    )


def find_repo(db: sqlite3.Connection, kind: str, name: str) -> Repo | None:
    """The repository of this name, upper and lower case alike."""
    return _repo(db.execute("SELECT * FROM repos WHERE kind = ? AND name = ?", (kind, name)).fetchone())


def repo_of(db: sqlite3.Connection, number: int) -> Repo:
    """The repository of a row's `repo`, or of a signed URL.

    Raises:
        HubError: 404, it was deleted.
    """
    repo = _repo(db.execute("SELECT * FROM repos WHERE id = ?", (number,)).fetchone())
    if repo is None:
        raise HubError(404, "the repository was deleted meanwhile")
    return repo


def moved_to(db: sqlite3.Connection, kind: str, name: str) -> Repo | None:
    """The repository that had this name before."""
    row = db.execute("SELECT repo FROM former_names WHERE kind = ? AND name = ?", (kind, name)).fetchone()
    return None if row is None else repo_of(db, row["repo"])


def create_repo(db: sqlite3.Connection, kind: str, name: str, *, private: bool, sdk: str = "") -> Repo:
    """A new repository, still without a commit.

    Raises:
        HubError: 409, there is one of this name.
    """
    checked_repo_name(name)
    if find_repo(db, kind, name) is not None:
        raise conflict(f"You already created this {kind} repo: {name}")
    now = time.time()
    db.execute("DELETE FROM former_names WHERE kind = ? AND name = ?", (kind, name))  # it is nobody's redirect any more
    db.execute(
        "INSERT INTO repos (kind, name, private, sdk, created, modified) VALUES (?, ?, ?, ?, ?, ?)",
        (kind, name, private, sdk, now, now),
    )
    repo = find_repo(db, kind, name)
    assert repo is not None
    return repo


def delete_repo(db: sqlite3.Connection, repo: Repo) -> None:
    """Remove a repository; its blobs go with the next `hub gc`, if nobody else has them."""
    db.execute("DELETE FROM repos WHERE id = ?", (repo.id,))


def move_repo(db: sqlite3.Connection, repo: Repo, name: str) -> None:
    """Give a repository another name; the old one leads to it until somebody else takes it."""
    checked_repo_name(name)
    other = find_repo(db, repo.kind, name)
    if other is not None and other.id != repo.id:
        raise conflict(f"There is a {repo.kind} repo {name} already")
    if name == repo.name:
        raise HubError(400, f"{name} is the name that it has")
    db.execute("DELETE FROM former_names WHERE kind = ? AND name = ?", (repo.kind, name))
    db.execute("UPDATE repos SET name = ? WHERE id = ?", (name, repo.id))
    if name.lower() != repo.name.lower():
        db.execute("INSERT OR REPLACE INTO former_names VALUES (?, ?, ?)", (repo.kind, repo.name, repo.id))


def list_repos(
    db: sqlite3.Connection,
    kind: str,
    *,
    namespaces: frozenset[str],
    author: str | None = None,
    search: str | None = None,
    sort: str = "modified",
    after: tuple[float, int] | None = None,
    limit: int = 100,
) -> list[Repo]:
    """Repositories that are public or of `namespaces` ("*": all), the youngest first.

    `after` is the `(time, id)` of the last one of the page before.
    """
    where, values = ["kind = ?"], [kind]  # type: list[str], list[object]
    if "*" not in namespaces:
        own = sorted(namespaces)
        where.append("(private = 0" + "".join(" OR name LIKE ? ESCAPE '\\'" for _ in own) + ")")
        values += [f"{_escaped(space)}/%" for space in own]
    if author is not None:
        where.append("name LIKE ? ESCAPE '\\'")
        values.append(f"{_escaped(author)}/%")
    if search:
        where.append("name LIKE ? ESCAPE '\\'")
        values.append(f"%{_escaped(search)}%")
    column = "created" if sort == "created" else "modified"
    if after is not None:
        where.append(f"({column}, id) < (?, ?)")
        values += after
    query = f"SELECT * FROM repos WHERE {' AND '.join(where)} ORDER BY {column} DESC, id DESC LIMIT ?"
    return [repo for row in db.execute(query, (*values, limit)) if (repo := _repo(row)) is not None]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def has_access(db: sqlite3.Connection, repo: Repo, user: str) -> bool:
    """Whether `user` was granted the files of a gated repository."""
    query = "SELECT 1 FROM access WHERE repo = ? AND user = ? AND status = 'accepted'"
    return db.execute(query, (repo.id, user.lower())).fetchone() is not None
