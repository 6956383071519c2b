"""Every snippet of the course's chapter on tokenizers, with the true outputs of the real vocabularies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from leanformers import AutoTokenizer, BertTokenizer


@pytest.fixture(scope="module")
def cased(test_data: Path) -> Any:
    return BertTokenizer.from_pretrained(test_data / "tokenizers/bert-base-cased", do_lower_case=False)


@pytest.fixture(scope="module")
def uncased(test_data: Path) -> Any:
    return BertTokenizer.from_pretrained(test_data / "tokenizers/bert-base-uncased")


def test_a_single_sentence(cased: Any) -> None:
    encoded = cased("Hello, I'm a single sentence!")
    assert dict(encoded) == {
        "input_ids": [101, 8667, 117, 146, 112, 182, 170, 1423, 5650, 106, 102],
        "token_type_ids": [0] * 11,
        "attention_mask": [1] * 11,
    }
    assert encoded.tokens() == ["[CLS]", "Hello", ",", "I", "'", "m", "a", "single", "sentence", "!", "[SEP]"]
    ids = encoded["input_ids"]
    assert cased.decode(ids) == "[CLS] Hello, I ' m a single sentence! [SEP]"
    assert cased.decode(ids, clean_up_tokenization_spaces=True) == "[CLS] Hello, I'm a single sentence! [SEP]"
    assert cased.decode(ids, skip_special_tokens=True) == "Hello, I ' m a single sentence!"


def test_two_texts_are_a_pair(cased: Any) -> None:
    encoded = cased("How are you?", "I'm fine, thank you!", padding=True, return_tensors="pt")
    assert encoded["input_ids"].tolist() == [
        [101, 1731, 1132, 1128, 136, 102, 146, 112, 182, 2503, 117, 6243, 1128, 106, 102]
    ]
    assert encoded["token_type_ids"].tolist() == [[0] * 6 + [1] * 9]
    assert encoded["attention_mask"].tolist() == [[1] * 15]
    assert cased.decode(encoded["input_ids"][0]) == "[CLS] How are you? [SEP] I ' m fine, thank you! [SEP]"
    short = cased("How are you?", "I'm fine, thank you!", truncation=True, max_length=5, return_tensors="pt")
    assert short["input_ids"].tolist() == [[101, 1731, 102, 146, 102]]
    assert short["token_type_ids"].tolist() == [[0, 0, 0, 1, 1]]


def test_a_list_is_a_batch(cased: Any) -> None:
    encoded = cased(["How are you?", "I'm fine, thank you!"], padding=True, return_tensors="pt")
    assert encoded["input_ids"].tolist() == [
        [101, 1731, 1132, 1128, 136, 102, 0, 0, 0, 0],
        [101, 146, 112, 182, 2503, 117, 6243, 1128, 106, 102],
    ]
    assert encoded["token_type_ids"].tolist() == [[0] * 10, [0] * 10]
    assert encoded["attention_mask"].tolist() == [[1] * 6 + [0] * 4, [1] * 10]


def test_padding_and_truncation_together(cased: Any) -> None:
    encoded = cased(
        ["How are you?", "I'm fine, thank you!"], padding=True, truncation=True, max_length=5, return_tensors="pt"
    )
    assert encoded["input_ids"].tolist() == [[101, 1731, 1132, 1128, 102], [101, 146, 112, 182, 102]]
    assert encoded["token_type_ids"].tolist() == [[0] * 5] * 2
    assert encoded["attention_mask"].tolist() == [[1] * 5] * 2


def test_a_list_without_padding_is_no_tensor(cased: Any) -> None:
    with pytest.raises(ValueError, match="padding=True"):
        cased(["How are you?", "I'm fine, thank you!"], return_tensors="pt")


def test_tokens_ids_and_back(cased: Any) -> None:
    sequence = "Using a Transformer network is simple"
    tokens = cased.tokenize(sequence)
    assert tokens == ["Using", "a", "Trans", "##former", "network", "is", "simple"]
    ids = cased.convert_tokens_to_ids(tokens)
    assert ids == [7993, 170, 13809, 23763, 2443, 1110, 3014]
    assert cased(sequence)["input_ids"] == [101, *ids, 102]
    assert cased.decode(ids) == sequence
    assert cased.decode([7993, 170, 11303, 1200, 2443, 1110, 3014]) == "Using a transformer network is simple"


def test_the_two_sentences_of_the_pipeline(uncased: Any) -> None:
    first, second = "I've been waiting for a HuggingFace course my whole life.", "I hate this so much!"
    tokens = uncased.tokenize(first)
    assert tokens == (
        ["i", "'", "ve", "been", "waiting", "for", "a", "hugging", "##face", "course", "my", "whole", "life", "."]
    )
    ids = uncased.convert_tokens_to_ids(tokens)
    assert ids == [1045, 1005, 2310, 2042, 3403, 2005, 1037, 17662, 12172, 2607, 2026, 2878, 2166, 1012]
    batch = uncased([first, second], padding=True, truncation=True, max_length=512, return_tensors="pt")
    assert batch["input_ids"].tolist() == [
        [101, *ids, 102],
        [101, 1045, 5223, 2023, 2061, 2172, 999, 102, *[0] * 8],
    ]
    assert batch["attention_mask"].tolist() == [[1] * 16, [1] * 8 + [0] * 8]
    assert uncased.decode([101, *ids, 102]) == (
        "[CLS] i ' ve been waiting for a huggingface course my whole life. [SEP]"
    )
    assert uncased.decode([101, *ids, 102], clean_up_tokenization_spaces=True) == (
        "[CLS] i've been waiting for a huggingface course my whole life. [SEP]"
    )
    assert [len(row) for row in uncased([first, second])["input_ids"]] == [16, 8]  # not "of rectangular shape"


def test_long_sentences(cased: Any) -> None:
    sentence = "This is a very very very long sentence."
    assert cased.convert_tokens_to_ids(["very", "long"]) == [1304, 1263]
    ids = cased(sentence, truncation=True, max_length=7)["input_ids"]
    assert ids == [101, 1188, 1110, 170, 1304, 1304, 102]
    assert cased.convert_ids_to_tokens([1505, 1179]) == ["play", "##n"]


def test_kinds_of_padding(uncased: Any) -> None:
    sequences = ["I've been waiting for a HuggingFace course my whole life.", "So have I!"]
    assert [len(row) for row in uncased(sequences, padding="longest")["input_ids"]] == [16, 16]
    eight = uncased(sequences, padding="max_length", max_length=8)["input_ids"]
    assert [len(row) for row in eight] == [16, 8]
    short = uncased(sequences, max_length=8, truncation=True)["input_ids"]
    assert [len(row) for row in short] == [8, 6]
    assert [
        type(uncased(sequences, padding=True, return_tensors=kind)["input_ids"]).__name__ for kind in ("pt", "np")
    ] == [
        "Tensor",
        "ndarray",
    ]


def test_saved_and_loaded(cased: Any, tmp_path: Path) -> None:
    cased.save_pretrained(tmp_path / "my-tokenizer")
    loaded = AutoTokenizer.from_pretrained(tmp_path / "my-tokenizer")
    assert loaded("Using a Transformer network is simple") == cased("Using a Transformer network is simple")
