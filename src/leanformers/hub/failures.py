"""What went wrong between here and a hub, in one sentence with the cause and what to do."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import HubError, LeanformersError, MissingFileError
from .cache import endpoint

if TYPE_CHECKING:
    from httpx2 import Response

__all__ = ["NoNetworkError", "TemporaryError", "disk_failure", "no_network", "refusal", "web_page"]

_LOGIN = "log in with `leanformers hub login`, set HF_TOKEN or give token="


class TemporaryError(HubError):
    """The hub cannot answer now; a cached copy may do."""


class NoNetworkError(TemporaryError, MissingFileError):
    """The hub cannot be reached."""


def refusal(response: Response, repository: str, *, doing: str = "load") -> LeanformersError:
    """The error for an answer that is none: a status of 400 or more."""
    status, code = response.status_code, response.headers.get("X-Error-Code", "")
    said = response.headers.get("X-Error-Message", "")
    has_token = "authorization" in response.request.headers
    place = f"{repository!r} at {endpoint()}"
    if code == "GatedRepo":
        remedy = "ask for access on its page" if has_token else f"ask for access on its page, then {_LOGIN}"
        return HubError(f"{place} is gated ({status}): {remedy}: {endpoint()}/{repository}")
    if code == "RevisionNotFound":
        return MissingFileError(f"{place} has no such revision ({status}): {said or 'check revision='}")
    if code == "EntryNotFound":
        return MissingFileError(f"{place} has no such file ({status}): {said or response.url.path}")
    if status == 401 and has_token:
        return HubError(f"{place}: the token is wrong or has expired (401); {_LOGIN} another, or token=False for none")
    if status == 403:
        cause = f" ({said})" if said else ""
        who = "the token lacks the right" if has_token else "not without a token"
        return HubError(f"cannot {doing} {place}: {who} (403){cause}; {_LOGIN} one with the right")
    if status in (401, 404):
        remedy = "check the name and your access" if has_token else f"if it is private, {_LOGIN}"
        return MissingFileError(f"no repository {place} ({status}), or it is private: {remedy}")
    if status == 429:
        return TemporaryError(f"{endpoint()} says that there were too many requests (429){_later(response)}")
    if status >= 500:
        return TemporaryError(f"server error {status} of {endpoint()} for {repository!r}{_later(response)}")
    return HubError(f"{endpoint()} refuses to {doing} {repository!r}: status {status} {said}".rstrip())


def _later(response: Response) -> str:
    wait = response.headers.get("Retry-After")
    return f"; it asks to wait {wait} s" if wait else "; try again later"


def no_network(error: Exception) -> NoNetworkError:
    """The error for a connection that could not be made, broke or was too slow."""
    name = type(error).__name__
    reason = str(error).strip().splitlines()[0] if str(error).strip() else name
    if "Timeout" in name:
        reason = "no connection in time" if "Connect" in name else "no answer in time"
    return NoNetworkError(f"{endpoint()} cannot be reached ({reason}); is there a network, and is HF_ENDPOINT right?")


def web_page(response: Response) -> TemporaryError:
    """The error for something else than JSON, as the login page of a network sends for every address."""
    kind = response.headers.get("Content-Type", "no type")
    return TemporaryError(
        f"{response.url.host} answered with {kind} rather than JSON: a login page of this network (captive portal) or "
        f"a proxy may stand before it, or HF_ENDPOINT={endpoint()} is no hub; open it in a browser"
    )


def disk_failure(error: OSError, folder: Path, size: int) -> HubError:
    """The error for a cache that cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        try:
            free = f"{shutil.disk_usage(folder).free:,} bytes are free"
        except OSError:
            free = "it is full"
        return HubError(
            f"no room in the cache {folder}: {size:,} bytes are needed, {free}; free some "
            "(`leanformers hub cache --prune`), or name another disk with HF_HOME or cache_dir="
        )
    return HubError(
        f"the cache {folder} cannot be written: {error.strerror or error}; HF_HOME or cache_dir= names another"
    )
