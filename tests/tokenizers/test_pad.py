"""`tokenizer.pad`: encodings that exist already are padded as in the reference; labels are left alone."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
import torch

from leanformers import BatchEncoding
from leanformers.errors import InputTypeError, InputValueError

ROWS = [
    {"input_ids": [101, 7, 102], "token_type_ids": [0, 0, 1], "attention_mask": [1, 1, 1], "labels": 1},
    {"input_ids": [101, 102], "token_type_ids": [0, 0], "attention_mask": [1, 1], "labels": 0},
    {"input_ids": [101, 8, 9, 10, 102], "token_type_ids": [0] * 5, "attention_mask": [1] * 5, "labels": 1},
]
COLUMNS = {name: [row[name] for row in ROWS] for name in ROWS[0]}


@pytest.mark.parametrize("encodings", [ROWS, COLUMNS], ids=["rows", "columns"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"padding": "longest", "pad_to_multiple_of": 4},
        {"padding": "max_length", "max_length": 9},
        {"padding": "max_length", "max_length": 3, "pad_to_multiple_of": 4},
        {"padding": False},
        {"padding_side": "left"},
        {"return_tensors": "np"},
        {"return_tensors": "pt", "padding_side": "left"},
    ],
    ids=str,
)
def test_padded_as_in_the_reference(both: Any, encodings: Any, options: dict[str, Any]) -> None:
    ours, theirs = both.ours.pad(encodings, **options), both.theirs.pad(encodings, **options)
    assert list(ours) == list(theirs)
    for name in theirs:
        assert (
            numpy.array_equal(ours[name], theirs[name]) if "return_tensors" in options else ours[name] == theirs[name]
        )
        assert type(ours[name]) is type(theirs[name])


def test_a_missing_mask_is_added(both: Any) -> None:
    for encodings in ({"input_ids": [[1, 2], [3]]}, [{"input_ids": [1, 2]}, {"input_ids": [3]}], {"input_ids": [1, 2]}):
        assert dict(both.ours.pad(encodings)) == dict(both.theirs.pad(encodings))
    bare = {"input_ids": [[1, 2], [3]]}
    assert list(both.ours.pad(bare, return_attention_mask=False)) == ["input_ids"]
    special = {"input_ids": [[1, 2], [3]], "special_tokens_mask": [[1, 0], [0]]}
    assert dict(both.ours.pad(special)) == dict(both.theirs.pad(special))


def test_one_row_is_padded_to_max_length(both: Any) -> None:
    row = {"input_ids": [101, 102], "token_type_ids": [0, 0]}
    options = {"padding": "max_length", "max_length": 5}
    assert dict(both.ours.pad(row, **options)) == dict(both.theirs.pad(row, **options))


def test_arrays_and_tensors_come_back_as_such(both: Any) -> None:
    for make in (numpy.array, torch.tensor):
        rows = [{name: make(value) for name, value in row.items()} for row in ROWS]
        ours, theirs = both.ours.pad(rows), both.theirs.pad(rows)
        for name in theirs:
            assert type(ours[name]) is type(theirs[name])
            assert numpy.array_equal(ours[name], theirs[name])
    assert isinstance(both.ours.pad({"input_ids": torch.ones(2, 3, dtype=torch.int64)})["input_ids"], torch.Tensor)


def test_the_results_of_calls_are_padded(cased: Any) -> None:
    rows = [cased("a b c"), cased("a")]
    assert dict(cased.pad(rows)) == dict(cased(["a b c", "a"], padding=True))
    batch = cased(["a b c", "a"])
    assert dict(cased.pad(batch)) == dict(cased(["a b c", "a"], padding=True))
    assert dict(batch) == dict(cased(["a b c", "a"]))  # what was given is left as it was
    assert isinstance(cased.pad(batch), BatchEncoding)


def test_nothing_is_padded_to_nothing(cased: Any) -> None:
    assert dict(cased.pad([])) == {"input_ids": [], "attention_mask": []}
    assert dict(cased.pad({"input_ids": []})) == {"input_ids": [], "attention_mask": []}


@pytest.mark.parametrize(
    ("encodings", "error", "message"),
    [
        ({"labels": [1]}, InputValueError, "pad\\(\\) needs 'input_ids', but there is only 'labels'"),
        ([[1, 2], [3]], InputTypeError, "needs a mapping or a list of mappings"),
        (5, InputTypeError, "needs a mapping or a list of mappings, not int"),
        (
            [{"input_ids": [1]}, {"input_ids": [1], "labels": 3}],
            InputValueError,
            "row 1 has the keys input_ids, labels",
        ),
        ({"input_ids": [[1], [2]], "labels": [1]}, InputValueError, "'labels' has 1 rows, but 'input_ids' has 2"),
        ({"input_ids": [[1], [2]], "labels": 1}, InputValueError, "'labels' has no rows"),
    ],
    ids=str,
)
def test_what_cannot_be_padded_is_named(cased: Any, encodings: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        cased.pad(encodings)


def test_labels_of_different_lengths_are_no_tensor(cased: Any) -> None:
    with pytest.raises(InputValueError, match="'labels': its rows have 1, 2 items"):
        cased.pad({"input_ids": [[1], [2]], "labels": [[1], [2, 3]]}, return_tensors="pt")
