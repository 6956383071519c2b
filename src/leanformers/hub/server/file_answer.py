"""A file as the answer: whole, or the part that `Range` asks for, read ahead while the network takes it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Mapping
from io import FileIO
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .errors import HubError

__all__ = ["FileAnswer", "asked_range", "file_headers", "is_known"]

_PIECE = 1 << 20  # bytes read at once; two of them are held for each download


def asked_range(header: str | None, size: int) -> tuple[int, int] | None:
    """`(begin, end)` for a `Range` header (RFC 9110, section 14); None for the whole file.

    Several ranges, or another unit, are answered by the whole file, as the RFC allows.

    Raises:
        HubError: 416, the file has no such bytes.

    >>> asked_range("bytes=10-", 100), asked_range("bytes=-5", 100), asked_range("bytes=0-9", 100)
    ((10, 100), (95, 100), (0, 10))
    """
    match = re.fullmatch(r"bytes=([0-9]{0,18})-([0-9]{0,18})", (header or "").strip())
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        begin, end = max(0, size - int(match[2])), size
    else:
        begin, end = int(match[1]), min(int(match[2]) + 1 if match[2] else size, size)
        if match[2] and int(match[2]) < int(match[1]):
            return None
    if begin >= end:
        raise HubError(416, f"the file has {size} bytes", headers={"Content-Range": f"bytes */{size}"})
    return begin, end


def file_headers(commit: str, etag: str, size: int) -> dict[str, str]:
    """What clients know a file by, which is large if its ETag is a sha256; and that a browser may run nothing of it."""
    headers = {
        "X-Repo-Commit": commit,
        "ETag": f'"{etag}"',
        "Vary": "Authorization",
        "Content-Type": "application/octet-stream",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if len(etag) == 64:
        headers |= {"X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(size)}
    return headers


def is_known(request: Request, etag: str) -> bool:
    """Whether `If-None-Match` says that the client has these bytes."""
    asked = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return f'"{etag}"' in asked or "*" in asked


class FileAnswer(Response):
    """The answer: 200 with the whole file, or 206 with `Range`; for HEAD, its headers alone."""

    def __init__(self, request: Request, path: Path, size: int, headers: Mapping[str, str]) -> None:
        asked = asked_range(request.headers.get("range"), size)
        if request.headers.get("if-range", headers["ETag"]) != headers["ETag"]:
            asked = None  # the client has the beginning of another file
        self._path = path
        self._begin, self._end = asked or (0, size)
        more = {"Accept-Ranges": "bytes", "Content-Length": str(self._end - self._begin)}
        if asked:
            more["Content-Range"] = f"bytes {self._begin}-{self._end - 1}/{size}"
        super().__init__(status_code=206 if asked else 200, headers={**headers, **more})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        if scope["method"] == "HEAD":
            await send(start)
            await send({"type": "http.response.body", "body": b""})
            return
        with self._open() as file:
            file.seek(self._begin)
            await send(start)
            await self._send(file, self._end - self._begin, receive, send)

    def _open(self) -> FileIO:
        return self._path.open("rb", buffering=0)

    async def _send(self, file: FileIO, left: int, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        gone = asyncio.ensure_future(_disconnected(receive))
        ahead = loop.run_in_executor(None, file.read, min(_PIECE, left))
        try:
            while left and not gone.done():
                piece = await ahead
                if not piece:  # the blob was cut off on the disk: the client must not take it for whole
                    raise OSError(f"{self._path} ends too early")
                left -= len(piece)
                ahead = loop.run_in_executor(None, file.read, min(_PIECE, left))
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        finally:
            gone.cancel()
            with contextlib.suppress(OSError):
                await ahead
        if not left:
            await send({"type": "http.response.body", "body": b""})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
