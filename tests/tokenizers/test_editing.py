"""Added tokens, special tokens, and special tokens as plain text: beside transformers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leanformers import AddedToken, AutoTokenizer, BertTokenizer
from leanformers.errors import ArgumentError, InputTypeError, InputValueError

transformers = pytest.importorskip("transformers")

TEXTS = ["<x>a <y> b", "unbelievable <X>", "[SEP] [MASK]a", "  <y>  <x>", "the newword, newwords"]


@pytest.fixture
def fresh(cased_folder: Path) -> tuple[Any, Any]:
    """Both tokenizers, to be changed."""
    return (
        BertTokenizer.from_pretrained(cased_folder, do_lower_case=True),
        transformers.BertTokenizer.from_pretrained(cased_folder, do_lower_case=True),
    )


def same(ours: Any, theirs: Any) -> None:
    assert len(ours) == len(theirs)
    assert ours.get_added_vocab() == theirs.get_added_vocab()
    encoding, expected = ours(TEXTS, return_offsets_mapping=True), theirs(TEXTS, return_offsets_mapping=True)
    assert dict(encoding) == dict(expected)
    assert [encoding.tokens(row) for row in range(len(TEXTS))] == [expected.tokens(row) for row in range(len(TEXTS))]
    for skip in (False, True):
        assert ours.batch_decode(encoding["input_ids"], skip_special_tokens=skip) == theirs.batch_decode(
            expected["input_ids"], skip_special_tokens=skip
        )


def theirs_of(token: Any) -> Any:
    if isinstance(token, str):
        return token
    flags = {name: getattr(token, name) for name in ("single_word", "lstrip", "rstrip", "normalized", "special")}
    return transformers.AddedToken(token.content, **flags)


@pytest.mark.parametrize(
    "tokens",
    [
        "<x>",
        ["<x>", "<y>"],
        ["<x>", "<x>"],
        ["the", "<x>"],
        [AddedToken("[SEP]", special=True)],
        [""],
        [],
        [AddedToken("<x>", lstrip=True), AddedToken("<y>", rstrip=True, normalized=False)],
        [AddedToken("newword", single_word=True)],
        [AddedToken("<x>", special=True), "<x>"],
        ["<X>"],
    ],
)
@pytest.mark.parametrize("special", [False, True])
def test_added_tokens_are_those_of_transformers(fresh: Any, tokens: Any, special: bool) -> None:
    ours, theirs = fresh
    given = [theirs_of(token) for token in tokens] if isinstance(tokens, list) else theirs_of(tokens)
    assert ours.add_tokens(tokens, special_tokens=special) == theirs.add_tokens(given, special_tokens=special)
    same(ours, theirs)


def test_special_tokens_get_their_roles(fresh: Any) -> None:
    ours, theirs = fresh
    for tokens in (
        {"bos_token": "<x>", "eos_token": "[SEP]"},
        {"extra_special_tokens": ["<y>", "<z>"]},
        {"additional_special_tokens": ["<w>"]},
    ):
        assert ours.add_special_tokens(tokens) == theirs.add_special_tokens(dict(tokens))
        same(ours, theirs)
        assert ours.special_tokens_map == theirs.special_tokens_map
        assert ours.extra_special_tokens == theirs.extra_special_tokens
        assert ours.all_special_ids == theirs.all_special_ids
    ours.add_special_tokens({"extra_special_tokens": ["<v>"]}, replace_extra_special_tokens=False)
    assert ours.extra_special_tokens == ["<w>", "<v>"]


def test_what_is_no_token_is_an_error(fresh: Any) -> None:
    ours, _ = fresh
    with pytest.raises(InputTypeError, match="must be a string, not 3"):
        ours.add_tokens([3])
    with pytest.raises(ArgumentError, match="no special token 'bos_tokn'; did you mean 'bos_token'"):
        ours.add_special_tokens({"bos_tokn": "<x>"})
    with pytest.raises(InputTypeError, match="must be a list of tokens, not '<x>'"):
        ours.add_special_tokens({"extra_special_tokens": "<x>"})
    with pytest.raises(InputValueError, match=r"add it: tokenizer.add_special_tokens\({'pad_token': '<mypad>'}\)"):
        ours.pad_token = "<mypad>"
    assert len(ours) == 28996


def test_added_tokens_are_saved(fresh: Any, tmp_path: Path) -> None:
    ours, _ = fresh
    ours.add_tokens(["newword"])
    ours.add_special_tokens({"bos_token": "<x>", "extra_special_tokens": ["<y>"]})
    ours.save_pretrained(tmp_path)
    for loaded in (AutoTokenizer.from_pretrained(tmp_path), transformers.AutoTokenizer.from_pretrained(tmp_path)):
        assert loaded(TEXTS)["input_ids"] == ours(TEXTS)["input_ids"]
        assert (loaded.bos_token, loaded.extra_special_tokens) == ("<x>", ["<y>"])


def test_a_copy_keeps_its_tokens(fresh: Any) -> None:
    import copy

    ours, _ = fresh
    other = copy.copy(ours)
    ours.add_tokens("<x>")
    assert (len(ours), len(other)) == (28997, 28996)


def test_calls_go_on_while_tokens_are_added(fresh: Any) -> None:
    ours, _ = fresh
    before = ours("<t9> the end")["input_ids"]
    failures: list[Any] = []

    def call() -> None:
        while not done.is_set():
            encoding = ours("<t9> the end")
            if encoding["input_ids"] != before and "<t9>" not in encoding.tokens():
                failures.append(encoding.tokens())

    done = threading.Event()
    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for i in range(10):
        ours.add_tokens(f"<t{i}>")
    done.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert ours.tokenize("<t9> the end")[0] == "<t9>"


def test_special_tokens_can_be_read_as_text(load_both: Callable[[str], Any]) -> None:
    both = load_both("cased")
    texts = ["[SEP] a[CLS]", "[MASK]", "no special"]
    for split in (True, False):
        ours = both.ours(texts, split_special_tokens=split, return_offsets_mapping=True)
        theirs = both.theirs(texts, split_special_tokens=split, return_offsets_mapping=True)
        assert dict(ours) == dict(theirs)
        assert [ours.tokens(row) for row in range(3)] == [theirs.tokens(row) for row in range(3)]
    assert "[SEP]" in both.ours.tokenize("[SEP]")  # a call changes nothing


def test_the_setting_of_a_folder_is_the_default(cased_folder: Path, tmp_path: Path) -> None:
    tokenizer = BertTokenizer.from_pretrained(cased_folder, split_special_tokens=True)
    assert tokenizer.tokenize("[SEP]") == ["[", "se", "##p", "]"]
    assert tokenizer.tokenize("[SEP]", split_special_tokens=False) == ["[SEP]"]
    assert tokenizer.encode_ragged(["[SEP]"]).to_lists() == tokenizer(["[SEP]"])["input_ids"]
    assert tokenizer.encode_ragged(["[SEP]"], split_special_tokens=False).to_lists() == [[101, 102, 102]]
    tokenizer.save_pretrained(tmp_path)
    assert AutoTokenizer.from_pretrained(tmp_path).split_special_tokens


def test_what_a_model_is_to_write(both: Any) -> None:
    texts, targets = ["a b", "c"], ["Unbelievable!", "x y z"]
    options = {"padding": True, "truncation": True, "max_length": 6}
    for given in (
        {"text": texts, "text_target": targets},
        {"text_target": targets},
        {"text": "a", "text_target": "b c"},
        {"text": texts, "text_target": targets, "text_pair_target": texts, "max_target_length": 4},
    ):
        assert dict(both.ours(**given, **options)) == dict(both.theirs(**given, **options))
