"""A file on its way from upstream: written once, sent on meanwhile to all who ask for it, and checked by its hash."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from io import FileIO
from pathlib import Path

from starlette.requests import Request
from starlette.types import Receive, Send

from .blobs import IncomingBlob
from .file_answer import FileAnswer

__all__ = ["Download", "GrowingAnswer"]

_PIECE = 1 << 20
_TRIES = 5  # without a single new byte
_SECONDS = 30.0  # to wait for bytes


class Download:
    """One download, as a task of the event loop.

    Attributes:
        part: where the bytes are until they are known to be right.
        ready: how many of them may be sent on. The last one is held back until the hash was compared, so that nobody
            takes wrong bytes for a whole file.
        task: done when the file is in its place, or the download has failed.
    """

    def __init__(self, url: str, headers: Mapping[str, str], etag: str, size: int, blob: Path) -> None:
        self.size = size
        self.ready = 0
        self._incoming = IncomingBlob(blob.with_name(f"{blob.name}.{time.monotonic_ns()}.part"))
        self.part = self._incoming.path
        self._url, self._headers, self._etag, self._blob = url, headers, etag, blob
        self._grown = asyncio.Event()
        self.task = asyncio.create_task(self._run())

    def open(self) -> FileIO:
        """The bytes that have come so far, and those to come."""
        try:
            return self.part.open("rb", buffering=0)
        except FileNotFoundError:  # it has just come into its place
            return self._blob.open("rb", buffering=0)

    async def beyond(self, position: int) -> int:
        """Wait until more than `position` bytes are ready; how many there are.

        Raises:
            OSError: the download has failed.
        """
        while self.ready <= position:
            if self.task.done():
                raise OSError(f"{self._url} could not be fetched: {self.task.exception()}")
            grown = self._grown
            waiting = asyncio.ensure_future(grown.wait())
            await asyncio.wait({waiting, self.task}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
        return self.ready

    async def _run(self) -> None:
        with self._incoming:
            await self._receive()
            await asyncio.to_thread(self._keep)
            self._let_on(self.size)

    def _keep(self) -> None:
        """Bring the file into its place, on the disk, if it is the one that was announced."""
        found = self._incoming.sha256 if len(self._etag) == 64 else self._incoming.git_id()
        if found != self._etag:
            raise OSError(f"its hash is {found}, not {self._etag}")
        self._incoming.finish()
        self.part.replace(self._blob)

    async def _receive(self) -> None:
        import httpx2

        tries = 0
        while (written := self._incoming.size) < self.size:
            headers = {**self._headers, "Accept-Encoding": "identity", "Range": f"bytes={written}-"}
            try:
                async with (
                    httpx2.AsyncClient(follow_redirects=True, timeout=_SECONDS) as client,
                    client.stream("GET", self._url, headers=headers) as answer,
                ):
                    if answer.status_code != (206 if written else answer.status_code) or answer.status_code >= 400:
                        raise OSError(f"upstream answers with status {answer.status_code}")
                    async for piece in answer.aiter_raw(_PIECE):
                        if self._incoming.size + len(piece) > self.size:
                            raise OSError(f"more than {self.size} bytes arrive")
                        await asyncio.to_thread(self._incoming.write, piece)
                        self._let_on(min(self._incoming.size, self.size - 1))
            except httpx2.HTTPError:
                tries = tries + 1 if self._incoming.size == written else 1
                if tries == _TRIES:
                    raise
                await asyncio.sleep(0.2 * tries)
                continue
            if self._incoming.size == written:
                raise OSError(f"{written} of {self.size} bytes arrive")

    def _let_on(self, ready: int) -> None:
        self.ready = ready
        self._grown.set()
        self._grown = asyncio.Event()


class GrowingAnswer(FileAnswer):
    """As `FileAnswer`, of a file that is still being written."""

    def __init__(self, request: Request, download: Download, headers: Mapping[str, str]) -> None:
        super().__init__(request, download.part, download.size, headers)
        self._download = download

    def _open(self) -> FileIO:
        return self._download.open()

    async def _send(self, file: FileIO, left: int, receive: Receive, send: Send) -> None:
        position = file.tell()
        while left:
            ready = await self._download.beyond(position)
            piece = await asyncio.to_thread(file.read, min(_PIECE, left, ready - position))
            position += len(piece)
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
