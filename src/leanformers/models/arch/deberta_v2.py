"""DeBERTa 2 and 3: post-norm blocks whose attention weighs contents against distances, as vectors.

He et al., 2020, https://arxiv.org/abs/2006.03654; He et al., 2021, https://arxiv.org/abs/2111.09543; reference:
transformers, models/deberta_v2/modeling_deberta_v2.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ..bert_like import BLOCK_ROWS, DEFAULTS, PASSENGERS, blocks, masked_lm, question_answering
from ..common_heads import classifier, dense_classifier
from ..layout import UNNAMED, Layout
from ..wiring import (
    Attention,
    Block,
    Convolution,
    Distances,
    Embedding,
    Embeddings,
    Encoder,
    Head,
    LayerNorm,
    Linear,
    RelativeVectors,
)
from . import Architecture, by_task, class_names_for, register

if TYPE_CHECKING:
    from ...config import Config


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    if config.get("z_steps"):  # the reference has no such setting: its last block runs once
        config.choice("z_steps", [0, 1])
    vectors = _vectors(config) if config.relative_attention else None
    made = tuple(replace(block, attention=_attention(config, block)) for block in blocks(config))
    return Encoder(_embeddings(config), _with_convolution(config, made), pooler=None, relative_vectors=vectors)


def _embeddings(config: Config) -> Embeddings:
    """Tables of `embedding_size`; positions only with `position_biased_input`, types only where there are any."""
    hidden = config.integer("hidden_size")
    width = config.integer("embedding_size") if config.get("embedding_size") is not None else hidden
    types = config.integer("type_vocab_size", at_least=0)
    return Embeddings(
        tokens=Embedding(config.integer("vocab_size"), width, padding=config.pad_token_id),
        positions=Embedding(config.integer("max_position_embeddings"), width) if config.position_biased_input else None,
        types=Embedding(types, width) if types else None,
        norm=_norm(config),
        dropout=config.number("hidden_dropout_prob", below=1),
        sum_projection=None if width == hidden else Linear(width, hidden, bias=False),
    )


def _norm(config: Config) -> LayerNorm:
    return LayerNorm(config.integer("hidden_size"), config.number("layer_norm_eps"))


def _vectors(config: Config) -> RelativeVectors:
    """`position_buckets` classes each way; without them, each distance has its own."""
    farthest, buckets = _whole(config, "max_relative_positions"), _whole(config, "position_buckets")
    if farthest < 1:
        farthest = config.integer("max_position_embeddings")
    if buckets > 0 and not (buckets >= 2 and buckets // 2 + 1 < farthest):
        limit = f"at least 2, and half of it below max_relative_positions {farthest} - 1"
        raise ConfigError(f"config: position_buckets must be {limit}, not {buckets}")
    norm = _norm(config) if "layer_norm" in _words(config, "norm_rel_ebd", ("none", "layer_norm")) else None
    width = config.integer("hidden_size")
    if buckets > 0:
        return RelativeVectors(buckets, width, farthest, norm)
    return RelativeVectors(farthest, width, norm=norm)


def _whole(config: Config, key: str) -> int:
    """A whole number that may be -1 or absent for "none"."""
    return config.integer(key, at_least=-1) if config.get(key) is not None else -1


def _words(config: Config, key: str, known: tuple[str, ...]) -> set[str]:
    """The words under a key: a list, or a text with "|" between them."""
    given = config.get(key) or ()
    words = {str(word).strip() for word in (given.lower().split("|") if isinstance(given, str) else given)}
    if words - {*known}:
        raise ConfigError(f"config: {key} has {', '.join(sorted(words - {*known}))}; choices: {', '.join(known)}")
    return words


def _attention(config: Config, block: Block) -> Attention:
    """Scores are sums of products, of which each has its share in the scale."""
    described = block.attention
    if config.get("attention_head_size") is not None:  # the output layer of the reference takes no other
        config.choice("attention_head_size", [described.head_dim])
    kinds = _words(config, "pos_att_type", ("c2p", "p2c"))
    scale = (described.head_dim * (1 + len(kinds))) ** -0.5
    if not config.relative_attention:
        return replace(described, scale=scale)
    shared, dropout = bool(config.get("share_att_key")), config.number("hidden_dropout_prob", below=1)
    distances = Distances("c2p" in kinds, "p2c" in kinds, shared, dropout)
    return replace(described, scale=scale, distances=distances)


def _with_convolution(config: Config, made: tuple[Block, ...]) -> tuple[Block, ...]:
    """The first block has a convolution beside it where `conv_kernel_size` says so, as in DeBERTa 2 XLarge."""
    kernel = _whole(config, "conv_kernel_size")
    if kernel <= 0:
        return made
    groups, width = max(_whole(config, "conv_groups"), 1), config.integer("hidden_size")
    if not made or kernel % 2 == 0 or width % groups:
        raise ConfigError(
            f"config: conv_kernel_size {kernel} must be odd, conv_groups {groups} a divisor of hidden_size {width}, "
            f"and num_hidden_layers {len(made)} at least 1"
        )
    activation = config.activation_named("conv_act") if config.get("conv_act") is not None else "tanh"
    dropout = config.number("hidden_dropout_prob", below=1)
    convolution = Convolution(width, kernel, groups, activation, dropout)
    return replace(made[0], convolution=convolution, after_convolution=_norm(config)), *made[1:]


def pooled(config: Config, outputs: int) -> Head:
    """The first token: dropout, a dense layer, dropout, one linear layer."""
    width = config.integer("hidden_size")
    if config.get("pooler_hidden_size") is not None:  # it reads and gives what the blocks have
        config.choice("pooler_hidden_size", [width])
    activation = config.activation_named("pooler_hidden_act")
    last = "hidden_dropout_prob" if config.get("cls_dropout") is None else "cls_dropout"
    dropouts = config.number("pooler_dropout", below=1), config.number(last, below=1)
    return dense_classifier("first", width, outputs, activation, dropouts=dropouts)


def token_classification(config: Config) -> Head:
    """Every token: dropout, one linear layer to the labels."""
    dropout = config.number("hidden_dropout_prob", below=1)
    return classifier("tokens", config.integer("hidden_size"), config.num_labels, dropout)


def masked_words(config: Config) -> Head:
    """Every token: dense, norm, and the table of tokens; where `legacy` is off under other names, without a decoder."""
    width, narrow = config.integer("hidden_size"), _embeddings(config).tokens.width
    if config.legacy:
        return masked_lm(config, width=narrow)
    if width != narrow:
        raise ConfigError(f"config: with legacy off, embedding_size {narrow} must be hidden_size {width}")
    return Head("tokens", {f"own_{name}": step for name, step in masked_lm(config).steps.items()})


_POOLER_ROWS = (("pooler.dense", "dense"), ("classifier", "classifier"))
_KINDS = ("weight", "bias")
_LAYER = "encoder.layer.{i}"
LAYOUT = Layout(
    prefix="deberta",
    base=(
        ("embeddings.word_embeddings", "embeddings.tokens"),
        ("embeddings.position_embeddings", "embeddings.positions"),
        ("embeddings.token_type_embeddings", "embeddings.types"),
        ("embeddings.embed_proj", "embeddings.sum_projection"),
        ("embeddings.LayerNorm", "embeddings.norm"),
        (f"{_LAYER}.attention.self.query_proj", "blocks.{i}.attention.query"),
        (f"{_LAYER}.attention.self.key_proj", "blocks.{i}.attention.key"),
        (f"{_LAYER}.attention.self.value_proj", "blocks.{i}.attention.value"),
        (f"{_LAYER}.attention.self.pos_key_proj", "blocks.{i}.attention.position_key"),
        (f"{_LAYER}.attention.self.pos_query_proj", "blocks.{i}.attention.position_query"),
        *BLOCK_ROWS[3:],
        ("encoder.rel_embeddings", "relative_vectors.table"),
        ("encoder.LayerNorm", "relative_vectors.norm"),
        ("encoder.conv.conv", "blocks.0.convolution.kernel"),
        ("encoder.conv.LayerNorm", "blocks.0.after_convolution"),
    ),
    heads=by_task(
        sequence_classification=_POOLER_ROWS,
        token_classification=(("classifier", "classifier"),),
        question_answering=(("qa_outputs", "outputs"),),
        multiple_choice=_POOLER_ROWS,
        masked_lm=(
            ("cls.predictions.transform.dense", "dense"),
            ("cls.predictions.transform.LayerNorm", "norm"),
            ("cls.predictions.decoder", "decoder"),
            ("lm_predictions.lm_head.dense", "own_dense"),
            ("lm_predictions.lm_head.LayerNorm", "own_norm"),
            (f"{UNNAMED}.decoder", "own_decoder"),
        ),
    ),
    tied=by_task(
        masked_lm=(
            ("cls.predictions.decoder.weight", "deberta.embeddings.word_embeddings.weight"),
            ("cls.predictions.decoder.bias", "cls.predictions.bias"),
            (f"{UNNAMED}.decoder.weight", "deberta.embeddings.word_embeddings.weight"),
            (f"{UNNAMED}.decoder.bias", "lm_predictions.lm_head.bias"),
        )
    ),
    # What is not read without positions or distances, and what the discriminator of DeBERTa 3 was trained with.
    passengers=(
        *PASSENGERS,
        "embeddings.position_embeddings.weight",
        *(f"encoder.LayerNorm.{kind}" for kind in _KINDS),
        *(f"mask_predictions.{part}.{kind}" for part in ("dense", "LayerNorm", "classifier") for kind in _KINDS),
    ),
)

register(
    Architecture(
        model_type="deberta-v2",
        title="DeBERTa 2",
        source="https://arxiv.org/abs/2006.03654",
        classes=class_names_for("DebertaV2", LAYOUT),
        wiring=wiring,
        heads=by_task(
            sequence_classification=lambda config: pooled(config, config.num_labels),
            token_classification=token_classification,
            question_answering=question_answering,
            multiple_choice=lambda config: pooled(config, 1),
            masked_lm=masked_words,
        ),
        layout=LAYOUT,
        soft_labels=True,
        defaults={
            **DEFAULTS,
            "vocab_size": 128100,
            "hidden_size": 1536,
            "num_hidden_layers": 24,
            "num_attention_heads": 24,
            "intermediate_size": 6144,
            "type_vocab_size": 0,
            "layer_norm_eps": 1e-7,
            "relative_attention": False,
            "max_relative_positions": -1,
            "position_biased_input": True,
            "pos_att_type": None,
            "pooler_dropout": 0.0,
            "pooler_hidden_act": "gelu",
            "legacy": True,
        },
        optional_keys=(
            "attention_head_size",
            "cls_dropout",
            "conv_act",
            "conv_groups",
            "conv_kernel_size",
            "embedding_size",
            "norm_rel_ebd",
            "pooler_hidden_size",
            "position_buckets",
            "share_att_key",
            "z_steps",
        ),
    )
)
