"""vocab.json with merges.txt, and vocab.txt, give the tokenizer that the reference makes of the same folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import leanformers
from leanformers.errors import FileFormatError, MissingFileError

MASK = {"content": "<mask>", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False}
CONFIGURATIONS: list[tuple[str, dict[str, Any]]] = [
    ("GPT2Tokenizer", {}),
    ("GPT2Tokenizer", {"add_prefix_space": True, "add_bos_token": True, "pad_token": "<|endoftext|>"}),
    ("RobertaTokenizer", {}),
    ("RobertaTokenizer", {"add_prefix_space": True, "mask_token": {"__type": "AddedToken", **MASK}}),
    ("RobertaTokenizer", {"trim_offsets": False, "cls_token": "the", "additional_special_tokens": ["<x>", "<y>"]}),
    ("BartTokenizer", {"mask_token": {"__type": "AddedToken", **MASK}}),
    ("Qwen2Tokenizer", {}),
    (
        "Qwen2Tokenizer",
        {
            "add_prefix_space": True,
            "pad_token": "<pad>",
            "added_tokens_decoder": {
                "50257": {**MASK, "content": "<|im_start|>", "special": True},
                "50258": {**MASK, "content": "tool", "normalized": True, "special": False},
            },
        },
    ),
]


@pytest.mark.parametrize(("name", "configuration"), CONFIGURATIONS, ids=str)
def test_the_vocabulary_of_gpt2_in_every_family(
    test_data: Path, tmp_path: Path, load_both: Any, assert_same: Any, name: str, configuration: dict[str, Any]
) -> None:
    folder = tmp_path / "folder"
    shutil.copytree(test_data / "tokenizers" / "gpt2", folder, copy_function=shutil.copyfile)
    folder.chmod(0o755)
    (folder / "tokenizer_config.json").write_text(json.dumps(configuration))
    assert_same(*load_both(name, folder))


def test_words_that_end_in_a_mark(corpus_lines: list[str], write_files: Any, load_both: Any, assert_same: Any) -> None:
    """CLIP's way: a small vocabulary of its kind, trained by the reference."""
    tokenizers = pytest.importorskip("tokenizers")
    letters = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=1500, end_of_word_suffix="</w>", initial_alphabet=letters, show_progress=False
    )
    model = tokenizers.Tokenizer(tokenizers.models.BPE(end_of_word_suffix="</w>"))
    model.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.train_from_iterator([line.lower() for line in corpus_lines[:500]], trainer)
    trained = json.loads(model.to_str())["model"]
    vocab = trained["vocab"]
    for token in (*(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"):
        vocab.setdefault(token, len(vocab))
    merges = "#version: 0.2\n" + "".join(f"{left} {right}\n" for left, right in trained["merges"])
    folder = write_files({"vocab.json": vocab, "merges.txt": merges})
    ours, theirs = load_both("CLIPTokenizer", folder)
    assert_same(ours, theirs, same_decoder=False)  # the reference decodes partly outside of its tokenizer.json
    assert ours.decode(ours("Two  words, here")["input_ids"], skip_special_tokens=True) == "two words , here"


VOCAB = {"a": 0, "b": 1, "ab": 2, "c": 3, "abc": 4, "#": 5, "#a": 6, "<|endoftext|>": 7}


@pytest.mark.parametrize(
    "merges",
    [
        "#version: 0.2\na b\nab c\n",
        "a b\nab c",
        "#version: 0.2\r\na b\r\nab c\r\n",
        "#version: 0.2\n# a\na b\n#version\n",
        "a b\nab c\na b\n",
        "#version: 0.2\n",
    ],
)
def test_merges_are_read_as_the_reference_reads_them(
    write_files: Any, load_both: Any, assert_same: Any, merges: str
) -> None:
    folder = write_files({"vocab.json": VOCAB, "merges.txt": "x"})
    (folder / "merges.txt").write_bytes(merges.encode())
    ours, theirs = load_both("GPT2Tokenizer", folder)
    assert ours.get_vocab() == theirs.get_vocab()
    for text in ("abc", "ab abc", "#abc", "cab", "abab<|endoftext|>c"):
        assert ours(text)["input_ids"] == theirs(text)["input_ids"]


@pytest.mark.parametrize(
    ("merges", "message"),
    [
        ("a b\n\nab c\n", "merges.txt, line 2 is empty; a merge is two tokens with one space between them"),
        ("a  b\n", "line 1 has 3 parts: 'a  b'"),
        ("a b c\n", "line 1 has 3 parts"),
        (" a b\n", "line 1 has 3 parts"),
        ("a\tb\n", "line 1 has 1 parts"),
        ("# x y\na b\n", "line 1 has 3 parts"),
        ("a b\na z\n", "line 2: 'z' is not in vocab.json"),
        ("b a\n", "line 1: 'ba' is not in vocab.json"),
        ("\ufeffa b\n", "is not in vocab.json"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a git-lfs pointer"),
        (b"a \xff\n", "is not UTF-8 text"),
    ],
)
def test_merges_that_cannot_be_right_are_refused(write_files: Any, merges: Any, message: str) -> None:
    folder = write_files({"vocab.json": VOCAB, "merges.txt": merges})
    with pytest.raises(FileFormatError, match=message):
        leanformers.GPT2Tokenizer.from_pretrained(folder)


@pytest.mark.parametrize(
    ("vocab", "message"),
    [
        ("", "vocab.json is not valid JSON"),
        ('{"a": 0, "b"', "vocab.json is not valid JSON: .*was it cut off"),
        ("[1]", "must hold a JSON object"),
        ('{"a": 0, "b": "x", "ab": 2}', "the id of 'b' must be a number ≥ 0, not 'x'"),
        ('{"a": 0, "b": 1.5, "ab": 2}', "the id of 'b' must be a number ≥ 0, not 1.5"),
        ('{"a": 0, "b": -1, "ab": 2}', "the id of 'b' must be a number ≥ 0, not -1"),
        ('{"a": 0, "b": 5000000000, "ab": 2}', "the id of 'b' must be a number ≥ 0, not 5000000000"),
        ('{"a": 0, "b": 1, "ab": 2, "\\ud800": 3}', "is not valid Unicode"),
        ("[" * 100000, "nested too deeply"),
    ],
)
def test_a_vocab_json_that_cannot_be_right_is_refused(write_files: Any, vocab: str, message: str) -> None:
    folder = write_files({"vocab.json": vocab, "merges.txt": "a b\n"})
    with pytest.raises(FileFormatError, match=message):
        leanformers.GPT2Tokenizer.from_pretrained(folder)


def test_one_file_without_the_other_is_said(write_files: Any) -> None:
    with pytest.raises(MissingFileError, match=r"vocab\.json is there, but not merges\.txt"):
        leanformers.GPT2Tokenizer.from_pretrained(write_files({"vocab.json": VOCAB}))
    with pytest.raises(MissingFileError, match=r"merges\.txt is there, but not vocab\.json"):
        leanformers.RobertaTokenizer.from_pretrained(write_files({"merges.txt": "a b\n"}))


# ---- vocab.txt of other families ----


@pytest.mark.parametrize(
    ("name", "configuration"),
    [
        ("ElectraTokenizer", {}),
        ("ElectraTokenizer", {"do_lower_case": False}),
        ("MPNetTokenizer", {}),
        ("MPNetTokenizer", {"do_lower_case": False, "strip_accents": True, "mask_token": "<m>"}),
        ("MPNetTokenizer", {"mask_token": {"__type": "AddedToken", **MASK, "lstrip": False}, "cls_token": "<pad>"}),
    ],
    ids=str,
)
def test_vocab_txt_of_other_families(
    test_data: Path, write_files: Any, load_both: Any, assert_same: Any, name: str, configuration: dict[str, Any]
) -> None:
    vocabulary = (test_data / "tokenizers" / "bert-base-uncased" / "vocab.txt").read_text(encoding="utf-8")
    if name == "MPNetTokenizer":
        vocabulary = "<s>\n<pad>\n</s>\n<unk>\n" + vocabulary + "<mask>\n"
    folder = write_files({"vocab.txt": vocabulary, "tokenizer_config.json": configuration})
    assert_same(*load_both(name, folder))
