"""The `Precompiled` normalizer: its character map, and the grapheme clusters that it looks up as a whole."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest

from leanformers import _core

from ..charsmap import build_charsmap

tokenizers = pytest.importorskip("tokenizers")

# One or two of each way in which a character takes part in a cluster, by bytes in UTF-8.
CHARACTERS = [
    *"ab \r\n\t\0", "\u0001", "é", "½", "©", "®", "①", "ﬁ", "Ａ", "\u00ad", "\u0301", "\u0323", "\u0600", "\u200c",
    "\u200d", "\u200b", "\u0903", "\u0915", "\u0958", "\u094d", "\u093c", "\u0d4e", "\u1100", "\u1161", "\u11a8", "가",
    "각", "ﷺ", "⌚", "😀", "🏽", "🇩", "🇪", "\U000110bd", "\U00011133",
]  # fmt: skip


def core(model: _core.WordLevel, charsmap: bytes) -> _core.Tokenizer:
    return _core.Tokenizer(
        added_tokens=[],
        normalizers=[_core.Precompiled(charsmap=charsmap)],
        pre_tokenizers=[_core.Split(pattern="(?m:.)", regex=True, behavior=_core.SplitBehavior.ISOLATED)],
        model=model,
        template=None,
        decoders=[],
    )


def both(charsmap: bytes) -> tuple[Any, _core.Tokenizer]:
    """Each character that the map leaves becomes a token of its own, so that ids and offsets show all."""
    vocab = {token: number for number, token in enumerate(["?", *sorted(set("abXYZ é½©"))])}
    theirs = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocab, unk_token="?"))
    theirs.normalizer = tokenizers.normalizers.Precompiled(charsmap)
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex("(?m:.)"), "isolated")
    return theirs, core(_core.WordLevel(vocab, unk_token="?"), charsmap)


def everything_to_x(rng: random.Random) -> dict[str, str]:
    return {c: "X" for c in CHARACTERS if c != "\0"}


def some_of_it(rng: random.Random) -> dict[str, str]:
    keys = ["".join(rng.choices(CHARACTERS[:7] + CHARACTERS[8:], k=rng.choice([1, 1, 2, 3]))) for _ in range(12)]
    return {key: "".join(rng.choices("abXYZ é", k=rng.randint(0, 3))) for key in keys if "\0" not in key}


@pytest.mark.parametrize("make_rules", [everything_to_x, some_of_it])
def test_clusters_and_spans_are_those_of_the_reference(make_rules: Any) -> None:
    rng = random.Random(5)
    for _ in range(1 if make_rules is everything_to_x else 40):
        theirs, ours = both(build_charsmap(make_rules(rng)))
        texts = ["".join(rng.choices(CHARACTERS, k=rng.randint(1, 9))) for _ in range(200)]
        texts += [a + b for a in CHARACTERS for b in CHARACTERS] if make_rules is everything_to_x else []
        encoded = ours.encode(texts, details=True)
        found = zip(encoded.lists(_core.Column.IDS), encoded.lists(_core.Column.SPANS), strict=True)
        for text, row, expected in zip(texts, found, theirs.encode_batch(texts), strict=True):
            assert row == (expected.ids, expected.offsets), [f"U+{ord(c):04X}" for c in text]


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (b"", "no size"),
        (b"\x10\0\0\0abc", "says that it has 4 units"),
        (struct.pack("<I", 2**32 - 1), "says that it has"),
        (struct.pack("<II", 4, 0) + b"\xff", "not UTF-8"),
    ],
)
def test_a_damaged_map_is_an_error(blob: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _core.Precompiled(charsmap=blob)


def test_an_array_that_points_anywhere_is_harmless() -> None:
    rng = random.Random(6)
    for _ in range(300):
        units = [rng.getrandbits(32) & rng.choice([2**32 - 1, 0xFFF, 0x1FF]) for _ in range(rng.randint(0, 300))]
        blob = struct.pack(f"<I{len(units)}I", 4 * len(units), *units) + b"abc\0"
        tokenizer = core(_core.WordLevel({"<unk>": 0}), blob)
        tokenizer.encode(["".join(rng.choices(CHARACTERS, k=50))], details=True)
