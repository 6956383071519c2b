"""Encoder–decoders: outputs, losses and gradients of the reference, and the same bits alone or in a batch."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from leanformers.errors import ArgumentError, InputValueError, ShapeError, TokenIdError, TooLongError
from leanformers.models.arch import ARCHITECTURES
from leanformers.models.classes import model_class

from .pairs import LM, SOURCES, TARGETS, TOLERANCE, differences

ON_ENCODER = [name for name, architecture in ARCHITECTURES.items() if architecture.on_encoder]


@pytest.mark.parametrize("grad", [False, True], ids=["plan", "bricks"])
@pytest.mark.parametrize("side", ["right", "left"])
def test_hidden_states_are_those_of_the_reference(make_pair, two_texts, pair_type, variant, side, grad) -> None:
    pair = make_pair(pair_type, variant)
    if side == "left" and ARCHITECTURES[pair_type].wiring(pair.ours.config).encoder.embeddings.positions:
        side = "right"  # the reference counts positions from the left edge of the grid
    batch = two_texts(pair, SOURCES, TARGETS, side)
    with torch.set_grad_enabled(grad):
        ours = pair.ours(**batch, output_hidden_states=True)
        reference = pair.reference(**batch, output_hidden_states=True)
    assert ours.last_hidden_state.requires_grad is grad
    found = differences(ours, reference, batch)
    assert set(found) == {
        "last_hidden_state",
        "decoder_hidden_states",
        "encoder_last_hidden_state",
        "encoder_hidden_states",
    }
    assert max(found.values()) <= TOLERANCE


def test_logits_and_attentions_are_those_of_the_reference(make_pair, two_texts, pair_type, variant) -> None:
    pair = make_pair(pair_type, variant, LM)
    batch = two_texts(pair, SOURCES, TARGETS)
    with torch.no_grad():
        ours, reference = (model(**batch, output_attentions=True) for model in (pair.ours, pair.reference))
    found = differences(ours, reference, batch)
    assert {"logits", "decoder_attentions", "cross_attentions", "encoder_attentions"} <= set(found)
    assert max(found.values()) <= TOLERANCE


def test_loss_and_gradients_are_those_of_the_reference(make_pair, two_texts, pair_type, variant) -> None:
    pair = make_pair(pair_type, variant, LM)
    batch = two_texts(pair, SOURCES, TARGETS)
    labels = batch.pop("decoder_input_ids").masked_fill(batch.pop("decoder_attention_mask") == 0, -100)
    labels[2, 1] = -100  # inside a text
    ours, reference = pair.ours(**batch, labels=labels), pair.reference(**batch, labels=labels)
    assert abs(ours.loss - reference.loss) <= TOLERANCE
    ours.loss.backward()
    reference.loss.backward()
    expected = dict(pair.reference.named_parameters())
    for name, weight in pair.ours.named_parameters():
        assert (weight.grad - expected[name].grad).abs().max() <= TOLERANCE, name
    again = pair.ours.prepare_decoder_input_ids_from_labels(labels)
    mask = (labels != -100).long()
    mask[2, 1] = 1
    given = pair.ours(**batch, decoder_input_ids=again, decoder_attention_mask=mask, labels=labels)
    assert torch.equal(given.loss, ours.loss)


def test_twenty_steps_follow_the_reference(make_pair, two_texts, pair_type) -> None:
    pair = make_pair(pair_type, task=LM)
    batches = [two_texts(pair, [9, 4, 12], [6, 7, 3], seed=seed) for seed in range(3)]
    rate = 1e-2 if "scale" in pair.ours.head_wiring.steps else 1e-3  # T5's head shrinks what a step changes
    losses: dict[str, list[float]] = {"ours": [], "reference": []}
    for name, model in (("ours", pair.ours.train()), ("reference", pair.reference.train())):
        optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
        for step in range(20):
            batch = dict(batches[step % 3])
            labels = batch.pop("decoder_input_ids").masked_fill(batch.pop("decoder_attention_mask") == 0, -100)
            loss = model(**batch, labels=labels).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses[name].append(loss.item())
    ours, reference = (torch.tensor(losses[name]) for name in ("ours", "reference"))
    assert ours[-3:].mean() < 0.8 * ours[:3].mean()
    assert ((ours - reference).abs() / reference).max() <= 1e-4


def test_blocks_that_are_computed_again_give_the_same_gradients(make_pair, two_texts, pair_type) -> None:
    model = make_pair(pair_type, task=LM).ours.train()
    batch = two_texts(make_pair(pair_type), [7, 4, 7], [3, 5, 5])
    gradients = []
    for again in (False, True):
        if again:
            model.gradient_checkpointing_enable()
        assert model.is_gradient_checkpointing is again
        model.zero_grad()
        model(**batch, labels=batch["decoder_input_ids"].masked_fill(batch["decoder_attention_mask"] == 0, -100))[
            "loss"
        ].backward()
        gradients.append([p.grad.clone() for p in model.parameters()])
    assert all(torch.equal(first, second) for first, second in zip(*gradients, strict=True))


def test_a_text_does_not_depend_on_its_batch(make_pair, two_texts, threads, pair_type, variant) -> None:
    pair = make_pair(pair_type, variant, LM)
    batch = two_texts(pair, SOURCES, TARGETS, "left")
    order = torch.tensor([5, 0, 2, 4, 1, 3])
    with torch.inference_mode():
        whole = pair.ours(**batch, output_hidden_states=True)
        shuffled = pair.ours(**{name: values[order] for name, values in batch.items()})
        assert torch.equal(shuffled.logits, whole.logits[order])
        for row in range(len(SOURCES)):
            threads(1 + row % 2)
            source, target = (batch[name][row].bool() for name in ("attention_mask", "decoder_attention_mask"))
            alone = {
                name: values[row : row + 1, target if name.startswith("decoder") else source]
                for name, values in batch.items()
            }
            single = pair.ours(**alone, output_hidden_states=True)
            assert torch.equal(single.logits[0], whole.logits[row][target])
            for mine, theirs in zip(single.encoder_hidden_states, whole.encoder_hidden_states, strict=True):
                assert torch.equal(mine[0], theirs[row][source])


def test_a_module_that_is_replaced_is_used(make_pair, two_texts, pair_type) -> None:
    pair = make_pair(pair_type, task=LM)
    batch = two_texts(pair, [4, 5], [3, 3])
    with torch.no_grad():
        before = pair.ours(**batch).logits
        for name, module in list(pair.ours.named_modules()):
            if isinstance(module, torch.nn.Linear) and name.endswith(("wo", "fc2")):
                parent, _, child = name.rpartition(".")
                twice = torch.nn.Linear(module.in_features, module.out_features, module.bias is not None)
                twice.load_state_dict({key: 2 * value for key, value in module.state_dict().items()})
                setattr(pair.ours.get_submodule(parent), child, twice)
        assert not torch.allclose(pair.ours(**batch).logits, before)
    pair.ours.half()
    assert {p.dtype for p in pair.ours.parameters()} == {torch.float16}
    assert pair.ours.base_model.dtype == torch.float16


class TestReadingItself:
    """Heads that say something of a text: without a target, the decoder reads the source one token later."""

    def batch(self, pair: Any, batch_of: Any) -> dict[str, Any]:
        """Texts that end with the end, and have no other."""
        batch = dict(batch_of(pair, SOURCES))
        last = batch["attention_mask"].sum(1) - 1
        batch["input_ids"][torch.arange(len(SOURCES)), last] = pair.ours.config.eos_token_id
        return batch

    @pytest.mark.parametrize("grad", [False, True], ids=["plan", "bricks"])
    @pytest.mark.parametrize("sizes", ["even", "odd"])
    def test_a_classifier_reads_the_last_end(self, make_pair, batch_of, pair_type, grad, sizes) -> None:
        pair = make_pair(pair_type, sizes, "sequence-classification", num_labels=3)
        batch, labels = self.batch(pair, batch_of), torch.arange(len(SOURCES)) % 3
        with torch.set_grad_enabled(grad):
            ours, reference = (model(**batch, labels=labels) for model in (pair.ours, pair.reference))
            whole = pair.ours(**batch, output_hidden_states=True)
        assert (ours.logits - reference.logits).abs().max() <= TOLERANCE
        assert abs(ours.loss - reference.loss) <= TOLERANCE
        assert {"decoder_hidden_states", "encoder_hidden_states"} <= set(whole)
        with torch.no_grad():
            for row, length in enumerate(SOURCES):
                assert torch.equal(
                    pair.ours(batch["input_ids"][row, :length], torch.ones(1, length)).logits[0],
                    pair.ours(**batch).logits[row],
                )

    def test_a_text_without_an_end_is_refused(self, make_pair, batch_of, pair_type) -> None:
        pair = make_pair(pair_type, task="sequence-classification", num_labels=3)
        batch = self.batch(pair, batch_of)
        batch["input_ids"][3, 11] = 9
        end = pair.ours.config.eos_token_id
        with pytest.raises(InputValueError, match=f"row 3 has no token {end}, which the head reads"):
            pair.ours(**batch)

    def test_an_answer_is_looked_for_in_the_decoder(self, make_pair, batch_of, pair_type) -> None:
        pair = make_pair(pair_type, task="question-answering")
        batch = self.batch(pair, batch_of)
        real = batch["attention_mask"].bool()
        with torch.no_grad():
            ours, reference = pair.ours(**batch), pair.reference(**batch)
        for name in ("start_logits", "end_logits"):
            assert (ours[name] - reference[name])[real].abs().max() <= TOLERANCE

    @pytest.mark.parametrize("side", ["right", "left"])
    @pytest.mark.parametrize("model_name", ON_ENCODER)
    def test_tokens_are_classified_by_the_encoder_alone(self, make_pair, batch_of, model_name, side) -> None:
        pair = make_pair(model_name, "odd", "token-classification", num_labels=3)
        batch = batch_of(pair, SOURCES, side)
        real = batch["attention_mask"].bool()
        labels = (torch.arange(real.numel()) % 3).view(real.shape).masked_fill(~real, -100)
        ours, reference = (model(**batch, labels=labels) for model in (pair.ours, pair.reference))
        assert (ours.logits - reference.logits)[real].abs().max() <= TOLERANCE
        assert abs(ours.loss - reference.loss) <= TOLERANCE
        assert not any("decoder" in name for name in pair.ours.state_dict())
        with torch.no_grad():
            planned = pair.ours(**batch, output_hidden_states=True)
        assert list(planned) == ["logits", "hidden_states"]
        assert (planned.logits - ours.logits).abs().max() <= TOLERANCE

    def test_heads_learn_from_the_gradients_of_the_reference(self, make_pair, batch_of, pair_type) -> None:
        for task in ARCHITECTURES[pair_type].heads:
            if task == LM:
                continue
            pair = make_pair(pair_type, task=task)
            batch = {**batch_of(pair, [6, 6, 6])}  # the reference gives padding a share in the answer's place
            batch["input_ids"][:, -1] = pair.ours.config.eos_token_id
            labels = {
                "sequence-classification": {"labels": torch.tensor([0, 1, 0])},
                "token-classification": {"labels": (torch.arange(18) % 2).view(3, 6)},
                "question-answering": {"start_positions": torch.arange(3), "end_positions": torch.arange(3) + 2},
            }[task]
            ours, reference = pair.ours(**batch, **labels), pair.reference(**batch, **labels)
            assert abs(ours.loss - reference.loss) <= TOLERANCE
            ours.loss.backward()
            reference.loss.backward()
            expected = dict(pair.reference.named_parameters())
            for name, weight in pair.ours.named_parameters():
                assert (weight.grad - expected[name].grad).abs().max() <= TOLERANCE, name

    def test_heads_begin_on_the_weights_of_a_whole_model(self, make_pair, batch_of, pair_type) -> None:
        pair = make_pair(pair_type, task=LM)
        for task in ARCHITECTURES[pair_type].heads:
            if task == LM:
                continue
            with pytest.warns(UserWarning, match="start new"):
                model = model_class(ARCHITECTURES[pair_type], task).from_pretrained(pair.folder)
            state = pair.ours.state_dict()
            stem, of_task = pair.ours.architecture.layout.stem, model.architecture.layout.stem
            theirs = {name.removeprefix(stem): value for name, value in state.items() if name != "lm_head.weight"}
            same = [name for name in model.state_dict() if name.removeprefix(of_task) in theirs]
            assert f"{of_task}shared.weight" in same
            for name in same:
                assert torch.equal(model.state_dict()[name], theirs[name.removeprefix(of_task)]), name

    def test_the_base_model_of_bart_too(self, make_pair, batch_of) -> None:
        pair = make_pair("bart")
        batch = self.batch(pair, batch_of)
        real = batch["attention_mask"].bool()
        with torch.no_grad():
            ours, reference = pair.ours(**batch), pair.reference(**batch)
        assert (ours.last_hidden_state - reference.last_hidden_state)[real].abs().max() <= TOLERANCE


class TestBadInput:
    def test_a_target_is_needed(self, make_pair, batch_of) -> None:
        pair = make_pair("t5")
        with pytest.raises(ArgumentError, match="T5 needs decoder_input_ids beside input_ids"):
            pair.ours(**batch_of(pair, [3]))

    def test_targets_that_do_not_fit_are_named(self, make_pair, pair_type) -> None:
        model = make_pair(pair_type, task=LM).ours
        ids, mask = torch.tensor([[5, 6], [7, 8]]), torch.ones(2, 2)
        with pytest.raises(ShapeError, match="decoder_input_ids have 1 rows, but input_ids have 2"):
            model(ids, mask, [[5]])
        with pytest.raises(TokenIdError, match="decoder_input_ids row 1, position 0: id 120, but the vocabulary has"):
            model(ids, mask, [[5], [120]])
        with pytest.raises(ShapeError, match=r"decoder_attention_mask has the shape \(2, 3\), but decoder_input_ids"):
            model(ids, mask, [[5, 6], [7, 8]], [[1, 1, 1], [1, 1, 1]])
        with pytest.raises(InputValueError, match="decoder_input_ids row 1 has no tokens"):
            model(ids, mask, [[5, 6], [7, 8]], [[1, 1], [0, 0]])
        with pytest.raises(TokenIdError, match="labels row 0, position 1: label 120, but there are 120"):
            model(ids, mask, labels=[[5, 120], [6, 7]])
        with pytest.raises(ShapeError, match="labels"):
            model(ids, mask, [[5, 6], [7, 8]], labels=[[5], [6]])
        with pytest.raises(ArgumentError, match="encoder_outputs"):
            model(ids, mask, [[5, 6], [7, 8]], encoder_outputs=(ids,))

    def test_too_long_a_target(self, make_pair) -> None:
        model = make_pair("bart", task=LM).ours
        ids, mask = torch.tensor([[5, 6]]), torch.ones(1, 2)
        with pytest.raises(TooLongError, match="decoder_input_ids row 0: 41 tokens, limit 40"):
            model(ids, mask, [[5] * 41])
        with pytest.raises(TooLongError, match="41 new tokens are more than the 40 positions"):
            model.generate(ids, mask, max_new_tokens=41)
