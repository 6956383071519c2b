"""A text that is cut for several threads gives the tokens, spans and words of the whole, wherever it is cut."""

from __future__ import annotations

import itertools
import json
import random
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tokenizers")
from leanformers import _core
from leanformers.errors import FileFormatError
from leanformers.tokenizers.formats.sentencepiece_model import read_model
from leanformers.tokenizers.spec import Spec

from ..tokenizers.configurations import random_document, random_text
from ..tokenizers.test_components import llama
from . import test_byte_level_scan as byte_level
from . import test_spaced_scan as spaced
from . import test_word_classes_scan as classed
from .conftest import SPECIAL, VOCAB, corpus_texts

tokenizers = pytest.importorskip("tokenizers")

COLUMNS = (_core.Column.IDS, _core.Column.SPANS, _core.Column.WORD_IDS)
# A few characters of each kind; a text that has all orders of four of them has every neighbourhood of a cut.
LETTERS = "aB \n\r1é.中\u0301▁\u00ad,。"
BERT = {
    f"BERT {clean} {chinese} {accents} {lower}": {
        "type": "BertNormalizer", "clean_text": clean, "handle_chinese_chars": chinese, "strip_accents": accents,
        "lowercase": lower,
    }
    for clean, chinese, accents, lower in (
        (True, True, None, True), (True, True, None, False), (False, False, None, True), (False, True, True, False),
        (True, False, True, True), (False, False, None, False),
    )
}  # fmt: skip
CLASSED = {
    "Whitespace": ("BPE with bytes", [classed.WHITESPACE], []),
    "Whitespace, Digits": ("WordLevel", classed.PRE_TOKENIZERS["Whitespace, Digits"], [classed.NFC]),
    "Punctuation removed": ("Unigram", [classed.punctuation("Removed")], []),
    "Punctuation removed, NFKD": ("WordPiece", [classed.punctuation("Removed")], [classed.NFKD, classed.ACCENTS]),
    "words and spaces": ("BPE, fused", classed.PRE_TOKENIZERS["Split into words and spaces"], [classed.LOWERCASE]),
    "delimiter": ("BPE", [classed.stage("CharDelimiterSplit", delimiter=",")], []),
    "characters": ("WordLevel", [classed.EACH], []),
    "characters, NFKC": ("WordLevel", [classed.EACH], [classed.NMT, classed.NFKC]),
    "BertPreTokenizer": ("BPE that drops", [classed.BERT], [classed.bert(strip_accents=True)]),
}
FLAGS = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}


def all_orders(letters: str, length: int) -> str:
    """A text with every string of so many of these letters: de Bruijn's, by Fredricksen and Kessler's algorithm."""
    sequence: list[int] = []
    word = [0]
    while word:
        if length % len(word) == 0:
            sequence += word
        word = (word * length)[:length]
        while word and word[-1] == len(letters) - 1:
            word.pop()
        if word:
            word[-1] += 1
    return "".join(letters[number] for number in sequence + sequence[: length - 1])


@pytest.fixture(scope="module")
def corpus_lines(test_data: Path) -> list[str]:
    return random.Random(6).sample(corpus_texts(test_data, 600), 1500)


@pytest.fixture(scope="module")
def documents(test_data: Path, corpus_lines: list[str]) -> dict[str, dict[str, Any]]:
    """A tokenizer.json for each kind of scan."""
    found = {
        name: byte_level.document(test_data, *split, normalized=False) for name, split in byte_level.SPLITS.items()
    }
    for content in found.values():
        content["added_tokens"][0]["content"] = "<s>"
    model = read_model((test_data / "tokenizers" / "t5-base" / "spiece.model").read_bytes(), "t5")
    charsmap = {"type": "Precompiled", "precompiled_charsmap": b64encode(model.charsmap).decode()}
    pieces = {**spaced.unigram(model), "unk_id": 2}
    for name, stages in spaced.stages(charsmap).items():
        found[name] = spaced.document(pieces, *stages)
    bpe = json.loads(llama(corpus_lines[:1500], test_data).to_str())["model"]
    for name, stages in spaced.WHOLE.items():
        found[name] = spaced.document(bpe, *stages)
    for name, normalizer in BERT.items():
        words = {"type": "WordPiece", "vocab": VOCAB, "unk_token": "[UNK]", "continuing_subword_prefix": "##"}
        words["max_input_chars_per_word"] = 100
        content = spaced.document(words, normalizer, {"type": "BertPreTokenizer"})
        content["added_tokens"] = [
            {"id": VOCAB[token], "content": token, **FLAGS, "special": True} for token in SPECIAL
        ]
        found[name] = content
    for name, (model_name, pre_tokenizers, normalizers) in CLASSED.items():
        found[name] = classed.document(model_name, pre_tokenizers, normalizers, [classed.flags("[S]")])
    return found


WHOLE = {"Punctuation removed, NFKD", "words and spaces"}  # where spaces are in words, and some letters join others
NAMES = [*byte_level.SPLITS, *spaced.stages({}), *spaced.WHOLE, *BERT, *CLASSED]


def add(content: dict[str, Any], *tokens: dict[str, Any]) -> dict[str, Any]:
    """The same tokenizer with more added tokens."""
    vocab = content["model"]["vocab"]
    known = {piece[0]: number for number, piece in enumerate(vocab)} if isinstance(vocab, list) else vocab
    ids = itertools.count(max(len(vocab), *(token["id"] + 1 for token in content["added_tokens"])))
    id_of = {token["content"]: known[token["content"]] if token["content"] in known else next(ids) for token in tokens}
    more = [{**FLAGS, "id": id_of[token["content"]], **token} for token in tokens]
    return {**content, "added_tokens": [*content["added_tokens"], *more]}


def columns(encoded: _core.Encoded, details: bool) -> list[Any]:
    lists = [encoded.lists(column) for column in (COLUMNS if details else COLUMNS[:1])]
    return [lists, encoded.long_words(), encoded.with_special_tokens(), encoded.dropped(), encoded.samples()]


def check(core: _core.Tokenizer, text: str, sizes: list[int], **options: Any) -> int:
    """Compare parts of these sizes, by 2, 8 and 3 threads, with the whole; return how often the text may be cut. Of the
    threads' caches some have seen it and some have not."""
    for details in (False, True):
        whole = columns(core.encode([text], details=details, threads=1, **options), details)
        for size, threads in zip(sizes, itertools.cycle((2, 8, 3)), strict=False):
            parts = core.encode([text], details=details, threads=threads, part_bytes=size, **options)
            assert columns(parts, details) == whole, (details, size, threads, text if len(text) < 300 else "")
    return len(core.cuts(text, min(sizes)))


def check_reference(content: dict[str, Any], core: _core.Tokenizer, text: str) -> None:
    try:
        encoding = tokenizers.Tokenizer.from_str(json.dumps(content)).encode(text)
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        return  # the reference breaks down
    encoded = core.encode([text], details=True, threads=3, part_bytes=1)
    assert [encoded.row(column, 0) for column in COLUMNS] == [encoding.ids, encoding.offsets, encoding.word_ids]


@pytest.mark.parametrize("name", NAMES)
def test_every_neighbourhood_of_a_cut(name: str, documents: dict[str, Any]) -> None:
    core = Spec(documents[name]).compile()
    how = (
        "one thread each, because words do not end before spaces"
        if name in WHOLE
        else "cut between words, for several threads"
    )
    assert core.explain()[-1] == f"long texts: {how}"
    text = all_orders(LETTERS, 4)
    assert (check(core, text, [1, 50]) > 100) == (name not in WHOLE)
    check(core, "a" + text, [1])


@pytest.mark.parametrize("name", NAMES)
def test_real_texts_against_the_reference(name: str, documents: dict[str, Any], corpus_lines: list[str]) -> None:
    chosen = random.Random(5)
    text = "\n".join(chosen.sample(corpus_lines, 60)) + " it is 3 o'clock\n\n中文。\nand more" * 3
    core = Spec(documents[name]).compile()
    assert (check(core, text, [1, 100, len(text.encode()) // 4, 1, 1]) > 100) == (name not in WHOLE)
    if name not in CLASSED:
        check_reference(documents[name], core, text)


@pytest.mark.parametrize("name", NAMES)
def test_each_allowed_cut_by_itself(name: str, documents: dict[str, Any]) -> None:
    """The first cut is at each of the places in turn."""
    core = Spec(documents[name]).compile()
    text = "\u00adthe bad a\u0301 b\u0301 ab\nba  c\r\nd\n中 b\u3000a 1 2 é a don't 'll a'll ▁ x\nabab, a，中。"
    allowed = core.cuts(text, 1)
    assert bool(allowed) == (name not in WHOLE)
    first = {core.cuts(text, size)[0] for size in range(1, max(allowed, default=0) + 1)}
    assert first == set(allowed)
    check(core, text, sorted(first) or [1])


@pytest.mark.parametrize("count", [10, pytest.param(60, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", NAMES)
def test_added_tokens_of_all_kinds_beside_cuts(name: str, count: int, documents: dict[str, Any]) -> None:
    chosen = random.Random(NAMES.index(name))
    contents = ["<t>", "a", " a", "a ", "b a", "\n", " ", "ab", "▁a", "Z", "b\n", "。", ",a", "a,"]
    pieces = [
        "a",
        "b",
        " a",
        " b",
        " ",
        "\n",
        "\nb",
        "ab",
        "<t>",
        "Z",
        "aZ",
        " Z",
        "1",
        "é",
        "中",
        " ab ",
        "b a",
        ",",
        "。",
    ]
    cuts = 0
    for number in range(count):
        tokens = [
            {"content": content, **{flag: chosen.random() < 0.4 for flag in FLAGS}}
            for content in chosen.sample(contents, chosen.randint(1, 3))
        ]
        if number == 0:  # which hinders nothing
            tokens = [{"content": "<t>", "lstrip": True}]
        content = add(documents[name], *tokens)
        try:
            core = Spec(content).compile()
        except FileFormatError:  # ids that are already taken
            continue
        text = "".join(chosen.choices(pieces, k=120))
        cuts += check(core, text, [1, 20])
        check(core, text, [1], split_special_tokens=True)
        # Of tokens that are the same in normalized text the reference does not always take the one of the lowest id.
        if len({token["content"].replace("▁", " ").replace("\n", " ") for token in tokens}) == len(tokens):
            check_reference(content, core, text)
    assert (cuts > 10) == (name not in WHOLE)


def test_random_tokenizers_over_random_texts() -> None:
    cut = 0
    for seed in range(200):
        chosen = random.Random(seed)
        content = random_document(chosen)
        if (content["model"].get("dropout") or 0) > 0:
            continue
        core = Spec(content).compile()
        text = "".join(random_text(chosen, content) + chosen.choice(["", " a", " word b", "\nx"]) for _ in range(12))
        try:
            core.encode([text])
        except ValueError as error:  # a character that no piece stands for
            with pytest.raises(ValueError, match=f"^{re.escape(str(error))}$"):
                core.encode([text], threads=3, part_bytes=1)
        else:
            cut += check(core, text, [1, 30]) > 0
    assert cut > 10


def test_overflow_pairs_and_several_rows(documents: dict[str, Any], corpus_lines: list[str]) -> None:
    core = Spec(documents["Llama 2, Mistral"]).compile()
    long, other = "\n".join(corpus_lines[:40]), " ".join(corpus_lines[40:60])
    for texts, pairs in (([long], [other]), ([long, "a b", long, ""], None), (["a", long], [long, ""])):
        for options in ({}, {"max_length": 50}, {"max_length": 50, "overflow": True, "stride": 7}):
            whole = columns(core.encode(texts, pairs, details=True, threads=1, **options), True)
            for threads, size in ((2, 500), (8, 60)):
                parts = core.encode(texts, pairs, details=True, threads=threads, part_bytes=size, **options)
                assert columns(parts, True) == whole


@pytest.mark.parametrize("name", ["T5, XLM-R", "ALBERT", "joined spaces", "each space"])
@pytest.mark.parametrize("start", ["\x01", "\x01\x01x", "\x7f a", " \x01", "\u0301\x01", "a\x01"])
def test_spans_that_dropped_characters_shift(name: str, start: str, documents: dict[str, Any]) -> None:
    """What the charsmap drops at the beginning of a stretch shifts the spans of all that follows in it."""
    text = start + "the word and another " * 3
    core = Spec(documents[name]).compile()
    check(core, text, [1, 20])
    check_reference(documents[name], core, text)
    content = add(documents[name], {"content": "<t>"})
    core = Spec(content).compile()
    check(core, f"one two<t>{text}<t>{text}", [1, 20])
    check_reference(content, core, f"one two<t>{text}<t>{text}")


def test_a_long_document_is_cut_and_a_short_one_is_not(documents: dict[str, Any]) -> None:
    for name, word in (("GPT-2", "a word of many "), ("DeepSeek V3", "中文，"), ("BERT True True None True", "中文。")):
        core = Spec(documents[name]).compile()
        text = word * (600_000 // len(word.encode()))
        assert 5 < len(core.cuts(text)) < 12
        whole, parts = (core.encode([text], details=True, threads=threads) for threads in (1, 4))
        assert all((whole.flat(column) == parts.flat(column)).all() for column in COLUMNS)
        assert core.count([text], threads=1) == core.count([text], threads=4)
        assert core.cuts("a word") == []


def test_a_text_without_a_place_to_cut_is_one_part(documents: dict[str, Any]) -> None:
    core = Spec(documents["GPT-2"]).compile()
    text = "abcdefgh" * 125_000
    assert core.cuts(text) == []
    assert core.encode([text], threads=4).row(COLUMNS[0], 0) == core.encode([text], threads=1).row(COLUMNS[0], 0)


def test_a_long_row_that_cannot_be_cut_after_all_is_encoded_as_a_whole(documents: dict[str, Any]) -> None:
    """Its tokens stand where those of its parts were begun."""
    content = documents["T5, XLM-R"]
    token = content["added_tokens"][0]["content"]
    special = {"SpecialToken": {"id": token, "type_id": 0}}
    post_processor = {
        "type": "TemplateProcessing",
        "single": [special, {"Sequence": {"id": "A", "type_id": 0}}, special],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {token: {"id": token, "ids": [content["added_tokens"][0]["id"]], "tokens": [token]}},
    }
    core = Spec({**content, "post_processor": post_processor}).compile()
    texts = ["a b ", "one two " * 10_000 + "\x01the word " * 10_000, "\x01\x01 the word " * 10_000, "c"]
    assert rows_of(core, texts, 3) == rows_of(core, texts, 1)


def rows_of(core: _core.Tokenizer, texts: list[str], threads: int) -> list[Any]:
    return columns(core.encode(texts, details=True, threads=threads, part_bytes=5000), True)
