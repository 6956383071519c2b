"""Loading is strict and equals the reference; what is saved loads there with the same ids."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leanformers import AutoTokenizer, BertTokenizer, PreTrainedTokenizer
from leanformers.errors import (
    ArgumentError,
    ConfigError,
    FileFormatError,
    InputTypeError,
    InputValueError,
    LeanformersWarning,
    MissingFileError,
)

SPECIAL = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
TEXT = "a b zzz [MASK] A É [PAD] <e> x"


def reference(folder: Path, **options: Any) -> Any:
    transformers = pytest.importorskip("transformers")
    return transformers.BertTokenizer.from_pretrained(folder, **options)


def assert_same_tokenizer(ours: Any, theirs: Any) -> None:
    assert ours.get_vocab() == theirs.get_vocab()
    assert (ours.vocab_size, len(ours)) == (theirs.vocab_size, len(theirs))
    assert ours.added_tokens_encoder == theirs.added_tokens_encoder
    for number, token in theirs.added_tokens_decoder.items():
        mine = ours.added_tokens_decoder[number]
        for flag in ("content", "single_word", "lstrip", "rstrip", "normalized", "special"):
            assert getattr(mine, flag) == getattr(token, flag), (number, flag)
    assert ours.special_tokens_map == theirs.special_tokens_map
    assert ours.all_special_tokens == theirs.all_special_tokens
    assert ours.padding_side == theirs.padding_side
    assert ours(TEXT)["input_ids"] == theirs(TEXT)["input_ids"]
    assert ours(TEXT).tokens() == theirs(TEXT).tokens()


# ---- vocab.txt ----


@pytest.mark.parametrize(
    "vocabulary",
    [
        SPECIAL + "a\nb\n",
        SPECIAL + "a\nb",
        (SPECIAL + "a\nb\n").replace("\n", "\r\n"),
        SPECIAL + "a\nb\na\nc\n",
        SPECIAL + "a\n\nb\n\n",
        SPECIAL + "a \nb\t\n\u3000\nc\u00a0\nd\u2028\ne\x1c\nf\u2028g\n",
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\n",
        "[UNK]\n[CLS]\n[SEP]\na\nb\n",
        "a\n##a\n[UNK]\n",
    ],
    ids=["plain", "no-newline", "crlf", "duplicate", "blank", "spaces", "no-mask", "no-pad", "only-unknown"],
)
def test_vocab_txt_is_read_as_the_reference_reads_it(write_folder: Callable[..., Path], vocabulary: str) -> None:
    folder = write_folder(vocab__txt=vocabulary)
    assert_same_tokenizer(BertTokenizer.from_pretrained(folder), reference(folder))


@pytest.mark.parametrize(
    "files",
    [
        {"tokenizer_config__json": {"do_lower_case": False}},
        {"tokenizer_config__json": {"strip_accents": False}},
        {"tokenizer_config__json": {"do_lower_case": False, "strip_accents": True, "tokenize_chinese_chars": False}},
        {"tokenizer_config__json": {"pad_token": "<pad>", "padding_side": "left", "extra_special_tokens": ["<e>"]}},
        {"special_tokens_map__json": {"bos_token": "x"}, "tokenizer_config__json": {}},
        {"tokenizer_config__json": {"pad_token": "a"}, "special_tokens_map__json": {"pad_token": "b"}},
        {"tokenizer_config__json": {"additional_special_tokens": ["<e>"]}, "added_tokens__json": {"zzz": 9, "yy": 8}},
        {"special_tokens_map__json": {"mask_token": {"content": "<e>", "lstrip": True, "rstrip": False,
                                                     "normalized": False, "single_word": False}}},
        {"tokenizer_config__json": {"added_tokens_decoder": {
            "5": {"content": "a", "lstrip": False, "rstrip": True, "normalized": True, "single_word": False,
                  "special": False},
            "8": {"content": "zzz", "lstrip": True, "rstrip": False, "normalized": False, "single_word": True,
                  "special": True}}}},
    ],
    ids=str,
)  # fmt: skip
def test_the_configuration_of_a_vocab_txt_acts_as_in_the_reference(
    write_folder: Callable[..., Path], files: dict[str, Any]
) -> None:
    folder = write_folder(vocab__txt=SPECIAL + "a\nb\nx\n", **files)
    assert_same_tokenizer(BertTokenizer.from_pretrained(folder), reference(folder))


def test_keyword_arguments_go_before_files(write_folder: Callable[..., Path]) -> None:
    folder = write_folder(
        vocab__txt=SPECIAL + "a\nA\n",
        tokenizer_config__json={"do_lower_case": True, "model_max_length": 9, "padding_side": "left"},
    )
    ours = BertTokenizer.from_pretrained(
        folder, do_lower_case=False, model_max_length=7, padding_side="right", cls_token="a"
    )
    assert ours.tokenize("A a") == ["A", "a"]
    assert (ours.model_max_length, ours.padding_side, ours.cls_token) == (7, "right", "a")
    assert ours("A")["input_ids"] == [5, 6, 3]


def test_null_in_the_configuration_means_the_default(write_folder: Callable[..., Path]) -> None:
    nulls = dict.fromkeys(["do_lower_case", "strip_accents", "unk_token", "cls_token", "pad_token", "model_max_length"])
    tokenizer = BertTokenizer.from_pretrained(write_folder(vocab__txt=SPECIAL + "a\n", tokenizer_config__json=nulls))
    assert tokenizer("A b")["input_ids"] == [2, 5, 1, 3]
    assert (tokenizer.pad_token, tokenizer.cls_token) == (None, None)


@pytest.mark.parametrize(
    ("vocabulary", "message"),
    [
        ("", "vocab.txt is empty"),
        ("[PAD]\na\n", "has no line '\\[UNK\\]', the unknown token"),
        ("\ufeff" + SPECIAL, "starts with a byte order mark"),
    ],
)
def test_a_vocab_txt_that_cannot_be_right_is_refused(
    write_folder: Callable[..., Path], vocabulary: str, message: str
) -> None:
    with pytest.raises(FileFormatError, match=message):
        BertTokenizer.from_pretrained(write_folder(vocab__txt=vocabulary))


# ---- tokenizer.json ----

DOCUMENT: dict[str, Any] = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [
        {"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": True}
        for i, token in enumerate(["[UNK]", "[CLS]", "[SEP]"])
    ],
    "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
                   "lowercase": True},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "##b": 4, "é": 5}},
}  # fmt: skip
TEMPLATE = {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "x", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [
        {"Sequence": {"id": "B", "type_id": 5}},
        {"SpecialToken": {"id": "x", "type_id": 2}},
        {"Sequence": {"id": "A", "type_id": 3}},
    ],
    "special_tokens": {"x": {"id": "x", "ids": [1, 2], "tokens": ["[CLS]", "[SEP]"]}},
}


def edited(path: str, value: Any) -> dict[str, Any]:
    """`DOCUMENT` with the value at a dotted path replaced, or removed for `...`."""
    document = copy.deepcopy(DOCUMENT)
    *parents, name = path.split(".")
    place: Any = document
    for parent in parents:
        place = place[int(parent)] if isinstance(place, list) else place[parent]
    key: Any = int(name) if isinstance(place, list) else name
    if value is ...:
        del place[key]
    else:
        place[key] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", ...),
        ("normalizer", None),
        ("pre_tokenizer", None),
        ("post_processor", None),
        ("decoder", None),
        ("added_tokens", []),
        ("added_tokens", ...),
        ("model.type", ...),
        ("normalizer.strip_accents", ...),
        ("normalizer.strip_accents", False),
        ("normalizer.clean_text", False),
        ("normalizer.lowercase", False),
        ("model.max_input_chars_per_word", 2),
        ("model.continuing_subword_prefix", ""),
        ("normalizer", {"type": "Sequence", "normalizers": [DOCUMENT["normalizer"]]}),
        ("normalizer", {"type": "Sequence", "normalizers": []}),
        (
            "pre_tokenizer",
            {"type": "Sequence", "pretokenizers": [DOCUMENT["pre_tokenizer"], DOCUMENT["pre_tokenizer"]]},
        ),
        ("decoder", {"type": "Sequence", "decoders": [DOCUMENT["decoder"]]}),
        ("decoder.cleanup", False),
        ("post_processor", TEMPLATE),
        ("post_processor", {"type": "Sequence", "processors": [TEMPLATE]}),
        ("truncation", {"max_length": 3, "strategy": "LongestFirst", "stride": 0}),
    ],
)
def test_tokenizer_json_is_read_as_the_reference_reads_it(
    write_folder: Callable[..., Path], path: str, value: Any
) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    document = edited(path, value)
    ours = AutoTokenizer.from_pretrained(write_folder(tokenizer__json=document))
    theirs = tokenizers.Tokenizer.from_str(json.dumps(document))
    theirs.no_truncation()
    assert type(ours) is PreTrainedTokenizer
    for text, pair in (("A ab\u0301 é,[SEP]", None), ("a zz", "ÉAB ab"), ("", ""), ("漢a \x00b", "a")):
        mine = ours(
            text, pair, return_token_type_ids=True, return_offsets_mapping=True, return_special_tokens_mask=True
        )
        other = theirs.encode(text, pair)
        assert mine["input_ids"] == other.ids
        assert mine["token_type_ids"] == other.type_ids
        assert mine["offset_mapping"] == other.offsets
        assert mine["special_tokens_mask"] == other.special_tokens_mask
        assert mine.tokens() == other.tokens
        assert mine.word_ids() == other.word_ids
        assert mine.sequence_ids() == other.sequence_ids
        bare = ours(text, pair, add_special_tokens=False, return_token_type_ids=True)
        other = theirs.encode(text, pair, add_special_tokens=False)
        assert (bare["input_ids"], bare["token_type_ids"]) == (other.ids, other.type_ids)
        assert ours.decode(mine["input_ids"]) == theirs.decode(mine["input_ids"], skip_special_tokens=False)
    assert ours.get_vocab() == theirs.get_vocab()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("version", "2.0", "version must be '1.0', the only known version, not '2.0'"),
        ("something", {}, "unknown field 'something'"),
        ("normalizer", {"type": "Foo"}, "normalizer: unknown component 'Foo'; known: BertNormalizer"),
        (
            "normalizer",
            {"type": "Sequence", "normalizers": [DOCUMENT["normalizer"], {"type": "Foo"}]},
            r"normalizer\.normalizers\[1\]: unknown component 'Foo'; known: BertNormalizer",
        ),
        ("normalizer", [], "normalizer must be an object, not list"),
        ("normalizer", {}, "normalizer must name its component in 'type'"),
        ("normalizer.lowercase", ..., "normalizer: field 'lowercase' is missing"),
        ("normalizer.lowercase", 1, "normalizer.lowercase must be true or false, not 1"),
        ("normalizer.lowercse", True, "unknown field 'lowercse'; did you mean 'lowercase'?"),
        (
            "pre_tokenizer",
            {"type": "Whitespac"},
            "pre_tokenizer: unknown component 'Whitespac'; known: BertPreTokenizer",
        ),
        ("model", ..., "field 'model' is missing"),
        ("model.type", "Foo", "model: unknown component 'Foo'; known: .*WordPiece"),
        ("model.vocab", ["a"], "model.vocab must be an object of tokens and their ids"),
        ("model.vocab.a", -1, "the id of 'a' must be a number ≥ 0, not -1"),
        ("model.vocab.a", "3", "the id of 'a' must be a number ≥ 0, not '3'"),
        ("model.vocab.\ud800", 6, "is not valid Unicode"),
        ("model.unk_token", ..., "model: field 'unk_token' is missing"),
        (
            "added_tokens.0.id",
            9,
            r"added_tokens\[0\]: token '\[UNK\]' stands with id 9, but its id in the vocabulary is 0",
        ),
        ("added_tokens.0.content", "new", r"stands with id 0, but the next free id is 6"),
        ("added_tokens.1.content", "[UNK]", r"added_tokens\[1\]: token '\[UNK\]' is there twice"),
        ("added_tokens.1.lstrip", ..., r"added_tokens\[1\]: field 'lstrip' is missing"),
        ("added_tokens.1.content", "", "must be a string that is not empty"),
        ("post_processor.sep", ["[SEP]", 7], r"post_processor\.sep: token '\[SEP\]' stands with id 7, but has id 2"),
        ("post_processor.cls", ["<s>", 1], "token '<s>' stands with id 1, but is not in the vocabulary"),
        (
            "post_processor.type",
            "Foo",
            "post_processor: unknown component 'Foo'; known: BertProcessing, .*TemplateProcessing",
        ),
        (
            "post_processor",
            {**TEMPLATE, "special_tokens": {}},
            r"single\[0\]: special token 'x' is not in special_tokens",
        ),
        ("post_processor", {**TEMPLATE, "single": []}, "single must hold the sequence A and no B"),
        ("post_processor", {**TEMPLATE, "pair": TEMPLATE["single"]}, "pair must hold the sequences A and B"),
        ("post_processor", {**TEMPLATE, "single": ["$A"]}, r"single\[0\] must be a SpecialToken or a Sequence"),
        ("decoder.prefix", 5, "decoder.prefix must be a string, not 5"),
        ("truncation", 5, "truncation must be an object or null"),
    ],
)
def test_what_is_not_known_in_a_tokenizer_json_is_named(
    write_folder: Callable[..., Path], path: str, value: Any, message: str
) -> None:
    folder = write_folder(tokenizer__json=edited(path, value))
    with pytest.raises(FileFormatError, match=message) as caught:
        AutoTokenizer.from_pretrained(folder)
    assert str(folder / "tokenizer.json") in str(caught.value)


def load_with_added_tokens(write_folder: Callable[..., Path], *tokens: dict[str, Any]) -> tuple[Any, Any]:
    """The tokenizer of `DOCUMENT` with more added tokens, ours and the reference's."""
    tokenizers = pytest.importorskip("tokenizers")
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
    document = copy.deepcopy(DOCUMENT)
    document["added_tokens"] += [{"id": 6 + i, **flags, **token} for i, token in enumerate(tokens)]
    ours = AutoTokenizer.from_pretrained(write_folder(tokenizer__json=document))
    return ours, tokenizers.Tokenizer.from_str(json.dumps(document))


def test_added_tokens_keep_their_spaces_and_flags_as_in_the_reference(write_folder: Callable[..., Path]) -> None:
    ours, theirs = load_with_added_tokens(
        write_folder,
        {"content": "<x>", "lstrip": True, "rstrip": True},
        {"content": "qq", "single_word": True},
        {"content": "<y>", "lstrip": True, "special": True},
    )
    for text in ("a  <x>  b", "qq aqq qq.", "a\t<y> é<x>", "<x><y> <x>", "a [CLS] é", "A <Y>"):
        mine, other = ours(text, return_offsets_mapping=True), theirs.encode(text)
        assert mine["input_ids"] == other.ids
        assert mine["offset_mapping"] == other.offsets
        assert mine.tokens() == other.tokens
        assert mine.word_ids() == other.word_ids
        assert ours.decode(other.ids, skip_special_tokens=True) == theirs.decode(other.ids)


def test_added_tokens_of_normalized_text_are_written_as_in_the_reference(write_folder: Callable[..., Path]) -> None:
    ours, theirs = load_with_added_tokens(
        write_folder,
        {"content": "Foo Bar", "normalized": True},
        {"content": "ÉÉ", "lstrip": True, "rstrip": True, "normalized": True},
    )
    for text in ("FOO bar foo  bar", "a éé  ÉÉ\tb"):
        mine, other = ours(text, return_offsets_mapping=True), theirs.encode(text)
        assert mine["input_ids"] == other.ids
        assert mine["offset_mapping"] == other.offsets
        assert mine.tokens() == other.tokens
        assert ours.decode(other.ids) == theirs.decode(other.ids, skip_special_tokens=False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"version": "1.0", ', r"tokenizer\.json is not valid JSON: .* line 1, column \d+ .*19 bytes; was it cut off"),
        ("", "not valid JSON"),
        ("[1]", "must hold a JSON object, not list"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git-lfs pointer"),
    ],
)
def test_a_broken_file_is_named(write_folder: Callable[..., Path], content: str, message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        AutoTokenizer.from_pretrained(write_folder(tokenizer__json=content))
    folder = write_folder(vocab__txt=SPECIAL, tokenizer_config__json=content)
    with pytest.raises(FileFormatError, match=r"tokenizer_config\.json"):
        BertTokenizer.from_pretrained(folder)


def test_tokenizer_json_goes_before_vocab_txt(write_folder: Callable[..., Path]) -> None:
    folder = write_folder(tokenizer__json=DOCUMENT, vocab__txt=SPECIAL + "zz\n")
    assert BertTokenizer.from_pretrained(folder).convert_tokens_to_ids("a") == 3


def test_special_tokens_of_the_configuration_are_added_to_tokenizer_json(write_folder: Callable[..., Path]) -> None:
    folder = write_folder(
        tokenizer__json=DOCUMENT,
        tokenizer_config__json={"tokenizer_class": "BertTokenizer", "pad_token": "é", "mask_token": "<mask>"},
    )
    ours, theirs = AutoTokenizer.from_pretrained(folder), reference(folder)
    assert_same_tokenizer(ours, theirs)
    assert ours("a é <mask>")["input_ids"] == [1, 3, 5, 6, 2]


def test_a_special_token_given_by_the_caller_must_be_in_the_vocabulary(write_folder: Callable[..., Path]) -> None:
    for folder in (write_folder(vocab__txt=SPECIAL), write_folder(tokenizer__json=DOCUMENT)):
        with pytest.raises(InputValueError, match=r"mask_token='<mask>' is not in the vocabulary of .*folder"):
            BertTokenizer.from_pretrained(folder, mask_token="<mask>")


def test_the_pad_token_of_the_files_padding_is_known(write_folder: Callable[..., Path]) -> None:
    padding = {
        "strategy": "BatchLongest",
        "direction": "Left",
        "pad_to_multiple_of": None,
        "pad_id": 2,
        "pad_type_id": 0,
        "pad_token": "[SEP]",
    }
    tokenizer = AutoTokenizer.from_pretrained(write_folder(tokenizer__json=edited("padding", padding)))
    assert tokenizer.pad_token == "[SEP]"
    assert tokenizer(["ab", ""], padding=True)["input_ids"] == [[1, 3, 4, 2], [2, 2, 1, 2]]
    assert tokenizer(["ab", ""])["input_ids"] == [[1, 3, 4, 2], [1, 2]]


def test_how_to_normalize_is_asked_for_by_keyword_only(write_folder: Callable[..., Path]) -> None:
    document = edited("model.vocab", {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "A": 4})
    folder = write_folder(tokenizer__json=document)
    asked = BertTokenizer.from_pretrained(folder, do_lower_case=False)
    assert asked.tokenize("A a") == reference(folder, do_lower_case=False).tokenize("A a") == ["A", "a"]
    contradicting = write_folder(tokenizer__json=document, tokenizer_config__json={"do_lower_case": False})
    with pytest.warns(LeanformersWarning, match="tokenizer_config.json says do_lower_case=False") as caught:
        silent = BertTokenizer.from_pretrained(contradicting)
    assert caught[0].filename == __file__
    assert silent.tokenize("A a") == ["a", "a"]
    with pytest.raises(InputValueError, match="has 0 BertNormalizers, so that there is nothing for lowercase"):
        BertTokenizer.from_pretrained(write_folder(tokenizer__json=edited("normalizer", None)), do_lower_case=False)


# ---- settings ----


def test_a_misspelt_setting_is_refused_with_the_nearest_name(minilm_folder: Path) -> None:
    for load in (AutoTokenizer.from_pretrained, BertTokenizer.from_pretrained):
        with pytest.raises(ArgumentError, match="no argument 'do_lowercase'; did you mean 'do_lower_case'"):
            load(minilm_folder, do_lowercase=False)
        with pytest.raises(TypeError, match="did you mean 'model_max_length'"):
            load(minilm_folder, model_max_lenght=5)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"padding_side": "rihgt"}, InputValueError, "padding_side='rihgt': choose 'left' or 'right'"),
        ({"truncation_side": "up"}, InputValueError, "truncation_side='up'"),
        ({"model_max_length": 0}, InputValueError, "model_max_length must be at least 1"),
        ({"model_max_length": "512"}, InputTypeError, "model_max_length must be a number, not '512'"),
        ({"cls_token": "<nowhere>"}, InputValueError, "cls_token='<nowhere>' is not in the vocabulary"),
        ({"cls_token": 5}, InputTypeError, "a special token must be a string, not 5"),
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_used_is_refused(
    minilm_folder: Path, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        AutoTokenizer.from_pretrained(minilm_folder, **options)


def test_a_special_token_of_a_file_must_be_a_token(write_folder: Callable[..., Path]) -> None:
    folder = write_folder(vocab__txt=SPECIAL, tokenizer_config__json={"pad_token": 5})
    with pytest.raises(ConfigError, match="a special token must be a string, not 5"):
        BertTokenizer.from_pretrained(folder)


def test_arguments_of_transformers_that_make_no_difference_are_accepted(minilm_folder: Path) -> None:
    plain = AutoTokenizer.from_pretrained(minilm_folder)
    other = AutoTokenizer.from_pretrained(
        minilm_folder, use_fast=False, trust_remote_code=False, revision="main", token=None, cache_dir=None,
        local_files_only=True, force_download=False, legacy=True,
    )  # fmt: skip
    assert other("Some text.") == plain("Some text.")
    with pytest.warns(LeanformersWarning, match="never runs code") as caught:
        AutoTokenizer.from_pretrained(minilm_folder, trust_remote_code=True)
    assert len(caught) == 1
    with pytest.raises(MissingFileError, match="not in the cache"):
        AutoTokenizer.from_pretrained("somebody/something", local_files_only=True, token="x", cache_dir="y")


# ---- saving ----


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_an_unedited_tokenizer_is_saved_byte_for_byte(minilm_folder: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(minilm_folder)
    names = tokenizer.save_pretrained(tmp_path / "saved")
    assert sorted(map(os.path.basename, names)) == ["tokenizer.json", "tokenizer_config.json"]
    assert all(Path(name).is_file() for name in names)
    assert (tmp_path / "saved/tokenizer.json").read_bytes() == (minilm_folder / "tokenizer.json").read_bytes()


@pytest.mark.parametrize("name", ["cased", "uncased", "minilm"])
def test_saved_files_give_the_same_ids_everywhere(
    load_both: Any, name: str, tmp_path: Path, odd_lines: list[str], corpus_lines: list[str]
) -> None:
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    original = load_both(name).ours
    original.save_pretrained(tmp_path)
    lines = odd_lines + corpus_lines[:500]
    expected = original(lines, verbose=False)["input_ids"]
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert type(again) is BertTokenizer
    assert dict(again(lines, verbose=False)) == dict(original(lines, verbose=False))
    assert (again.model_max_length, again.special_tokens_map) == (
        original.model_max_length,
        original.special_tokens_map,
    )
    for load in (transformers.AutoTokenizer, transformers.BertTokenizer):
        theirs = load.from_pretrained(tmp_path)
        assert theirs(lines, verbose=False)["input_ids"] == expected
        assert theirs.model_max_length == original.model_max_length
    raw = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    raw.no_truncation()
    raw.no_padding()
    assert [row.ids for row in raw.encode_batch(lines)] == expected


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("normalizer.clean_text", False),
        ("normalizer", None),
        ("model.max_input_chars_per_word", 2),
        ("post_processor", TEMPLATE),
        ("decoder.cleanup", False),
    ],
)
def test_what_transformers_would_build_otherwise_is_saved_for_its_general_class(
    write_folder: Callable[..., Path], tmp_path: Path, path: str, value: Any
) -> None:
    transformers = pytest.importorskip("transformers")
    roles = {"unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": None, "mask_token": None}
    folder = write_folder(
        tokenizer__json=edited(path, value), tokenizer_config__json={"tokenizer_class": "BertTokenizer", **roles}
    )
    ours = AutoTokenizer.from_pretrained(folder)
    ours.save_pretrained(tmp_path / "saved")
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path / "saved")
    for text, pair in (("a Ab\x00 É zzz", None), ("a", "é")):
        assert theirs(text, pair)["input_ids"] == ours(text, pair)["input_ids"]
        assert theirs.decode(ours(text, pair)["input_ids"]) == ours.decode(ours(text, pair)["input_ids"])


def test_settings_survive_saving(minilm_folder: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(minilm_folder, padding_side="left", mask_token="[unused3]")
    tokenizer.truncation_side = "left"
    tokenizer.model_max_length = 99
    tokenizer.clean_up_tokenization_spaces = True
    tokenizer.pad_token = "[SEP]"
    tokenizer.model_input_names = ["input_ids"]
    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    for name in (
        "padding_side", "truncation_side", "model_max_length", "clean_up_tokenization_spaces", "special_tokens_map",
        "model_input_names",
    ):  # fmt: skip
        assert getattr(again, name) == getattr(tokenizer, name)
    saved = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert saved["do_basic_tokenize"] is True  # a key that is not known here is kept
    assert "name_or_path" not in saved
    assert again("a [unused3]")["input_ids"] == tokenizer("a [unused3]")["input_ids"]


def test_saving_twice_writes_the_same_bytes(cased: Any, tmp_path: Path) -> None:
    cased.save_pretrained(tmp_path / "a")
    cased.save_pretrained(tmp_path / "b")
    AutoTokenizer.from_pretrained(tmp_path / "a").save_pretrained(tmp_path / "c")
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b") == files_of(tmp_path / "c")


def test_saving_into_a_file_is_refused(cased: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputValueError, match="it is a file; give a folder"):
        cased.save_pretrained(tmp_path / "file")


# ---- finding the class ----


@pytest.mark.parametrize(
    ("configuration", "name"),
    [
        ({"tokenizer_class": "BertTokenizer"}, "BertTokenizer"),
        ({"tokenizer_class": "BertTokenizerFast"}, "BertTokenizer"),
        ({"tokenizer_class": "DistilBertTokenizerFast"}, "DistilBertTokenizer"),
        ({"tokenizer_class": "PreTrainedTokenizerFast"}, "PreTrainedTokenizer"),
        ({"tokenizer_class": "SomethingElse"}, "PreTrainedTokenizer"),
        ({}, "PreTrainedTokenizer"),
    ],
    ids=str,
)
def test_the_class_brings_defaults_but_never_other_ids(
    write_folder: Callable[..., Path], configuration: dict[str, Any], name: str
) -> None:
    folder = write_folder(tokenizer__json=DOCUMENT, tokenizer_config__json=configuration)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert type(tokenizer).__name__ == name
    assert tokenizer("ab é")["input_ids"] == [1, 3, 4, 0, 2]


@pytest.mark.parametrize(
    ("model_type", "columns"),
    [("bert", ["input_ids", "token_type_ids", "attention_mask"]), ("distilbert", ["input_ids", "attention_mask"])],
)
def test_the_model_type_names_the_class(write_folder: Callable[..., Path], model_type: str, columns: list[str]) -> None:
    folder = write_folder(vocab__txt=SPECIAL + "a\n", config__json={"model_type": model_type})
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert list(tokenizer("a")) == columns
    assert tokenizer.name_or_path == str(folder)


def test_a_folder_without_a_tokenizer_says_what_is_missing(write_folder: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"config.json missing: cannot know the tokenizer type.*BertTokenizer"):
        AutoTokenizer.from_pretrained(write_folder(vocab__txt=SPECIAL))
    with pytest.raises(FileNotFoundError, match=r"no config\.json in"):
        AutoTokenizer.from_pretrained(write_folder())
    with pytest.raises(MissingFileError, match="configuration says 'pegasus'; without it only these can be read"):
        AutoTokenizer.from_pretrained(write_folder(config__json={"model_type": "pegasus"}, vocab__txt=SPECIAL))
    with pytest.raises(
        MissingFileError, match=r"GPT2Tokenizer reads tokenizer\.json or vocab\.json or .*; the folder has vocab\.txt"
    ):
        AutoTokenizer.from_pretrained(write_folder(config__json={"model_type": "gpt2"}, vocab__txt=SPECIAL))
    with pytest.raises(
        MissingFileError, match=r"no tokenizer in .*: BertTokenizer reads tokenizer\.json or vocab\.txt"
    ):
        BertTokenizer.from_pretrained(write_folder(config__json={"model_type": "bert"}))
    with pytest.raises(ConfigError, match="tokenizer_class must be a string, not 5"):
        AutoTokenizer.from_pretrained(
            write_folder(tokenizer__json=DOCUMENT, tokenizer_config__json={"tokenizer_class": 5})
        )
    (tmp_path / "my-model").mkdir()
    with pytest.raises(MissingFileError, match=r"no such directory: .*; near names: my-model"):
        AutoTokenizer.from_pretrained(tmp_path / "my-modle")
    with pytest.raises(ArgumentError, match=r"AutoTokenizer\.from_pretrained"):
        AutoTokenizer()
