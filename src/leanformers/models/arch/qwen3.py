"""Qwen3: Llama with a norm of each head's query and key, and heads of their own width.

Yang et al., 2025, https://arxiv.org/abs/2505.09388; reference: transformers, models/qwen3/modeling_qwen3.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..llama_like import HEAD_NORM_ROWS, attention, blocks, norm, sights, slides, stack
from ..wiring import Encoder
from . import BASE, Architecture, class_names_for, register
from .llama import HEADS, layout
from .qwen2 import DEFAULTS

if TYPE_CHECKING:
    from ...config import Config


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    head_norm = norm(config, config.integer("head_dim"))
    attentions = [attention(config, sight=sight, head_norm=head_norm) for sight in sights(config, slides(config))]
    return stack(config, blocks(config, attentions), norm(config))


LAYOUT = layout(*HEAD_NORM_ROWS)

register(
    Architecture(
        model_type="qwen3",
        title="Qwen3",
        source="https://arxiv.org/abs/2505.09388",
        classes={BASE: "Qwen3Model", **class_names_for("Qwen3", LAYOUT)},
        wiring=wiring,
        heads=HEADS,
        layout=LAYOUT,
        defaults={**DEFAULTS, "head_dim": 128, "attention_bias": False},
    )
)
