"""Every head of every architecture: outputs, losses and gradients of the reference, its files, and the batch's bits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from leanformers.errors import InputValueError, LeanformersError, TokenIdError
from leanformers.models.arch import ARCHITECTURES
from leanformers.models.classes import model_class

TOLERANCE = 1e-5
LABELS = 3
CHOICES = 3
ON_TOKENS = ("token-classification", "masked-lm", "causal-lm", "replaced-token-detection")
SECOND_LABELS = {"bert": "next_sentence_label", "albert": "sentence_order_label"}
OUTPUTS = ("logits", "prediction_logits", "seq_relationship_logits", "sop_logits", "start_logits", "end_logits")


def inputs_for(pair: Any, batch_of: Any, head: str, lengths: list[int]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A padded batch for a head, and labels for it."""
    if head == "multiple-choice":
        rows = [batch_of(pair, lengths, seed=seed) for seed in range(CHOICES)]
        batch = {name: torch.stack([row[name] for row in rows], 1) for name in rows[0]}  # (batch, choices, length)
        return batch, {"labels": torch.arange(len(lengths)) % CHOICES}
    batch = batch_of(pair, lengths)
    mask = batch["attention_mask"].bool()
    if head in (*ON_TOKENS, "pretraining"):
        count = {"token-classification": LABELS, "replaced-token-detection": 2}.get(head, pair.vocabulary)
        labels = torch.randint(0, count, mask.shape, generator=torch.Generator().manual_seed(1))
        labels[~mask] = -100
        if head != "replaced-token-detection":
            labels[:, 0] = -100
        if head == "pretraining":
            return batch, {
                "labels": labels,
                SECOND_LABELS[pair.ours.architecture.model_type]: torch.arange(len(lengths)) % 2,
            }
        return batch, {"labels": labels}
    if head == "question-answering":
        return batch, {"start_positions": torch.zeros(len(lengths)).long(), "end_positions": mask.sum(1) - 1}
    return batch, {"labels": torch.arange(len(lengths)) % 2}


def make(make_pair: Any, model_type: str, head: str, variant: str = "even", **more: Any) -> Any:
    labels = {"num_labels": LABELS} if head in ("sequence-classification", "token-classification") else {}
    return make_pair(model_type, variant, head, **labels, **more)


def language_head(model_type: str) -> str:
    """The head of an architecture that has logits over the vocabulary."""
    return next(head for head in ARCHITECTURES[model_type].heads if head in ("masked-lm", "causal-lm"))


def logits_of(output: Any) -> list[Any]:
    return [output[name] for name in OUTPUTS if name in output]


@pytest.mark.parametrize("sizes", ["even", "odd"])
@pytest.mark.parametrize("grad", [False, True], ids=["plan", "bricks"])
def test_logits_are_those_of_the_reference(make_pair, batch_of, model_type, head, grad, sizes) -> None:
    pair = make(make_pair, model_type, head, sizes)
    batch, _ = inputs_for(pair, batch_of, head, [5, 1, 12, 5, 30, 2])
    with torch.set_grad_enabled(grad):
        ours, reference = logits_of(pair.ours(**batch)), logits_of(pair.reference(**batch))
    assert len(ours) == len(reference)
    real = batch["attention_mask"].bool()
    for mine, theirs in zip(ours, reference, strict=True):
        assert mine.shape == theirs.shape
        per_token = mine.shape[:2] == real.shape and head != "multiple-choice"
        difference = (mine - theirs)[real] if per_token else mine - theirs
        assert difference.abs().max() <= TOLERANCE
        if per_token and head != "question-answering":
            assert not mine[~real].any()
        if head == "question-answering":
            assert (mine[~real] == torch.finfo(mine.dtype).min).all()


def test_loss_and_gradients_are_those_of_the_reference(make_pair, batch_of, model_type, head) -> None:
    pair = make(make_pair, model_type, head)
    # The reference gives padding a share in the answer's place; rows of one length have none.
    lengths = [7, 7, 7] if head == "question-answering" else [7, 3, 9]
    batch, labels = inputs_for(pair, batch_of, head, lengths)
    ours, reference = pair.ours(**batch, **labels), pair.reference(**batch, **labels)
    assert abs(ours.loss - reference.loss) <= TOLERANCE
    ours.loss.backward()
    reference.loss.backward()
    expected = dict(pair.reference.named_parameters(remove_duplicate=False))
    for name, weight in pair.ours.named_parameters():
        theirs = pair.as_ours(name, expected[name].grad)
        if theirs is None:
            assert weight.grad is None or not weight.grad.any(), name
            continue
        assert (weight.grad - theirs).abs().max() <= TOLERANCE, name


def test_files_names_and_bytes_are_those_of_the_reference(make_pair, batch_of, tmp_path, model_type, head) -> None:
    pair = make(make_pair, model_type, head)
    pair.ours.save_pretrained(tmp_path / "saved")
    saved = tmp_path / "saved" / "model.safetensors"
    assert saved.read_bytes() == (pair.folder / "model.safetensors").read_bytes()
    again = type(pair.reference).from_pretrained(tmp_path / "saved", attn_implementation="eager")
    batch, _ = inputs_for(pair, batch_of, head, [4, 9])
    with torch.no_grad():
        for mine, theirs in zip(logits_of(again(**batch)), logits_of(pair.reference(**batch)), strict=True):
            assert (mine - theirs).abs().max() <= 1e-6  # the reference's last bits depend on where tensors lie
    names = [n for n in pair.reference.state_dict() if "position_ids" not in n]
    assert sorted(pair.ours.state_dict()) == sorted(names)
    ours, theirs = (model.named_parameters(remove_duplicate=False) for model in (pair.ours, pair.reference))
    assert {name for name, _ in ours} == {name for name, _ in theirs}
    assert type(pair.ours).__name__ == type(pair.reference).__name__


def test_a_row_does_not_depend_on_its_batch(make_pair, batch_of, model_type, head) -> None:
    pair = make(make_pair, model_type, head, "odd")
    batch, _ = inputs_for(pair, batch_of, head, [7, 1, 30, 12, 7])
    with torch.no_grad():
        whole = logits_of(pair.ours(**batch))
        for row in range(5):
            single = {name: values[row : row + 1] for name, values in batch.items()}
            for mine, theirs in zip(logits_of(pair.ours(**single)), whole, strict=True):
                assert torch.equal(mine[0], theirs[row])


def test_a_base_checkpoint_gets_a_new_head(make_pair, batch_of, model_type, head) -> None:
    pair = make_pair(model_type)
    kind = model_class(ARCHITECTURES[model_type], head)
    if kind.architecture.layout.tied.get(head) and head == "causal-lm" and pair.ours.config.tie_word_embeddings:
        model = kind.from_pretrained(pair.folder)  # the head is the table of the base model
    else:
        with pytest.warns(UserWarning, match="start new"):
            model = kind.from_pretrained(pair.folder)
    batch, _ = inputs_for(pair, batch_of, head, [4, 6])
    with torch.no_grad():
        assert all(logits.isfinite().all() for logits in logits_of(model(**batch)))


class TestLanguageModels:
    """The decoder is the table of token embeddings."""

    def test_weights_are_tied(self, make_pair, model_type) -> None:
        model = make(make_pair, model_type, language_head(model_type), tie_word_embeddings=True).ours
        table, decoder = model.get_input_embeddings(), model.get_output_embeddings()
        assert decoder.weight is table.weight
        assert len(list(model.parameters())) == len({id(weight) for weight in model.parameters()})
        model.resize_token_embeddings(130)
        assert model.get_output_embeddings().weight is model.get_input_embeddings().weight
        assert model.get_output_embeddings().weight.shape[0] == 130
        bias = model.get_output_embeddings().bias
        assert bias is None or bias.shape == (130,)
        ids = torch.tensor([[5, 129, 7]])
        assert model(ids, torch.ones_like(ids)).logits.shape == (1, 3, 130)
        assert model.double().get_output_embeddings().weight is model.get_input_embeddings().weight

    def test_a_checkpoint_with_the_table_twice_keeps_both(self, make_pair, tmp_path, model_type) -> None:
        from safetensors.torch import save_file

        pair = make(make_pair, model_type, language_head(model_type), tie_word_embeddings=True)
        path = pair.folder / "model.safetensors"
        tensors = load_file(path)
        name, canonical = next(iter(pair.ours.tied.items()))
        save_file({**tensors, name: tensors[canonical].clone()}, path, metadata={"format": "pt"})
        model = type(pair.ours).from_pretrained(pair.folder)
        model.save_pretrained(tmp_path / "saved")
        assert sorted(load_file(tmp_path / "saved" / "model.safetensors")) == sorted([*tensors, name])
        save_file({**tensors, name: tensors[canonical] + 1}, path, metadata={"format": "pt"})
        with pytest.raises(LeanformersError, match="the config ties them"):
            type(pair.ours).from_pretrained(pair.folder)
        untied = type(pair.ours).from_pretrained(pair.folder, tie_word_embeddings=False)
        assert torch.equal(untied.get_output_embeddings().weight, tensors[canonical] + 1)

    def test_labels_out_of_range_or_on_padding_are_named(self, make_pair, batch_of, model_type) -> None:
        pair = make(make_pair, model_type, language_head(model_type), tie_word_embeddings=True)
        batch = batch_of(pair, [2, 4])
        labels = torch.full((2, 4), -100)
        labels[1, 2] = 120
        with pytest.raises(TokenIdError, match="labels row 1, position 2: label 120, but there are 120"):
            pair.ours(**batch, labels=labels)
        labels[:] = -100
        labels[0, 3] = 7
        with pytest.raises(InputValueError, match="labels row 0, position 3: label 7 on padding"):
            pair.ours(**batch, labels=labels)
