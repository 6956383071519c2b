"""The embedded default model: what it must label, how it was made, and how large it may be."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from leanformers import pipeline
from leanformers.hub.resolve import DEFAULT_MODEL, resolve_folder

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "tiny_sentiment"
FOLDER = resolve_folder(DEFAULT_MODEL)


def test_the_two_sentences_of_the_course() -> None:
    texts = ["I've been waiting for a HuggingFace course my whole life.", "I hate this so much!"]
    positive, negative = pipeline("text-classification")(texts)
    assert positive["label"] == "POSITIVE"
    assert negative["label"] == "NEGATIVE"
    assert min(positive["score"], negative["score"]) > 0.85


def held_out() -> list[dict[str, str]]:
    text = (ROOT / "tests" / "data" / "everyday_sentences.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_at_least_85_percent_of_varied_everyday_sentences() -> None:
    rows = held_out()
    assert len(rows) >= 200
    results = pipeline("text-classification")([row["text"] for row in rows])
    right = sum(result["label"] == row["label"] for result, row in zip(results, rows, strict=True))
    assert right / len(rows) >= 0.85


def test_no_held_out_sentence_is_in_the_training_data() -> None:
    texts = {row["text"] for row in held_out()}
    for path in (EXAMPLE / "data").iterdir():
        assert texts.isdisjoint(path.read_text(encoding="utf-8").replace("\t", "\n").splitlines())


def test_the_script_learns_the_vocabulary_that_is_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLE)
    import train

    sentences = [sentence for sentence in train.read_sentences() if sentence.batch not in train.DEVELOPMENT]
    train.make_tokenizer(tmp_path, sentences)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
    for name in ("train", "texts", "make_data", "vocabulary"):
        sys.modules.pop(name, None)


def test_the_model_card_says_how_it_was_made_and_what_it_cannot_do() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for heading in ("How it was made", "How well it works", "What it cannot do"):
        assert heading in card
    assert "{" not in card
