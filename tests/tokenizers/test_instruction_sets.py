"""Every set of instructions that the processor has gives the same ids, spans and words, in every fused scan."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leanformers import _core

NAMES = list(_core.block_masks(bytes(64)))

# Prints a digest for each folder: of all columns, as ids come alone and with details, from empty and from full caches.
SCRIPT = """
import hashlib, json, os, sys
import leanformers
texts = json.load(open(sys.argv[1], encoding="utf-8"))
known = {"bert-base-cased": ("BertTokenizer", {"do_lower_case": False}), "gpt2": ("GPT2Tokenizer", {}),
         "bert-base-uncased": ("BertTokenizer", {"do_lower_case": True}), "t5-base": ("T5Tokenizer", {})}
for folder in sys.argv[2:]:
    name, settings = known.get(os.path.basename(folder), ("AutoTokenizer", {}))
    digest = hashlib.sha256()
    for options in ({}, {"spans": True}, {"spans": True, "word_ids": True}) * 2:
        tokenizer = getattr(leanformers, name).from_pretrained(folder, **settings)
        for _ in range(2):
            ragged = tokenizer.encode_ragged(texts, threads=1, **options)
            for column in (ragged.ids, ragged.row_offsets, ragged.spans, ragged.word_ids):
                digest.update(b"-" if column is None else column.tobytes())
        texts.reverse()
    print(digest.hexdigest(), folder)
"""


@pytest.fixture(scope="module")
def folders(test_data: Path, corpus_lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Real tokenizers, and small ones as Llama's and of words, whose scans these do not have."""
    tokenizers = pytest.importorskip("tokenizers")
    models, normalizers, pre = tokenizers.models, tokenizers.normalizers, tokenizers.pre_tokenizers
    llama = tokenizers.Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    llama.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    words = tokenizers.Tokenizer(models.BPE(unk_token="<unk>"))
    words.pre_tokenizer = pre.Whitespace()
    found = sorted(map(str, (test_data / "tokenizers").iterdir()))
    for name, tokenizer in (("llama", llama), ("words", words)):
        bytes_ = [f"<0x{byte:02X}>" for byte in range(256)] if name == "llama" else []
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=3000, special_tokens=["<unk>", *bytes_], show_progress=False, max_token_length=16
        )
        tokenizer.train_from_iterator(corpus_lines[:300], trainer)
        folder = tmp_path_factory.mktemp(name)
        tokenizer.save(str(folder / "tokenizer.json"))
        found.append(str(folder))
    return found


def run(name: str, *arguments: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *map(str, arguments)],
        env={**os.environ, "LEANFORMERS_INSTRUCTIONS": name},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_all_instruction_sets_give_the_same(
    folders: list[str], corpus_lines: list[str], odd_lines: list[str], tmp_path: Path
) -> None:
    lines = corpus_lines[:1500] + odd_lines
    mixed = [one + other for one, other in zip(odd_lines, corpus_lines, strict=False)]
    chosen = random.Random(3)  # words of few letters, whose merges come up again and again
    few = ["".join(chosen.choices(chosen.choice(["an", "etaoin", "ésж1"]), k=n % 17 + 1)) for n in range(4000)]
    texts = [*lines, *mixed, " ".join(lines), *(" ".join(few[i : i + 20]) for i in range(0, len(few), 20))]
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    processes = {name: run(name, tmp_path / "texts.json", *folders) for name in NAMES}
    found = {name: process.communicate() for name, process in processes.items()}
    expected, errors = found["scalar"]
    assert len(expected.splitlines()) == len(folders), errors
    for name, (digests, errors) in found.items():
        assert digests == expected, (name, errors)


def test_an_unknown_instruction_set_is_named(folders: list[str], tmp_path: Path) -> None:
    (tmp_path / "texts.json").write_text('["a b"]', encoding="utf-8")
    with run("avx1024", tmp_path / "texts.json", folders[0]) as process:
        _, errors = process.communicate()
    assert 'LEANFORMERS_INSTRUCTIONS is "avx1024", but this processor has ' + ", ".join(NAMES) in errors
