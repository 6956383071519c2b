"""Changing a model: vocabularies of another size, blocks that are computed again, what loading found."""

from __future__ import annotations

import warnings

import pytest
import torch
import transformers

from leanformers import auto
from leanformers.models.arch import ARCHITECTURES


@pytest.mark.parametrize("size", [131, 97])
def test_a_vocabulary_of_another_size_is_read_by_the_reference(make_pair, batch_of, tmp_path, model_type, size) -> None:
    head = next(task for task in ARCHITECTURES[model_type].heads if task in ("masked-lm", "causal-lm"))
    pair = make_pair(model_type, task=head)
    batch = batch_of(pair, [7, 4])
    batch["input_ids"][batch["input_ids"] >= size] -= 60
    with torch.no_grad():
        before = pair.ours(**batch).logits
    if size < pair.vocabulary:
        with pytest.warns(UserWarning, match=f"shrinks from {pair.vocabulary} to {size}"):
            pair.ours.resize_token_embeddings(size)
    else:
        pair.ours.resize_token_embeddings(size)
    kept = min(size, pair.vocabulary)
    with torch.no_grad():
        after = pair.ours(**batch).logits
    assert after.shape[-1] == size
    assert (after[..., :kept] - before[..., :kept]).abs().max() <= 1e-5
    pair.ours.save_pretrained(tmp_path / "resized")
    again = type(pair.ours).from_pretrained(tmp_path / "resized")
    reference = type(pair.reference).from_pretrained(tmp_path / "resized", attn_implementation="eager")
    real = batch["attention_mask"].bool()
    with torch.no_grad():
        assert torch.equal(again(**batch).logits, after)
        assert (reference(**batch).logits - after)[real].abs().max() <= 1e-5


def test_blocks_that_are_computed_again_give_the_same_gradients(make_pair, batch_of, model_type) -> None:
    pair = make_pair(model_type, task="sequence-classification", num_labels=3)
    model = pair.ours.train()
    batch = batch_of(pair, [7, 4, 7])
    gradients = []
    for again in (False, True):
        if again:
            model.gradient_checkpointing_enable()
        assert model.is_gradient_checkpointing is again
        torch.manual_seed(0)
        model.zero_grad()
        model(**batch, labels=[0, 2, 1]).loss.backward()
        gradients.append([None if p.grad is None else p.grad.clone() for p in model.parameters()])
    for first, second in zip(*gradients, strict=True):
        assert first is second is None or torch.equal(first, second)
    model.gradient_checkpointing_disable()
    assert not model.is_gradient_checkpointing


def test_what_loading_found_has_the_keys_of_the_reference(make_pair, model_type) -> None:
    pair = make_pair(model_type, task="sequence-classification", num_labels=3)
    kind = type(pair.ours)
    model, info = kind.from_pretrained(pair.folder, output_loading_info=True)
    assert isinstance(model, kind)
    assert info == {"missing_keys": [], "unexpected_keys": [], "mismatched_keys": [], "error_msgs": []}
    with pytest.warns(UserWarning, match="start new"):
        _, info = kind.from_pretrained(
            pair.folder, num_labels=5, ignore_mismatched_sizes=True, output_loading_info=True
        )
    _, expected = type(pair.reference).from_pretrained(
        pair.folder, num_labels=5, ignore_mismatched_sizes=True, output_loading_info=True
    )
    assert {(name, tuple(a), tuple(b)) for name, a, b in expected["mismatched_keys"]} == set(info["mismatched_keys"])
    assert set(info["missing_keys"]) == set(expected["missing_keys"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where a classifier has no pooler, the base model's starts new
        _, info = auto.AutoModel.from_pretrained(pair.folder, output_loading_info=True)
    _, expected = transformers.AutoModel.from_pretrained(pair.folder, output_loading_info=True)
    for key in ("missing_keys", "unexpected_keys"):
        assert set(info[key]) == set(expected[key])
