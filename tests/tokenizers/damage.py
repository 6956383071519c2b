"""Documents with one thing wrong."""

from __future__ import annotations

import json
import random
from typing import Any

__all__ = ["damage"]

ODD_VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2**31, 2**32, 2**53, 2**64, 10**40, -(2**63), 0.5, 1e308, float("nan"), float("inf"),
    "", "a", "\0", "\ud800", "é" * 100, [], {}, [[]], [None], {"type": "Sequence"}, {"type": "BPE"}, {"": {}},
    {"Regex": "(a*)*b"}, {"Regex": "("}, {"Regex": "a{99999}"}, {"Regex": "(?<=a)b"}, {"String": 3}, [["a", 1]],
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in list(items)[:12] for place in places(item, (*path, key)))]


def damage(chosen: random.Random, value: Any) -> Any:
    """One thing in a document gone, doubled or replaced."""
    path = chosen.choice(places(value)[1:])
    value = json.loads(json.dumps(value))
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    key = path[-1]
    kind = chosen.randrange(4)
    if kind == 0:
        del inner[key]
    elif kind == 1 and isinstance(inner, dict):
        inner[f"{key}x"] = inner.pop(key)
    elif kind == 2 and isinstance(inner, list):
        inner.append(inner[key])
    else:
        inner[key] = chosen.choice(ODD_VALUES)
    return value
