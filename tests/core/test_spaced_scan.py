"""The fused scan of the words between spaces gives what the general pipeline and the reference give, on every text."""

from __future__ import annotations

import io
import itertools
import json
import random
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from leanformers import _core
from leanformers.tokenizers.formats.merges import implied_merges
from leanformers.tokenizers.formats.sentencepiece_model import read_model
from leanformers.tokenizers.spec import Spec

from ..charsmap import build_charsmap
from .conftest import corpus_texts, rows

tokenizers = pytest.importorskip("tokenizers")
sentencepiece = pytest.importorskip("sentencepiece")

SPLIT = {"type": "WhitespaceSplit"}
STRIP = {"type": "Strip", "strip_left": False, "strip_right": True}
NFC, NFKC, NFKD = ({"type": name} for name in ("NFC", "NFKC", "NFKD"))
LOWERCASE, ACCENTS, NMT = ({"type": name} for name in ("Lowercase", "StripAccents", "Nmt"))
# Spaces of all kinds, the mark itself, what joins its neighbours, what the charsmaps of SentencePiece change or drop.
CHARACTERS = [
    *"aab \n\r\t\v\0'`", "\u0001", "▁", "é", "½", "①", "ﬁ", "Ａ", "…", "\u00a0", "\u00ad", "\u0301", "\u0323", "\u0600",
    "\u200c", "\u200d", "\u200b", "\u0903", "\u0915", "\u0958", "\u094d", "\u093c", "\u1100", "\u1161", "\u11a8", "가",
    "각", "ﷺ", "😀", "🏽", "🇩", "\u3000", "\u2028", "\u0085", "\ufeff", "¨", "Σ", "İ",
]  # fmt: skip
PIECES = [
    *CHARACTERS,
    "word",
    " the",
    "``",
    "''",
    "  ",
    "   ",
    "\r\n",
    "(x)",
    "naïve",
    "日本語",
    "<s>",
    "▁a",
    "e\u0301",
]


def sequence(key: str, *stages: Any) -> dict[str, Any]:
    return {"type": "Sequence", key: list(stages)}


def metaspace(scheme: str = "always", *, split: bool = True) -> dict[str, Any]:
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}


def replace(text: str, content: str, *, regex: bool = False) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"Regex" if regex else "String": text}, "content": content}


def words(scheme: str = "always") -> dict[str, Any]:
    return sequence("pretokenizers", SPLIT, metaspace(scheme))


def stages(precompiled: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Normalizers and pre-tokenizers of published files, and their neighbours."""
    join, join_all = replace(" {2,}", "▁", regex=True), replace(r"\s{2,}|[\n\r\t]", " ", regex=True)
    albert = (replace("``", '"'), replace("''", '"'), NFKD, ACCENTS, LOWERCASE, precompiled)
    return {
        "T5, XLM-R": (precompiled, words()),
        "words, first": (precompiled, words("first")),
        "words, never": (precompiled, words("never")),
        "ALBERT": (sequence("normalizers", *albert), words()),
        "Nmt and NFKC": (sequence("normalizers", NMT, NFKC), words()),
        "joined spaces": (sequence("normalizers", precompiled, replace(" {2,}", " ", regex=True)), metaspace()),
        "joined and stripped": (sequence("normalizers", precompiled, STRIP, join), metaspace()),
        "DeBERTa": (sequence("normalizers", LOWERCASE, join_all, NFC, STRIP), metaspace()),
        "each space": (precompiled, metaspace()),
        "each space, first": (precompiled, metaspace("first")),
        "each space, never": (None, metaspace("never")),
        "only white space": (None, SPLIT),
    }


WHOLE = {
    "Llama 2, Mistral": (
        sequence("normalizers", {"type": "Prepend", "prepend": "▁"}, replace(" ", "▁")),
        None,
    ),
    "Llama": (None, metaspace("first", split=False)),
    "always": (None, metaspace("always", split=False)),
    "Gemma": (
        replace(" ", "▁"),
        {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False},
    ),
}


def document(model: dict[str, Any], normalizer: Any, pre_tokenizer: Any, *, normalized: bool = False) -> dict[str, Any]:
    known = {piece[0] for piece in model["vocab"]} if model["type"] == "Unigram" else model["vocab"]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": normalized, "special": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": 1, "content": "<s>" if "<s>" in known else "</s>", **flags}],
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": None,
        "decoder": None,
        "model": model,
    }


@pytest.fixture(scope="module")
def lines(test_data: Path) -> list[str]:
    return random.Random(4).sample(corpus_texts(test_data, 600), 500)


@pytest.fixture(scope="module")
def train(lines: list[str]) -> Any:
    def train(kind: str, **settings: Any) -> Any:
        written = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(line for text in lines for line in text.splitlines()),
            model_writer=written, model_type=kind, vocab_size=3000, character_coverage=0.99, minloglevel=2, **settings,
        )  # fmt: skip
        return read_model(written.getvalue(), kind)

    return train


def unigram(model: Any, *, byte_fallback: bool = False) -> dict[str, Any]:
    vocab = model.pieces.plain()
    return {"type": "Unigram", "unk_id": 0, "vocab": vocab, "byte_fallback": byte_fallback}


def bpe(model: Any, **fields: Any) -> dict[str, Any]:
    vocab = model.pieces.vocabulary({}).plain()
    usual = {
        "type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False, "vocab": vocab,
        "merges": implied_merges(_core.VocabularyTable(vocab), "trained", by_ids=False).plain(),
    }  # fmt: skip
    return {**usual, **fields}


@pytest.fixture(scope="module", params=["nmt_nfkc", "nfkc_cf", "identity", "hostile"])
def trained_unigram(request: pytest.FixtureRequest, train: Any) -> tuple[Any, dict[str, Any]]:
    """A model, and the normalizer of its charsmap; `hostile` has keys that reach for what is beside them."""
    rule = "nmt_nfkc" if request.param == "hostile" else request.param
    model = train("unigram", normalization_rule_name=rule, byte_fallback=rule == "identity")
    charsmap = model.charsmap
    if request.param == "hostile":
        rules = {"é": "e", "a\u0301": "á", "b\u0301": "", "\u0001": "", "…": "...", "½": "1 2", "\n": " ", "ﬁ": "▁f"}
        charsmap = build_charsmap(rules)
    return model, {"type": "Precompiled", "precompiled_charsmap": b64encode(charsmap).decode()} if charsmap else NFC


def same(content: dict[str, Any], texts: list[str], *, fused: bool = True) -> tuple[_core.Tokenizer, _core.Tokenizer]:
    """Compare the scan, the general pipeline and the reference; return the first two."""
    theirs = tokenizers.Tokenizer.from_str(json.dumps(content))
    spec = Spec(json.loads(theirs.to_str()))  # with the scores that the reference has read
    core, general = spec.compile(), spec.compile(fused=False)
    assert ("fused scan of the words" in core.explain()[0]) == fused, core.explain()
    expected = rows(general, texts)
    ids_first, spans_first = spec.compile(), spec.compile()  # with words in their caches that lack something
    ids_first.encode(texts)
    spans_first.encode(texts, details=True, word_ids=False)
    for each, threads in ((core, 1), (core, 3), (ids_first, 1), (spans_first, 1)):
        for text, row, other in zip(texts, rows(each, texts, threads=threads), expected, strict=True):
            assert row == other, repr(text)
    for text, row, encoding in zip(texts, expected, theirs.encode_batch(texts), strict=True):
        assert row == (encoding.ids, encoding.offsets, encoding.word_ids), repr(text)
    return core, general


def texts_for(lines: list[str], seed: int, count: int = 800) -> list[str]:
    chosen = random.Random(seed)
    texts = ["".join(chosen.choices(PIECES, k=chosen.randint(0, 12))) for _ in range(count)]
    runs = [unit * n for unit in (" ", "a", "é", "▁", "\r\n", "ab", "\u0301") for n in (1, 2, 14, 15, 16, 31, 33, 300)]
    return texts + runs + ["x" + " " * n + "y" for n in range(40)] + chosen.sample(lines, 60)


NAMES = list(stages({}))


@pytest.mark.parametrize("name", NAMES)
def test_unigram_between_spaces(name: str, trained_unigram: tuple[Any, dict[str, Any]], lines: list[str]) -> None:
    model, precompiled = trained_unigram
    content = document(unigram(model, byte_fallback=model.byte_fallback), *stages(precompiled)[name])
    fused = "fused scan" in Spec(content).compile().explain()[0]
    assert fused or precompiled["type"] == "Precompiled"  # a charsmap may keep its spaces to another rule
    same(content, texts_for(lines, NAMES.index(name)), fused=fused)


@pytest.mark.parametrize("name", NAMES)
def test_real_charsmap_and_pieces(name: str, test_data: Path, lines: list[str]) -> None:
    model = read_model((test_data / "tokenizers" / "t5-base" / "spiece.model").read_bytes(), "t5")
    charsmap = {"type": "Precompiled", "precompiled_charsmap": b64encode(model.charsmap).decode()}
    content = document({**unigram(model), "unk_id": 2}, *stages(charsmap)[name])
    core, general = same(content, texts_for(lines, 50 + NAMES.index(name)))
    short = ["".join(letters) for n in (1, 2, 3) for letters in itertools.product(CHARACTERS[::2], repeat=n)]
    for text, row, other in zip(short, rows(core, short), rows(general, short), strict=True):
        assert row == other, repr(text)


@pytest.mark.long
@pytest.mark.parametrize("name", ["T5, XLM-R", "joined spaces", "ALBERT", "each space"])
def test_every_scalar_of_the_real_charsmap(name: str, test_data: Path) -> None:
    model = read_model((test_data / "tokenizers" / "t5-base" / "spiece.model").read_bytes(), "t5")
    charsmap = {"type": "Precompiled", "precompiled_charsmap": b64encode(model.charsmap).decode()}
    spec = Spec(document({**unigram(model), "unk_id": 2}, *stages(charsmap)[name]))
    core, general = spec.compile(), spec.compile(fused=False)
    scalars = [*range(0xD800), *range(0xE000, 0x110000)]
    for first in range(0, len(scalars), 20_000):
        texts = [
            text.format(chr(code))
            for code in scalars[first : first + 20_000]
            for text in ("{}", "a{} b", "a {}", "a\u0301{}\u0301 b")
        ]
        for text, row, other in zip(texts, rows(core, texts), rows(general, texts), strict=True):
            assert row == other, repr(text)


@pytest.fixture(scope="module")
def trained_bpe(train: Any) -> Any:
    settings = {"normalization_rule_name": "identity", "remove_extra_whitespaces": False}
    return train("bpe", byte_fallback=True, allow_whitespace_only_pieces=True, split_digits=True, **settings)


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize(
    "fields", [{}, {"byte_fallback": False}, {"byte_fallback": False, "fuse_unk": False}, {"unk_token": None}], ids=str
)
def test_bpe_of_whole_texts(name: str, fields: dict[str, Any], trained_bpe: Any, lines: list[str]) -> None:
    same(document(bpe(trained_bpe, **fields), *WHOLE[name]), texts_for(lines, 70, 600))


def test_bpe_of_words_and_with_added_tokens_in_normalized_text(trained_bpe: Any, lines: list[str]) -> None:
    same(document(bpe(trained_bpe), None, metaspace()), texts_for(lines, 71))
    same(document(bpe(trained_bpe), *WHOLE["Llama 2, Mistral"], normalized=True), texts_for(lines, 72))


def test_words_that_are_tokens(lines: list[str]) -> None:
    vocab = {word: number for number, word in enumerate(["<unk>", "<s>", "word", "the", "a", "(x)", "naïve"])}
    model = {"type": "WordLevel", "vocab": vocab, "unk_token": "<unk>"}
    same(document(model, None, SPLIT), texts_for(lines, 73))
    same(document(model, sequence("normalizers", NFKD, ACCENTS, LOWERCASE), SPLIT), texts_for(lines, 74))


def both_kinds(trained_bpe: Any, test_data: Path) -> list[dict[str, Any]]:
    model = read_model((test_data / "tokenizers" / "t5-base" / "spiece.model").read_bytes(), "t5")
    charsmap = {"type": "Precompiled", "precompiled_charsmap": b64encode(model.charsmap).decode()}
    pieces = {**unigram(model), "unk_id": 2}
    found = [document(pieces, *stages(charsmap)[name]) for name in ("T5, XLM-R", "joined spaces", "each space, first")]
    return found + [document(bpe(trained_bpe), *stages) for stages in WHOLE.values()]


def test_everything_at_every_place_of_a_block(trained_bpe: Any, test_data: Path) -> None:
    parts = [
        " ",
        "  ",
        "\n",
        "\r\n",
        " \r\n ",
        "a",
        "\na",
        "a\n\nb",
        "\t\ta",
        "é",
        " é\n",
        "½",
        " ½ ",
        "日本 語",
        "<s>a",
        "<s> a",
    ]
    texts = [("x" * shift + part + " ab,\n" * 20)[: shift + 140] for shift in range(66) for part in parts]
    texts += [("ab, é\n\n½ ..\t" * 9)[begin:end] for begin in (0, 1) for end in range(begin, 100)]
    for content in both_kinds(trained_bpe, test_data):
        same(content, texts)


def test_words_too_long_for_one_cache_or_both(trained_bpe: Any, test_data: Path) -> None:
    sizes = (*range(10, 19), 63, 64, 65, *range(250, 259), 600)
    long = [
        (unit * size)[:size] for unit in ("a", "the", "é", "日本語", "½", "a,", "x\u0301", "▁", "Ａ") for size in sizes
    ]
    texts = [text for word in long for text in (word, " " + word, f"a {word}\n{word}", f"<s>{word}", f"x  {word} ")]
    for content in both_kinds(trained_bpe, test_data):
        same(content, texts)


def test_caches_that_are_full(trained_bpe: Any, test_data: Path) -> None:
    numbers = random.Random(8)
    letters = "abcdeéß,"
    short = ["".join(numbers.choices(letters, k=numbers.randint(1, 11))) for _ in range(240_000)]
    long = ["".join(numbers.choices(letters, k=numbers.randint(14, 200))) for _ in range(20_000)]
    texts = [" ".join(words[i : i + 1000]) for words in (short, long) for i in range(0, len(words), 1000)]
    for content in both_kinds(trained_bpe, test_data)[::3]:
        core, general = Spec(content).compile(), Spec(content).compile(fused=False)
        expected = general.encode(texts, details=True)
        assert sum(map(len, expected.lists(_core.Column.IDS)[:240])) > 1.3 * 2**20  # most of them of long entries
        for details in (False, True, True):
            found = core.encode(texts, details=details)
            columns = (_core.Column.IDS, _core.Column.SPANS) if details else (_core.Column.IDS,)
            assert all(found.lists(column) == expected.lists(column) for column in columns)


def test_bpe_is_cut_where_no_merge_joins_and_nowhere_else(trained_bpe: Any) -> None:
    usual = bpe(trained_bpe)
    tokens = ["\n", "a\n", "\n\n", "\ta", "a,", ",\n", "\n▁", "\t"]
    vocab = {**usual["vocab"]}
    for token in tokens:
        vocab.setdefault(token, len(vocab))
    joining = [list(pair) for pair in (("a", "\n"), ("\n", "\n"), ("\t", "a"), ("a", ","), (",", "\n"))]
    units = ["a", "b", ",", "\n", "\t", " ", "\r", "▁", "é", "\u2603", "the", "<0x0A>", "<unk>"]
    texts = ["".join(letters) for n in (1, 2, 3, 4) for letters in itertools.product(units[:7], repeat=n)]
    numbers = random.Random(9)
    texts += ["".join(numbers.choices(units, k=numbers.randint(4, 60))) for _ in range(1500)]
    byte_merge = {"vocab": {**vocab, "<0x0D>a": len(vocab)}, "merges": [["<0x0D>", "a"], *usual["merges"]]}
    for fields in (
        {},
        {"vocab": vocab},
        {"vocab": vocab, "merges": joining + usual["merges"]},
        {"vocab": vocab, "merges": usual["merges"] + joining, "byte_fallback": False},
        {"byte_fallback": False, "fuse_unk": False},
        byte_merge,
    ):
        for name in ("Llama 2, Mistral", "Llama"):
            same(document({**usual, **fields}, *WHOLE[name]), texts)


def refused(content: dict[str, Any]) -> str:
    explanation = Spec(content).compile().explain()[0]
    assert "general pipeline, because" in explanation
    return explanation


def test_what_may_look_across_a_space_takes_the_general_pipeline(trained_bpe: Any, train: Any) -> None:
    model = bpe(trained_bpe)
    llama = WHOLE["Llama 2, Mistral"]
    vocab = {**model["vocab"], "e▁": 3000}
    crossing = {**model, "vocab": vocab, "merges": [*model["merges"], ["e", "▁"]]}
    assert "go across spaces" in refused(document(crossing, *llama))
    assert "vanish" in refused(document(bpe(trained_bpe, unk_token=None, byte_fallback=False), *llama))
    assert "ends of a text" in refused(document({**model, "ignore_merges": True}, *llama))
    assert "random" in refused(document({**model, "dropout": 0.5}, *llama))
    pieces = unigram(train("unigram"))
    assert "one word" in refused(document(pieces, None, metaspace(split=False)))
    assert "regular expression" in refused(document(pieces, replace("a b?", "c", regex=True), words()))
    assert "normalized text" in refused(document(pieces, LOWERCASE, words(), normalized=True))
    for rules in ({" a": "x"}, {"\u0600": "x"}, {" ": "  "}):
        charsmap = {"type": "Precompiled", "precompiled_charsmap": b64encode(build_charsmap(rules)).decode()}
        refused(document(pieces, charsmap, metaspace()))
    assert "before its charsmap" in refused(document(pieces, sequence("normalizers", STRIP, charsmap), words()))
