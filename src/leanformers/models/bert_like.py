"""What BERT's descendants have in common: the same blocks, the same names in checkpoints, heads made of the same steps.

An architecture's file says what differs: see `arch/roberta.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .layout import Row
from .wiring import (
    ACTIVATIONS,
    Activation,
    Attention,
    Block,
    Dropout,
    Embedding,
    Embeddings,
    Head,
    LayerNorm,
    Linear,
    Mlp,
    Step,
)

if TYPE_CHECKING:
    from ..config import Config

__all__ = [
    "BLOCK_ROWS",
    "EMBEDDING_ROWS",
    "PASSENGERS",
    "activation",
    "blocks",
    "decoder",
    "dense_classification",
    "embeddings",
    "head_dropout",
    "multiple_choice",
    "question_answering",
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
        mlp=Mlp(width, config.integer("intermediate_size"), activation(config)),
        after_mlp=norm,
        attention_dropout=dropout,
        mlp_dropout=dropout,
    )
    return (block,) * (config.integer("num_hidden_layers", at_least=0) if layers is None else layers)


def activation(config: Config) -> str:
    """The activation that config.json names, as the wiring calls it."""
    return ACTIVATIONS[config.choice("hidden_act", [*ACTIVATIONS])]


def head_dropout(config: Config) -> Dropout:
    """The dropout of classifiers: `classifier_dropout`, or that of the blocks."""
    key = "classifier_dropout" if config.get("classifier_dropout") is not None else "hidden_dropout_prob"
    return Dropout(config.number(key, below=1))


def dense_classification(config: Config, activation: str) -> Head:
    """The first token: dropout, a dense layer, dropout, one linear layer to the labels."""
    width, dropout = config.integer("hidden_size"), head_dropout(config)
    return Head(
        "first",
        {
            "dropout": dropout,
            "dense": Linear(width, width),
            "activation": Activation(activation),
            "dropout_after": dropout,
            "classifier": Linear(width, config.num_labels),
        },
    )


def multiple_choice(config: Config) -> Head:
    """The pooler's output, dropout, one number for a choice."""
    return Head("pooled", {"dropout": head_dropout(config), "classifier": Linear(config.integer("hidden_size"), 1)})


def token_classification(config: Config) -> Head:
    """Every token: dropout, one linear layer to the labels."""
    width = config.integer("hidden_size")
    return Head("tokens", {"dropout": head_dropout(config), "classifier": Linear(width, config.num_labels)})


def question_answering(config: Config) -> Head:
    """Every token: one linear layer to two numbers."""
    return Head("tokens", {"outputs": Linear(config.integer("hidden_size"), 2)})


def decoder(config: Config, width: int, activation: str) -> Head:
    """Every token: a dense layer to `width`, norm, and a decoder that is the table of token embeddings."""
    steps: dict[str, Step] = {
        "dense": Linear(config.integer("hidden_size"), width),
        "activation": Activation(activation),
        "norm": LayerNorm(width, config.number("layer_norm_eps")),
        "decoder": Linear(width, config.integer("vocab_size"), tied=True),
    }
    return Head("tokens", steps)
