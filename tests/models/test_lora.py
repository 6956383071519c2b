"""PEFT's LoRA: its `target_modules` are the names of the checkpoint, which are the names of our modules."""

from __future__ import annotations

import pytest
import torch

from leanformers import AutoModelForSequenceClassification, AutoTokenizer

peft = pytest.importorskip("peft")


def test_only_the_low_ranks_learn_and_they_merge_into_the_weights() -> None:
    tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
    batch = tokenizer(["A good day.", "Bad!"], padding=True, return_tensors="pt")
    model = AutoModelForSequenceClassification.from_pretrained("leanformers/tiny-sentiment")
    with torch.no_grad():
        before = model(**batch).logits
    torch.manual_seed(0)
    wrapped = peft.get_peft_model(model, peft.LoraConfig(r=4, target_modules=["query", "value"], lora_dropout=0.0))
    trained = [name for name, weight in wrapped.named_parameters() if weight.requires_grad]
    assert trained
    assert all("lora_" in name for name in trained)
    with torch.no_grad():
        assert torch.allclose(wrapped(**batch).logits, before, atol=1e-6)  # the low ranks begin at zero
    optimizer = torch.optim.AdamW([weight for weight in wrapped.parameters() if weight.requires_grad], lr=0.05)
    losses = []
    for _ in range(5):
        loss = wrapped(**batch, labels=torch.tensor([0, 1])).loss  # the opposite of what it says
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
