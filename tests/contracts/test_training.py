"""It can be fine-tuned: the same loss curve as the reference, and inference sees the new weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from leanformers.models.arch import ARCHITECTURES

STEPS = 20
COUNT = 3  # labels
# The heads that learn a word or a label for every token. Encoder–decoders have tests of their own.
ON_TOKENS = [
    (name, task)
    for name, architecture in ARCHITECTURES.items()
    for task in ("causal-lm", "masked-lm", "token-classification")
    if task in architecture.heads and not architecture.reads_source
]


def curves(pair: Any, batches: list[dict[str, Any]]) -> tuple[torch.Tensor, torch.Tensor]:
    """The losses of both models over the steps, batch after batch."""
    losses = []
    for model in (pair.ours.train(), pair.reference.train()):
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        curve = []
        for step in range(STEPS):
            loss = model(**batches[step % len(batches)]).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            curve.append(loss.item())
        losses.append(torch.tensor(curve))
    return losses[0], losses[1]


def test_twenty_steps_follow_the_reference(make_pair, batch_of, model_type) -> None:
    pair = make_pair(model_type, "even", "sequence-classification", num_labels=COUNT)
    batches = [batch_of(pair, [9, 4, 12, 4, 20, 7], seed=seed) for seed in range(3)]
    labels = [torch.randint(0, COUNT, (6,), generator=torch.Generator().manual_seed(seed)) for seed in range(3)]
    ours, reference = curves(pair, [{**b, "labels": of_b} for b, of_b in zip(batches, labels, strict=True)])
    assert ours[-3:].mean() < 0.7 * ours[:3].mean()
    assert ((ours - reference).abs() / reference).max() <= 1e-4
    with torch.no_grad():
        after = pair.ours.eval()(**batches[0]).logits - pair.reference.eval()(**batches[0]).logits
    assert after.abs().max() <= 1e-3


@pytest.mark.parametrize(("owner", "task"), ON_TOKENS, ids=["-".join(case) for case in ON_TOKENS])
def test_twenty_steps_on_every_token_follow_the_reference(make_pair, batch_of, owner, task) -> None:
    labels_of = {"num_labels": COUNT} if task == "token-classification" else {}
    pair = make_pair(owner, "even", task, **labels_of)
    batches = []
    for seed in range(3):
        batch = batch_of(pair, [9, 4, 12], seed=seed)
        labels = batch["input_ids"] % COUNT if labels_of else batch["input_ids"]
        batches.append({**batch, "labels": labels.masked_fill(batch["attention_mask"] == 0, -100)})
    ours, reference = curves(pair, batches)
    assert ours[-3:].mean() < ours[:3].mean()
    assert ((ours - reference).abs() / reference).max() <= 1e-4


def test_inference_between_steps_uses_the_weights_of_the_moment(make_pair, batch_of, model_type) -> None:
    pair = make_pair(model_type, "even", "sequence-classification", num_labels=2)
    batch = batch_of(pair, [5, 8])
    optimizer = torch.optim.SGD(pair.ours.parameters(), lr=0.5)
    for _ in range(3):
        pair.ours.train()
        loss = pair.ours(**batch, labels=[0, 1]).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        pair.ours.eval()
        with torch.no_grad():
            planned = pair.ours(**batch).logits
        bricks = pair.ours(**batch).logits.detach()
        assert (planned - bricks).abs().max() <= 1e-5
