"""What holds for every pipeline: inputs of any form, results in order, texts that are too long, counts of cuts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from leanformers import AutoTokenizer, Config, SentenceEncoder, pipeline
from leanformers.errors import ArgumentError, InputTypeError, InputValueError, TooLongError
from leanformers.pipelines import _TASKS
from leanformers.tasks.model_pipeline import HeadPipeline

SIZES = {
    "bert": {
        "hidden_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2, "intermediate_size": 64,
        "initializer_range": 0.3, "max_position_embeddings": 32,
    },
    "gpt2": {
        "vocab_size": 30522, "n_positions": 32, "n_embd": 32, "n_layer": 2, "n_head": 2, "initializer_range": 0.3,
        "bos_token_id": 101, "eos_token_id": None,
    },
    "t5": {
        "vocab_size": 30522, "d_model": 32, "d_kv": 16, "d_ff": 64, "num_heads": 2, "num_layers": 2,
        "decoder_start_token_id": 0, "eos_token_id": None, "n_positions": 32,
    },
}  # fmt: skip
LABELS = {
    "text-classification": ["bad", "fair", "good"],
    "token-classification": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"],
    "zero-shot-classification": ["contradiction", "neutral", "entailment"],
    "rerank": ["LABEL_0"],
}
TEXTS = [
    "What a lovely day!",
    "I hate this so much!",
    "The train leaves at nine.",
    "Hm.",
    "All is well that ends well.",
]
LONG = "the quick brown fox jumps over the lazy dog and runs away from every single hunter " * 5
KINDS = {kind.task: kind for kind in _TASKS.values()}
WINDOWED = [task for task, kind in KINDS.items() if "window" in kind.policies]


@pytest.fixture(scope="module")
def tokenizer(test_data: Path) -> Any:
    return AutoTokenizer.from_pretrained(test_data / "checkpoints" / "all-MiniLM-L6-v2", model_max_length=32)


@pytest.fixture(scope="module")
def folder_of(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`folder_of(task)`: a tiny model with random weights for a task."""
    folders: dict[str, Path] = {}

    def make(task: str) -> Path:
        if task not in folders:
            from leanformers import auto

            torch.manual_seed(5)
            kind = KINDS[task]
            needed = kind.auto if issubclass(kind, HeadPipeline) else auto.AutoModel
            model_type = {"AutoModelForCausalLM": "gpt2", "AutoModelForSeq2SeqLM": "t5"}.get(needed.__name__, "bert")
            labels = dict(enumerate(LABELS.get(task, ["a", "b"])))
            folder = folders[task] = tmp_path_factory.mktemp(task)
            needed.from_config(Config(model_type, id2label=labels, **SIZES[model_type])).save_pretrained(folder)
            tokenizer.save_pretrained(folder)
        return folders[task]

    return make


@pytest.fixture(params=KINDS)
def task(request: Any) -> str:
    return str(request.param)


@pytest.fixture
def ask(folder_of: Any) -> Any:
    """`ask(task, texts, …)`: the task's own kind of input made from texts, and its results, in order."""
    pipes: dict[str, Any] = {}

    def question(task: str, text: str) -> Any:
        if task == "question-answering":
            return {"question": "Who runs away?", "context": text}
        return f"{text} [MASK] {text}" if task == "fill-mask" else text

    def run(task: str, texts: Any, **options: Any) -> Any:
        pipe = pipes.setdefault(task, None) or pipeline(task, folder_of(task))
        pipes[task] = pipe
        if task == "zero-shot-classification":
            options = {"candidate_labels": ["dogs", "trains"], **options}
        if task in ("text-generation", "text2text-generation", "summarization", "translation"):
            options = {"max_new_tokens": 3, **options}
        if task == "rerank":
            found = pipe("Who runs away?", texts, **options)
            found, dropped = found if options.get("return_dropped") else (found, None)
            ordered = sorted(found, key=lambda document: document["corpus_id"])
            for document in ordered:
                del document["corpus_id"]
            return ordered if dropped is None else (ordered, dropped)
        if isinstance(texts, str):
            return pipe(question(task, texts), **options)
        if isinstance(texts, Iterator):
            return pipe((question(task, text) for text in texts), **options)
        return pipe([question(task, text) for text in texts], **options)

    return run


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return bool(np.array_equal(a, b))
    if isinstance(a, (list, tuple)) and len(a) == len(b):
        return all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def test_order_steps_and_streams_do_not_matter(ask: Any, task: str) -> None:
    whole = ask(task, TEXTS)
    assert len(whole) == len(TEXTS)
    assert same(ask(task, TEXTS, batch_size=2), whole)
    assert same(ask(task, TEXTS[::-1])[::-1], whole)
    assert same(ask(task, TEXTS, too_long="truncate"), whole)
    if task == "rerank":
        return  # it needs all documents
    assert same(list(ask(task, iter(TEXTS))), whole)
    single, listed = ask(task, TEXTS[1]), ask(task, TEXTS[1:2])
    assert same(single, whole[1]) or same(single, listed)
    assert same(listed[0], whole[1])


def test_an_empty_list_gives_an_empty_result(ask: Any, task: str) -> None:
    found = ask(task, [])
    assert len(found) == 0
    assert isinstance(found, np.ndarray if task == "sentence-embedding" else list)


def test_an_iterator_is_read_as_far_as_is_needed(ask: Any, task: str) -> None:
    if task == "rerank":
        return
    read = []

    def texts() -> Iterator[str]:
        for number in range(1000):
            read.append(number)
            yield TEXTS[number % len(TEXTS)]

    results = ask(task, texts())
    next(results)
    assert len(read) == 1
    for _ in range(10):
        next(results)
    assert len(read) < 20
    results = ask(task, iter(TEXTS * 2), batch_size=3)
    assert same(list(results)[5:], ask(task, TEXTS))


def test_loaded_models_are_taken_too(ask: Any, task: str, folder_of: Any, tokenizer: Any) -> None:
    if task == "sentence-embedding":
        made = pipeline(task, SentenceEncoder.from_pretrained(folder_of(task)))
    else:
        model = KINDS[task].load(folder_of(task), {"device_map": None, "dtype": "auto", "revision": None})
        made = pipeline(task, model=model, tokenizer=tokenizer)
    question: Any = TEXTS[:1]
    options: dict[str, Any] = {}
    if task == "question-answering":
        question = [{"question": "Who runs away?", "context": TEXTS[0]}]
    elif task == "fill-mask":
        question = [f"{TEXTS[0]} [MASK] {TEXTS[0]}"]
    elif task == "zero-shot-classification":
        options = {"candidate_labels": ["dogs", "trains"]}
    elif "max_new_tokens" in made.options:
        options = {"max_new_tokens": 3}
    elif task == "rerank":
        assert made("Who runs away?", question)[0]["score"] == ask(task, question)[0]["score"]
        return
    assert same(made(question, **options), ask(task, TEXTS[:1]))


def test_what_is_no_text_is_named_by_its_row(ask: Any, task: str, folder_of: Any) -> None:
    made = pipeline(task, folder_of(task))
    options = {"candidate_labels": ["a"]} if task == "zero-shot-classification" else {}
    if task != "rerank":
        for wrong in (5, None if task != "question-answering" else 5.0, b"a"):
            with pytest.raises((InputTypeError, InputValueError)):
                made(wrong, **options)
    listed: list[Any] = [TEXTS[0] + " [MASK]", 5]
    if task == "question-answering":
        listed[0] = {"question": "Who?", "context": "Me."}
    with pytest.raises(InputTypeError, match="item 1"):
        made("a", ["a", 5]) if task == "rerank" else made(listed, **options)
    with pytest.raises(ArgumentError, match="did you mean 'batch_size'"):
        ask(task, TEXTS, batch_sise=2)


# ---- texts that are too long ----


def test_long_texts_are_refused_by_their_row(ask: Any, task: str) -> None:
    with pytest.raises(TooLongError, match=r"row 1: \d+ tokens, limit \d+.* use too_long=\"truncate\""):
        ask(task, [TEXTS[0], LONG, LONG], too_long="error")
    if task != "rerank":
        with pytest.raises(TooLongError, match=r"row 3: \d+ tokens"):
            list(ask(task, iter([*TEXTS[:3], LONG]), too_long="error"))


def test_what_was_cut_off_is_counted(ask: Any, task: str, tokenizer: Any) -> None:
    texts = [TEXTS[0], LONG, TEXTS[1], LONG + LONG]
    if task == "fill-mask":
        with pytest.raises(InputValueError, match=r"row 1 has no \[MASK\]"):
            ask(task, texts, too_long="truncate")
        texts = [TEXTS[0], "a", "[MASK] " * 40]
        results, dropped = ask(task, texts, too_long="truncate", return_dropped=True)
        assert dropped == [0, 0, 40 + 40 + 1 + 2 - 32]
        return
    results, dropped = ask(task, texts, too_long="truncate", return_dropped=True)
    assert dropped[0] == dropped[2] == 0
    assert dropped[1] > 32
    assert dropped[3] == dropped[1] + tokenizer.count(LONG, add_special_tokens=False)
    assert "dropped_tokens" not in str(results)
    if task not in ("feature-extraction", "sentence-embedding"):
        noted = ask(task, texts, truncation=True)
        for result, tokens in zip(noted, dropped, strict=True):
            assert json.dumps(result, default=float).count(f'"dropped_tokens": {tokens}') == (
                len(result) if isinstance(result, list) else 1
            ) * bool(tokens)
    if task != "rerank":
        result, tokens = ask(task, LONG, too_long="truncate", return_dropped=True)
        assert tokens == dropped[1]
        streamed = list(ask(task, iter(texts), too_long="truncate", return_dropped=True))
        assert [tokens for _, tokens in streamed] == dropped
        assert same([result for result, _ in streamed], results)


@pytest.mark.parametrize("task", WINDOWED)
def test_windows_give_the_same_alone_and_in_any_batch(ask: Any, task: str) -> None:
    texts = [LONG, TEXTS[0], LONG + TEXTS[1] + LONG, TEXTS[2], LONG[:200]]
    for stride in (None, 3):
        options = {"too_long": "window", "stride": stride}
        whole, dropped = ask(task, texts, **options, return_dropped=True)
        assert dropped == [0] * len(texts)
        assert same(ask(task, texts, batch_size=1, **options), whole)
        assert same(ask(task, texts[::-1], **options)[::-1], whole)
        for number, text in enumerate(texts):
            assert same(ask(task, [text], **options)[0], whole[number])
    for number in (1, 3):  # a text that is not too long is not touched
        if task != "fill-mask" or "[MASK]" in str(texts[number]):
            assert same(ask(task, [texts[number]])[0], whole[number])


def test_other_tasks_say_that_they_have_no_windows(ask: Any, folder_of: Any, task: str) -> None:
    if task not in WINDOWED:
        with pytest.raises(InputValueError, match=rf"too_long='window' is not possible in {task}; choose one of 'err"):
            ask(task, TEXTS, too_long="window")
    with pytest.raises(InputValueError, match="too_long='trunkate'; did you mean 'truncate'"):
        ask(task, TEXTS, too_long="trunkate")
    with pytest.raises(ArgumentError, match="stride=4 has no effect with too_long='truncate'"):
        ask(task, TEXTS, too_long="truncate", stride=4)
    with pytest.raises(InputValueError, match="stride=-1 must be at least 0"):
        ask(task, TEXTS, stride=-1)
    with pytest.raises(InputValueError, match=r"too_long='windows'.*; choose one of 'error'"):
        pipeline(task, folder_of(task), too_long="windows")


@pytest.mark.parametrize("task", [task for task in WINDOWED if task != "rerank"])
def test_a_pipeline_can_be_made_for_long_texts(ask: Any, folder_of: Any, task: str) -> None:
    made = pipeline(task, folder_of(task), too_long="window", stride=4)
    question: Any = {"question": "Who runs away?", "context": LONG} if task == "question-answering" else LONG
    options = {"candidate_labels": ["dogs", "trains"]} if task == "zero-shot-classification" else {}
    question = f"{LONG} [MASK] {LONG}" if task == "fill-mask" else question
    expected = ask(task, [LONG], too_long="window", stride=4)
    assert same(made([question], **options), expected)
    with pytest.raises(TooLongError):
        made([question], too_long="error", **options)
