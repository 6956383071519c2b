"""Pipelines over tokens beside those of transformers: labels and their groups, masked words."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from leanformers import AutoTokenizer, Config
from leanformers.auto import AutoModelForMaskedLM, AutoModelForTokenClassification
from leanformers.errors import ArchitectureError, InputValueError, TooLongError
from leanformers.pipelines import pipeline

transformers = pytest.importorskip("transformers")
TEXTS = [
    "Wolfgang Müller lives in unbelievable Berlin-Kreuzberg.",
    "Hm.",
    "",
    "The U.N. office of Dr. Jane Doe-Smith, 42, in São Paulo 中文 closed at 5 o'clock",
]
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "MISC"]
SIZES = {
    "hidden_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2, "intermediate_size": 64,
    "initializer_range": 0.5, "max_position_embeddings": 64,
}  # fmt: skip


def make(test_data: Any, folder: Any, kind: Any, **config: Any) -> Any:
    torch.manual_seed(3)
    kind.from_config(Config("bert", **SIZES, **config)).save_pretrained(folder)
    AutoTokenizer.from_pretrained(test_data / "checkpoints" / "all-MiniLM-L6-v2").save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def ner(test_data: Any, tmp_path_factory: Any) -> Any:
    folder = tmp_path_factory.mktemp("ner")
    return make(test_data, folder, AutoModelForTokenClassification, id2label=dict(enumerate(LABELS)))


@pytest.fixture(scope="module")
def masked(test_data: Any, tmp_path_factory: Any) -> Any:
    return make(test_data, tmp_path_factory.mktemp("masked"), AutoModelForMaskedLM)


def theirs(task: str, folder: Any) -> Any:
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers.pipeline(task, model=str(folder), device="cpu")


def same(ours: Any, expected: Any) -> None:
    if isinstance(ours, dict):
        assert list(ours) == list(expected)
        assert ours.pop("score") == pytest.approx(float(expected.pop("score")), abs=1e-5)
        assert ours == expected
        return
    assert len(ours) == len(expected)
    for mine, other in zip(ours, expected, strict=True):
        same(mine, other)


@pytest.mark.parametrize("strategy", ["none", "simple", "first", "average", "max"])
@pytest.mark.parametrize("ignored", [["O"], [], ["PER", "B-PER"]])
def test_entities_are_those_of_transformers(ner: Any, strategy: str, ignored: list[str]) -> None:
    texts = [text for text in TEXTS if text]
    options = {"aggregation_strategy": strategy, "ignore_labels": ignored}
    expected = theirs("token-classification", ner)(texts, **options)
    find = pipeline("token-classification", model=ner)
    same(find(texts, **options), expected)
    same([find(text, **options) for text in texts], theirs("token-classification", ner)(texts, **options))


def test_an_empty_text_has_no_entities(ner: Any) -> None:
    assert pipeline("ner", model=ner)(TEXTS, ignore_labels=[])[2] == []


def test_results_come_in_order_and_as_a_stream(ner: Any) -> None:
    find = pipeline("ner", model=ner)
    whole = find(TEXTS)
    assert list(find(iter(TEXTS))) == whole
    assert find(TEXTS, batch_size=1) == whole


@pytest.mark.parametrize("options", [{}, {"top_k": 2}, {"targets": ["day", "night", "the"]}, {"targets": "day"}])
def test_masked_words_are_those_of_transformers(masked: Any, options: dict[str, Any]) -> None:
    texts = ["What a [MASK] day!", "[MASK] is [MASK], or so.", "It [MASK]."]
    fill = pipeline("fill-mask", model=masked)
    same(fill(texts, **options), theirs("fill-mask", masked)(texts, **options))
    same(fill(texts[0], **options), theirs("fill-mask", masked)(texts[0], **options))


def test_what_cannot_be_done_is_said(masked: Any, ner: Any) -> None:
    fill = pipeline("fill-mask", model=masked)
    with pytest.raises(InputValueError, match=r"row 1 has no \[MASK\]"):
        fill(["a [MASK]", "b"])
    with pytest.raises(InputValueError, match="targets: 'unaffable' is no token of the vocabulary"):
        fill("a [MASK]", targets=["unaffable"])
    with pytest.raises(InputValueError, match="top_k must be None or a number of at least 1, not 0"):
        fill("a [MASK]", top_k=0)
    with pytest.raises(TooLongError, match="row 0"):
        fill("a [MASK]" * 80)
    with pytest.raises(InputValueError, match="aggregation_strategy='frst'; did you mean 'first'"):
        pipeline("ner", model=ner)("a", aggregation_strategy="frst")
    with pytest.raises(ArchitectureError, match="fill-mask needs a model of the kind MaskedLM"):
        pipeline("fill-mask", model=pipeline("ner", model=ner).model, tokenizer=ner)
    with pytest.raises(ArchitectureError, match="has no trained head"):
        pipeline("ner", model=masked)
