"""Traps 1 to 12 of the reference: where added tokens are found, and what they take with them."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tokenizers")
from .documents import added, document, words
from .side_by_side import Both

A, B, SPACE = 1, 2, 7
LETTERS = words(*"?abcdex _")  # ten tokens: ids 0 to 8
LETTERWISE = {"type": "Split", "pattern": {"String": ""}, "behavior": "Isolated", "invert": False}
SPACES_REMOVED = {"type": "WhitespaceSplit"}
LOWERCASE = {"type": "Lowercase"}


def with_tokens(*tokens: dict[str, Any], **parts: Any) -> Both:
    """Texts of letters, with these added tokens; their ids begin at 9."""
    return Both(document(LETTERS, added_tokens=list(tokens), **{"pre_tokenizer": LETTERWISE, **parts}))


def test_trap_01_the_longest_of_those_that_begin_first_is_found() -> None:
    both = with_tokens(added(9, "ab"), added(10, "abcd"), added(11, "bcdf"), added(12, "f"))
    assert both.same("abcdf")[0] == [10, 12]
    assert both.same("abc")[0] == [9, 3]
    both = with_tokens(added(9, "AB"), normalizer=LOWERCASE)
    assert both.same("ABab")[0] == [9, A, B]  # before normalization


def test_trap_02_a_discarded_match_hides_those_inside_it() -> None:
    both = with_tokens(added(9, "ab"), added(10, "abc", single_word=True))
    assert both.same("abcx ab") == ([1, 2, 3, 6, 7, 9], [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 7)])
    assert both.same("abc abd")[0] == [10, 7, 9, 4]


@pytest.mark.parametrize("beside", ["a", "1", "_", "\u0301", "\u200d", "\u200c", "\u0bbe", "中", "ª"])
def test_trap_03_marks_digits_and_joiners_count_as_word_characters(beside: str) -> None:
    both = with_tokens(added(9, "[X]", single_word=True))
    assert 9 not in both.same(f"{beside}[X]")[0]
    assert 9 not in both.same(f"[X]{beside}")[0]


@pytest.mark.parametrize("beside", [" ", ".", "-", "\u200b", "€", "\u3000", "😀", ""])
def test_trap_03_what_is_no_word_character(beside: str) -> None:
    both = with_tokens(added(9, "[X]", single_word=True))
    assert 9 in both.same(f"{beside}[X]{beside}")[0]


def test_trap_04_rstrip_rewinds() -> None:
    both = with_tokens(added(9, "<a>", rstrip=True), added(10, "  "))
    assert both.same("x<a>  x") == ([6, 9, 10, 6], [(0, 1), (1, 6), (4, 6), (6, 7)])


def test_trap_05_lstrip_ends_at_the_token_before_and_takes_white_space_of_any_kind() -> None:
    both = with_tokens(added(9, "<a>", lstrip=True), added(10, "<b>", rstrip=True))
    assert both.same("a \n\u3000\u00a0\t<a>")[1] == [(0, 1), (1, 9)]
    assert both.same("<b>  <a>")[1] == [(0, 5), (5, 8)]
    assert both.same("a\u200b<a>")[1] == [(0, 1), (1, 2), (2, 5)]


def test_trap_06_a_token_that_takes_white_space_keeps_its_id() -> None:
    both = with_tokens(added(9, "<a>", lstrip=True, rstrip=True))
    assert both.reference.encode("a <a> b").tokens[1] == " <a> "
    assert both.same("a <a> b") == ([1, 9, 2], [(0, 1), (1, 6), (6, 7)])
    assert both.cores["fused"].id_to_token(9) == both.reference.id_to_token(9) == "<a>"


def test_trap_07_normalized_tokens_are_found_in_normalized_text() -> None:
    both = with_tokens(added(9, "Yes", normalized=True), normalizer=LOWERCASE)
    assert both.same("yes YES yEs")[0] == [9, 7, 9, 7, 9]
    both = with_tokens(added(9, "e\u0301", normalized=True), added(10, "[X]"), normalizer={"type": "NFC"})
    assert both.same("é[X]e\u0301")[0] == [9, 10, 9]


def test_trap_08_of_tokens_with_one_normal_form_the_lowest_id_is_taken() -> None:
    tokens = [added(9, "YES", normalized=True), added(10, "yes", normalized=True), added(11, "Yes", normalized=True)]
    for order in (tokens, tokens[:1] + tokens[:0:-1]):
        numbered = [{**token, "id": 9 + i} for i, token in enumerate(order)]
        both = with_tokens(*numbered, normalizer=LOWERCASE)
        for core in both.cores.values():
            assert core.encode(["yes YES"]).lists(_ids())[0] == [9, 7, 9]
        assert both.reference.encode("yes").ids[0] in (9, 10, 11)  # which one is chance


def _ids() -> Any:
    from leanformers import _core

    return _core.Column.IDS


def test_trap_09_a_token_whose_normal_form_is_empty_is_never_found() -> None:
    from leanformers.errors import FileFormatError

    with pytest.raises(FileFormatError, match="not empty"):
        with_tokens(added(9, ""))
    both = with_tokens(
        added(9, "\t", normalized=True), normalizer={"type": "Strip", "strip_left": True, "strip_right": True}
    )
    assert both.cores["fused"].encode(["a\tb"]).lists(_ids())[0] == [1, 0, 2]


def test_trap_10_the_model_s_own_id_wins() -> None:
    both = with_tokens(added(B, "b", special=True), added(9, "[X]"))
    assert both.same("ab[X]")[0] == [1, 2, 9]
    assert both.cores["fused"].vocab_size() == both.reference.get_vocab_size() == 10
    vocab = {"a": 40, "b": 7, "?": 1000}
    model = {"type": "WordLevel", "vocab": vocab, "unk_token": "?"}
    both = Both(document(model, pre_tokenizer=LETTERWISE, added_tokens=[added(3, "[X]"), added(7, "b")]))
    assert both.same("ab[X]c")[0] == [40, 7, 3, 1000]


def test_trap_11_special_tokens_are_found_inside_words() -> None:
    both = with_tokens(added(9, "[SEP]", special=True))
    assert both.same("a[SEP]b")[0] == [1, 9, 2]


def test_trap_12_special_tokens_can_be_ordinary_text() -> None:
    both = with_tokens(added(9, "[S]", special=True), added(10, "[S]x"), added(11, "[T]"), added(12, "S", special=True))
    assert both.same("a[T][S][S]x", split_special_tokens=True)[0].count(9) == 0
    assert both.same("a[T]b", split_special_tokens=True)[0] == [1, 11, 2]
    assert both.same("a[S]b")[0] == [1, 9, 2]
