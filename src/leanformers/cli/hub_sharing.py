"""The commands of those who share models: `hub login`, `hub download`, `hub push`, `hub cache`, `hub diff`, …"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from ..errors import HubError, InputValueError, MissingFileError
from ..hub.options import HubOptions
from ..hub.resolve import Need, locate
from .output import print_line, print_object, print_table

__all__ = ["add_to"]

Name = Annotated[str, typer.Argument(help="A repository: user/name, or user/name@revision.")]
Place = Annotated[str, typer.Argument(help="A folder, or a repository: user/name, or user/name@revision.")]
Token = Annotated[Optional[str], typer.Option(help="Instead of the stored one.")]  # noqa: UP045
Json = Annotated[bool, typer.Option("--json", help="JSON for machines.")]


def add_to(app: typer.Typer) -> None:
    """Make these functions commands of `app`, which is `leanformers hub`."""
    for command in (login, logout, whoami, download, push, ls, cache, diff):
        app.command()(command)


def login(token: Token = None) -> None:
    """Store a token, where every tool of the Hub finds it. Without --token it is asked for.

    Example: leanformers hub login
    """
    import huggingface_hub

    from ..hub.transport import Hub

    given = token or typer.prompt("Token", hide_input=True)
    user = Hub(given).user("login")
    huggingface_hub.login(given, skip_if_logged_in=False)
    print_line(f"logged in as {user.get('name')}")


def logout() -> None:
    """Forget the stored token.

    Example: leanformers hub logout
    """
    import huggingface_hub

    if huggingface_hub.get_token() is None:
        print_line("not logged in")
        return
    huggingface_hub.logout()
    print_line("logged out")


def whoami(token: Token = None, as_json: Json = False) -> None:
    """Tell whose token is used, and at which hub.

    Example: leanformers hub whoami
    """
    import huggingface_hub

    from ..hub.cache import endpoint
    from ..hub.transport import Hub

    if token is None and huggingface_hub.get_token() is None:
        raise HubError("not logged in: `leanformers hub login`, or set HF_TOKEN")
    user = Hub(token).user("whoami")
    found = {"name": user.get("name"), "orgs": [org.get("name") for org in user.get("orgs", [])], "hub": endpoint()}
    if as_json:
        print_object(found)
    else:
        print_table(None, ["", ""], [(key, ", ".join(v) if isinstance(v, list) else v) for key, v in found.items()])


def download(
    name: Name,
    what: Annotated[Need, typer.Option(help="Only the files that this needs.")] = Need.EVERYTHING,
    variant: Annotated[Optional[str], typer.Option(help="Of the weights, such as fp16.")] = None,  # noqa: UP045
    token: Token = None,
    force: Annotated[bool, typer.Option(help="Fetch again what the cache has.")] = False,
) -> None:
    """Fetch a repository into the cache, and print the folder.

    Example: leanformers hub download user/name@v1 --what model
    """
    repository, revision = _split(name)
    options = HubOptions(revision=revision, variant=variant, token=token, force_download=force)
    print_line(str(locate(repository, options, what).folder))


def push(
    folder: Annotated[Path, typer.Argument(help="The folder to send as it is.")],
    name: Annotated[str, typer.Argument(help="The repository: name, or user/name; made when it is missing.")],
    message: Annotated[Optional[str], typer.Option("--message", "-m", help="Of the commit.")] = None,  # noqa: UP045
    revision: Annotated[Optional[str], typer.Option(help="A branch; made when it is missing.")] = None,  # noqa: UP045
    private: Annotated[bool, typer.Option(help="Make a new repository private.")] = False,
    create_pr: Annotated[bool, typer.Option(help="Open a pull request instead.")] = False,
    token: Token = None,
) -> None:
    """Send a folder as one commit, and print its address. Nothing changed makes no commit.

    Example: leanformers hub push ./my-model user/my-model --message "Trained longer"
    """
    from ..hub.publish import Publication, publish_folder

    if not folder.is_dir():
        raise MissingFileError(f"no such directory: {folder}")
    publication = Publication(
        name, message, private=private or None, token=token, revision=revision, create_pr=create_pr
    )
    print_line(publish_folder(folder, publication))


def ls(name: Name, token: Token = None, as_json: Json = False) -> None:
    """List the files of a repository.

    Example: leanformers hub ls user/name@v1
    """
    from ..hub.transport import Hub

    repository, revision = _split(name)
    hub = Hub(token)
    commit = hub.commit_of(repository, revision or "main")
    files = hub.files_of(repository, commit)
    if as_json:
        rows = [{"path": path, "size": file.size, "hash": file.etag} for path, file in files.items()]
        print_object({"commit": commit, "files": rows})
    else:
        cells = [(path, f"{file.size:,}", file.etag[:12]) for path, file in sorted(files.items())]
        print_table(f"{repository} at {commit}", ["file", "bytes>", "hash"], cells)


def cache(
    prune: Annotated[bool, typer.Option("--prune", help="Delete commits that no branch or tag points to.")] = False,
    as_json: Json = False,
) -> None:
    """List what the cache holds, with sizes and last use.

    Example: leanformers hub cache --prune
    """
    from huggingface_hub import scan_cache_dir

    from ..hub.cache import cache_root

    root = cache_root()
    info = scan_cache_dir(root) if root.is_dir() else None
    if prune:
        _prune(info, root, as_json)
        return
    repos = sorted(info.repos, key=lambda repo: -repo.size_on_disk) if info else []
    if as_json:
        for repo in repos:
            print_object(
                {
                    "name": repo.repo_id,
                    "type": repo.repo_type,
                    "size": repo.size_on_disk,
                    "last_used": repo.last_accessed,
                    "commits": sorted(commit.commit_hash for commit in repo.revisions),
                }
            )
        return
    rows = [(r.repo_id, r.repo_type, f"{r.size_on_disk:,}", _day(r.last_accessed), len(r.revisions)) for r in repos]
    print_table(str(root), ["name", "type", "bytes>", "last used", "commits>"], rows)


def _prune(info: Any, root: Path, as_json: bool) -> None:
    old = [r.commit_hash for repo in info.repos for r in repo.revisions if not r.refs] if info else []
    freed = 0
    if old:
        strategy = info.delete_revisions(*old)
        freed = strategy.expected_freed_size
        strategy.execute()
    partial = list(root.glob("*/blobs/*.incomplete"))
    freed += sum(path.stat().st_size for path in partial)
    for path in partial:
        path.unlink(missing_ok=True)
    if as_json:
        print_object({"commits": old, "incomplete": len(partial), "freed": freed})
    else:
        print_line(f"deleted {len(old)} commits and {len(partial)} incomplete files: {freed:,} bytes")


def _day(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds).strftime("%Y-%m-%d")


def diff(a: Place, b: Place, as_json: Json = False) -> None:
    """Show where two checkpoints differ: config, tensors, tokenizer; exit status 1 if they do.

    Example: leanformers hub diff user/name user/name@v2
    """
    from ..hub.difference import compare_checkpoints

    found = compare_checkpoints(_folder(a), _folder(b))
    if as_json:
        parts = found._asdict()
        if found.tokenizer is not None:
            parts["tokenizer"] = {
                key: part._asdict() if hasattr(part, "_asdict") else part
                for key, part in found.tokenizer._asdict().items()
            }
        print_object({"equal": not found, **parts})
    else:
        _print_difference(a, b, found)
    if found:
        raise typer.Exit(1)


def _print_difference(a: str, b: str, found: Any) -> None:
    from .tokenizers import print_difference

    columns = ["", f"A: {a}", f"B: {b}"]
    if found.config:
        print_table("config", columns, [(key, *map(str, values)) for key, values in found.config.items()])
    for title, names in ((f"tensors only in A: {a}", found.only_a), (f"tensors only in B: {b}", found.only_b)):
        if names:
            print_table(title, ["tensor"], [(name,) for name in names])
    if found.tensors:
        rows = [
            (name, *(" → ".join(map(str, part[key])) if key in part else "" for key in ("shape", "dtype")),
             f"{part['max_difference']:.3g}" if "max_difference" in part else "")
            for name, part in found.tensors.items()
        ]  # fmt: skip
        print_table("tensors that differ", ["tensor", "shape", "dtype", "largest difference>"], rows)
    print_line(f"{found.equal_tensors} tensors are equal")
    if found.only_one_has_tokenizer:
        print_line(f"only {found.only_one_has_tokenizer.upper()} has a tokenizer")
    elif found.tokenizer:
        print_difference(a, b, found.tokenizer)
    else:
        print_line("the tokenizers are equal")


def _folder(place: str) -> Path:
    if Path(place).expanduser().is_dir():
        return Path(place).expanduser()
    name, revision = _split(place)
    return locate(name, HubOptions(revision=revision), Need.EVERYTHING).folder


def _split(name: str) -> tuple[str, str | None]:
    """`user/name@revision` → the name and the revision."""
    repository, at, revision = name.partition("@")
    if not repository or (at and not revision):
        raise InputValueError(f"{name!r} is no repository: give user/name, or user/name@revision")
    return repository, revision or None
