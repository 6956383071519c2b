"""MPNet: BERT without types, whose attention also weighs how far two tokens stand apart, with RoBERTa's heads.

Song et al., 2020, https://arxiv.org/abs/2004.09297; reference: transformers, models/mpnet/modeling_mpnet.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..bert_like import DEFAULTS, PASSENGERS, blocks, embeddings
from ..layout import Layout
from ..wiring import Dense, Encoder, RelativeBias
from . import BASE, Architecture, class_names_for, register
from .roberta import HEAD_ROWS, HEADS, TOKENS, tied_rows

if TYPE_CHECKING:
    from ...config import Config


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes. Positions begin at 2, behind the usual padding id."""
    width = config.integer("hidden_size")
    return Encoder(
        embeddings(config, width=width, first_position=2),
        blocks(config),
        pooler=Dense(width, "tanh"),
        relative_bias=RelativeBias(
            buckets=config.choice("relative_attention_num_buckets", [32]),  # the only number that the reference can
            heads=config.integer("num_attention_heads"),
            farthest=128,
        ),
    )


LAYOUT = Layout(
    prefix="mpnet",
    base=(
        ("embeddings.word_embeddings", "embeddings.tokens"),
        ("embeddings.position_embeddings", "embeddings.positions"),
        ("embeddings.LayerNorm", "embeddings.norm"),
        ("encoder.layer.{i}.attention.attn.q", "blocks.{i}.attention.query"),
        ("encoder.layer.{i}.attention.attn.k", "blocks.{i}.attention.key"),
        ("encoder.layer.{i}.attention.attn.v", "blocks.{i}.attention.value"),
        ("encoder.layer.{i}.attention.attn.o", "blocks.{i}.attention.output"),
        ("encoder.layer.{i}.attention.LayerNorm", "blocks.{i}.after_attention"),
        ("encoder.layer.{i}.intermediate.dense", "blocks.{i}.mlp.up"),
        ("encoder.layer.{i}.output.dense", "blocks.{i}.mlp.down"),
        ("encoder.layer.{i}.output.LayerNorm", "blocks.{i}.after_mlp"),
        ("encoder.relative_attention_bias", "relative_bias.table"),
        ("pooler.dense", "pooler.dense"),
    ),
    heads=HEAD_ROWS,
    tied=tied_rows("mpnet"),
    head_like=("pooler.dense",),
    passengers=PASSENGERS,
)

register(
    Architecture(
        model_type="mpnet",
        title="MPNet",
        source="https://arxiv.org/abs/2004.09297",
        classes={BASE: "MPNetModel", **class_names_for("MPNet", LAYOUT)},
        wiring=wiring,
        heads=HEADS,
        layout=LAYOUT,
        defaults={**DEFAULTS, **TOKENS, "vocab_size": 30527, "relative_attention_num_buckets": 32},
    )
)
