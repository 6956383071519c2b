"""Golden files notice every change of ids, and `compare_tokenizers` says where two tokenizers differ."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leanformers import AutoTokenizer, PreTrainedTokenizer
from leanformers.errors import (
    FileFormatError,
    GoldenIdsError,
    InputTypeError,
    InputValueError,
    MissingFileError,
)
from leanformers.tokenizers.description import UNICODE_VERSIONS, describe
from leanformers.tokenizers.difference import compare_tokenizers
from leanformers.tokenizers.spec import Spec

ROOT = Path(__file__).parent.parent.parent
EMBEDDED = "leanformers/tiny-sentiment"


@pytest.fixture
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(EMBEDDED)


@pytest.fixture
def document(tokenizer: Any) -> dict[str, Any]:
    return copy.deepcopy(tokenizer._spec.document)


def made_of(document: dict[str, Any]) -> Any:
    return PreTrainedTokenizer(Spec(document))


# ---- golden files ----


def test_a_golden_file_agrees_with_the_tokenizer_that_wrote_it(tokenizer: Any, tmp_path: Path) -> None:
    tokenizer.write_golden_ids(tmp_path, ["a text of mine", "漢字"])
    report = tokenizer.check_golden_ids(tmp_path / "golden_ids.json")
    assert report.differences == []
    assert report.same_content
    rows = json.loads((tmp_path / "golden_ids.json").read_text(encoding="utf-8"))["texts"]
    assert report.texts == len(rows)
    assert {"a text of mine", "漢字"} <= {row["text"] for row in rows}
    assert [row["ids"] for row in rows if "pair" not in row] == [
        tokenizer(row["text"], verbose=False)["input_ids"] for row in rows if "pair" not in row
    ]


def test_the_texts_are_varied_and_hold_the_tokenizers_special_tokens(tokenizer: Any, tmp_path: Path) -> None:
    import unicodedata

    tokenizer.write_golden_ids(tmp_path)
    rows = json.loads((tmp_path / "golden_ids.json").read_text(encoding="utf-8"))["texts"]
    text = "".join(row["text"] for row in rows)
    scripts = {unicodedata.name(character, "?").split()[0] for character in text if character.isalpha()}
    assert len(scripts) > 30
    assert {unicodedata.category(character) for character in text} >= {
        "Lu",
        "Mn",
        "Mc",
        "Nd",
        "So",
        "Cc",
        "Cf",
        "Cn",
        "Co",
    }
    for token in tokenizer.all_special_tokens:
        assert any(row["text"].startswith(f"{token} ") for row in rows)


def test_writing_is_deterministic(tokenizer: Any, tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        tokenizer.write_golden_ids(tmp_path / name, ["x"])
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def drop_lowercase(document: dict[str, Any]) -> None:
    document["normalizer"]["lowercase"] = False


def drop_accents(document: dict[str, Any]) -> None:
    document["normalizer"]["strip_accents"] = False


def keep_controls(document: dict[str, Any]) -> None:
    document["normalizer"]["clean_text"] = False


def chinese_as_words(document: dict[str, Any]) -> None:
    document["normalizer"]["handle_chinese_chars"] = False


def split_at_spaces(document: dict[str, Any]) -> None:
    document["pre_tokenizer"] = {"type": "WhitespaceSplit"}


def swap_ids(document: dict[str, Any]) -> None:
    vocab = document["model"]["vocab"]
    vocab["hello"], vocab["world"] = vocab["world"], vocab["hello"]


def shorter_words(document: dict[str, Any]) -> None:
    document["model"]["max_input_chars_per_word"] = 99


def shorter_pairs(document: dict[str, Any]) -> None:
    document["post_processor"]["pair"].pop()


def no_template(document: dict[str, Any]) -> None:
    document["post_processor"] = None


def wider_token(document: dict[str, Any]) -> None:
    document["added_tokens"][4]["lstrip"] = True


def type_of_pairs(document: dict[str, Any]) -> None:
    document["post_processor"]["pair"][3] = {"Sequence": {"id": "B", "type_id": 0}}


CHANGES = [
    drop_lowercase, drop_accents, keep_controls, chinese_as_words, split_at_spaces, swap_ids, shorter_words,
    shorter_pairs, type_of_pairs, no_template, wider_token,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_of_any_stage_is_noticed(
    tokenizer: Any, document: dict[str, Any], tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    tokenizer.write_golden_ids(tmp_path)
    change(document)
    with pytest.raises(GoldenIdsError, match="encoded otherwise now") as caught:
        made_of(document).check_golden_ids(tmp_path)
    report = caught.value.report
    assert report.differences
    assert not report.same_content
    assert compare_tokenizers(tokenizer, made_of(document))


def test_a_difference_says_text_expected_and_found(tokenizer: Any, document: dict[str, Any], tmp_path: Path) -> None:
    tokenizer.write_golden_ids(tmp_path)
    swap_ids(document)
    with pytest.raises(GoldenIdsError) as caught:
        made_of(document).check_golden_ids(tmp_path)
    vocab = tokenizer.get_vocab()
    message = str(caught.value)
    assert f"'Hello, world!': expected hello({vocab['hello']})" in message
    assert f"found hello({vocab['world']})" in message


def test_only_spans_or_types_may_have_changed(tokenizer: Any, tmp_path: Path) -> None:
    path = tmp_path / "golden_ids.json"
    tokenizer.write_golden_ids(path)
    golden = json.loads(path.read_text(encoding="utf-8"))
    golden["texts"][1]["details"] = "0" * 12
    path.write_text(json.dumps(golden), encoding="utf-8")
    with pytest.raises(GoldenIdsError, match="the same ids, but other spans or types"):
        tokenizer.check_golden_ids(path)


def test_new_content_with_the_same_ids_is_told_but_is_no_error(
    tokenizer: Any, document: dict[str, Any], tmp_path: Path
) -> None:
    tokenizer.write_golden_ids(tmp_path)
    document["padding"] = {
        "strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0,
        "pad_token": "[PAD]",
    }  # fmt: skip
    assert not made_of(document).check_golden_ids(tmp_path).same_content


def test_settings_of_the_tokenizer_do_not_act_on_golden_ids(tokenizer: Any, tmp_path: Path) -> None:
    tokenizer.write_golden_ids(tmp_path)
    tokenizer.model_max_length = 3
    tokenizer.truncation_side = tokenizer.padding_side = "left"
    assert not tokenizer.check_golden_ids(tmp_path).differences


def test_loading_does_not_look_at_the_golden_file(tokenizer: Any, tmp_path: Path) -> None:
    tokenizer.save_pretrained(tmp_path)
    (tmp_path / "golden_ids.json").write_text("broken", encoding="utf-8")
    AutoTokenizer.from_pretrained(tmp_path)


def test_texts_that_cannot_be_golden_are_named(tokenizer: Any, document: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputTypeError, match="golden text 1"):
        tokenizer.write_golden_ids(tmp_path, ["a", None])  # type: ignore[list-item]
    with pytest.raises(InputValueError, match="golden text 0 has a lone surrogate"):
        tokenizer.write_golden_ids(tmp_path, ["\ud800"])
    document = {"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.5}}
    with pytest.raises(InputValueError, match="dropout"):
        made_of(document).write_golden_ids(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 2}, "format 2"),
        ({"texts": []}, "checks nothing"),
        ({"texts": 5}, "'texts' must be a list"),
        ({"tokenizer_sha256": None}, "tokenizer_sha256"),
        ({"texts": [{"text": "a"}]}, r"texts\[0\]"),
        ({"texts": [{"text": "a", "ids": [1], "details": "", "tokens": []}]}, r"texts\[0\]"),
    ],
)
def test_a_broken_golden_file_is_an_error(tokenizer: Any, tmp_path: Path, change: dict[str, Any], words: str) -> None:
    path = tmp_path / "golden_ids.json"
    tokenizer.write_golden_ids(path)
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **change}), encoding="utf-8")
    with pytest.raises(FileFormatError, match=words):
        tokenizer.check_golden_ids(path)


def test_a_missing_golden_file_says_how_to_write_one(tokenizer: Any, tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="--write"):
        tokenizer.check_golden_ids(tmp_path)


# ---- differences ----


def test_a_tokenizer_does_not_differ_from_itself(tokenizer: Any, tmp_path: Path) -> None:
    tokenizer.save_pretrained(tmp_path)
    found = compare_tokenizers(tokenizer, AutoTokenizer.from_pretrained(tmp_path))
    assert not found
    assert found.compared_texts > 40


def test_old_and_new_spellings_of_a_file_do_not_differ() -> None:
    new = {
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]], "fuse_unk": False},
    }
    old = {
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False},
        "model": {"vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]},
    }
    assert not compare_tokenizers(made_of(new), made_of(old), ["abab"])


def test_each_difference_stands_in_its_part(tokenizer: Any, document: dict[str, Any]) -> None:
    vocab = document["model"]["vocab"]
    swap_ids(document)
    vocab["ours"] = vocab.pop("morning")
    document["normalizer"]["lowercase"] = False
    document["post_processor"] = None
    document["added_tokens"][4]["special"] = False
    other = made_of(document)
    other.padding_side = "left"
    found = compare_tokenizers(tokenizer, other, ["Hello", "a day"])
    assert found.settings["padding_side"] == ("right", "left")
    assert set(found.special_tokens) >= {"cls_token"}
    assert found.components["post_processor"][0]["single"] == "[CLS] $A [SEP]"
    assert found.components["post_processor"][1] == {}
    assert set(found.components) == {"normalizer", "post_processor"}
    assert set(found.vocabulary.only_a) == {"morning"}
    assert set(found.vocabulary.only_b) == {"ours"}
    assert set(found.vocabulary.changed) == {"hello", "world"}
    assert set(found.added_tokens.changed) == {"[MASK]"}
    assert [row["text"] for row in found.texts] == ["Hello", "a day"]


def test_merges_and_scores_are_compared() -> None:
    vocab = {"a": 0, "b": 1, "c": 2, "ab": 3, "bc": 4}
    one, two = (
        made_of({"model": {"type": "BPE", "vocab": vocab, "merges": merges}})
        for merges in (["a b", "b c"], ["b c", "a b"])
    )
    found = compare_tokenizers(one, two, ["abc", "ab"])
    assert found.merges == (0, ("a", "b"), ("b", "c"))
    assert [row["ids"] for row in found.texts] == [[[3, 2], [0, 4]]]
    one, two = (
        made_of({"model": {"type": "Unigram", "unk_id": 0, "vocab": [["?", 0.0], ["a", -1.0], ["aa", score]]}})
        for score in (-1.5, -3.0)
    )
    found = compare_tokenizers(one, two, ["aa"])
    assert found.scores == {"aa": (-1.5, -3.0)}
    assert [row["ids"] for row in found.texts] == [[[2], [1, 1]]]


# ---- descriptions ----


def test_a_description_has_the_files_names_and_the_settings_that_act() -> None:
    spec = Spec(
        {
            "normalizer": {
                "type": "Sequence",
                "normalizers": [{"type": "NFKC"}, {"type": "Sequence", "normalizers": [{"type": "Lowercase"}]}],
            },
            "pre_tokenizer": {"type": "Metaspace", "replacement": "▁"},
            "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "x": 1}, "unk_token": "[UNK]"},
            "decoder": {"type": "BPEDecoder", "suffix": "</w>"},
        }
    )
    described = describe(spec)
    assert list(described) == ["normalizer", "pre_tokenizer", "model", "post_processor", "decoder"]
    assert described["normalizer"] == [{"type": "NFKC"}, {"type": "Lowercase"}]
    assert described["pre_tokenizer"] == [
        {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    ]
    assert described["model"] == {"type": "WordLevel", "vocab": 2, "unk_token": "[UNK]"}
    assert described["post_processor"] == {}
    assert described["decoder"] == [{"type": "BPEDecoder", "suffix": "</w>"}]


def pieces(text: str, **stages: Any) -> list[str]:
    """The words that these stages make of `text`, as spans of it."""
    model = {"type": "WordLevel", "vocab": {"?": 0}, "unk_token": "?"}
    row = made_of({**stages, "model": model})(text, return_offsets_mapping=True)
    return [text[begin:end] for begin, end in row["offset_mapping"]]


def normalized(text: str, normalizer: dict[str, Any]) -> bool:
    """Whether `normalizer` changes `text`."""
    tokenizer = made_of(
        {"normalizer": normalizer, "model": {"type": "WordLevel", "vocab": {"?": 0, text: 1}, "unk_token": "?"}}
    )
    return bool(tokenizer(text)["input_ids"] != [1])


def test_the_unicode_versions_are_those_of_the_tables() -> None:
    """Code points that came with, or changed in, one version, on both sides of each border that is claimed."""
    split_punctuation = {"type": "Punctuation", "behavior": "Isolated"}
    assert pieces("a\u2e42b", pre_tokenizer=split_punctuation) == ["a", "\u2e42", "b"]  # punctuation since 7.0
    assert pieces("a\u2e43b", pre_tokenizer=split_punctuation) == ["a\u2e43b"]  # since 9.0
    assert not normalized("\u32ff", {"type": "NFKC"})  # a square since 12.1
    assert normalized("\u32fe", {"type": "NFKC"})
    letters = {"type": "Split", "pattern": {"Regex": r"\p{L}"}, "behavior": "Removed", "invert": False}
    assert pieces("1\ua7cb2", pre_tokenizer=letters) == ["1", "2"]  # a letter since 16.0
    assert pieces("1\ua7ce2", pre_tokenizer=letters) == ["1\ua7ce2"]  # since 17.0
    assert pieces("a\ua7cbb", pre_tokenizer={"type": "Whitespace"}) == ["a\ua7cbb"]
    assert pieces("a\ua7ceb", pre_tokenizer={"type": "Whitespace"}) == ["a", "\ua7ce", "b"]
    assert normalized("\ua7ce", {"type": "Lowercase"})  # 17.0
    graphemes = (ROOT / "cpp" / "unicode" / "grapheme_tables.inc").read_text(encoding="utf-8")
    assert "{0x11B60, 0x11B60, kConjunctExtend}" in graphemes  # a mark since 17.0
    assert list(UNICODE_VERSIONS.values()) == ["16.0", "16.0", "17.0", "17.0", "9.0", "8.0"]
