"""From ids back to text and tokens, as the reference does it, in every form ids can have."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
import torch

from leanformers.errors import ArgumentError, InputTypeError, TokenIdError


def test_ids_may_come_in_any_form(cased: Any) -> None:
    ids = cased("Hello, world")["input_ids"]
    text = "[CLS] Hello, world [SEP]"
    for form in (ids, tuple(ids), numpy.array(ids), torch.tensor(ids), [numpy.int64(i) for i in ids], iter(ids)):
        assert cased.decode(form) == text
    assert cased.decode([torch.tensor(i) for i in ids]) == text
    assert cased.decode(cased("Hello, world")) == text
    assert cased.decode(ids[1]) == cased.decode(numpy.int64(ids[1])) == "Hello"
    assert cased.decode([]) == ""


def test_a_batch_of_ids_gives_a_list_of_texts(cased: Any) -> None:
    rows = cased(["one", "two three"])["input_ids"]
    texts = ["[CLS] one [SEP]", "[CLS] two three [SEP]"]
    padded = cased(["one", "two three"], padding=True, return_tensors="pt")["input_ids"]
    assert cased.decode(rows) == cased.batch_decode(rows) == cased.decode(tuple(map(tuple, rows))) == texts
    assert cased.decode([torch.tensor(row) for row in rows]) == texts
    assert cased.decode(cased.encode_ragged(["one", "two three"])) == texts
    assert cased.batch_decode(padded, skip_special_tokens=True) == ["one", "two three"]
    assert cased.batch_decode(padded.numpy())[0] == "[CLS] one [SEP] [PAD]"
    assert cased.batch_decode(rows[0]) == ["[CLS] one [SEP]"]
    assert cased.batch_decode([]) == []
    assert cased.batch_decode([[], [101]]) == ["", "[CLS]"]


def test_spaces_before_punctuation_are_removed_on_request(both: Any) -> None:
    text = "I'm here, aren't you? It's \"we've\" they're!"
    ids = both.ours(text)["input_ids"]
    for tidy in (None, True, False):
        assert both.ours.decode(ids, clean_up_tokenization_spaces=tidy) == both.theirs.decode(
            ids, clean_up_tokenization_spaces=tidy
        )
    both.ours.clean_up_tokenization_spaces = True
    try:
        assert both.ours.decode(ids) == both.theirs.decode(ids, clean_up_tokenization_spaces=True)
        assert both.ours.decode(ids, clean_up_tokenization_spaces=False) == both.theirs.decode(ids)
    finally:
        both.ours.clean_up_tokenization_spaces = False


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        ([101, 28996], TokenIdError, "id 1 is 28996, which the vocabulary of 28996 tokens does not have"),
        ([-100], TokenIdError, "-100 marks labels"),
        ([-1], TokenIdError, "id 0 is -1"),
        ([2**40], TokenIdError, "id 0 is"),
        ([1.0], InputTypeError, "id 0 is 1.0 of type float"),
        ([101, None], InputTypeError, "id 1 is None"),
        (["101"], InputTypeError, "id 0 is '101'"),
        ([[101], [28996]], TokenIdError, "id 0 is 28996"),
        ([[101], None], InputTypeError, "ids must be int"),
        (None, InputTypeError, "ids must be int or lists of int, not None"),
        ("101", InputTypeError, "ids must be int or lists of int, not '101'"),
        (1.5, InputTypeError, "not 1.5"),
        (numpy.array([1.5]), InputTypeError, "id 0 is 1.5"),
        (object(), InputTypeError, "not object"),
    ],
)
def test_what_is_no_id_is_named(cased: Any, ids: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        cased.decode(ids)


def test_ids_that_mark_ignored_labels_are_left_out_on_request(cased: Any) -> None:
    rows = [[-100, 1103, -100], [-100]]
    assert cased.decode(rows, ignore_index=-100) == cased.batch_decode(rows, ignore_index=-100) == ["the", ""]
    with pytest.raises(TokenIdError, match=r"id 1 is -100.*ignore_index=-100 leaves them out"):
        cased.decode([1103, -100])


def test_a_misspelt_argument_is_refused(cased: Any) -> None:
    with pytest.raises(ArgumentError, match="did you mean 'skip_special_tokens'"):
        cased.decode([101], skip_special_token=True)
    with pytest.raises(ArgumentError, match="did you mean 'skip_special_tokens'"):
        cased.batch_decode([[101]], skip_specal_tokens=True)


def test_tokens_and_ids_convert_both_ways(both: Any) -> None:
    tokens = ["Hello", "##ing", "[CLS]", "not a token", "é"]
    ids = both.ours.convert_tokens_to_ids(tokens)
    assert ids == both.theirs.convert_tokens_to_ids(tokens)
    assert both.ours.convert_ids_to_tokens(ids) == both.theirs.convert_ids_to_tokens(ids)
    assert both.ours.convert_ids_to_tokens(numpy.array(ids)) == both.theirs.convert_ids_to_tokens(ids)
    assert both.ours.convert_ids_to_tokens(ids, skip_special_tokens=True) == both.theirs.convert_ids_to_tokens(
        ids, skip_special_tokens=True
    )
    assert both.ours.convert_tokens_to_ids("[SEP]") == 102
    assert both.ours.convert_tokens_to_ids("") == both.theirs.convert_tokens_to_ids("")
    assert both.ours.convert_ids_to_tokens(102) == "[SEP]"
    known = [token for token in tokens if token != "not a token"]
    assert both.ours.convert_tokens_to_string(known) == both.theirs.convert_tokens_to_string(known)
    assert both.ours.convert_tokens_to_string([]) == ""


def test_what_is_no_token_or_id_is_refused(cased: Any) -> None:
    for tokens in (None, 5, b"a"):
        with pytest.raises(InputTypeError, match="tokens must be str"):
            cased.convert_tokens_to_ids(tokens)
    with pytest.raises(InputTypeError, match="a token must be a str, not 3"):
        cased.convert_tokens_to_ids(["a", 3])
    with pytest.raises(InputTypeError, match="a token must be a str, not None"):
        cased.convert_tokens_to_string(["a", None])
    with pytest.raises(TokenIdError, match="id 1 is 28996"):
        cased.convert_ids_to_tokens([101, 28996])
    with pytest.raises(InputTypeError, match="id 0 is 'a'"):
        cased.convert_ids_to_tokens(["a"])
    with pytest.raises(TokenIdError, match="id 0 is -1"):
        cased.convert_ids_to_tokens(-1)


def test_the_vocabulary_is_that_of_the_reference(both: Any) -> None:
    assert both.ours.get_vocab() == both.ours.vocab == both.theirs.get_vocab()
    assert both.ours.vocab_size == both.theirs.vocab_size
    assert len(both.ours) == len(both.theirs)
    assert bool(both.ours)
    assert both.ours.get_added_vocab() == both.ours.added_tokens_encoder == both.theirs.get_added_vocab()
    assert {i: token.content for i, token in both.ours.added_tokens_decoder.items()} == {
        i: token.content for i, token in both.theirs.added_tokens_decoder.items()
    }
    assert all(token.special for token in both.ours.added_tokens_decoder.values())


def test_the_special_tokens_are_those_of_the_reference(both: Any) -> None:
    for role in ("bos", "eos", "unk", "sep", "pad", "cls", "mask"):
        assert getattr(both.ours, f"{role}_token") == getattr(both.theirs, f"{role}_token")
        assert getattr(both.ours, f"{role}_token_id") == getattr(both.theirs, f"{role}_token_id")
    assert both.ours.special_tokens_map == both.theirs.special_tokens_map
    assert both.ours.all_special_tokens == both.theirs.all_special_tokens
    assert both.ours.all_special_ids == both.theirs.all_special_ids
    assert both.ours.extra_special_tokens == both.theirs.extra_special_tokens
    assert both.ours.pad_token_type_id == both.theirs.pad_token_type_id
    for pair in (False, True):
        assert both.ours.num_special_tokens_to_add(pair) == both.theirs.num_special_tokens_to_add(pair)


def test_a_role_can_be_given_to_another_token(minilm_folder: Any) -> None:
    from leanformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(minilm_folder, mask_token="[unused0]")
    assert tokenizer.mask_token_id == 1
    tokenizer.eos_token = "[SEP]"
    assert tokenizer.eos_token_id == 102
    tokenizer.eos_token_id = 101
    assert tokenizer.eos_token == "[CLS]"
    tokenizer.eos_token = None
    assert tokenizer.eos_token is None
    assert tokenizer.eos_token_id is None
    assert tokenizer("a [unused0] b")["input_ids"][2] == 1  # a special token is found in text
