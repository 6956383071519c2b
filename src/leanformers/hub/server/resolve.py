"""The files themselves: GET and HEAD /{repo}/resolve/{revision}/{path}."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from .calls import Call
from .errors import entry_not_found
from .file_answer import FileAnswer, file_headers, is_known
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
    name = call.values["path"].rpartition("/")[2]
    kind = "application/octet-stream" if file.lfs else "text/plain; charset=utf-8"
    headers = file_headers(commit.oid, file.etag, file.size) | {
        "Content-Type": IMAGES.get(name.rpartition(".")[2].lower(), kind),
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}",
    }
    if is_known(call.request, file.etag):
        return Response(status_code=304, headers=headers)
    return FileAnswer(call.request, call.hub.blobs.path(file.sha256), file.size, headers)
