"""The API of repositories as a whole: create, delete, move, settings, info, list, access."""

from __future__ import annotations

import time
from typing import Any

from starlette.responses import JSONResponse, Response

from .answers import repo_row, sibling, timestamp
from .calls import Call
from .cards import card_data
from .errors import HubError, bad_request, conflict, repo_not_found
from .history import Commit, add_commit, files_of, resolve_revision, store_tree
from .names import checked_repo_name
from .repos import KINDS, Repo, create_repo, delete_repo, find_repo, list_repos, move_repo

__all__ = [
    "access_check",
    "access_grant",
    "access_requests",
    "create",
    "delete",
    "index",
    "info",
    "move",
    "settings",
    "write_check",
]

MAIN = "refs/heads/main"


def _named(call: Call) -> tuple[str, str]:
    """The kind and name in the body of create and delete: `{type?, organization?, name}`."""
    kind = call.text("type", "model")
    if kind not in KINDS:
        raise bad_request(f"{kind!r} is no type of repository: model, dataset or space")
    name, namespace = call.text("name"), call.text("organization", "")
    if "/" in name and not namespace:
        return kind, name
    return kind, f"{namespace or call.need_user().name}/{name}"


def _private(call: Call) -> bool | None:
    """`visibility` or `private` of the body; None when neither is given."""
    values = call.json()
    visibility = values.get("visibility")
    if visibility is not None:
        if visibility not in ("public", "private", "protected"):
            raise bad_request("visibility must be public or private")
        return bool(visibility != "public")
    private = values.get("private")
    if private is not None and not isinstance(private, bool):
        raise bad_request("private must be true or false")
    return private


def create(call: Call) -> dict[str, Any]:
    """POST /api/repos/create: a repository with an empty first commit."""
    kind, name = _named(call)
    checked_repo_name(name)
    call.need_user(write=True)
    url = f"{call.base}/{name if kind == 'model' else f'{kind}s/{name}'}"
    existing = find_repo(call.db, kind, name)
    call.need_write(name.partition("/")[0])
    if existing is not None:
        url = f"{call.base}/{existing.url_path}"
        raise conflict(f"You already created this {kind} repo: {name}", url=url, name=existing.name, id=existing.name)
    repo = create_repo(call.db, kind, name, private=bool(_private(call)), sdk=call.text("sdk", ""))
    add_commit(call.db, repo.id, MAIN, None, store_tree(call.db, None, {}), call.user_name, "initial commit", "")
    return {"url": url, "name": name, "id": f"{repo.id:024x}"}


def _own(call: Call, kind: str, name: str) -> Repo:
    """A repository that the user may change, by a name from the body."""
    repo = find_repo(call.db, kind, name)
    if repo is None or not call.sees(repo):
        raise repo_not_found(name, anonymous=call.user is None)
    call.need_write(repo.namespace)
    return repo


def delete(call: Call) -> dict[str, Any]:
    """DELETE /api/repos/delete."""
    delete_repo(call.db, _own(call, *_named(call)))
    return {}


def move(call: Call) -> dict[str, Any]:
    """POST /api/repos/move: needs rights in both namespaces."""
    kind = call.text("type", "model")
    repo = _own(call, kind, call.text("fromRepo"))
    name = checked_repo_name(call.text("toRepo"))
    call.need_write(name.partition("/")[0])
    move_repo(call.db, repo, name)
    return {"url": f"{call.base}/{name if kind == 'model' else f'{kind}s/{name}'}"}


def settings(call: Call) -> dict[str, Any]:
    """PUT /api/models/{repo}/settings: visibility and gating."""
    repo = call.writable_repo()
    private = _private(call)
    gated = call.json().get("gated")
    if gated not in (None, False, "auto", "manual"):
        raise bad_request("gated must be auto, manual or false")
    private = repo.private if private is None else private
    gated = repo.gated if gated is None else (gated or "")
    call.db.execute("UPDATE repos SET private = ?, gated = ? WHERE id = ?", (private, gated, repo.id))
    return {"private": private, "gated": gated or False}


def info(call: Call) -> dict[str, Any]:
    """GET /api/models/{repo}[/revision/{revision}][?blobs=true]."""
    repo = call.repo()
    commit = resolve_revision(call.db, repo.id, call.values.get("revision", "main"))
    return {**_described(call, repo, commit), **_siblings(call, commit)}


def _siblings(call: Call, commit: Commit) -> dict[str, Any]:
    files = sorted(files_of(call.db, commit.tree).items())
    return {"siblings": [sibling(path, file, blobs=call.flag("blobs")) for path, file in files]}


def _described(call: Call, repo: Repo, commit: Commit) -> dict[str, Any]:
    """The row of a repository with what its card says of it."""
    row = repo_row(repo, commit)
    try:
        card = card_data(call, commit)
    except (HubError, OSError):
        # A damaged file, which `hub fsck` tells of, or one that has just changed in its folder: the others are listed
        # all the same.
        return row
    tags = _strings(card.get("tags")) + _strings(card.get("library_name"))
    tags += [f"license:{license}" for license in _strings(card.get("license"))]
    tags += [f"base_model:{model}" for model in _strings(card.get("base_model"))]
    row["tags"] = list(dict.fromkeys(tags))
    row.update({name: card[name] for name in ("library_name", "pipeline_tag") if isinstance(card.get(name), str)})
    if card:
        row["cardData"] = card
    return row


def _strings(value: object) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def index(call: Call) -> Response:
    """GET /api/models?author=&search=&full=&limit=&cursor=: a page of repositories, and a link to the next."""
    query = call.request.query_params
    limit = max(1, call.number("limit", 100, most=1000))
    sort = "created" if query.get("sort", "") in ("createdAt", "created_at") else "modified"
    found = list_repos(
        call.db,
        call.kind,
        namespaces=call.user.namespaces if call.user else frozenset(),
        author=query.get("author"),
        search=query.get("search"),
        sort=sort,
        after=_after(query.get("cursor")),
        limit=limit + 1,
    )
    headers = {}
    if len(found) > limit:
        found = found[:limit]
        headers = call.page_link(cursor=f"{getattr(found[-1], sort)!r}:{found[-1].id}", limit=limit)
    rows = []
    for repo in found:
        commit = resolve_revision(call.db, repo.id, "main")
        full = call.flag("full") or "siblings" in query.getlist("expand") or "siblings" in query.getlist("expand[]")
        rows.append({**_described(call, repo, commit), **(_siblings(call, commit) if full else {})})
    return JSONResponse(rows, headers=headers)


def _after(cursor: str | None) -> tuple[float, int] | None:
    if cursor is None:
        return None
    moment, _, number = cursor.partition(":")
    try:
        return float(moment), int(number)
    except ValueError:
        raise bad_request("this cursor is not one that this hub gave") from None


def access_check(call: Call) -> dict[str, Any]:
    """GET /api/models/{repo}/auth-check: whether the files can be read."""
    call.readable_repo()
    return {}


def write_check(call: Call) -> dict[str, Any]:
    """GET /api/models/{repo}/auth-check/write: whether the repository can be changed."""
    call.writable_repo()
    return {}


def access_requests(call: Call) -> JSONResponse:
    """GET /api/models/{repo}/user-access-request/{status}: who has, or was refused, the files of a gated repository."""
    repo = call.writable_repo()
    query = "SELECT user, status, at FROM access WHERE repo = ? AND status = ? ORDER BY at"
    rows = [
        {
            "requestId": row["user"],
            "user": {"user": row["user"], "fullname": row["user"], "email": None},
            "status": row["status"],
            "timestamp": timestamp(row["at"]),
        }
        for row in call.db.execute(query, (repo.id, call.values["status"]))
    ]
    return JSONResponse(rows)


def access_grant(call: Call) -> dict[str, Any]:
    """POST /api/models/{repo}/user-access-request/grant `{user}`, and /handle `{user, status}`."""
    repo = call.writable_repo()
    if not repo.gated:
        raise HubError(400, f"{repo.name} is not gated")
    status = call.text("status", "accepted")
    if status not in ("accepted", "rejected", "pending"):
        raise bad_request("status must be accepted, rejected or pending")
    user = call.text("user", most=96)
    call.db.execute("INSERT OR REPLACE INTO access VALUES (?, ?, ?, ?)", (repo.id, user.lower(), status, time.time()))
    return {}
