"""T5, its version 1.1, Flan-T5 and mT5: an encoder and a decoder with RMS norms first, distances instead of positions.

Raffel et al., 2019, https://arxiv.org/abs/1910.10683; reference: transformers, models/t5/modeling_t5.py.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import ConfigError, near_names
from ..layout import Layout, Row
from ..llama_like import causal_lm, question_answering, token_classification
from ..pair_like import CLASSIFIER_ROWS, DEFAULTS, ONE_TABLE, rows_under, sequence_classification
from ..wiring import (
    ACTIVATIONS,
    Attention,
    Block,
    Embedding,
    Embeddings,
    Encoder,
    EncoderDecoder,
    GatedMlp,
    Head,
    Linear,
    Mlp,
    RelativeBias,
    RmsNorm,
    Scale,
    Sight,
    Step,
)
from . import (
    BASE,
    QUESTION_ANSWERING,
    SEQ2SEQ_LM,
    SEQUENCE_CLASSIFICATION,
    TEXT_ENCODING,
    TOKEN_CLASSIFICATION,
    Architecture,
    class_names_for,
    register,
)

if TYPE_CHECKING:
    from ...config import Config


_ATTENTION = {"q": "query", "k": "key", "v": "value", "o": "output"}
_MLP = {"wi": "up", "wi_0": "gate", "wi_1": "value", "wo": "down"}


def wiring(config: Config) -> EncoderDecoder:
    """The base model that `config` describes."""
    layers = config.integer("num_layers", at_least=0)
    decoder_layers = layers if config.num_decoder_layers is None else config.integer("num_decoder_layers", at_least=0)
    return EncoderDecoder(_stack(config, layers, decodes=False), _stack(config, decoder_layers, decodes=True))


def _stack(config: Config, layers: int, *, decodes: bool) -> Encoder:
    width, heads = config.integer("d_model"), config.integer("num_heads")
    dropout = config.number("dropout_rate", below=1)
    buckets = config.integer("relative_attention_num_buckets", at_least=4)
    norm = RmsNorm(width, config.number("layer_norm_epsilon"))

    def attention(sight: Sight) -> Attention:
        return Attention(
            width,
            heads,
            dropout,
            head_width=config.integer("d_kv"),
            bias=False,
            output_bias=False,
            sight=sight,
            scale=1.0,
        )

    block = Block(
        attention=attention(Sight(causal=decodes)),
        mlp=_mlp(config),
        attention_dropout=dropout,
        mlp_dropout=dropout,
        before_attention=norm,
        before_cross=norm if decodes else None,
        cross=attention(Sight()) if decodes else None,
        before_mlp=norm,
    )
    return Encoder(
        embeddings=Embeddings(
            tokens=Embedding(config.integer("vocab_size"), width),
            positions=None,
            types=None,
            norm=None,
            dropout=dropout,
        ),
        blocks=(block,) * layers,
        pooler=None,
        relative_bias=RelativeBias(
            buckets,
            heads,
            farthest=config.integer("relative_attention_max_distance", at_least=buckets // 2 + 1),
            both_ways=not decodes,
        ),
        final_norm=norm,
        dropout=dropout,
    )


def _mlp(config: Config) -> Mlp | GatedMlp:
    """`feed_forward_proj` is an activation, or "gated-" and an activation."""
    width, hidden = config.integer("d_model"), config.integer("d_ff")
    dropout = config.number("dropout_rate", below=1)
    asked = str(config.feed_forward_proj)
    gated, name = asked.startswith("gated-"), asked.removeprefix("gated-")
    if name not in ACTIVATIONS:
        raise ConfigError(
            f'config: feed_forward_proj {asked!r}{near_names(name, ACTIVATIONS)}; it is an activation, or "gated-" and '
            f"one of {', '.join(ACTIVATIONS)}"
        )
    if not gated:
        return Mlp(width, hidden, ACTIVATIONS[name], bias=False, dropout=dropout)
    # The reference reads "gated-gelu" as the approximation.
    return GatedMlp(width, hidden, ACTIVATIONS["gelu_new" if name == "gelu" else name], dropout=dropout)


def seq2seq_lm(config: Config) -> Head:
    """Every token: one linear layer to the vocabulary; where that is the table of tokens, behind a scale."""
    width = config.integer("d_model")
    scaled = config.get("scale_decoder_outputs")
    if scaled is None:
        scaled = config.tie_word_embeddings
    scale: dict[str, Step] = {"scale": Scale(width**-0.5)} if scaled else {}
    return Head("tokens", {**scale, "decoder": Linear(width, config.integer("vocab_size"), bias=False, tied=True)})


def initial(config: Config, slot: str) -> float:
    """The standard deviation of new weights by a layer's inputs; as in the reference, but for token classifiers."""
    factor = config.number("initializer_factor")
    if slot.endswith(("tokens", "decoder")):
        return factor
    narrow = config.integer("num_heads") * config.integer("d_kv")
    width = config.integer("d_model")
    inputs = {"query": width * config.integer("d_kv"), "output": narrow, "down": config.integer("d_ff")}
    return factor / math.sqrt(inputs.get(slot.rpartition(".")[2], width))


def _rows(part: str, **attentions: str) -> tuple[Row, ...]:
    """The rows of a stack; its attentions come as name in checkpoints = slot, in the order of a block's layers."""
    block, slots = f"{part}.block.{{i}}", f"{part}.blocks.{{i}}"
    rows = [
        (f"{part}.embed_tokens", f"{part}.embeddings.tokens"),
        (f"{part}.block.0.layer.0.SelfAttention.relative_attention_bias", f"{part}.relative_bias.table"),
    ]
    for layer, (theirs, ours) in enumerate(attentions.items()):
        rows += rows_under(f"{block}.layer.{layer}.{theirs}", f"{slots}.{ours}", _ATTENTION)
        rows.append((f"{block}.layer.{layer}.layer_norm", f"{slots}.before_{ours}"))
    rows += rows_under(f"{block}.layer.{len(attentions)}.DenseReluDense", f"{slots}.mlp", _MLP)
    rows.append((f"{block}.layer.{len(attentions)}.layer_norm", f"{slots}.before_mlp"))
    return (*rows, (f"{part}.final_layer_norm", f"{part}.final_norm"))


LAYOUT = Layout(
    prefix="",
    base=(
        ("shared", "tokens"),
        *_rows("encoder", SelfAttention="attention"),
        *_rows("decoder", SelfAttention="attention", EncDecAttention="cross"),
    ),
    heads={
        SEQ2SEQ_LM: (("lm_head", "decoder"),),
        SEQUENCE_CLASSIFICATION: CLASSIFIER_ROWS,
        TOKEN_CLASSIFICATION: (("classifier", "classifier"),),
        QUESTION_ANSWERING: (("qa_outputs", "outputs"),),
    },
    tied={BASE: ONE_TABLE, SEQ2SEQ_LM: (("lm_head.weight", "shared.weight"),)},
    passengers=("decoder.block.{i}.layer.{i}.EncDecAttention.relative_attention_bias.weight",),
    loose=("lm_head.weight",),
    prefixes=dict.fromkeys((SEQUENCE_CLASSIFICATION, TOKEN_CLASSIFICATION), "transformer"),
)


def _classes(name: str) -> dict[str, str]:
    return {BASE: f"{name}Model", TEXT_ENCODING: f"{name}EncoderModel", **class_names_for(name, LAYOUT)}


T5 = Architecture(
    model_type="t5",
    title="T5",
    source="https://arxiv.org/abs/1910.10683",
    classes=_classes("T5"),
    wiring=wiring,
    heads={
        SEQ2SEQ_LM: seq2seq_lm,
        SEQUENCE_CLASSIFICATION: sequence_classification,
        TOKEN_CLASSIFICATION: token_classification,
        QUESTION_ANSWERING: question_answering,
    },
    layout=LAYOUT,
    defaults={
        **DEFAULTS,
        "vocab_size": 32128,
        "d_model": 512,
        "d_kv": 64,
        "d_ff": 2048,
        "num_layers": 6,
        "num_decoder_layers": None,
        "num_heads": 8,
        "relative_attention_num_buckets": 32,
        "relative_attention_max_distance": 128,
        "dropout_rate": 0.1,
        "classifier_dropout": 0.0,
        "layer_norm_epsilon": 1e-6,
        "initializer_factor": 1.0,
        "feed_forward_proj": "relu",
        "pad_token_id": 0,
        "eos_token_id": 1,
    },
    attribute_map={
        "hidden_size": "d_model",
        "num_attention_heads": "num_heads",
        "num_hidden_layers": "num_layers",
        "head_dim": "d_kv",
    },
    initial=initial,
    reads_source=True,
    on_encoder=(TOKEN_CLASSIFICATION,),
)
# T5 1.1 in a hundred languages (Xue et al., 2020).
MT5 = replace(
    T5,
    model_type="mt5",
    title="mT5",
    source="https://arxiv.org/abs/2010.11934",
    classes=_classes("MT5"),
    heads={**T5.heads, SEQ2SEQ_LM: causal_lm},
    defaults={
        **T5.defaults,
        "vocab_size": 250112,
        "d_ff": 1024,
        "num_layers": 8,
        "num_heads": 6,
        "feed_forward_proj": "gated-gelu",
        "bos_token_id": None,
        "decoder_start_token_id": 0,
    },
)

register(T5)
register(MT5)
