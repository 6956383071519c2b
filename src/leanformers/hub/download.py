"""One file of a commit into the cache: resumed after a cut, also that of an earlier process, and checked by its hash.

blobs/<hash>.incomplete grows until it is whole → the hash is compared → blobs/<hash>
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import HubError, LeanformersError
from ..progress import download_progress
from .cache import RepositoryCache, RepositoryFile
from .failures import TemporaryError, disk_failure, no_network, refusal
from .transport import Hub, timeouts, wait_before

if TYPE_CHECKING:
    from httpx2 import Response

__all__ = ["fetch"]

_TRIES = 5  # without a single new byte
_AT_ONCE = 8
_PIECE = 1 << 20
Advance = Callable[[int], None]


def fetch(
    hub: Hub, cache: RepositoryCache, repository: str, commit: str, files: dict[str, RepositoryFile], *, force: bool
) -> None:
    """Bring files of one commit into the cache, several at a time, with a progress bar on a terminal.

    Raises:
        HubError: the hub refuses, fails or sends other bytes, or the disk is full.
    """
    total = sum(file.size for file in files.values())
    # Several paths may have the same bytes, which are fetched once.
    blobs = {file.etag: (path, file) for path, file in files.items()}
    with download_progress(f"Fetching {repository}", total) as advance, ThreadPoolExecutor(_AT_ONCE) as threads:
        work = [
            threads.submit(_fetch_blob, hub, cache, repository, commit, path, file, force, advance)
            for path, file in blobs.values()
        ]
        try:
            for job in work:
                job.result()
        except BaseException:
            threads.shutdown(wait=True, cancel_futures=True)
            raise
    for path, file in files.items():
        cache.link(commit, path, file)


def _fetch_blob(
    hub: Hub,
    cache: RepositoryCache,
    repository: str,
    commit: str,
    path: str,
    file: RepositoryFile,
    force: bool,
    advance: Advance,
) -> None:
    from huggingface_hub.utils._fixes import WeakFileLock

    blob = cache.blob(file)
    lock = cache.root / ".locks" / cache.folder.name / f"{file.etag}.lock"  # where the client has its own
    try:
        blob.parent.mkdir(parents=True, exist_ok=True)
        lock.parent.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(lock):
            if blob.exists() and not force:
                advance(file.size)
                return
            download = _Download(hub, repository, hub.address(repository, commit, path), path, file, advance)
            download.run(blob.with_name(f"{blob.name}.incomplete"))
            blob.with_name(f"{blob.name}.incomplete").replace(blob)
    except LeanformersError:
        raise
    except OSError as error:
        raise disk_failure(error, cache.root, file.size) from error


class _Download:
    """The bytes of one file, over as many requests as it takes."""

    def __init__(
        self, hub: Hub, repository: str, address: str, path: str, file: RepositoryFile, advance: Advance
    ) -> None:
        self.hub, self.repository, self.address = hub, repository, address
        self.path, self.file, self.advance = path, file, advance

    def run(self, target: Path) -> None:
        """Fill `target` until it is whole and right; once from the beginning when its hash is wrong."""
        for last in (False, True):
            self._fill(target)
            found = _hash_of(target, self.file)
            if found == self.file.etag:
                return
            target.unlink()
            if last:
                raise HubError(
                    f"{self.path} of {self.repository!r} arrived damaged twice: its hash should be {self.file.etag}, "
                    f"it is {found}; a proxy or the server changes it"
                )

    def _fill(self, target: Path) -> None:
        import httpx2

        tries, size = 0, -1
        while True:
            have = target.stat().st_size if target.exists() else 0
            if have == self.file.size:
                target.touch()
                return
            if have > self.file.size:
                target.unlink()
                have = 0
            tries = tries + 1 if have <= size else 1
            size = max(size, have)
            try:
                self._request(target, have)
                failure: HubError = HubError(f"{self.path} of {self.repository!r} was cut off at {have:,} bytes")
                wait = 0.2 * tries
            except httpx2.TransportError as error:
                failure, wait = no_network(error), 0.2 * tries
            except _LaterError as later:
                failure, wait = later.failure, later.wait
            if tries >= _TRIES:
                raise failure
            time.sleep(min(wait, 30.0))

    def _request(self, target: Path, have: int) -> None:
        from huggingface_hub import get_session

        # Compressed, the bytes on the way would not be those of the file, and a cut could not be resumed.
        headers = {**self.hub.headers, "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        with get_session().stream("GET", self.address, headers=headers, timeout=timeouts()) as response:
            self._check(response)
            resumed = response.status_code == 206
            if response.status_code == 416:
                target.unlink()
                return
            self._check_length(response)
            have = have if resumed else 0
            with target.open("ab" if resumed else "wb") as out:
                for piece in response.iter_bytes(_PIECE):
                    have += len(piece)
                    if have > self.file.size:
                        raise self._other_file("more")
                    out.write(piece)
                    self.advance(len(piece))

    def _check(self, response: Response) -> None:
        if response.status_code < 400 or response.status_code == 416:
            return
        failure: Any = refusal(response, self.repository)
        if isinstance(failure, TemporaryError):
            raise _LaterError(failure, wait_before(response, 0))
        raise failure

    def _check_length(self, response: Response) -> None:
        length = response.headers.get("Content-Length", "")
        encoded = response.headers.get("Content-Encoding", "identity") != "identity"
        if response.status_code == 200 and not encoded and length.isdigit() and int(length) != self.file.size:
            raise self._other_file(f"{int(length):,}")

    def _other_file(self, sent: str) -> HubError:
        return HubError(
            f"{self.path} of {self.repository!r} should have {self.file.size:,} bytes, {sent} are sent: a login page "
            "of this network (captive portal) or a proxy may stand before the hub"
        )


class _LaterError(Exception):
    """The hub asks to come again."""

    def __init__(self, failure: HubError, wait: float) -> None:
        super().__init__(str(failure))
        self.failure, self.wait = failure, wait


def _hash_of(path: Path, file: RepositoryFile) -> str:
    """SHA-256 of a file that is kept in LFS, else the hash that git gives it."""
    sha = hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as data:
        while piece := data.read(_PIECE):
            sha.update(piece)
    return sha.hexdigest()
