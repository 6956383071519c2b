"""Texts that the caller has split into words: `is_split_into_words`, beside transformers."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from leanformers import AddedToken, AutoTokenizer, BertTokenizer, PreTrainedTokenizer
from leanformers.errors import InputTypeError, InputValueError, LeanformersWarning
from leanformers.tokenizers.spec import Spec

WORDS = ["Un", "believable", ",", "isn't", "it", "?", "", " a  b ", "[SEP]", "x" * 101, "Ünïcode", "中文字"]


def same(ours: Any, theirs: Any) -> None:
    assert dict(ours) == dict(theirs)
    for row in range(len(theirs.encodings)):
        assert ours.tokens(row) == theirs.tokens(row)
        assert ours.word_ids(row) == theirs.word_ids(row)
        assert ours.sequence_ids(row) == theirs.sequence_ids(row)
        assert ours[row].offsets == theirs[row].offsets


def test_one_text_a_batch_and_pairs(both: Any) -> None:
    options = {"is_split_into_words": True, "return_offsets_mapping": True, "return_special_tokens_mask": True}
    for text, pair in [
        (WORDS, None),
        (tuple(WORDS), None),
        ([WORDS, [], ["a"]], None),
        (WORDS, ["Yes", "!"]),
        ([WORDS, ["a"]], [["b"], WORDS]),
        ([(WORDS, ["Yes"]), ([], WORDS)], None),
    ]:
        same(both.ours(text, pair, **options), both.theirs(text, pair, **options))


def test_truncation_padding_and_overflow(both: Any) -> None:
    rows = [WORDS * 3, ["a"], WORDS]
    options = {
        "is_split_into_words": True, "truncation": True, "max_length": 12, "stride": 2, "padding": True,
        "return_overflowing_tokens": True, "return_offsets_mapping": True,
    }  # fmt: skip
    same(both.ours(rows, **options), both.theirs(rows, **options))


def test_a_text_without_words_is_no_empty_batch(both: Any) -> None:
    assert dict(both.ours([], is_split_into_words=True)) == dict(both.theirs([], is_split_into_words=True))


def test_what_is_no_word_is_named(cased: Any) -> None:
    for text, error, message in [
        ("a b", InputTypeError, "text is a str, but is_split_into_words=True needs its words"),
        (["a", 3], InputTypeError, "word 1 of item 0 is the int 3"),
        (["a", ["b"]], InputTypeError, "word 1 of item 0 is of type list"),
        ([["a"], "b"], InputTypeError, "item 1 is of type str; with is_split_into_words=True it must be a list"),
        ([["a"], ["b", None]], InputTypeError, "word 1 of item 1 is None"),
        ([(["a"], ["b"]), (["a"],)], InputValueError, "item 1 has 1 texts"),
    ]:
        with pytest.raises(error, match=message):
            cased(text, is_split_into_words=True)
    with pytest.raises(InputValueError, match="text has 2 rows, text_pair has 1"):
        cased([["a"], ["b"]], [["c"]], is_split_into_words=True)


def test_a_batch_that_looks_like_words_is_questioned(cased: Any) -> None:
    words = ["It", "is", "so", "."]
    with pytest.warns(LeanformersWarning, match="a batch of 4 texts that look like the words of one"):
        cased(words)
    cased(words, verbose=False)
    for texts in (["It", "is", "so"], ["It is", "so", "."], ["Yes", "."], ["中文", "字", "。"]):
        cased(texts)


def test_words_that_will_be_glued_are_questioned() -> None:
    def gpt2(add_prefix_space: bool) -> PreTrainedTokenizer:
        vocab, merges = {"a": 0, "Ġa": 1, "Ġ": 2}, ["Ġ a"]
        bytes_ = {"type": "ByteLevel", "add_prefix_space": add_prefix_space, "trim_offsets": True, "use_regex": True}
        return PreTrainedTokenizer(
            Spec({"pre_tokenizer": bytes_, "model": {"type": "BPE", "vocab": vocab, "merges": merges}})
        )

    with pytest.warns(LeanformersWarning, match="put together without spaces"):
        assert gpt2(False)(["a", "a"], is_split_into_words=True)["input_ids"] == [0, 0]
    assert gpt2(True)(["a", "a"], is_split_into_words=True)["input_ids"] == [1, 1]


def test_a_caller_can_ask_for_the_space_before_words(write_folder: Any, cased_folder: Any) -> None:
    bytes_ = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    steps = {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, bytes_]}
    model = {"type": "BPE", "vocab": {"a": 0, "Ġ": 1, "Ġa": 2}, "merges": ["Ġ a"]}
    folder = write_folder(tokenizer__json={"pre_tokenizer": steps, "model": model})
    tokenizer = AutoTokenizer.from_pretrained(folder, add_prefix_space=True)
    assert tokenizer(["a", "a"], is_split_into_words=True)["input_ids"] == [2, 2]
    with pytest.raises(InputValueError, match="there is nothing for add_prefix_space"):
        BertTokenizer.from_pretrained(cased_folder, add_prefix_space=True)


def test_a_word_that_is_too_long_is_told(cased: Any) -> None:
    with pytest.warns(LeanformersWarning, match=r"words of more than 100 characters become \[UNK\]: texts 0, 2"):
        cased(["a " + "b" * 101, "c" * 100, "é" * 500])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cased(["é" * 100, "d " * 101])
        cased("b" * 101, verbose=False)


def test_tokens_that_take_the_spaces_beside_them_are_shown_in_their_word(cased_folder: Any) -> None:
    transformers = pytest.importorskip("transformers")
    ours = BertTokenizer.from_pretrained(cased_folder, do_lower_case=False)
    theirs = transformers.BertTokenizer.from_pretrained(cased_folder, do_lower_case=False)
    token = {"lstrip": True, "rstrip": True}
    ours.add_tokens([AddedToken("<x>", **token)])
    theirs.add_tokens([transformers.AddedToken("<x>", **token)])
    words = ["a", " <x>  ", "b <x> c"]
    same(ours(words, is_split_into_words=True), theirs(words, is_split_into_words=True))
