"""The command `leanformers`: the library for people at a terminal and for pipes."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line. Errors of the library are one line on standard error and exit status 1."""
    try:
        import rich
        import typer  # noqa: F401
    except ImportError as error:
        sys.exit(f"the command line needs {error.name}: pip install 'leanformers[cli]'")
    del rich
    from ..errors import LeanformersError
    from .commands import app

    try:
        app(prog_name="leanformers")
    except LeanformersError as error:
        sys.exit(f"error: {error}")
    except BrokenPipeError:  # the reader has seen enough, as in `leanformers encode … | head`
        sys.stderr.close()
        sys.exit(1)
