"""Every option of a call, and every form in which texts can come."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

from leanformers.errors import InputValueError


@pytest.mark.parametrize("length", [None, True])
@pytest.mark.parametrize("special", [None, True])
@pytest.mark.parametrize("mask", [None, True, False])
@pytest.mark.parametrize("types", [None, True, False])
@pytest.mark.parametrize("text", ["a text", ["a text", "b"], [("a", "b")]], ids=["one", "batch", "pairs"])
def test_the_columns_are_those_of_the_reference(
    both: Any, text: Any, types: Any, mask: Any, special: Any, length: Any
) -> None:
    options = {
        "return_token_type_ids": types,
        "return_attention_mask": mask,
        "return_special_tokens_mask": bool(special),
        "return_offsets_mapping": bool(special),
        "return_length": bool(length),
    }
    ours, theirs = both.ours(text, **options), both.theirs(text, **options)
    assert list(ours) == list(theirs)
    assert dict(ours) == dict(theirs)


def test_one_text_gives_numbers_and_a_batch_gives_rows(both: Any) -> None:
    for text, pair in (
        ("a", None),
        ("a", "b"),
        (["a"], None),
        (["a"], ["b"]),
        (("a", "b"), None),
        ([("a", "b")], None),
    ):
        assert dict(both.ours(text, pair)) == dict(both.theirs(text, pair))
    assert both.ours([["a", "b"]])["input_ids"] == both.ours(["a"], ["b"])["input_ids"]


def test_any_iterable_of_texts_is_a_batch(cased: Any) -> None:
    expected = cased(["a", "b c"])["input_ids"]
    for texts in (
        ("a", "b c"),
        iter(["a", "b c"]),
        (text for text in ["a", "b c"]),
        numpy.array(["a", "b c"]),
        numpy.array(["a", "b c"], dtype=object),
        {"a": 1, "b c": 2}.keys(),
    ):
        assert cased(texts)["input_ids"] == expected
    assert cased(numpy.array([["a", "b"], ["c", "d"]]))["input_ids"] == cased(["a", "c"], ["b", "d"])["input_ids"]
    assert cased(numpy.str_("a"))["input_ids"] == cased("a")["input_ids"]

    class Column:  # as an Arrow column: its items are no str, but it can make a list of them
        def to_pylist(self) -> list[str]:
            return ["a", "b c"]

    assert cased(Column())["input_ids"] == expected


def test_model_input_names_choose_the_columns(minilm_folder: Any) -> None:
    from leanformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(minilm_folder, model_input_names=["input_ids", "attention_mask"])
    assert list(tokenizer("a")) == ["input_ids", "attention_mask"]
    tokenizer.model_input_names = ["input_ids"]
    assert list(tokenizer("a")) == ["input_ids"]
    assert list(tokenizer("a", return_token_type_ids=True)) == ["input_ids", "token_type_ids"]
    assert tokenizer.model_input_names == ["input_ids"]


def test_encode_gives_the_ids_alone(both: Any) -> None:
    assert both.ours.encode("a b", "c") == both.theirs.encode("a b", "c")
    assert both.ours.encode("a b", add_special_tokens=False) == both.theirs.encode("a b", add_special_tokens=False)
    assert both.ours.encode("a b c", max_length=3, truncation=True) == both.theirs.encode(
        "a b c", max_length=3, truncation=True
    )
    assert both.ours.encode("a", return_tensors="np").shape == (1, 3)


def test_tokenize_gives_the_tokens(both: Any) -> None:
    assert both.ours.tokenize("Unbelievable!") == both.theirs.tokenize("Unbelievable!")
    assert both.ours.tokenize("a", "b", add_special_tokens=True) == ["[CLS]", "a", "[SEP]", "b", "[SEP]"]


def test_arguments_that_ask_for_nothing_new_are_accepted(cased: Any) -> None:
    plain = cased("a")
    assert cased("a", stride=0, is_split_into_words=False, text_target=None, verbose=False) == plain


@pytest.mark.parametrize("kind", ["np", "pt"])
def test_an_empty_batch_has_empty_columns(cased: Any, kind: str) -> None:
    assert dict(cased([])) == {"input_ids": [], "token_type_ids": [], "attention_mask": []}
    assert dict(cased([], padding=True, truncation=True, max_length=8)) == dict(cased([]))
    tensors = cased([], return_tensors=kind)
    assert list(tensors) == list(cased([]))
    assert tensors["input_ids"].shape == (0, 0)
    assert str(tensors["input_ids"].dtype).endswith("int64")
    assert cased([], padding="max_length", max_length=4, return_tensors=kind)["input_ids"].shape == (0, 4)
    assert cased([], []).n_sequences == 2


@pytest.mark.parametrize("kind", ["np", "pt"])
def test_one_text_as_tensors_is_a_batch_of_one(both: Any, kind: str) -> None:
    options = {"return_tensors": kind, "return_length": True, "return_offsets_mapping": True}
    ours, theirs = both.ours("a b", **options), both.theirs("a b", **options)
    assert {name: value.tolist() for name, value in ours.items()} == {
        name: value.tolist() for name, value in theirs.items()
    }


def test_equal_lengths_need_no_padding_to_become_tensors(cased: Any) -> None:
    assert cased(["a", "b"], return_tensors="np")["input_ids"].shape == (2, 3)
    assert cased(["a b c", "d e f"], padding="max_length", max_length=4, return_tensors="np")["input_ids"].shape == (
        2,
        5,
    )
    with pytest.raises(InputValueError, match="needs rows of one length, but they have 3, 5 tokens"):
        cased(["a", "d e f"], padding="max_length", max_length=4, return_tensors="np")
