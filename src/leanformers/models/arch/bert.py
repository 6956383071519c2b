"""BERT: embeddings of tokens, positions and types, post-norm blocks, a pooler over the first token.

Also MiniLM, BGE, GTE, E5 and the many others whose config.json says "bert".
Devlin et al., 2018, https://arxiv.org/abs/1810.04805; reference: transformers, models/bert/modeling_bert.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import ConfigError
from ..layout import Layout
from ..wiring import (
    ACTIVATIONS,
    Attention,
    Block,
    Dense,
    Embedding,
    Embeddings,
    Encoder,
    LayerNorm,
    Linear,
    Mlp,
    SequenceClassifier,
)
from . import BASE, SEQUENCE_CLASSIFICATION, Architecture, register

if TYPE_CHECKING:
    from ...config import Config


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    config.choice("position_embedding_type", ["absolute"])
    config.choice("is_decoder", [False])
    config.choice("add_cross_attention", [False])
    width = config.integer("hidden_size")
    heads = config.integer("num_attention_heads")
    if width % heads:
        raise ConfigError(f"config: hidden_size {width} is not a multiple of num_attention_heads {heads}")
    norm = LayerNorm(width, config.number("layer_norm_eps"))
    dropout = config.number("hidden_dropout_prob", below=1)
    block = Block(
        attention=Attention(width, heads, config.number("attention_probs_dropout_prob", below=1)),
        after_attention=norm,
        mlp=Mlp(width, config.integer("intermediate_size"), ACTIVATIONS[config.choice("hidden_act", [*ACTIVATIONS])]),
        after_mlp=norm,
        attention_dropout=dropout,
        mlp_dropout=dropout,
    )
    return Encoder(
        embeddings=Embeddings(
            tokens=Embedding(config.integer("vocab_size"), width, padding=config.pad_token_id),
            positions=Embedding(config.integer("max_position_embeddings"), width),
            types=Embedding(config.integer("type_vocab_size"), width),
            norm=norm,
            dropout=dropout,
        ),
        blocks=(block,) * config.integer("num_hidden_layers", at_least=0),
        pooler=Dense(width, "tanh"),
    )


def sequence_classifier(config: Config) -> SequenceClassifier:
    """The pooler's output, dropout, one linear layer."""
    key = "classifier_dropout" if config.classifier_dropout is not None else "hidden_dropout_prob"
    return SequenceClassifier(
        dense=None,
        dropout=config.number(key, below=1),
        classifier=Linear(config.integer("hidden_size"), config.num_labels),
    )


LAYOUT = Layout(
    prefix="bert",
    base=(
        ("embeddings.word_embeddings", "embeddings.tokens"),
        ("embeddings.position_embeddings", "embeddings.positions"),
        ("embeddings.token_type_embeddings", "embeddings.types"),
        ("embeddings.LayerNorm", "embeddings.norm"),
        ("encoder.layer.{i}.attention.self.query", "blocks.{i}.attention.query"),
        ("encoder.layer.{i}.attention.self.key", "blocks.{i}.attention.key"),
        ("encoder.layer.{i}.attention.self.value", "blocks.{i}.attention.value"),
        ("encoder.layer.{i}.attention.output.dense", "blocks.{i}.attention.output"),
        ("encoder.layer.{i}.attention.output.LayerNorm", "blocks.{i}.after_attention"),
        ("encoder.layer.{i}.intermediate.dense", "blocks.{i}.mlp.up"),
        ("encoder.layer.{i}.output.dense", "blocks.{i}.mlp.down"),
        ("encoder.layer.{i}.output.LayerNorm", "blocks.{i}.after_mlp"),
        ("pooler.dense", "pooler.dense"),
    ),
    heads={SEQUENCE_CLASSIFICATION: (("classifier", "classifier"),)},
    head_like=("pooler.dense",),
    passengers=("embeddings.position_ids", "embeddings.token_type_ids"),
)

register(
    Architecture(
        model_type="bert",
        title="BERT",
        source="https://arxiv.org/abs/1810.04805",
        classes={BASE: "BertModel", SEQUENCE_CLASSIFICATION: "BertForSequenceClassification"},
        wiring=wiring,
        heads={SEQUENCE_CLASSIFICATION: sequence_classifier},
        layout=LAYOUT,
        defaults={
            "vocab_size": 30522,
            "hidden_size": 768,
            "num_hidden_layers": 12,
            "num_attention_heads": 12,
            "intermediate_size": 3072,
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1,
            "attention_probs_dropout_prob": 0.1,
            "max_position_embeddings": 512,
            "type_vocab_size": 2,
            "initializer_range": 0.02,
            "layer_norm_eps": 1e-12,
            "pad_token_id": 0,
            "position_embedding_type": "absolute",
            "use_cache": True,
            "classifier_dropout": None,
            "is_decoder": False,
            "add_cross_attention": False,
            "bos_token_id": None,
            "eos_token_id": None,
            "tie_word_embeddings": True,
        },
    )
)
