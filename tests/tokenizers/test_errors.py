"""Mistakes people make in a call, and what they are told. Each error names the thing and what would be right."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy
import pytest

from leanformers import LeanformersError
from leanformers.errors import ArgumentError, InputTypeError, InputValueError, LeanformersWarning

from .documents import document

LONG = "word " * 20  # 22 tokens


@pytest.fixture
def short(minilm_folder: Any) -> Any:
    """A tokenizer for a model that takes 8 tokens."""
    from leanformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(minilm_folder, model_max_length=8)


# ---- texts ----


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "text is None"),
        (5, "text is the int 5"),
        (1.5, "text is the float 1.5"),
        (b"x", r"text is bytes; decode it first"),
        ({"a"}, "text is a set"),
        ({"a": "b"}, "text is a dict"),
        (object(), "text is of type object"),
        (["a", None], "item 1 is None"),
        (["a", float("nan")], "item 1 is the float nan"),
        (["a", 3], "item 1 is the int 3"),
        (["a", b"b"], "item 1 is of type bytes"),
        ([3, "a"], "item 0 is the int 3"),
        (["a", ["b", "c"]], "item 1 is of type list"),
        (["a", ("b", "c")], "item 1 is of type tuple"),
        ([("a", "b"), "c"], "item 1 is of type str; the first item is a pair"),
        ([("a", "b"), ("c", None)], "the second text of item 1 is None"),
        (numpy.array([1, 2]), "item 0 is the int 1"),
    ],
)
def test_what_is_no_text_is_named(cased: Any, text: Any, message: str) -> None:
    for call in (cased, cased.encode_ragged):
        with pytest.raises(InputTypeError, match=message):
            call(text)
    with pytest.raises(TypeError):
        cased(text, padding=True, return_tensors="np", return_offsets_mapping=True)


def test_pairs_must_be_pairs(cased: Any) -> None:
    with pytest.raises(InputValueError, match="text has 2 rows, text_pair has 1"):
        cased(["a", "b"], ["c"])
    with pytest.raises(InputValueError, match="item 1 has 3 texts"):
        cased([("a", "b"), ("a", "b", "c")])
    with pytest.raises(InputTypeError, match="text_pair must be a list too"):
        cased(["a", "b"], "c")
    with pytest.raises(InputTypeError, match="text is one str, so text_pair must be one too"):
        cased("a", ["b"])
    with pytest.raises(InputTypeError, match="the second text of item 1 is the int 3"):
        cased(["a", "b"], ["c", 3])
    with pytest.raises(InputTypeError, match="tokenize\\(\\) takes one str, not list"):
        cased.tokenize(["a"])


def test_an_empty_second_text_makes_a_pair_alone_as_in_a_batch(cased: Any) -> None:
    assert cased("a", "")["input_ids"] == cased(["a"], [""])["input_ids"][0] == [101, 170, 102, 102]


def test_a_lone_surrogate_is_read_as_the_replacement_character(both: Any) -> None:
    assert both.ours("a \ud800b")["input_ids"] == both.ours("a \ufffdb")["input_ids"]
    assert both.ours("a \ud800b", return_offsets_mapping=True)["offset_mapping"][2] == (3, 4)
    assert both.ours.tokenize("\udfff") == both.theirs.tokenize("\ufffd")


def test_special_tokens_in_text_are_special_as_in_the_reference(cased: Any) -> None:
    assert cased("a [SEP] b")["input_ids"] == [101, 170, 102, 171, 102]


@pytest.mark.parametrize("threads", [False, True])
def test_special_tokens_in_text_can_be_warned_of(cased: Any, threads: bool) -> None:
    texts = ["a [SEP] b", "a", "[UNK] \U0001f40b", "\U0001f40b"] + ["words " * 100] * (400 * threads) + ["[MASK]", "c"]
    last = len(texts) - 2
    with pytest.warns(LeanformersWarning, match=rf"special tokens stand in the text itself: texts 0, 2, {last};"):
        encoded = cased(texts, split_special_tokens="warn")
    assert encoded["input_ids"] == cased(texts)["input_ids"]
    with pytest.warns(LeanformersWarning, match=rf"special tokens stand in the text itself: texts 0, 2, {last};"):
        assert cased.encode_ragged(texts, split_special_tokens="warn").to_lists() == encoded["input_ids"]
    with pytest.warns(LeanformersWarning, match="the text itself: text 0;"):
        cased("a", "[CLS]", split_special_tokens="warn")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cased("plain", split_special_tokens="warn")
        cased("[SEP]", split_special_tokens=True)
        cased("[SEP]")
    with pytest.raises(InputValueError, match="split_special_tokens='wran': choose True, False, 'warn'"):
        cased("a", split_special_tokens="wran")


def test_a_word_of_more_than_100_characters_is_unknown(cased: Any) -> None:
    assert cased.tokenize("a" * 100) != ["[UNK]"]
    assert cased.tokenize("a" * 101) == ["[UNK]"]


# ---- arguments ----


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("max_lenght", "max_length"),
        ("truncatoin", "truncation"),
        ("paddding", "padding"),
        ("return_tensor", "return_tensors"),
        ("add_special_token", "add_special_tokens"),
        ("pad_to_multiple", "pad_to_multiple_of"),
    ],
)
def test_a_misspelt_argument_is_refused_with_the_nearest_name(cased: Any, name: str, meant: str) -> None:
    for call in (cased, cased.encode, cased.tokenize):
        with pytest.raises(ArgumentError, match=rf"no argument '{name}'; did you mean '{meant}'\?"):
            call("a", **{name: True})
    with pytest.raises(TypeError):
        cased("a", something_else=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"padding": "longset"}, r"padding='longset': choose True, False, .*did you mean 'longest'"),
        ({"padding": 1}, "padding=1: choose True"),
        ({"padding": None}, "padding=None: choose True"),
        ({"truncation": "only_frist", "max_length": 5}, "truncation='only_frist'.*did you mean 'only_first'"),
        ({"truncation": 5}, "truncation=5: choose True"),
        ({"padding": True, "padding_side": "rihgt"}, "padding_side='rihgt': choose 'left' or 'right'"),
        ({"truncation": True, "max_length": 5, "truncation_side": "up"}, "truncation_side='up'"),
        ({"return_tensors": "tf"}, "return_tensors='tf': choose 'np'.* or 'pt'"),
        ({"return_tensors": "jax"}, "choose 'np'"),
        ({"truncation": True, "max_length": -1}, "max_length=-1 must be at least 0"),
        ({"truncation": True, "max_length": 0}, "max_length=0 is too short: 2 special tokens"),
        ({"truncation": True, "max_length": 1}, "max_length=1 is too short: 2 special tokens"),
        ({"padding": True, "pad_to_multiple_of": 0}, "pad_to_multiple_of=0 must be at least 1"),
        ({"truncation": "only_second", "max_length": 5}, "truncation='only_second' needs pairs"),
        ({"padding": "max_length"}, "padding='max_length' needs max_length"),
        (
            {"padding": True, "truncation": True, "max_length": 7, "pad_to_multiple_of": 4},
            "max_length=7 cannot be padded to a multiple of 4",
        ),
    ],
    ids=str,
)
def test_an_argument_that_cannot_be_used_is_refused(cased: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputValueError, match=message) as caught:
        cased(["a b c"], **options)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, LeanformersError)


@pytest.mark.parametrize("value", ["5", 5.0, True])
def test_lengths_must_be_int(cased: Any, value: Any) -> None:
    with pytest.raises(InputTypeError, match="max_length must be an int"):
        cased("a", truncation=True, max_length=value)


def test_a_numpy_int_is_a_length(cased: Any) -> None:
    assert len(cased("a b c d", truncation=True, max_length=numpy.int64(4))["input_ids"]) == 4


def test_the_special_tokens_must_fit_in_max_length(cased: Any) -> None:
    assert cased("a b", truncation=True, max_length=2)["input_ids"] == [101, 102]
    assert cased("a b", truncation=True, max_length=1, add_special_tokens=False)["input_ids"] == [170]
    with pytest.raises(InputValueError, match="max_length=2 is too short: 3 special tokens"):
        cased("a", "b", truncation=True, max_length=2)


@pytest.mark.parametrize(
    ("strategy", "pair"), [("only_first", ("a", "b c d e f g")), ("only_second", ("a b c d e", "b"))]
)
def test_a_text_too_short_to_give_way_is_named(cased: Any, strategy: str, pair: tuple[str, str]) -> None:
    with pytest.raises(InputValueError, match="row 1"):
        cased([("a", "b"), pair], truncation=strategy, max_length=5)


def test_rows_of_different_lengths_are_no_tensor(cased: Any) -> None:
    for kind in ("np", "pt"):
        with pytest.raises(
            InputValueError, match=r"needs rows of one length, but they have 3, 5 tokens: use padding=True"
        ):
            cased(["a", "a b c"], return_tensors=kind)


def test_padding_needs_a_pad_token(minilm_folder: Any) -> None:
    from leanformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(minilm_folder)
    tokenizer.pad_token = None
    for call in (lambda: tokenizer(["a", "a b"], padding=True), lambda: tokenizer.pad({"input_ids": [[1], [2, 3]]})):
        with pytest.raises(InputValueError, match="the tokenizer has no pad_token"):
            call()
    tokenizer.pad_token = "[SEP]"
    assert tokenizer(["a", "a b"], padding=True)["input_ids"][0][-1] == tokenizer.sep_token_id


def test_a_special_token_must_be_in_the_vocabulary(cased: Any, minilm_folder: Any) -> None:
    from leanformers import AutoTokenizer

    with pytest.raises(InputValueError, match="pad_token='<mypad>' is not in the vocabulary"):
        cased.pad_token = "<mypad>"
    with pytest.raises(InputValueError, match="pad_token='<mypad>' is not in the vocabulary"):
        AutoTokenizer.from_pretrained(minilm_folder, pad_token="<mypad>")
    with pytest.raises(InputTypeError, match="must be a string"):
        cased.pad_token = 3
    for number in (99999, -1, None):
        with pytest.raises(InputValueError, match=f"pad_token_id={number} is not in the vocabulary of 28996 tokens"):
            cased.pad_token_id = number
    assert cased.pad_token == "[PAD]"


# ---- what is allowed, but easily not meant ----


def only_warning(call: Callable[[], Any]) -> str:
    with pytest.warns(LeanformersWarning) as caught:
        call()
    assert len(caught) == 1
    assert caught[0].filename == __file__  # the caller's own line
    return str(caught[0].message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_length": 5, "truncation": False}, "max_length=5 has no effect with truncation=False"),
        ({"max_length": 5, "padding": True}, "max_length=5 has no effect without truncation"),
        ({"truncation": True}, "nothing is truncated"),
        ({"padding_side": "left"}, "padding_side='left' has no effect without padding"),
        ({"pad_to_multiple_of": 8}, "pad_to_multiple_of=8 has no effect without padding"),
        ({"truncation_side": "left"}, "truncation_side='left' has no effect without truncation"),
    ],
    ids=str,
)
def test_an_argument_without_effect_is_warned_of(cased: Any, options: dict[str, Any], message: str) -> None:
    results = []
    assert message in only_warning(lambda: results.append(cased(["a b c d e f"], **options)))
    assert results[0]["input_ids"] == cased(["a b c d e f"])["input_ids"]


def test_max_length_alone_truncates_and_says_so(both: Any) -> None:
    results = []
    message = only_warning(lambda: results.append(both.ours("a b c d", max_length=4)))
    assert "max_length=4 alone truncates" in message
    assert results[0]["input_ids"] == both.theirs("a b c d", max_length=4)["input_ids"]


def test_rows_longer_than_the_model_takes_are_named_once_a_call(short: Any) -> None:
    texts = ["a", LONG, "b", LONG + LONG]
    for call in (lambda: short(texts), lambda: short(texts, padding=True), lambda: short.encode_ragged(texts)):
        for _ in range(2):  # in every call, not only in the first
            message = only_warning(call)
            assert "2 of 4 rows are longer than the model takes (8 tokens)" in message
            assert "row 1: 22 tokens, row 3: 42 tokens" in message
            assert "truncation=True" in message
    assert "1 of 1 rows" in only_warning(lambda: short(LONG))


def test_no_warning_where_the_length_was_dealt_with(short: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        short(LONG, truncation=True)
        short(LONG, truncation=True, max_length=20)
        short(LONG, verbose=False)
        short(["a"] * 100)
        short([])


def test_the_limit_is_taken_from_the_configuration_of_the_model(write_folder: Any, minilm_folder: Any) -> None:
    from leanformers import AutoTokenizer

    vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n"
    folder = write_folder(vocab__txt=vocabulary, config__json={"model_type": "bert", "max_position_embeddings": 6})
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.model_max_length == 6
    assert len(tokenizer("a a a a a a a a", truncation=True)["input_ids"]) == 6
    assert AutoTokenizer.from_pretrained(folder, model_max_length=5).model_max_length == 5


@pytest.mark.parametrize(
    ("config", "limit"),
    [
        ({"model_type": "electra", "max_position_embeddings": 512}, 512),
        ({"model_type": "gpt2", "n_positions": 1024}, 1024),
        ({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
        ({"model_type": "xlm-roberta", "max_position_embeddings": 514}, 512),
        ({"model_type": "roberta", "max_position_embeddings": 40, "pad_token_id": 7}, 32),
        ({"model_type": "t5", "n_positions": 512}, None),  # relative positions: any length
    ],
)
def test_the_limit_is_what_the_positions_hold(write_folder: Any, config: dict[str, Any], limit: int | None) -> None:
    from leanformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(write_folder(tokenizer__json=document(), config__json=config))
    assert tokenizer.model_max_length == limit or (limit is None and tokenizer.model_max_length > 10**20)
