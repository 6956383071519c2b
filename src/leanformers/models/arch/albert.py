"""ALBERT: narrow embeddings, and blocks that run several times with the same weights.

Lan et al., 2019, https://arxiv.org/abs/1909.11942; reference: transformers, models/albert/modeling_albert.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ..bert_like import DEFAULTS, EMBEDDING_ROWS, PASSENGERS, blocks, embeddings, masked_lm, question_answering
from ..common_heads import classifier
from ..layout import Layout
from ..wiring import Beside, Dense, Encoder, Head, Linear
from . import Architecture, by_task, class_names_for, register

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


def classification(config: Config, reads: str, outputs: int) -> Head:
    """The pooler's output or every token, dropout, one linear layer."""
    key = "hidden_dropout_prob" if config.classifier_dropout_prob is None else "classifier_dropout_prob"
    return classifier(reads, config.integer("hidden_size"), outputs, config.number(key, below=1))


def narrow_words(config: Config) -> Head:
    """Every token: dense to the width of the embeddings, norm, and their table."""
    return masked_lm(config, width=config.integer("embedding_size"))


def pretraining(config: Config) -> Head:
    """The head for masked words, and one that says whether two texts stand in their order."""
    order = classification(config, "pooled", config.num_labels)
    return replace(narrow_words(config), beside=Beside(order, logits="sop_logits", labels="sentence_order_label"))


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
    heads=by_task(
        sequence_classification=(("classifier", "classifier"),),
        token_classification=(("classifier", "classifier"),),
        question_answering=(("qa_outputs", "outputs"),),
        multiple_choice=(("classifier", "classifier"),),
        pretraining=(*_WORD_ROWS, ("sop_classifier.classifier", "beside.classifier")),
        masked_lm=_WORD_ROWS,
    ),
    tied=by_task(pretraining=_TIED_WORDS, masked_lm=_TIED_WORDS),
    head_like=("pooler",),
    passengers=PASSENGERS,
)

register(
    Architecture(
        model_type="albert",
        title="ALBERT",
        source="https://arxiv.org/abs/1909.11942",
        classes=class_names_for("Albert", LAYOUT),
        wiring=wiring,
        heads=by_task(
            sequence_classification=lambda config: classification(config, "pooled", config.num_labels),
            token_classification=lambda config: classification(config, "tokens", config.num_labels),
            question_answering=question_answering,
            multiple_choice=lambda config: classification(config, "pooled", 1),
            pretraining=pretraining,
            masked_lm=narrow_words,
        ),
        layout=LAYOUT,
        defaults={
            **DEFAULTS,
            "vocab_size": 30000,
            "embedding_size": 128,
            "hidden_size": 4096,
            "num_hidden_groups": 1,
            "num_attention_heads": 64,
            "intermediate_size": 16384,
            "inner_group_num": 1,
            "hidden_act": "gelu_new",
            "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
            "type_vocab_size": 2,
            "classifier_dropout_prob": 0.1,
            "bos_token_id": 2,
            "eos_token_id": 3,
        },
    )
)
