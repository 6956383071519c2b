"""Gemma 3, text: norms before and after attention and mlp, scaled embeddings, most blocks with a sliding window.

Blocks with a window and those without have rotary positions of their own.
Gemma Team, 2025, https://arxiv.org/abs/2503.19786; reference: transformers, models/gemma3/modeling_gemma3.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..llama_like import DEFAULTS, HEAD_NORM_ROWS, attention, blocks, norm, sights, slides, stack
from ..rotary_config import rotary
from ..wiring import Encoder, Rotary
from . import BASE, CAUSAL_LM, SEQUENCE_CLASSIFICATION, Architecture, register
from .llama import HEADS, layout

if TYPE_CHECKING:
    from ...config import Config


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    for key in ("attn_logit_softcapping", "final_logit_softcapping"):
        config.choice(key, [None])
    config.choice("use_bidirectional_attention", [False, None])
    every = config.get("sliding_window_pattern") or 6  # blocks, of which the last sees everything
    windows = slides(config, every=every, first=every - 1)
    far = rotary(config, "full_attention", theta=1_000_000.0)
    near = rotary(config, "sliding_attention", theta=10_000.0)
    if config.get("rope_local_base_freq") is not None:  # of older config.json: rope_theta is that of the other blocks
        near = Rotary(config.number("rope_local_base_freq"))
    attentions = [
        attention(
            config,
            sight=sight,
            rotary=near if windowed else far,
            head_norm=norm(config, config.integer("head_dim"), offset=1.0),
            scale=config.number("query_pre_attn_scalar") ** -0.5,
        )
        for sight, windowed in zip(sights(config, windows), windows, strict=True)
    ]
    shifted = norm(config, offset=1.0)
    normed = tuple(
        replace(block, before_attention=shifted, attention_norm=shifted, before_mlp=shifted, mlp_norm=shifted)
        for block in blocks(config, attentions)
    )
    return stack(config, normed, shifted, scale=config.integer("hidden_size") ** 0.5)


LAYOUT = layout(
    *HEAD_NORM_ROWS,
    ("layers.{i}.post_attention_layernorm", "blocks.{i}.attention_norm"),
    ("layers.{i}.pre_feedforward_layernorm", "blocks.{i}.before_mlp"),
    ("layers.{i}.post_feedforward_layernorm", "blocks.{i}.mlp_norm"),
    tasks=(CAUSAL_LM, SEQUENCE_CLASSIFICATION),
)

register(
    Architecture(
        model_type="gemma3_text",
        title="Gemma 3",
        source="https://arxiv.org/abs/2503.19786",
        classes={
            BASE: "Gemma3TextModel",
            CAUSAL_LM: "Gemma3ForCausalLM",
            SEQUENCE_CLASSIFICATION: "Gemma3TextForSequenceClassification",
        },
        wiring=wiring,
        heads={task: HEADS[task] for task in LAYOUT.heads},
        layout=LAYOUT,
        defaults={
            **{key: value for key, value in DEFAULTS.items() if key != "hidden_act"},
            "attention_bias": False,
            "vocab_size": 262208,
            "hidden_size": 2304,
            "intermediate_size": 9216,
            "num_hidden_layers": 26,
            "num_attention_heads": 8,
            "num_key_value_heads": 4,
            "head_dim": 256,
            "hidden_activation": "gelu_pytorch_tanh",
            "max_position_embeddings": 131072,
            "pad_token_id": 0,
            "eos_token_id": 1,
            "bos_token_id": 2,
            "tie_word_embeddings": True,
            "query_pre_attn_scalar": 256,
            "sliding_window": 4096,
            "layer_types": None,
            "rope_parameters": {
                "sliding_attention": {"rope_theta": 10_000.0, "rope_type": "default"},
                "full_attention": {"rope_theta": 1_000_000.0, "rope_type": "default"},
            },
            "final_logit_softcapping": None,
            "attn_logit_softcapping": None,
            "use_bidirectional_attention": False,
        },
        attribute_map={"hidden_act": "hidden_activation"},
    )
)
