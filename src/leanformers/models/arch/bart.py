"""BART: an encoder and a decoder with post-norm blocks, which learned to restore damaged text.

Lewis et al., 2019, https://arxiv.org/abs/1910.13461; reference: transformers, models/bart/modeling_bart.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import ConfigError
from ..layout import Layout, Row
from ..wiring import (
    ACTIVATIONS,
    Activation,
    Attention,
    Block,
    Dropout,
    Embedding,
    Embeddings,
    Encoder,
    EncoderDecoder,
    Head,
    LayerNorm,
    Linear,
    Mlp,
    Sight,
)
from . import (
    BASE,
    QUESTION_ANSWERING,
    SEQ2SEQ_LM,
    SEQUENCE_CLASSIFICATION,
    Architecture,
    class_names_for,
    register,
)

if TYPE_CHECKING:
    from ...config import Config

_FIRST_POSITION = 2
_EPS = 1e-5


def wiring(config: Config) -> EncoderDecoder:
    """The base model that `config` describes. A target that is not given is the source, one token later."""
    return EncoderDecoder(_stack(config, "encoder"), _stack(config, "decoder"), target_from_source=True)


def _stack(config: Config, part: str) -> Encoder:
    config.choice(f"{part}_layerdrop", [0.0])
    width, heads = config.integer("d_model"), config.integer(f"{part}_attention_heads")
    if width % heads:
        raise ConfigError(f"config: d_model {width} is not a multiple of {part}_attention_heads {heads}")
    dropout, decodes = config.number("dropout", below=1), part == "decoder"
    attention_dropout = config.number("attention_dropout", below=1)
    norm = LayerNorm(width, _EPS)
    block = Block(
        attention=Attention(width, heads, attention_dropout, sight=Sight(causal=decodes)),
        mlp=Mlp(
            width,
            config.integer(f"{part}_ffn_dim"),
            ACTIVATIONS[config.choice("activation_function", [*ACTIVATIONS])],
            dropout=config.number("activation_dropout", below=1),
        ),
        attention_dropout=dropout,
        mlp_dropout=dropout,
        after_attention=norm,
        cross=Attention(width, heads, attention_dropout) if decodes else None,
        after_cross=norm if decodes else None,
        after_mlp=norm,
    )
    return Encoder(
        embeddings=Embeddings(
            tokens=Embedding(config.integer("vocab_size"), width, padding=config.pad_token_id),
            positions=Embedding(config.integer("max_position_embeddings") + _FIRST_POSITION, width),
            types=None,
            norm=norm,
            dropout=dropout,
            first_position=_FIRST_POSITION,
            scale=width**0.5 if config.scale_embedding else 1.0,
        ),
        blocks=(block,) * config.integer(f"{part}_layers", at_least=0),
        pooler=None,
    )


def seq2seq_lm(config: Config) -> Head:
    """Every token: the table of tokens."""
    return Head(
        "tokens", {"decoder": Linear(config.integer("d_model"), config.integer("vocab_size"), bias=False, tied=True)}
    )


def sequence_classification(config: Config) -> Head:
    """The last token that ends a text: a dense layer with tanh, one linear layer; dropout before both."""
    width, dropout = config.integer("d_model"), Dropout(config.number("classifier_dropout", below=1))
    return Head(
        "last",
        {
            "before": dropout,
            "dense": Linear(width, width),
            "activation": Activation("tanh"),
            "dropout": dropout,
            "classifier": Linear(width, config.num_labels),
        },
        marker=config.integer("eos_token_id", at_least=0),
    )


def question_answering(config: Config) -> Head:
    """Every token: one linear layer to two numbers."""
    return Head("tokens", {"outputs": Linear(config.integer("d_model"), 2)})


def _attention_rows(part: str, theirs: str, ours: str) -> tuple[Row, ...]:
    stem, slots = f"{part}.layers.{{i}}.{theirs}", f"{part}.blocks.{{i}}"
    names = {"k_proj": "key", "v_proj": "value", "q_proj": "query", "out_proj": "output"}
    return (
        *((f"{stem}.{name}", f"{slots}.{ours}.{slot}") for name, slot in names.items()),
        (f"{stem}_layer_norm", f"{slots}.after_{ours}"),
    )


def _rows(part: str, *crosses: Row) -> tuple[Row, ...]:
    stem, slots = f"{part}.layers.{{i}}", f"{part}.blocks.{{i}}"
    return (
        (f"{part}.embed_tokens", f"{part}.embeddings.tokens"),
        (f"{part}.embed_positions", f"{part}.embeddings.positions"),
        *_attention_rows(part, "self_attn", "attention"),
        *crosses,
        (f"{stem}.fc1", f"{slots}.mlp.up"),
        (f"{stem}.fc2", f"{slots}.mlp.down"),
        (f"{stem}.final_layer_norm", f"{slots}.after_mlp"),
        (f"{part}.layernorm_embedding", f"{part}.embeddings.norm"),
    )


LAYOUT = Layout(
    prefix="model",
    base=(
        ("shared", "tokens"),
        *_rows("encoder"),
        *_rows("decoder", *_attention_rows("decoder", "encoder_attn", "cross")),
    ),
    heads={
        SEQ2SEQ_LM: (("lm_head", "decoder"),),
        SEQUENCE_CLASSIFICATION: (("classification_head.dense", "dense"), ("classification_head.out_proj", "classifier")),
        QUESTION_ANSWERING: (("qa_outputs", "outputs"),),
    },
    tied={
        BASE: (("encoder.embed_tokens.weight", "shared.weight"), ("decoder.embed_tokens.weight", "shared.weight")),
        SEQ2SEQ_LM: (("lm_head.weight", "model.shared.weight"),),
    },
    passengers=("encoder.version", "decoder.version"),
    shifts={SEQ2SEQ_LM: "final_logits_bias"},
)

register(
    Architecture(
        model_type="bart",
        title="BART",
        source="https://arxiv.org/abs/1910.13461",
        classes={BASE: "BartModel", **class_names_for("Bart", LAYOUT)},
        wiring=wiring,
        heads={
            SEQ2SEQ_LM: seq2seq_lm,
            SEQUENCE_CLASSIFICATION: sequence_classification,
            QUESTION_ANSWERING: question_answering,
        },
        layout=LAYOUT,
        defaults={
            "vocab_size": 50265,
            "max_position_embeddings": 1024,
            "encoder_layers": 12,
            "encoder_ffn_dim": 4096,
            "encoder_attention_heads": 16,
            "decoder_layers": 12,
            "decoder_ffn_dim": 4096,
            "decoder_attention_heads": 16,
            "encoder_layerdrop": 0.0,
            "decoder_layerdrop": 0.0,
            "activation_function": "gelu",
            "d_model": 1024,
            "dropout": 0.1,
            "attention_dropout": 0.0,
            "activation_dropout": 0.0,
            "init_std": 0.02,
            "classifier_dropout": 0.0,
            "scale_embedding": False,
            "use_cache": True,
            "pad_token_id": 1,
            "bos_token_id": 0,
            "eos_token_id": 2,
            "is_encoder_decoder": True,
            "decoder_start_token_id": 2,
            "forced_eos_token_id": 2,
            "tie_word_embeddings": True,
        },
        attribute_map={
            "hidden_size": "d_model",
            "num_attention_heads": "encoder_attention_heads",
            "num_hidden_layers": "encoder_layers",
            "initializer_range": "init_std",
        },
        reads_source=True,
    )
)
