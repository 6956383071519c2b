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

from .conftest import corpus_texts, rows

tokenizers = pytest.importorskip("tokenizers")

CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
QWEN2 = CL100K.replace("{1,3}", "")
WORD = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]%s[\p{Ll}\p{Lm}\p{Lo}\p{M}]%s"
CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K = (
    f"{WORD % ('*', '+')}{CONTRACTION}|{WORD % ('+', '*')}{CONTRACTION}"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEKKEN = O200K.replace(CONTRACTION, "").replace("{1,3}", "")
DEEPSEEK = (
    r"\p{N}{1,3}",
    "[一-龥\u3040-\u309f\u30a0-\u30ff]+",
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"""
    "|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
)
# Each class of the scan, by bytes in UTF-8, and what contractions and normal form C look at.
CHARACTERS = list("astlvreS' !\n\r\t1é中½²\u00a0\u3000\u0301😀ſﬅK\u200b가\u1161\u09be")
# Of o200k and DeepSeek V3 too: title case, letters without case, symbols, marks and signs among kana, controls.
CASES = list("aS' \n/1$Ꮝǅʰ中\u0301\u00ad\u0378ー・\u3099\u3040龦\x00\u2028")
# One for each class, for texts of every order.
FEW = list("aS' \n/1中ʰ\u0301\u200b")
# What 64 bytes at a time have to get right: what touches the ends of a block, is longer, or is known by looking ahead.
PARTS = [
    "a", "aB", "Ab", " ab", "'s", "'ll", "'RE", "'sx", "'s's", "'", "''", "'ſ", "é", "Éa", "да", "Да", "“",
    "——", ".", "..", " .", ".a", "\n", ".\n", "\n/", ".\n/", "\n \n", ".\n \n", " \n\t", "  ", "\t", "\r\n  ",
    "1", "123", "12345678", "½", "中", "中文字", "あa", "aあ", "！", "́", "é", "　", " ", "😀", "กิ", "x" * 15,
    "y" * 16, "Z" * 70, " " * 70, "\n" * 66, "!" * 65, "7" * 67, "ж" * 33,
]  # fmt: skip
TOKEN = {"id": 300, "content": "<t s>", "single_word": False, "lstrip": False, "rstrip": True, "special": False}


def document(data: Path, patterns: tuple[str, ...], prefix: bool, nfc: bool, normalized: bool) -> dict[str, Any]:
    """A byte-level tokenizer with the first merges of GPT-2."""
    folder = data / "tokenizers" / "gpt2"
    lines = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()[1:3000]
    merges = [tuple(line.split(" ")) for line in lines]
    letters = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    vocab = {token: number for number, token in enumerate(list(letters)[:256])}
    for left, right in merges:
        vocab.setdefault(left + right, len(vocab))
    bytes_ = {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": not patterns}
    split = {"type": "Split", "behavior": "Isolated", "invert": False}
    steps = [*({**split, "pattern": {"Regex": pattern}} for pattern in patterns), bytes_]
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


SPLITS: dict[str, tuple[tuple[str, ...], bool, bool]] = {
    "GPT-2": ((), False, False),
    "GPT-2 with prefix": ((), True, False),
    "GPT-2 with prefix and NFC": ((), True, True),
    "cl100k": ((CL100K,), False, True),
    "Qwen 2": ((QWEN2,), False, True),
    "o200k": ((O200K,), False, False),
    "o200k with NFC": ((O200K,), False, True),
    "Tekken": ((TEKKEN,), False, False),
    "DeepSeek V3": (DEEPSEEK, False, False),
}


@pytest.fixture(scope="module", params=SPLITS)
def cores(request: pytest.FixtureRequest, test_data: Path) -> tuple[_core.Tokenizer, _core.Tokenizer, Any]:
    patterns, prefix, nfc = SPLITS[request.param]
    content = document(test_data, patterns, prefix, nfc, normalized=prefix)
    spec = Spec(content)
    fused = spec.compile()
    assert f"fused scan for the split of {request.param.split(' with')[0]}" in fused.explain()[0]
    return fused, spec.compile(fused=False), tokenizers.Tokenizer.from_str(json.dumps(content))


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


def test_every_order_of_classes(cores: Any) -> None:
    same(cores, ["".join(letters) for n in (1, 2) for letters in itertools.product(CASES, repeat=n)])
    for repeat, characters in ((3, CASES), (4, FEW)):
        same(cores, ["".join(letters) for letters in itertools.product(characters, repeat=repeat)], reference=False)


@pytest.mark.long
def test_every_scalar_beside_others(cores: Any) -> None:
    scalars = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    for context in ("{}", "A{}a", "SS{}", "  {}'s", "!{}{}1", "\u200b{}\n", "中{} "):
        for first in range(0, len(scalars), 50_000):
            same(cores, [context.replace("{}", scalar) for scalar in scalars[first : first + 50_000]])


def test_every_ascii_character_at_every_place_of_a_word(cores: Any) -> None:
    characters = [*map(chr, range(128)), *CHARACTERS]
    texts = ["X" * at + c + "y" * (n - at) for n in range(19) for at in range(n + 1) for c in characters]
    same(cores, texts, reference=False)


@pytest.mark.parametrize("filler", ["x", " ", "\n", "ж"])
def test_everything_at_every_place_of_a_block(cores: Any, filler: str) -> None:
    shifts = range(0, 66, 1 if filler == "x" else 5)
    same(cores, [filler * shift + part + "ab's .\n  Cd 12" * 6 for shift in shifts for part in PARTS], reference=False)


def test_texts_that_end_at_every_place_of_a_block(cores: Any) -> None:
    same(cores, ["abc'd " * (size // 6) + "x" * (size % 6) + part for size in range(50, 70) for part in PARTS])


def test_everything_beside_everything(cores: Any) -> None:
    same(cores, [one + two + "end" for one, two in itertools.product(PARTS, repeat=2)])


def test_more_words_than_the_caches_begin_with(cores: Any) -> None:
    chosen = random.Random(11)
    words = [f" {chosen.getrandbits(bits):x}" for bits in (24, 40, 90, 150) for _ in range(12_000)]
    texts = [".".join(words[begin : begin + 500]) for begin in range(0, len(words), 500)]
    for _ in range(2):
        same(cores, texts, reference=False)


def test_words_of_every_length_that_are_much_alike(cores: Any) -> None:
    words = [one * size + two for one in ("a", "ab", "ж", "中") for two in ("", "b") for size in range(1, 140)]
    words += ["x" * 16 + middle * size + "y" * 16 for middle in "zж中" for size in range(90)]
    for _ in range(2):
        same(cores, [" ".join(words), *words], reference=False)


@pytest.mark.parametrize("letters", ["дом Ёё", "αβ Άω", "ñÿ É×÷", "עב שאء", "ひが ンー・", "中文 龥㐀䷀", "한국 가힣"])
def test_scripts_that_are_read_all_at_once(cores: Any, letters: str) -> None:
    chosen = random.Random(12)
    others = [
        *letters,
        *letters,
        "Ab",
        " c",
        "a",
        "'s",
        "1",
        ".",
        ", ",
        "\n",
        "́",
        "“",
        "—",
        "。",
        "，",
        "！",
        "０",
        "é",
        "😀",
    ]
    texts = ["".join(chosen.choices(others, k=chosen.randint(1, 120))) for _ in range(150)]
    same(cores, texts + ["x" * shift + texts[shift] for shift in range(70)])


def test_words_that_are_tokens_after_many_others(cores: Any) -> None:
    theirs, chosen = cores[2], random.Random(13)
    tokens = [theirs.decode([number]) for number in chosen.sample(range(theirs.get_vocab_size()), 2_000)]
    same(cores, [".".join(f" {chosen.getrandbits(24):x}" for _ in range(2_000)), *tokens], reference=False)


def test_random_texts_of_several_blocks(cores: Any) -> None:
    chosen = random.Random(10)
    same(cores, ["".join(chosen.choices(PARTS, k=60)) for _ in range(300)])


def test_random_texts(cores: Any) -> None:
    chosen = random.Random(8)
    pieces = [*CHARACTERS, *CASES, "'ll", "'RE", "123", "  ", "\r\n", "the", " and", "<t s>", "<t s>  ", "ﬀ", "e\u0301"]
    same(cores, ["".join(chosen.choices(pieces, k=chosen.randint(1, 14))) for _ in range(4000)])


def test_real_texts(cores: Any, test_data: Path) -> None:
    chosen = random.Random(9)
    same(cores, chosen.sample(corpus_texts(test_data, 400), 400))


def test_unknown_bytes_or_dropout_take_the_general_pipeline(test_data: Path) -> None:
    content = document(test_data, (), False, False, False)
    assert "fused" in Spec(content).compile().explain()[0]
    for change in ({"dropout": 0.1}, {"end_of_word_suffix": "</w>"}):
        merges = [] if "end_of_word_suffix" in change else content["model"]["merges"]
        changed = {**content, "model": {**content["model"], **change, "merges": merges}}
        assert "general pipeline" in Spec(changed).compile().explain()[0]
    vocab = {token: number for number, token in enumerate(list(content["model"]["vocab"])[1:256])}
    changed = {**content, "model": {**content["model"], "vocab": vocab, "merges": []}, "added_tokens": []}
    assert "general pipeline" in Spec(changed).compile().explain()[0]


def test_other_splits_take_the_general_pipeline(test_data: Path) -> None:
    swapped = (DEEPSEEK[1], DEEPSEEK[0], DEEPSEEK[2])
    for patterns in (swapped, DEEPSEEK[:2], (*DEEPSEEK, O200K), (O200K + "|x",), (O200K.replace("/", ""),)):
        content = document(test_data, patterns, False, False, False)
        assert "general pipeline" in Spec(content).compile().explain()[0]
    for change in ({"behavior": "Removed"}, {"invert": True}):
        content = document(test_data, (O200K,), False, False, False)
        content["pre_tokenizer"]["pretokenizers"][0].update(change)
        assert "general pipeline" in Spec(content).compile().explain()[0]
