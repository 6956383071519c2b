"""The core's trainers beside the reference's: the same vocabularies, ids, merges and ties, on real text.

The reference gives the ids of `##x` in an order that changes with each run. Given them as special tokens, before all
others, both sides have the same ones, and everything else must be equal.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from leanformers import _core

tokenizers = pytest.importorskip("tokenizers")
models, normalizers = tokenizers.models, tokenizers.normalizers
pre_tokenizers, trainers = tokenizers.pre_tokenizers, tokenizers.trainers

CORPORA = ("english", "multilingual", "short")


class Stages(NamedTuple):
    """The same stages twice."""

    theirs: tuple[Any, Any]
    ours: tuple[list[Any], list[Any]]


def stages(name: str) -> Stages:
    nfkd = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents()])
    our_nfkd = [_core.UnicodeForm(form=_core.Form.NFKD), _core.StripAccents()]
    return {
        "bert": Stages(
            (normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()),
            ([_core.BertNormalizer()], [_core.BertPreTokenizer()]),
        ),
        "byte-level": Stages(
            (None, pre_tokenizers.ByteLevel(add_prefix_space=False)), ([], [_core.ByteLevel(add_prefix_space=False)])
        ),
        "metaspace": Stages((nfkd, pre_tokenizers.Metaspace()), (our_nfkd, [_core.Metaspace()])),
        "spaces": Stages((None, pre_tokenizers.WhitespaceSplit()), ([], [_core.WhitespaceSplit()])),
        "words": Stages((None, pre_tokenizers.Whitespace()), ([], [_core.Whitespace()])),
    }[name]


def theirs(model: Any, name: str, trainer: Any, texts: list[str]) -> dict[str, Any]:
    """The reference's model, as JSON, after training."""
    tokenizer = tokenizers.Tokenizer(model)
    normalizer, pre_tokenizer = stages(name).theirs
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(texts, trainer)
    trained: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
    return trained


def counted(name: str, texts: list[str], threads: int = 2) -> Any:
    counter = _core.WordCounter(*stages(name).ours, threads)
    counter.add(texts)
    return counter


def assert_same_bpe(name: str, texts: list[str], **settings: Any) -> None:
    expected = theirs(models.BPE(), name, trainers.BpeTrainer(show_progress=False, **settings), texts)
    settings["initial_alphabet"] = "".join(letters[0] for letters in settings.get("initial_alphabet", []) if letters)
    tokens, merges = _core.train_bpe(counted(name, texts), **settings)
    assert {token: number for number, token in enumerate(tokens)} == expected["vocab"]
    assert merges == [tuple(pair) for pair in expected["merges"]]


@pytest.fixture(scope="session", params=CORPORA)
def corpus(request: pytest.FixtureRequest, test_data: Path) -> list[str]:
    with (test_data / "corpora" / f"{request.param}.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line)["text"][:1200] for line in file][:300]


@pytest.mark.parametrize(
    "settings",
    [
        {"vocab_size": 9000},
        {"vocab_size": 6000, "min_frequency": 4, "special_tokens": ["<unk>", "e", "the", "e"]},
        {"vocab_size": 6000, "max_token_length": 5, "limit_alphabet": 40},
        {"vocab_size": 9000, "initial_alphabet": ["xyz", "☃", "", "e"], "max_token_length": 2},
    ],
    ids=["plain", "special", "limited", "initial"],
)
@pytest.mark.parametrize("name", ["bert", "byte-level", "metaspace", "spaces", "words"])
def test_bpe(name: str, settings: dict[str, Any], corpus: list[str]) -> None:
    if "limit_alphabet" in settings:
        settings = {**settings, "limit_alphabet": limit_without_tie(name, corpus, settings["limit_alphabet"])}
    assert_same_bpe(name, corpus, **settings)


def limit_without_tie(name: str, texts: list[str], least: int) -> int:
    """A size of the alphabet where the first character left out is rarer than the last one kept.

    Of characters that are equally frequent the reference keeps other ones in each run.
    """
    normalizer, pre_tokenizer = stages(name).theirs
    counts: Counter[str] = Counter()
    for text in texts:
        normalized = text if normalizer is None else normalizer.normalize_str(text)
        for word, _ in pre_tokenizer.pre_tokenize_str(normalized):
            counts.update(word)
    ordered = sorted(counts.values(), reverse=True)
    return next(size for size in range(least, len(ordered)) if ordered[size - 1] > ordered[size])


AFFIXES = [
    {"continuing_subword_prefix": "##"},
    {"end_of_word_suffix": "</w>"},
    {"continuing_subword_prefix": "@", "end_of_word_suffix": "</w>", "max_token_length": 4},
]


@pytest.mark.parametrize("affixes", AFFIXES, ids=["prefix", "suffix", "both"])
def test_bpe_with_affixes(affixes: dict[str, Any], corpus: list[str]) -> None:
    texts = corpus[:300]
    tokens, _ = _core.train_bpe(counted("words", texts), vocab_size=1, **affixes)  # the alphabet in all its forms
    assert_same_bpe("words", texts, vocab_size=len(tokens) + 3000, special_tokens=tokens, **affixes)


def test_word_piece(corpus: list[str]) -> None:
    size, special = 6000, ["[UNK]", "[PAD]"]
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, show_progress=False)
    expected = theirs(models.WordPiece(), "bert", trainer, corpus)["vocab"]
    prefix = {"continuing_subword_prefix": "##"}
    plain, _ = _core.train_bpe(counted("bert", corpus), vocab_size=1, special_tokens=special, **prefix)
    first = sorted(expected, key=expected.__getitem__)[: len(plain)]  # the order that this run of theirs took
    assert sorted(first) == sorted(plain)
    tokens, _ = _core.train_bpe(counted("bert", corpus), vocab_size=size, special_tokens=first, **prefix)
    assert {token: number for number, token in enumerate(tokens)} == expected


def test_forms_inside_words_have_ids_by_code_point() -> None:
    tokens, _ = _core.train_bpe(counted("words", ["cab bac éa"]), vocab_size=1, continuing_subword_prefix="##")
    assert tokens == ["a", "b", "c", "é", "##a", "##b", "##c"]


@pytest.mark.parametrize(
    "settings", [{}, {"vocab_size": 500}, {"min_frequency": 3}, {"special_tokens": ["[UNK]", "of"]}]
)
@pytest.mark.parametrize("name", ["bert", "spaces", "words"])
def test_word_level(name: str, settings: dict[str, Any], corpus: list[str]) -> None:
    settings = {"vocab_size": 30000, **settings}
    expected = theirs(models.WordLevel(), name, trainers.WordLevelTrainer(show_progress=False, **settings), corpus)
    assert dict(_core.train_word_level(counted(name, corpus), **settings)) == expected["vocab"]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 9])
def test_word_level_with_a_special_token_in_the_text(size: int) -> None:
    texts = ["a [UNK] b b", "c a [UNK]"]
    settings = {"vocab_size": size, "special_tokens": ["[UNK]", "x"]}
    expected = theirs(models.WordLevel(), "spaces", trainers.WordLevelTrainer(show_progress=False, **settings), texts)
    assert dict(_core.train_word_level(counted("spaces", texts), **settings)) == expected["vocab"]


def test_bpe_on_random_words_with_many_ties() -> None:
    """Few letters: pairs of equal counts, words in which a pair overlaps itself, tokens that are made in two ways."""
    chosen = random.Random(5)
    for _ in range(60):
        letters = "abcd"[: chosen.randrange(1, 5)]
        texts = [
            " ".join(
                "".join(chosen.choices(letters, k=chosen.randrange(1, 12))) for _ in range(chosen.randrange(1, 30))
            )
            for _ in range(3)
        ]
        settings: dict[str, Any] = {"vocab_size": chosen.randrange(1, 120)}
        if chosen.random() < 0.3:
            settings["max_token_length"] = chosen.randrange(0, 8)
        if chosen.random() < 0.3:
            settings["special_tokens"] = ["ab", "ba", "abab"]
        assert_same_bpe("spaces", texts, **settings)


def test_of_characters_as_frequent_the_lower_ones_are_kept() -> None:
    tokens, _ = _core.train_bpe(counted("spaces", ["ddd c b a"]), vocab_size=9, limit_alphabet=2)
    assert tokens[:2] == ["a", "d"]
