"""What an operator, method or filter of a chat template may make: refused before it is made when it would be too much.

sandbox.py asks here before each such step
"""

from __future__ import annotations

import re
from typing import Any

from jinja2.exceptions import SecurityError

__all__ = ["check_call", "check_operator", "check_result"]

MAX_TEXT = 20_000_000  # characters of one string
MAX_ITEMS = 1_000_000  # items of one list
MAX_BITS = 10_000  # of one number

_PADDING = {"center", "ljust", "rjust", "zfill", "|center", "|batch", "|slice"}
_PER_PART = {"expandtabs", "|indent", "|tojson"}  # so many spaces for each tab, line or item


def check_operator(operator: str, left: Any, right: Any) -> None:
    """Refuse `left operator right` when its result would be too large."""
    if isinstance(left, int) and isinstance(right, int):
        if operator == "*":
            _check("a number", left.bit_length() + right.bit_length(), MAX_BITS)
        elif operator == "**":
            _check("a number", left.bit_length() * max(right, 0), MAX_BITS)
    elif operator == "*":
        for sequence, count in ((left, right), (right, left)):
            if isinstance(sequence, (str, list, tuple)) and isinstance(count, int):
                _check_length(sequence, len(sequence) * max(count, 0))
    elif operator == "+" and isinstance(left, (str, list, tuple)) and isinstance(right, (str, list, tuple)):
        _check_length(left, len(left) + len(right))
    elif operator == "%" and isinstance(left, str):
        values = right if isinstance(right, tuple) else tuple(right.values()) if isinstance(right, dict) else (right,)
        _check_format(left, values)


def check_call(name: str, values: tuple[Any, ...]) -> None:
    """Refuse a method of a string, or a filter (`|name`), when its result would be too large.

    `values` begin with what it works on.
    """
    subject, *arguments = values or ("",)
    numbers = [value for value in arguments if isinstance(value, int)]
    longest = max((len(value) for value in arguments if isinstance(value, (str, list, tuple, dict))), default=0)
    size = len(subject) if isinstance(subject, (str, list, tuple, dict)) else 0
    if name in _PADDING:
        _check("a text", max(numbers, default=0), MAX_ITEMS)
    elif name in _PER_PART:
        _check("a text", (size + 1) * max([longest, *numbers]), MAX_TEXT)
    elif name in ("replace", "|replace") and len(arguments) > 1:
        old, new = (len(str(value)) for value in arguments[:2])
        _check("a text", size + (size // max(old, 1) + 1) * new, MAX_TEXT)
    elif name == "join":
        _check_join(subject, arguments[0] if arguments else ())
    elif name == "|join":
        _check_join(arguments[0] if arguments and isinstance(arguments[0], str) else "", subject)
    elif name in ("format", "format_map", "|format") and isinstance(subject, str):
        _check_format(subject, tuple(arguments))
    elif name == "translate":
        _check("a text", size * max(longest, 1) * _longest_value(arguments), MAX_TEXT)


def check_result(value: Any) -> Any:
    """`value`, unless it is too large to go on with."""
    if isinstance(value, (str, list, tuple)):
        _check_length(value, len(value))
    return value


def _check_join(separator: str, items: Any) -> None:
    if isinstance(items, (list, tuple)):
        lengths = (len(item) if isinstance(item, str) else 1 for item in items)
        _check("a text", sum(lengths) + len(separator) * len(items), MAX_TEXT)


def _check_format(pattern: str, values: tuple[Any, ...]) -> None:
    """Widths in the pattern or among the values, and long values that are written many times."""
    widths = [int(digits[:12]) for digits in re.findall(r"\d+", pattern)]
    if "*" in pattern or pattern.count("{") > pattern.count("}") or re.search(r"\{[^}]*\{", pattern):
        widths += [value for value in values if isinstance(value, int)]
    _check("a text", max(widths, default=0), MAX_ITEMS)
    texts = [len(value) for value in values if isinstance(value, (str, list, tuple, dict))]
    _check("a text", max(texts, default=0) * (pattern.count("%") + pattern.count("{")), MAX_TEXT)


def _longest_value(arguments: list[Any]) -> int:
    tables = [argument for argument in arguments if isinstance(argument, dict)]
    return max((len(value) for table in tables for value in table.values() if isinstance(value, str)), default=1)


def _check_length(sequence: Any, length: int) -> None:
    if isinstance(sequence, str):
        _check("a text", length, MAX_TEXT)
    else:
        _check("a list", length, MAX_ITEMS)


def _check(what: str, size: int, limit: int) -> None:
    if size > limit:
        raise SecurityError(f"it would make {what} of size {size:,}; at most {limit:,} is allowed")
