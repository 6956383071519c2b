"""One request on its way through a handler: who asks, for what, in which transaction."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, urlencode

from starlette.requests import Request

from .access import User, token_of_browser, user_of
from .errors import HubError, bad_request, forbidden, gated, repo_not_found
from .hub import Hub
from .repos import Repo, find_repo, has_access, moved_to

__all__ = ["Call"]


_T = TypeVar("_T")
_LARGEST_BODY = 16 << 20  # bytes of JSON or a form


@dataclass(slots=True)
class Call:
    """What a handler is given. `values` are the parts of the path that the route names, decoded.

    `db` and `user` are there within `reads` and `writes`: a handler of one transaction runs in one of them as a whole.
    """

    hub: Hub
    request: Request
    values: dict[str, str]
    db: sqlite3.Connection = field(init=False)
    user: User | None = field(init=False)
    body: bytes = b""
    authorization: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.authorization = self.request.headers.get("authorization")
        if self.request.method in ("GET", "HEAD"):
            self.authorization = token_of_browser(self.authorization)

    async def reads(self, step: Callable[[Call], _T]) -> _T:
        """`step`, in a thread, on one state of the index."""
        return await asyncio.get_running_loop().run_in_executor(None, self._run, self.hub.index.snapshot, step)

    async def writes(self, step: Callable[[Call], _T]) -> _T:
        """`step`, in a thread, in one transaction; when it raises, nothing has happened."""
        return await asyncio.get_running_loop().run_in_executor(None, self._run, self.hub.index.write, step)

    def _run(
        self, transaction: Callable[[], AbstractContextManager[sqlite3.Connection]], step: Callable[[Call], _T]
    ) -> _T:
        with transaction() as db:
            self.db = db
            self.user = user_of(db, self.authorization)
            return step(self)

    async def read_body(self, limit: int = _LARGEST_BODY) -> None:
        """Fetch the body.

        Raises:
            HubError: 413, it is too long.
        """
        pieces, size = [], 0
        async for piece in self.request.stream():
            size += len(piece)
            if size > limit:
                raise HubError(413, f"the body is longer than the {limit} bytes that are allowed here")
            pieces.append(piece)
        self.body = b"".join(pieces)

    @property
    def base(self) -> str:
        """`http://host:port` as the client knows it: it takes absolute URLs only from there."""
        return f"{self.request.url.scheme}://{self.request.headers.get('host', 'localhost')}"

    @property
    def kind(self) -> str:
        """model, dataset or space."""
        return self.values.get("kind", "models").removesuffix("s")

    @property
    def user_name(self) -> str:
        """The user's name; a handler that needs one has checked that there is a user."""
        return self.user.name if self.user else "anonymous"

    def flag(self, name: str) -> bool:
        """Whether the query says `name=1` or `name=true`."""
        return self.request.query_params.get(name, "").lower() in ("1", "true")

    def number(self, name: str, default: int, *, most: int) -> int:
        """A whole number of the query, at most `most`."""
        text = self.request.query_params.get(name, str(default))
        if not text.isascii() or not text.isdigit():
            raise bad_request(f"{name} must be a whole number, not {text[:40]!r}")
        return min(int(text[:12]), most)

    def json(self) -> dict[str, Any]:
        """The body, a JSON object. An empty body is an empty object."""
        try:
            value = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            raise bad_request("the body is not JSON") from None
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise bad_request("the body must be a JSON object")
        return value

    def form(self) -> dict[str, list[str]]:
        """The body, JSON or form-encoded, as lists of strings."""
        if self.request.headers.get("content-type", "").startswith("application/json"):
            values = self.json()
            return {
                name: list(map(str, value if isinstance(value, list) else [value])) for name, value in values.items()
            }
        try:
            return parse_qs(self.body.decode(), keep_blank_values=True, max_num_fields=100_000)
        except ValueError:
            raise bad_request("the body is not form-encoded") from None

    def text(self, name: str, default: str | None = None, *, most: int = 10_000) -> str:
        """A string of the JSON body."""
        value = self.json().get(name, default)
        if value is None and default is not None:
            value = default
        if not isinstance(value, str) or len(value) > most:
            raise bad_request(f"{name!r} must be a string of at most {most} characters")
        return value

    def repo(self) -> Repo:
        """The repository that the path names, if the user may see it.

        Raises:
            HubError: it is not there, or private; or it has moved (307).
        """
        name = self.values["repo"]
        repo = find_repo(self.db, self.kind, name)
        new = moved_to(self.db, self.kind, name) if repo is None else None
        if new is not None and self.sees(new):
            path = self.request.scope["raw_path"].decode("ascii").replace(f"/{quote(name)}", f"/{quote(new.name)}", 1)
            query = f"?{self.request.url.query}" if self.request.url.query else ""
            raise HubError(307, f"{name} has moved to {new.name}", headers={"Location": path + query})
        if repo is None or not self.sees(repo):
            raise repo_not_found(name, anonymous=self.user is None)
        return repo

    def sees(self, repo: Repo) -> bool:
        """Whether the user may know that `repo` is there."""
        return not repo.private or (self.user is not None and self.user.owns(repo.namespace))

    def may_read(self, repo: Repo) -> bool:
        """Whether the user may have the files of `repo`: gated ones have to be granted."""
        if self.user is not None and self.user.owns(repo.namespace):
            return True
        if repo.private:
            return False
        known = self.user is not None and (repo.gated == "auto" or has_access(self.db, repo, self.user.name))
        return not repo.gated or known

    def readable_repo(self) -> Repo:
        """As `repo`, for the contents of its files."""
        repo = self.repo()
        if not self.may_read(repo):
            raise gated(repo.name, anonymous=self.user is None)
        return repo

    def writable_repo(self) -> Repo:
        """As `repo`, for changes of it."""
        repo = self.repo()
        self.need_write(repo.namespace)
        return repo

    def need_write(self, namespace: str) -> None:
        """Raise a `HubError` unless the user may change repositories of `namespace`."""
        user = self.need_user()
        if not user.may_write(namespace):
            reason = f"has no rights in the namespace {namespace!r}" if user.role == "write" else "may only read"
            raise forbidden(f"the token of {user.name!r} {reason}")

    def need_user(self, *, write: bool = False) -> User:
        """The user, who must be known, and with `write` hold a token that may write something."""
        if self.user is None:
            raise HubError(401, "a token is needed for this: `hf auth login`, or HF_TOKEN")
        if write and self.user.role != "write":
            raise forbidden(f"the token of {self.user.name!r} may only read")
        return self.user

    def page_link(self, path: str | None = None, **query: object) -> dict[str, str]:
        """The header that names the next page: this URL with other values in its query, or another encoded path."""
        values = {**dict(self.request.query_params), **{name: str(value) for name, value in query.items()}}
        path = path or self.request.scope["raw_path"].decode("ascii")
        return {"Link": f'<{self.base}{path}?{urlencode(values)}>; rel="next"'}
