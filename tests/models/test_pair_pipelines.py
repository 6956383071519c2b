"""Pipelines that read two texts together, beside their references: labels that were not trained, documents in order."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from leanformers import AutoTokenizer, Config
from leanformers.auto import AutoModelForSequenceClassification
from leanformers.errors import ArchitectureError, InputTypeError, InputValueError, TooLongError
from leanformers.pipelines import pipeline

TEXTS = ["Who are you voting for in 2020?", "The match was lost in the last minute.", "Hm."]
LABELS = ["politics", "public health", "sport"]


def make(test_data: Any, folder: Any, labels: dict[int, str]) -> Any:
    torch.manual_seed(4)
    config = Config(
        "bert", hidden_size=32, num_attention_heads=2, num_hidden_layers=2, intermediate_size=64,
        initializer_range=0.4, max_position_embeddings=64, id2label=labels,
    )  # fmt: skip
    AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(test_data / "checkpoints" / "all-MiniLM-L6-v2").save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=["last", "first"])
def inference(request: Any, test_data: Any, tmp_path_factory: Any) -> Any:
    names = ["contradiction", "neutral", "entailment"]
    names = names if request.param == "last" else names[::-1]
    return make(test_data, tmp_path_factory.mktemp("inference"), dict(enumerate(names)))


@pytest.fixture(scope="module")
def ranker(test_data: Any, tmp_path_factory: Any) -> Any:
    return make(test_data, tmp_path_factory.mktemp("ranker"), {0: "LABEL_0"})


def test_scores_are_those_of_transformers(inference: Any) -> None:
    transformers = pytest.importorskip("transformers")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    theirs = transformers.pipeline("zero-shot-classification", model=str(inference), device="cpu")
    ours = pipeline("zero-shot-classification", model=inference)
    for labels, options in [
        (LABELS, {}),
        (LABELS, {"multi_label": True}),
        ("politics, sport", {"hypothesis_template": "It is about {}!"}),
        (["politics"], {}),
    ]:
        for texts in (TEXTS, TEXTS[0]):
            found, expected = ours(texts, labels, **options), theirs(texts, labels, **options)
            found, expected = (items if isinstance(items, list) else [items] for items in (found, expected))
            for mine, other in zip(found, expected, strict=True):
                assert (mine["sequence"], mine["labels"]) == (other["sequence"], other["labels"])
                assert mine["scores"] == pytest.approx(other["scores"], abs=1e-5)


def test_labels_and_templates_are_checked(inference: Any, ranker: Any) -> None:
    ours = pipeline("zero-shot-classification", model=inference)
    with pytest.raises(InputValueError, match="candidate_labels is missing"):
        ours(TEXTS)
    with pytest.raises(InputValueError, match="candidate_labels is empty"):
        ours(TEXTS, " , ")
    with pytest.raises(InputTypeError, match="candidate_labels must be texts, not 3"):
        ours(TEXTS, [3])
    with pytest.raises(InputValueError, match=r"must be a text with {} where the label goes"):
        ours(TEXTS, LABELS, hypothesis_template="a label")
    with pytest.raises(ArchitectureError, match=r"needs a model for natural language inference.*'LABEL_0'"):
        pipeline("zero-shot-classification", model=ranker)(TEXTS, LABELS)
    with pytest.raises(TooLongError, match="row 1"):
        ours(["a", "word " * 80], ["x"])


def test_documents_come_in_the_order_of_a_cross_encoder(ranker: Any) -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers")
    theirs = sentence_transformers.CrossEncoder(str(ranker), device="cpu")
    ours = pipeline("rerank", model=ranker)
    for top_k in (None, 2):
        expected = theirs.rank("Who lost?", TEXTS, top_k=top_k, return_documents=True)
        found = ours("Who lost?", TEXTS, top_k=top_k)
        assert [item["corpus_id"] for item in found] == [item["corpus_id"] for item in expected]
        assert [item["text"] for item in found] == [item["text"] for item in expected]
        scores = [float(item["score"]) for item in expected]
        assert [item["score"] for item in found] == pytest.approx(scores, abs=1e-5)
    assert ours("Who lost?", []) == []
    assert ours("Who lost?", TEXTS, raw=True)[0]["corpus_id"] == ours("Who lost?", TEXTS)[0]["corpus_id"]


def test_what_cannot_be_ranked_is_named(ranker: Any, inference: Any) -> None:
    ours = pipeline("rerank", model=ranker)
    with pytest.raises(InputTypeError, match="the query must be a str, not list"):
        ours(["a"], ["b"])
    with pytest.raises(InputTypeError, match="documents must be a list of str, not str"):
        ours("a", "b")
    with pytest.raises(InputTypeError, match="the second text of item 1 is None"):
        ours("a", ["b", None])
    with pytest.raises(ArchitectureError, match="one label, not 3"):
        pipeline("rerank", model=inference)
