"""Requests to a hub through the client's session: JSON with bounded waits, and answers that are what they should be."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin

from ..errors import HubError, MissingFileError
from .cache import RepositoryFile, endpoint
from .failures import TemporaryError, no_network, refusal, web_page

if TYPE_CHECKING:
    from httpx2 import Response, Timeout

__all__ = ["Hub", "wait_before"]

_CONNECT = 2.5  # seconds; without a network the user hears of it within 3
_LONGEST_WAIT = 30.0  # seconds of Retry-After that are honoured, all tries together
_TRIES = 3


class Hub:
    """A hub as one token sees it."""

    def __init__(self, token: str | bool | None) -> None:
        from huggingface_hub.errors import LocalTokenNotFoundError
        from huggingface_hub.utils._headers import build_hf_headers

        from .. import __version__

        try:
            self.headers: dict[str, str] = build_hf_headers(
                token=token, library_name="leanformers", library_version=__version__
            )
        except LocalTokenNotFoundError:
            raise HubError(
                "token=True, but there is no stored token: `leanformers hub login`, or set HF_TOKEN"
            ) from None

    def commit_of(self, repository: str, revision: str) -> str:
        """The commit that a revision is now. One request."""
        answer = self._json(repository, f"/api/models/{repository}/revision/{quote(revision, safe='')}")
        return str(answer[0]["sha"])

    def files_of(self, repository: str, commit: str) -> dict[str, RepositoryFile]:
        """All files of a commit by their paths. One request for each page."""
        place: str | None = f"/api/models/{repository}/tree/{commit}?recursive=true"
        files: dict[str, RepositoryFile] = {}
        while place is not None:
            entries, place = self._json(repository, place)
            for entry in entries:
                if entry["type"] == "file":
                    lfs = entry.get("lfs") or {}
                    size = int(lfs.get("size", entry["size"]))
                    sha256 = _hash(lfs["oid"]) if lfs else None
                    files[_inside(entry["path"])] = RepositoryFile(size, _hash(entry["oid"]), sha256)
        return files

    def user(self, repository: str) -> dict[str, Any]:
        """Whose token it is; `repository` is named in errors. One request."""
        answer: dict[str, Any] = self._json(repository, "/api/whoami-v2")[0]
        return answer

    def text_of(self, repository: str, revision: str, path: str) -> str | None:
        """The text of a small file; None where there is none. One request."""
        try:
            response = self._get(repository, self.address(repository, quote(revision, safe=""), path))
        except MissingFileError:
            return None
        return response.content.decode("utf-8", "replace")

    def address(self, repository: str, commit: str, path: str) -> str:
        """Where a file is."""
        return f"{endpoint()}/{repository}/resolve/{commit}/{quote(path)}"

    def _json(self, repository: str, place: str) -> tuple[Any, str | None]:
        """An answer's JSON and the address of its next page."""
        response = self._get(repository, urljoin(f"{endpoint()}/", place) if "://" in place else endpoint() + place)
        try:
            if "json" not in response.headers.get("Content-Type", ""):
                raise ValueError
            return response.json(), response.links.get("next", {}).get("url")
        except ValueError:
            raise web_page(response) from None

    def _get(self, repository: str, address: str) -> Response:
        import httpx2
        from huggingface_hub import get_session

        waited = 0.0
        for attempt in range(_TRIES):
            try:
                response = get_session().get(address, headers=self.headers, timeout=timeouts())
            except httpx2.TimeoutException as error:
                raise no_network(error) from error
            except httpx2.TransportError as error:
                if isinstance(error, httpx2.ConnectError) or attempt == _TRIES - 1:
                    raise no_network(error) from error
                time.sleep(0.2)
                continue
            if response.status_code < 400:
                return response
            failure = refusal(response, repository)
            wait = wait_before(response, attempt)
            if not isinstance(failure, TemporaryError) or attempt == _TRIES - 1 or waited + wait > _LONGEST_WAIT:
                raise failure
            waited += wait
            time.sleep(wait)
        raise AssertionError("the last try returns or raises")


def timeouts() -> Timeout:
    """Short to connect; as long as HF_HUB_ETAG_TIMEOUT (10 s) for an answer."""
    import httpx2

    try:
        answer = float(os.environ.get("HF_HUB_ETAG_TIMEOUT") or 10)
    except ValueError:
        answer = 10.0
    return httpx2.Timeout(answer, connect=min(_CONNECT, answer))


def wait_before(response: Response, attempt: int) -> float:
    """Seconds before the next try: what Retry-After says, else a little more each time."""
    said = response.headers.get("Retry-After", "")
    return float(said) if said.isascii() and said.isdigit() else 0.3 * 2**attempt


def _inside(path: str) -> str:
    if path.startswith("/") or "\\" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise HubError(f"{endpoint()} lists a file whose path leads outside of the repository: {path!r}")
    return path


def _hash(value: str) -> str:
    if len(value) not in (40, 64) or not all(character in "0123456789abcdef" for character in value):
        raise HubError(f"{endpoint()} lists a file with a hash that is none: {value!r}")
    return value
