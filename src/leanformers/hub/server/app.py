"""The table of routes, and how a request becomes a call of one of them."""

from __future__ import annotations

import asyncio
import errno
import logging
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from . import account, commits, content, discussions, lfs, repo_api, xet
from .access import is_loopback, is_open
from .calls import Call
from .errors import HubError, bad_request
from .hub import Hub
from .names import RESERVED
from .preupload import preupload
from .resolve import resolve
from .upstream import Upstream

__all__ = ["HubApp", "Route", "read", "routes", "write"]

Answer: TypeAlias = "Response | dict[str, Any]"
_log = logging.getLogger("leanformers.hub")

_THREADS = 32  # for the disk and the database; a thread has a connection of its own

_PARTS = {
    "kind": "models|datasets|spaces",
    "repo": rf"(?:[^/]+/)?(?!(?:{'|'.join(sorted(RESERVED))})(?:/|$))[^/]+",
    "path": ".+",
    "num": "[0-9]+",
    "part": "[1-9][0-9]{0,8}",
    "id": "[0-9]{1,15}",
    "size": "[0-9]{1,18}",
    "oid": "[0-9a-f]{64}",
    "xorb": "[0-9a-f]{64}",
}
"""What the named parts of a route match, in the path as it was sent; any other part is one name between two `/`."""


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a path with `{named}` parts, and who answers."""

    method: str
    path: str
    handler: Callable[[Call], Awaitable[Answer]]

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression."""
        named = re.sub(r"\{(\w+)\}", lambda match: f"(?P<{match[1]}>{_PARTS.get(match[1], '[^/]+')})", self.path)
        return re.compile(named.replace(".git/", r"\.git/"))


def read(handler: Callable[[Call], Answer]) -> Callable[[Call], Awaitable[Answer]]:
    """A handler that only reads, all of it on one state of the index."""

    async def answer(call: Call) -> Answer:
        await call.read_body()
        return await call.reads(handler)

    return answer


def write(handler: Callable[[Call], Answer]) -> Callable[[Call], Awaitable[Answer]]:
    """A handler that is one transaction."""

    async def answer(call: Call) -> Answer:
        await call.read_body()
        return await call.writes(handler)

    return answer


def routes() -> list[Route]:
    """Every request that a hub answers."""
    api = "/api/{kind}/{repo}"
    discussion = f"{api}/discussions/{{num}}"
    large = "/-/lfs/{id}/{oid}/{size}"
    return [
        Route("GET", "/api/whoami-v2", read(account.whoami)),
        Route("GET", "/api/agent-harnesses", read(account.agent_harnesses)),
        Route("POST", "/api/validate-yaml", read(account.validate_yaml)),
        Route("POST", "/api/repos/create", write(repo_api.create)),
        Route("DELETE", "/api/repos/delete", write(repo_api.delete)),
        Route("POST", "/api/repos/move", write(repo_api.move)),
        Route("GET", "/api/{kind}", read(repo_api.index)),
        Route("GET", api, read(repo_api.info)),
        Route("GET", f"{api}/revision/{{revision}}", read(repo_api.info)),
        Route("PUT", f"{api}/settings", write(repo_api.settings)),
        Route("GET", f"{api}/auth-check", read(repo_api.access_check)),
        Route("GET", f"{api}/auth-check/write", read(repo_api.write_check)),
        Route("GET", f"{api}/user-access-request/{{status}}", read(repo_api.access_requests)),
        Route("POST", f"{api}/user-access-request/(?:grant|handle)", write(repo_api.access_grant)),
        Route("GET", f"{api}/tree/{{revision}}", read(content.tree)),
        Route("GET", f"{api}/tree/{{revision}}/{{path}}", read(content.tree)),
        Route("POST", f"{api}/paths-info/{{revision}}", read(content.paths_info)),
        Route("GET", f"{api}/refs", read(content.refs)),
        Route("GET", f"{api}/commits/{{revision}}", read(content.commits)),
        Route("POST", f"{api}/branch/{{name}}", write(content.create_branch)),
        Route("DELETE", f"{api}/branch/{{name}}", write(content.delete_branch)),
        Route("POST", f"{api}/tag/{{name}}", write(content.create_tag)),
        Route("DELETE", f"{api}/tag/{{name}}", write(content.delete_tag)),
        Route("POST", f"{api}/super-squash/{{name}}", write(content.super_squash)),
        Route("POST", f"{api}/preupload/{{revision}}", read(preupload)),
        Route("POST", f"{api}/commit/{{revision}}", commits.commit),
        Route("GET", f"{api}/discussions", read(discussions.index)),
        Route("POST", f"{api}/discussions", write(discussions.create)),
        Route("GET", discussion, read(discussions.details)),
        Route("POST", f"{discussion}/comment", write(discussions.comment)),
        Route("POST", f"{discussion}/comment/{{comment}}/edit", write(discussions.edit_comment)),
        Route("POST", f"{discussion}/comment/{{comment}}/hide", write(discussions.hide_comment)),
        Route("POST", f"{discussion}/status", write(discussions.change_status)),
        Route("POST", f"{discussion}/title", write(discussions.rename)),
        Route("POST", f"{discussion}/merge", write(discussions.merge)),
        Route("POST", "(?:/{kind})?/{repo}.git/info/lfs/objects/batch", write(lfs.batch)),
        Route("PUT", f"{large}/whole/{{signed}}", lfs.put),
        Route("PUT", f"{large}/{{part}}/{{signed}}", lfs.put_part),
        Route("POST", f"{large}/complete/{{signed}}", lfs.complete),
        Route("POST", f"{large}/verify", read(lfs.verify)),
        Route("GET", f"{large}/download/{{signed}}", read(lfs.download)),
        Route("GET", f"{api}/xet-write-token/{{revision}}", read(xet.write_token)),
        Route("POST", "/-/xet/[0-9]+/v1/xorbs/default/{xorb}", xet.put_xorb),
        Route("POST", "/-/xet/[0-9]+/v1/shards", xet.put_shard),
        Route("GET", "(?:/{kind})?/{repo}/(?:resolve|raw)/{revision}/{path}", read(resolve)),
    ]


class HubApp:
    """The hub as an ASGI application.

    Args:
        more: routes that are looked at after those of the API.
        local: it listens to this machine only; then, as long as it asks for no tokens, it answers to names of this
            machine only. (Else pages of a site that gives its name the address 127.0.0.1 could act for the owner.)
    """

    def __init__(self, hub: Hub, more: list[Route] | None = None, *, local: bool = False) -> None:
        self.hub = hub
        self._local = local
        rules = hub.rules
        self._upstream = None
        if rules.upstream is not None:
            self._upstream = Upstream(
                rules.upstream, hub.folder / "mirror", token=rules.upstream_token, seconds=rules.upstream_seconds
            )
        self._table = [(route.pattern, route) for route in [*routes(), *(more or [])]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        answer: ASGIApp
        try:
            answer = await self._answer(request)
        except HubError as error:
            answer = JSONResponse(error.body, error.status, error.headers)
        except ClientDisconnect:
            return  # nobody is there to be answered
        except Exception as error:
            _log.exception("%s %s", request.method, scope["path"])
            full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "disk is full" in str(error)
            message = "the hub's disk is full" if full else "the hub has failed; its log tells why"
            answer = JSONResponse({"error": message}, 507 if full else 500, {"X-Error-Message": message})
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if self._local and not is_loopback(re.sub(r":[0-9]+$", "", request.headers.get("host", "localhost"))):
            await asyncio.get_running_loop().run_in_executor(None, self._need_tokens)
        if self.hub.others_change_it:
            await asyncio.get_running_loop().run_in_executor(None, self.hub.look_again)
        # On the path as it was sent: a revision's `/` is %2F there, and one part.
        try:
            path = request.scope["raw_path"].decode("ascii")
        except UnicodeDecodeError:
            raise bad_request("a URL is ASCII: other characters are encoded with %") from None
        method = "GET" if request.method == "HEAD" else request.method
        other_methods = set()
        for pattern, route in self._table:
            match = pattern.fullmatch(path)
            if match is None:
                continue
            if route.method != method:
                other_methods.add(route.method)
                continue
            if self.hub.rules.read_only and not _only_reads(route):
                raise HubError(403, "this hub is read-only")
            values = {name: _decoded(part) for name, part in match.groupdict().items() if part is not None}
            call = Call(self.hub, request, values)
            try:
                found = await route.handler(call)
            except HubError as error:
                absent = error.headers.get("X-Error-Code") == "RepoNotFound" and _only_reads(route)
                if self._upstream is None or not absent:
                    raise
                found = await self._upstream.answer(call, path, error)
            return found if isinstance(found, Response) else JSONResponse(found)
        if other_methods:
            raise HubError(405, f"{method} is not possible here", headers={"Allow": ", ".join(sorted(other_methods))})
        raise HubError(404, f"this hub has no {method} {path[:200]}")

    def _need_tokens(self) -> None:
        if is_open(self.hub.index.read):
            raise HubError(
                403, "this hub has no tokens, and answers to localhost only: create one with `hub token create`"
            )


def _only_reads(route: Route) -> bool:
    return route.method == "GET" or route.path.endswith(("/paths-info/{revision}", "/api/validate-yaml"))


def _decoded(part: str) -> str:
    try:
        return unquote_to_bytes(part).decode("utf-8")
    except UnicodeDecodeError:
        raise bad_request("the path is not UTF-8") from None


async def _lifespan(receive: Receive, send: Send) -> None:
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="hub") as threads:
        asyncio.get_running_loop().set_default_executor(threads)
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
