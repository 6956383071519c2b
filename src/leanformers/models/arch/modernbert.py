"""ModernBERT: pre-norm blocks with rotary positions and gated mlps; most of them see only what is near.

Blocks that see everything and those that do not have rotary positions of their own; the first block has no norm before
its attention, because the embeddings have one.
Warner et al., 2024, https://arxiv.org/abs/2412.13663; reference: transformers, modeling_modernbert.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ..common_heads import dense_classifier, words
from ..layout import Layout
from ..llama_like import slides, stack
from ..rotary_config import rotary
from ..wiring import Attention, Block, Encoder, GatedMlp, Head, LayerNorm, Sight
from . import Architecture, by_task, class_names_for, register

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...config import Config

# Of blocks that see everything, and of those that do not: the key of their positions, theta, the key of an old theta.
_ROTARY = ("full_attention", 160_000.0, "global_rope_theta"), ("sliding_attention", 10_000.0, "local_rope_theta")


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    every = config.get("global_attn_every_n_layers") or 3  # blocks, of which one sees everything
    blocks = tuple(_block(config, near) for near in slides(config, every=every, first=0))
    first = (replace(block, before_attention=None) for block in blocks[:1])
    dropout = config.number("embedding_dropout", below=1)
    return stack(config, (*first, *blocks[1:]), _norm(config), norm=_norm(config), dropout=dropout)


def _block(config: Config, near: bool) -> Block:
    width, heads = config.integer("hidden_size"), config.integer("num_attention_heads")
    if width % (2 * heads):
        raise ConfigError(f"config: hidden_size {width} is not an even number for each of num_attention_heads {heads}")
    dropout = config.number("attention_dropout", below=1)
    attention = Attention(
        width,
        heads,
        dropout,
        bias=bool(config.attention_bias),
        output_bias=bool(config.attention_bias),
        fused=True,
        sight=Sight(reach=config.integer("local_attention") // 2) if near else Sight(),
        rotary=rotary(config, *_ROTARY[near]),
    )
    mlp = GatedMlp(
        width,
        config.integer("intermediate_size"),
        config.activation_named("hidden_activation"),
        bias=bool(config.mlp_bias),
        fused=True,
        dropout=config.number("mlp_dropout", below=1),
    )
    return Block(attention, mlp, attention_dropout=dropout, before_attention=_norm(config), before_mlp=_norm(config))


def _norm(config: Config) -> LayerNorm:
    return LayerNorm(config.integer("hidden_size"), config.number("norm_eps"), bias=bool(config.norm_bias))


def classification(config: Config, outputs: int, reads: str | None = None) -> Head:
    """The first token or the mean, if not every token: dense, norm, one linear layer."""
    pooling = {"cls": "first", "mean": "mean"}
    return dense_classifier(
        reads or pooling[config.choice("classifier_pooling", [*pooling])],
        config.integer("hidden_size"),
        outputs,
        config.activation_named("classifier_activation"),
        dropouts=(0.0, config.number("classifier_dropout", below=1)),
        norm=_norm(config),
        bias=bool(config.classifier_bias),
    )


def masked_lm(config: Config) -> Head:
    """Every token: dense, norm, and the table of token embeddings."""
    activation, bias = config.activation_named("classifier_activation"), bool(config.classifier_bias)
    width, vocabulary = config.integer("hidden_size"), config.integer("vocab_size")
    return words(width, vocabulary, activation, _norm(config), bias=bias, decoder_bias=bool(config.decoder_bias))


_HEAD_ROWS = (("head.dense", "dense"), ("head.norm", "norm"))
_CLASSIFIER_ROWS = (*_HEAD_ROWS, ("classifier", "classifier"))
HEADS: dict[str, Callable[[Config], Head]] = by_task(
    sequence_classification=lambda config: classification(config, config.num_labels),
    token_classification=lambda config: classification(config, config.num_labels, "tokens"),
    question_answering=lambda config: classification(config, 2, "tokens"),
    multiple_choice=lambda config: classification(config, 1),
    masked_lm=masked_lm,
)
LAYOUT = Layout(
    prefix="model",
    base=(
        ("embeddings.tok_embeddings", "embeddings.tokens"),
        ("embeddings.norm", "embeddings.norm"),
        ("layers.{i}.attn_norm", "blocks.{i}.before_attention"),
        ("layers.{i}.attn.Wqkv", "blocks.{i}.attention.query_key_value"),
        ("layers.{i}.attn.Wo", "blocks.{i}.attention.output"),
        ("layers.{i}.mlp_norm", "blocks.{i}.before_mlp"),
        ("layers.{i}.mlp.Wi", "blocks.{i}.mlp.gate_value"),
        ("layers.{i}.mlp.Wo", "blocks.{i}.mlp.down"),
        ("final_norm", "final_norm"),
    ),
    heads={**dict.fromkeys(HEADS, _CLASSIFIER_ROWS), **by_task(masked_lm=(*_HEAD_ROWS, ("decoder", "decoder")))},
    tied=by_task(masked_lm=(("decoder.weight", "model.embeddings.tok_embeddings.weight"),)),
    passengers=("embeddings.position_ids",),
)

register(
    Architecture(
        model_type="modernbert",
        title="ModernBERT",
        source="https://arxiv.org/abs/2412.13663",
        classes=class_names_for("ModernBert", LAYOUT),
        wiring=wiring,
        heads=HEADS,
        layout=LAYOUT,
        defaults={
            "vocab_size": 50368,
            "hidden_size": 768,
            "intermediate_size": 1152,
            "num_hidden_layers": 22,
            "num_attention_heads": 12,
            "hidden_activation": "gelu",
            "max_position_embeddings": 8192,
            "initializer_range": 0.02,
            "norm_eps": 1e-5,
            "pad_token_id": 50283,
            "eos_token_id": 50282,
            "bos_token_id": 50281,
            **dict.fromkeys(("norm_bias", "attention_bias", "mlp_bias", "classifier_bias"), False),
            **dict.fromkeys(("attention_dropout", "embedding_dropout", "mlp_dropout", "classifier_dropout"), 0.0),
            "layer_types": None,
            "rope_parameters": {kind: {"rope_theta": theta, "rope_type": "default"} for kind, theta, _ in _ROTARY},
            "local_attention": 128,
            "decoder_bias": True,
            "classifier_pooling": "cls",
            "classifier_activation": "gelu",
            "tie_word_embeddings": True,
        },
    )
)
