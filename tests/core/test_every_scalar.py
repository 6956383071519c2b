"""Every Unicode scalar value, alone and between others, through each normalizer and each pre-tokenizer.

The model has a token for each byte, so that ids, offsets and words show all that the stage has made of a text. In CI,
some of the scalars where they are alike and all where scripts are in use; all of them in the long run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from leanformers import _core
from leanformers.tokenizers.spec import Spec

from ..charsmap import build_charsmap

tokenizers = pytest.importorskip("tokenizers")

SCALARS = [*range(0xD800), *range(0xE000, 0x110000)]
# Beyond the scripts in use there are long stretches of alike code points.
SOME = [
    *range(0x3100), *range(0x3100, 0xA000, 61), *range(0xA000, 0xAC00), *range(0xAC00, 0xD800, 13),
    *range(0xE000, 0xF900, 97), *range(0xF900, 0x11400), *range(0x11400, 0x20000, 3), *range(0x20000, 0x110000, 4001),
    0x2A6DF, 0x2A700, 0x2B73F, 0x2B740, 0x2B81F, 0x2B820, 0x2B91F, 0x2B920, 0x2CEAF, 0x2CEB0, 0x2FA1D,
    0xE0001, 0x10FFFF,
]  # fmt: skip
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
MODEL = {"type": "BPE", "vocab": {token: i for i, token in enumerate(BYTES)}, "merges": [], "byte_fallback": True}
RULES = {"ﬁ": "fi", "①": "1", "é": "e", "\u0301": "", "a": "á", "\u200d": " ", "中": "国", "\t": " "}
CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def bert(**flags: bool | None) -> dict[str, Any]:
    names = ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
    return {"type": "BertNormalizer", **dict.fromkeys(names, False), **flags}


def charsmap() -> str:
    from base64 import b64encode

    return b64encode(build_charsmap(RULES)).decode()


def replace(pattern: dict[str, str]) -> dict[str, Any]:
    return {"type": "Replace", "pattern": pattern, "content": "<>"}


def split(pattern: str, behavior: str = "Isolated") -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": False}


NORMALIZERS: dict[str, dict[str, Any]] = {
    **{
        name: {"type": name}
        for name in ("ByteLevel", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "StripAccents")
    },
    "BertNormalizer clean_text": bert(clean_text=True),
    "BertNormalizer handle_chinese_chars": bert(handle_chinese_chars=True),
    "BertNormalizer strip_accents": bert(strip_accents=True),
    "BertNormalizer lowercase": bert(lowercase=True, strip_accents=False),
    "Precompiled": {"type": "Precompiled", "precompiled_charsmap": charsmap()},
    "Prepend": {"type": "Prepend", "prepend": "▁"},
    "Replace": replace({"String": "b"}),
    "Replace ignoring case": replace({"Regex": r"(?i:k|ss|s)"}),
    "Replace by property": replace({"Regex": r"[\p{Lu}\p{Mn}\p{Sc}]"}),
    "Strip": {"type": "Strip", "strip_left": True, "strip_right": True},
}  # fmt: skip
PRE_TOKENIZERS: dict[str, dict[str, Any]] = {
    **{name: {"type": name} for name in ("BertPreTokenizer", "UnicodeScripts", "Whitespace", "WhitespaceSplit")},
    "ByteLevel": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    "CharDelimiterSplit": {"type": "CharDelimiterSplit", "delimiter": "b"},
    "Digits": {"type": "Digits", "individual_digits": False},
    "FixedLength": {"type": "FixedLength", "length": 2},
    "Metaspace": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
    "Punctuation": {"type": "Punctuation", "behavior": "Isolated"},
    "Split cl100k": split(CL100K),
    "Split o200k": split(O200K),
    "Split word": split(r"\w+", "Removed"),
    "Split boundary": split(r"\b"),
    "Split digit": split(r"\d|\p{Nd}\p{Nl}"),
    "Split POSIX": split(r"[[:alpha:]]+|[[:punct:]]|[[:space:]]", "Contiguous"),
}
STAGES = {
    **{f"normalizer {name}": {"normalizer": stage} for name, stage in NORMALIZERS.items()},
    **{f"pre-tokenizer {name}": {"pre_tokenizer": stage} for name, stage in PRE_TOKENIZERS.items()},
}


class Both:
    """A stage before a model of bytes, here and in the reference."""

    def __init__(self, stages: dict[str, Any]) -> None:
        document = {"version": "1.0", "added_tokens": [], **stages, "model": MODEL}
        absent = dict.fromkeys(("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder"))
        document = {**absent, **document}
        self.ours = Spec(document).compile()
        self.theirs = tokenizers.Tokenizer.from_str(json.dumps(document))

    def compare(self, texts: list[str]) -> None:
        """Ids, offsets and words are equal."""
        encoded = self.ours.encode(texts, details=True)
        columns = [encoded.lists(getattr(_core.Column, name)) for name in ("IDS", "SPANS", "WORD_IDS")]
        for text, ids, spans, words, theirs in zip(texts, *columns, self.theirs.encode_batch(texts), strict=True):
            if ids != theirs.ids or words != theirs.word_ids or list(map(tuple, spans)) != theirs.offsets:
                pytest.fail(f"{text!r}: {ids} {spans} {words}, not {theirs.ids} {theirs.offsets} {theirs.word_ids}")


def in_context(codes: Iterable[int]) -> Iterator[str]:
    """Each code point between letters, before and after a space, beside itself and after a digit; many in a row."""
    contexts = [f"a{chr(code)}b{chr(code)} {chr(code)}{chr(code)}1{chr(code)}" for code in codes]
    return (" ".join(contexts[i : i + 32]) for i in range(0, len(contexts), 32))


@pytest.mark.parametrize("stage", STAGES)
def test_scripts_in_use(stage: str) -> None:
    both = Both(STAGES[stage])
    both.compare(list(in_context(SOME)))
    both.compare([chr(code) for code in SOME[:0x3100:7]])


@pytest.mark.long
@pytest.mark.parametrize("stage", STAGES)
def test_every_scalar(stage: str) -> None:
    both = Both(STAGES[stage])
    for start in range(0, len(SCALARS), 20_000):
        codes = SCALARS[start : start + 20_000]
        both.compare(list(in_context(codes)))
        both.compare([chr(code) for code in codes])
