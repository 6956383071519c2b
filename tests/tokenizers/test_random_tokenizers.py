"""Random tokenizers over random texts give what the reference gives; where it breaks down, nothing crashes here."""

from __future__ import annotations

import itertools
import random
from random import Random

import pytest

pytest.importorskip("tokenizers")
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .configurations import FRAGMENTS, random_document, random_text
from .side_by_side import STRATEGIES, Both

TEXTS = st.lists(st.sampled_from(sorted({part for kind in FRAGMENTS for part in kind})) | st.text()).map("".join)


def split_at_random(chosen: Random, text: str) -> list[str]:
    """Some words, which may be empty."""
    places = sorted(chosen.choices(range(len(text) + 1), k=chosen.randrange(5)))
    return [text[begin:end] for begin, end in itertools.pairwise([0, *places, len(text)])]


def check(chosen: Random, texts: list[str] | None = None) -> None:
    """One document and some texts, in all ways."""
    document = random_document(chosen)
    both = Both(document)
    core = both.cores["fused"]
    texts = texts or [random_text(chosen, document) for _ in range(4)]
    for text in texts:
        both.compare_decoding(both.compare(text))
        both.compare(text, chosen.choice(texts), add_special_tokens=chosen.random() < 0.6)
    ids = chosen.choices(range(core.vocab_size()), k=6)
    both.compare_decoding([number for number in ids if core.id_to_token(number) is not None])
    both.compare_padding(texts[:3], chosen.random() < 0.5, chosen.choice([None, 4]))
    for name, strategy in STRATEGIES.items():
        pair = texts[1] if name == "only_second" or chosen.random() < 0.5 else None
        special = core.encode([""], None if pair is None else [""]).lengths()[0]
        room = chosen.randint(0 if name == "longest_first" else 1, 6)
        left = chosen.random() < 0.5
        cut = {"max_length": special + room, "truncation": strategy, "truncate_left": left}
        both.compare(texts[0], pair, **cut)
        if room:
            both.compare(texts[0], pair, **cut, overflow=True, stride=chosen.randrange(room))
    for text in texts[:2]:
        both.compare(text, split_special_tokens=True)
        words = split_at_random(chosen, text)
        both.compare(words, chosen.choice([None, split_at_random(chosen, texts[1])]), words=True)


@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.lists(TEXTS, min_size=2, max_size=4))
def test_a_random_tokenizer_is_the_same_as_in_the_reference(seed: int, texts: list[str]) -> None:
    check(random.Random(seed), texts)


@pytest.mark.parametrize("start", range(0, 1000, 250))
def test_the_first_thousand_tokenizers_by_seed(start: int) -> None:
    for seed in range(start, start + 250):
        check(random.Random(seed))


@pytest.mark.long
@pytest.mark.parametrize("start", range(0, 100_000, 5_000))
def test_a_hundred_thousand_tokenizers_by_seed(start: int) -> None:
    for seed in range(start, start + 5_000):
        check(random.Random(seed))
