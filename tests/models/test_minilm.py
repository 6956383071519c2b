"""A real checkpoint, all-MiniLM-L6-v2: the same numbers as the references, the same bits in every batch."""

from __future__ import annotations

import json
import random

import pytest
import torch
from safetensors.torch import load_file

from leanformers.auto import AutoModel

transformers = pytest.importorskip("transformers")
transformers.utils.logging.disable_progress_bar()


@pytest.fixture(scope="module")
def checkpoint(test_data):
    return test_data / "checkpoints" / "all-MiniLM-L6-v2"


@pytest.fixture(scope="module")
def texts(test_data) -> list[str]:
    """Sentences, paragraphs, 19 languages, and odd ones."""
    chosen = ["", "a", "😀🎉", "Ünïcödé", "\t\n", "word " * 300]
    for corpus, count in (("short", 130), ("multilingual", 60), ("english", 14)):
        lines = (test_data / "corpora" / f"{corpus}.jsonl").read_text(encoding="utf-8").splitlines()
        chosen += [json.loads(line)["text"] for line in random.Random(0).sample(lines, count)]
    return chosen


@pytest.fixture(scope="module")
def batches(checkpoint, texts):
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
    return [
        tokenizer(texts[i : i + 30], padding=True, truncation=True, max_length=128, return_tensors="pt")
        for i in range(0, len(texts), 30)
    ]


def test_outputs_equal_the_reference(checkpoint, texts, batches) -> None:
    ours = AutoModel.from_pretrained(checkpoint)
    reference = transformers.AutoModel.from_pretrained(checkpoint)
    assert len(texts) >= 200
    worst = 0.0
    with torch.no_grad():
        for batch in batches:
            mine, theirs = ours(**batch), reference(**batch)
            real = batch["attention_mask"].bool()
            hidden = (mine.last_hidden_state - theirs.last_hidden_state)[real].abs().max()
            pooled = (mine.pooler_output - theirs.pooler_output).abs().max()
            worst = max(worst, float(hidden), float(pooled))
    assert worst <= 1e-5


def test_a_text_has_the_same_bits_alone(checkpoint, batches) -> None:
    model = AutoModel.from_pretrained(checkpoint)
    with torch.inference_mode():
        for batch in batches[:2]:
            whole = model(**batch)
            for row in range(0, len(batch["input_ids"]), 3):
                real = batch["attention_mask"][row].bool()
                alone = model(batch["input_ids"][row][real])
                assert torch.equal(alone.last_hidden_state[0], whole.last_hidden_state[row][real])
                assert torch.equal(alone.pooler_output[0], whole.pooler_output[row])


def test_load_and_save_keep_every_byte(checkpoint, tmp_path) -> None:
    model = AutoModel.from_pretrained(checkpoint)
    assert model.load_report.passengers == ("embeddings.position_ids",)
    assert "embeddings.position_ids" not in model.state_dict()
    model.save_pretrained(tmp_path)
    saved, original = load_file(tmp_path / "model.safetensors"), load_file(checkpoint / "model.safetensors")
    assert list(saved) == list(original)
    assert all(torch.equal(saved[name], original[name]) and saved[name].dtype == original[name].dtype for name in saved)
    assert (tmp_path / "model.safetensors").read_bytes() == (checkpoint / "model.safetensors").read_bytes()
    config = json.loads((checkpoint / "config.json").read_text())
    assert json.loads((tmp_path / "config.json").read_text()) == config
    again = transformers.AutoModel.from_pretrained(tmp_path)
    assert torch.equal(again.pooler.dense.weight, model.pooler.dense.weight)
