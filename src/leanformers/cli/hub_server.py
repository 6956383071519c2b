"""The commands of a hub's owner: `hub serve`, `hub token`, `hub gc`, `hub fsck`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputValueError
from .output import print_line

__all__ = ["add_to"]

Folder = Annotated[Path, typer.Argument(help="The folder that holds the hub.")]


def add_to(app: typer.Typer) -> None:
    """Make these functions commands of `app`, which is `leanformers hub`."""
    app.command()(serve)


def serve(
    folder: Folder,
    host: Annotated[str, typer.Option(help="The address to listen on; without tokens, a loopback one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    max_file_size: Annotated[str, typer.Option(help="The largest file that is taken: 500MB, 20GB, 1TB.")] = "1TB",
    allow_anonymous: Annotated[
        bool, typer.Option("--allow-anonymous", help="Listen beyond this machine although no token was ever created.")
    ] = False,
) -> None:
    """Serve a hub of your own, which any client of the Hub can push to and pull from.

    Point clients at it with HF_ENDPOINT. As long as no token was created, any token will do.

    Example: leanformers hub serve ./hub --port 8080
    """
    from ..hub.server.hub import Rules
    from ..hub.server.serving import serve as run

    run(
        folder,
        host=host,
        port=port,
        rules=Rules(max_file_size=_bytes(max_file_size)),
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
