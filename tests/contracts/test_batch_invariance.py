"""Alone or in a batch, the same bits: no output depends on the other rows, their order, the padding or the threads."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from leanformers import BertModel, Config
from leanformers.models.packed import pack_ragged
from leanformers.ops import linear

LENGTHS = [7, 1, 30, 12, 7, 2, 40, 1, 3, 12, 33, 5]


@pytest.fixture(params=["best", "blocks"])
def preparation(request, monkeypatch) -> str:
    """The preparation that this machine takes, and the one for machines without oneDNN."""
    if request.param == "blocks":
        monkeypatch.setattr(linear, "_onednn_does", lambda dtype: False)
    return str(request.param)


@pytest.fixture
def alone(batch_of):
    """Each row of a batch by itself, without padding."""

    def rows(batch):
        for row in range(len(batch["input_ids"])):
            real = batch["attention_mask"][row].bool()
            yield row, real, {name: values[row : row + 1, real] for name, values in batch.items()}

    return rows


@pytest.mark.parametrize("side", ["right", "left"])
def test_alone_equals_padded(make_pair, batch_of, alone, preparation, threads, model_type, variant, side) -> None:
    model = make_pair(model_type, variant).ours
    batch = batch_of(make_pair(model_type, variant), LENGTHS, side)
    with torch.inference_mode():
        whole = model(**batch, output_hidden_states=True)
        for row, real, single in alone(batch):
            threads(1 + row % 2)
            output = model(**single, output_hidden_states=True)
            for mine, theirs in zip(output.hidden_states, whole.hidden_states, strict=True):
                assert torch.equal(mine[0], theirs[row][real])
            assert torch.equal(output.last_hidden_state[0], whole.last_hidden_state[row][real])
            if "pooler_output" in whole:
                assert torch.equal(output.pooler_output[0], whole.pooler_output[row])


def test_logits_do_not_depend_on_the_batch(
    make_pair, batch_of, alone, preparation, threads, model_type, variant
) -> None:
    pair = make_pair(model_type, variant, "sequence-classification", num_labels=3)
    batch = batch_of(pair, LENGTHS)
    order = torch.tensor([5, 0, 11, 2, 8, 1, 9, 3, 10, 4, 7, 6])
    with torch.no_grad():
        whole = pair.ours(**batch).logits
        shuffled = pair.ours(**{name: values[order] for name, values in batch.items()}).logits
        assert torch.equal(shuffled, whole[order])
        for row, _, single in alone(batch):
            threads(1 + row % 2)
            assert torch.equal(pair.ours(**single).logits[0], whole[row])


def test_packed_equals_padded(make_pair, batch_of, model_type, variant) -> None:
    pair = make_pair(model_type, variant)
    batch = batch_of(pair, LENGTHS)
    real = batch["attention_mask"].bool()
    types = batch["token_type_ids"][real].numpy() if pair.types else None
    offsets = np.concatenate([[0], np.cumsum(LENGTHS)])
    packed = pack_ragged(batch["input_ids"][real].numpy().astype("uint32"), offsets, types)
    with torch.no_grad():
        whole = pair.ours(**batch).last_hidden_state
        hidden = pair.ours.forward_packed(packed)
    for text, (begin, length) in enumerate(zip(packed.cu_seqlens.tolist(), packed.lengths, strict=False)):
        row = int(packed.order[text])
        assert torch.equal(hidden[begin : begin + length], whole[row][real[row]])


def test_bfloat16_has_the_same_bits_on_request(make_pair, batch_of, alone, monkeypatch, threads, model_type) -> None:
    monkeypatch.setenv("LEANFORMERS_BATCH_INVARIANT", "1")
    pair = make_pair(model_type, "even", "sequence-classification", num_labels=3)
    model = pair.ours.to(torch.bfloat16)
    batch = batch_of(pair, LENGTHS)
    with torch.no_grad():
        whole = model(**batch).logits
        for row, _, single in alone(batch):
            threads(1 + row % 2)
            assert torch.equal(model(**single).logits[0], whole[row])


def test_bfloat16_has_the_same_bits_on_request_at_a_width_where_onednn_has_not(threads, monkeypatch) -> None:
    monkeypatch.setenv("LEANFORMERS_BATCH_INVARIANT", "1")
    sizes = {"hidden_size": 384, "num_attention_heads": 12, "num_hidden_layers": 2, "intermediate_size": 1536}
    model = BertModel(Config("bert", **sizes, vocab_size=500)).eval().to(torch.bfloat16)
    generator = torch.Generator().manual_seed(1)
    rows = [torch.randint(5, 500, (length,), generator=generator) for length in (7, 1, 30, 12, 7, 2, 100, 3, 33, 5)]
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
    with torch.no_grad():
        whole = model(input_ids=ids, attention_mask=mask).last_hidden_state
        for place, row in enumerate(rows):
            threads(1 + place % 2)
            alone = model(input_ids=row[None], attention_mask=torch.ones_like(row)[None]).last_hidden_state
            assert torch.equal(alone[0], whole[place, : len(row)])


def test_a_large_batch_that_is_computed_in_parts(make_pair, batch_of, alone, preparation, model_type) -> None:
    pair = make_pair(model_type, "odd")
    batch = batch_of(pair, [40, 39, 38, 37] * 15 + [17])  # more tokens than go through the mlp at a time
    with torch.no_grad():
        whole = pair.ours(**batch).last_hidden_state
        for row, real, single in list(alone(batch))[::12]:
            assert torch.equal(pair.ours(**single).last_hidden_state[0], whole[row][real])
