"""It can be fine-tuned: the same loss curve as the reference, and inference sees the new weights."""

from __future__ import annotations

import torch

STEPS = 20


def test_twenty_steps_follow_the_reference(make_pair, batch_of, model_type) -> None:
    pair = make_pair(model_type, "even", "sequence-classification", num_labels=3)
    batches = [batch_of(pair, [9, 4, 12, 4, 20, 7], seed=seed) for seed in range(3)]
    labels = [torch.randint(0, 3, (6,), generator=torch.Generator().manual_seed(seed)) for seed in range(3)]
    losses = {}
    for name, model in (("ours", pair.ours.train()), ("reference", pair.reference.train())):
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        losses[name] = []
        for step in range(STEPS):
            loss = model(**batches[step % 3], labels=labels[step % 3]).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses[name].append(loss.item())
    ours, reference = (torch.tensor(losses[name]) for name in ("ours", "reference"))
    assert ours[-3:].mean() < 0.7 * ours[:3].mean()
    assert ((ours - reference).abs() / reference).max() <= 1e-4
    with torch.no_grad():
        after = pair.ours.eval()(**batches[0]).logits - pair.reference.eval()(**batches[0]).logits
    assert after.abs().max() <= 1e-3


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
