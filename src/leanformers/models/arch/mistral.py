"""Mistral: Llama with a sliding window in every block.

Jiang et al., 2023, https://arxiv.org/abs/2310.06825; reference: transformers, models/mistral/modeling_mistral.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..llama_like import DEFAULTS, attention, blocks, norm, sights, stack
from ..wiring import Encoder
from . import BASE, Architecture, class_names_for, register
from .llama import HEADS, layout

if TYPE_CHECKING:
    from ...config import Config


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    slides = [config.sliding_window is not None] * config.integer("num_hidden_layers", at_least=0)
    attentions = [attention(config, sight=sight) for sight in sights(config, slides)]
    return stack(config, blocks(config, attentions), norm(config))


LAYOUT = layout(questions_prefix="model")

register(
    Architecture(
        model_type="mistral",
        title="Mistral",
        source="https://arxiv.org/abs/2310.06825",
        classes={BASE: "MistralModel", **class_names_for("Mistral", LAYOUT)},
        wiring=wiring,
        heads=HEADS,
        layout=LAYOUT,
        defaults={
            **DEFAULTS,
            "intermediate_size": 14336,
            "num_key_value_heads": 8,
            "max_position_embeddings": 131072,
            "sliding_window": 4096,
            "head_dim": None,
        },
    )
)
