"""The names and the id-based methods of transformers 4, beside the tokenizer of transformers that still has them."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from leanformers import AddedToken, PreTrainedTokenizer
from leanformers.errors import InputValueError
from leanformers.tokenizers.spec import Spec

tokenizers = pytest.importorskip("tokenizers")
transformers = pytest.importorskip("transformers")
FIRST, SECOND = [200, 201, 202, 203, 204, 205, 206], [300, 301, 302, 303]


class WithoutBackend(transformers.PythonBackend):  # type: ignore[misc]
    """BERT's special tokens in the part of transformers that works on ids."""

    special_tokens_pattern = "cls_sep"
    token_type_ids_pattern = "bert_style"
    token_type_ids_include_special_tokens = True

    def __init__(self) -> None:
        self.table = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103}
        super().__init__(
            cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]",
            special_tokens_pattern="cls_sep", token_type_ids_pattern="bert_style",
            token_type_ids_include_special_tokens=True,
            model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        )  # fmt: skip

    @property
    def vocab_size(self) -> int:
        return 1000

    def get_vocab(self) -> dict[str, int]:
        return dict(self.table)

    def _convert_token_to_id(self, token: str) -> int:
        return self.table.get(token, 100)

    def _convert_id_to_token(self, index: int) -> str:
        return next((token for token, number in self.table.items() if number == index), "[UNK]")


@pytest.fixture(scope="module")
def theirs() -> Any:
    return WithoutBackend()


def test_special_tokens_around_ids(cased: Any, theirs: Any) -> None:
    for first, second in [(FIRST, None), (FIRST, SECOND), ([], None), ([], [])]:
        for name in ("build_inputs_with_special_tokens", "create_token_type_ids_from_sequences"):
            assert getattr(cased, name)(first, second) == getattr(theirs, name)(first, second)
        mask = cased.get_special_tokens_mask(first, second)
        ids = cased.build_inputs_with_special_tokens(first, second)
        assert mask == [int(number in (101, 102)) for number in ids]
        assert cased.get_special_tokens_mask(ids, already_has_special_tokens=True) == mask
    with pytest.raises(InputValueError, match="leave out token_ids_1"):
        cased.get_special_tokens_mask(FIRST, SECOND, already_has_special_tokens=True)


@pytest.mark.parametrize("strategy", ["longest_first", "only_first", "only_second"])
@pytest.mark.parametrize("side", ["right", "left"])
def test_ids_are_cut(cased_folder: Path, theirs: Any, strategy: str, side: str) -> None:
    from leanformers import BertTokenizer

    ours = BertTokenizer.from_pretrained(cased_folder, truncation_side=side)
    theirs.truncation_side = side
    try:
        for (first, second), count, stride in itertools.product(
            [(FIRST, None), (FIRST, SECOND), (SECOND, FIRST), (FIRST, FIRST)], (0, 1, 2, 4), (0, 1, 9)
        ):
            if second is None and strategy == "only_second":
                continue
            given = (list(first), None if second is None else list(second), count, strategy, stride)
            assert ours.truncate_sequences(*given) == tuple(theirs.truncate_sequences(*given)), given
    finally:
        theirs.truncation_side = "right"
    with pytest.raises(InputValueError, match="cannot remove 9 tokens from a text of 7"):
        ours.truncate_sequences(FIRST, SECOND, 9, "only_first")
    with pytest.raises(InputValueError, match="choose 'longest_first'"):
        ours.truncate_sequences(FIRST, None, 1, "longest")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"add_special_tokens": False},
        {"padding": "max_length", "max_length": 20, "return_length": True},
        {"truncation": "only_first", "max_length": 8, "stride": 2, "return_overflowing_tokens": True},
        {"truncation": True, "max_length": 9, "return_special_tokens_mask": True},
        {"padding": "max_length", "truncation": "only_first", "max_length": 12, "padding_side": "left"},
        {"return_token_type_ids": False, "return_attention_mask": False},
    ],
)
def test_ids_become_inputs(cased: Any, theirs: Any, options: dict[str, Any]) -> None:
    for second in (None, SECOND):
        ours, expected = (
            tokenizer.prepare_for_model(list(FIRST), None if second is None else list(second), **options)
            for tokenizer in (cased, theirs)
        )
        if "special_tokens_mask" in ours:  # theirs marks [UNK] and no [CLS] in some versions
            assert ours.pop("special_tokens_mask") == cased.get_special_tokens_mask(
                ours["input_ids"], already_has_special_tokens=True
            )
            expected.pop("special_tokens_mask")
        assert dict(ours) == dict(expected)
    tensors = cased.prepare_for_model(FIRST, return_tensors="np", prepend_batch_axis=True)
    assert tensors["input_ids"].shape == (1, 9)


def test_calls_by_their_earlier_names(cased: Any) -> None:
    assert cased.encode_plus("a", "b", max_length=4, truncation=True) == cased("a", "b", max_length=4, truncation=True)
    assert cased.batch_encode_plus(["a", "b c"], padding=True) == cased(["a", "b c"], padding=True)
    assert cased.clean_up_tokenization("a , b .") == "a, b."
    assert cased.max_len_single_sentence == cased.model_max_length - 2
    assert cased.max_len_sentences_pair == cased.model_max_length - 3
    assert cased.additional_special_tokens_ids == []
    extended = cased.special_tokens_map_extended
    assert isinstance(extended["cls_token"], AddedToken)
    assert {role: token.content for role, token in extended.items()} == cased.special_tokens_map


def reference(model: Any) -> Any:
    return tokenizers.Tokenizer(model)


@pytest.mark.parametrize(
    "model",
    [
        tokenizers.models.WordPiece({"[UNK]": 0, "a": 1, "##b": 2}, unk_token="[UNK]"),
        tokenizers.models.WordLevel({"b": 1, "a": 0, "é": 2}, unk_token="a"),
        tokenizers.models.BPE({"a": 0, "b": 1, "ab": 2, "abb": 3}, [("a", "b"), ("ab", "b")]),
        tokenizers.models.Unigram([("<unk>", 0.0), ("a", -1.5)], unk_id=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_vocabularies_are_saved_as_the_reference_reads_them(model: Any, tmp_path: Path) -> None:
    theirs = tokenizers.Tokenizer(model)
    ours = PreTrainedTokenizer(Spec(json.loads(theirs.to_str())))
    paths = ours.save_vocabulary(tmp_path, "x")
    (tmp_path / "theirs").mkdir()
    expected = theirs.model.save(str(tmp_path / "theirs"), "x")
    assert [Path(path).name for path in paths] == [Path(path).name for path in expected]
    for path, other in zip(paths, expected, strict=True):
        text, wanted = (Path(name).read_text(encoding="utf-8") for name in (path, other))
        if path.endswith(".json"):
            text, wanted = json.loads(text), json.loads(wanted)
        assert text == wanted
