"""PEFT's LoRA: its `target_modules` are the names of the checkpoint, which are the names of our modules."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from leanformers import AutoModelForSeq2SeqLM, AutoModelForSequenceClassification, AutoTokenizer, Config

peft = pytest.importorskip("peft")


def make(kind: str) -> Any:
    """A classifier, or a tiny encoder–decoder."""
    if kind == "classifier":
        return AutoModelForSequenceClassification.from_pretrained("leanformers/tiny-sentiment")
    torch.manual_seed(3)
    vocabulary = len(AutoTokenizer.from_pretrained("leanformers/tiny-sentiment"))
    sizes = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_heads": 2, "num_layers": 2, "vocab_size": vocabulary}
    return AutoModelForSeq2SeqLM.from_config(Config("t5", decoder_start_token_id=0, **sizes)).eval()


@pytest.mark.parametrize(
    ("kind", "modules", "labels"),
    [
        ("classifier", ["query", "value"], torch.tensor([0, 1])),  # the opposite of what it says
        ("t5", ["q", "v"], torch.tensor([[5, 9, 1], [8, 1, -100]])),
    ],
    ids=["classifier", "t5"],
)
def test_only_the_low_ranks_learn_and_they_merge_into_the_weights(kind, modules, labels) -> None:
    tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
    batch = tokenizer(["A good day.", "Bad!"], padding=True, return_tensors="pt")
    batch["labels"] = labels
    model = make(kind)
    with torch.no_grad():
        before = model(**batch).logits
    torch.manual_seed(0)
    wrapped = peft.get_peft_model(model, peft.LoraConfig(r=4, target_modules=modules, lora_dropout=0.0))
    trained = [name for name, weight in wrapped.named_parameters() if weight.requires_grad]
    assert trained
    assert all("lora_" in name for name in trained)
    with torch.no_grad():
        assert torch.allclose(wrapped(**batch).logits, before, atol=1e-6)  # the low ranks begin at zero
    optimizer = torch.optim.AdamW([weight for weight in wrapped.parameters() if weight.requires_grad], lr=0.05)
    losses = []
    for _ in range(5):
        loss = wrapped(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    with torch.no_grad():
        learned = wrapped.eval()(**batch).logits
        assert not torch.allclose(learned, before, atol=1e-3)
        merged = wrapped.merge_and_unload()
        assert (merged(**batch).logits - learned).abs().max() <= 1e-4
    assert type(merged) is type(model)
