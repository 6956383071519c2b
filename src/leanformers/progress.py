"""Progress: a bar on a terminal while many texts go through a model. Uses rich where installed, else shows nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress"]


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
    if show:
        try:
            from rich.console import Console
            from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
        except ImportError:
            show = False
    if not show:
        yield lambda texts: None
        return
    count = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,}"), TimeElapsedColumn())
    columns = count if total is None else Progress.get_default_columns()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda texts: bar.advance(task, texts)
