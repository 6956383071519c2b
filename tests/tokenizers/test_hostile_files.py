"""Damaged and hostile tokenizer.json files: an error of this library, or a tokenizer that works; nothing else."""

from __future__ import annotations

import json
import random
import resource
import time
from pathlib import Path
from typing import Any

import pytest

from leanformers import LeanformersError, PreTrainedTokenizer

from .configurations import random_document, random_text
from .damage import damage
from .documents import added, document, words

HOSTILE_TEXT = ["", "a" * 3000, "[CLS]é\0ab 12 \u0301\u200d" * 50]


def load(folder: Path, content: str | bytes) -> PreTrainedTokenizer | None:
    """The tokenizer, if the file makes one. Anything but a LeanformersError fails the test."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    (folder / "tokenizer.json").write_bytes(data)
    began = time.process_time()
    try:
        tokenizer = PreTrainedTokenizer.from_pretrained(folder)
        for text in HOSTILE_TEXT:
            tokenizer.decode(tokenizer(text, verbose=False)["input_ids"])
    except LeanformersError:
        return None
    finally:
        assert time.process_time() - began < 20
    return tokenizer


@pytest.mark.parametrize("seed", range(300))
def test_a_damaged_document(seed: int, tmp_path: Path) -> None:
    chosen = random.Random(seed)
    content = random_document(chosen)
    for _ in range(chosen.choice([1, 1, 2])):
        content = damage(chosen, content)
    load(tmp_path, json.dumps(content))


@pytest.mark.parametrize("seed", range(100))
def test_damaged_bytes(seed: int, tmp_path: Path) -> None:
    chosen = random.Random(seed)
    data = bytearray(json.dumps(random_document(chosen), ensure_ascii=False).encode())
    for _ in range(chosen.choice([1, 3, 20])):
        at = chosen.randrange(len(data))
        if chosen.random() < 0.3:
            del data[at : at + chosen.randrange(50)]
        else:
            data[at] = chosen.randrange(256)
    load(tmp_path, bytes(data))


@pytest.mark.long
@pytest.mark.parametrize("start", range(1000, 51_000, 1000))
def test_many_damaged_documents(start: int, tmp_path: Path) -> None:
    for seed in range(start, start + 1000):
        test_a_damaged_document(seed, tmp_path)
        test_damaged_bytes(seed, tmp_path)


def with_model(**fields: Any) -> dict[str, Any]:
    return document({"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [], **fields})


def unigram(pieces: list[Any], **fields: Any) -> dict[str, Any]:
    return document({"type": "Unigram", "vocab": pieces, "unk_id": 0, **fields})


def word_piece(**fields: Any) -> dict[str, Any]:
    common = {"unk_token": "a", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}
    return document({"type": "WordPiece", "vocab": {"a": 0}, **common, **fields})


REFUSED: dict[str, Any] = {
    "an id beyond all bounds": with_model(vocab={"a": 2**31}),
    "an id of 32 bits": with_model(vocab={"a": 2**32 - 1}),
    "an id of 64 bits": with_model(vocab={"a": 2**63}),
    "an id below zero": with_model(vocab={"a": -1}),
    "an id that is no whole number": with_model(vocab={"a": 0.5}),
    "an added token far away": document(words("?"), added_tokens=[added(2**31, "x")]),
    "an added token without text": document(words("?"), added_tokens=[added(1, "")]),
    "an added token twice": document(words("?"), added_tokens=[added(1, "x"), added(2, "x")]),
    "a merge of what is not there": with_model(merges=["a c"]),
    "a merge into what is not there": with_model(merges=["b a"]),
    "a merge of three": with_model(merges=["a b c"]),
    "a dropout of more than all": with_model(dropout=1.5),
    "a dropout that is no number": with_model(dropout=float("nan")),
    "an unknown piece far away": unigram([["a", 0.0]], unk_id=2**31),
    "a score that is no number": unigram([["a", float("nan")], ["b", 0.0]]),
    "a score without end": unigram([["a", float("inf")], ["b", 0.0]]),
    "a piece without score": unigram([["a"]]),
    "pieces of no length": document(pre_tokenizer={"type": "FixedLength", "length": 0}),
    "a pattern that is too large": document(
        normalizer={"type": "Replace", "pattern": {"Regex": "((a{1000}){1000}){1000}"}, "content": ""}
    ),
    "a charsmap that promises a gigabyte": document(
        normalizer={"type": "Precompiled", "precompiled_charsmap": "////fw=="}
    ),
    "a lone surrogate in the vocabulary": with_model(vocab={"\ud800": 0}),
    "a template of type ids without end": document(
        post_processor={
            "type": "TemplateProcessing",
            "single": [{"Sequence": {"id": "A", "type_id": 2**40}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {},
        }
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_tokenizer_can_mean_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(json.dumps(REFUSED[name]))
    with pytest.raises(LeanformersError, match=r"tokenizer\.json"):
        PreTrainedTokenizer.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        '{"a":' * 100_000,
        "[" * 1_000_000,
        '{"version": "1.0", "normalizer": ' + '{"type": "Sequence", "normalizers": [' * 900 + "]}" * 900 + "}",
        "", "null", "[]", "\ufeff{}", "{", '"' + "a" * 1_000_000, "NaN", "1" * 10_000,
        b"\xff\xfe{\x00}\x00", b"{\"version\": \"\x80\"}", b"\x00" * 1000, b"version https://git-lfs.github.com/spec/v1\n",
    ],
    ids=lambda content: repr(content[:20]),
)  # fmt: skip
def test_what_is_no_document_is_refused(content: str | bytes, tmp_path: Path) -> None:
    assert load(tmp_path, content) is None


ALLOWED: dict[str, Any] = {
    "an empty token": with_model(vocab={"": 3, "a": 0, "b": 1, "ab": 2}),
    "two tokens with one id": with_model(vocab={"a": 0, "b": 0, "ab": 0}, merges=["a b", "b a"][:1]),
    "merges in a circle": with_model(vocab={"a": 0, "": 1, "aa": 2}, merges=[["a", ""], ["", "a"]]),
    "words of any length": word_piece(max_input_chars_per_word=2**32 - 1),
    "words of no length": word_piece(max_input_chars_per_word=0),
    "scores as large as there are": unigram([["a", 1e308], ["b", -1e308], ["aa", 1e308]]),
    "no vocabulary at all": with_model(vocab={}),
    "long tokens": with_model(vocab={"a" * 100_000: 0, "a": 1}, ignore_merges=True),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_odd_but_possible_does_no_harm(name: str, tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    load(tmp_path, json.dumps(ALLOWED[name]))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # KiB


def test_a_key_that_is_there_twice(tmp_path: Path) -> None:
    text = json.dumps(with_model())
    load(tmp_path, text.replace('"vocab": {', '"vocab": {"a": 0, "a": 0, '))


def test_texts_of_a_random_tokenizer_are_decoded_again(tmp_path: Path) -> None:
    chosen = random.Random(1)
    content = random_document(chosen)
    tokenizer = load(tmp_path, json.dumps(content))
    assert tokenizer is None or isinstance(tokenizer.decode(tokenizer(random_text(chosen, content))["input_ids"]), str)
