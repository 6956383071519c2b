"""BART: an encoder and a decoder with post-norm blocks, which learned to restore damaged text.

Lewis et al., 2019, https://arxiv.org/abs/1910.13461; reference: transformers, models/bart/modeling_bart.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..layout import Layout, Row
from ..llama_like import causal_lm, question_answering
from ..pair_like import CLASSIFIER_ROWS, DEFAULTS, ONE_TABLE, rows_under, sequence_classification
from ..wiring import (
    ACTIVATIONS,
    Attention,
    Block,
    Embedding,
    Embeddings,
    Encoder,
    EncoderDecoder,
    LayerNorm,
    Mlp,
    Sight,
)
from . import BASE, QUESTION_ANSWERING, SEQ2SEQ_LM, SEQUENCE_CLASSIFICATION, Architecture, class_names_for, register

if TYPE_CHECKING:
    from ...config import Config

_FIRST_POSITION = 2
_EPS = 1e-5
_STACK = {"layers": 12, "ffn_dim": 4096, "attention_heads": 16, "layerdrop": 0.0}  # defaults of both
_ATTENTION = {"k_proj": "key", "v_proj": "value", "q_proj": "query", "out_proj": "output"}


def wiring(config: Config) -> EncoderDecoder:
    """The base model that `config` describes. A target that is not given is the source, one token later."""
    return EncoderDecoder(_stack(config, "encoder"), _stack(config, "decoder"), target_from_source=True)


def _stack(config: Config, part: str) -> Encoder:
    config.choice(f"{part}_layerdrop", [0.0])
    width, heads = config.divided("d_model", f"{part}_attention_heads")
    hidden, activation = config.integer(f"{part}_ffn_dim"), config.choice("activation_function", [*ACTIVATIONS])
    dropout, attention_dropout = config.number("dropout", below=1), config.number("attention_dropout", below=1)
    norm, decodes = LayerNorm(width, _EPS), part == "decoder"
    block = Block(
        attention=Attention(width, heads, attention_dropout, sight=Sight(causal=decodes)),
        mlp=Mlp(width, hidden, ACTIVATIONS[activation], dropout=config.number("activation_dropout", below=1)),
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


def _rows(part: str, **attentions: str) -> tuple[Row, ...]:
    """The rows of a stack; its attentions come as name in checkpoints = slot."""
    layer, block = f"{part}.layers.{{i}}", f"{part}.blocks.{{i}}"
    rows = [*rows_under(part, f"{part}.embeddings", {"embed_tokens": "tokens", "embed_positions": "positions"})]
    for theirs, ours in attentions.items():
        rows += rows_under(f"{layer}.{theirs}", f"{block}.{ours}", _ATTENTION)
        rows.append((f"{layer}.{theirs}_layer_norm", f"{block}.after_{ours}"))
    rows += rows_under(layer, block, {"fc1": "mlp.up", "fc2": "mlp.down", "final_layer_norm": "after_mlp"})
    return (*rows, (f"{part}.layernorm_embedding", f"{part}.embeddings.norm"))


LAYOUT = Layout(
    prefix="model",
    base=(
        ("shared", "tokens"),
        *_rows("encoder", self_attn="attention"),
        *_rows("decoder", self_attn="attention", encoder_attn="cross"),
    ),
    heads={
        SEQ2SEQ_LM: (("lm_head", "decoder"),),
        SEQUENCE_CLASSIFICATION: CLASSIFIER_ROWS,
        QUESTION_ANSWERING: (("qa_outputs", "outputs"),),
    },
    tied={BASE: ONE_TABLE, SEQ2SEQ_LM: (("lm_head.weight", "model.shared.weight"),)},
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
            SEQ2SEQ_LM: causal_lm,
            SEQUENCE_CLASSIFICATION: sequence_classification,
            QUESTION_ANSWERING: question_answering,
        },
        layout=LAYOUT,
        defaults={
            **DEFAULTS,
            "vocab_size": 50265,
            "max_position_embeddings": 1024,
            **{f"{part}_{key}": value for part in ("encoder", "decoder") for key, value in _STACK.items()},
            "activation_function": "gelu",
            "d_model": 1024,
            "dropout": 0.1,
            **dict.fromkeys(("attention_dropout", "activation_dropout", "classifier_dropout"), 0.0),
            "init_std": 0.02,
            "scale_embedding": False,
            "pad_token_id": 1,
            "bos_token_id": 0,
            "eos_token_id": 2,
            "decoder_start_token_id": 2,
            "forced_eos_token_id": 2,
            "id2label": {number: f"LABEL_{number}" for number in range(3)},
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
