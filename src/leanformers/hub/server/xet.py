"""Receiving xet, which is how clients send large files unless told otherwise.

A client cuts files into chunks, leaves out those it knows to be here, and sends the others in xorbs of up to 64 MiB.
Shards then list files as ranges of chunks. Here each file is put together at once and checked by its sha256, so that
everything is stored, and read, as plain files.

The requests are those that hf_xet makes: https://huggingface.co/docs/xet. It asks for more, which is answered by 404.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse, Response

from .blobs import PIECE, receive
from .calls import Call
from .errors import HubError
from .lfs_files import known_size, remember
from .repos import repo_of
from .xet_formats import FileRecipe, chunks, read_shard

__all__ = ["put_shard", "put_xorb", "write_token"]

_LARGEST_XORB = 160 << 20  # bytes; clients stay below 64 MiB
_LARGEST_SHARD = 80 << 20


def write_token(call: Call) -> Response:
    """GET …/xet-write-token/{revision}: where to send chunks, and the right to do so for a while."""
    repo = call.repo()
    user = call.need_user(write=True)
    signed = call.hub.sign("xet", repo.id, user.name)
    token, expires = f"{repo.id}:{user.name}:{signed}", int(signed.partition(".")[0])
    # Clients remember, for weeks and by this URL, which chunks they need not send.
    url = f"{call.base}/-/xet/{call.hub.xorbs.generation(call.db)}"
    headers = {"X-Xet-Cas-Url": url, "X-Xet-Access-Token": token, "X-Xet-Token-Expiration": str(expires)}
    return JSONResponse({"casUrl": url, "accessToken": token, "exp": expires}, headers=headers)


def _granted(call: Call) -> int:
    """The repository for which the request's token was given."""
    repo, _, rest = (call.authorization or "").removeprefix("Bearer ").partition(":")
    user, _, signed = rest.rpartition(":")
    try:
        call.hub.check(signed, "xet", repo, user)
    except HubError as error:
        raise HubError(401, error.message) from None
    call.authorization = None  # it is none of the tokens that users have
    return int(repo)


async def put_xorb(call: Call) -> dict[str, Any]:
    """POST …/v1/xorbs/default/{hash}: chunks. They need not survive a crash: the files that are made of them do."""
    _granted(call)
    target = call.hub.xorbs.path(call.values["xorb"])
    with call.hub.blobs.new() as xorb:
        await receive(xorb, call.request.stream(), limit=_LARGEST_XORB)
        await asyncio.get_running_loop().run_in_executor(None, _check_xorb, xorb.path, xorb.size)
        new = not target.exists()
        xorb.path.replace(target)
    return {"was_inserted": new}


def _check_xorb(path: Path, size: int) -> None:
    with path.open("rb") as file:
        chunks(file, size)


async def put_shard(call: Call) -> dict[str, Any]:
    """POST …/v1/shards: files, as chunks that are here. They are in the store when this is answered.

    A client that loses its patience and asks again waits for the same work.
    """
    repo = _granted(call)
    await call.read_body(_LARGEST_SHARD)
    key = f"{repo} {hashlib.sha256(call.body).hexdigest()}"
    work = call.hub.shards_at_work.get(key)
    if work is None:
        work = call.hub.shards_at_work[key] = asyncio.ensure_future(_store_files(call, repo))
        work.add_done_callback(lambda _: call.hub.shards_at_work.pop(key))
    await asyncio.shield(work)
    return {"result": 1}


async def _store_files(call: Call, repo: int) -> None:
    loop = asyncio.get_running_loop()
    for recipe in await loop.run_in_executor(None, read_shard, call.body):
        await _store_file(call, repo, recipe)


async def _store_file(call: Call, repo: int, recipe: FileRecipe) -> None:
    xorbs = {term.xorb for term in recipe.terms}
    if await call.reads(lambda call: _is_known(call, repo, recipe)):
        await call.writes(lambda call: remember(call.db, repo_of(call.db, repo), recipe.sha256, recipe.size))
        return
    try:
        await asyncio.get_running_loop().run_in_executor(None, _put_together, call, recipe)
    except HubError:
        # A crash took chunks, or somebody sent wrong ones: the next attempt must not build on them.
        await call.writes(lambda call: call.hub.xorbs.forget(call.db, xorbs))
        raise

    def record(call: Call) -> None:
        remember(call.db, repo_of(call.db, repo), recipe.sha256, recipe.size)
        call.hub.xorbs.record(call.db, recipe)

    await call.writes(record)
    await asyncio.get_running_loop().run_in_executor(None, call.hub.xorbs.drop_covered, xorbs)


def _is_known(call: Call, repo: int, recipe: FileRecipe) -> bool:
    if recipe.size > call.hub.rules.max_file_size:
        raise HubError(413, f"{recipe.size} bytes are more than the {call.hub.rules.max_file_size} that this hub takes")
    return known_size(call, repo_of(call.db, repo), recipe.sha256) == recipe.size


def _put_together(call: Call, recipe: FileRecipe) -> None:
    """Write the file, and bring it into the store if its sha256 is what the shard says."""
    with call.hub.blobs.new() as blob:
        held: list[bytes] = []
        size = 0
        for term in recipe.terms:
            for data in call.hub.xorbs.bytes_of(term):
                held.append(data)
                size += len(data)
                if size >= PIECE:
                    blob.write(b"".join(held))
                    held, size = [], 0
        blob.write(b"".join(held))
        blob.finish(recipe.sha256, recipe.size)
        call.hub.blobs.keep([blob])
