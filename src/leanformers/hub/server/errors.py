"""What the server refuses, in the words that clients turn into their own exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from ...errors import LeanformersError

__all__ = [
    "HubError",
    "bad_request",
    "conflict",
    "entry_not_found",
    "forbidden",
    "gated",
    "repo_not_found",
    "revision_not_found",
    "wrong_token",
]


class HubError(LeanformersError, ValueError):
    """A request is answered by an error: `status`, a `code` for `X-Error-Code`, more `headers`, more of the `body`."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        # A header holds printable ASCII only: names from requests must not be able to break it.
        self.headers = {
            "X-Error-Message": quote(message[:1000], safe=" !\"#$&'()*+,-./:;<=>?@[]^_`{|}~"),
            **(headers or {}),
        }
        if code is not None:
            self.headers["X-Error-Code"] = code
        self.body = {"error": message, **(body or {})}


def bad_request(message: str) -> HubError:
    """400: the request itself is wrong."""
    return HubError(400, message)


def conflict(message: str, **body: object) -> HubError:
    """409: what should be made is there already, or two changes exclude each other."""
    return HubError(409, message, body=body)


def repo_not_found(name: str, *, anonymous: bool) -> HubError:
    """404, or 401 for a client without a token: the repository may be private, and then it must look missing."""
    return HubError(401 if anonymous else 404, f"Repository not found: {name}", code="RepoNotFound")


def revision_not_found(revision: str) -> HubError:
    """404: the repository has no such branch, tag or commit."""
    return HubError(404, f"Invalid rev id: {revision}", code="RevisionNotFound")


def entry_not_found(path: str, commit: str | None = None) -> HubError:
    """404: the commit has no such file. The client remembers the miss by the commit's id."""
    headers = {"X-Repo-Commit": commit} if commit else None
    return HubError(404, f"Entry not found: {path}", code="EntryNotFound", headers=headers)


def gated(name: str, *, anonymous: bool) -> HubError:
    """403, or 401 for a client without a token: the files are for those who were granted access."""
    message = f"Access to {name} is restricted: its owner has to grant it to you"
    return HubError(401 if anonymous else 403, message, code="GatedRepo")


def forbidden(message: str) -> HubError:
    """403: the token is known, but may not do this."""
    return HubError(403, message)


def wrong_token() -> HubError:
    """401: there is a token, and nobody knows it. The words are those that the client looks for."""
    return HubError(401, "Invalid credentials in Authorization header")
