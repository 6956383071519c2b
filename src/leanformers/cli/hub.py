"""The command group `hub`."""

from __future__ import annotations

import typer

from . import hub_server, hub_sharing

__all__ = ["app"]

app = typer.Typer(
    help="Sharing models: names on the Hub, the cache, pushing, and a hub of your own.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
hub_sharing.add_to(app)
hub_server.add_to(app)
