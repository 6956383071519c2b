"""The commands of a hub's owner: `hub serve`, `hub token`, `hub gc`, `hub fsck`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from ..errors import InputValueError, MissingDependencyError
from .output import print_line, print_object, print_table

if TYPE_CHECKING:
    from ..hub.server.hub import Hub

__all__ = ["add_to"]

# typer reads these annotations at run time: Optional is what it understands on every Python.
Folder = Annotated[Path, typer.Argument(help="The folder that holds the hub.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

token = typer.Typer(help="Tokens: who may read and write.", no_args_is_help=True, rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    """Make these functions commands of `app`, which is `leanformers hub`."""
    for command in (serve, gc, fsck):
        app.command()(command)
    app.add_typer(token, name="token")


def serve(
    folder: Folder,
    host: Annotated[str, typer.Option(help="The address to listen on; without tokens, a loopback one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    max_file_size: Annotated[str, typer.Option(help="The largest file that is taken: 500MB, 20GB, 1TB.")] = "1TB",
    multipart_above: Annotated[
        str, typer.Option(help="Larger files are asked for in parts, each tried again.")
    ] = "256MB",
    part_size: Annotated[str, typer.Option(help="The length of these parts.")] = "64MB",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Take nothing; a plain folder of model folders is served as it is.")
    ] = False,
    upstream: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Another hub's address: repositories that are not here are fetched from there, and kept."),
    ] = None,
    upstream_token: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            envvar="LEANFORMERS_UPSTREAM_TOKEN", help="A token for it; what it opens is open to all who may read here."
        ),
    ] = None,
    upstream_seconds: Annotated[
        float, typer.Option(min=0, help="How long its answers about branches are good; commits are for ever.")
    ] = 60.0,
    allow_anonymous: Annotated[
        bool, typer.Option("--allow-anonymous", help="Listen beyond this machine although no token was ever created.")
    ] = False,
) -> None:
    """Serve a hub of your own, which any client of the Hub can push to and pull from.

    Point clients at it with HF_ENDPOINT. As long as no token was created, any token will do.

    Example: leanformers hub serve ./hub --port 8080
    """
    try:
        from ..hub.server.serving import serve as run
    except ImportError as error:
        raise MissingDependencyError(f"the hub needs {error.name}: pip install 'leanformers[hub]'") from None
    from ..hub.server.hub import Rules

    run(
        folder,
        host=host,
        port=port,
        rules=Rules(
            max_file_size=_bytes(max_file_size),
            multipart_above=_bytes(multipart_above),
            part_size=max(1, _bytes(part_size)),
            read_only=read_only,
            upstream=upstream,
            upstream_token=upstream_token,
            upstream_seconds=upstream_seconds,
        ),
        allow_anonymous=allow_anonymous,
        started=lambda url: print_line(f"{folder} is served at {url}: export HF_ENDPOINT={url}"),
    )


def _bytes(text: str) -> int:
    """Bytes in `500MB` or `20 GB`; a plain number is bytes."""
    units = ["", "K", "M", "G", "T"]
    match = re.fullmatch(r"([0-9]{1,15})(?:\s*([KMGT]?)i?B?)?", text.strip(), re.IGNORECASE)
    if match is None:
        raise InputValueError(f"{text!r} is no size: give it like 500MB, 20GB or 1TB")
    factor: int = 1000 ** units.index((match[2] or "").upper())
    return int(match[1]) * factor


def _hub(folder: Path, *, create: bool = False) -> Hub:
    from ..hub.server.hub import Hub

    return Hub(folder, create=create)


@token.command("create")
def token_create(
    folder: Folder,
    user: Annotated[str, typer.Argument(help="Whose it is: the owner of user/name.")],
    role: Annotated[str, typer.Option(help="read or write.")] = "write",
    namespace: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--namespace", help="Another namespace that it opens; * for all. May be given several times."),
    ] = None,
    name: Annotated[str, typer.Option(help="A name by which you remember it.")] = "",
    as_json: Json = False,
) -> None:
    """Create a token, and show it this once.

    From the first one on, the hub takes no other tokens.

    Example: leanformers hub token create ./hub alice --namespace team
    """
    from ..hub.server.access import create_token

    with _hub(folder, create=True).index.write() as db:
        secret, made = create_token(db, user, role, namespace or (), name)
    if as_json:
        print_object({"token": secret, **_token_row(made)})
    else:
        print_line(secret)


@token.command("list")
def token_list(folder: Folder, as_json: Json = False) -> None:
    """List the tokens; what they are is known to their holders alone.

    Example: leanformers hub token list ./hub
    """
    from ..hub.server.access import list_tokens

    rows = [_token_row(found) for found in list_tokens(_hub(folder).index.read)]
    if as_json:
        for row in rows:
            print_object(row)
    else:
        print_table(None, ["id", "user", "role", "namespaces", "name", "created"], [_cells(row) for row in rows])


def _token_row(found: Any) -> dict[str, Any]:
    from ..hub.server.answers import timestamp

    return {
        "id": found.id,
        "user": found.user,
        "role": found.role,
        "namespaces": list(found.namespaces),
        "name": found.name,
        "created": timestamp(found.created),
    }


def _cells(row: dict[str, Any]) -> list[str]:
    return [" ".join(value) if isinstance(value, list) else str(value) for value in row.values()]


@token.command("revoke")
def token_revoke(folder: Folder, identity: Annotated[str, typer.Argument(help="Its id, or the token itself.")]) -> None:
    """Make a token useless, at once.

    Example: leanformers hub token revoke ./hub 3f9a01c2b7de
    """
    from ..hub.server.access import revoke_token

    with _hub(folder).index.write() as db:
        revoked = revoke_token(db, identity)
    print_line(f"revoked {revoked.id} of {revoked.user}")


def gc(
    folder: Folder,
    older_than: Annotated[float, typer.Option(min=0, help="Hours; what is younger stays.")] = 24.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")] = False,
    as_json: Json = False,
) -> None:
    """Remove what no branch, tag or pull request leads to, and the remains of broken uploads.

    It may run beside the server: uploads in progress are younger than --older-than.

    Example: leanformers hub gc ./hub
    """
    from ..hub.server.gc import collect

    found = collect(_hub(folder), older_than=older_than * 3600, dry_run=dry_run)
    if as_json:
        print_object({"commits": found.commits, "files": found.files, "bytes": found.bytes, "dry_run": dry_run})
    else:
        verb = "would remove" if dry_run else "removed"
        print_line(f"{verb} {found.commits:,} commits and {found.files:,} files of {found.bytes:,} bytes")


def fsck(
    folder: Folder,
    content: Annotated[bool, typer.Option(help="Read and hash all bytes, not only count them.")] = True,
    as_json: Json = False,
) -> None:
    """Check that everything is there and unharmed. Exit status 1 when it is not.

    Example: leanformers hub fsck ./hub
    """
    from ..hub.server.fsck import fsck as check

    found = check(_hub(folder), content=content)
    if as_json:
        facts = {name: getattr(found, name) for name in ("repositories", "commits", "files", "bytes", "problems")}
        print_object(facts)
    else:
        for problem in found.problems:
            print_line(problem)
        counts = f"{found.repositories:,} repositories, {found.commits:,} commits, {found.files:,} files"
        print_line(f"{counts}, {found.bytes:,} bytes: {len(found.problems) or 'no'} problems")
    if found.problems:
        raise typer.Exit(1)
