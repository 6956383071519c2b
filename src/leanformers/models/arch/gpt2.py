"""GPT-2: pre-norm blocks with a table of positions; query, key and value in one layer, weights stored transposed.

Radford et al., 2019, "Language Models are Unsupervised Multitask Learners"; reference: transformers,
models/gpt2/modeling_gpt2.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..layout import Layout
from ..llama_like import causal_lm, question_answering, sequence_classification, token_classification
from ..wiring import Attention, Block, Embedding, Embeddings, Encoder, LayerNorm, Mlp, Sight
from . import (
    BASE,
    CAUSAL_LM,
    QUESTION_ANSWERING,
    SEQUENCE_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
    Architecture,
    class_names_for,
    register,
)

if TYPE_CHECKING:
    from ...config import Config


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    config.choice("add_cross_attention", [False])
    config.choice("reorder_and_upcast_attn", [False])
    width, heads = config.divided("n_embd", "n_head")
    norm = LayerNorm(width, config.number("layer_norm_epsilon"))
    dropout = config.number("resid_pdrop", below=1)
    scale = (width // heads) ** -0.5 if config.scale_attn_weights else 1.0
    hidden = 4 * width if config.n_inner is None else config.integer("n_inner")
    block = Block(
        attention=Attention(
            width,
            heads,
            config.number("attn_pdrop", below=1),
            fused=True,
            sight=Sight(causal=True),
            scale=scale,
        ),
        mlp=Mlp(width, hidden, config.activation_named("activation_function")),
        attention_dropout=dropout,
        mlp_dropout=dropout,
        before_attention=norm,
        before_mlp=norm,
    )
    blocks = [block] * config.integer("n_layer", at_least=0)
    if config.scale_attn_by_inverse_layer_idx:
        blocks = [
            replace(block, attention=replace(block.attention, scale=scale / number))
            for number, block in enumerate(blocks, 1)
        ]
    return Encoder(
        embeddings=Embeddings(
            tokens=Embedding(config.integer("vocab_size"), width),
            positions=Embedding(config.integer("n_positions"), width),
            types=None,
            norm=None,
            dropout=config.number("embd_pdrop", below=1),
        ),
        blocks=tuple(blocks),
        pooler=None,
        final_norm=norm,
    )


LAYOUT = Layout(
    prefix="transformer",
    base=(
        ("wte", "embeddings.tokens"),
        ("wpe", "embeddings.positions"),
        ("h.{i}.ln_1", "blocks.{i}.before_attention"),
        ("h.{i}.attn.c_attn", "blocks.{i}.attention.query_key_value"),
        ("h.{i}.attn.c_proj", "blocks.{i}.attention.output"),
        ("h.{i}.ln_2", "blocks.{i}.before_mlp"),
        ("h.{i}.mlp.c_fc", "blocks.{i}.mlp.up"),
        ("h.{i}.mlp.c_proj", "blocks.{i}.mlp.down"),
        ("ln_f", "final_norm"),
    ),
    heads={
        CAUSAL_LM: (("lm_head", "decoder"),),
        SEQUENCE_CLASSIFICATION: (("score", "classifier"),),
        TOKEN_CLASSIFICATION: (("classifier", "classifier"),),
        QUESTION_ANSWERING: (("qa_outputs", "outputs"),),
    },
    tied={CAUSAL_LM: (("lm_head.weight", "transformer.wte.weight"),)},
    transposed=("h.{i}.attn.c_attn", "h.{i}.attn.c_proj", "h.{i}.mlp.c_fc", "h.{i}.mlp.c_proj"),
    passengers=("h.{i}.attn.bias", "h.{i}.attn.masked_bias"),
)

register(
    Architecture(
        model_type="gpt2",
        title="GPT-2",
        source="Radford et al., 2019, Language Models are Unsupervised Multitask Learners",
        classes={BASE: "GPT2Model", **class_names_for("GPT2", LAYOUT), CAUSAL_LM: "GPT2LMHeadModel"},
        wiring=wiring,
        heads={
            CAUSAL_LM: causal_lm,
            SEQUENCE_CLASSIFICATION: sequence_classification,
            TOKEN_CLASSIFICATION: token_classification,
            QUESTION_ANSWERING: question_answering,
        },
        layout=LAYOUT,
        defaults={
            "vocab_size": 50257,
            "n_positions": 1024,
            "n_embd": 768,
            "n_layer": 12,
            "n_head": 12,
            "n_inner": None,
            "activation_function": "gelu_new",
            "resid_pdrop": 0.1,
            "embd_pdrop": 0.1,
            "attn_pdrop": 0.1,
            "layer_norm_epsilon": 1e-5,
            "initializer_range": 0.02,
            "scale_attn_weights": True,
            "scale_attn_by_inverse_layer_idx": False,
            "reorder_and_upcast_attn": False,
            "add_cross_attention": False,
            "use_cache": True,
            "bos_token_id": 50256,
            "eos_token_id": 50256,
            "pad_token_id": None,
            "tie_word_embeddings": True,
        },
        attribute_map={
            "hidden_size": "n_embd",
            "max_position_embeddings": "n_positions",
            "num_attention_heads": "n_head",
            "num_hidden_layers": "n_layer",
        },
    )
)
