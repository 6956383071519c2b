"""Pipelines: results of the same form as in the reference, in order, for every kind of input."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from leanformers.auto import AutoModel, AutoTokenizer
from leanformers.config import Config
from leanformers.errors import ArchitectureError, ArgumentError, InputTypeError, InputValueError, TooLongError
from leanformers.models.classes import BertForSequenceClassification
from leanformers.pipelines import pipeline
from leanformers.sentence import SentenceEncoder

TEXTS = ["What a lovely day!", "I hate this so much!", "", "The train leaves at nine and arrives at noon.", "Hm."]


@pytest.fixture(scope="module")
def checkpoint(test_data):
    return test_data / "checkpoints" / "all-MiniLM-L6-v2"


@pytest.fixture(scope="module")
def labelled(checkpoint, tmp_path_factory):
    """A small random classifier with a real tokenizer."""
    torch.manual_seed(0)
    config = Config(
        "bert", hidden_size=32, num_attention_heads=2, num_hidden_layers=2, intermediate_size=64, initializer_range=0.3,
        max_position_embeddings=64, id2label={0: "bad", 1: "fair", 2: "good"},
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("labelled")
    BertForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(checkpoint).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def classify(labelled):
    return pipeline("text-classification", model=labelled)


@pytest.fixture(scope="module")
def reference(labelled):
    transformers = pytest.importorskip("transformers")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers.pipeline("text-classification", model=str(labelled), device="cpu")


def same(ours, theirs) -> bool:
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(same(a, b) for a, b in zip(ours, theirs, strict=True))
    return ours["label"] == theirs["label"] and ours["score"] == pytest.approx(theirs["score"], abs=1e-5)


@pytest.mark.parametrize("options", [{}, {"top_k": None}, {"top_k": 1}, {"top_k": 2}, {"function_to_apply": "sigmoid"}])
def test_results_have_the_form_of_the_reference(classify, reference, options) -> None:
    assert same(classify(TEXTS[0], **options), reference(TEXTS[0], **options))
    assert same(classify(TEXTS, **options), reference(TEXTS, **options))
    pair = {"text": TEXTS[0], "text_pair": TEXTS[1]}
    assert same([classify([pair], **options)[0]], [reference([pair], **options)[0]])


def test_order_and_steps_do_not_matter(classify) -> None:
    results = classify(TEXTS)
    assert results == [classify(text)[0] for text in TEXTS]
    assert classify(TEXTS[::-1], batch_size=2) == results[::-1]
    assert classify(tuple(TEXTS)) == classify(np.array(TEXTS)) == results
    assert classify([]) == []


def test_an_iterator_is_answered_as_it_is_read(classify) -> None:
    read = []

    def lines():
        for text in TEXTS:
            read.append(text)
            yield text

    results = classify(lines(), batch_size=2)
    first = next(results)
    assert read == TEXTS[:2]
    read.clear()
    next(classify(lines()))
    assert read == TEXTS[:1]
    assert [first, *results] == classify(TEXTS)


def test_texts_that_are_too_long(classify) -> None:
    long = "word " * 100
    with pytest.raises(TooLongError, match=r'row 1: 102 tokens, limit 64; use too_long="truncate"'):
        classify(["a", long])
    with pytest.raises(TooLongError, match="row 3: 102 tokens"):
        list(classify(iter(["a", "a", "a", long]), batch_size=2))
    assert classify(long, too_long="truncate") == classify(long, truncation=True)


def test_the_embedded_model_labels_the_sentences_of_the_course() -> None:
    from leanformers.hub.resolve import DEFAULT_MODEL, resolve_folder

    if not (resolve_folder(DEFAULT_MODEL) / "model.safetensors").exists():
        pytest.skip("the embedded model has not been trained yet")
    results = pipeline("sentiment-analysis")(
        ["I've been waiting for a HuggingFace course my whole life.", "I hate this so much!"]
    )
    assert [result["label"] for result in results] == ["POSITIVE", "NEGATIVE"]


def test_feature_extraction(checkpoint) -> None:
    transformers = pytest.importorskip("transformers")
    extract = pipeline("feature-extraction", model=checkpoint)
    theirs = transformers.pipeline("feature-extraction", model=str(checkpoint), device="cpu")
    for ours, reference in zip(extract(TEXTS), theirs(TEXTS), strict=True):
        assert np.shape(ours) == np.shape(reference)
        assert abs(np.array(ours) - np.array(reference)).max() <= 1e-5
    assert np.shape(extract(TEXTS[0])) == np.shape(theirs(TEXTS[0]))
    tensor = extract(TEXTS[0], return_tensors=True)
    assert isinstance(tensor, torch.Tensor)
    assert tensor.shape[0] == 1
    assert extract([]) == []


def test_sentence_embedding(checkpoint) -> None:
    embed = pipeline("sentence-embedding", model=checkpoint)
    expected = SentenceEncoder.from_pretrained(checkpoint).encode(TEXTS)
    assert np.array_equal(embed(TEXTS), expected)
    assert np.array_equal(embed(TEXTS[0]), expected[0])
    assert np.array_equal(np.stack(list(embed(iter(TEXTS)))), expected)


def test_loaded_models_and_tokenizers(labelled, checkpoint) -> None:
    model, tokenizer = (
        BertForSequenceClassification.from_pretrained(labelled),
        AutoTokenizer.from_pretrained(checkpoint),
    )
    classify = pipeline("text-classification", model=model, tokenizer=tokenizer)
    assert classify("a") == pipeline("text-classification", model=labelled, tokenizer=checkpoint)("a")
    assert len(pipeline("feature-extraction", model=model, tokenizer=tokenizer)("a")[0][0]) == 32
    with pytest.raises(ArgumentError, match="comes without its tokenizer"):
        pipeline("text-classification", model=model)
    encoder = SentenceEncoder.from_pretrained(checkpoint)
    assert pipeline("sentence-embedding", model=encoder)("a").shape == (384,)


def test_what_cannot_be_a_pipeline(checkpoint) -> None:
    with pytest.raises(
        InputValueError, match=r"no pipeline for 'text-clasification'; did you mean 'text-classification'"
    ):
        pipeline("text-clasification")
    with pytest.raises(InputValueError, match=r"tasks: 'text-classification', 'sentiment-analysis'"):
        pipeline("answering-questions", model=checkpoint)
    with pytest.raises(ArgumentError, match="needs a model"):
        pipeline("feature-extraction")
    with pytest.raises(ArchitectureError, match=r"has no trained head.*classifier\.bias, classifier\.weight"):
        pipeline("text-classification", model=checkpoint)
    base = AutoModel.from_pretrained(checkpoint)
    with pytest.raises(ArchitectureError, match="needs a model of the kind SequenceClassification, not BertModel"):
        pipeline("text-classification", model=base, tokenizer=checkpoint)
    with pytest.raises(ArchitectureError, match="needs a folder or a SentenceEncoder, not BertModel"):
        pipeline("sentence-embedding", model=base, tokenizer=checkpoint)


@pytest.mark.parametrize("device", ["cpu", -1, torch.device("cpu")])
def test_a_pipeline_is_put_on_a_device(checkpoint, device) -> None:
    assert pipeline("feature-extraction", checkpoint, device=device).model.device.type == "cpu"
    with pytest.raises(InputValueError, match="device 'gpu' is not known"):
        pipeline("feature-extraction", checkpoint, device="gpu")
    with pytest.raises(ArgumentError, match="device and device_map are the same; give one of them"):
        pipeline("feature-extraction", checkpoint, device=device, device_map="cpu")


@pytest.mark.parametrize(
    "options", [{"device": "cpu"}, {"device_map": "auto"}, {"dtype": "float32"}, {"revision": "a"}]
)
def test_a_loaded_model_takes_nothing_that_says_how_to_load_it(checkpoint, options) -> None:
    model = AutoModel.from_pretrained(checkpoint)
    with pytest.raises(ArgumentError, match="and this one is loaded; give them to its from_pretrained"):
        pipeline("feature-extraction", model, checkpoint, **options)


def test_bad_arguments_of_a_call(classify) -> None:
    with pytest.raises(ArgumentError, match="no argument 'top_kk'; did you mean 'top_k'"):
        classify("a", top_kk=1)
    with pytest.raises(InputValueError, match="top_k"):
        classify("a", top_k=0)
    with pytest.raises(InputValueError, match="function_to_apply='softmx'; did you mean 'softmax'"):
        classify("a", function_to_apply="softmx")
    with pytest.raises(InputTypeError, match="item 1 is None"):
        classify(["a", None])
    with pytest.raises(InputTypeError, match="not int"):
        classify(5)
    with pytest.raises(InputTypeError, match="item 1 must be"):
        classify([{"text": "a"}, "b"])
    with pytest.raises(InputValueError, match="batch_size"):
        classify("a", batch_size=-1)
