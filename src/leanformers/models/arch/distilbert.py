"""DistilBERT: BERT without token types and without a pooler; its own names for everything.

Sanh et al., 2019, https://arxiv.org/abs/1910.01108; reference: transformers, models/distilbert/modeling_distilbert.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import ConfigError
from ..layout import Layout
from ..wiring import (
    ACTIVATIONS,
    Activation,
    Attention,
    Block,
    Dropout,
    Embedding,
    Embeddings,
    Encoder,
    Head,
    LayerNorm,
    Linear,
    Mlp,
)
from . import (
    BASE,
    MASKED_LM,
    MULTIPLE_CHOICE,
    QUESTION_ANSWERING,
    SEQUENCE_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
    Architecture,
    class_names_for,
    register,
)

if TYPE_CHECKING:
    from ...config import Config


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    width = config.integer("dim")
    heads = config.integer("n_heads")
    if width % heads:
        raise ConfigError(f"config: dim {width} is not a multiple of n_heads {heads}")
    norm = LayerNorm(width, 1e-12)  # the reference has no key for it
    dropout = config.number("dropout", below=1)
    sinusoidal = bool(config.sinusoidal_pos_embds)
    block = Block(
        attention=Attention(width, heads, config.number("attention_dropout", below=1)),
        after_attention=norm,
        mlp=Mlp(width, config.integer("hidden_dim"), ACTIVATIONS[config.choice("activation", [*ACTIVATIONS])]),
        after_mlp=norm,
        attention_dropout=0.0,  # the reference drops the attention's weights, not its output
        mlp_dropout=dropout,
    )
    return Encoder(
        embeddings=Embeddings(
            tokens=Embedding(config.integer("vocab_size"), width, padding=config.pad_token_id),
            positions=Embedding(config.integer("max_position_embeddings"), width, sinusoidal=sinusoidal),
            types=None,
            norm=norm,
            dropout=dropout,
        ),
        blocks=(block,) * config.integer("n_layers", at_least=0),
        pooler=None,
    )


def sequence_classification(config: Config) -> Head:
    """The first token, a dense layer with ReLU, dropout, one linear layer."""
    return _dense(config, config.num_labels)


def multiple_choice(config: Config) -> Head:
    """As for classification, to one number for a choice."""
    return _dense(config, 1)


def _dense(config: Config, labels: int) -> Head:
    width = config.integer("dim")
    return Head(
        "first",
        {
            "dense": Linear(width, width),
            "activation": Activation("relu"),
            "dropout": Dropout(config.number("seq_classif_dropout", below=1)),
            "classifier": Linear(width, labels),
        },
    )


def token_classification(config: Config) -> Head:
    """Every token: dropout, one linear layer to the labels."""
    dropout = Dropout(config.number("dropout", below=1))
    return Head("tokens", {"dropout": dropout, "classifier": Linear(config.integer("dim"), config.num_labels)})


def question_answering(config: Config) -> Head:
    """Every token: dropout, one linear layer to two numbers."""
    dropout = Dropout(config.number("qa_dropout", below=1))
    return Head("tokens", {"dropout": dropout, "outputs": Linear(config.integer("dim"), 2)})


def masked_lm(config: Config) -> Head:
    """Every token: dense, norm, and the table of token embeddings."""
    width = config.integer("dim")
    return Head(
        "tokens",
        {
            "dense": Linear(width, width),
            "activation": Activation(ACTIVATIONS[config.choice("activation", [*ACTIVATIONS])]),
            "norm": LayerNorm(width, 1e-12),
            "decoder": Linear(width, config.integer("vocab_size"), tied=True),
        },
    )


LAYOUT = Layout(
    prefix="distilbert",
    base=(
        ("embeddings.word_embeddings", "embeddings.tokens"),
        ("embeddings.position_embeddings", "embeddings.positions"),
        ("embeddings.LayerNorm", "embeddings.norm"),
        ("transformer.layer.{i}.attention.q_lin", "blocks.{i}.attention.query"),
        ("transformer.layer.{i}.attention.k_lin", "blocks.{i}.attention.key"),
        ("transformer.layer.{i}.attention.v_lin", "blocks.{i}.attention.value"),
        ("transformer.layer.{i}.attention.out_lin", "blocks.{i}.attention.output"),
        ("transformer.layer.{i}.sa_layer_norm", "blocks.{i}.after_attention"),
        ("transformer.layer.{i}.ffn.lin1", "blocks.{i}.mlp.up"),
        ("transformer.layer.{i}.ffn.lin2", "blocks.{i}.mlp.down"),
        ("transformer.layer.{i}.output_layer_norm", "blocks.{i}.after_mlp"),
    ),
    heads={
        SEQUENCE_CLASSIFICATION: (("pre_classifier", "dense"), ("classifier", "classifier")),
        TOKEN_CLASSIFICATION: (("classifier", "classifier"),),
        QUESTION_ANSWERING: (("qa_outputs", "outputs"),),
        MULTIPLE_CHOICE: (("pre_classifier", "dense"), ("classifier", "classifier")),
        MASKED_LM: (("vocab_transform", "dense"), ("vocab_layer_norm", "norm"), ("vocab_projector", "decoder")),
    },
    tied={MASKED_LM: (("vocab_projector.weight", "distilbert.embeddings.word_embeddings.weight"),)},
    passengers=("embeddings.position_ids",),
)

register(
    Architecture(
        model_type="distilbert",
        title="DistilBERT",
        source="https://arxiv.org/abs/1910.01108",
        classes={BASE: "DistilBertModel", **class_names_for("DistilBert", LAYOUT)},
        wiring=wiring,
        heads={
            SEQUENCE_CLASSIFICATION: sequence_classification,
            TOKEN_CLASSIFICATION: token_classification,
            QUESTION_ANSWERING: question_answering,
            MULTIPLE_CHOICE: multiple_choice,
            MASKED_LM: masked_lm,
        },
        layout=LAYOUT,
        defaults={
            "vocab_size": 30522,
            "max_position_embeddings": 512,
            "sinusoidal_pos_embds": False,
            "n_layers": 6,
            "n_heads": 12,
            "dim": 768,
            "hidden_dim": 3072,
            "dropout": 0.1,
            "attention_dropout": 0.1,
            "activation": "gelu",
            "initializer_range": 0.02,
            "qa_dropout": 0.1,
            "seq_classif_dropout": 0.2,
            "pad_token_id": 0,
            "bos_token_id": None,
            "eos_token_id": None,
            "tie_word_embeddings": True,
        },
        attribute_map={"hidden_size": "dim", "num_attention_heads": "n_heads", "num_hidden_layers": "n_layers"},
    )
)
