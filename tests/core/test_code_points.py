"""Every Unicode scalar value, in context, under every setting of the BERT normalizer."""

from __future__ import annotations

import itertools

import pytest

from .conftest import build

SCALARS = [*range(0xD800), *range(0xE000, 0x110000)]
# Beyond these, planes are unassigned or private use and behave alike: a sample of them is enough for most settings.
COMMON = [*range(0x3400), *range(0xA000, 0xAC80), *range(0xF900, 0x10000), *range(0x10000, 0x1F000, 3)]
SETTINGS = [
    dict(zip(("clean_text", "handle_chinese_chars", "strip_accents", "lowercase"), flags, strict=True))
    for flags in itertools.product((True, False), repeat=4)
]


def rows(codes: list[int]) -> list[str]:
    """Each code point between letters, beside spaces, and next to itself; many in a row: the reference is slow."""
    contexts = [f"a{chr(code)}b {chr(code)} {chr(code)}{chr(code)}ss" for code in codes]
    return [" ".join(contexts[i : i + 64]) for i in range(0, len(contexts), 64)]


def test_every_scalar_value_as_uncased_and_cased_models_see_it() -> None:
    for lowercase in (True, False):
        build(lowercase=lowercase).compare(rows(SCALARS))


def test_every_ascii_character_at_every_place_of_a_word() -> None:
    characters = [*map(chr, range(128)), "é", "\u0301", "中", "\u200b"]
    words = ["X" * at + c + "y" * (n - at) for n in range(19) for at in range(n + 1) for c in characters]
    for lowercase in (True, False):
        build(lowercase=lowercase).compare(words)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: "-".join(k for k, v in settings.items() if v))
def test_scripts_in_use_under_every_setting(settings: dict[str, bool]) -> None:
    build(**settings).compare(rows(COMMON))


def test_marks_of_different_classes_are_reordered_as_in_the_reference() -> None:
    marks = "\u0300\u0315\u0316\u0323\u0334\u0345\u0591\u05b0\u064b\u0f71\u0f74\u302a\u3099\u1a60\u0e38\u0eb8\u1037"
    marks += "\U0001d165"
    words = ["a" + "".join(word) for word in itertools.product(marks, repeat=2)]
    words += ["é" + "".join(word) + "b" for word in itertools.product(marks, repeat=2)]
    words += ["".join(word) for word in itertools.product(marks[:8] + "á", repeat=3)]
    build(lowercase=True).compare(words)
    build(lowercase=False, strip_accents=True).compare(words)
