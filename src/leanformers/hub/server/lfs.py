"""Large files by the protocol of git-lfs: asked for in batches, sent whole or in parts to signed URLs, then verified.

https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md; parts as huggingface_hub's `lfs.py` sends them.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse, Response

from .blobs import in_pieces, receive
from .calls import Call
from .errors import HubError, bad_request, conflict
from .file_answer import FileAnswer
from .lfs_files import known_size, remember
from .names import checked_oid
from .repos import Repo, repo_of

__all__ = ["batch", "complete", "download", "put", "put_part", "verify"]

_TYPE = "application/vnd.git-lfs+json"
_MAX_OBJECTS = 1000


def batch(call: Call) -> Response:
    """POST /{repo}.git/info/lfs/objects/batch: for each object where to send it, or that it is there already."""
    values = call.json()
    operation, objects = values.get("operation"), values.get("objects")
    if not isinstance(objects, list) or len(objects) > _MAX_OBJECTS:
        raise bad_request(f"objects must be a list of at most {_MAX_OBJECTS}")
    if operation == "download":
        repo = call.readable_repo()
        rows = [_download(call, repo, *_object(item)) for item in objects]
    elif operation == "upload":
        repo = call.repo()
        call.need_user(write=True)  # a pull request may bring files to somebody else's repository
        multipart = "multipart" in (values.get("transfers") or [])
        rows = [_upload(call, repo, *_object(item), multipart) for item in objects]
    else:
        raise bad_request("operation must be upload or download")
    return JSONResponse({"transfer": "basic", "objects": rows}, media_type=_TYPE)


def _object(item: object) -> tuple[str, int]:
    size = item.get("size") if isinstance(item, dict) else None
    if not isinstance(item, dict) or type(size) is not int or not 0 <= size < 1 << 62:
        raise bad_request("an object is {oid, size}")
    return checked_oid(item.get("oid")), size


def _upload(call: Call, repo: Repo, oid: str, size: int, multipart: bool) -> dict[str, Any]:
    rules = call.hub.rules
    if size > rules.max_file_size:
        message = f"{size} bytes are more than the {rules.max_file_size} that this hub takes"
        return {"oid": oid, "size": size, "error": {"code": 413, "message": message}}
    if known_size(call, repo, oid) == size:
        call.hub.blobs.touch(oid)
        remember(call.db, repo, oid, size)
        return {"oid": oid, "size": size}
    url = f"{call.base}/-/lfs/{repo.id}/{oid}/{size}"

    def signed(what: str) -> str:
        return f"{url}/{what}/{call.hub.sign('lfs', repo.id, oid, size, what)}"

    upload: dict[str, Any] = {"href": signed("whole"), "header": {}}
    if multipart and size > rules.multipart_above:
        count = -(-size // rules.part_size)
        parts = {str(number): signed(str(number)) for number in range(1, count + 1)}
        upload = {"href": signed("complete"), "header": {"chunk_size": str(rules.part_size), **parts}}
    verify = {"href": f"{url}/verify", "header": {}}
    return {"oid": oid, "size": size, "authenticated": True, "actions": {"upload": upload, "verify": verify}}


def _download(call: Call, repo: Repo, oid: str, size: int) -> dict[str, Any]:
    row = call.db.execute("SELECT size FROM lfs_files WHERE repo = ? AND sha256 = ?", (repo.id, oid)).fetchone()
    if row is None or row["size"] != size:
        return {"oid": oid, "size": size, "error": {"code": 404, "message": "the repository has no such object"}}
    url = f"{call.base}/-/lfs/{repo.id}/{oid}/{size}/download/{call.hub.sign('lfs', repo.id, oid, size, 'download')}"
    return {"oid": oid, "size": size, "authenticated": True, "actions": {"download": {"href": url}}}


def _signed(call: Call, what: str) -> tuple[int, str, int]:
    """The repository, oid and size in the path, if they were signed together with `what` may be done."""
    repo, oid, size = call.values["id"], call.values["oid"], call.values["size"]
    call.hub.check(call.values["signed"], "lfs", repo, oid, size, what)
    return int(repo), oid, int(size)


async def put(call: Call) -> Response:
    """PUT a whole file. It is in the store when this is answered, or not at all."""
    repo, oid, size = _signed(call, "whole")
    loop = asyncio.get_running_loop()
    with call.hub.blobs.new() as blob:
        await receive(blob, call.request.stream(), limit=size)
        await loop.run_in_executor(None, blob.finish, oid, size)
        await loop.run_in_executor(None, call.hub.blobs.keep, [blob])
    await call.writes(lambda call: remember(call.db, repo_of(call.db, repo), oid, size))
    return Response(headers={"ETag": f'"{oid}"'})


def _parts_path(call: Call, repo: int, oid: str) -> Path:
    """The file that parts are written into, each at its place."""
    return call.hub.blobs.incoming / f"{repo}-{oid}.parts"


async def put_part(call: Call) -> Response:
    """PUT one part: in any order, and again if a client is not sure."""
    number = int(call.values["part"])
    repo, oid, size = _signed(call, str(number))
    begin = (number - 1) * call.hub.rules.part_size
    length = min(call.hub.rules.part_size, size - begin)
    path = _parts_path(call, repo, oid)
    call.hub.parts_arriving[path] += 1  # nobody may put the whole together while it can still be written to
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        received = 0
        async for data in in_pieces(call.request.stream()):
            if received + len(data) > length:
                raise bad_request(f"part {number} is longer than {length} bytes")
            await asyncio.get_running_loop().run_in_executor(None, _write_at, descriptor, data, begin + received)
            received += len(data)
    finally:
        os.close(descriptor)
        call.hub.parts_arriving[path] -= 1
    if received != length:
        raise bad_request(f"{received} bytes arrived where part {number} has {length}")
    return Response(headers={"ETag": f'"{oid[:32]}-{number}"'})


def _write_at(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


async def complete(call: Call) -> dict[str, Any]:
    """POST after the last part: the whole is hashed, and brought into the store."""
    repo, oid, size = _signed(call, "complete")
    path = _parts_path(call, repo, oid)
    if call.hub.parts_arriving[path]:
        raise conflict("parts of this file are still arriving")
    del call.hub.parts_arriving[path]
    whole = call.hub.blobs.temporary(".whole")
    try:
        path.rename(whole)  # a part that arrives from now on begins another file
    except FileNotFoundError:
        # Unless somebody else, or this client before its connection broke, has done it:
        if call.hub.blobs.size(oid) != size:
            raise bad_request("no part of this file has arrived") from None
    else:
        await asyncio.get_running_loop().run_in_executor(None, call.hub.blobs.adopt, whole, oid, size)
    await call.writes(lambda call: remember(call.db, repo_of(call.db, repo), oid, size))
    return {"oid": oid, "size": size}


def verify(call: Call) -> dict[str, Any]:
    """POST `{oid, size}` with the token: whether the file is there."""
    repo = repo_of(call.db, int(call.values["id"]))
    oid, size = _object(call.json())
    row = call.db.execute("SELECT size FROM lfs_files WHERE repo = ? AND sha256 = ?", (repo.id, oid)).fetchone()
    if not call.sees(repo) or row is None or row["size"] != size or call.hub.blobs.size(oid) != size:
        raise HubError(404, f"there is no file {oid} of {size} bytes")
    return {}


def download(call: Call) -> Response:
    """GET what a batch for `download` named."""
    _, oid, size = _signed(call, "download")
    return FileAnswer(
        call.request, call.hub.blobs.path(oid), size, {"ETag": f'"{oid}"', "Content-Type": "application/octet-stream"}
    )
