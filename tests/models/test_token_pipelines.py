"""Pipelines over tokens beside those of transformers: labels and their groups, masked words, answers."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from leanformers import AutoTokenizer, Config
from leanformers.auto import AutoModelForMaskedLM, AutoModelForQuestionAnswering, AutoModelForTokenClassification
from leanformers.errors import ArchitectureError, InputValueError, LeanformersError, TooLongError
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


# ---- answers; transformers has no such pipeline any more ----

QUESTION = "Where does Wolfgang Müller live?"
CONTEXT = "Wolfgang Müller, born in unbelievable Hamburg, lives in Berlin-Kreuzberg with two cats."


@pytest.fixture(scope="module")
def answering(test_data: Any, tmp_path_factory: Any) -> Any:
    return make(test_data, tmp_path_factory.mktemp("answering"), AutoModelForQuestionAnswering)


def expected_answers(folder: Any, question: str, context: str, longest: int) -> list[dict[str, Any]]:
    """All answers of one window, best first, from the reference's model and plain loops."""
    model = transformers.AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    batch = tokenizer(question, context, return_tensors="pt")
    with torch.no_grad():
        output = model(**batch)
    sequences = batch.sequence_ids()
    allowed = [i for i, sequence in enumerate(sequences) if sequence == 1 or i == 0]
    start, end = (logits[0, allowed].softmax(0) for logits in (output.start_logits, output.end_logits))
    answers = {}
    for i, first in enumerate(allowed):
        for j, last in enumerate(allowed):
            if i == 0 or j == 0 or not first <= last < first + longest:
                continue
            begin = batch.word_to_chars(0, batch.token_to_word(0, first), 1).start
            stop = batch.word_to_chars(0, batch.token_to_word(0, last), 1).end
            answers[begin, stop] = max(float(start[i] * end[j]), answers.get((begin, stop), 0.0))
    ordered = sorted(answers.items(), key=lambda item: -item[1])
    return [{"score": score, "start": a, "end": b, "answer": context[a:b]} for (a, b), score in ordered]


def test_the_best_answers_stand_in_the_context(answering: Any) -> None:
    answer = pipeline("question-answering", model=answering)
    for longest in (1, 4, 15):
        expected = expected_answers(answering, QUESTION, CONTEXT, longest)
        found = answer(question=QUESTION, context=CONTEXT, max_answer_len=longest)
        assert found == {**expected[0], "score": pytest.approx(expected[0]["score"], abs=1e-5)}
    found = answer({"question": QUESTION, "context": CONTEXT}, top_k=3)
    assert [item["answer"] for item in found][:1] == [item["answer"] for item in expected][:1]
    assert len({(item["start"], item["end"]) for item in found}) == len(found) <= 3
    assert answer([{"question": QUESTION, "context": CONTEXT}] * 2) == [found[0]] * 2
    assert answer(question=[QUESTION] * 2, context=CONTEXT) == [found[0]] * 2


def test_a_long_context_is_read_in_windows(answering: Any) -> None:
    answer = pipeline("question-answering", model=answering)
    long = " ".join([CONTEXT] * 12)
    found = answer(question=QUESTION, context=long, top_k=5)
    assert all(long[item["start"] : item["end"]] == item["answer"] for item in found)
    assert max(item["end"] for item in answer(question=QUESTION, context=long, top_k=50)) > len(CONTEXT) * 3
    assert answer(question=QUESTION, context=long) == found[0]


def test_no_answer_can_be_an_answer(answering: Any) -> None:
    answer = pipeline("question-answering", model=answering)
    found = answer(question=QUESTION, context=CONTEXT, top_k=200, handle_impossible_answer=True)
    assert next(item for item in found if not item["answer"])["end"] == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"texts": "a"}, "item 0 must be"),
        ({"texts": [{"question": "a", "context": 3}]}, "the context of item 0 must be a str, not 3"),
        ({"question": "a"}, "the context of item 0 must be a str, not None"),
        ({"question": "a", "context": " "}, "the context of item 0 is empty"),
        ({"question": ["a", "b"], "context": ["c"]}, "2 questions, but 1 contexts"),
        ({"question": "word " * 70, "context": "a b"}, "row 0"),
    ],
)
def test_what_is_no_question_is_named(answering: Any, given: dict[str, Any], message: str) -> None:
    with pytest.raises(LeanformersError, match=message):
        pipeline("question-answering", model=answering)(**given)
