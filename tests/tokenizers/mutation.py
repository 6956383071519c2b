"""Varied texts without end: pieces of real ones, changed by a seeded hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from .configurations import FRAGMENTS

__all__ = ["mutated_texts"]

SWAPS = (str.upper, str.lower, str.title, str.swapcase, lambda text: text[::-1], lambda text: " ".join(text))


def mutated_texts(data: Path, seed: int, count: int) -> Iterator[str]:
    """`count` texts of up to some hundred characters out of the corpora in `data`."""
    chosen = Random(seed)
    corpora = []
    for name in ("english", "multilingual", "short"):
        with (data / "corpora" / f"{name}.jsonl").open(encoding="utf-8") as file:
            corpora.append([json.loads(line)["text"] for line in file])

    def excerpt() -> str:
        text: str = chosen.choice(chosen.choice(corpora))
        begin = chosen.randrange(max(1, len(text) - 20))
        return text[begin : begin + chosen.choice([10, 40, 120, 300])]

    for _ in range(count):
        text = excerpt()
        for _ in range(chosen.randrange(4)):
            text = mutate(chosen, text, excerpt)
        yield text[:600]


def mutate(chosen: Random, text: str, excerpt: Callable[[], str]) -> str:
    """One change: of case, a splice, something odd inside, a cut, or a repetition."""
    at = chosen.randrange(len(text) + 1)
    end = min(len(text), at + chosen.choice([1, 3, 10, 40]))
    kind = chosen.randrange(6)
    if kind == 0:
        return text[:at] + chosen.choice(SWAPS)(text[at:end]) + text[end:]
    if kind == 1:
        return text[:at] + excerpt()[:60] + text[at:]
    if kind == 2:
        return text[:at] + "".join(chosen.choice(chosen.choice(FRAGMENTS)) for _ in range(3)) + text[at:]
    if kind == 3:
        return text[:at] + text[end:]
    if kind == 4:
        return text[:at] + text[at:end] * chosen.choice([2, 3, 20]) + text[end:]
    code = chosen.choice([chosen.randrange(0x80), chosen.randrange(0x3000), chosen.randrange(0xE000, 0x110000)])
    return text[:at] + chr(code) + text[at:]
