"""Long texts that several threads share have the same tokens, wherever they are cut."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leanformers import _core
from leanformers.tokenizers.spec import Spec

from .mutation import mutated_texts
from .test_families import FAMILIES

tokenizers = pytest.importorskip("tokenizers")

PIECES = [
    "a b", " c", "B1 x", "one two three", "  ", "\n", "\t", " 1", "'s d", "e\u0301 f", "\u00e9 g",
    "\u4e2d\u6587 h", "i \u4e2d", "<t> ", "<r>", " <l>", "end ", "word", " word a", ".", " j.", "\u00a0k",
    "\u2581 l", "m\u0300 n", "<l> o", "\u0344 p",
    "\x01", "\x01r s", "\ufeff\u200b", "\u0300", "\u00ad q",
]  # fmt: skip
HARMLESS = [("<t>", {}), ("<l>", {"lstrip": True}), ("<r>", {"rstrip": True})]
WORD = ("word", {"single_word": True})  # ends where a text may be cut


def tokens(core: _core.Tokenizer, texts: list[str], **options: Any) -> list[Any]:
    encoded = core.encode(texts, details=True, **options)
    columns = (_core.Column.IDS, _core.Column.SPANS, _core.Column.WORD_IDS)
    return [*map(encoded.lists, columns), encoded.with_special_tokens(), encoded.long_words()]


def same(core: _core.Tokenizer, text: str, **options: Any) -> None:
    expected = tokens(core, [text], threads=1, **options)
    for threads, part_bytes in ((2, 1), (3, 5), (7, 40)):
        assert tokens(core, [text], threads=threads, part_bytes=part_bytes, **options) == expected, repr(text)
        ids = core.encode([text], threads=threads, part_bytes=part_bytes, **options).lists(_core.Column.IDS)
        assert ids == expected[0], repr(text)


@pytest.fixture(scope="module", params=FAMILIES)
def core(request: pytest.FixtureRequest, corpus_lines: list[str], test_data: Path) -> _core.Tokenizer:
    reference = FAMILIES[request.param](corpus_lines[:1500], test_data)
    reference.no_truncation()
    added = HARMLESS if request.param.startswith("SentencePiece") else [*HARMLESS, WORD]
    reference.add_tokens([tokenizers.AddedToken(text, normalized=False, **flags) for text, flags in added])
    core = Spec(json.loads(reference.to_str())).compile()
    assert "cut between words" in core.explain()[-1], core.explain()
    return core


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=14))
def test_the_cuts_change_nothing(core: _core.Tokenizer, pieces: list[str]) -> None:
    same(core, "".join(pieces))


def test_what_is_dropped_at_the_beginning_shifts_all_spans_or_none(core: _core.Tokenizer) -> None:
    for dropped in ("\x01", "\ufeff", "\u00ad", "\u200b", "\u0300", " \x01", "\x01\x01 "):
        same(core, f"{dropped}a b c <t>{dropped}d e f")


def test_real_texts_are_cut_at_every_word(core: _core.Tokenizer, test_data: Path) -> None:
    for text in mutated_texts(test_data, 4, 60):
        same(core, text)
        same(core, text, max_length=9, overflow=True, stride=2)


def test_texts_and_pairs_of_a_batch_are_cut_too(core: _core.Tokenizer) -> None:
    chosen = random.Random(3)
    texts, pairs = (["".join(chosen.choices(PIECES, k=k)) for k in (1, 90, 3)] for _ in range(2))
    expected = tokens(core, texts, pairs=pairs, threads=1)
    assert tokens(core, texts, pairs=pairs, threads=4, part_bytes=1) == expected


@pytest.mark.parametrize(
    ("token", "flags", "parts"),
    [
        ("<t>", {"lstrip": True, "rstrip": True, "single_word": True}, ["ab", " c", " d", ", e", "\nf"]),
        ("b c", {}, ["ab c d", ", e", "\nf"]),
        (" x", {"single_word": True}, ["ab c d", ", e", "\nf"]),
        ("x", {"rstrip": True}, ["ab c d", ", e\nf"]),
        ("b, ", {}, ["ab", " c", " d, e", "\nf"]),
    ],
)
def test_texts_are_not_cut_where_an_added_token_may_stand_on_both_sides(
    token: str, flags: dict[str, bool], parts: list[str], corpus_lines: list[str], test_data: Path
) -> None:
    reference = FAMILIES["byte-level BPE of GPT-2"](corpus_lines[:1500], test_data)
    reference.add_tokens([tokenizers.AddedToken(token, normalized=False, **flags)])
    core = Spec(json.loads(reference.to_str())).compile()
    text = "ab c d, e\nf"
    places = [0, *core.cuts(text, 1), len(text)]
    assert [text[begin:end] for begin, end in itertools.pairwise(places)] == parts
    same(core, f"a b{token} c {token} d b c, b, e x \n")


def test_stretches_that_an_added_token_begins_anew_are_not_cut(corpus_lines: list[str], test_data: Path) -> None:
    reference = FAMILIES["SentencePiece BPE with byte fallback"](corpus_lines[:1500], test_data)
    reference.add_tokens([tokenizers.AddedToken("word", normalized=False)])
    core = Spec(json.loads(reference.to_str())).compile()
    assert core.explain()[-1] == (
        'long texts: one thread each, because the added token "word" may stand where two words are parted'
    )
    same(core, "a word b aword word a")


def test_the_general_pipeline_may_look_anywhere(corpus_lines: list[str], test_data: Path) -> None:
    reference = FAMILIES["byte-level BPE of GPT-2"](corpus_lines[:1500], test_data)
    core = Spec(json.loads(reference.to_str())).compile(fused=False)
    assert core.explain()[-1] == "long texts: one thread each, because its stages may look anywhere"
    assert core.cuts("a b c", 1) == []
    same(core, "a b c d e f")


def test_errors_of_texts_that_are_cut_name_their_row() -> None:
    core = _core.Tokenizer(
        added_tokens=[],
        normalizers=[_core.BertNormalizer()],
        pre_tokenizers=[_core.BertPreTokenizer()],
        model=_core.WordPiece(vocab={"a": 0}, unk_token="[UNK]"),
        template=None,
        decoders=[],
    )
    texts = ["a a a", "a a b a a", "c " * 9]
    for threads in (1, 3):
        with pytest.raises(ValueError, match=r"^row 1: .*unknown token"):
            core.encode(texts, threads=threads, part_bytes=1)
