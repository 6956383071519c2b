"""Progress: a bar on a terminal while there is much work. Uses rich where installed, else shows nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["byte_progress", "progress"]


@contextmanager
def progress(title: str, total: int | None, show: bool | None) -> Iterator[Callable[[int], None]]:
    """A bar from 0 to `total`, or a count where nobody knows the total; the value of the `with` advances it.

    Args:
        title: stands before the bar.
        total: the number of texts; None where it is not known.
        show: None shows it on a terminal when it is known that there is more than a moment's work.
    """
    if show is None:
        show = total is not None and total > 256 and sys.stderr.isatty()
    if not (show and _has_rich()):
        yield lambda texts: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    count = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,}"), TimeElapsedColumn())
    columns = count if total is None else Progress.get_default_columns()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda texts: bar.advance(task, texts)


@contextmanager
def byte_progress(title: str, total: int, show: bool | None) -> Iterator[Callable[[int, int], None]]:
    """A bar over `total` bytes that are read, with their number a second and the tokens they became.

    The value of the `with` takes the bytes read since the last call, and all tokens so far. None for `show` shows the
    bar on a terminal.
    """
    if show is None:
        show = sys.stderr.isatty()
    if not (show and _has_rich()):
        yield lambda read, tokens: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("{task.fields[tokens]:,} tokens"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total, tokens=0)
        yield lambda read, tokens: bar.update(task, advance=read, tokens=tokens)


@contextmanager
def download_progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar of bytes on a terminal when there is more than a moment's work; may be advanced from several threads."""
    if not (total > 1_000_000 and sys.stderr.isatty() and _has_rich()):
        yield lambda size: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda size: bar.advance(task, size)


def _has_rich() -> bool:
    try:
        import rich.console
        import rich.progress  # noqa: F401
    except ImportError:
        return False
    return True
