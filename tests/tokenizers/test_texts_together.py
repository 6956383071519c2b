"""Words of several texts are looked up, tokenized and written together: each text gets what it gets alone."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leanformers import AutoTokenizer, _core
from leanformers.errors import InputValueError

NAMES = ("gpt2", "framed", "t5", "llama", "mistral", "framed mistral", "words")


@pytest.fixture(scope="module")
def load(test_data: Path, corpus_lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folders by name: real tokenizers, and small ones whose scans these do not have."""
    tokenizers = pytest.importorskip("tokenizers")
    models, normalizers, pre = tokenizers.models, tokenizers.normalizers, tokenizers.pre_tokenizers

    def make(name: str) -> Any:
        tokenizer = tokenizers.Tokenizer(models.BPE(byte_fallback=name != "words", unk_token="<unk>", fuse_unk=True))
        if name == "llama":
            tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        else:
            tokenizer.pre_tokenizer = pre.Metaspace() if name == "mistral" else pre.Whitespace()
        bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
        special = ["<unk>", "</s>", *(bytes_ if name != "words" else [])]
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=3000, special_tokens=special, show_progress=False, max_token_length=16
        )
        tokenizer.train_from_iterator(corpus_lines[:300], trainer)
        return tokenizer

    def make_bytes() -> Any:
        """Bytes, with spans as they are."""
        tokenizer = tokenizers.Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre.ByteLevel(add_prefix_space=False, trim_offsets=False)
        special = ["<unk>", "</s>"]
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=3000, special_tokens=special, show_progress=False, initial_alphabet=pre.ByteLevel.alphabet()
        )
        tokenizer.train_from_iterator(corpus_lines[:300], trainer)
        return tokenizer

    def framed(tokenizer: Any) -> Any:
        """With special tokens before and after each text."""
        tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
            "<unk> </s> $A </s>", special_tokens=[("<unk>", 0), ("</s>", 1)]
        )
        return tokenizer

    def load(name: str) -> Path:
        if name in ("gpt2", "t5"):
            return test_data / "tokenizers" / {"gpt2": "gpt2", "t5": "t5-base"}[name]
        folder = tmp_path_factory.mktemp(name.replace(" ", "-"))
        made = make_bytes() if name == "framed" else make(name.removeprefix("framed "))
        (framed(made) if name.startswith("framed") else made).save(str(folder / "tokenizer.json"))
        return folder

    return load


@pytest.fixture(scope="module", params=NAMES)
def tokenizer(request: pytest.FixtureRequest, load: Callable[[str], Path]) -> Any:
    from leanformers import GPT2Tokenizer, T5Tokenizer

    kind: Any = {"gpt2": GPT2Tokenizer, "t5": T5Tokenizer}.get(request.param, AutoTokenizer)
    return kind.from_pretrained(load(request.param))


@pytest.fixture(scope="module")
def texts(corpus_lines: list[str]) -> list[str]:
    """Real lines among such as are empty, long, have a token in them, or have to be normalized as a whole."""
    chosen = random.Random(7)
    letters = "etaoinshrdlucmfwypvbgkqjxzETAOIN0123456789.,-'é漢"
    words = ["".join(chosen.choices(letters, k=chosen.randint(1, 18))) for _ in range(3000)]
    new = [" ".join(chosen.choices(words, k=chosen.randint(1, 30))) for _ in range(300)]
    long = [" ".join(chosen.choices(words, k=2000)), "\u0301 ".join(words[:700]), "word " * 700, "a" * 3000, " " * 700]
    odd = [
        *([""] * 700),
        " ",
        "\n",
        "\u0301e",
        "a \u0301b c",
        "\u200b x",
        "ﬁne ﬁ",
        "a</s>b",
        "</s>",
        "x <|endoftext|> y",
    ]
    texts = [
        *chosen.sample(corpus_lines, 900),
        *new,
        *long,
        *odd,
        *(f"{a}{b}" for a, b in zip(odd[-9:], new[:9], strict=True)),
    ]
    chosen.shuffle(texts)
    return texts


def columns(encoded: _core.Encoded, *, details: bool) -> list[Any]:
    names = list(_core.Column) if details else [_core.Column.IDS]
    return [encoded.lists(name) for name in names]


@pytest.mark.parametrize("details", [False, True], ids=["ids", "details"])
def test_a_batch_is_encoded_as_the_general_pipeline_does(tokenizer: Any, texts: list[str], details: bool) -> None:
    expected = columns(tokenizer._spec.compile(fused=False).encode(texts, details=True), details=details)
    core = tokenizer._spec.compile()
    for _ in range(2):  # with caches that know nothing, and with full ones
        assert columns(core.encode(texts, details=details, threads=1), details=details) == expected
        texts = texts[::-1]
        expected = [rows[::-1] for rows in expected]


def test_each_text_alone_has_the_same_tokens(tokenizer: Any, texts: list[str]) -> None:
    some = texts[:400]
    alone = tokenizer._spec.compile()
    expected = [row for text in some for row in alone.encode([text], details=True).lists(_core.Column.SPANS)]
    for options in ({}, {"max_length": 4}, {"max_length": 30}, {"max_length": 4, "truncate_left": True}):
        found = tokenizer._spec.compile().encode(some, details=True, threads=1, **options)
        if not options:
            assert found.lists(_core.Column.SPANS) == expected
        assert found.lists(_core.Column.IDS) == [
            row for text in some for row in alone.encode([text], **options).lists(_core.Column.IDS)
        ]
    assert tokenizer.count(some).tolist() == [tokenizer.count([text])[0] for text in some]


def test_words_of_a_few_tokens_are_those_of_the_reference(load: Callable[[str], Path], tmp_path: Path) -> None:
    """Whole tokens glued together: most have several ways to be cut, of which one is right."""
    tokenizers = pytest.importorskip("tokenizers")
    chosen = random.Random(3)
    for name in ("gpt2", "mistral", "llama"):
        folder = load(name)
        if name == "gpt2":
            theirs = tokenizers.ByteLevelBPETokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
            theirs.save(str(tmp_path / "tokenizer.json"))
            folder = tmp_path
        theirs = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        ours = AutoTokenizer.from_pretrained(folder)
        parts = [token.strip("▁Ġ") for token in theirs.get_vocab() if token.strip("▁Ġ").isascii() and len(token) < 9]
        glued = ["".join(chosen.choices(parts, k=chosen.randint(1, 4))) for _ in range(12_000)]
        batch = [" ".join(glued[i : i + 40]) for i in range(0, len(glued), 40)]
        expected = [encoding.ids for encoding in theirs.encode_batch(batch, add_special_tokens=False)]
        assert ours.encode_ragged(batch, add_special_tokens=False, threads=1).to_lists() == expected, name


@pytest.mark.parametrize("pre_tokenizer", ["Metaspace", "Whitespace"])
def test_letters_of_the_byte_alphabet_are_characters_to_a_model_of_characters(
    pre_tokenizer: str, tmp_path: Path
) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    merges = [("a", "b"), ("▁", "ab"), ("é", "a"), ("Ã", "©")]
    alphabet = [*sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()), "▁"]
    tokens = alphabet + [left + right for left, right in merges]
    vocab = {token: place for place, token in enumerate(tokens)}
    reference = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocab, merges=merges))
    reference.pre_tokenizer = getattr(tokenizers.pre_tokenizers, pre_tokenizer)()
    reference.save(str(tmp_path / "tokenizer.json"))
    chosen = random.Random(1)
    words = ["".join(chosen.choices("abéÃ©xça", k=chosen.randint(1, 17))) for _ in range(3000)]
    texts = [" ".join(words[i : i + 50]) for i in range(0, len(words), 50)]
    expected = [encoded.ids for encoded in reference.encode_batch(texts)]
    encoded = AutoTokenizer.from_pretrained(tmp_path)(texts, add_special_tokens=False)
    assert encoded["input_ids"] == expected


def test_errors_name_the_row_that_they_are_of(tmp_path: Path) -> None:
    model = {"type": "BPE", "vocab": {"▁": 0, "a": 1, "b": 2}, "merges": [], "unk_token": "<none>"}
    space = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    made = {"model": model, "pre_tokenizer": space, "added_tokens": []}
    (tmp_path / "tokenizer.json").write_text(json.dumps(made), encoding="utf-8")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    assert tokenizer.encode_ragged(["a b", "b", ""] * 300).lengths.tolist()[:3] == [4, 2, 0]
    with pytest.raises(InputValueError, match="row 700: "):
        tokenizer.encode_ragged([*["a b"] * 700, "a c b", *["a"] * 30], threads=1)
