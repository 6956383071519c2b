"""The pages: lists of repositories, a card, folders, files, commits and discussions. All of them only read."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup
from starlette.responses import Response

from ..app import Route
from ..calls import Call
from ..cards import card_data, card_text
from ..content import refs
from ..discussions import find_discussion
from ..errors import HubError, gated
from ..history import File, entries, entry_at, last_changes, log, resolve_revision
from ..repos import Repo, list_repos
from ..resolve import IMAGES
from .card import card_html
from .rendering import page, style

__all__ = ["page_routes"]

_ROWS = 100  # of a page
_LARGEST_TEXT = 512 << 10  # bytes
_FACTS = ("pipeline_tag", "library_name", "license", "language", "base_model", "datasets", "tags")

View = Callable[[Call], Response]


def page_routes() -> list[Route]:
    """What a browser is shown; they follow the routes of clients."""
    # Below /api/ and /-/ there are no repositories, and clients want JSON.
    repo = "(?!/(?:api|-)/)(?:/{kind})?/{repo}"
    return [
        Route("GET", "/", _shown(repos)),
        Route("GET", "/{kind}", _shown(repos)),
        Route("GET", "/-/style.css", _style),
        Route("GET", "/-/sign-in", _shown(sign_in)),
        Route("GET", repo, _shown(card)),
        Route("GET", f"{repo}/tree/{{revision}}(?:/{{path}})?", _shown(tree)),
        Route("GET", f"{repo}/blob/{{revision}}/{{path}}", _shown(file)),
        Route("GET", f"{repo}/commits/{{revision}}", _shown(commits)),
        Route("GET", f"{repo}/commit/{{revision}}", _shown(tree)),
        Route("GET", f"{repo}/discussions", _shown(discussions)),
        Route("GET", f"{repo}/discussions/{{num}}", _shown(discussion)),
    ]


def _shown(view: View) -> Callable[[Call], Awaitable[Response]]:
    """`view`, on one state of the index, for the user whose token the browser has as a password; errors as pages."""

    async def answer(call: Call) -> Response:
        try:
            return await call.reads(view)
        except HubError as error:
            if error.status == 307:
                raise
            status = 404 if error.status == 401 else error.status
            return page("error", **_frame(call), status=status, message=error.message)

    return answer


async def _style(call: Call) -> Response:
    return style()


def sign_in(call: Call) -> Response:
    """Let the browser ask for a token, and go back to the beginning once it has one."""
    if call.user is not None:
        return Response(status_code=303, headers={"Location": "/"})
    return Response(
        "A token of this hub is needed, as the password.",
        401,
        {"WWW-Authenticate": 'Basic realm="hub", charset="UTF-8"'},
        "text/plain",
    )


def _frame(call: Call) -> dict[str, Any]:
    """What every page has."""
    user = getattr(call, "user", None)
    search = call.request.query_params.get("search", "")
    return {"kind": call.kind, "search": search, "user": user.name if user else None}


def _in_repo(call: Call, repo: Repo, tab: str, revision: str = "main") -> dict[str, Any]:
    """What every page of a repository has."""
    return {**_frame(call), "repo": repo, "tab": tab, "revision": revision}


def _next(call: Call, number: int) -> str:
    return "?" + urlencode({**dict(call.request.query_params), "p": number})


def repos(call: Call) -> Response:
    """The repositories that the user may see, the youngest first."""
    number, search = call.number("p", 0, most=10_000), call.request.query_params.get("search")
    namespaces = call.user.namespaces if call.user else frozenset[str]()
    most = (number + 1) * _ROWS
    found = list_repos(call.db, call.kind, namespaces=namespaces, search=search, limit=most + 1)
    following = _next(call, number + 1) if len(found) > most else None
    return page("repos", **_frame(call), repos=found[number * _ROWS : most], next=following, base=call.base)


def card(call: Call) -> Response:
    """A repository's card, and how to use it."""
    repo = call.repo()
    readable = call.may_read(repo)
    commit = resolve_revision(call.db, repo.id, "main")
    text = card_text(call, commit) if readable else None
    data = card_data(call, commit) if readable else {}
    return page(
        "card",
        **_in_repo(call, repo, "card"),
        readable=readable,
        card=Markup(card_html(text, f"/{repo.url_path}/{{}}/main")) if text else None,
        facts=[(name, _fact(data[name])) for name in _FACTS if data.get(name)],
        commit=commit,
        usage=_usage(call, repo),
    )


def _fact(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return ", ".join(item if isinstance(item, str) else json.dumps(item) for item in values)


def _usage(call: Call, repo: Repo) -> str | None:
    if repo.kind != "model":
        return None
    lines = [
        f"# HF_ENDPOINT={call.base}",
        "from leanformers import AutoModel",
        "",
        f"AutoModel.from_pretrained(\n    {repo.name!r}\n)",
    ]
    return "\n".join(lines)


def tree(call: Call) -> Response:
    """A folder of a commit."""
    repo = call.repo()
    revision, where = call.values["revision"], call.values.get("path", "").strip("/")
    commit = resolve_revision(call.db, repo.id, revision)
    folder = entry_at(call.db, commit, where)
    if folder.file is not None:
        return _shown_file(call, repo, where, folder.file)
    number = call.number("p", 0, most=1 << 20)
    found = entries(call.db, folder.oid, prefix=where + "/" if where else "")
    rows = list(islice(found, number * _ROWS, (number + 1) * _ROWS + 1))
    rows, more = rows[:_ROWS], rows[_ROWS:]
    return page(
        "tree",
        **_in_repo(call, repo, "files", revision),
        trail=_trail(where),
        entries=sorted(rows, key=lambda entry: (entry.file is not None, entry.path)),
        changed=last_changes(call.db, repo.id, commit, [entry.path for entry in rows]),
        branches=[branch["name"] for branch in refs(call)["branches"]],
        next=_next(call, number + 1) if more else None,
    )


def _trail(path: str) -> list[tuple[str, str]]:
    """Each folder on the way, with its own path.

    >>> _trail("a/b")
    [('a', 'a'), ('b', 'a/b')]
    """
    names = path.split("/") if path else []
    return [(name, "/".join(names[: place + 1])) for place, name in enumerate(names)]


def file(call: Call) -> Response:
    """A file: its text where it has one, a picture, or where to get it."""
    repo = call.repo()
    where = call.values["path"].strip("/")
    found = entry_at(call.db, resolve_revision(call.db, repo.id, call.values["revision"]), where).file
    if found is None:
        place = f"/{repo.url_path}/tree/{quote(call.values['revision'], safe='')}/{quote(where)}"
        return Response(status_code=303, headers={"Location": place})
    return _shown_file(call, repo, where, found)


def _shown_file(call: Call, repo: Repo, where: str, found: File) -> Response:
    if not call.may_read(repo):
        raise gated(repo.name, anonymous=call.user is None)
    image = where.rpartition(".")[2].lower() in IMAGES
    text, why = (None, "") if image else _text(call, found)
    frame = _in_repo(call, repo, "files", call.values["revision"])
    return page("file", **frame, trail=_trail(where), path=where, file=found, image=image, text=text, why=why)


def _text(call: Call, found: File) -> tuple[str | None, str]:
    """The text of a file, or why it is not shown."""
    if found.size > _LARGEST_TEXT:
        return None, "Too large to be shown."
    data = call.hub.blobs.path(found.sha256).read_bytes()
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None, "Not a text."
    return (None, "Not a text.") if "\0" in text else (text, "")


def commits(call: Call) -> Response:
    """The history of a branch, the youngest first."""
    repo, revision = call.repo(), call.values["revision"]
    number = call.number("p", 0, most=1 << 20)
    history = log(call.db, repo.id, resolve_revision(call.db, repo.id, revision))
    rows = list(islice(history, number * _ROWS, (number + 1) * _ROWS + 1))
    following = _next(call, number + 1) if len(rows) > _ROWS else None
    return page("commits", **_in_repo(call, repo, "commits", revision), commits=rows[:_ROWS], next=following)


def discussions(call: Call) -> Response:
    """The discussions and pull requests of a repository."""
    repo = call.repo()
    rows = call.db.execute("SELECT * FROM discussions WHERE repo = ? ORDER BY num DESC LIMIT 1000", (repo.id,))
    return page("discussions", **_in_repo(call, repo, "discussions"), discussions=rows.fetchall())


def discussion(call: Call) -> Response:
    """A discussion with all that was said and done."""
    repo, row = find_discussion(call)
    found = call.db.execute("SELECT * FROM events WHERE repo = ? AND num = ? ORDER BY position", (repo.id, row["num"]))
    events = [{"author": event["author"], "at": event["at"], **_said(event)} for event in found]
    return page("discussion", **_in_repo(call, repo, "discussions"), row=row, events=events)


def _said(event: Any) -> dict[str, str]:
    """What an event is, in words, and its text."""
    data = json.loads(event["data"])
    if event["type"] == "comment":
        return {"what": "wrote", "text": "" if data.get("hidden") else data["latest"]["raw"]}
    if event["type"] == "status-change":
        return {"what": f"changed the status to {data['status']}", "text": ""}
    if event["type"] == "title-change":
        return {"what": f"changed the title to “{data['to']}”", "text": ""}
    return {"what": "committed", "text": str(data.get("subject", ""))}
