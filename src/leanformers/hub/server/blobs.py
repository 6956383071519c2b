"""The files' bytes, each file once: named by their sha256, written aside, flushed, and renamed into place."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from .errors import HubError, bad_request
from .objects import git_hash

__all__ = ["BlobStore", "IncomingBlob", "flush_folder", "in_pieces", "receive"]

PIECE = 1 << 20  # bytes that are read, hashed or written at once
_FLUSH = 32 << 20  # bytes that are received between two flushes


class BlobStore:
    """The folder of blobs, and beside it the folder where they are written before they are whole.

    ```
    FOLDER/blobs/3a/3a7f…   a file by its sha256
    FOLDER/incoming/…       what is being received; what a crash leaves there, `hub gc` removes
    ```
    """

    def __init__(self, folder: Path) -> None:
        self.blobs = folder / "blobs"
        self.incoming = folder / "incoming"

    def create(self) -> None:
        """Make the folders, all of them and on disk, so that later only files have to be flushed."""
        self.incoming.mkdir(parents=True, exist_ok=True)
        for number in range(256):
            (self.blobs / f"{number:02x}").mkdir(parents=True, exist_ok=True)
        flush_folder(self.blobs)
        flush_folder(self.blobs.parent)

    def path(self, sha256: str) -> Path:
        """Where the blob is, or would be."""
        return self.blobs / sha256[:2] / sha256

    def size(self, sha256: str) -> int | None:
        """The bytes of a blob; None when it is not there."""
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def touch(self, sha256: str) -> None:
        """Make a blob young again: it will be used soon, and `hub gc` removes old ones that nobody uses."""
        with contextlib.suppress(FileNotFoundError):
            os.utime(self.path(sha256))

    def all(self) -> Iterator[Path]:
        """Every blob."""
        for folder in sorted(self.blobs.iterdir()):
            yield from sorted(folder.iterdir())

    def new(self) -> IncomingBlob:
        """A blob to be written."""
        return IncomingBlob(self.temporary(".blob"))

    def temporary(self, suffix: str) -> Path:
        """A new name in the folder of what is being received."""
        return self.incoming / f"{secrets.token_hex(12)}{suffix}"

    def adopt(self, path: Path, sha256: str, size: int) -> None:
        """Bring a file, to which nobody writes any more, into the store; it is removed if it is not what it should be.

        Raises:
            HubError: 400, its bytes are others than announced.
        """
        with IncomingBlob(path, "rb+") as blob:
            blob.read()
            blob.finish(sha256, size)
            self.keep([blob])

    def keep(self, blobs: Iterable[IncomingBlob]) -> None:
        """Bring finished blobs into the store. From here on they survive a crash.

        One that is there already is replaced: if the disk has harmed it, it is sound again.
        """
        folders = set()
        for blob in blobs:
            target = self.path(blob.sha256)
            with self._locked(
                fcntl.LOCK_SH
            ):  # `hub gc` may have looked at the one that is there, and be about to remove it
                blob.path.replace(target)
            folders.add(target.parent)
        for folder in folders:
            flush_folder(folder)

    def exclusive(self) -> AbstractContextManager[None]:
        """While this lasts, no blob comes, in any process."""
        return self._locked(fcntl.LOCK_EX)

    @contextlib.contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        with (self.blobs.parent / "lock").open("wb") as file:  # of its own, so that threads exclude each other too
            fcntl.flock(file, kind)
            yield


class IncomingBlob:
    """A file on its way into the store; a context that leaves nothing behind. Used by one thread at a time."""

    def __init__(self, path: Path, mode: Literal["xb", "rb+"] = "xb") -> None:
        self.path = path
        self.size = 0
        self._sha256 = hashlib.sha256()
        self._file = path.open(mode, buffering=0)

    def __enter__(self) -> IncomingBlob:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self.hash(data)
        self.write_unhashed(data)

    def hash(self, data: bytes) -> None:
        """Half of `write`, for a thread of its own."""
        self._sha256.update(data)

    def write_unhashed(self, data: bytes) -> None:
        """The other half."""
        view = memoryview(data)
        while view:  # an unbuffered file may take less than it is given
            view = view[self._file.write(view) :]
        self.size += len(data)

    def flush(self) -> None:
        """Bring what was written so far to the disk."""
        getattr(os, "fdatasync", os.fsync)(self._file.fileno())  # not every system has the lighter one

    def read(self) -> None:
        """Hash what the file holds already."""
        while piece := self._file.read(PIECE):
            self._sha256.update(piece)
            self.size += len(piece)

    @property
    def sha256(self) -> str:
        """Of what was written so far."""
        return self._sha256.hexdigest()

    def finish(self, sha256: str | None = None, size: int | None = None) -> None:
        """The last byte was written: bring all of them to the disk, if they are those that were announced.

        Raises:
            HubError: 400, they are others.
        """
        if size is not None and self.size != size:
            raise bad_request(f"{self.size} bytes arrived where {size} were announced")
        if sha256 is not None and self.sha256 != sha256:
            raise bad_request(f"the bytes that arrived have sha256 {self.sha256}, not {sha256}: send them again")
        os.fsync(self._file.fileno())
        self._file.close()

    def git_id(self) -> str:
        """Git's id, which begins with the size: known when all is written, and so read once more."""
        digest = git_hash("blob", self.size)
        with self.path.open("rb", buffering=0) as file:
            while piece := file.read(PIECE):
                digest.update(piece)
        return digest.hexdigest()


async def in_pieces(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The bytes of a request in pieces that are worth a thread's while."""
    pieces: list[bytes] = []
    held = 0
    async for piece in stream:
        pieces.append(piece)
        held += len(piece)
        if held >= PIECE:
            yield b"".join(pieces)
            pieces, held = [], 0
    yield b"".join(pieces)


async def receive(blob: IncomingBlob, stream: AsyncIterator[bytes], *, limit: int) -> None:
    """Write a request's body into `blob`, at most `limit` bytes; hashing, writing and the network run side by side.

    Raises:
        HubError: 413, there are more bytes.
    """
    loop = asyncio.get_running_loop()
    hashed = written = flushed = loop.create_future()
    hashed.set_result(None)
    received = unflushed = 0
    try:
        async for data in in_pieces(stream):
            received += len(data)
            if received > limit:
                raise HubError(413, f"the body is longer than the {limit} bytes that are expected here")
            await hashed
            hashed = loop.run_in_executor(None, blob.hash, data)
            await written
            written = loop.run_in_executor(None, blob.write_unhashed, data)
            unflushed += len(data)
            if unflushed >= _FLUSH and flushed.done():  # or all the flushing would be left to the end
                flushed = loop.run_in_executor(None, blob.flush)
                unflushed = 0
    finally:  # also when the client went away: the file must not be closed under those who use it
        await asyncio.gather(hashed, written, flushed)


def flush_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
