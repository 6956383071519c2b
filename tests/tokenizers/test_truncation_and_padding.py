"""Truncation and padding: every strategy, length and side gives what the reference gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FIRST = [
    "",
    "a",
    "A short text.",
    "unaffable unbelievable words in one longer text, with dots...",
    "文字 mixed [MASK] in",
]
SECOND = ["second", "", "Another rather long text that gives way first, or last, who knows?", "b", "été"]
EVERYTHING = {"return_special_tokens_mask": True, "return_offsets_mapping": True, "return_length": True}


def truncated(both: Any, texts: Any, pairs: Any = None, *, side: str = "right", **options: Any) -> tuple[Any, Any]:
    """Both results; the reference has the side as an attribute only."""
    ours = both.ours(texts, pairs, truncation_side=side, **options)
    both.theirs.truncation_side = side
    try:
        return ours, both.theirs(texts, pairs, **options)
    finally:
        both.theirs.truncation_side = "right"


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("max_length", [2, 3, 4, 5, 7, 12, 40])
@pytest.mark.parametrize("strategy", [True, "longest_first", "only_first"])
def test_single_texts_are_truncated_as_in_the_reference(both: Any, strategy: Any, max_length: int, side: str) -> None:
    ours, theirs = truncated(both, FIRST, side=side, truncation=strategy, max_length=max_length, **EVERYTHING)
    assert dict(ours) == dict(theirs)
    for row in range(len(FIRST)):
        assert ours.word_ids(row) == theirs.word_ids(row)
        assert ours.tokens(row) == theirs.tokens(row)


@pytest.mark.parametrize("add_special_tokens", [True, False])
@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("max_length", [3, 4, 5, 6, 9, 14, 20])
def test_pairs_are_truncated_from_the_longer_text_as_in_the_reference(
    both: Any, max_length: int, side: str, add_special_tokens: bool
) -> None:
    firsts = [a for a in FIRST for _ in SECOND]
    seconds = SECOND * len(FIRST)
    options = {"truncation": True, "max_length": max_length, "add_special_tokens": add_special_tokens, **EVERYTHING}
    ours, theirs = truncated(both, firsts, seconds, side=side, **options)
    assert dict(ours) == dict(theirs)
    for row in range(len(firsts)):
        assert ours.sequence_ids(row) == theirs.sequence_ids(row)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("max_length", [4, 6, 9, 14, 30])
@pytest.mark.parametrize("strategy", ["only_first", "only_second"])
def test_one_text_of_a_pair_is_truncated_or_refused_as_in_the_reference(
    both: Any, strategy: str, max_length: int, side: str
) -> None:
    for first in FIRST:
        for second in SECOND:
            options = {"truncation": strategy, "max_length": max_length, **EVERYTHING}
            try:
                both.theirs.truncation_side = side
                theirs = both.theirs([first], [second], **options)
            except Exception:  # the reference raises a bare Exception: the text is too short to give way
                with pytest.raises(ValueError, match="row 0"):
                    both.ours([first], [second], truncation_side=side, **options)
                continue
            finally:
                both.theirs.truncation_side = "right"
            assert dict(both.ours([first], [second], truncation_side=side, **options)) == dict(theirs)


@pytest.mark.parametrize("padding", [True, "longest", "max_length", False, "do_not_pad"])
@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("multiple", [None, 1, 8, 64])
@pytest.mark.filterwarnings("ignore::leanformers.errors.LeanformersWarning")
def test_padding_is_that_of_the_reference(both: Any, padding: Any, side: str, multiple: int | None) -> None:
    for texts, pairs in ((FIRST, None), (FIRST, SECOND), ("one text", None), ("one text", "with another")):
        options = {
            "padding": padding,
            "padding_side": side,
            "pad_to_multiple_of": multiple,
            "max_length": 24 if padding == "max_length" else None,
            **EVERYTHING,
        }
        ours, theirs = both.ours(texts, pairs, **options), both.theirs(texts, pairs, **options)
        assert dict(ours) == dict(theirs)
        for row in range(1 if isinstance(texts, str) else len(texts)):
            assert ours.tokens(row) == theirs.tokens(row)
            assert ours.word_ids(row) == theirs.word_ids(row)
            assert ours.sequence_ids(row) == theirs.sequence_ids(row)


@pytest.mark.parametrize("tensors", ["np", "pt"])
@pytest.mark.parametrize("side", ["right", "left"])
def test_padded_and_truncated_tensors_equal_those_of_the_reference(both: Any, tensors: str, side: str) -> None:
    options = {
        "padding": "max_length",
        "truncation": True,
        "max_length": 16,
        "padding_side": side,
        "return_tensors": tensors,
        **EVERYTHING,
    }
    ours, theirs = both.ours(FIRST, SECOND, **options), both.theirs(FIRST, SECOND, **options)
    assert list(ours) == list(theirs)
    for name in theirs:
        assert type(ours[name]) is type(theirs[name])
        assert ours[name].dtype == theirs[name].dtype
        assert ours[name].shape == theirs[name].shape
        assert (ours[name] == theirs[name]).all()


def test_the_default_side_is_the_tokenizers_attribute(minilm_folder: Any) -> None:
    from leanformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(minilm_folder, padding_side="left", truncation_side="left")
    assert tokenizer(["a", "a b"], padding=True)["attention_mask"] == [[0, 1, 1, 1], [1, 1, 1, 1]]
    assert tokenizer.tokenize("a b c", truncation=True, max_length=2) == ["b", "c"]
    tokenizer.padding_side = "right"
    assert tokenizer(["a", "a b"], padding=True)["attention_mask"] == [[1, 1, 1, 0], [1, 1, 1, 1]]


def test_without_max_length_the_models_limit_counts(both: Any, minilm_folder: Any) -> None:
    from leanformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(minilm_folder, model_max_length=6)
    assert len(tokenizer("a b c d e f g h", truncation=True)["input_ids"]) == 6
    assert len(tokenizer("a", padding="max_length")["input_ids"]) == 6


def test_the_truncation_and_padding_of_the_file_are_reported_but_do_not_act(minilm_folder: Any) -> None:
    from leanformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(minilm_folder)
    assert tokenizer.file_truncation["max_length"] == 128
    assert tokenizer.file_padding["strategy"] == {"Fixed": 128}
    assert len(tokenizer("a")["input_ids"]) == 3
    assert len(tokenizer("a " * 300)["input_ids"]) == 302


@settings(max_examples=300, deadline=None)
@given(
    first=st.text(alphabet="ab É文.", max_size=40),
    second=st.text(alphabet="ab É文.", max_size=40),
    max_length=st.integers(3, 20),
    side=st.sampled_from(["left", "right"]),
)
def test_any_pair_is_truncated_as_in_the_reference(
    load_both: Any, first: str, second: str, max_length: int, side: str
) -> None:
    both = load_both("uncased")
    options = {"truncation": True, "max_length": max_length, "return_offsets_mapping": True}
    ours, theirs = truncated(both, [first], [second], side=side, **options)
    assert dict(ours) == dict(theirs)
    assert ours.word_ids(0) == theirs.word_ids(0)
    assert ours[0].tokens == theirs[0].tokens
