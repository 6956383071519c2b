"""ModernBERT: pre-norm blocks with rotary positions and gated mlps; most of them see only what is near.

Blocks that see everything and those that do not have rotary positions of their own; the first block has no norm before
its attention, because the embeddings have one.
Warner et al., 2024, https://arxiv.org/abs/2412.13663; reference: transformers, modeling_modernbert.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ..layout import Layout
from ..llama_like import slides
from ..rotary_config import rotary
from ..wiring import (
    ACTIVATIONS,
    Activation,
    Attention,
    Block,
    Dropout,
    Embedding,
    Embeddings,
    Encoder,
    GatedMlp,
    Head,
    LayerNorm,
    Linear,
    Rotary,
    Sight,
    Step,
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

_FAR, _NEAR = 160_000.0, 10_000.0
_PATTERN = 3  # every third block sees everything


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    width = config.integer("hidden_size")
    blocks = tuple(_block(config, near) for near in _near(config))
    return Encoder(
        embeddings=Embeddings(
            tokens=Embedding(config.integer("vocab_size"), width, padding=config.pad_token_id),
            positions=None,
            types=None,
            norm=_norm(config),
            dropout=config.number("embedding_dropout", below=1),
        ),
        blocks=(replace(blocks[0], before_attention=None), *blocks[1:]) if blocks else (),
        pooler=None,
        final_norm=_norm(config),
    )


def _near(config: Config) -> list[bool]:
    """Which blocks see only what is near."""
    if config.layer_types:
        return slides(config)
    pattern = config.get("global_attn_every_n_layers") or _PATTERN
    return [bool(number % pattern) for number in range(config.integer("num_hidden_layers", at_least=0))]


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
        rotary=_rotary(config, near),
    )
    mlp = GatedMlp(
        width,
        config.integer("intermediate_size"),
        ACTIVATIONS[config.choice("hidden_activation", [*ACTIVATIONS])],
        bias=bool(config.mlp_bias),
        fused=True,
        dropout=config.number("mlp_dropout", below=1),
    )
    return Block(attention, mlp, attention_dropout=dropout, before_attention=_norm(config), before_mlp=_norm(config))


def _rotary(config: Config, near: bool) -> Rotary:
    old = config.get("local_rope_theta" if near else "global_rope_theta")  # keys of older config.json
    if old is not None and "rope_parameters" not in list(config):
        return Rotary(float(old))
    kind = "sliding_attention" if near else "full_attention"
    return rotary(config, kind, theta=_NEAR if near else _FAR)


def _norm(config: Config) -> LayerNorm:
    return LayerNorm(config.integer("hidden_size"), config.number("norm_eps"), bias=bool(config.norm_bias))


def _steps(config: Config) -> dict[str, Step]:
    width = config.integer("hidden_size")
    return {
        "dense": Linear(width, width, bias=bool(config.classifier_bias)),
        "activation": Activation(ACTIVATIONS[config.choice("classifier_activation", [*ACTIVATIONS])]),
        "norm": _norm(config),
    }


def _classifier(config: Config, reads: str, outputs: int) -> Head:
    dropout = Dropout(config.number("classifier_dropout", below=1))
    classifier = Linear(config.integer("hidden_size"), outputs)
    return Head(reads, {**_steps(config), "dropout": dropout, "classifier": classifier})


def _pooling(config: Config) -> str:
    return {"cls": "first", "mean": "mean"}[config.choice("classifier_pooling", ["cls", "mean"])]


def sequence_classification(config: Config) -> Head:
    """The first token or the mean: dense, norm, one linear layer to the labels."""
    return _classifier(config, _pooling(config), config.num_labels)


def multiple_choice(config: Config) -> Head:
    """As for classification, to one number for a choice."""
    return _classifier(config, _pooling(config), 1)


def token_classification(config: Config) -> Head:
    """Every token: dense, norm, one linear layer to the labels."""
    return _classifier(config, "tokens", config.num_labels)


def question_answering(config: Config) -> Head:
    """Every token: dense, norm, one linear layer to two numbers."""
    return _classifier(config, "tokens", 2)


def masked_lm(config: Config) -> Head:
    """Every token: dense, norm, and the table of token embeddings."""
    width, words = config.integer("hidden_size"), config.integer("vocab_size")
    decoder = Linear(width, words, bias=bool(config.decoder_bias), tied=True)
    return Head("tokens", {**_steps(config), "decoder": decoder})


_HEAD_ROWS = (("head.dense", "dense"), ("head.norm", "norm"))
_CLASSIFIER_ROWS = (*_HEAD_ROWS, ("classifier", "classifier"))
HEADS = {
    SEQUENCE_CLASSIFICATION: sequence_classification,
    TOKEN_CLASSIFICATION: token_classification,
    QUESTION_ANSWERING: question_answering,
    MULTIPLE_CHOICE: multiple_choice,
    MASKED_LM: masked_lm,
}
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
    heads={task: _CLASSIFIER_ROWS if task != MASKED_LM else (*_HEAD_ROWS, ("decoder", "decoder")) for task in HEADS},
    tied={MASKED_LM: (("decoder.weight", "model.embeddings.tok_embeddings.weight"),)},
    passengers=("embeddings.position_ids",),
)

register(
    Architecture(
        model_type="modernbert",
        title="ModernBERT",
        source="https://arxiv.org/abs/2412.13663",
        classes={BASE: "ModernBertModel", **class_names_for("ModernBert", LAYOUT)},
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
            "norm_bias": False,
            "pad_token_id": 50283,
            "eos_token_id": 50282,
            "bos_token_id": 50281,
            "attention_bias": False,
            "attention_dropout": 0.0,
            "layer_types": None,
            "rope_parameters": {
                "sliding_attention": {"rope_theta": _NEAR, "rope_type": "default"},
                "full_attention": {"rope_theta": _FAR, "rope_type": "default"},
            },
            "local_attention": 128,
            "embedding_dropout": 0.0,
            "mlp_bias": False,
            "mlp_dropout": 0.0,
            "decoder_bias": True,
            "classifier_pooling": "cls",
            "classifier_dropout": 0.0,
            "classifier_bias": False,
            "classifier_activation": "gelu",
            "tie_word_embeddings": True,
        },
    )
)
