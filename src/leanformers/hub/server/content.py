"""The API of what is in a repository: trees, paths, commits, branches and tags."""

from __future__ import annotations

from itertools import islice
from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from .answers import commit_row, tree_row
from .calls import Call
from .errors import HubError, bad_request, conflict, forbidden, revision_not_found
from .history import Commit, Entry, add_commit, entries, entry_at, last_changes, log, resolve_revision
from .names import checked_ref_name

__all__ = [
    "commits",
    "create_branch",
    "create_tag",
    "delete_branch",
    "delete_tag",
    "paths_info",
    "refs",
    "super_squash",
    "tree",
]

_PAGE = 1000
_EXPANDED_PAGE = 50  # rows for which the history has to be read
_MAX_PATHS = 10_000


def _at_revision(call: Call) -> tuple[int, Commit]:
    repo = call.repo()
    return repo.id, resolve_revision(call.db, repo.id, call.values["revision"])


def tree(call: Call) -> Response:
    """GET …/tree/{revision}[/{path}]?recursive=&expand=&limit=&cursor=: a page of files and folders."""
    repo, commit = _at_revision(call)
    path = call.values.get("path", "").strip("/")
    folder = entry_at(call.db, commit, path)
    if folder.file is not None:
        return JSONResponse(_rows(call, repo, commit, [folder]))
    expand = call.flag("expand")
    limit = max(1, call.number("limit", _EXPANDED_PAGE if expand else _PAGE, most=_EXPANDED_PAGE if expand else 10_000))
    skip = call.number("cursor", 0, most=1 << 40)
    found = entries(call.db, folder.oid, prefix=path + "/" if path else "", recursive=call.flag("recursive"))
    page = list(islice(found, skip, skip + limit + 1))
    headers = {}
    if len(page) > limit:
        # A branch may move between two pages: the rest is of the same commit as the beginning.
        place = f"/api/{call.kind}s/{call.values['repo']}/tree/{commit.oid}" + (f"/{quote(path)}" if path else "")
        headers = call.page_link(place, cursor=skip + limit)
    return JSONResponse(_rows(call, repo, commit, page[:limit]), headers=headers)


def _rows(
    call: Call, repo: int, commit: Commit, found: list[Entry], *, expand: bool | None = None
) -> list[dict[str, Any]]:
    expand = call.flag("expand") if expand is None else expand
    changed = last_changes(call.db, repo, commit, [entry.path for entry in found]) if expand else {}
    return [tree_row(entry, changed.get(entry.path)) for entry in found]


def paths_info(call: Call) -> Response:
    """POST …/paths-info/{revision} `paths=…`: those of them that are there."""
    repo, commit = _at_revision(call)
    form = call.form()
    paths = form.get("paths", [])
    if len(paths) > _MAX_PATHS:
        raise bad_request(f"at most {_MAX_PATHS} paths at once")
    found = []
    for path in paths:
        try:
            found.append(entry_at(call.db, commit, path.strip("/")))
        except HubError:
            continue
    expand = form.get("expand", [""])[-1].lower() in ("1", "true")
    return JSONResponse(_rows(call, repo, commit, found, expand=expand))


def commits(call: Call) -> Response:
    """GET …/commits/{revision}?limit=&p=: a page of the history."""
    repo, commit = _at_revision(call)
    limit = max(1, call.number("limit", 50, most=1000))
    page = call.number("p", 0, most=1 << 30)
    found = list(islice(log(call.db, repo, commit), page * limit, (page + 1) * limit + 1))
    formatted = "formatted" in call.request.query_params.getlist("expand[]")
    rows = [commit_row(item, formatted=formatted) for item in found[:limit]]
    return JSONResponse(rows, headers=call.page_link(p=page + 1) if len(found) > limit else {})


def refs(call: Call) -> dict[str, Any]:
    """GET …/refs[?include_prs=1]."""
    repo = call.repo()
    kinds = {"refs/heads/": "branches", "refs/tags/": "tags", "refs/pr/": "pullRequests"}
    found: dict[str, list[dict[str, str]]] = {"branches": [], "converts": [], "tags": [], "pullRequests": []}
    for row in call.db.execute("SELECT name, target FROM refs WHERE repo = ? ORDER BY name", (repo.id,)):
        prefix = next(prefix for prefix in kinds if row["name"].startswith(prefix))
        short = row["name"] if prefix == "refs/pr/" else row["name"].removeprefix(prefix)
        found[kinds[prefix]].append({"name": short, "ref": row["name"], "targetCommit": row["target"]})
    if not (call.flag("include_prs") or call.flag("include_pull_requests")):
        del found["pullRequests"]
    return found


def _create_ref(call: Call, prefix: str, name: str, start: str) -> dict[str, Any]:
    repo = call.writable_repo()
    ref = prefix + checked_ref_name(name)
    if call.db.execute("SELECT 1 FROM refs WHERE repo = ? AND name = ?", (repo.id, ref)).fetchone():
        raise conflict(f"Reference {ref} already exists")
    target = resolve_revision(call.db, repo.id, start)
    call.db.execute("INSERT INTO refs VALUES (?, ?, ?)", (repo.id, ref, target.oid))
    return {}


def _delete_ref(call: Call, prefix: str, name: str) -> dict[str, Any]:
    repo = call.writable_repo()
    ref = prefix + name
    if call.db.execute("DELETE FROM refs WHERE repo = ? AND name = ?", (repo.id, ref)).rowcount == 0:
        raise revision_not_found(name)
    return {}


def create_branch(call: Call) -> dict[str, Any]:
    """POST …/branch/{name} `{startingPoint?}`."""
    return _create_ref(call, "refs/heads/", call.values["name"], call.text("startingPoint", "main"))


def delete_branch(call: Call) -> dict[str, Any]:
    """DELETE …/branch/{name}; every repository keeps its main."""
    if call.values["name"] == "main":
        call.writable_repo()
        raise forbidden("the branch main cannot be deleted")
    return _delete_ref(call, "refs/heads/", call.values["name"])


def super_squash(call: Call) -> dict[str, Any]:
    """POST …/super-squash/{branch} `{message}`: one commit without a past in place of all."""
    repo = call.writable_repo()
    ref = f"refs/heads/{call.values['name']}"
    head = resolve_revision(call.db, repo.id, ref)
    title, _, message = call.text("message", "Super-squash").partition("\n")
    add_commit(call.db, repo.id, ref, None, head.tree, call.user_name, title[:1000], message.strip())
    return {}


def create_tag(call: Call) -> dict[str, Any]:
    """POST …/tag/{revision} `{tag, message?}`."""
    return _create_ref(call, "refs/tags/", call.text("tag"), call.values["name"])


def delete_tag(call: Call) -> dict[str, Any]:
    """DELETE …/tag/{name}."""
    return _delete_ref(call, "refs/tags/", call.values["name"])
