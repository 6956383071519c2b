"""What the generators of the tables share: all scalar values, ranges of them, and how a table is written."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import tokenizers

REFERENCE = "0.23.3"
SCALARS = [*range(0xD800), *range(0xE000, 0x110000)]


def check_reference() -> None:
    if tokenizers.__version__ != REFERENCE:
        sys.exit(f"the tables are those of tokenizers {REFERENCE}; {tokenizers.__version__} is installed")


def ranges(codes: Iterable[int]) -> list[tuple[int, int]]:
    """(first, last) of each stretch of neighbours."""
    found: list[tuple[int, int]] = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1] = (found[-1][0], code)
        else:
            found.append((code, code))
    return found


def emit(declaration: str, items: Iterable[str]) -> None:
    """Print an array of `declaration`, a type and a name."""
    print(f"\ninline constexpr {declaration}[] = {{")
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > 120:
            print(line)
            line = "   "
        line += f" {item},"
    print(line)
    print("};")
