"""Ids, types, masks, offsets, words and tokens equal those of the reference, on real and on odd text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leanformers import _core

EVERYTHING = {
    "return_token_type_ids": True,
    "return_attention_mask": True,
    "return_special_tokens_mask": True,
    "return_offsets_mapping": True,
    "return_length": True,
    "verbose": False,
}


def assert_same(ours: Any, theirs: Any) -> None:
    """The two encodings have the same keys in the same order and the same values."""
    assert list(ours) == list(theirs)
    for name in theirs:
        if ours[name] != theirs[name]:
            row = next(i for i, (a, b) in enumerate(zip(ours[name], theirs[name], strict=True)) if a != b)
            pytest.fail(f"{name} of row {row}: {ours[name][row]} instead of {theirs[name][row]}")


def assert_same_views(ours: Any, theirs: Any, count: int) -> None:
    for row in range(count):
        assert ours.tokens(row) == theirs.tokens(row)
        assert ours.word_ids(row) == theirs.word_ids(row)
        assert ours.sequence_ids(row) == theirs.sequence_ids(row)


def test_real_text_has_the_same_ids_masks_offsets_and_words(both: Any, corpus_lines: list[str]) -> None:
    assert len(corpus_lines) >= 5000
    ours = both.ours(corpus_lines, **EVERYTHING)
    theirs = both.theirs(corpus_lines, **EVERYTHING)
    assert_same(ours, theirs)
    assert_same_views(ours, theirs, len(corpus_lines))


def test_odd_text_has_the_same_ids_masks_offsets_and_words(both: Any, odd_lines: list[str]) -> None:
    ours = both.ours(odd_lines, **EVERYTHING)
    theirs = both.theirs(odd_lines, **EVERYTHING)
    assert_same(ours, theirs)
    assert_same_views(ours, theirs, len(odd_lines))


@pytest.mark.parametrize("add_special_tokens", [True, False])
def test_pairs_have_the_same_ids_types_masks_and_offsets(
    both: Any, corpus_lines: list[str], odd_lines: list[str], add_special_tokens: bool
) -> None:
    first = corpus_lines[:600] + odd_lines[:900]
    second = odd_lines[-600:] + corpus_lines[-900:]
    ours = both.ours(first, second, add_special_tokens=add_special_tokens, **EVERYTHING)
    theirs = both.theirs(first, second, add_special_tokens=add_special_tokens, **EVERYTHING)
    assert_same(ours, theirs)
    assert_same_views(ours, theirs, len(first))


def test_every_character_between_letters_has_the_same_ids_and_offsets(both: Any) -> None:
    lines = [
        " ".join(f"a{chr(code)}b" for code in range(start, start + 64) if not 0xD800 <= code < 0xE000)
        for start in range(0, 0x110000, 64)
        if start < 0x33480 or start >= 0x10FF00
    ]
    ours = both.ours(lines, return_offsets_mapping=True, verbose=False)
    theirs = both.theirs(lines, return_offsets_mapping=True, verbose=False)
    assert_same(ours, theirs)


def test_the_text_that_ids_decode_to_is_the_same(both: Any, corpus_lines: list[str], odd_lines: list[str]) -> None:
    rows = both.ours(corpus_lines[::3] + odd_lines, verbose=False)["input_ids"]
    for options in ({}, {"skip_special_tokens": True}, {"clean_up_tokenization_spaces": True}):
        assert both.ours.decode(rows, **options) == both.theirs.batch_decode(rows, **options)


def test_each_row_alone_gives_the_same_as_in_the_batch(both: Any, odd_lines: list[str]) -> None:
    batch = both.ours(odd_lines, return_offsets_mapping=True, verbose=False)
    for row, line in enumerate(odd_lines):
        alone = both.ours(line, return_offsets_mapping=True, verbose=False)
        assert alone["input_ids"] == batch["input_ids"][row]
        assert alone["offset_mapping"] == batch["offset_mapping"][row]
        assert both.ours.tokenize(line, verbose=False) == both.theirs.tokenize(line)


def test_the_fused_and_the_general_pipeline_agree(both: Any, corpus_lines: list[str], odd_lines: list[str]) -> None:
    general = both.ours._spec.compile(fused=False)
    lines = corpus_lines + odd_lines
    fast, slow = (core.encode(lines, details=True) for core in (both.ours._core, general))
    for column in _core.Column:
        assert fast.lists(column) == slow.lists(column), column


@settings(max_examples=400, deadline=None)
@given(text=st.text(), pair=st.none() | st.text(max_size=20))
def test_any_text_has_the_same_ids_and_offsets(load_both: Any, text: str, pair: str | None) -> None:
    for name in ("cased", "uncased"):
        both = load_both(name)
        ours = both.ours([text], None if pair is None else [pair], return_offsets_mapping=True, verbose=False)
        theirs = both.theirs([text], None if pair is None else [pair], return_offsets_mapping=True, verbose=False)
        assert_same(ours, theirs)
        assert ours.word_ids(0) == theirs.word_ids(0)


@settings(max_examples=300, deadline=None)
@given(
    words=st.lists(st.sampled_from(["[MASK]", "[CLS]", "[SEP]", "a", " ", "##b", "É", "文", "\u0301", ".", "[", "]"]))
)
def test_special_tokens_in_text_are_found_as_the_reference_does(load_both: Any, words: list[str]) -> None:
    both = load_both("minilm")
    text = "".join(words)
    ours, theirs = (one([text], return_offsets_mapping=True) for one in both)
    assert_same(ours, theirs)
    assert ours.tokens(0) == theirs.tokens(0)


@settings(max_examples=200, deadline=None)
@given(text=st.text())
def test_fused_and_general_agree_on_any_text(load_both: Any, text: str) -> None:
    spec = load_both("uncased").ours._spec
    cores = _general_of(spec)
    fast, slow = (core.encode([text], details=True) for core in cores)
    for column in _core.Column:
        assert fast.lists(column) == slow.lists(column)


_compiled: dict[int, tuple[_core.Tokenizer, _core.Tokenizer]] = {}


def _general_of(spec: Any) -> tuple[_core.Tokenizer, _core.Tokenizer]:
    if id(spec) not in _compiled:
        _compiled[id(spec)] = (spec.compile(), spec.compile(fused=False))
    return _compiled[id(spec)]
