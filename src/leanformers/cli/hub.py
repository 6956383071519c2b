"""The command group `hub`."""

from __future__ import annotations

import typer

from . import hub_server

__all__ = ["app"]

app = typer.Typer(help="Sharing models: a hub of your own.", no_args_is_help=True, rich_markup_mode=None)
hub_server.add_to(app)
