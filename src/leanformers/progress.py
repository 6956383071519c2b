"""Progress: a bar on a terminal while many texts go through a model. Uses rich where installed, else shows nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["byte_progress", "progress"]


@contextmanager
def progress(title: str, total: int, show: bool | None) -> Iterator[Callable[[int], None]]:
    """A bar from 0 to `total`; the value of the `with` advances it.

    Args:
        title: stands before the bar.
        total: the number of texts.
        show: None shows it on a terminal when there is more than a moment's work.
    """
    if show is None:
        show = total > 256 and sys.stderr.isatty()
    if show:
        try:
            from rich.console import Console
            from rich.progress import Progress
        except ImportError:
            show = False
    if not show:
        yield lambda texts: None
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda texts: bar.advance(task, texts)


@contextmanager
def byte_progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar of bytes on a terminal when there is more than a moment's work; may be advanced from several threads."""
    if total > 1_000_000 and sys.stderr.isatty():
        try:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
        except ImportError:
            pass
        else:
            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
            with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
                task = bar.add_task(title, total=total)
                yield lambda size: bar.advance(task, size)
            return
    yield lambda size: None
