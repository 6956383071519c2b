"""How the commands write: one JSON object a line for machines, tables for people, each as soon as it is known."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["print_line", "print_object", "print_table"]


def print_object(value: object) -> None:
    """`value` as one line of JSON."""
    print_line(json.dumps(value, ensure_ascii=False))


def print_line(text: str) -> None:
    """One line, whatever encoding standard output has."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def print_table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table; columns whose name ends in `>` are set to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, show_header=any(columns))
    for column in columns:
        table.add_column(column.removesuffix(">"), justify="right" if column.endswith(">") else "left", overflow="fold")
    for row in rows:
        # Text: tokens like "[CLS]" are no markup
        table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    console = Console()
    if title:
        console.print(Text(title, style="bold"))
    console.print(table)
