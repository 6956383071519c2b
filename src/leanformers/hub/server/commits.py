"""POST …/commit/{revision}: a stream of operations becomes one commit, or nothing at all."""

from __future__ import annotations

import asyncio
from typing import Any

from .blobs import IncomingBlob
from .calls import Call
from .discussions import add_event, open_pull_request
from .errors import HubError, bad_request, entry_not_found, forbidden
from .history import Commit, File, add_commit, entries, entry_at, file_at, resolve_revision, store_tree
from .lfs_files import known_size, remember
from .names import checked_file_path, checked_oid
from .ndjson import CommitReader
from .objects import POINTER_LIMIT, parse_pointer
from .repos import Repo

__all__ = ["commit"]

_MAX_TITLE = 1000


async def commit(call: Call) -> dict[str, Any]:
    """Read the operations, bring the files' bytes to the disk, then change the branch in one transaction."""
    await call.reads(_target)  # who may not do this learns it before the upload
    reader = CommitReader(call.hub.blobs.new, max_file_size=call.hub.rules.max_file_size)
    loop = asyncio.get_running_loop()
    try:
        async for piece in call.request.stream():
            if piece:
                await loop.run_in_executor(None, reader.feed, piece)
        await loop.run_in_executor(None, reader.finish)
        files = await loop.run_in_executor(None, _keep, call, reader)
        return await call.writes(lambda call: _commit(call, reader, files))
    finally:
        for blob in reader.blobs:
            blob.__exit__()


def _keep(call: Call, reader: CommitReader) -> dict[IncomingBlob, File]:
    """The small files' bytes are in the store before a commit names them."""
    files = {}
    for blob in reader.blobs:
        large = parse_pointer(blob.path.read_bytes()) if blob.size <= POINTER_LIMIT else None
        # The text of a pointer is, to git and to clients, the large file itself.
        files[blob] = File.large(*large) if large else File(blob.git_id(), blob.sha256, blob.size, False)
    call.hub.blobs.keep(reader.blobs)
    return files


def _target(call: Call) -> tuple[Repo, str, Commit]:
    """The repository, the branch that will move, and where it is; for a new pull request "" and where it begins."""
    repo = call.repo()
    user = call.need_user(write=True)
    revision = call.values["revision"]
    if call.flag("create_pr"):
        return repo, "", resolve_revision(call.db, repo.id, revision)
    ref = revision if revision.startswith("refs/") else f"refs/heads/{revision}"
    head = resolve_revision(call.db, repo.id, ref)
    if ref.startswith("refs/tags/"):
        raise bad_request(f"{revision!r} is a tag; commits go to branches")
    if not ref.startswith("refs/pr/"):
        call.need_write(repo.namespace)
        return repo, ref, head
    query = "SELECT author, status FROM discussions WHERE repo = ? AND num = ?"
    row = call.db.execute(query, (repo.id, int(ref.rpartition("/")[2]))).fetchone()
    if row["author"] != user.name:
        call.need_write(repo.namespace)
    if row["status"] in ("merged", "closed"):
        raise forbidden(f"pull request {ref.rpartition('/')[2]} is {row['status']}")
    return repo, ref, head


def _commit(call: Call, reader: CommitReader, files: dict[IncomingBlob, File]) -> dict[str, Any]:
    repo, ref, head = _target(call)
    header = next((value for key, value, _ in reader.lines if key == "header"), {})
    title, message = _text(header, "summary", _MAX_TITLE), _text(header, "description", 1 << 20)
    expected = header.get("parentCommit")
    if expected is not None and expected != head.oid:
        if not call.flag("create_pr"):
            raise HubError(
                412, f"The branch is at {head.oid[:12]}, not at {str(expected)[:12]}: it was changed meanwhile"
            )
        head = resolve_revision(call.db, repo.id, str(expected))  # a pull request may begin at any commit
    edits: dict[str, File | None] = {}
    for key, value, blob in reader.lines:
        if key != "header":
            _apply(call, repo, head, edits, key, value, files[blob] if blob else None)
    tree = store_tree(call.db, head.tree, edits)
    if ref and tree == head.tree:
        return _answer(call, repo, head, None)
    number = None
    if not ref:
        number = open_pull_request(call, repo, head, title or "Pull request", message, status="open")
        ref = f"refs/pr/{number}"
    made = add_commit(call.db, repo.id, ref, head, tree, call.user_name, title, message)
    if ref.startswith("refs/pr/"):
        add_event(call, repo, int(ref.rpartition("/")[2]), "commit", {"subject": title, "oid": made.oid})
    return _answer(call, repo, made, number)


def _answer(call: Call, repo: Repo, commit: Commit, pull_request: int | None) -> dict[str, Any]:
    url = f"{call.base}/{repo.url_path}"
    answer = {"success": True, "commitOid": commit.oid, "commitUrl": f"{url}/commit/{commit.oid}", "hookOutput": ""}
    return answer if pull_request is None else {**answer, "pullRequestUrl": f"{url}/discussions/{pull_request}"}


def _text(value: dict[str, Any], name: str, most: int) -> str:
    text = value.get(name) or ""
    if not isinstance(text, str) or len(text) > most or "\0" in text:
        raise bad_request(f"{name!r} must be a text of at most {most} characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise bad_request(f"{name!r} is not Unicode text") from None
    return text


def _apply(
    call: Call,
    repo: Repo,
    head: Commit,
    edits: dict[str, File | None],
    key: str,
    value: dict[str, Any],
    file: File | None,
) -> None:
    """One line of the commit, in order: later ones see what earlier ones did."""
    path = value.get("path")
    if not isinstance(path, str):
        raise bad_request(f"a line {key!r} of the commit has no path")
    if key == "deletedFolder":
        _delete_folder(call, head, edits, path.strip("/"))
        return
    checked_file_path(path)
    if key == "file":
        if file is None or value.get("encoding") != "base64":
            raise bad_request(f"{path!r}: the content must be there, in base64")
        if not file.lfs and call.hub.blobs.size(file.sha256) != file.size:  # only `hub gc --older-than 0` can do that
            raise HubError(503, "the files were removed while they arrived: try again", headers={"Retry-After": "1"})
        edits[path] = _large(call, repo, file.sha256, file.size, path) if file.lfs else file
    elif key == "lfsFile":
        if value.get("algo", "sha256") != "sha256":
            raise bad_request(f"{path!r}: the hash must be a sha256")
        edits[path] = _large(call, repo, checked_oid(value.get("oid")), value.get("size"), path)
    elif key == "deletedFile":
        if (edits[path] if path in edits else file_at(call.db, head, path)) is None:
            raise HubError(404, f"A file with this name doesn't exist: {path}", code="EntryNotFound")
        edits[path] = None
    else:
        raise bad_request(f"a commit has no lines of the kind {key[:40]!r}")


def _delete_folder(call: Call, head: Commit, edits: dict[str, File | None], path: str) -> None:
    prefix = f"{checked_file_path(path)}/" if path not in ("", ".") else ""
    added = [name for name, file in edits.items() if file is not None and name.startswith(prefix)]
    try:
        folder = entry_at(call.db, head, path if prefix else "")
        found = () if folder.file else entries(call.db, folder.oid, prefix=prefix, recursive=True)
        inside = [entry.path for entry in found if entry.file]
    except HubError:
        inside = []
    if not added and not inside:
        raise entry_not_found(path, head.oid)
    edits.update(dict.fromkeys([*inside, *added]))


def _large(call: Call, repo: Repo, sha256: str, size: object, path: str) -> File:
    """A large file that was uploaded before."""
    known = known_size(call, repo, sha256)
    if known is None:
        raise bad_request(f"{path!r}: the large file {sha256} was not uploaded to {repo.name}")
    if size not in (None, known):
        raise bad_request(f"{path!r}: the large file {sha256} has {known} bytes, not {size}")
    remember(call.db, repo, sha256, known)
    call.hub.blobs.touch(sha256)
    return File.large(sha256, known)
