"""Traps 13 to 31 of the reference: normalizers and pre-tokenizers.

A model that has a token for each byte shows what the stages have made of a text: `text_of` reads it back.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

pytest.importorskip("tokenizers")
from leanformers.errors import FileFormatError
from leanformers.tokenizers.spec import Spec

from ..charsmap import build_charsmap
from .documents import added, document
from .side_by_side import Both

BYTES = {f"<0x{byte:02X}>": byte for byte in range(256)}
MODEL = {"type": "BPE", "vocab": BYTES, "merges": [], "byte_fallback": True}


def staged(**parts: Any) -> Both:
    return Both(document(MODEL, **parts))


def normalized(normalizer: dict[str, Any], text: str) -> str:
    """What a normalizer makes of a text, after comparing everything."""
    return bytes(staged(normalizer=normalizer).same(text)[0]).decode()


def pieces(pre_tokenizer: dict[str, Any], text: str, **parts: Any) -> list[str]:
    """The words of a text, as the model sees them, after comparing everything."""
    both = staged(pre_tokenizer=pre_tokenizer, **parts)
    ids, _ = both.same(text)
    word_ids = both.reference.encode(text).word_ids
    groups: dict[int, list[int]] = {}
    for number, word in zip(ids, word_ids, strict=True):
        groups.setdefault(word, []).append(number)
    return [bytes(group).decode(errors="replace") for group in groups.values()]


def bert(**flags: bool | None) -> dict[str, Any]:
    names = ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
    return {"type": "BertNormalizer", **dict.fromkeys(names, False), **flags}


def split(pattern: dict[str, str], behavior: str, invert: bool = False) -> dict[str, Any]:
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def byte_level(add_prefix_space: bool = False, use_regex: bool = True) -> dict[str, Any]:
    return {
        "type": "ByteLevel", "add_prefix_space": add_prefix_space, "trim_offsets": True, "use_regex": use_regex,
    }  # fmt: skip


def metaspace(scheme: str, split: bool = True) -> dict[str, Any]:
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}


def replace(pattern: dict[str, str], content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": pattern, "content": content}


# ---- normalizers ----


def test_trap_13_clean_text_deletes_before_it_makes_spaces() -> None:
    clean = bert(clean_text=True)
    assert normalized(clean, "a\vb\fc\x85d") == "abcd"
    assert normalized(clean, "a\tb\nc\rd\u2028e\u3000f") == "a b c d e f"
    assert normalized(clean, "a\x7fb\xadc\u200dd\ue000e\u180ef\x00g\ufffdh") == "abcdefgh"
    assert normalized(clean, "a\u0378b") == "a\u0378b"  # unassigned


def test_trap_14_one_range_of_ideographs_is_not_spaced() -> None:
    spaced = bert(handle_chinese_chars=True)
    assert normalized(spaced, "\U0002b820\U0002b91f") == "\U0002b820\U0002b91f"
    assert normalized(spaced, "\U0002b81f") == " \U0002b81f "
    assert normalized(spaced, "\U0002b920") == " \U0002b920 "
    assert normalized(spaced, "かな한글") == "かな한글"


def test_trap_15_strip_accents_follows_lowercase_and_leaves_jamo() -> None:
    assert normalized(bert(lowercase=True, strip_accents=None), "É") == "e"
    assert normalized(bert(lowercase=True, strip_accents=False), "É") == "é"
    assert normalized(bert(strip_accents=None), "É") == "É"
    assert normalized(bert(strip_accents=True), "한") == "\u1112\u1161\u11ab"


def test_trap_16_the_two_ways_to_strip_marks() -> None:
    assert normalized(bert(strip_accents=True), "का") == "का"  # a mark that takes room stays
    assert normalized({"type": "StripAccents"}, "का") == "क"
    assert normalized({"type": "StripAccents"}, "é") == "é"  # without decomposing first


def test_trap_17_lowercase_has_no_final_sigma() -> None:
    assert normalized({"type": "Lowercase"}, "ΟΔΟΣ") == "οδοσ"
    both = staged(normalizer={"type": "Lowercase"})
    ids, offsets = both.same("xİy")
    assert bytes(ids).decode() == "xi\u0307y"
    assert offsets == [(0, 1), (1, 2), (1, 2), (1, 2), (2, 3)]


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_trap_18_normal_forms_are_those_of_unicode_9(form: str) -> None:
    for text in ("\u32ff", "\U0001fbf0", "\U00011935\U00011930"):
        assert normalized({"type": form}, text) == text
    for text in ("e\u0301\u0323", "\u1112\u1161\u11ab", "ﬁ\u0301", "\u0344", "Å", "\u0f77"):
        normalized({"type": form}, text)


def test_trap_19_replace_takes_its_content_as_it_is() -> None:
    assert normalized(replace({"Regex": "(a)(b)"}, "$1-$2"), "xabx") == "x$1-$2x"
    assert normalized(replace({"String": "."}, "!"), "a.b") == "a!b"
    assert normalized(replace({"Regex": "."}, "!"), "a.b") == "!!!"
    both = staged(normalizer=replace({"Regex": "x*"}, "-"))
    assert bytes(both.same("ab")[0]).decode() == "-a-b-"
    both.compare("")


def test_trap_20_prepend_acts_on_each_stretch() -> None:
    both = staged(normalizer={"type": "Prepend", "prepend": "▁"}, added_tokens=[added(256, "<s>", special=True)])
    ids, offsets = both.same("<s>a<s>")
    assert ids == [256, *"▁a".encode(), 256]
    assert offsets == [(0, 3), (3, 4), (3, 4), (3, 4), (3, 4), (4, 7)]
    assert both.same("")[0] == []


def test_trap_21_strip_and_nmt_have_white_space_of_their_own() -> None:
    strip = {"type": "Strip", "strip_left": True, "strip_right": True}
    assert normalized(strip, "\u3000\u00a0\u2028 a\u200b \x85") == "a\u200b"
    assert normalized({**strip, "strip_right": False}, " a ") == "a "
    assert normalized({"type": "Nmt"}, "a\u200bb\x01c\ufeffd\u2581e\ufffdf\xadg") == "a bc d e f\xadg"
    sequence = {"type": "Sequence", "normalizers": [{"type": "Nmt"}, strip]}
    assert normalized(sequence, "\u200ba") == "a"
    sequence = {"type": "Sequence", "normalizers": [strip, {"type": "Nmt"}]}
    assert normalized(sequence, "\u200ba") == " a"


def test_trap_22_the_shortest_beginning_of_a_short_cluster_replaces_it() -> None:
    rules = {"ﬁ": "fi", "①": "1", "a\u0301": "á", "\u200d": " ", "\u0001": ""}
    charsmap = {"type": "Precompiled", "precompiled_charsmap": b64encode(build_charsmap(rules)).decode()}
    assert normalized(charsmap, "ﬁ\u0301") == "fi"  # the accent is lost
    assert normalized(charsmap, "①\u0301") == "1"
    assert normalized(charsmap, "a\u0301\u0323") == "á"
    assert normalized(charsmap, "ﬁ\u200d") == "fi "  # six bytes: character by character
    assert normalized(charsmap, "a\0b\u0001c") == "a\0bc"


# ---- pre-tokenizers ----


@pytest.mark.parametrize(
    ("behavior", "expected", "inverted"),
    [
        ("Removed", ["a", "b"], ["-", "-", "-"]),
        ("Isolated", ["a", "-", "-", "b", "-"], ["a", "-", "-", "b", "-"]),
        ("MergedWithPrevious", ["a-", "-", "b-"], ["a", "-", "-b", "-"]),
        ("MergedWithNext", ["a", "-", "-b", "-"], ["a-", "-", "b-"]),
        ("Contiguous", ["a", "--", "b", "-"], ["a", "--", "b", "-"]),
    ],
)
def test_trap_23_each_behavior_of_split(behavior: str, expected: list[str], inverted: list[str]) -> None:
    assert pieces(split({"String": "-"}, behavior), "a--b-") == expected
    assert pieces(split({"String": "-"}, behavior, invert=True), "a--b-") == inverted
    assert "" not in pieces(split({"Regex": "x*"}, behavior), "axb")


def test_trap_24_a_prefix_space_is_added_before_what_begins_with_no_space() -> None:
    both = staged(pre_tokenizer=byte_level(add_prefix_space=True), added_tokens=[added(256, "<s>")])
    assert pieces(byte_level(add_prefix_space=True), "a") == ["Ġa"]
    assert pieces(byte_level(add_prefix_space=True), " a") == ["Ġa"]
    assert pieces(byte_level(add_prefix_space=True), "\ta") == ["Ġ", "ĉ", "a"]
    assert both.same("")[0] == []
    assert both.same("a<s>b")[1] == [(0, 1)] * 3 + [(1, 4)] + [(4, 5)] * 3  # Ġ is two bytes here


def test_trap_25_without_regex_the_text_stays_whole() -> None:
    assert pieces(byte_level(use_regex=False), "a b\n1") == ["aĠbĊ1"]


def test_trap_26_letters_that_are_equal_without_case() -> None:
    assert pieces(split({"Regex": "(?i:'s)"}, "Isolated"), "a'ſb") == ["a", "'ſ", "b"]
    assert pieces(split({"Regex": "(?i:k)"}, "Isolated"), "a\u212ab") == ["a", "\u212a", "b"]
    assert pieces(split({"Regex": "(?i:ss)"}, "Isolated"), "aßb") == ["a", "ß", "b"]


def test_trap_27_whitespace_is_not_whitespace_split() -> None:
    text = "a.b_1 !?\u200dc"
    assert pieces({"type": "Whitespace"}, text) == ["a", ".", "b_1", "!?", "\u200dc"]
    assert pieces({"type": "WhitespaceSplit"}, text) == ["a.b_1", "!?\u200dc"]


def test_trap_28_numbers_are_digits_too() -> None:
    digits = {"type": "Digits", "individual_digits": True}
    assert pieces(digits, "a½Ⅷ²b12") == ["a", "½", "Ⅷ", "²", "b", "1", "2"]
    assert pieces({**digits, "individual_digits": False}, "a½Ⅷ²b12") == ["a", "½Ⅷ²", "b", "12"]


def test_trap_29_punctuation_is_ascii_and_that_of_unicode_8() -> None:
    isolated = {"type": "Punctuation", "behavior": "Isolated"}
    assert pieces(isolated, "a$b+c^d") == ["a", "$", "b", "+", "c", "^", "d"]
    assert pieces(isolated, "a€b×c") == ["a€b×c"]
    assert pieces(isolated, "a\u166db\u2e43c") == ["a", "\u166d", "b\u2e43c"]


def test_trap_30_where_metaspace_puts_its_mark() -> None:
    assert pieces(metaspace("always"), "a  b ") == ["▁a", "▁", "▁b", "▁"]
    assert pieces(metaspace("always"), " a") == ["▁a"]
    assert pieces(metaspace("never"), "a b") == ["a", "▁b"]
    assert pieces(metaspace("first", split=False), "a b") == ["▁a▁b"]
    for scheme, expected in (("first", [256, *b"ab"]), ("always", [256, *"▁ab".encode()])):
        both = staged(pre_tokenizer=metaspace(scheme), added_tokens=[added(256, "<s>", special=True)])
        assert both.same("<s>ab")[0] == expected
        both.compare(["a", "b c"], words=True)


@pytest.mark.parametrize("part", ["pre_tokenizer", "decoder"])
def test_trap_30_old_files_have_another_key_for_it(part: str) -> None:
    old = {"type": "Metaspace", "replacement": "▁", "str_rep": "▁"}
    both = staged(**{part: {**old, "add_prefix_space": True}})
    both.compare("a b")
    both.compare_decoding(list("▁a▁b".encode()))
    staged(**{part: {**old, "add_prefix_space": False, "prepend_scheme": "never"}}).compare("a b")
    with pytest.raises(FileFormatError, match="add_prefix_space is false, but prepend_scheme is 'always'"):
        Spec(document(MODEL, **{part: {**old, "add_prefix_space": False}}))


def test_trap_31_what_is_seldom_used() -> None:
    pieces({"type": "UnicodeScripts"}, "abcгдеカタ漢字ー x")
    assert pieces({"type": "FixedLength", "length": 2}, "abcdé") == ["ab", "cd", "é"]
    assert pieces({"type": "CharDelimiterSplit", "delimiter": "-"}, "a--b-") == ["a", "b"]
