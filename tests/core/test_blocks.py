"""Text that is read 64 bytes at a time: any place of anything in a block, and any end of the text."""

from __future__ import annotations

import random
import string
import unicodedata
from itertools import product

import pytest

from leanformers import _core

from .conftest import Cores, build

# What a block's arithmetic has to get right: words that touch its ends, and what hands a text to the slower ways.
PARTS = [
    "ab", "A", "unaB", "un,ab", "ab  !", "\t\r\n", "x" * 15, "Un" + "ab" * 7, "a" * 63, "ab" * 32, "a" * 101, "!" * 64,
    " " * 70, "é", "Éa", "a\u0301b", "a\u00adb", "\u200b", "a\x00b", "\x0b", "\x7f", "’", "a’s", "…a", "中", "中国",
    "的中的中的中", "的a中", "かな", "が一ば", "한국어", "\U00020000", "\u3000", "，",
    "a\u0323\u0301", "\u0344", "ß", "İ", "ﬁ",
]  # fmt: skip


@pytest.fixture(scope="module", params=[True, False], ids=["uncased", "cased"])
def cores(request: pytest.FixtureRequest) -> Cores:
    return build(lowercase=request.param)


def test_all_instruction_sets_and_python_find_the_same_in_a_block() -> None:
    numbers = random.Random(5)
    blocks = [bytes(range(begin, begin + 64)) for begin in range(0, 256, 64)]
    blocks += [bytes(numbers.choices(range(256), k=64)) for _ in range(200)]
    blocks += [bytes(numbers.choices(string.printable.encode() + b"\x00\x7f\x80", k=64)) for _ in range(200)]
    kinds = {
        "lower": string.ascii_lowercase,
        "upper": string.ascii_uppercase,
        "digits": string.digits,
        "spaces": string.whitespace,
        "blanks": " ",
        "newlines": "\r\n",
        "apostrophes": "'",
        "slashes": "/",
        "bert_letters": string.ascii_letters + string.digits,
        "bert_isolated": string.punctuation,
    }
    known = {kind: frozenset(characters.encode()) for kind, characters in kinds.items()}
    known["high"] = frozenset(range(128, 256))
    visible = known["bert_letters"] | known["bert_isolated"]
    known["bert_special"] = frozenset(range(256)) - visible - frozenset(b" \t\r\n")
    for block in blocks:
        expected = {kind: sum((byte in bytes_) << i for i, byte in enumerate(block)) for kind, bytes_ in known.items()}
        masks = _core.block_masks(block)
        assert len(masks) >= 2
        wide = {kind: mask for kind, mask in masks["scalar"].items() if kind.startswith("wide")}
        for instructions, found in masks.items():
            assert found == expected | wide, (instructions, block)


@pytest.mark.parametrize("place", [0, 30, 61, 62, 63])
def test_what_masks_tell_of_characters_beyond_ascii_is_so(place: int) -> None:
    told = 0
    codes = range(0x80, 0x11000, 1 if place == 30 else 7)
    for character in (chr(code) for code in codes if not 0xD800 <= code < 0xE000):
        encoded = character.encode()
        own = sum(1 << at for at in range(place, min(place + len(encoded), 64)))
        masks = _core.block_masks((b"x" * place + encoded + b"y" * 64)[:64])
        found = masks["scalar"]
        assert all(other == found for other in masks.values())
        category = unicodedata.category(character)
        letters = found["wide_letters"]
        assert letters in (0, own if category[0] == "L" else 0)
        assert found["wide_upper"] == (letters if category == "Lu" else 0)
        assert found["wide_lower"] == (letters if category == "Ll" else 0)
        assert found["wide_others"] in (0, own if category[0] in "PS" else 0)
        assert found["wide_inner"] == own & ~(1 << place)
        told += letters != 0 or found["wide_others"] != 0
    assert told > {30: 32_000, 61: 4_500, 62: 20, 63: -1}.get(place, 4_500)


@pytest.mark.parametrize("size", range(1, 64))
def test_what_is_left_of_a_text_is_a_block_that_zeros_follow(size: int) -> None:
    for text in (b"Don't 1/2\r\n\t" * 6, "Größe Ещё 東京、가나".encode() * 3, b"\xe4" * 64):
        assert _core.block_masks(text[:size]) == _core.block_masks(text[:size] + bytes(64 - size))


@pytest.mark.parametrize("size", [0, 65])
def test_a_block_has_up_to_64_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="1 to 64 bytes"):
        _core.block_masks(bytes(size))


@pytest.mark.parametrize("before", ["x", " ", "!", "中"])
def test_everything_at_every_place_of_a_block(cores: Cores, before: str) -> None:
    cores.compare([before * shift + part + " ab," * 40 for shift in range(66) for part in PARTS])


def test_texts_that_end_at_every_place_of_a_block(cores: Cores) -> None:
    cores.compare(["un, " * (size // 4) + "unab"[: size % 4] + part for size in range(150) for part in PARTS[::2]])
    text = "Unab, é中国 ab’s がab한국어; " * 5
    cores.compare([text[:end] for end in range(len(text) + 1)])
    cores.compare([text[begin:] for begin in range(len(text) + 1)])


def test_everything_beside_everything(cores: Cores) -> None:
    cores.compare([f"{one}{two}{gap}{one}" for one, two in product(PARTS, repeat=2) for gap in ("", " ")])


def test_random_texts_of_parts(cores: Cores) -> None:
    numbers = random.Random(7)
    cores.compare(["".join(numbers.choices([*PARTS, " ", " ", ","], k=60)) for _ in range(300)])


@pytest.mark.parametrize("longest", [0, 1, 3, 8, 30])
def test_words_too_long_are_told_of_whatever_the_cache_knows(longest: int) -> None:
    cores = build(model={"max_input_chars_per_word": longest})
    texts = [part * count for part in ("a", "é", "中", "’", "が", "한") for count in (1, 2, 4, 9, 31)] * 2
    cores.compare(texts)
    expected = cores.general.encode(texts).long_words()
    for _ in range(2):
        for details in (False, True):
            assert cores.fused.encode(texts, details=details).long_words() == expected


def test_what_one_call_has_remembered_is_right_for_the_others(cores: Cores) -> None:
    words = ["e\u00ad", "\u00adA", "E\u0301", "e" * 14 + "é", "가" * 6, "ss", *"ÉéeaがかẞßS한\u1112"]
    words += ["a" + "\u00ad" * count + "b" for count in (3, 6, 7, 8, 9)]
    words += [word * 3 for word in words]
    texts = [*words, *words[::-1], " ".join(words)]
    for details in (False, True, False):
        ids = [core.encode(texts, details=details).lists(_core.Column.IDS) for core in (cores.fused, cores.general)]
        assert ids[0] == ids[1]
    cores.compare(texts)
