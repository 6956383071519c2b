"""`train_new_from_iterator` beside transformers: the same stages and settings, the same new vocabulary."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from leanformers import AddedToken, AutoTokenizer
from leanformers.errors import ArgumentError, InputTypeError, InputValueError

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

SIZE = 1200
PLAIN = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}


class Corpus(NamedTuple):
    texts: list[str]

    def batches(self) -> Iterator[list[str]]:
        return (self.texts[begin : begin + 100] for begin in range(0, len(self.texts), 100))


@pytest.fixture(scope="module")
def corpus(test_data: Path) -> Corpus:
    with (test_data / "corpora" / "short.jsonl").open(encoding="utf-8") as file:
        return Corpus([json.loads(line)["text"] for line in file][:1500])


def load(folder: Path, document: dict[str, Any], **settings: Any) -> tuple[Any, Any]:
    """The same tokenizer, ours and transformers', from a tokenizer.json."""
    (folder / "tokenizer.json").write_text(json.dumps(document), encoding="utf-8")
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return AutoTokenizer.from_pretrained(folder), transformers.AutoTokenizer.from_pretrained(folder)


def byte_level_document() -> dict[str, Any]:
    """As GPT-2's, with a template as later models have it."""
    tokens = ["<|endoftext|>", "<mask>", "a", "b", "ab", "plain"]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": 0, "content": "<|endoftext|>", **PLAIN},
            {"id": 1, "content": "<mask>", **PLAIN, "lstrip": True},
            {"id": 5, "content": "plain", **PLAIN, "special": False},
        ],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Digits", "individual_digits": True},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
            ],
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}},
            ],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}},
        },
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": True,
            "vocab": {token: number for number, token in enumerate(tokens)},
            "merges": [["a", "b"]],
        },
    }


def word_level_document() -> dict[str, Any]:
    document = byte_level_document()
    tokens = {"<pad>": 0, "<unk>": 1, "</s>": 2, "<s>": 3, "a": 4}
    document["added_tokens"] = [{"id": number, "content": token, **PLAIN} for token, number in list(tokens.items())[:4]]
    document["normalizer"] = {"type": "Lowercase"}
    document["pre_tokenizer"] = {"type": "Whitespace"}
    document["post_processor"] = {
        "type": "RobertaProcessing",
        "sep": ["</s>", 2],
        "cls": ["<s>", 3],
        "trim_offsets": True,
        "add_prefix_space": False,
    }
    document["decoder"] = None
    document["model"] = {"type": "WordLevel", "vocab": tokens, "unk_token": "<unk>"}
    return document


BYTE_LEVEL = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "mask_token": "<mask>"}
WORD_LEVEL = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>"}


@pytest.fixture(params=["byte-level", "word-level"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Any, Any]:
    if request.param == "byte-level":
        return load(tmp_path, byte_level_document(), model_max_length=77, padding_side="left", **BYTE_LEVEL)
    return load(tmp_path, word_level_document(), model_max_length=33, **WORD_LEVEL)


def assert_same(ours: Any, theirs: Any, texts: list[str]) -> None:
    assert ours.get_vocab() == theirs.get_vocab()
    assert ours.special_tokens_map == theirs.special_tokens_map
    assert ours.all_special_tokens == theirs.all_special_tokens
    assert ours.model_max_length == theirs.model_max_length
    assert ours.padding_side == theirs.padding_side
    for text in [*texts[:40], "a <mask> b<|endoftext|>", "plain 12 日本 é", "<s><new> <x>", ""]:
        mine, reference = ours(text, verbose=False), theirs(text)
        assert mine["input_ids"] == reference["input_ids"]
        assert mine.tokens() == reference.tokens()
    assert ours("a b", "c")["input_ids"] == theirs("a b", "c")["input_ids"]


@pytest.mark.parametrize(
    "arguments",
    [{}, {"new_special_tokens": ["<new>", "<x>"]}, {"min_frequency": 3}],
    ids=["plain", "new", "frequent"],
)
def test_the_new_tokenizer_is_the_references(arguments: dict[str, Any], both: tuple[Any, Any], corpus: Corpus) -> None:
    ours, theirs = both
    new = ours.train_new_from_iterator(corpus.batches(), SIZE, **arguments)
    assert type(new) is type(ours)
    assert_same(new, theirs.train_new_from_iterator(corpus.batches(), SIZE, **arguments), corpus.texts)
    assert ours.get_vocab() == theirs.get_vocab()  # the old one stays as it is


def test_special_tokens_can_be_renamed(both: tuple[Any, Any], corpus: Corpus) -> None:
    """Theirs also adds the old names again, at the end."""
    ours, theirs = both
    old = set(ours.all_special_tokens)
    names = {"<|endoftext|>": "<end>", "</s>": "<end>", "<unk>": "[UNK]"}
    new = ours.train_new_from_iterator(corpus.batches(), SIZE, special_tokens_map=names)
    reference = theirs.train_new_from_iterator(corpus.batches(), SIZE, special_tokens_map=names)
    expected = {token: number for token, number in reference.get_vocab().items() if number < SIZE}
    assert {token: number for token, number in new.get_vocab().items() if number < SIZE} == expected
    assert not set(new.get_vocab()) & old & set(names)
    assert new.special_tokens_map == reference.special_tokens_map
    for text in corpus.texts[:40]:
        assert new(text, verbose=False)["input_ids"] == reference(text)["input_ids"]


def test_an_added_token_keeps_its_flags(both: tuple[Any, Any], corpus: Corpus) -> None:
    token = AddedToken("<new>", lstrip=True)
    new = both[0].train_new_from_iterator(iter(corpus.texts), SIZE, new_special_tokens=[token])
    assert new.extra_special_tokens == ["<new>"]
    ids = new("a  <new>", add_special_tokens=False)["input_ids"]
    assert ids == [new.convert_tokens_to_ids("a"), new.convert_tokens_to_ids("<new>")]


def test_what_was_trained_anew_is_saved_and_loaded(both: tuple[Any, Any], corpus: Corpus, tmp_path: Path) -> None:
    new = both[0].train_new_from_iterator(corpus.texts, SIZE)
    new.save_pretrained(tmp_path / "new")
    again = AutoTokenizer.from_pretrained(tmp_path / "new")
    assert_same(again, transformers.AutoTokenizer.from_pretrained(tmp_path / "new"), corpus.texts)
    assert again.get_vocab() == new.get_vocab()
    models = [
        dict(document["model"], vocab=None, merges=None)
        for document in (both[0]._spec.document, json.loads((tmp_path / "new" / "tokenizer.json").read_text("utf-8")))
    ]
    assert models[0] == models[1]


def test_bert_has_the_same_tokens_and_special_ids(minilm_folder: Path, corpus: Corpus) -> None:
    """The ids of ##x change with each run of the reference, and with them the order of ties."""
    ours = AutoTokenizer.from_pretrained(minilm_folder).train_new_from_iterator(corpus.batches(), SIZE)
    theirs = transformers.AutoTokenizer.from_pretrained(minilm_folder).train_new_from_iterator(corpus.batches(), SIZE)
    vocabularies = ours.get_vocab(), theirs.get_vocab()
    assert len(vocabularies[0]) == len(vocabularies[1]) == SIZE
    assert len(vocabularies[0].keys() & vocabularies[1].keys()) > 0.99 * SIZE
    assert ours.special_tokens_map == theirs.special_tokens_map
    assert ours.all_special_ids == theirs.all_special_ids == [1, 3, 0, 2, 4]
    assert ours("a").tokens() == theirs("a").tokens() == ["[CLS]", "a", "[SEP]"]
    assert ours.model_max_length == theirs.model_max_length


def test_unigram_keeps_its_unknown_token(tmp_path: Path, corpus: Corpus) -> None:
    document = byte_level_document()
    document["model"] = {"type": "Unigram", "unk_id": 1, "byte_fallback": False, "vocab": [["a", -1.0], ["<unk>", 0.0]]}
    document["added_tokens"] = [
        {"id": 1, "content": "<unk>", **PLAIN},
        {"id": 2, "content": "<x>", **PLAIN, "special": False},
    ]
    document["post_processor"] = None
    document["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    document["decoder"] = document["pre_tokenizer"]
    ours, theirs = load(tmp_path, document, unk_token="<unk>")
    new = ours.train_new_from_iterator(corpus.batches(), 700)
    reference = theirs.train_new_from_iterator(corpus.batches(), 700)
    assert len(new) == len(reference) == 700
    assert new.convert_ids_to_tokens([0, 1]) == reference.convert_ids_to_tokens([0, 1]) == ["<unk>", "<x>"]
    assert (new.unk_token, new.unk_token_id) == (reference.unk_token, reference.unk_token_id) == ("<unk>", 0)
    assert new("日")["input_ids"][-1] == reference("日")["input_ids"][-1] == 0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"text_iterator": "one text"}, InputTypeError, "the corpus is of type str"),
        ({"text_iterator": ["a", ["b", 3]]}, InputTypeError, "item 1 of the corpus: text 1 is the int 3"),
        ({"text_iterator": []}, InputValueError, "no words"),
        ({"vocab_size": 0}, InputValueError, "vocab_size must be"),
        (
            {"vocab_size": 100},
            InputValueError,
            "vocab_size=100 is too small",
        ),
        ({"limit_alphabt": 3}, ArgumentError, "did you mean 'limit_alphabet'"),
        ({"special_tokens_map": ["<mask>"]}, InputTypeError, "special_tokens_map must map"),
        ({"new_special_tokens": "<x>"}, InputTypeError, "new_special_tokens must be a list"),
    ],
)
def test_what_cannot_be_used_is_named(
    arguments: dict[str, Any], error: type[Exception], message: str, tmp_path: Path
) -> None:
    tokenizer, _ = load(tmp_path, byte_level_document(), **BYTE_LEVEL)
    with pytest.raises(error) as raised:
        tokenizer.train_new_from_iterator(**{"text_iterator": ["a b"], "vocab_size": 300, **arguments})
    assert message in str(raised.value)


def test_an_unknown_token_that_is_not_special(tmp_path: Path) -> None:
    document = word_level_document()
    document["added_tokens"], document["post_processor"] = [], None
    tokenizer, _ = load(tmp_path, document)
    with pytest.raises(InputValueError, match="unknown token '<unk>' is not in the new vocabulary"):
        tokenizer.train_new_from_iterator(["a b"], 50)
    assert tokenizer.train_new_from_iterator(["a b"], 50, new_special_tokens=["<unk>"]).get_vocab()["<unk>"] == 0
