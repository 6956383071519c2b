"""BPE gives what the reference gives, from merges in order, out of order, doubled, and of all pairs of tokens."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leanformers import _core
from leanformers.tokenizers.formats.merges import BYTE_LETTERS, to_letters
from leanformers.tokenizers.spec import Spec

tokenizers = pytest.importorskip("tokenizers")

Merges = list[tuple[str, str]]
ALPHABETS = ["a", "ab", "abc", "aé中", "ab\U0001f600"]


def all_pairs(merges: Merges) -> Merges:
    """As files that were made from a list of tokens have them: all pairs that give each token, in its place."""
    tokens = set("".join(itertools.chain.from_iterable(merges))) | {left + right for left, right in merges}
    pairs = []
    for token in dict.fromkeys(left + right for left, right in merges):
        cuts = [(token[:cut], token[cut:]) for cut in range(1, len(token))]
        pairs += [pair for pair in cuts if pair[0] in tokens and pair[1] in tokens]
    return pairs


def random_merges(chosen: random.Random, alphabet: str) -> Merges:
    """Of symbols that others make: then in order, with a few moved, doubled, or in any order."""
    symbols, merges = list(alphabet), []
    for _ in range(chosen.randrange(1, 24)):
        pair = chosen.choice(symbols), chosen.choice(symbols[-6:])
        pair = pair if chosen.random() < 0.5 else pair[::-1]
        if len("".join(pair)) < 12:
            merges.append(pair)
            symbols.append("".join(pair))
    way = chosen.randrange(5)
    if way == 1:
        merges = all_pairs(merges)
    elif way == 2:
        chosen.shuffle(merges)
    elif way == 3:
        for _ in range(3):
            merges.insert(chosen.randrange(len(merges)), merges.pop(chosen.randrange(len(merges))))
    if way != 4:
        merges = list(dict.fromkeys(merges))
    return merges


def both(merges: Merges, letters: str, **options: Any) -> tuple[_core.Tokenizer, Any]:
    """The core and the reference, without a pre-tokenizer."""
    tokens = [*options.pop("more", ()), *letters, *(left + right for left, right in merges)]
    vocab = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    model = _core.Bpe(vocab, merges=merges, **options)
    stages: dict[str, Any] = {"added_tokens": [], "normalizers": [], "pre_tokenizers": [], "decoders": []}
    return (
        _core.Tokenizer(**stages, model=model, template=None),
        tokenizers.Tokenizer(tokenizers.models.BPE(vocab, merges, **options)),
    )


def compare(core: _core.Tokenizer, reference: Any, texts: list[str]) -> None:
    encoded = core.encode(texts, details=True)
    columns = map(encoded.lists, (_core.Column.IDS, _core.Column.SPANS))
    for text, ids, spans, theirs in zip(texts, *columns, reference.encode_batch(texts), strict=True):
        assert ids == theirs.ids, repr(text)
        assert [tuple(span) for span in spans] == theirs.offsets, repr(text)


@settings(max_examples=400, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.sampled_from(ALPHABETS), st.booleans())
def test_random_merges(seed: int, alphabet: str, ignore_merges: bool) -> None:
    chosen = random.Random(seed)
    merges = random_merges(chosen, alphabet)
    texts = ["".join(chosen.choices(alphabet, k=chosen.randrange(40))) for _ in range(12)]
    texts += ["".join(pair) for pair in merges]
    texts += [letter * count for letter in alphabet for count in (2, 7, 61, 64, 65, 130)]
    compare(*both(merges, alphabet, ignore_merges=ignore_merges), texts)


@pytest.mark.long
def test_many_random_merges() -> None:
    for seed in range(20_000):
        chosen = random.Random(seed)
        alphabet = chosen.choice(ALPHABETS)
        texts = ["".join(chosen.choices(alphabet, k=chosen.randrange(40))) for _ in range(12)]
        compare(*both(random_merges(chosen, alphabet), alphabet), texts)


@settings(max_examples=200, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.booleans(), st.booleans(), st.booleans())
def test_characters_that_are_no_letters(seed: int, unknown: bool, fuse: bool, fallback: bool) -> None:
    """They part the letters, or vanish and do not; byte tokens of theirs may be results and parts of merges too."""
    chosen = random.Random(seed)
    merges = random_merges(chosen, "ab<")
    more = [f"<0x{byte:02X}>" for byte in "é".encode()] + ["?"]
    if chosen.random() < 0.3:
        merges.append((more[0], "a"))
    options = {"unk_token": "?" if unknown else None, "fuse_unk": fuse, "byte_fallback": fallback}
    texts = ["".join(chosen.choices("aab<é中x", k=chosen.randrange(30))) for _ in range(12)]
    core, reference = both(merges, "ab<", more=more, **options)
    # Spans of what follows a character that vanished may lie beyond the text in the reference; ids say enough.
    for text, theirs in zip(texts, reference.encode_batch(texts), strict=True):
        assert core.encode([text]).lists(_core.Column.IDS) == [theirs.ids], repr(text)


@settings(max_examples=200, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.sampled_from(["a", "ab", "aé"]))
def test_tokens_and_texts_of_many_sizes(seed: int, alphabet: str) -> None:
    """Those of eight bytes, of fifteen, and of more are searched in different ways, and so are short and long texts."""
    chosen = random.Random(seed)
    symbols, merges = list(alphabet), []
    for _ in range(30):
        pair = chosen.choice(symbols), chosen.choice(symbols)
        if len("".join(pair)) <= 40:
            merges.append(pair)
            symbols.append("".join(pair))
    texts = [*symbols, *("".join(chosen.choices(symbols, k=chosen.randrange(2, 5))) for _ in symbols)]
    texts += [letter * count for letter in alphabet for count in range(1, 40)]
    compare(*both(list(dict.fromkeys(merges)), alphabet), texts)


def test_texts_of_one_hash() -> None:
    """Tokens that no table keeps apart are merged: nine bytes of which the last adds what the first eight take away."""
    first, last = 0x0123456789ABCDEF, 0x41
    moved = (first - 0xC2B2AE3D27D4EB4F * pow(0x9E3779B97F4A7C15, -1, 2**64)) % 2**64
    twins = [first.to_bytes(8, "little") + bytes([last]), moved.to_bytes(8, "little") + bytes([last + 1])]
    texts = [to_letters(twin) for twin in twins]
    merges = [(text[:size], text[size]) for text in texts for size in range(1, 9)]
    together = [*texts, texts[0] + texts[1], texts[1] + texts[0][:5], texts[0][3:] + texts[1]]
    compare(*both(list(dict.fromkeys(merges)), BYTE_LETTERS), together)


def test_a_merge_before_those_of_its_parts() -> None:
    """`a bc` has the lower rank, but only happens where nothing has made `ab` of the same letters before."""
    compare(*both([("a", "bc"), ("b", "c")], "abc"), ["abc", "abcabc", "bc", "ab"])
    compare(*both([("a", "b"), ("ab", "c"), ("a", "bc"), ("b", "c")], "abc"), ["abc", "aabc", "abcbc", "bca"])


def test_tokens_of_gpt2_alone_and_side_by_side(test_data: Path) -> None:
    folder = test_data / "tokenizers" / "gpt2"
    files = str(folder / "vocab.json"), str(folder / "merges.txt")
    reference = tokenizers.Tokenizer(tokenizers.models.BPE.from_file(*files))
    reference.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    reference.decoder = tokenizers.decoders.ByteLevel()
    spec = Spec(json.loads(reference.to_str()))
    chosen = random.Random(1)
    tokens = [reference.decode([number]) for number in range(0, reference.get_vocab_size(), 3)]
    texts = [*tokens, *("".join(chosen.choices(tokens, k=chosen.randrange(2, 5))) for _ in tokens)]
    texts += ["".join(chosen.choices("中文字符テスト", k=40)) for _ in range(200)]
    for core in (spec.compile(), spec.compile(fused=False)):
        compare(core, reference, texts)
