"""What random tokenizers found to differ from the reference, each alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leanformers.errors import FileFormatError
from leanformers.tokenizers.spec import Spec

pytest.importorskip("tokenizers")
from .documents import added, document, words
from .side_by_side import Both

LETTERS = words(*"?abcdex- _")
TRIM = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}


@pytest.mark.parametrize("pattern", [{"String": ""}, {"Regex": ""}])
def test_an_empty_pattern_is_found_beside_each_character(pattern: dict[str, str]) -> None:
    split = {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}
    both = Both(document(LETTERS, pre_tokenizer=split))
    assert both.same("abé")[0] == [1, 2, 0]
    both.compare("")
    both = Both(document(LETTERS, normalizer={"type": "Replace", "pattern": pattern, "content": "-"}))
    both.compare("ab")
    both.compare("")
    both = Both(document(LETTERS, decoder={"type": "Replace", "pattern": pattern, "content": "-"}))
    both.compare_decoding([1, 2, 0])


def test_what_is_added_before_a_text_stands_where_the_text_begins() -> None:
    replace = {"type": "Replace", "pattern": {"Regex": "^"}, "content": "-"}
    split = {"type": "Split", "pattern": {"String": ""}, "behavior": "Isolated", "invert": False}
    tokens = [added(10, "[X]", special=True)]
    both = Both(document(LETTERS, normalizer=replace, pre_tokenizer=split, added_tokens=tokens))
    assert both.same("a[X]b") == ([7, 1, 10, 7, 2], [(0, 0), (0, 1), (1, 4), (4, 4), (4, 5)])


@pytest.mark.parametrize(
    "decoder",
    [
        {"type": "BPEDecoder", "suffix": ""},
        {"type": "CTC", "pad_token": "", "word_delimiter_token": "|", "cleanup": True},
        {"type": "CTC", "pad_token": "|", "word_delimiter_token": "", "cleanup": True},
    ],
    ids=str,
)
def test_decoders_replace_an_empty_text_everywhere(decoder: dict[str, Any]) -> None:
    Both(document(words("?", "ab", "é中", "c"), decoder=decoder)).compare_decoding([1, 2, 3, 0])


def test_an_added_token_is_not_found_in_white_space_that_another_one_took() -> None:
    tokens = [added(10, "[X]", rstrip=True), added(11, "\n", lstrip=True)]
    both = Both(document(LETTERS, added_tokens=tokens))
    assert both.same("[X]\na") == ([10, 1], [(0, 4), (4, 5)])


def test_trimming_leaves_out_the_white_space_that_an_added_token_took() -> None:
    tokens = [added(10, "<mask>", lstrip=True, special=True), added(11, "[X]", rstrip=True, normalized=True)]
    both = Both(document(LETTERS, added_tokens=tokens, post_processor=TRIM))
    assert both.same("a  <mask>b") == ([1, 10, 2], [(0, 1), (3, 9), (9, 10)])
    assert both.same("a[X] \u3000b") == ([1, 11, 2], [(0, 1), (1, 4), (6, 7)])
    both.compare("  <mask>")
    both.compare(" <mask>")


def test_only_a_single_leading_space_can_be_the_added_one() -> None:
    model = words("?", "Ġa", "ĠĠa", "ĠĠĠa", " a", "Ġ\ta")
    both = Both(document(model, post_processor=TRIM))
    for text in model["vocab"]:
        both.compare(text)
    assert both.same("ĠĠa")[1] == [(2, 3)]


def test_what_unigram_does_not_know_is_trimmed_as_it_is_written() -> None:
    model = {"type": "Unigram", "vocab": [["<unk>", 0.0], ["a", -1.0]], "unk_id": 0}
    both = Both(document(model, post_processor=TRIM))
    assert both.same("a  ba ")[1] == [(0, 1), (3, 4), (4, 5), (6, 6)]


def test_pieces_that_are_there_twice_count_for_the_ids_of_added_tokens() -> None:
    model = {"type": "Unigram", "vocab": [["<unk>", 0.0], ["a", -1.0], ["a", -2.0]], "unk_id": 0}
    both = Both(document(model, added_tokens=[added(3, "[X]")]))
    assert both.same("a[X]")[0] == [2, 3]


@pytest.mark.parametrize(
    "model",
    [
        {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "<unk>"},
        {"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": "<unk>"},
        {"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "<unk>", "continuing_subword_prefix": "##",
         "max_input_chars_per_word": 100},
        {"type": "Unigram", "vocab": [["a", 0.0]], "unk_id": None},
    ],
    ids=lambda model: model["type"],
)  # fmt: skip
def test_a_missing_unknown_token_is_an_error_only_when_it_is_needed(model: dict[str, Any]) -> None:
    both = Both(document(model))
    assert both.same("a")[0] == [0]
    both.compare("b")  # both refuse
    with pytest.raises(ValueError, match="unknown token"):
        both.cores["fused"].encode(["b"])


def test_pieces_of_no_length_are_refused() -> None:
    with pytest.raises(FileFormatError, match="length must be a number ≥ 1"):
        Spec(document(pre_tokenizer={"type": "FixedLength", "length": 0}))


def test_the_model_s_unknown_token_is_not_trimmed_like_the_added_one() -> None:
    tokens = [added(0, "?", normalized=True, special=True)]
    prepend = {"type": "Prepend", "prepend": " "}
    both = Both(document(LETTERS, added_tokens=tokens, normalizer=prepend, pre_tokenizer=None, post_processor=TRIM))
    for text in ("zz", "  zz", "a ?", " ?"):
        both.compare(text)


@pytest.mark.parametrize("stage", ["ByteLevel", "Metaspace", "Whitespace"])
@pytest.mark.parametrize("tokens", [["<unk>"], ["<unk>", "abc"]], ids=str)
def test_a_bpe_model_without_letters(tokens: list[str], stage: str) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    reference = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, [], unk_token="<unk>"))
    reference.pre_tokenizer = getattr(pre_tokenizers, stage)()
    both = Both(json.loads(reference.to_str()))
    for text in ("hello abc world", "abc", "xyz" * 20, "é", ""):
        both.compare(text)
