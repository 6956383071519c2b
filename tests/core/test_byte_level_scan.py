"""The fused scan for byte-level models gives what the general pipeline and the reference give, on every text."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest

from leanformers import _core
from leanformers.tokenizers.spec import Spec

tokenizers = pytest.importorskip("tokenizers")

CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
QWEN2 = CL100K.replace("{1,3}", "")
# Each class of the scan, by bytes in UTF-8, and what contractions and normal form C look at.
CHARACTERS = list("astlvreS' !\n\r\t1é中½²\u00a0\u3000\u0301😀ſﬅK\u200b가\u1161\u09be")
TOKEN = {"id": 300, "content": "<t s>", "single_word": False, "lstrip": False, "rstrip": True, "special": False}


def document(data: Path, pattern: str | None, prefix: bool, nfc: bool, normalized: bool) -> dict[str, Any]:
    """A byte-level tokenizer with the first merges of GPT-2."""
    folder = data / "tokenizers" / "gpt2"
    lines = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()[1:3000]
    merges = [tuple(line.split(" ")) for line in lines]
    letters = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    vocab = {token: number for number, token in enumerate(list(letters)[:256])}
    for left, right in merges:
        vocab.setdefault(left + right, len(vocab))
    bytes_ = {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": pattern is None}
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    steps = [bytes_] if pattern is None else [split, bytes_]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{**TOKEN, "id": len(vocab), "normalized": normalized}],
        "normalizer": {"type": "NFC"} if nfc else None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": steps},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "vocab": vocab, "merges": [list(pair) for pair in merges]},
    }


@pytest.fixture(
    scope="module",
    params=[(None, False, False), (None, True, False), (None, True, True), (CL100K, False, True), (QWEN2, False, True)],
    ids=["gpt2", "prefix", "prefix and NFC", "cl100k", "qwen2"],
)
def cores(request: pytest.FixtureRequest, test_data: Path) -> tuple[_core.Tokenizer, _core.Tokenizer, Any]:
    pattern, prefix, nfc = request.param
    content = document(test_data, pattern, prefix, nfc, normalized=prefix)
    spec = Spec(content)
    fused = spec.compile()
    assert "fused scan" in fused.explain()[0]
    return fused, spec.compile(fused=False), tokenizers.Tokenizer.from_str(json.dumps(content))


def rows(core: _core.Tokenizer, texts: list[str]) -> list[tuple[Any, ...]]:
    encoded = core.encode(texts, details=True)
    columns = (_core.Column.IDS, _core.Column.SPANS, _core.Column.WORD_IDS)
    assert core.encode(texts).lists(_core.Column.IDS) == encoded.lists(_core.Column.IDS)
    return list(zip(*map(encoded.lists, columns), strict=True))


def same(cores: tuple[_core.Tokenizer, _core.Tokenizer, Any], texts: list[str], *, reference: bool = True) -> None:
    fused, general, theirs = cores
    expected = rows(general, texts)
    for text, row, other in zip(texts, rows(fused, texts), expected, strict=True):
        assert row == other, repr(text)
    if reference:
        for text, row, encoding in zip(texts, expected, theirs.encode_batch(texts), strict=True):
            assert row == (encoding.ids, encoding.offsets, encoding.word_ids), repr(text)


def test_every_short_text(cores: Any) -> None:
    texts = ["".join(letters) for n in (1, 2) for letters in itertools.product(CHARACTERS, repeat=n)]
    same(cores, texts)
    same(cores, ["".join(letters) for letters in itertools.product(CHARACTERS, repeat=3)], reference=False)


def test_every_ascii_character_at_every_place_of_a_word(cores: Any) -> None:
    characters = [*map(chr, range(128)), *CHARACTERS]
    texts = ["X" * at + c + "y" * (n - at) for n in range(19) for at in range(n + 1) for c in characters]
    same(cores, texts, reference=False)


def test_random_texts(cores: Any) -> None:
    chosen = random.Random(8)
    pieces = [*CHARACTERS, "'ll", "'RE", "123", "  ", "\r\n", "the", " and", "<t s>", "<t s>  ", "ﬀ", "e\u0301"]
    same(cores, ["".join(chosen.choices(pieces, k=chosen.randint(1, 14))) for _ in range(4000)])


def test_real_texts(cores: Any, test_data: Path) -> None:
    chosen = random.Random(9)
    texts = []
    for name in ("english", "multilingual"):
        with (test_data / "corpora" / f"{name}.jsonl").open(encoding="utf-8") as file:
            texts += [json.loads(line)["text"][:400] for line in file]
    same(cores, chosen.sample(texts, 400))


def test_unknown_bytes_or_dropout_take_the_general_pipeline(test_data: Path) -> None:
    content = document(test_data, None, False, False, False)
    assert "fused" in Spec(content).compile().explain()[0]
    for change in ({"dropout": 0.1}, {"end_of_word_suffix": "</w>"}):
        merges = [] if "end_of_word_suffix" in change else content["model"]["merges"]
        changed = {**content, "model": {**content["model"], **change, "merges": merges}}
        assert "general pipeline" in Spec(changed).compile().explain()[0]
    vocab = {token: number for number, token in enumerate(list(content["model"]["vocab"])[1:256])}
    changed = {**content, "model": {**content["model"], "vocab": vocab, "merges": []}, "added_tokens": []}
    assert "general pipeline" in Spec(changed).compile().explain()[0]
