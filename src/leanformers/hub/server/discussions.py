"""Discussions and pull requests: opened, commented, closed, merged. A pull request's commits are at `refs/pr/{n}`."""

from __future__ import annotations

import html
import json
import secrets
import sqlite3
import time
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from .answers import timestamp
from .calls import Call
from .diffs import git_diff
from .errors import HubError, bad_request, conflict
from .history import Commit, File, add_commit, commit_of, files_of, log, resolve_revision, store_tree
from .repos import Repo

__all__ = [
    "add_event",
    "change_status",
    "comment",
    "create",
    "details",
    "edit_comment",
    "find_discussion",
    "hide_comment",
    "index",
    "merge",
    "open_pull_request",
    "rename",
]

_PAGE = 50
_MAIN = "refs/heads/main"


def open_pull_request(call: Call, repo: Repo, base: Commit, title: str, description: str, *, status: str) -> int:
    """A pull request whose commits will stand on `base`; its number."""
    num = _insert(call, repo, title, description, status=status, base=base.oid)
    call.db.execute("INSERT INTO refs VALUES (?, ?, ?)", (repo.id, f"refs/pr/{num}", base.oid))
    return num


def _insert(call: Call, repo: Repo, title: str, description: str, *, status: str, base: str | None) -> int:
    row = call.db.execute("SELECT max(num) AS last FROM discussions WHERE repo = ?", (repo.id,)).fetchone()
    num = (row["last"] or 0) + 1
    call.db.execute(
        "INSERT INTO discussions VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
        (repo.id, num, title, call.user_name, status, time.time(), base),
    )
    if description:
        add_event(call, repo, num, "comment", _comment_data(description, call.user_name))
    return num


def _comment_data(text: str, author: str) -> dict[str, Any]:
    latest = {
        "raw": text,
        "html": f"<p>{html.escape(text)}</p>",
        "updatedAt": timestamp(time.time()),
        "author": {"name": author},
    }
    return {"edited": False, "hidden": False, "latest": latest, "history": []}


def add_event(call: Call, repo: Repo, num: int, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Something happened: a comment, status-change, title-change or commit. The event as clients read it."""
    identity = secrets.token_hex(12)
    row = call.db.execute("SELECT count(*) AS n FROM events WHERE repo = ? AND num = ?", (repo.id, num)).fetchone()
    call.db.execute(
        "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (identity, repo.id, num, row["n"], kind, call.user_name, time.time(), json.dumps(data)),
    )
    return _event(call.db.execute("SELECT * FROM events WHERE id = ?", (identity,)).fetchone())


def _event(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "type": row["type"],
        "createdAt": timestamp(row["at"]),
        "author": {"name": row["author"], "type": "user"},
        "data": json.loads(row["data"]),
    }


def _summary(repo: Repo, row: sqlite3.Row) -> dict[str, Any]:
    return {
        "num": row["num"],
        "title": row["title"],
        "status": row["status"],
        "author": {"name": row["author"], "type": "user"},
        "createdAt": timestamp(row["at"]),
        "isPullRequest": row["base"] is not None,
        "repo": {"name": repo.name, "type": repo.kind},
        "repoOwner": {"name": repo.namespace, "type": "user"},
    }


def index(call: Call) -> dict[str, Any]:
    """GET …/discussions?p=&author=&type=&status=: a page of them, the youngest first."""
    repo = call.repo()
    query = call.request.query_params
    where, values = ["repo = ?"], [repo.id]  # type: list[str], list[object]
    if author := query.get("author"):
        where.append("author = ?")
        values.append(author)
    if (kind := query.get("type", "all")) != "all":
        where.append("base IS NOT NULL" if kind == "pull_request" else "base IS NULL")
    if (status := query.get("status", "all")) != "all":
        where.append("status IN ('open', 'draft')" if status == "open" else "status IN ('closed', 'merged')")
    page = call.number("p", 0, most=1 << 30)
    found = f"FROM discussions WHERE {' AND '.join(where)}"
    count = call.db.execute(f"SELECT count(*) AS n {found}", values).fetchone()["n"]
    rows = call.db.execute(f"SELECT * {found} ORDER BY num DESC LIMIT ? OFFSET ?", (*values, _PAGE, page * _PAGE))
    return {"discussions": [_summary(repo, row) for row in rows], "count": count, "start": page * _PAGE}


def create(call: Call) -> dict[str, Any]:
    """POST …/discussions `{title, description, pullRequest}`; a pull request is a draft until its status is changed."""
    repo = call.repo()
    call.need_user(write=True)
    title, description = call.text("title", most=200).strip(), call.text("description", "", most=65_536)
    if len(title) < 3:
        raise bad_request("a title has at least 3 characters")
    if call.json().get("pullRequest"):
        base = resolve_revision(call.db, repo.id, "main")
        num = open_pull_request(call, repo, base, title, description, status="draft")
    else:
        num = _insert(call, repo, title, description, status="open", base=None)
    url = f"{call.base}/{repo.url_path}/discussions/{num}"
    return {"num": num, "url": url, "pullRequest": bool(call.json().get("pullRequest"))}


def find_discussion(call: Call) -> tuple[Repo, sqlite3.Row]:
    """The discussion that the path names, and its repository.

    Raises:
        HubError: 404, there is none.
    """
    repo = call.repo()
    text = call.values["num"]
    num = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
    row = call.db.execute("SELECT * FROM discussions WHERE repo = ? AND num = ?", (repo.id, num)).fetchone()
    if row is None:
        raise HubError(404, f"{repo.name} has no discussion {text}")
    return repo, row


def details(call: Call) -> dict[str, Any]:
    """GET …/discussions/{num}: the discussion with its events, and what a pull request changes."""
    repo, row = find_discussion(call)
    found = call.db.execute("SELECT * FROM events WHERE repo = ? AND num = ? ORDER BY position", (repo.id, row["num"]))
    answer = {**_summary(repo, row), "events": [_event(event) for event in found]}
    if row["base"] is not None:
        pull = _pull_request(call.db, repo, row)
        changes = {"base": "main"}
        if row["merged"]:
            changes["mergeCommitId"] = row["merged"]
        answer["changes"] = changes
        answer["filesWithConflicts"] = pull.conflicts if row["status"] in ("open", "draft") else []
        if call.flag("diff"):
            answer["diff"] = git_diff(call.hub.blobs, pull.before, pull.after, sorted(pull.edits))
    return answer


@dataclass(frozen=True, slots=True)
class _PullRequest:
    """What a pull request is made of: its last commit, the files at its base and there, and those that it changes."""

    head: Commit
    before: dict[str, File]
    after: dict[str, File]
    edits: dict[str, File | None]
    conflicts: list[str]  # paths that main has changed to something else meanwhile


def _pull_request(db: sqlite3.Connection, repo: Repo, row: sqlite3.Row) -> _PullRequest:
    head = resolve_revision(db, repo.id, f"refs/pr/{row['num']}")
    before = files_of(db, commit_of(db, repo.id, row["base"]).tree)
    after = files_of(db, head.tree)
    main = files_of(db, resolve_revision(db, repo.id, _MAIN).tree)
    edits = {path: after.get(path) for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    conflicts = [path for path, file in edits.items() if main.get(path) not in (before.get(path), file)]
    return _PullRequest(head, before, after, edits, sorted(conflicts))


def comment(call: Call) -> dict[str, Any]:
    """POST …/discussions/{num}/comment `{comment}`."""
    repo, row = find_discussion(call)
    user = call.need_user(write=True)
    data = _comment_data(call.text("comment", most=65_536), user.name)
    return {"newMessage": add_event(call, repo, row["num"], "comment", data)}


def rename(call: Call) -> dict[str, Any]:
    """POST …/discussions/{num}/title `{title}`; for its author and the repository's owners."""
    repo, row = find_discussion(call)
    _need_author_or_owner(call, repo, row["author"])
    title = call.text("title", most=200).strip()
    if len(title) < 3:
        raise bad_request("a title has at least 3 characters")
    call.db.execute("UPDATE discussions SET title = ? WHERE repo = ? AND num = ?", (title, repo.id, row["num"]))
    return {"newTitle": add_event(call, repo, row["num"], "title-change", {"from": row["title"], "to": title})}


def change_status(call: Call) -> dict[str, Any]:
    """POST …/discussions/{num}/status `{status: open | closed, comment?}`."""
    repo, row = find_discussion(call)
    _need_author_or_owner(call, repo, row["author"])
    status = call.text("status")
    if status not in ("open", "closed"):
        raise bad_request("status must be open or closed")
    if row["status"] == "merged":
        raise bad_request("this pull request is merged")
    if text := call.text("comment", "", most=65_536):
        add_event(call, repo, row["num"], "comment", _comment_data(text, call.user_name))
    return {"newStatus": _set_status(call, repo, row["num"], status)}


def _set_status(call: Call, repo: Repo, num: int, status: str) -> dict[str, Any]:
    call.db.execute("UPDATE discussions SET status = ? WHERE repo = ? AND num = ?", (status, repo.id, num))
    return add_event(call, repo, num, "status-change", {"status": status})


def merge(call: Call) -> dict[str, Any]:
    """POST …/discussions/{num}/merge `{comment?}`: what the pull request changed becomes one commit on main."""
    repo, row = find_discussion(call)
    call.need_write(repo.namespace)
    if row["base"] is None:
        raise bad_request("this is a discussion, not a pull request")
    if row["status"] in ("merged", "closed"):
        raise bad_request(f"this pull request is {row['status']}")
    pull = _pull_request(call.db, repo, row)
    if pull.conflicts:
        names = ", ".join(pull.conflicts[:10])
        raise conflict(f"main has changed the same files: {names}", filesWithConflicts=pull.conflicts)
    main = resolve_revision(call.db, repo.id, _MAIN)
    own = takewhile(lambda item: item.oid != row["base"], log(call.db, repo.id, pull.head))
    message = "\n".join(f"- {item.title}" for item in own)
    if text := call.text("comment", "", most=65_536):
        add_event(call, repo, row["num"], "comment", _comment_data(text, call.user_name))
    tree = store_tree(call.db, main.tree, pull.edits)
    merged = add_commit(call.db, repo.id, _MAIN, main, tree, call.user_name, f"{row['title']} (#{row['num']})", message)
    call.db.execute("UPDATE discussions SET merged = ? WHERE repo = ? AND num = ?", (merged.oid, repo.id, row["num"]))
    _set_status(call, repo, row["num"], "merged")
    return {"mergeCommitId": merged.oid}


def _need_author_or_owner(call: Call, repo: Repo, author: str) -> None:
    user = call.need_user(write=True)
    if user.name != author:
        call.need_write(repo.namespace)


def _comment(call: Call) -> tuple[Repo, sqlite3.Row]:
    """The comment that the path names, for its author and the repository's owners."""
    repo, row = find_discussion(call)
    query = "SELECT * FROM events WHERE id = ? AND repo = ? AND num = ? AND type = 'comment'"
    event = call.db.execute(query, (call.values["comment"].lower(), repo.id, row["num"])).fetchone()
    if event is None:
        raise HubError(404, f"discussion {row['num']} has no such comment")
    _need_author_or_owner(call, repo, event["author"])
    return repo, event


def _update_comment(call: Call, event: sqlite3.Row, data: dict[str, Any]) -> dict[str, Any]:
    call.db.execute("UPDATE events SET data = ? WHERE id = ?", (json.dumps(data), event["id"]))
    return {"updatedComment": _event(call.db.execute("SELECT * FROM events WHERE id = ?", (event["id"],)).fetchone())}


def edit_comment(call: Call) -> dict[str, Any]:
    """POST …/discussions/{num}/comment/{id}/edit `{content}`; what it said before is kept."""
    _, event = _comment(call)
    old = json.loads(event["data"])
    new = _comment_data(call.text("content", most=65_536), call.user_name)
    return _update_comment(call, event, {**new, "edited": True, "history": [*old["history"], old["latest"]]})


def hide_comment(call: Call) -> dict[str, Any]:
    """POST …/discussions/{num}/comment/{id}/hide: its text is gone for good."""
    _, event = _comment(call)
    return _update_comment(call, event, {**_comment_data("", call.user_name), "hidden": True})
