"""BatchEncoding behaves as the reference's: as a mapping, and in every question about tokens, words and characters."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from typing import Any

import numpy
import pytest
import torch

from leanformers import BatchEncoding
from leanformers.errors import InputValueError, RowError
from leanformers.tokenizers.encoding import CharSpan, TokenSpan

TEXTS = ["Unbelievable, naïve\u0301 文字!", "", "a [MASK] b", "HuggingFace  tokenizers…"]
PAIRS = ["second text", "ab", "", "Çelik’s 한국어"]
CASES = [
    {},
    {"padding": True},
    {"padding": True, "padding_side": "left"},
    {"padding": True, "add_special_tokens": False},
    {"truncation": True, "max_length": 6},
    {"truncation": True, "max_length": 9, "padding": "max_length", "return_tensors": "np"},
]


@pytest.mark.parametrize("pairs", [None, PAIRS], ids=["single", "pair"])
@pytest.mark.parametrize("options", CASES, ids=str)
def test_questions_have_the_reference_s_answers(both: Any, options: dict[str, Any], pairs: Any) -> None:
    ours, theirs = both.ours(TEXTS, pairs, **options), both.theirs(TEXTS, pairs, **options)
    assert ours.n_sequences == theirs.n_sequences
    for row, view in enumerate(theirs.encodings):
        assert ours.tokens(row) == theirs.tokens(row)
        assert ours.word_ids(row) == theirs.word_ids(row)
        assert ours.sequence_ids(row) == theirs.sequence_ids(row)
        for token in range(len(view)):
            assert ours.token_to_sequence(row, token) == theirs.token_to_sequence(row, token)
            assert ours.token_to_word(row, token) == theirs.token_to_word(row, token)
            assert ours.token_to_chars(row, token) == theirs.token_to_chars(row, token)
        for sequence in range(1 if pairs is None else 2):
            for i in range(30):
                assert ours.char_to_token(row, i, sequence) == theirs.char_to_token(row, i, sequence)
                assert ours.char_to_word(row, i, sequence) == theirs.char_to_word(row, i, sequence)
                tokens = theirs.word_to_tokens(row, i, sequence)
                assert ours.word_to_tokens(row, i, sequence) == tokens
                if tokens is not None:  # the reference fails for a word that is not there
                    assert ours.word_to_chars(row, i, sequence) == theirs.word_to_chars(row, i, sequence)


def test_the_view_of_a_row_has_the_reference_s_fields(both: Any) -> None:
    for options in CASES[:-1]:
        ours, theirs = both.ours(TEXTS, PAIRS, **options), both.theirs(TEXTS, PAIRS, **options)
        for row in (0, 1, -1):
            view, reference = ours[row], theirs[row]
            assert len(view) == len(reference)
            for name in ("ids", "type_ids", "tokens", "offsets", "attention_mask", "special_tokens_mask", "word_ids"):
                assert getattr(view, name) == getattr(reference, name), name
            assert view.words == view.word_ids
            assert view.sequence_ids == reference.sequence_ids
            assert view.n_sequences == reference.n_sequences
        assert [view.ids for view in ours[1:3]] == [view.ids for view in theirs[1:3]]
        assert [view.ids for view in ours.encodings] == [view.ids for view in theirs.encodings]


def test_with_one_number_the_question_is_about_row_0(cased: Any) -> None:
    encoding = cased("Unbelievable words")
    assert encoding.token_to_chars(1) == CharSpan(0, 2)
    assert encoding.char_to_token(13) == encoding.char_to_token(0, 13)
    assert encoding.word_to_tokens(1) == TokenSpan(*encoding.word_to_tokens(0, 1))
    assert encoding.word_to_chars(1) == (13, 18)
    assert encoding.token_to_word(-2) == 1
    assert encoding.token_to_sequence(0) is None
    assert encoding.words() == encoding.word_ids()


def test_a_row_or_token_that_is_not_there_is_named(cased: Any) -> None:
    encoding = cased(["a", "b"])
    with pytest.raises(RowError, match="row 2 of a batch with 2 rows"):
        encoding.tokens(2)
    with pytest.raises(IndexError, match="token 3 of a row with 3 tokens"):
        encoding.token_to_chars(0, 3)
    with pytest.raises(InputValueError, match="sequence_index=2"):
        encoding.char_to_token(0, 0, 2)
    assert encoding.char_to_token(0, 0, 1) is None
    assert encoding.word_to_chars(0, 7) is None


def test_it_is_a_mapping_with_attributes(cased: Any) -> None:
    encoding = cased("a b", return_length=True)
    assert isinstance(encoding, Mapping)
    assert list(encoding) == ["input_ids", "token_type_ids", "attention_mask", "length"]
    assert list(encoding.keys()) == list(encoding)
    assert dict(encoding.items()) == dict(encoding) == dict(**encoding) == encoding.data
    assert list(encoding.values()) == list(encoding.data.values())
    assert len(encoding) == 4
    assert "input_ids" in encoding
    assert "labels" not in encoding
    assert encoding.input_ids == encoding["input_ids"] == encoding.get("input_ids")
    assert encoding.get("labels", 5) == 5
    assert repr(encoding) == repr(encoding.data)
    with pytest.raises(KeyError):
        encoding["labels"]
    with pytest.raises(AttributeError, match="it has input_ids"):
        encoding.labels  # noqa: B018


def test_values_can_be_taken_out_and_put_in(cased: Any) -> None:
    encoding = cased(["a", "b"])
    assert encoding.pop("token_type_ids") == [[0, 0, 0], [0, 0, 0]]
    encoding["labels"] = [1, 0]
    encoding.update({"more": 3})
    assert encoding.setdefault("labels", None) == [1, 0]
    del encoding["more"]
    assert list(encoding) == ["input_ids", "attention_mask", "labels"]
    assert encoding == {"input_ids": encoding.input_ids, "attention_mask": [[1] * 3] * 2, "labels": [1, 0]}
    other = encoding.copy()
    other["labels"] = None
    assert encoding.labels == [1, 0]
    assert other.tokens(1) == encoding.tokens(1)
    assert copy.copy(encoding) == encoding


@pytest.mark.parametrize("options", CASES, ids=str)
def test_pickled_it_still_answers(cased: Any, options: dict[str, Any]) -> None:
    encoding = cased(TEXTS, PAIRS, **options)
    for other in (pickle.loads(pickle.dumps(encoding)), copy.deepcopy(encoding)):
        assert list(other) == list(encoding)
        assert all(numpy.array_equal(other[name], encoding[name]) for name in encoding if "return_tensors" in options)
        assert other.is_fast
        assert other.n_sequences == 2
        for row in range(len(TEXTS)):
            assert other.tokens(row) == encoding.tokens(row)
            assert other.word_ids(row) == encoding.word_ids(row)
            assert other[row].offsets == encoding[row].offsets
        assert pickle.loads(pickle.dumps(other)).tokens(0) == encoding.tokens(0)
        with pytest.raises(RowError):
            other.tokens(len(TEXTS))


def test_what_a_caller_changes_later_does_not_change_the_details(cased: Any) -> None:
    texts = ["one text", "two"]
    encoding = cased(texts)
    texts[0] = "quite another"
    assert encoding.tokens(0) == ["[CLS]", "one", "text", "[SEP]"]


def test_from_a_plain_mapping_it_has_no_rows_to_ask(cased: Any) -> None:
    encoding = BatchEncoding({"input_ids": [[1, 2], [3, 4]]})
    assert not encoding.is_fast
    assert encoding.encodings is None
    assert encoding.n_sequences is None
    assert encoding[0:1] == {"input_ids": [[1, 2]]}
    for question in (encoding.tokens, lambda: encoding[0], lambda: encoding.char_to_token(0)):
        with pytest.raises(InputValueError, match="plain mapping"):
            question()


@pytest.mark.parametrize("kind", ["np", "pt"])
def test_lists_become_tensors(cased: Any, kind: str) -> None:
    encoding = cased(["a b", "c"], padding=True)
    encoding["labels"] = [1, 0]
    encoding["scores"] = [0.5, 1.5]
    assert encoding.convert_to_tensors(kind) is encoding
    assert encoding["input_ids"].shape == (2, 4)
    assert str(encoding["input_ids"].dtype).endswith("int64")
    assert str(encoding["labels"].dtype).endswith("int64")
    assert encoding["scores"].shape == (2,)
    assert encoding.tokens(1) == ["[CLS]", "c", "[SEP]", "[PAD]"]
    assert BatchEncoding({"input_ids": [1, 2]}, tensor_type=kind, prepend_batch_axis=True)["input_ids"].shape == (1, 2)
    assert str(BatchEncoding({"input_ids": []}, tensor_type=kind)["input_ids"].dtype).endswith("int64")


def test_ragged_values_cannot_become_tensors(cased: Any) -> None:
    encoding = cased(["a b", "c"])
    with pytest.raises(InputValueError, match=r"'input_ids': its rows have 4, 3 items; use padding=True"):
        encoding.convert_to_tensors("pt")
    with pytest.raises(InputValueError, match="'labels'"):
        BatchEncoding({"labels": ["x", None]}, tensor_type="np")


def test_tensors_move_to_a_device_in_place(cased: Any) -> None:
    encoding = cased(["a b"], return_tensors="pt")
    encoding["note"] = "stays"
    assert encoding.to("cpu") is encoding
    assert encoding["input_ids"].device == torch.device("cpu")
    assert encoding.to("meta")["input_ids"].device.type == "meta"
    assert encoding["note"] == "stays"


def test_columns_are_made_once_and_kept(cased: Any) -> None:
    encoding = cased(["a b"], return_tensors="np")
    encoding["input_ids"][0, 0] = 7
    assert encoding["input_ids"][0, 0] == 7
    assert encoding.input_ids is encoding["input_ids"]
