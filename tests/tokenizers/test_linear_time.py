"""The time of one long word grows with its length, whatever it is made of: nobody can stop a server with a text."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from leanformers import _core
from leanformers.tokenizers.spec import Spec

pytest.importorskip("tokenizers")
from .test_families import FAMILIES

SHORT, FACTOR = 250_000, 4
TEXTS = {
    "one letter": "a",
    "pairs": "ab",
    "marks": "\u0301",
    "letters with marks": "e\u0323\u0301",
    "unknown": "\U0001f9ff",
    "spaces": " ",
    "newlines": "\n ",
    "digits": "1",
    "apostrophes": "'",
    "ideographs": "\u4e2d",
    "joiners": "\u0915\u094d",
    "added tokens, almost": "[SEP<|endoftext|<extra_id_0",
}


@pytest.fixture(scope="module", params=FAMILIES)
def core(request: pytest.FixtureRequest, corpus_lines: list[str], test_data: Path) -> _core.Tokenizer:
    import json

    return Spec(json.loads(FAMILIES[request.param](corpus_lines[:1500], test_data).to_str())).compile()


def seconds(core: _core.Tokenizer, text: str) -> float:
    times = []
    for _ in range(3):
        begin = time.process_time()
        core.encode([text], threads=1)
        times.append(time.process_time() - begin)
    return min(times)


@pytest.mark.long
@pytest.mark.parametrize("kind", TEXTS)
def test_four_times_the_text_takes_not_much_more_than_four_times_the_time(core: _core.Tokenizer, kind: str) -> None:
    unit = TEXTS[kind]
    short, long = (unit * (size // len(unit.encode())) for size in (SHORT, SHORT * FACTOR))
    seconds(core, short)
    first, second = seconds(core, short), seconds(core, long)
    # n log n and caches that no longer fit allow for some more; what is quadratic takes sixteen times.
    assert second < 2.2 * FACTOR * first + 0.05, (
        f"{first:.3f} s for {SHORT:,} bytes, {second:.3f} s for four times as many"
    )
    assert second < 10
