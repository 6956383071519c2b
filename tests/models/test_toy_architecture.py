"""A new architecture: what a file in models/arch/ would say, registered here. No other file knows of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from leanformers import AutoModel, AutoModelForSequenceClassification, Config
from leanformers.models.arch import ARCHITECTURES, BASE, SEQUENCE_CLASSIFICATION, Architecture, register
from leanformers.models.layout import Layout
from leanformers.models.wiring import (
    Attention,
    Block,
    Embedding,
    Embeddings,
    Encoder,
    Head,
    Linear,
    Mlp,
    RmsNorm,
    Rotary,
)

# ---- the file: 50 lines ----


def wiring(config: Config) -> Encoder:
    """Pre-norm blocks with rotary positions; no biases in attention."""
    width, heads = config.integer("hidden_size"), config.integer("num_attention_heads")
    norm = RmsNorm(width, 1e-6)
    block = Block(
        Attention(width, heads, 0.0, bias=False, output_bias=False, rotary=Rotary(10000.0)),
        Mlp(width, 2 * width, "silu"),
        before_attention=norm,
        before_mlp=norm,
    )
    tokens = Embedding(config.integer("vocab_size"), width)
    embeddings = Embeddings(tokens, positions=None, types=None, norm=None, dropout=0.0)
    return Encoder(embeddings, (block,) * config.integer("num_hidden_layers"), pooler=None, final_norm=norm)


def sequence_classification(config: Config) -> Head:
    """The mean of a text, one linear layer."""
    return Head("mean", {"classifier": Linear(config.integer("hidden_size"), config.num_labels)})


TOY = Architecture(
    model_type="toy",
    title="Toy",
    source="https://example.org/toy",
    classes={BASE: "ToyModel", SEQUENCE_CLASSIFICATION: "ToyForSequenceClassification"},
    wiring=wiring,
    heads={SEQUENCE_CLASSIFICATION: sequence_classification},
    layout=Layout(
        prefix="toy",
        base=(
            ("words", "embeddings.tokens"),
            ("layers.{i}.norm_1", "blocks.{i}.before_attention"),
            ("layers.{i}.q", "blocks.{i}.attention.query"),
            ("layers.{i}.k", "blocks.{i}.attention.key"),
            ("layers.{i}.v", "blocks.{i}.attention.value"),
            ("layers.{i}.o", "blocks.{i}.attention.output"),
            ("layers.{i}.norm_2", "blocks.{i}.before_mlp"),
            ("layers.{i}.up", "blocks.{i}.mlp.up"),
            ("layers.{i}.down", "blocks.{i}.mlp.down"),
            ("norm", "final_norm"),
        ),
        heads={SEQUENCE_CLASSIFICATION: (("classifier", "classifier"),)},
    ),
    defaults={
        "vocab_size": 100,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "initializer_range": 0.02,
        "tie_word_embeddings": False,
    },
)

# ---- what that gives ----


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    register(TOY)
    yield
    del ARCHITECTURES["toy"]


def test_it_is_saved_and_loaded_and_trains(tmp_path) -> None:
    model = AutoModelForSequenceClassification.from_config(Config("toy", num_labels=3))
    assert type(model).__name__ == "ToyForSequenceClassification"
    assert "toy.layers.1.q.weight" in model.state_dict()
    ids = torch.randint(5, 100, (3, 7), generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(5):
        loss = model(ids, torch.ones_like(ids), labels=[0, 1, 2]).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    model.eval().save_pretrained(tmp_path)
    again = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    with torch.no_grad():
        assert torch.equal(again(ids, torch.ones_like(ids)).logits, model(ids, torch.ones_like(ids)).logits)


def test_a_text_has_the_same_bits_alone_and_padded() -> None:
    model = AutoModel.from_config(Config("toy")).eval()
    ids = torch.randint(5, 100, (2, 9), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    mask[0, 4:] = 0
    with torch.no_grad():
        padded = model(ids, mask).last_hidden_state
        assert torch.equal(model(ids[:1, :4], mask[:1, :4]).last_hidden_state[0], padded[0, :4])
