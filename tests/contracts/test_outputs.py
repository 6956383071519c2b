"""Same numbers: outputs, losses and gradients equal those of the reference."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from leanformers.models.arch import ARCHITECTURES

LENGTHS = [5, 1, 12, 5, 30, 2, 12, 40]
TOLERANCE = 1e-5
_DROPOUTS = (
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "dropout",
    "attention_dropout",
    "resid_pdrop",
    "embd_pdrop",
    "attn_pdrop",
)


def largest_difference(ours: Any, reference: Any, mask: Any) -> float:
    return float((ours - reference).detach()[mask.bool()].abs().max())


@pytest.mark.parametrize("grad", [False, True], ids=["plan", "bricks"])
@pytest.mark.parametrize("side", ["right", "left"])
def test_hidden_states_and_pooled_output(make_pair, batch_of, model_type, variant, side, grad) -> None:
    pair = make_pair(model_type, variant)
    batch = batch_of(pair, LENGTHS, side)
    mask = batch["attention_mask"]
    # The reference counts positions from the left edge of the grid; ours counts tokens.
    positions = (mask.cumsum(1) - 1).clamp(min=0) + pair.first_position
    with torch.set_grad_enabled(grad):
        ours = pair.ours(**batch, output_hidden_states=True)
        reference = pair.reference(**batch, position_ids=positions, output_hidden_states=True)
    assert ours.last_hidden_state.requires_grad is grad
    assert largest_difference(ours.last_hidden_state, reference.last_hidden_state, mask) <= TOLERANCE
    assert len(ours.hidden_states) == len(reference.hidden_states)
    for mine, theirs in zip(ours.hidden_states, reference.hidden_states, strict=True):
        assert largest_difference(mine, theirs, mask) <= TOLERANCE
    assert not ours.last_hidden_state[mask == 0].any()
    if side == "right":  # the reference pools the first column, which is padding here
        assert ("pooler_output" in ours) == ("pooler_output" in reference)
        if "pooler_output" in reference:
            assert (ours.pooler_output - reference.pooler_output).abs().max() <= TOLERANCE


def test_attentions(make_pair, batch_of, model_type, variant) -> None:
    pair = make_pair(model_type, variant)
    batch = batch_of(pair, LENGTHS)
    with torch.no_grad():
        ours = pair.ours(**batch, output_attentions=True)
        reference = pair.reference(**batch, output_attentions=True)
    mask = batch["attention_mask"].bool()
    assert len(ours.attentions) == len(reference.attentions)
    for mine, theirs in zip(ours.attentions, reference.attentions, strict=True):
        assert mine.shape == theirs.shape
        difference = (mine - theirs).transpose(1, 2)[mask]  # rows of padding attend to tokens in the reference
        assert difference.abs().max() <= TOLERANCE
        assert not mine.transpose(1, 2)[~mask].any()


@pytest.mark.parametrize("labels", [2, 1, 5])
def test_logits(make_pair, batch_of, model_type, variant, labels) -> None:
    pair = make_pair(model_type, variant, "sequence-classification", num_labels=labels)
    batch = batch_of(pair, LENGTHS)
    with torch.no_grad():
        difference = pair.ours(**batch).logits - pair.reference(**batch).logits
    assert difference.abs().max() <= TOLERANCE
    assert difference.shape == (len(LENGTHS), labels)


@pytest.mark.parametrize("problem", ["regression", "single_label_classification", "multi_label_classification"])
@pytest.mark.parametrize("said", [True, False], ids=["in the config", "from the labels"])
def test_loss_and_gradients(make_pair, batch_of, model_type, problem, said) -> None:
    count = 1 if problem == "regression" else 3
    more = {"problem_type": problem} if said else {}
    pair = make_pair(model_type, "odd", "sequence-classification", num_labels=count, **more)
    batch = batch_of(pair, LENGTHS)
    labels = {
        "regression": torch.linspace(-1, 1, len(LENGTHS)),
        "single_label_classification": torch.arange(len(LENGTHS)) % 3,
        "multi_label_classification": (torch.arange(len(LENGTHS) * 3) % 2).float().view(-1, 3),
    }[problem]
    ours, reference = pair.ours(**batch, labels=labels), pair.reference(**batch, labels=labels)
    assert abs(ours.loss - reference.loss) <= TOLERANCE
    ours.loss.backward()
    reference.loss.backward()
    expected = dict(pair.reference.named_parameters())
    for name, weight in pair.ours.named_parameters():
        theirs = pair.as_ours(name, expected[name].grad)
        if theirs is None:  # the reference leaves out what the loss does not reach
            assert weight.grad is None or not weight.grad.any(), name
            continue
        assert (weight.grad - theirs).abs().max() <= TOLERANCE, name


def test_ignored_labels_and_regression_over_several_values(make_pair, batch_of, model_type) -> None:
    pair = make_pair(model_type, "even", "sequence-classification", num_labels=3)
    batch = batch_of(pair, [3, 4])
    labels = torch.tensor([-100, 2])
    assert abs(pair.ours(**batch, labels=labels).loss - pair.reference(**batch, labels=labels).loss) <= TOLERANCE
    pair = make_pair(model_type, "odd", "sequence-classification", num_labels=3, problem_type="regression")
    values = torch.randn(2, 3)
    assert abs(pair.ours(**batch, labels=values).loss - pair.reference(**batch, labels=values).loss) <= TOLERANCE


def test_given_positions_are_used(make_pair, batch_of, model_type) -> None:
    pair = make_pair(model_type)
    batch = batch_of(pair, [6, 6])
    positions = torch.tensor([[3, 5, 1, 0, 9, 20]])
    with torch.no_grad():
        ours = pair.ours(**batch, position_ids=positions).last_hidden_state
        reference = pair.reference(**batch, position_ids=positions.expand(2, -1)).last_hidden_state
    assert (ours - reference).abs().max() <= TOLERANCE


def test_dropout_works_in_training_and_only_there(make_pair, batch_of, model_type) -> None:
    probabilities = {name: 0.3 for name in _DROPOUTS if name in ARCHITECTURES[model_type].defaults}
    pair = make_pair(model_type, **probabilities)
    batch = batch_of(pair, [6, 9])
    first, second = pair.ours(**batch), pair.ours(**batch)
    assert torch.equal(first.last_hidden_state, second.last_hidden_state)
    pair.ours.train()
    first, second = pair.ours(**batch), pair.ours(**batch)
    assert not torch.allclose(first.last_hidden_state, second.last_hidden_state)
    with torch.no_grad():
        means = torch.stack([pair.ours(**batch).last_hidden_state for _ in range(200)]).mean(0)
        expected = torch.stack([pair.reference.train()(**batch).last_hidden_state for _ in range(200)]).mean(0)
    real = batch["attention_mask"].bool()
    assert (means - expected)[real].abs().mean() < 0.1  # the same spread, not the same draws
