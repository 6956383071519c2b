"""The files themselves: GET and HEAD /{repo}/resolve/{revision}/{path}."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from .calls import Call
from .errors import entry_not_found
from .file_answer import FileAnswer
from .history import entry_at, resolve_revision

__all__ = ["IMAGES", "resolve"]

IMAGES = {"gif": "image/gif", "jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
"""Pictures that a page may show: these cannot hold scripts, as SVG can."""


def resolve(call: Call) -> Response:
    """The file at a revision. Its ETag is git's id, or the sha256 of a large file."""
    repo = call.readable_repo()
    commit = resolve_revision(call.db, repo.id, call.values["revision"])
    file = entry_at(call.db, commit, call.values["path"]).file
    if file is None:
        raise entry_not_found(call.values["path"], commit.oid)
    headers = {"X-Repo-Commit": commit.oid, "ETag": f'"{file.etag}"', "Vary": "Authorization"}
    if file.lfs:
        headers |= {"X-Linked-Etag": f'"{file.etag}"', "X-Linked-Size": str(file.size)}
    asked = [tag.strip().removeprefix("W/") for tag in call.request.headers.get("if-none-match", "").split(",")]
    if f'"{file.etag}"' in asked or "*" in asked:
        return Response(status_code=304, headers=headers)
    suffix = call.values["path"].rpartition(".")[2].lower()
    # No page of this origin may run what a repository holds.
    headers |= {
        "Content-Type": IMAGES.get(suffix, "application/octet-stream" if file.lfs else "text/plain; charset=utf-8"),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(call.values['path'].rpartition('/')[2], safe='')}",
    }
    return FileAnswer(call.request, call.hub.blobs.path(file.sha256), file.size, headers)
