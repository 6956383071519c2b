"""The class names that people import: their defaults are the reference's, and AutoTokenizer finds them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import leanformers
from leanformers import AutoTokenizer, PreTrainedTokenizer
from leanformers.errors import ArgumentError, InputValueError, MissingFileError
from leanformers.tokenizers import classes

NAMES = (
    "AlbertTokenizer", "BartTokenizer", "BertTokenizer", "CLIPTokenizer", "CamembertTokenizer", "DebertaV2Tokenizer",
    "DistilBertTokenizer", "ElectraTokenizer", "GPT2Tokenizer", "GemmaTokenizer", "LlamaTokenizer", "MPNetTokenizer",
    "Qwen2Tokenizer", "RobertaTokenizer", "T5Tokenizer", "XLMRobertaTokenizer",
)  # fmt: skip
WORDS = {"[UNK]": 0, "a": 1, "b": 2}
DOCUMENT = {
    "version": "1.0",
    "added_tokens": [],
    "pre_tokenizer": {"type": "Whitespace"},
    "model": {"type": "WordLevel", "vocab": WORDS, "unk_token": "[UNK]"},
}


def test_every_name_is_exported_and_its_fast_name_is_the_same_class() -> None:
    for name in (*NAMES, "PreTrainedTokenizer"):
        assert getattr(leanformers, name) is getattr(leanformers, name + "Fast")
        assert getattr(leanformers, name).__name__ == name
        assert {name, name + "Fast"} <= set(leanformers.__all__)
    assert {name for name in classes.__all__ if not name.endswith("Fast")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_defaults_of_a_class_are_those_of_the_reference(name: str) -> None:
    transformers = pytest.importorskip("transformers")
    theirs = getattr(transformers, name)
    defaults = getattr(leanformers, name)._defaults
    assert list(defaults["model_input_names"]) == theirs.model_input_names
    assert defaults.get("padding_side", "right") == theirs.padding_side
    vocab = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "</s>": 3, "<s>": 4, "<|endoftext|>": 5, "<|startoftext|>": 6}
    if name in ("MPNetTokenizer", "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer"):
        tokenizer = theirs(vocab=vocab)
    elif name in ("GPT2Tokenizer", "CLIPTokenizer"):
        tokenizer = theirs(vocab=vocab, merges=[])
    else:
        tokenizer = theirs()
    roles = {role: token for role, token in defaults.items() if role.endswith("_token")}
    assert roles == tokenizer.special_tokens_map


@pytest.mark.parametrize("name", NAMES)
def test_a_class_never_changes_the_ids_of_a_tokenizer_json(write_files: Any, name: str) -> None:
    folder = write_files({"tokenizer.json": DOCUMENT, "tokenizer_config.json": {"tokenizer_class": f"{name}Fast"}})
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert type(tokenizer).__name__ == name
    assert tokenizer("a b c")["input_ids"] == [1, 2, 0]


@pytest.mark.parametrize(
    ("model_type", "name"),
    [
        ("albert", "AlbertTokenizer"),
        ("bart", "BartTokenizer"),
        ("camembert", "CamembertTokenizer"),
        ("deberta-v2", "DebertaV2Tokenizer"),
        ("electra", "ElectraTokenizer"),
        ("gemma3", "GemmaTokenizer"),
        ("gpt2", "GPT2Tokenizer"),
        ("llama", "PreTrainedTokenizer"),
        ("mistral", "PreTrainedTokenizer"),
        ("modernbert", "PreTrainedTokenizer"),
        ("mpnet", "MPNetTokenizer"),
        ("qwen3", "Qwen2Tokenizer"),
        ("roberta", "RobertaTokenizer"),
        ("t5", "T5Tokenizer"),
        ("xlm-roberta", "XLMRobertaTokenizer"),
        ("something-new", "PreTrainedTokenizer"),
    ],
)
def test_the_model_type_names_the_class(write_files: Any, model_type: str, name: str) -> None:
    folder = write_files({"tokenizer.json": DOCUMENT, "config.json": {"model_type": model_type}})
    assert type(AutoTokenizer.from_pretrained(folder)).__name__ == name


def test_auto_tokenizer_reads_every_vocabulary(
    trained: Any, write_files: Any, test_data: Path, lines: list[str]
) -> None:
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("google.protobuf")
    gpt2 = {name: test_data / "tokenizers" / "gpt2" / name for name in ("vocab.json", "merges.txt")}
    folders: list[tuple[str, dict[str, Any]]] = [
        ("T5Tokenizer", {"spiece.model": trained("unigram-t5"), "config.json": {"model_type": "t5"}}),
        ("XLMRobertaTokenizer", {
            "sentencepiece.bpe.model": trained("unigram"), "config.json": {"model_type": "xlm-roberta"}}),
        ("LlamaTokenizer", {
            "tokenizer.model": trained("bpe-bytes"), "tokenizer_config.json": {"tokenizer_class": "LlamaTokenizer"},
            "config.json": {"model_type": "llama"}}),
        ("PreTrainedTokenizer", {"tokenizer.model": trained("bpe-bytes"), "config.json": {"model_type": "llama"}}),
        ("GPT2Tokenizer", {**gpt2, "config.json": {"model_type": "gpt2"}}),
        ("BartTokenizer", {**gpt2, "config.json": {"model_type": "bart"}}),
        ("ElectraTokenizer", {
            "vocab.txt": test_data / "tokenizers" / "bert-base-cased" / "vocab.txt",
            "config.json": {"model_type": "electra"}}),
    ]  # fmt: skip
    for name, files in folders:
        folder = write_files(files)
        ours = AutoTokenizer.from_pretrained(folder)
        theirs = transformers.AutoTokenizer.from_pretrained(folder)
        assert type(ours).__name__ == name
        assert ours(lines[:200], verbose=False)["input_ids"] == theirs(lines[:200], verbose=False)["input_ids"], name


def test_a_class_of_ones_own_reads_what_its_parent_reads(trained: Any, write_files: Any) -> None:
    class Mine(leanformers.T5Tokenizer):
        """Nothing more."""

    folder = write_files({"spiece.model": trained("unigram-t5")})
    expected = leanformers.T5Tokenizer.from_pretrained(folder)("a text")["input_ids"]
    assert Mine.from_pretrained(folder)("a text")["input_ids"] == expected


def test_what_cannot_be_read_says_what_was_looked_for(trained: Any, write_files: Any) -> None:
    model = trained("unigram")
    with pytest.raises(MissingFileError, match=r"config.json missing: .* which has only spiece\.model; use the class"):
        AutoTokenizer.from_pretrained(write_files({"spiece.model": model}))
    with pytest.raises(MissingFileError, match=r"nor any of tokenizer\.json, vocab\.txt, vocab\.json, .*tekken\.json"):
        AutoTokenizer.from_pretrained(write_files({}))
    folder = write_files({"spiece.model": model, "tokenizer_config.json": {"tokenizer_class": "PegasusTokenizer"}})
    with pytest.raises(MissingFileError, match="whose configuration says 'PegasusTokenizer'; without it only these"):
        AutoTokenizer.from_pretrained(folder)
    folder = write_files({"spiece.model": model, "config.json": {"model_type": "bert"}})
    with pytest.raises(
        MissingFileError, match=r"BertTokenizer reads tokenizer\.json or vocab\.txt; the folder has spiece\.model"
    ):
        AutoTokenizer.from_pretrained(folder)


# ---- what a caller may change of a tokenizer.json ----


@pytest.mark.parametrize("name", ["GPT2Tokenizer", "RobertaTokenizer", "Qwen2Tokenizer"])
def test_a_space_before_the_text_can_be_asked_for(
    test_data: Path, tmp_path: Path, load_both: Any, assert_same: Any, name: str
) -> None:
    source = getattr(leanformers, name).from_pretrained(test_data / "tokenizers" / "gpt2")
    source.save_pretrained(tmp_path)
    asked, theirs = load_both(name, tmp_path, add_prefix_space=True)
    texts = ["a text", " a", "", "a<|endoftext|>b"]
    assert asked(texts)["input_ids"] == theirs(texts)["input_ids"] != source(texts)["input_ids"]
    without, theirs = load_both(name, tmp_path, add_prefix_space=False)
    assert without(texts)["input_ids"] == theirs(texts)["input_ids"] == source(texts)["input_ids"]


def test_tokens_around_a_text_can_be_asked_for(trained: Any, write_files: Any, tmp_path: Path, load_both: Any) -> None:
    leanformers.LlamaTokenizer.from_pretrained(write_files({"tokenizer.model": trained("bpe-bytes")})).save_pretrained(
        tmp_path / "saved"
    )
    for asked in ({"add_eos_token": True}, {"add_bos_token": True}, {"add_bos_token": True, "add_eos_token": True}):
        ours, theirs = load_both("LlamaTokenizer", tmp_path / "saved", **asked)
        assert ours("a text", "another")["input_ids"] == theirs("a text", "another")["input_ids"]
    files = write_files(
        {"tokenizer.json": DOCUMENT, "tokenizer_config.json": {"add_eos_token": True, "eos_token": "b"}}
    )
    assert AutoTokenizer.from_pretrained(files)("a")["input_ids"] == [1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"add_prefix_space": True}, "has 0 Metaspaces and 0 ByteLevels"),
        ({"extra_ids": 5}, "extra_ids=5 is for a vocabulary without tokenizer.json"),
        ({"keep_accents": True}, "keep_accents=True is for a vocabulary without tokenizer.json"),
        ({"do_lower_case": True}, "has 0 BertNormalizers"),
    ],
    ids=str,
)
def test_what_a_tokenizer_json_has_no_place_for_is_refused(
    write_files: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputValueError, match=message):
        PreTrainedTokenizer.from_pretrained(write_files({"tokenizer.json": json.dumps(DOCUMENT)}), **options)
    with pytest.raises(ArgumentError, match="no argument 'extra_idss'; did you mean 'extra_ids'"):
        PreTrainedTokenizer.from_pretrained(write_files({"tokenizer.json": DOCUMENT}), extra_idss=5)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("T5Tokenizer", {"do_lower_case": True}),
        ("T5Tokenizer", {"add_bos_token": True}),
        ("XLMRobertaTokenizer", {"extra_ids": 5}),
        ("RobertaTokenizer", {"add_eos_token": True}),
        ("GPT2Tokenizer", {"trim_offsets": False}),
        ("BertTokenizer", {"add_prefix_space": True}),
    ],
    ids=str,
)
def test_an_argument_that_would_make_no_difference_is_refused(
    trained: Any, write_files: Any, test_data: Path, name: str, options: dict[str, Any]
) -> None:
    folder = write_files(
        {
            "spiece.model": trained("unigram-t5"),
            "vocab.json": test_data / "tokenizers" / "gpt2" / "vocab.json",
            "merges.txt": test_data / "tokenizers" / "gpt2" / "merges.txt",
            "vocab.txt": test_data / "tokenizers" / "bert-base-cased" / "vocab.txt",
        }
    )
    if name == "XLMRobertaTokenizer":
        (folder / "spiece.model").write_bytes(trained("unigram"))
    with pytest.raises(InputValueError, match=f"as {name} reads it, there is nothing for {next(iter(options))}"):
        getattr(leanformers, name).from_pretrained(folder, **options)
