"""`encode_ragged` gives what a call gives, flat; rows are cut out without copying."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy
import pytest

from leanformers import Ragged
from leanformers.errors import InputTypeError, RowError, ShapeError


def test_the_flat_ids_are_those_of_a_call(both: Any, corpus_lines: list[str], odd_lines: list[str]) -> None:
    lines = corpus_lines[:1000] + odd_lines
    ragged = both.ours.encode_ragged(lines, spans=True, word_ids=True)
    call = both.ours(lines, return_offsets_mapping=True, verbose=False)
    assert ragged.to_lists() == call["input_ids"]
    assert ragged.spans.tolist() == [list(span) for row in call["offset_mapping"] for span in row]
    assert ragged.word_ids.tolist() == [
        -1 if word is None else word for row in range(len(lines)) for word in call.word_ids(row)
    ]
    assert ragged.lengths.tolist() == [len(row) for row in call["input_ids"]]
    assert len(ragged) == len(lines)
    assert [row.tolist() for row in ragged] == call["input_ids"]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("special", [True, False])
def test_rows_of_a_large_batch_are_as_each_alone(both: Any, corpus_lines: list[str], side: str, special: bool) -> None:
    """In a large batch tokens are written where they stay; those of a small one are copied."""
    lines = corpus_lines[:400]
    tokenizer = copy.copy(both.ours)
    tokenizer.truncation_side = side
    for options in ({}, {"truncation": True, "max_length": 12}):
        options = {**options, "add_special_tokens": special, "spans": True, "word_ids": True, "threads": 1}
        large = tokenizer.encode_ragged(lines * 2, **options)
        small = [tokenizer.encode_ragged([line], **options) for line in lines] * 2
        for column in ("ids", "spans", "word_ids", "sequence_ids", "dropped"):
            expected = numpy.concatenate([getattr(row, column) for row in small])
            assert numpy.array_equal(getattr(large, column), expected), column


def test_each_part_comes_only_if_it_is_asked_for(both: Any, corpus_lines: list[str], odd_lines: list[str]) -> None:
    lines = corpus_lines[:300] + odd_lines
    all_parts = both.ours.encode_ragged(lines, spans=True, word_ids=True)
    spans, word_ids = (both.ours.encode_ragged(lines, **{name: True}) for name in ("spans", "word_ids"))
    assert (spans.word_ids, word_ids.spans) == (None, None)
    assert numpy.array_equal(spans.spans, all_parts.spans)
    assert numpy.array_equal(word_ids.word_ids, all_parts.word_ids)
    for ragged in (spans, word_ids):
        assert numpy.array_equal(ragged.ids, all_parts.ids)
        assert numpy.array_equal(ragged.sequence_ids, all_parts.sequence_ids)
        assert numpy.array_equal(ragged[3:9].sequence_ids, all_parts[3:9].sequence_ids)
    assert both.ours.encode_ragged(lines).sequence_ids is None


def test_the_arrays_have_fixed_types(cased: Any) -> None:
    ragged = cased.encode_ragged(["a b", "c"], ["d", "e f"], spans=True)
    assert (ragged.ids.dtype, ragged.row_offsets.dtype) == (numpy.uint32, numpy.int64)
    assert (ragged.spans.dtype, ragged.spans.shape) == (numpy.uint32, (len(ragged.ids), 2))
    assert (ragged.type_ids.dtype, ragged.type_ids.shape) == (numpy.int32, ragged.ids.shape)
    assert ragged.type_ids.tolist() == [0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1]
    plain = cased.encode_ragged(["a b"])
    assert plain.spans is None
    assert plain.type_ids is None


def test_truncation_tells_how_much_it_dropped(cased: Any) -> None:
    ragged = cased.encode_ragged(["a b c d", "a", "a b c d e f"], truncation=True, max_length=4)
    assert ragged.lengths.tolist() == [4, 3, 4]
    assert list(ragged.dropped) == [2, 0, 4]
    assert list(cased.encode_ragged(["a", "b"]).dropped) == [0, 0]
    pairs = cased.encode_ragged(["a b c d"], ["e f"], truncation="only_first", max_length=6)
    assert list(pairs.dropped) == [3]


def test_without_special_tokens(cased: Any) -> None:
    assert cased.encode_ragged(["a b", ""], add_special_tokens=False).row_offsets.tolist() == [0, 2, 2]
    assert len(cased.encode_ragged([])) == 0
    assert cased.encode_ragged([]).row_offsets.tolist() == [0]


def test_rows_and_slices_share_their_memory(cased: Any) -> None:
    ragged = cased.encode_ragged(["a", "b c", "d e f", ""], ["x"] * 4, spans=True)
    assert numpy.shares_memory(ragged[1], ragged.ids)
    assert ragged[-1].tolist() == ragged.to_lists()[3]
    part = ragged[1:3]
    assert isinstance(part, Ragged)
    assert numpy.shares_memory(part.ids, ragged.ids)
    assert part.to_lists() == ragged.to_lists()[1:3]
    assert part.row_offsets[0] == 0
    assert part.spans.tolist() == ragged.spans[len(ragged[0]) : len(ragged[0]) + len(part.ids)].tolist()
    assert len(part.type_ids) == len(part.ids)
    assert list(part.dropped) == [0, 0]
    for rows in (slice(None), slice(2, 2), slice(3, 1), slice(-2, None), slice(0, 99)):
        assert ragged[rows].to_lists() == ragged.to_lists()[rows]


def test_rows_that_are_not_there_are_named(cased: Any) -> None:
    ragged = cased.encode_ragged(["a", "b"])
    for row in (2, -3):
        with pytest.raises(RowError, match=f"row {row} of 2 rows"):
            ragged[row]
    with pytest.raises(InputTypeError, match="step 1, not 2"):
        ragged[::2]
    with pytest.raises(InputTypeError, match="not by str"):
        ragged["a"]


def test_parts_must_fit_together() -> None:
    ids = numpy.array([1, 2, 3], dtype=numpy.uint32)
    assert Ragged(ids, numpy.array([0, 1, 3])).to_lists() == [[1], [2, 3]]
    assert Ragged.from_lists([[1], [], [2, 3]]).to_lists() == [[1], [], [2, 3]]
    assert Ragged.from_lists([]).to_lists() == []
    for offsets in ([0, 2], [1, 3], []):
        with pytest.raises(ShapeError, match="row_offsets must run from 0 to the number of ids, 3"):
            Ragged(ids, numpy.array(offsets, dtype=numpy.int64))
    with pytest.raises(ShapeError, match="spans has 1 items for 3 ids"):
        Ragged(ids, numpy.array([0, 3]), spans=numpy.zeros((1, 2), dtype=numpy.uint32))
    with pytest.raises(ShapeError, match="dropped has 2 items for 1 rows"):
        Ragged(ids, numpy.array([0, 3]), dropped=[0, 0])


def test_it_can_be_pickled(cased: Any) -> None:
    ragged = cased.encode_ragged(["a b", "c"], ["d", "e"], spans=True)
    other = pickle.loads(pickle.dumps(ragged))
    assert other.to_lists() == ragged.to_lists()
    assert other.spans.tolist() == ragged.spans.tolist()
    assert other.sequence_ids.tolist() == ragged.sequence_ids.tolist()
    assert repr(other) == "Ragged(2 rows, 11 tokens)"


def test_it_becomes_an_arrow_array_without_copying_the_ids(cased: Any) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    ragged = cased.encode_ragged(["a b", "", "c"])
    array = ragged.to_arrow()
    assert array.type == pyarrow.list_(pyarrow.uint32())
    assert array.to_pylist() == ragged.to_lists()
    assert array.values.buffers()[1].address == ragged.ids.ctypes.data
    assert ragged[1:].to_arrow().to_pylist() == ragged.to_lists()[1:]
    assert Ragged.from_lists([]).to_arrow().to_pylist() == []
