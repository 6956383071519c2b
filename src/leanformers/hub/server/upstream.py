"""Another hub behind this one: repositories that are not here are asked for there, and what was asked for is kept.

a request for a repository that is not here ──► kept, and young enough or of one commit ──► that
                                                else ──► upstream's answer, kept; upstream is down ──► what was kept

Nothing of it enters the index: a repository that is made here takes the place of upstream's.

```
FOLDER/mirror/answers/…   what upstream says of repositories, with the headers that clients read
FOLDER/mirror/blobs/…     files, by git's id or the sha256 that upstream gave, and checked by it
```
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from starlette.responses import Response

from .calls import Call
from .errors import HubError
from .file_answer import FileAnswer, file_headers, is_known
from .mirrored_file import Download, GrowingAnswer
from .names import checked_repo_name
from .repos import find_repo

if TYPE_CHECKING:
    import httpx2

__all__ = ["Upstream"]

_log = logging.getLogger("leanformers.hub")
_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 15.0
_LARGEST_ANSWER = 64 << 20  # bytes
_REDIRECTS = 3
_COMMIT = re.compile(r"/(?:revision|tree|paths-info|commits|resolve|raw)/[0-9a-f]{40}(?:[/?]|$)")
_ETAG = re.compile(r'(?:W/)?"?([0-9a-f]{64}|[0-9a-f]{40})"?')
_KEPT_HEADERS = ("content-type", "link")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What upstream said, and when."""

    headers: Mapping[str, str]
    body: bytes
    at: float


class Upstream:
    """A hub that is asked for what is not here.

    Args:
        url: its address.
        folder: where its answers and files are kept.
        token: sent with each request. What it opens is open to all who may read here.
        seconds: how long an answer about a branch is good.
    """

    def __init__(self, url: str, folder: Path, *, token: str | None = None, seconds: float = 60.0) -> None:
        self.url = url.rstrip("/")
        self._answers, self._blobs = folder / "answers", folder / "blobs"
        for place in (self._answers, self._blobs):
            place.mkdir(parents=True, exist_ok=True)
        for part in self._blobs.glob("*.part"):  # of a server that was killed
            part.unlink(missing_ok=True)
        self._headers = {"User-Agent": "leanformers", **({"Authorization": f"Bearer {token}"} if token else {})}
        self._seconds = seconds
        self._downloads: dict[str, Download] = {}  # by etag; belongs to the event loop

    async def answer(self, call: Call, path: str, missing: HubError) -> Response:
        """What upstream has at `path`, the request's as it was sent; `missing` is raised when it has nothing."""
        try:
            checked_repo_name(call.values["repo"])
        except HubError:
            raise missing from None
        if await asyncio.to_thread(_is_here, call):  # but private: its name is nobody's business
            raise missing
        if path.startswith("/api/"):
            return await self._description(call, path, missing)
        return await self._file(call, path, missing)

    async def _description(self, call: Call, path: str, missing: HubError) -> Response:
        query = call.request.url.query
        target = path + (f"?{query}" if query else "")
        kind = {"Content-Type": call.request.headers.get("content-type", "")} if call.body else {}
        answer = await self._ask(call.request.method, target, missing, content=call.body, headers=kind)
        headers = dict(answer.headers)
        if "link" in headers:  # clients take the next page only from where they asked for the first
            headers["link"] = headers["link"].replace(self.url, call.base)
        return Response(answer.body, 200, headers)

    async def _file(self, call: Call, path: str, missing: HubError) -> Response:
        known = (await self._ask("HEAD", path, missing, headers={"Accept-Encoding": "identity"})).headers
        match = _ETAG.fullmatch(known.get("x-linked-etag") or known.get("etag", ""))
        size = known.get("x-linked-size") or known.get("content-length", "")
        if match is None or not size.isdigit():
            raise HubError(502, f"{self.url} says neither the hash nor the size of this file")
        etag, length = match[1], int(size)
        headers = file_headers(known.get("x-repo-commit", ""), etag, length)
        if is_known(call.request, etag):
            return Response(status_code=304, headers=headers)
        blob = self._blobs / etag
        if call.request.method == "HEAD" or blob.is_file():
            return FileAnswer(call.request, blob, length, headers)
        return GrowingAnswer(call.request, self._download(path, etag, length, blob), headers)

    def _download(self, path: str, etag: str, size: int, blob: Path) -> Download:
        """The one download of a file, for all who ask for it meanwhile."""
        found = self._downloads.get(etag)
        if found is None:
            found = Download(self.url + path, self._headers, etag, size, blob)
            self._downloads[etag] = found
            found.task.add_done_callback(partial(self._ended, etag))
        return found

    def _ended(self, etag: str, task: asyncio.Task[None]) -> None:
        del self._downloads[etag]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("%s of %s could not be fetched: %s", etag, self.url, error)

    async def _ask(
        self, method: str, target: str, missing: HubError, *, content: bytes = b"", headers: Mapping[str, str]
    ) -> _Answer:
        """Upstream's answer, or the one that was kept."""
        # Of a file, GET and HEAD have the same answer here: its headers.
        name = hashlib.sha256(b"\n".join([method.encode(), target.encode(), content])).hexdigest()
        kept = await asyncio.to_thread(self._kept, name)
        if kept and (_COMMIT.search(target) or time.time() - kept.at < self._seconds):
            return kept
        try:
            answer = await self._fetch(method, target, missing, content, headers)
        except HubError as error:
            if kept is not None and error.status >= 500:
                return kept
            raise
        await asyncio.to_thread(self._keep, name, answer)
        return answer

    async def _fetch(
        self, method: str, target: str, missing: HubError, content: bytes, headers: Mapping[str, str]
    ) -> _Answer:
        import httpx2

        timeout = httpx2.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS)
        url = self.url + target
        async with httpx2.AsyncClient(headers={**self._headers, **headers}, timeout=timeout) as client:
            for _ in range(_REDIRECTS):
                try:
                    answer = await client.request(method, url, content=content)
                except httpx2.HTTPError as error:
                    reason = str(error) or type(error).__name__
                    raise HubError(504, f"it is not here, and {self.url} cannot be reached: {reason}") from error
                place = urljoin(url, answer.headers.get("location", ""))
                if not answer.is_redirect or urlsplit(place).netloc != urlsplit(self.url).netloc:
                    break  # a redirect elsewhere leads to a file's bytes: its headers say what the file is
                url = place
        self._refuse(answer, missing)
        if method == "HEAD":
            return _Answer({name.lower(): value for name, value in answer.headers.items()}, b"", time.time())
        if len(answer.content) > _LARGEST_ANSWER:
            raise HubError(502, f"the answer of {self.url} is longer than {_LARGEST_ANSWER} bytes")
        kept = {name: value for name, value in answer.headers.items() if name.lower() in _KEPT_HEADERS}
        return _Answer(kept, answer.content, time.time())

    def _refuse(self, answer: httpx2.Response, missing: HubError) -> None:
        status, code = answer.status_code, answer.headers.get("x-error-code")
        if status < 400:
            return
        if status in (401, 404) and code in (None, "RepoNotFound"):
            raise missing
        if status >= 500 or status == 429:
            raise HubError(502, f"it is not here, and {self.url} answers with status {status}")
        said = answer.headers.get("x-error-message") or f"{self.url} answers with status {status}"
        raise HubError(status, said, code=code)

    def _kept(self, name: str) -> _Answer | None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            head, _, body = (self._answers / name).read_bytes().partition(b"\n")
            values = json.loads(head)
            return _Answer(values["headers"], body, float(values["at"]))
        return None

    def _keep(self, name: str, answer: _Answer) -> None:
        aside = self._answers / f"{name}.{time.monotonic_ns()}"
        aside.write_bytes(json.dumps({"at": answer.at, "headers": dict(answer.headers)}).encode() + b"\n" + answer.body)
        aside.replace(self._answers / name)


def _is_here(call: Call) -> bool:
    return find_repo(call.hub.index.read, call.kind, call.values["repo"]) is not None
