"""What the API says of repositories, commits and files: the JSON shapes that clients read."""

from __future__ import annotations

import datetime
from typing import Any

from .history import Commit, Entry, File
from .objects import pointer
from .repos import Repo

__all__ = ["commit_row", "last_commit", "repo_row", "sibling", "timestamp", "tree_row"]


def timestamp(seconds: float) -> str:
    """ISO 8601, UTC, milliseconds: `2026-01-31T12:00:00.000Z`.

    >>> timestamp(0)
    '1970-01-01T00:00:00.000Z'
    """
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def repo_row(repo: Repo, commit: Commit | None) -> dict[str, Any]:
    """What lists and `…_info` share."""
    return {
        "_id": f"{repo.id:024x}",
        "id": repo.name,
        **({"modelId": repo.name} if repo.kind == "model" else {}),
        "author": repo.namespace,
        "sha": commit.oid if commit else None,
        "lastModified": timestamp(commit.at if commit else repo.modified),
        "createdAt": timestamp(repo.created),
        "private": repo.private,
        "gated": repo.gated or False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": [],
        **({"sdk": repo.sdk} if repo.sdk else {}),
    }


def sibling(path: str, file: File, *, blobs: bool) -> dict[str, Any]:
    """A file in a repository's info."""
    row: dict[str, Any] = {"rfilename": path}
    if blobs:
        row.update(size=file.size, blobId=file.oid)
        if file.lfs:
            row["lfs"] = {"size": file.size, "sha256": file.sha256, "pointerSize": _pointer_size(file)}
    return row


def tree_row(entry: Entry, changed: Commit | None = None) -> dict[str, Any]:
    """A file or folder in a tree."""
    file = entry.file
    row: dict[str, Any] = {
        "type": "directory" if file is None else "file",
        "oid": entry.oid,
        "size": 0 if file is None else file.size,
        "path": entry.path,
    }
    if file is not None and file.lfs:
        row["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": _pointer_size(file)}
    if changed is not None:
        row["lastCommit"] = last_commit(changed)
    return row


def last_commit(commit: Commit) -> dict[str, Any]:
    """The commit that changed a path last."""
    return {"id": commit.oid, "title": commit.title, "date": timestamp(commit.at)}


def commit_row(commit: Commit, *, formatted: bool) -> dict[str, Any]:
    """A commit in the list of them."""
    row: dict[str, Any] = {
        "id": commit.oid,
        "title": commit.title,
        "message": commit.message,
        "date": timestamp(commit.at),
        "authors": [{"user": commit.author}],
    }
    if formatted:
        import html

        row["formatted"] = {"title": html.escape(commit.title), "message": html.escape(commit.message)}
    return row


def _pointer_size(file: File) -> int:
    return len(pointer(file.sha256, file.size))
