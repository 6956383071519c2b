"""Progress: a bar on a terminal while there is much work. Uses rich where installed, else shows nothing."""

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
    if not (show and _has_rich()):
        yield lambda texts: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
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


def _has_rich() -> bool:
    try:
        import rich  # noqa: F401
    except ImportError:
        return False
    return True


@contextmanager
def download_progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
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
