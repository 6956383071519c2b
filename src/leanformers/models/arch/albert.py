"""ALBERT: narrow embeddings, and blocks that run several times with the same weights.

Lan et al., 2019, https://arxiv.org/abs/1909.11942; reference: transformers, models/albert/modeling_albert.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ..bert_like import (
    EMBEDDING_ROWS,
    PASSENGERS,
    activation,
    blocks,
    decoder,
    embeddings,
    question_answering,
)
from ..layout import Layout
from ..wiring import Beside, Dense, Dropout, Encoder, Head, Linear
from . import (
    BASE,
    MASKED_LM,
    MULTIPLE_CHOICE,
    PRETRAINING,
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
    """The base model that `config` describes: `num_hidden_groups` blocks, each for its share of the layers."""
    config.choice("inner_group_num", [1])
    layers, groups = config.integer("num_hidden_layers", at_least=0), config.integer("num_hidden_groups")
    if groups > max(layers, 1):
        raise ConfigError(f"config: num_hidden_groups {groups} is more than num_hidden_layers {layers}")
    width, hidden = config.integer("embedding_size"), config.integer("hidden_size")
    block = replace(blocks(config, layers=1)[0], mlp_dropout=0.0)  # the reference drops nothing there
    return Encoder(
        embeddings(config, width=width, projection=Linear(width, hidden)),
        (block,) * groups,
        pooler=Dense(hidden, "tanh"),
        schedule=tuple(layer * groups // layers for layer in range(layers)),
    )


def sequence_classification(config: Config) -> Head:
    """The pooler's output, dropout, one linear layer."""
    return _classifier(config, "pooled", config.num_labels)


def multiple_choice(config: Config) -> Head:
    """The pooler's output, dropout, one number for a choice."""
    return _classifier(config, "pooled", 1)


def token_classification(config: Config) -> Head:
    """Every token: dropout, one linear layer to the labels."""
    return _classifier(config, "tokens", config.num_labels)


def _classifier(config: Config, reads: str, labels: int) -> Head:
    key = "hidden_dropout_prob" if config.classifier_dropout_prob is None else "classifier_dropout_prob"
    dropout = Dropout(config.number(key, below=1))
    return Head(reads, {"dropout": dropout, "classifier": Linear(config.integer("hidden_size"), labels)})


def masked_lm(config: Config) -> Head:
    """Every token: dense to the width of the embeddings, norm, and their table."""
    return decoder(config, config.integer("embedding_size"), activation(config))


def pretraining(config: Config) -> Head:
    """The head for masked words, and one that says whether two texts stand in their order."""
    order = _classifier(config, "pooled", config.num_labels)
    return replace(masked_lm(config), beside=Beside(order, logits="sop_logits", labels="sentence_order_label"))


_WORD_ROWS = (
    ("predictions.LayerNorm", "norm"),
    ("predictions.dense", "dense"),
    ("predictions.decoder", "decoder"),
)
_TIED_WORDS = (
    ("predictions.decoder.weight", "albert.embeddings.word_embeddings.weight"),
    ("predictions.decoder.bias", "predictions.bias"),
)
_LAYER = "encoder.albert_layer_groups.{i}.albert_layers.0"
LAYOUT = Layout(
    prefix="albert",
    base=(
        *EMBEDDING_ROWS,
        ("encoder.embedding_hidden_mapping_in", "embeddings.projection"),
        (f"{_LAYER}.full_layer_layer_norm", "blocks.{i}.after_mlp"),
        (f"{_LAYER}.attention.query", "blocks.{i}.attention.query"),
        (f"{_LAYER}.attention.key", "blocks.{i}.attention.key"),
        (f"{_LAYER}.attention.value", "blocks.{i}.attention.value"),
        (f"{_LAYER}.attention.dense", "blocks.{i}.attention.output"),
        (f"{_LAYER}.attention.LayerNorm", "blocks.{i}.after_attention"),
        (f"{_LAYER}.ffn", "blocks.{i}.mlp.up"),
        (f"{_LAYER}.ffn_output", "blocks.{i}.mlp.down"),
        ("pooler", "pooler.dense"),
    ),
    heads={
        SEQUENCE_CLASSIFICATION: (("classifier", "classifier"),),
        TOKEN_CLASSIFICATION: (("classifier", "classifier"),),
        QUESTION_ANSWERING: (("qa_outputs", "outputs"),),
        MULTIPLE_CHOICE: (("classifier", "classifier"),),
        PRETRAINING: (*_WORD_ROWS, ("sop_classifier.classifier", "beside.classifier")),
        MASKED_LM: _WORD_ROWS,
    },
    tied=dict.fromkeys((PRETRAINING, MASKED_LM), _TIED_WORDS),
    head_like=("pooler",),
    passengers=PASSENGERS,
)

register(
    Architecture(
        model_type="albert",
        title="ALBERT",
        source="https://arxiv.org/abs/1909.11942",
        classes={BASE: "AlbertModel", **class_names_for("Albert", LAYOUT)},
        wiring=wiring,
        heads={
            SEQUENCE_CLASSIFICATION: sequence_classification,
            TOKEN_CLASSIFICATION: token_classification,
            QUESTION_ANSWERING: question_answering,
            MULTIPLE_CHOICE: multiple_choice,
            PRETRAINING: pretraining,
            MASKED_LM: masked_lm,
        },
        layout=LAYOUT,
        defaults={
            "vocab_size": 30000,
            "embedding_size": 128,
            "hidden_size": 4096,
            "num_hidden_layers": 12,
            "num_hidden_groups": 1,
            "num_attention_heads": 64,
            "intermediate_size": 16384,
            "inner_group_num": 1,
            "hidden_act": "gelu_new",
            "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
            "max_position_embeddings": 512,
            "type_vocab_size": 2,
            "initializer_range": 0.02,
            "layer_norm_eps": 1e-12,
            "classifier_dropout_prob": 0.1,
            "pad_token_id": 0,
            "bos_token_id": 2,
            "eos_token_id": 3,
            "tie_word_embeddings": True,
        },
    )
)
