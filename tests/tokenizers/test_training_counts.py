"""Words are counted as the reference splits them, although texts are cut at spaces and each stretch is split once."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from leanformers import _core

tokenizers = pytest.importorskip("tokenizers")
normalizers, pre_tokenizers = tokenizers.normalizers, tokenizers.pre_tokenizers

FORM = _core.Form
REPLACE = (normalizers.Replace("``", '"'), _core.Replace(pattern="``", content='"'))
SPACES = (normalizers.Replace(tokenizers.Regex(" {2,}"), " "), _core.Replace(pattern=" {2,}", content=" ", regex=True))
NORMALIZERS = {
    "none": ([], []),
    "bert": ([normalizers.BertNormalizer()], [_core.BertNormalizer()]),
    "bert-nfkc": (
        [normalizers.BertNormalizer(lowercase=False), normalizers.NFKC()],
        [_core.BertNormalizer(lowercase=False), _core.UnicodeForm(form=FORM.NFKC)],
    ),
    "nmt": ([normalizers.Nmt(), normalizers.NFC()], [_core.Nmt(), _core.UnicodeForm(form=FORM.NFC)]),
    "unigram": (
        [REPLACE[0], normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), SPACES[0]],
        [REPLACE[1], _core.UnicodeForm(form=FORM.NFKD), _core.StripAccents(), _core.Lowercase(), SPACES[1]],
    ),
    "removing": (
        [normalizers.Replace("e", ""), normalizers.Strip(), normalizers.Prepend("x ")],
        [_core.Replace(pattern="e", content=""), _core.Strip(), _core.Prepend(prepend="x ")],
    ),
}
PRE_TOKENIZERS = {
    "bert": ([pre_tokenizers.BertPreTokenizer()], [_core.BertPreTokenizer()]),
    "byte-level": ([pre_tokenizers.ByteLevel()], [_core.ByteLevel()]),
    "digits, byte-level": (
        [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)],
        [_core.Digits(individual_digits=True), _core.ByteLevel(add_prefix_space=False)],
    ),
    "letters": ([pre_tokenizers.FixedLength(1)], [_core.FixedLength(length=1)]),
    "metaspace": ([pre_tokenizers.Metaspace()], [_core.Metaspace()]),
    "metaspace first": (
        [pre_tokenizers.Metaspace(prepend_scheme="first")],
        [_core.Metaspace(prepend_scheme=_core.PrependScheme.FIRST)],
    ),
    "spaces, metaspace first": (
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="first")],
        [_core.WhitespaceSplit(), _core.Metaspace(prepend_scheme=_core.PrependScheme.FIRST)],
    ),
    "spaces": ([pre_tokenizers.WhitespaceSplit()], [_core.WhitespaceSplit()]),
    "a space": ([pre_tokenizers.CharDelimiterSplit(" ")], [_core.CharDelimiterSplit(delimiter=" ")]),
    "words, punctuation": (
        [pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation()],
        [_core.Whitespace(), _core.Punctuation()],
    ),
    "nothing": ([], []),
}


def reference_counts(normalizer: list[Any], pre_tokenizer: list[Any], texts: list[str]) -> dict[str, int]:
    """Words by way of the reference's own training, with room for all of them."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel())
    tokenizer.normalizer = normalizers.Sequence(normalizer)
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(pre_tokenizer)
    counts: Counter[str] = Counter()
    for text in texts:
        normalized = tokenizer.normalizer.normalize_str(text)
        if not normalized:
            continue
        if tokenizer.pre_tokenizer is None:
            counts[normalized] += 1
        else:
            counts.update(word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normalized))
    return dict(counts)


@pytest.fixture(scope="module")
def texts(odd_lines: list[str], corpus_lines: list[str]) -> list[str]:
    """Odd lines, some of them joined by single spaces, so that there is something odd beside many spaces; real ones."""
    chosen = random.Random(3)
    pairs = [" ".join(chosen.sample(odd_lines, 2)) for _ in range(800)]
    return [*odd_lines[::3], *pairs, *corpus_lines[::20]]


@pytest.mark.parametrize("pre_tokenizer", PRE_TOKENIZERS)
@pytest.mark.parametrize("normalizer", NORMALIZERS)
def test_words_are_those_of_the_reference(normalizer: str, pre_tokenizer: str, texts: list[str]) -> None:
    their_normalizer, our_normalizer = NORMALIZERS[normalizer]
    their_pre_tokenizer, our_pre_tokenizer = PRE_TOKENIZERS[pre_tokenizer]
    if "first" in pre_tokenizer and normalizer != "none":
        # Their pre-tokenizer alone does not know which characters a normalizer has put first.
        their_normalizer, our_normalizer = [], []
    counter = _core.WordCounter(our_normalizer, our_pre_tokenizer, 2)
    counter.add(texts)
    expected = reference_counts(their_normalizer, their_pre_tokenizer, texts)
    assert dict(counter.counts()) == expected
    assert len(counter) == len(expected)


def test_texts_are_only_cut_where_no_stage_can_see_it() -> None:
    cut = {
        (name, other): _core.WordCounter(NORMALIZERS[name][1], PRE_TOKENIZERS[other][1], 1).cuts_at_spaces
        for name in NORMALIZERS
        for other in PRE_TOKENIZERS
    }
    assert {name for (name, _), cuts in cut.items() if cuts} == set(NORMALIZERS) - {"removing"}
    assert {name for (_, name), cuts in cut.items() if not cuts and cut["none", name] is False} == {
        "digits, byte-level",
        "nothing",
    }


def test_counting_goes_on_after_a_look() -> None:
    counter = _core.WordCounter([], [_core.WhitespaceSplit()], 2)
    counter.add(["a b a"])
    assert dict(counter.counts()) == {"a": 2, "b": 1}
    counter.add(["b c", "", " "])
    counter.add([])
    assert dict(counter.counts()) == {"a": 2, "b": 2, "c": 1}


def test_long_words_and_lone_surrogates() -> None:
    long = "x" * 1_000_000
    counter = _core.WordCounter([], [_core.WhitespaceSplit()], 1)
    counter.add([f"a {long} a \ud800", long, "\x00 \x00"])
    assert dict(counter.counts()) == {"a": 2, long: 2, "\ufffd": 1, "\x00": 2}


def test_many_words_are_handed_on_in_time() -> None:
    """More different words than a worker keeps, and stretches that come once only."""
    texts = [" ".join(f"w{number}" for number in range(begin, begin + 2000)) for begin in range(0, 700_000, 1000)]
    counter = _core.WordCounter([], [_core.WhitespaceSplit()], 1)
    for begin in range(0, len(texts), 100):
        counter.add(texts[begin : begin + 100])
    counts = dict(counter.counts())
    assert len(counts) == 701_000
    assert sum(counts.values()) == 1_400_000
    assert counts["w0"] == 1
    assert counts["w1777"] == 2
