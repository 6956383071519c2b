"""What truncation cuts off as rows of its own: `return_overflowing_tokens` and `stride`, beside the reference."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from leanformers import PreTrainedTokenizer
from leanformers.errors import InputValueError, LeanformersWarning
from leanformers.tokenizers.spec import Spec

tokenizers = pytest.importorskip("tokenizers")
from tokenizers import models, pre_tokenizers, processors  # noqa: E402

LETTERS = "a b c d e f g h i j k l m"
WORDS = {word: number for number, word in enumerate(f"[UNK] [CLS] [SEP] [PAD] {LETTERS}".split())}
TEXTS = ["a b c d e f", "g", "", "a b c d e f g h i j k"]
SPECIAL = [("[CLS]", 1), ("[SEP]", 2)]
COLUMNS = ["input_ids", "token_type_ids", "attention_mask", "special_tokens_mask", "offset_mapping"]

Template = processors.TemplateProcessing
PROCESSORS: dict[str, Any] = {
    "none": None,
    "bert": processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1)),
    "roberta": processors.RobertaProcessing(("[SEP]", 2), ("[CLS]", 1)),
    "types": Template(single="[CLS]:3 $A:2 [SEP]:1", pair="[CLS] $A:4 [SEP] $B:5 [SEP]:6", special_tokens=SPECIAL),
    "second first": Template(single="$A [SEP]", pair="[CLS] $B:1 [SEP] $A:0 [SEP]", special_tokens=SPECIAL),
    "no specials": Template(single="$A:7", pair="$A:1 $B:0"),
}


def build(processor: Any) -> tuple[PreTrainedTokenizer, Any]:
    reference = tokenizers.Tokenizer(models.WordLevel(WORDS, unk_token="[UNK]"))
    reference.pre_tokenizer = pre_tokenizers.Whitespace()
    if processor is not None:
        reference.post_processor = processor
    return PreTrainedTokenizer(Spec(json.loads(reference.to_str()))), reference


def rows_of(encoding: Any) -> list[dict[str, Any]]:
    """The reference's encoding and what overflowed from it, as columns of ours."""
    return [
        {
            "input_ids": row.ids,
            "token_type_ids": row.type_ids,
            "attention_mask": row.attention_mask,
            "special_tokens_mask": row.special_tokens_mask,
            "offset_mapping": row.offsets,
        }
        for row in (encoding, *encoding.overflowing)
    ]


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("side", ["right", "left"])
def test_rows_are_those_of_the_reference(processor: str, side: str) -> None:
    ours, theirs = build(PROCESSORS[processor])
    pairs: list[Any] = [(text, None) for text in TEXTS] + list(itertools.product(TEXTS, TEXTS))
    compared = 0
    for max_length, stride, add in itertools.product((4, 5, 8, 9), (0, 1, 2), (True, False)):
        theirs.enable_truncation(max_length=max_length, stride=stride, direction=side)
        for text, pair in pairs:
            options = {
                "truncation": True, "max_length": max_length, "stride": stride, "truncation_side": side,
                "return_overflowing_tokens": True, "add_special_tokens": add,
            }  # fmt: skip
            special = theirs.num_special_tokens_to_add(pair is not None) if add else 0
            try:
                expected = rows_of(theirs.encode(text, pair, add_special_tokens=add))
                leaves_room = max_length == special or stride < max_length - special
            except BaseException:  # the reference panics where the stride leaves no room
                leaves_room = False
            if not leaves_room:
                with pytest.raises(InputValueError, match="stride"):
                    ours(text, pair, **options)
                continue
            columns = {
                "return_special_tokens_mask": True,
                "return_offsets_mapping": True,
                "return_token_type_ids": True,
            }
            encoding = ours(text, pair, **options, **columns)
            found = [{name: encoding[name][row] for name in COLUMNS} for row in range(len(encoding["input_ids"]))]
            assert found == expected
            assert encoding["overflow_to_sample_mapping"] == [0] * len(expected)
            compared += len(expected)
    assert compared > 1000


@pytest.mark.parametrize("strategy", ["longest_first", "only_first", "only_second"])
def test_a_batch_is_that_of_transformers(both: Any, strategy: str) -> None:
    texts = ["What is it?", "Who said that this is so, and why?", "Where?"]
    contexts = ["A word. " * 9, "Nobody did: it is a test of unbelievably long rows. " * 3, "Here."]
    options = {
        "truncation": strategy, "max_length": 20, "stride": 3, "return_overflowing_tokens": True, "padding": True,
        "return_offsets_mapping": True, "return_length": True,
    }  # fmt: skip
    if strategy == "only_first":
        texts, contexts = contexts, texts
    ours, theirs = both.ours(texts, contexts, **options), both.theirs(texts, contexts, **options)
    assert {name: ours[name] for name in theirs} == dict(theirs)
    for row in range(len(ours["input_ids"])):
        assert ours.tokens(row) == theirs.tokens(row)
        assert ours.word_ids(row) == theirs.word_ids(row)
        assert ours.sequence_ids(row) == theirs.sequence_ids(row)
        assert ours.char_to_token(row, 9, 1) == theirs.char_to_token(row, 9, 1)
    tensors = both.ours(texts, contexts, return_tensors="np", **options)
    assert {name: value.tolist() for name, value in tensors.items()} == {
        name: [list(map(list, row)) for row in value] if name == "offset_mapping" else value
        for name, value in ours.items()
    }


def test_one_text_gives_a_batch_in_any_case(both: Any) -> None:
    options = {"truncation": True, "max_length": 6, "return_overflowing_tokens": True}
    for text in ("a", "a b c d e f g"):
        ours, theirs = both.ours(text, **options), both.theirs(text, **options)
        assert {name: ours[name] for name in theirs} == dict(theirs)


def test_without_truncation_each_text_is_a_row(cased: Any) -> None:
    encoding = cased(["a", "b c"], return_overflowing_tokens=True)
    assert encoding["overflow_to_sample_mapping"] == [0, 1]
    assert cased([], return_overflowing_tokens=True)["overflow_to_sample_mapping"] == []


def test_a_template_that_repeats_a_text_is_encoded_but_does_not_overflow() -> None:
    template = Template(single="[CLS] $A [SEP] $A", pair="$A $B $A", special_tokens=SPECIAL)
    ours, theirs = build(template)
    for pair in (None, "d"):
        expected = theirs.encode("a b", pair)
        encoding = ours("a b", pair)
        assert encoding["input_ids"] == expected.ids
        assert encoding.sequence_ids() == expected.sequence_ids
    with pytest.raises(InputValueError, match="the template repeats a text"):
        ours("a b c d e f", truncation=True, max_length=4, return_overflowing_tokens=True)


def test_a_stride_that_leaves_no_room_is_an_error(cased: Any) -> None:
    options = {"truncation": True, "max_length": 10, "return_overflowing_tokens": True}
    with pytest.raises(InputValueError, match="stride=8 leaves no room: a row has 8 tokens of the text"):
        cased("a", stride=8, **options)
    with pytest.raises(InputValueError, match="row 1: stride 3 must be less than the 3 tokens that a row has"):
        cased(["a", "a b c d e f g"], ["b", "a b c d e f"], stride=3, **options)
    with pytest.raises(InputValueError, match="stride=-1 must be at least 0"):
        cased("a", stride=-1, **options)
    with pytest.warns(LeanformersWarning, match="stride=2 has no effect without return_overflowing_tokens=True"):
        cased("a", stride=2, truncation=True, max_length=10)
