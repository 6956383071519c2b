"""What BERT's descendants have in common: the same blocks, the same names in checkpoints, heads made of the same steps.

An architecture's file says what differs: see `arch/roberta.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .common_heads import classifier, dense_classifier, words
from .layout import Row
from .wiring import (
    Attention,
    Block,
    Embedding,
    Embeddings,
    Head,
    LayerNorm,
    Linear,
    Mlp,
)

if TYPE_CHECKING:
    from ..config import Config

__all__ = [
    "BLOCK_ROWS",
    "DEFAULTS",
    "EMBEDDING_ROWS",
    "MORE_DEFAULTS",
    "PASSENGERS",
    "blocks",
    "classifier_dropout",
    "dense_classification",
    "embeddings",
    "masked_lm",
    "multiple_choice",
    "question_answering",
    "sequence_classification",
    "token_classification",
]

EMBEDDING_ROWS: tuple[Row, ...] = (
    ("embeddings.word_embeddings", "embeddings.tokens"),
    ("embeddings.position_embeddings", "embeddings.positions"),
    ("embeddings.token_type_embeddings", "embeddings.types"),
    ("embeddings.LayerNorm", "embeddings.norm"),
)
BLOCK_ROWS: tuple[Row, ...] = (
    ("encoder.layer.{i}.attention.self.query", "blocks.{i}.attention.query"),
    ("encoder.layer.{i}.attention.self.key", "blocks.{i}.attention.key"),
    ("encoder.layer.{i}.attention.self.value", "blocks.{i}.attention.value"),
    ("encoder.layer.{i}.attention.output.dense", "blocks.{i}.attention.output"),
    ("encoder.layer.{i}.attention.output.LayerNorm", "blocks.{i}.after_attention"),
    ("encoder.layer.{i}.intermediate.dense", "blocks.{i}.mlp.up"),
    ("encoder.layer.{i}.output.dense", "blocks.{i}.mlp.down"),
    ("encoder.layer.{i}.output.LayerNorm", "blocks.{i}.after_mlp"),
)
PASSENGERS = ("embeddings.position_ids", "embeddings.token_type_ids")
DEFAULTS: dict[str, Any] = {
    "vocab_size": 30522,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "max_position_embeddings": 512,
    "initializer_range": 0.02,
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": None,
    "tie_word_embeddings": True,
}
# What else BERT, RoBERTa and ELECTRA have.
MORE_DEFAULTS: dict[str, Any] = {
    "type_vocab_size": 2,
    "position_embedding_type": "absolute",
    "use_cache": True,
    "classifier_dropout": None,
    "is_decoder": False,
    "add_cross_attention": False,
}


def embeddings(config: Config, *, width: int, first_position: int = 0, projection: Linear | None = None) -> Embeddings:
    """Tokens, positions and types, then norm and dropout."""
    return Embeddings(
        tokens=Embedding(config.integer("vocab_size"), width, padding=config.pad_token_id),
        positions=Embedding(
            config.integer("max_position_embeddings", at_least=first_position + 1),
            width,
            padding=first_position - 1 if first_position else None,
        ),
        types=Embedding(config.integer("type_vocab_size"), width) if "type_vocab_size" in config else None,
        norm=LayerNorm(width, config.number("layer_norm_eps")),
        dropout=config.number("hidden_dropout_prob", below=1),
        first_position=first_position,
        projection=projection,
    )


def blocks(config: Config, *, layers: int | None = None) -> tuple[Block, ...]:
    """The post-norm blocks: `num_hidden_layers` of them, or so many."""
    for key in ("is_decoder", "add_cross_attention"):
        if config.get(key):
            config.choice(key, [False])
    width, heads = config.divided("hidden_size", "num_attention_heads")
    norm = LayerNorm(width, config.number("layer_norm_eps"))
    dropout = config.number("hidden_dropout_prob", below=1)
    block = Block(
        attention=Attention(width, heads, config.number("attention_probs_dropout_prob", below=1)),
        after_attention=norm,
        mlp=Mlp(width, config.integer("intermediate_size"), config.activation_named("hidden_act")),
        after_mlp=norm,
        attention_dropout=dropout,
        mlp_dropout=dropout,
    )
    return (block,) * (config.integer("num_hidden_layers", at_least=0) if layers is None else layers)


def classifier_dropout(config: Config) -> float:
    """The dropout of classifiers: `classifier_dropout`, or that of the blocks."""
    key = "classifier_dropout" if config.get("classifier_dropout") is not None else "hidden_dropout_prob"
    return config.number(key, below=1)


def sequence_classification(config: Config) -> Head:
    """The pooler's output, dropout, one linear layer."""
    return classifier("pooled", config.integer("hidden_size"), config.num_labels, classifier_dropout(config))


def dense_classification(config: Config, activation: str) -> Head:
    """The first token: dropout, a dense layer, dropout, one linear layer to the labels."""
    dropouts = (classifier_dropout(config),) * 2
    return dense_classifier("first", config.integer("hidden_size"), config.num_labels, activation, dropouts=dropouts)


def multiple_choice(config: Config) -> Head:
    """The pooler's output, dropout, one number for a choice."""
    return classifier("pooled", config.integer("hidden_size"), 1, classifier_dropout(config))


def token_classification(config: Config) -> Head:
    """Every token: dropout, one linear layer to the labels."""
    return classifier("tokens", config.integer("hidden_size"), config.num_labels, classifier_dropout(config))


def question_answering(config: Config) -> Head:
    """Every token: one linear layer to two numbers."""
    return Head("tokens", {"outputs": Linear(config.integer("hidden_size"), 2)})


def masked_lm(config: Config, *, width: int | None = None, activation: str | None = None) -> Head:
    """Every token: a dense layer to `width`, norm, and a decoder that is the table of token embeddings.

    `width` is that of the blocks and `activation` theirs where not given.
    """
    hidden = config.integer("hidden_size")
    norm = LayerNorm(width or hidden, config.number("layer_norm_eps"))
    return words(hidden, config.integer("vocab_size"), activation or config.activation_named("hidden_act"), norm)
