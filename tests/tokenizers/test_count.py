"""`tokenizer.count` is the length of what a call gives, for one text, batches, pairs and words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import pytest

from leanformers import AutoTokenizer, PreTrainedTokenizer
from leanformers.errors import InputTypeError, InputValueError
from leanformers.tokenizers.spec import Spec

from .test_families import FAMILIES


def lengths(tokenizer: Any, *arguments: Any, **options: Any) -> list[int]:
    return [len(row) for row in tokenizer(*arguments, verbose=False, **options)["input_ids"]]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_counts_what_it_encodes(
    family: str, corpus_lines: list[str], odd_lines: list[str], test_data: Path
) -> None:
    document = json.loads(FAMILIES[family](corpus_lines[:1500], test_data).to_str())
    tokenizer = PreTrainedTokenizer(Spec(document))
    lines = corpus_lines[::9] + odd_lines
    for options in ({}, {"add_special_tokens": False}, {"split_special_tokens": True}):
        expected = lengths(tokenizer, lines, **options)
        assert tokenizer.count(lines, **options).tolist() == expected
        pairs = lines[::-1]
        assert tokenizer.count(lines, pairs, **options).tolist() == lengths(tokenizer, lines, pairs, **options)


def test_one_text_gives_a_number_and_a_batch_an_array(cased: Any) -> None:
    one = cased.count("A good day.")
    assert type(one) is int
    assert one == len(cased("A good day.")["input_ids"])
    assert cased.count("A good day.", "Bad!") == len(cased("A good day.", "Bad!")["input_ids"])
    many = cased.count(["A good day.", ""])
    assert many.dtype == numpy.int64
    assert many.tolist() == [one, 2]
    assert cased.count([("a", "b c")]).tolist() == [6]
    assert cased.count([]).shape == (0,)


def test_words_that_the_caller_has_split(cased: Any) -> None:
    rows = [["A", "good", "day"], [], ["unaffable"]]
    assert cased.count(rows, is_split_into_words=True).tolist() == lengths(cased, rows, is_split_into_words=True)
    pairs = [["x"], ["y", "z"], []]
    expected = lengths(cased, rows, pairs, is_split_into_words=True)
    assert cased.count(rows, pairs, is_split_into_words=True).tolist() == expected
    assert cased.count(["A", "good", "day"], is_split_into_words=True) == 5


def test_a_template_that_repeats_a_text_counts_it_twice() -> None:
    tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
    pieces = [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    template = {
        "type": "TemplateProcessing",
        "single": pieces,
        "pair": [*pieces, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {},
    }
    twice = PreTrainedTokenizer(tokenizer._spec.edited(post_processor=template))
    assert twice.count("a good day") == len(twice("a good day")["input_ids"]) == 6
    assert twice.count("a good day", "bad") == 7


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_the_number_of_threads_changes_nothing(cased: Any, corpus_lines: list[str], threads: int) -> None:
    assert cased.count(corpus_lines, threads=threads).tolist() == lengths(cased, corpus_lines)


def test_the_limit_of_the_model_plays_no_part_and_brings_no_warning() -> None:
    tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment", model_max_length=16)
    assert tokenizer.count("good " * 3000) == 3002


def test_mistakes_are_named(cased: Any) -> None:
    with pytest.raises(InputTypeError, match="item 1 is None"):
        cased.count(["a", None])
    with pytest.raises(InputValueError, match="threads=0 must be at least 1"):
        cased.count("a", threads=0)
    with pytest.raises(InputValueError, match="every row needs its partner"):
        cased.count(["a"], ["b", "c"])
    with pytest.raises(InputTypeError, match="needs its words"):
        cased.count("a b", is_split_into_words=True)
