"""Padded lists, arrays and tensors, written by the core in one go, are the rows of a plain call and padding."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leanformers import PreTrainedTokenizer, _core
from leanformers.tokenizers.spec import Spec

Column = _core.Column
EVERYTHING = {
    "return_token_type_ids": True,
    "return_attention_mask": True,
    "return_special_tokens_mask": True,
    "return_offsets_mapping": True,
    "return_length": True,
}
PAD_ID = 3
WORDS = {word: number for number, word in enumerate(["[UNK]", "[CLS]", "[SEP]", "[PAD]", *"abcde"])}
TEMPLATES = {
    "bert": ("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1"),
    "types": ("[CLS]:3 $A:2 [SEP]:1", "$B:5 [SEP]:6 $A:4"),
    "no specials": ("$A:7", "$A:1 $B:0"),
}


def build(template: str) -> PreTrainedTokenizer:
    tokenizers = pytest.importorskip("tokenizers")
    reference = tokenizers.Tokenizer(tokenizers.models.WordLevel(WORDS, unk_token="[UNK]"))
    reference.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    single, pair = TEMPLATES[template]
    reference.post_processor = tokenizers.processors.TemplateProcessing(
        single=single, pair=pair, special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    tokenizer = PreTrainedTokenizer(Spec(json.loads(reference.to_str())))
    tokenizer.pad_token = "[PAD]"
    return tokenizer


@pytest.fixture(scope="module")
def tokenizers_of() -> dict[str, PreTrainedTokenizer]:
    return {name: build(name) for name in TEMPLATES}


def padded(rows: dict[str, Any], width: int, left: bool) -> dict[str, Any]:
    """The columns of a call without padding, filled up."""
    fillers = {
        "input_ids": PAD_ID,
        "token_type_ids": 0,
        "attention_mask": 0,
        "special_tokens_mask": 1,
        "offset_mapping": (0, 0),
    }
    result = {}
    for name, column in rows.items():
        if name == "length":
            result[name] = [max(length, width) for length in column]
        elif name not in fillers:
            result[name] = column
        else:
            missing = [[fillers[name]] * (width - len(row)) for row in column]
            result[name] = [fill + row if left else row + fill for row, fill in zip(column, missing, strict=True)]
    return result


texts = st.lists(st.text(alphabet="ab z", max_size=24), min_size=1, max_size=6)


@settings(max_examples=400, deadline=None)
@given(
    data=st.data(),
    template=st.sampled_from(list(TEMPLATES)),
    firsts=texts,
    pairs=st.booleans(),
    left=st.booleans(),
    multiple=st.sampled_from([None, 1, 4, 8]),
    to_max_length=st.booleans(),
    truncation=st.sampled_from([False, "longest_first", "only_first"]),
    overflow=st.booleans(),
    kind=st.sampled_from([None, "np", "pt"]),
)
@pytest.mark.filterwarnings("ignore::leanformers.errors.LeanformersWarning")
def test_what_is_padded_is_the_rows_and_padding(
    tokenizers_of: dict[str, PreTrainedTokenizer],
    data: st.DataObject,
    template: str,
    firsts: list[str],
    pairs: bool,
    left: bool,
    multiple: int | None,
    to_max_length: bool,
    truncation: Any,
    overflow: bool,
    kind: str | None,
) -> None:
    tokenizer = tokenizers_of[template]
    seconds = data.draw(st.lists(st.just("a b"), min_size=len(firsts), max_size=len(firsts))) if pairs else None
    max_length = data.draw(st.sampled_from([8, 16, 32]))
    options: dict[str, Any] = {"truncation": truncation, **EVERYTHING}
    if truncation:
        options["max_length"] = max_length
        options["return_overflowing_tokens"] = overflow
        options["stride"] = 1 if overflow else 0
    rows = tokenizer(firsts, seconds, **options).data
    longest = max(map(len, rows["input_ids"]))
    width = max_length if to_max_length else longest
    width = -(-width // (multiple or 1)) * (multiple or 1)
    if width < longest and kind is not None:
        return  # rows that are longer than max_length make no rectangle; an error, tested elsewhere
    options |= {
        "padding": "max_length" if to_max_length else True,
        "max_length": max_length if truncation or to_max_length else None,
        "padding_side": "left" if left else "right",
        "pad_to_multiple_of": multiple,
        "return_tensors": kind,
    }
    found = tokenizer(firsts, seconds, **options).data
    expected = padded(rows, width, left)
    assert list(found) == list(expected)
    for name, column in expected.items():
        if kind is None:
            assert found[name] == column, name
            continue
        array = found[name] if kind == "np" else found[name].numpy()
        assert array.dtype == numpy.int64
        assert array.flags.c_contiguous
        assert array.flags.writeable
        numpy.testing.assert_array_equal(array, numpy.array(column, dtype=numpy.int64).reshape(array.shape))


@pytest.mark.parametrize("left", [False, True])
def test_a_large_rectangle_which_threads_share_is_that_of_its_rows(
    tokenizers_of: dict[str, PreTrainedTokenizer], left: bool
) -> None:
    batch = ["a b c d e " * (number % 40) for number in range(6000)]
    encoded = tokenizers_of["bert"]._core.encode(batch, batch[::-1], details=True)
    width = encoded.longest() + 3
    assert len(batch) * width > 2 * 2**18  # several threads' work
    for column in (Column.IDS, Column.TYPE_IDS, Column.SPECIAL_TOKENS_MASK, Column.SEQUENCE_IDS, Column.WORD_IDS):
        array = numpy.full((len(batch), width), -7, dtype=numpy.int64)
        encoded.write(column, array, left, PAD_ID)
        lists = encoded.lists(column, width, left, PAD_ID)
        expected = [[-1 if value is None else value for value in row] for row in lists]
        numpy.testing.assert_array_equal(array, numpy.array(expected))


def test_an_array_that_does_not_fit_is_refused_and_left_as_it_was(
    tokenizers_of: dict[str, PreTrainedTokenizer],
) -> None:
    encoded = tokenizers_of["bert"]._core.encode(["a b c", "a"])
    with pytest.raises(ValueError, match="row 0 has 5 tokens, the array is 4 wide"):
        encoded.write(Column.IDS, numpy.empty((2, 4), dtype=numpy.int64))
    for shape in [(2,), (1, 5), (3, 5), (2, 5, 2)]:
        with pytest.raises(ValueError, match="a place for each row and token"):
            encoded.write(Column.IDS, numpy.empty(shape, dtype=numpy.int64))
    with pytest.raises(ValueError, match="details=True"):
        encoded.write(Column.SPANS, numpy.empty((2, 5, 2), dtype=numpy.int64))
    fixed = numpy.zeros((2, 5), dtype=numpy.int64)
    fixed.flags.writeable = False
    for array in (fixed, fixed.astype(numpy.int32), numpy.zeros((5, 2), dtype=numpy.int64).T):
        with pytest.raises(TypeError):  # a copy would be written to, and lost
            encoded.write(Column.IDS, array)
        assert not array.any()


def test_a_batch_without_rows_has_rectangles_without_rows(tokenizers_of: dict[str, PreTrainedTokenizer]) -> None:
    found = tokenizers_of["bert"]([], padding=True, return_tensors="np", **EVERYTHING)
    assert {name: array.shape for name, array in found.items()} == {
        "input_ids": (0, 0),
        "token_type_ids": (0, 0),
        "attention_mask": (0, 0),
        "special_tokens_mask": (0, 0),
        "offset_mapping": (0, 0, 2),
        "length": (0,),
    }


@pytest.mark.parametrize("side", ["left", "right"])
def test_real_text_in_rectangles_is_that_of_the_reference(both: Any, corpus_lines: list[str], side: str) -> None:
    options = {
        "padding": True,
        "padding_side": side,
        "truncation": True,
        "max_length": 64,
        "pad_to_multiple_of": 8,
        "return_tensors": "np",
    }
    lines = corpus_lines[::9]
    ours, theirs = both.ours(lines, **options), both.theirs(lines, **options)
    assert list(ours) == list(theirs)
    for name in theirs:
        numpy.testing.assert_array_equal(ours[name], theirs[name])
