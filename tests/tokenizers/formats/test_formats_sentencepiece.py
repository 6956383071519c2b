"""SentencePiece models give the tokenizer that the reference makes of the same folder, for every family."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from leanformers.errors import LeanformersWarning

FILES = {
    "AlbertTokenizer": "spiece.model",
    "CamembertTokenizer": "sentencepiece.bpe.model",
    "DebertaV2Tokenizer": "spm.model",
    "GemmaTokenizer": "tokenizer.model",
    "LlamaTokenizer": "tokenizer.model",
    "PreTrainedTokenizerFast": "tokenizer.model",
    "T5Tokenizer": "spiece.model",
    "XLMRobertaTokenizer": "sentencepiece.bpe.model",
}
MASK = {"content": "<mask>", "lstrip": True, "rstrip": False, "normalized": True, "single_word": False}
BRACKETS = {"__type": "AddedToken", **MASK, "content": "[MASK]", "normalized": False}
SENTINELS = [f"<extra_id_{i}>" for i in range(100)]


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("AlbertTokenizer", "unigram-albert"),
        ("CamembertTokenizer", "unigram"),
        ("CamembertTokenizer", "unigram-identity"),
        ("DebertaV2Tokenizer", "unigram-deberta"),
        ("GemmaTokenizer", "bpe-bytes"),
        ("LlamaTokenizer", "bpe"),
        ("LlamaTokenizer", "bpe-bytes"),
        ("PreTrainedTokenizerFast", "bpe"),
        ("PreTrainedTokenizerFast", "bpe-bytes"),
        ("PreTrainedTokenizerFast", "unigram"),
        ("PreTrainedTokenizerFast", "unigram-identity"),
        ("T5Tokenizer", "unigram-t5"),
        ("XLMRobertaTokenizer", "unigram"),
        ("XLMRobertaTokenizer", "unigram-identity"),
    ],
)
def test_a_model_file_alone(
    trained: Any, write_files: Any, load_both: Any, assert_same: Any, name: str, model: str
) -> None:
    folder = write_files({FILES[name]: trained(model)})
    assert_same(*load_both(name, folder))


@pytest.mark.parametrize(
    ("name", "model", "configuration"),
    [
        ("T5Tokenizer", "unigram-t5", {"extra_ids": 7}),
        ("T5Tokenizer", "unigram-t5", {"extra_ids": 0}),
        ("T5Tokenizer", "unigram-t5", {"additional_special_tokens": SENTINELS, "model_max_length": 512}),
        ("T5Tokenizer", "unigram-t5", {"extra_special_tokens": []}),
        ("XLMRobertaTokenizer", "unigram", {"mask_token": {"__type": "AddedToken", **MASK}}),
        ("XLMRobertaTokenizer", "unigram", {"add_prefix_space": False, "unk_token": "<UNK>"}),
        ("XLMRobertaTokenizer", "unigram-identity", {"additional_special_tokens": ["<x>", "the"]}),
        ("CamembertTokenizer", "unigram", {"mask_token": "<MASK>", "pad_token": "<p>"}),
        ("AlbertTokenizer", "unigram-albert", {"do_lower_case": False, "keep_accents": True}),
        ("AlbertTokenizer", "unigram-albert", {"mask_token": BRACKETS}),
        ("DebertaV2Tokenizer", "unigram-deberta", {"do_lower_case": True, "split_by_punct": True}),
        ("DebertaV2Tokenizer", "unigram-deberta", {"add_prefix_space": False}),
        ("LlamaTokenizer", "bpe-bytes", {"legacy": True, "add_bos_token": True, "add_eos_token": False}),
        ("LlamaTokenizer", "bpe-bytes", {"legacy": False, "add_bos_token": True, "add_eos_token": True}),
        ("LlamaTokenizer", "bpe-bytes", {"legacy": None, "add_prefix_space": False, "pad_token": "<pad>"}),
        ("LlamaTokenizer", "bpe-bytes", {"padding_side": "right", "unk_token": {"__type": "AddedToken", **MASK}}),
        ("GemmaTokenizer", "bpe-bytes", {"bos_token": "<s>", "add_bos_token": True}),
        ("PreTrainedTokenizerFast", "bpe", {"add_bos_token": True, "add_eos_token": True, "bos_token": "the"}),
        (
            "PreTrainedTokenizerFast",
            "bpe-bytes",
            {"added_tokens_decoder": {"3": {**MASK, "content": "<renamed>"}, "2000": {**MASK, "content": "<new>"}}},
        ),
        ("LlamaTokenizer", "bpe-bytes", {"added_tokens_decoder": {
            "0": {**MASK, "content": "<unk>", "special": True}, "1": {**MASK, "content": "<s>", "special": True},
            "2000": {**MASK, "content": "<new>", "special": False}}}),
    ],
    ids=str,
)  # fmt: skip
def test_the_configuration_acts_as_in_the_reference(
    trained: Any,
    write_files: Any,
    load_both: Any,
    assert_same: Any,
    name: str,
    model: str,
    configuration: dict[str, Any],
) -> None:
    folder = write_files({FILES[name]: trained(model), "tokenizer_config.json": configuration})
    assert_same(*load_both(name, folder))


@pytest.mark.parametrize(
    ("name", "model"), [("XLMRobertaTokenizer", "unigram-identity"), ("LlamaTokenizer", "bpe-bytes")]
)
def test_older_files_of_added_tokens(
    trained: Any, write_files: Any, load_both: Any, assert_same: Any, name: str, model: str
) -> None:
    folder = write_files(
        {
            FILES[name]: trained(model),
            "added_tokens.json": {"<two>": 2003, "<one>": 2002},
            "special_tokens_map.json": {"pad_token": "<one>", "mask_token": MASK, "additional_special_tokens": ["<x>"]},
        }
    )
    assert_same(*load_both(name, folder))


def test_t5_of_the_published_file(test_data: Path, load_both: Any, assert_same: Any) -> None:
    folder = test_data / "tokenizers" / "t5-base"
    ours, theirs = load_both("T5Tokenizer", folder)
    assert_same(ours, theirs)
    assert ours.convert_tokens_to_ids(["<extra_id_0>", "<extra_id_99>"]) == [32099, 32000]
    assert ours("A text.")["input_ids"] == [71, 1499, 5, 1]


@pytest.mark.parametrize(
    ("name", "model"),
    [("T5Tokenizer", "unigram"), ("XLMRobertaTokenizer", "unigram-t5")],
)
def test_an_unknown_piece_in_another_place_than_the_class_expects_is_said(
    trained: Any, write_files: Any, load_both: Any, assert_same: Any, name: str, model: str
) -> None:
    folder = write_files({FILES[name]: trained(model)})
    with pytest.warns(LeanformersWarning, match=r"has its unknown piece at id \d, where .*Tokenizer expects \d"):
        ours, theirs = load_both(name, folder)
    assert_same(ours, theirs)


def test_a_space_after_the_word_is_said(trained: Any, write_files: Any, load_both: Any, assert_same: Any) -> None:
    folder = write_files({"tokenizer.model": trained("bpe-suffix")})
    with pytest.warns(LeanformersWarning, match="treat_whitespace_as_suffix"):
        ours, theirs = load_both("PreTrainedTokenizerFast", folder)
    assert_same(ours, theirs)


def test_sentencepiece_itself_gives_the_same_ids_on_plain_text(
    trained: Any, write_files: Any, corpus_lines: list[str]
) -> None:
    """On text without what transformers treats in its own way: two spaces, marks, unknown characters."""
    from sentencepiece import SentencePieceProcessor

    from leanformers import LlamaTokenizer, T5Tokenizer

    for cls, file, model in (
        (LlamaTokenizer, "tokenizer.model", "bpe-bytes"),
        (T5Tokenizer, "spiece.model", "unigram-t5"),
    ):
        ours = cls.from_pretrained(write_files({file: trained(model)}))
        processor = SentencePieceProcessor(model_proto=trained(model))
        plain = [" ".join(line.split()) for line in corpus_lines[:2000] if line.isascii() and "<" not in line]
        rows = ours(plain, add_special_tokens=False, verbose=False)["input_ids"]
        assert len(plain) > 300
        assert [row for row in rows if row] == [row for row in processor.encode(plain) if row]
