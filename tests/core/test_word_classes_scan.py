"""The fused scans of words by the classes of their characters, and of single characters, give what the general
pipeline and the reference give, on every text."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leanformers import _core
from leanformers.tokenizers.spec import Spec

from .conftest import rows

tokenizers = pytest.importorskip("tokenizers")

SCALARS = [*range(0xD800), *range(0xE000, 0x110000)]
# Beyond the scripts in use there are long stretches of alike code points.
SOME = [
    *range(0x3100), *range(0x3100, 0xA000, 61), *range(0xA000, 0xAC00), *range(0xAC00, 0xD800, 13),
    *range(0xE000, 0xF900, 97), *range(0xF900, 0x11400), *range(0x11400, 0x20000, 3), *range(0x20000, 0x110000, 4001),
]  # fmt: skip
# Each class of each stage, by bytes in UTF-8, what normalizers change, and what they join with its neighbours.
CHARACTERS = [
    *"aabBEt_1 .,=<\n\r\t\v'", "é", "É", "ß", "İ", "½", "①", "²", "ﬁ", "Ａ", "…", "´", "Σ", "中", "国", "가", "\u1100",
    "\u1161", "\u11a8", "\u0301", "\u0323", "\u0338", "\u0344", "\u0f73", "\u00a0", "\u3000", "\u2028", "\u200d",
    "\u200b", "\u094d", "\u0915", "\u0958", "\u00ad", "\ufeff", "\ufffd", "\0", "\u0001", "“", "«", "٣", "😀", "ﷺ",
]  # fmt: skip
PIECES = [
    *CHARACTERS, "word", "The", "the", "don't", "a_b", " _", "_ ", "__", "1_", "naïve", "日本語", "[S]", "e\u0301",
    "\u0301\u0323", "=\u0338", "longer-than-fifteen-bytes", "ABCDEFGHIJKLMNOPQRST", "ÀÉÎÕÜàéîõü", "  ", "3,141",
]  # fmt: skip


ASCII = ["word", "the", "The", "don't", "naive ", " ", ", ", "_", "1", " 3,141", "longer-than-fifteen-bytes", "\n", "a"]


def stage(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": name, **fields}


def split(pattern: str, behavior: str = "Isolated", *, regex: bool = True, invert: bool = False) -> dict[str, Any]:
    kind = "Regex" if regex else "String"
    return stage("Split", pattern={kind: pattern}, behavior=behavior, invert=invert)


def replace(pattern: str, content: str, *, regex: bool = False) -> dict[str, Any]:
    return stage("Replace", pattern={"Regex" if regex else "String": pattern}, content=content)


def bert(**flags: bool | None) -> dict[str, Any]:
    usual = {"clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    return stage("BertNormalizer", **{**usual, **flags})


def punctuation(behavior: str = "Isolated") -> dict[str, Any]:
    return stage("Punctuation", behavior=behavior)


def digits(individual: bool) -> dict[str, Any]:
    return stage("Digits", individual_digits=individual)


WHITESPACE, BERT, EACH = stage("Whitespace"), stage("BertPreTokenizer"), split("", regex=False)
STRIP = stage("Strip", strip_left=True, strip_right=True)
LOWERCASE, ACCENTS, NMT, NFC, NFD, NFKC, NFKD = map(
    stage, ("Lowercase", "StripAccents", "Nmt", "NFC", "NFD", "NFKC", "NFKD")
)

PRE_TOKENIZERS: dict[str, list[dict[str, Any]]] = {
    "Whitespace": [WHITESPACE],
    "BertPreTokenizer": [BERT],
    "Whitespace, Punctuation": [WHITESPACE, punctuation()],
    "Whitespace, Digits": [WHITESPACE, digits(individual=False)],
    "Digits one by one, Whitespace": [digits(individual=True), WHITESPACE],
    "WhitespaceSplit, Punctuation, Digits": [stage("WhitespaceSplit"), punctuation("Contiguous"), digits(False)],
    "Punctuation removed": [punctuation("Removed")],
    "CharDelimiterSplit": [stage("CharDelimiterSplit", delimiter="=")],
    "Split at a space": [split(" ", "Removed", regex=False)],
    "Split at spaces": [split(r"\s+", "Removed")],
    "Split into words": [split(r"\w+|[^\w\s]+", "Removed", invert=True)],
    "Split into words and spaces": [split(r"(\w+)|[^\w\s]|\s+")],
    "Split, joined": [split(r"\d|[a-c]", "Contiguous")],
}
EACH_CHARACTER: dict[str, list[dict[str, Any]]] = {
    "FixedLength": [stage("FixedLength", length=1)],
    "Split between": [EACH],
    "Split at a dot": [split(r"[\s\S]")],
    "characters of words": [stage("WhitespaceSplit"), EACH],
}
NORMALIZERS: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "Lowercase": [LOWERCASE],
    "NFC": [NFC],
    "NFD, Lowercase, StripAccents": [NFD, LOWERCASE, ACCENTS],
    "Nmt, NFKC, Lowercase": [NMT, NFKC, LOWERCASE],
    "Strip, NFKD, StripAccents, NFC": [STRIP, NFKD, ACCENTS, NFC],
    "BertNormalizer": [bert()],
    "BertNormalizer, cased": [bert(lowercase=False)],
    "Replace": [replace("1", "one"), replace("[.,]", "", regex=True), LOWERCASE],
    "Replace spaces": [replace(r"\s{2,}", " ", regex=True), STRIP, NFC],
}
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
LETTERS = [c for c in CHARACTERS if c not in "İ中😀\u0301=\t"]
WORDS = ["word", "the", "The", "don", "naive", "日本", "a_b", "ab", "one", "aa", "3", "14"]


def flags(content: str, **fields: bool) -> dict[str, Any]:
    usual = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"content": content, **usual, **fields}


def models() -> dict[str, dict[str, Any]]:
    """Each kind of model, and each way of BPE to treat what it does not know."""
    tokens = ["[UNK]", "[S]", *dict.fromkeys(LETTERS + WORDS)]
    vocab = {token: number for number, token in enumerate(tokens)}
    continued = {**vocab, **{f"##{c}": len(vocab) + i for i, c in enumerate(LETTERS)}}
    suffixed = {**vocab, **{f"{c}</w>": len(vocab) + i for i, c in enumerate(LETTERS)}}
    with_bytes = {**vocab, **{byte: len(vocab) + i for i, byte in enumerate(BYTES)}}
    merges = [["a", "a"], ["a", "b"]]
    usual = {
        "type": "BPE", "dropout": None, "unk_token": "[UNK]", "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": vocab,
        "merges": merges,
    }  # fmt: skip
    return {
        "WordLevel": {"type": "WordLevel", "vocab": vocab, "unk_token": "[UNK]"},
        "WordPiece": {
            "type": "WordPiece", "vocab": continued, "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 12,
        },
        "BPE": usual,
        "BPE, fused": {**usual, "fuse_unk": True},
        "BPE that drops": {**usual, "unk_token": None},
        "BPE with bytes": {**usual, "byte_fallback": True, "vocab": with_bytes},
        "BPE with a suffix": {**usual, "end_of_word_suffix": "</w>", "vocab": suffixed, "merges": []},
        "Unigram": {
            "type": "Unigram", "unk_id": 0, "byte_fallback": False,
            "vocab": [[token, -float(len(token) == 1) - 1] for token in tokens],
        },
    }  # fmt: skip


MODELS = models()


def sequence(key: str, stages: list[dict[str, Any]]) -> dict[str, Any] | None:
    return {"type": "Sequence", key: stages} if stages else None


def document(
    model: str, pre_tokenizer: list[dict[str, Any]], normalizer: list[dict[str, Any]], added: list[dict[str, Any]]
) -> dict[str, Any]:
    vocab = MODELS[model]["vocab"]
    known = {row[0]: number for number, row in enumerate(vocab)} if isinstance(vocab, list) else dict(vocab)
    for token in added:
        known.setdefault(token["content"], len(known))
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": known[token["content"]], **token} for token in added],
        "normalizer": sequence("normalizers", normalizer),
        "pre_tokenizer": sequence("pretokenizers", pre_tokenizer),
        "post_processor": None,
        "decoder": None,
        "model": MODELS[model],
    }


class Three:
    """The fused core, the general one and the reference."""

    def __init__(
        self,
        model: str,
        pre_tokenizer: list[dict[str, Any]],
        normalizer: list[dict[str, Any]],
        added: list[dict[str, Any]] | None = None,
        scan: str = "words by the classes",
    ) -> None:
        self.content = document(model, pre_tokenizer, normalizer, [flags("[S]")] if added is None else added)
        self.reload()
        assert f"fused scan of the {scan}" in self.fused.explain()[0], self.fused.explain()

    def reload(self, **fields: Any) -> None:
        """With other fields of the document."""
        content = {**self.content, **fields}
        self.fused, self.general = Spec(content).compile(), Spec(content).compile(fused=False)
        self.theirs = tokenizers.Tokenizer.from_str(json.dumps(content))

    def compare(self, texts: list[str], *, reference: bool = True) -> None:
        expected = rows(self.general, texts)
        for threads in (1, 3):
            for text, row, other in zip(texts, rows(self.fused, texts, threads=threads), expected, strict=True):
                assert row == other, repr(text)
        if reference:
            for text, row, encoding in zip(texts, expected, self.theirs.encode_batch(texts), strict=True):
                assert row == (encoding.ids, encoding.offsets, encoding.word_ids), repr(text)


def texts_for(seed: int, count: int = 200) -> list[str]:
    chosen = random.Random(seed)
    texts = ["".join(chosen.choices(PIECES, k=chosen.randint(0, 12))) for _ in range(count)]
    # What is read 64 bytes at a time, most of it ASCII or not.
    texts += ["".join(chosen.choices(PIECES, k=chosen.randint(20, 90))) for _ in range(count // 10)]
    texts += ["".join(chosen.choices([*ASCII, *chosen.choices(PIECES, k=4)], k=120)) for _ in range(count // 4)]
    units = (" ", "a", "é", "E", "_", "\r\n", "a1", "\u0301", "e\u0301", "中", "=\u0338")
    return texts + [unit * n for unit in units for n in (1, 2, 14, 15, 16, 31, 33, 300)]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", PRE_TOKENIZERS)
def test_words_of_random_texts(name: str, model: str) -> None:
    for normalizer in ("none", "NFD, Lowercase, StripAccents"):
        three, texts = Three(model, PRE_TOKENIZERS[name], NORMALIZERS[normalizer]), texts_for(len(name))
        three.compare(texts)
        if normalizer == "none":  # long enough for the cache to be given the vocabulary's words before it
            long = " ".join(texts)
            three.compare([long * (70_000 // len(long) + 1)], reference=False)


@pytest.mark.parametrize("normalizer", NORMALIZERS)
@pytest.mark.parametrize("name", ["Whitespace", "BertPreTokenizer", "Whitespace, Digits"])
def test_words_of_normalized_texts(name: str, normalizer: str) -> None:
    for model in ("WordLevel", "BPE with bytes", "Unigram"):
        Three(model, PRE_TOKENIZERS[name], NORMALIZERS[normalizer]).compare(texts_for(len(normalizer)))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", EACH_CHARACTER)
def test_single_characters_of_random_texts(name: str, model: str) -> None:
    for normalizer in ("none", "Lowercase", "NFC", "NFD, Lowercase, StripAccents"):
        three = Three(model, EACH_CHARACTER[name], NORMALIZERS[normalizer], scan="single characters")
        three.compare(texts_for(len(name)))


def in_context(codes: list[int]) -> list[str]:
    """Each code point alone, in and beside words of each class, and beside itself."""
    forms = ("{}", "a{}b", "{}_", "_{}", " {}", "{} ", "{}{}", "1{}", ".{}.", "e\u0301{}", "=\u0338{} x")
    alone = [form.replace("{}", chr(code)) for code in codes for form in forms]
    return alone + ["".join(alone[first : first + 61]) for first in range(0, len(alone), 61)]


SCANS = {
    "words": ("WordLevel", [WHITESPACE], [], "words by the classes"),
    "words of BertPreTokenizer": ("BPE with bytes", [BERT], [NFC], "words by the classes"),
    "words and digits": ("BPE with bytes", [WHITESPACE, digits(True)], [NFKC, LOWERCASE], "words by the classes"),
    "words and punctuation": ("Unigram", [WHITESPACE, punctuation()], [bert()], "words by the classes"),
    "words by a pattern": ("BPE with bytes", [split(r"\w+|[^\w\s]+")], [NMT, NFKD, ACCENTS], "words by the classes"),
    "characters": ("BPE with bytes", [EACH], [NFD, LOWERCASE, ACCENTS], "single characters"),
    "unknown characters": ("WordLevel", [stage("FixedLength", length=1)], [], "single characters"),
}


@pytest.mark.parametrize("name", SCANS)
def test_scripts_in_use(name: str) -> None:
    model, pre_tokenizer, normalizer, scan = SCANS[name]
    three = Three(model, pre_tokenizer, normalizer, scan=scan)
    three.compare(in_context(SOME[:: 9 if normalizer else 5]), reference=False)
    three.compare(in_context(SOME[::67]))


@pytest.mark.long
@pytest.mark.parametrize("name", SCANS)
def test_every_scalar(name: str) -> None:
    model, pre_tokenizer, normalizer, scan = SCANS[name]
    three = Three(model, pre_tokenizer, normalizer, scan=scan)
    for first in range(0, len(SCALARS), 20_000):
        three.compare(in_context(SCALARS[first : first + 20_000]))


TEXTS = st.one_of(
    st.text(max_size=9),
    st.lists(st.sampled_from(PIECES), max_size=9).map("".join),
    st.lists(st.sampled_from(PIECES + ASCII * 6), max_size=60).map("".join),
)


def subset(stages: dict[str, list[dict[str, Any]]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    every = list({json.dumps(stage): stage for group in stages.values() for stage in group}.values())
    return st.lists(st.sampled_from(every), max_size=3)


@given(
    st.sampled_from(list(MODELS)),
    subset(PRE_TOKENIZERS | EACH_CHARACTER),
    subset(NORMALIZERS),
    st.lists(TEXTS, max_size=20),
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_stages_in_any_order(
    model: str, pre_tokenizer: list[dict[str, Any]], normalizer: list[dict[str, Any]], texts: list[str]
) -> None:
    content = document(model, pre_tokenizer, normalizer, [])
    fused, general = Spec(content).compile(), Spec(content).compile(fused=False)
    expected = rows(general, texts)
    assert rows(fused, texts) == expected
    for row, encoding in zip(
        expected, tokenizers.Tokenizer.from_str(json.dumps(content)).encode_batch(texts), strict=True
    ):
        assert row == (encoding.ids, encoding.offsets, encoding.word_ids)


FLAGS = [
    dict(zip(("single_word", "lstrip", "rstrip", "normalized", "special"), values, strict=True))
    for values in itertools.product((False, True), repeat=5)
]


@pytest.mark.parametrize("scan", ["words", "characters"])
@pytest.mark.parametrize("added", FLAGS, ids=lambda flags: "-".join(name for name, value in flags.items() if value))
def test_added_tokens_of_all_flags(added: dict[str, bool], scan: str) -> None:
    tokens = [flags("[S]"), *(flags(content, **added) for content in ("a_b", "the 1", "é"))]
    stages, name = ([WHITESPACE], "words by the classes") if scan == "words" else ([EACH], "single characters")
    for normalizer in [[]] if added["normalized"] else [[], [LOWERCASE], [NFC]]:
        chosen = random.Random(6)
        pieces = ["a_b", "the 1", "The 1", "é", "[S]", "e\u0301", " ", "x", ".", *PIECES[:30]]
        three = Three("BPE", stages, normalizer, tokens, name)
        three.compare(["".join(chosen.choices(pieces, k=chosen.randint(0, 9))) for _ in range(150)])


@pytest.mark.parametrize("scan", ["words", "characters"])
def test_trimmed_offsets(scan: str) -> None:
    stages, name = ([WHITESPACE], "words by the classes") if scan == "words" else ([EACH], "single characters")
    three = Three("BPE", stages, [LOWERCASE], [flags("[S]", lstrip=True, rstrip=True)], name)
    processor = stage("ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True)
    three.reload(post_processor=processor)
    three.compare(texts_for(3))


def test_an_unknown_character_without_a_token_is_an_error_when_it_comes() -> None:
    content = document("BPE with a suffix", [EACH], [], [])
    content["model"] = {**content["model"], "unk_token": "[U]", "vocab": {"a": 0, "b": 1, "b</w>": 2}}
    core = Spec(content).compile()
    assert core.encode(["bb"]).lists(_core.Column.IDS) == [[2, 2]]
    with pytest.raises(ValueError, match="unknown token"):
        core.encode(["ab"])


def test_added_tokens_in_normalized_text_take_the_general_pipeline() -> None:
    content = document("BPE", [WHITESPACE], [LOWERCASE], [flags("The", normalized=True)])
    assert "added tokens are to be found in the normalized text" in Spec(content).compile().explain()[0]


@pytest.mark.parametrize(
    ("pre_tokenizer", "normalizer", "why"),
    [
        ([WHITESPACE, punctuation("MergedWithNext")], [], "more than the classes"),
        ([WHITESPACE, split("ab")], [], "more than the classes"),
        ([split(r"\s+|[\s.]+", "Removed")], [], "more than the classes"),
        ([split(r"(?i:s)", "Removed")], [], "more than the classes"),
        ([WHITESPACE], [stage("Prepend", prepend="a")], "no scan"),
        ([WHITESPACE], [replace("ab", "b")], "no scan"),
        ([WHITESPACE], [replace("a+", "a", regex=True)], "several characters in a row"),
        ([EACH], [STRIP], "several characters in a row"),
    ],
)
def test_what_may_look_at_more_takes_the_general_pipeline(
    pre_tokenizer: list[dict[str, Any]], normalizer: list[dict[str, Any]], why: str
) -> None:
    explanation = Spec(document("BPE", pre_tokenizer, normalizer, [])).compile().explain()[0]
    assert "general pipeline, because" in explanation
    assert why in explanation


def test_words_that_are_too_long_are_told_every_time() -> None:
    """Also those that are so only after normalization, or that the caches have seen."""
    three = Three("WordPiece", [WHITESPACE], [NFKC])
    texts = ["a" * 12, "a" * 13, "a" * 13, "x " + "a" * 400, "ﷺ", "ﷺ", "a b", "½½½½", "½½½½½", "½½½½½"] * 2
    long_words = [core.encode(texts).long_words() for core in (three.fused, three.general)]
    assert long_words[0] == long_words[1] != []
    three.compare(texts)


def pieces_of(seed: int) -> Iterator[list[str]]:
    chosen = random.Random(seed)
    while True:
        yield ["".join(chosen.choices(PIECES, k=chosen.randint(0, 4))) for _ in range(chosen.randint(0, 6))]


@pytest.mark.parametrize("name", SCANS)
def test_pairs_and_words_that_the_caller_has_cut(name: str) -> None:
    model, pre_tokenizer, normalizer, scan = SCANS[name]
    three = Three(model, pre_tokenizer, normalizer, scan=scan)
    cut = list(itertools.islice(pieces_of(9), 200))
    first, second = [" ".join(words) for words in cut], ["".join(words) for words in cut]
    columns = (_core.Column.IDS, _core.Column.SPANS, _core.Column.WORD_IDS)
    results = []
    for core in (three.fused, three.general):
        pairs, words = core.encode(first, second, details=True), core.encode(cut, details=True, words=True)
        results.append([encoded.lists(column) for encoded in (pairs, words) for column in columns])
    assert results[0] == results[1]
    theirs = three.theirs.encode_batch(list(zip(first, second, strict=True)))
    assert results[0][0] == [encoding.ids for encoding in theirs]
    theirs = three.theirs.encode_batch(cut, is_pretokenized=True)
    assert results[0][3] == [encoding.ids for encoding in theirs]
    assert results[0][4] == [encoding.offsets for encoding in theirs]


@pytest.mark.parametrize("name", ["words and digits", "characters"])
def test_the_number_of_threads_and_what_was_seen_before_change_nothing(name: str) -> None:
    model, pre_tokenizer, normalizer, scan = SCANS[name]
    three = Three(model, pre_tokenizer, normalizer, scan=scan)
    chosen = random.Random(8)
    texts = ["".join(chosen.choices(PIECES, k=400)) for _ in range(300)]  # several shares of a thread
    expected = rows(three.general, texts, threads=2)
    for threads in (1, 2, 3, 16):
        assert rows(three.fused, texts, threads=threads) == expected
        assert rows(three.fused, texts[::-1], threads=threads) == expected[::-1]


@pytest.mark.parametrize("name", ["words and digits", "characters"])
def test_more_words_than_the_cache_has_room_for(name: str) -> None:
    """Between words that are taken back, so that the cache grows while some wait to be looked up."""
    model, pre_tokenizer, normalizer, scan = SCANS[name]
    three = Three(model, pre_tokenizer, normalizer, scan=scan)
    chosen = random.Random(5)
    if name == "characters":
        new, known = [chr(code) for code in range(0x20000, 0x2A000)], list("ツテト")
        breaks = [""] * 30 + [" ", "a", "\u0301"]
    else:
        new = ["".join(chosen.choices("abcdefghij", k=7)) for _ in range(40_000)]
        known, breaks = ["word", "the", "seen"], ["-"] * 30 + [" ", "\u0301"]
    words = [word for one in new for word in (one, chosen.choice(breaks), chosen.choice(known), chosen.choice(breaks))]
    three.compare(["".join(words)] * 2, reference=False)
