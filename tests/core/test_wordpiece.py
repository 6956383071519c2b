"""WordPiece in the fused scan and in the general pipeline, beside the reference: any pieces, any words."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from leanformers import PreTrainedTokenizer

from .conftest import SPECIAL, build

ALPHABET = ["a", "b", "#", "é", "中", "が"]


@pytest.mark.parametrize("prefix", ["##", "", "a", "中"])
@pytest.mark.parametrize("longest", [2, 5, 100])
def test_random_pieces_and_words(prefix: str, longest: int) -> None:
    numbers = random.Random(f"{prefix}{longest}")
    for _ in range(8):
        pieces = ["".join(numbers.choices(ALPHABET, k=numbers.randint(1, 4))) for _ in range(numbers.randint(1, 30))]
        tokens = dict.fromkeys([*SPECIAL, *pieces, *(prefix + piece for piece in pieces[::2]), ""])
        model = {"vocab": {token: number for number, token in enumerate(tokens)}, "max_input_chars_per_word": longest}
        if prefix != "##":
            model["continuing_subword_prefix"] = prefix
        cores = build(model=model, strip_accents=False, handle_chinese_chars=False)
        words = ["".join(numbers.choices(ALPHABET, k=numbers.randint(1, 9))) for _ in range(100)]
        cores.compare([*words, " ".join(words)])
    cores.compare([" ".join(words * 120)])  # long enough for the cache to be given the vocabulary's words before it


def test_the_prefix_as_it_is_written_and_the_longest_words() -> None:
    vocab = {token: number for number, token in enumerate([*SPECIAL, "a", "##a", "#", "##ing", "##", "#####", "aaab"])}
    texts = ["##ing", "##", "# #", "a##", "a#", "aaa", "aaab", "aaaab", "a" * 100, "a" * 101, "é" * 100, "é" * 101]
    build(model={"vocab": vocab}, lowercase=False).compare([*texts, *texts[::-1], " ".join(texts)])


def test_of_equal_tokens_the_last_one_counts(tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    pairs = [("[UNK]", 0), ("abc", 1), ("abc", 2), ("##x", 3), ("##x", 4), ("d", 5), ("", 6), ("abc", 7)]
    vocab = ",".join(f"{json.dumps(token)}:{number}" for token, number in pairs)
    absent = dict.fromkeys(("truncation", "padding", "post_processor", "decoder"))
    model = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##"}
    document = {
        "version": "1.0",
        **absent,
        "added_tokens": [],
        "normalizer": json.loads(tokenizers.normalizers.BertNormalizer().__getstate__()),
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {**model, "max_input_chars_per_word": 100, "vocab": {"VOCAB": 0}},
    }
    written = json.dumps(document).replace('"VOCAB": 0', vocab)
    (tmp_path / "tokenizer.json").write_text(written, "utf-8")
    text = "abc abcx dx d " * 9 + " ".join(f"{i}" for i in range(20_000)) + " abc"
    ours = PreTrainedTokenizer.from_pretrained(tmp_path)(text, verbose=False)["input_ids"]
    assert ours == tokenizers.Tokenizer.from_str(written).encode(text).ids
