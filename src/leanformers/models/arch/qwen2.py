"""Qwen2: Llama with biases of query, key and value, and a sliding window in some blocks. Qwen2.5 too.

Yang et al., 2024, https://arxiv.org/abs/2407.10671; reference: transformers, models/qwen2/modeling_qwen2.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..llama_like import DEFAULTS as LLAMA
from ..llama_like import attention, blocks, norm, sights, slides, stack
from ..wiring import Encoder
from . import BASE, Architecture, class_names_for, register
from .llama import HEADS, layout

if TYPE_CHECKING:
    from ...config import Config


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    attentions = [attention(config, bias=True, sight=sight) for sight in sights(config, slides(config))]
    return stack(config, blocks(config, attentions), norm(config))


LAYOUT = layout()
# Of Qwen3 too.
DEFAULTS = {
    **LLAMA,
    "vocab_size": 151936,
    "intermediate_size": 22016,
    "max_position_embeddings": 32768,
    "num_key_value_heads": 32,
    "bos_token_id": None,
    "eos_token_id": None,
    "use_sliding_window": False,
    "sliding_window": 4096,
    "max_window_layers": 28,
    "layer_types": None,
}

register(
    Architecture(
        model_type="qwen2",
        title="Qwen2",
        source="https://arxiv.org/abs/2407.10671",
        classes={BASE: "Qwen2Model", **class_names_for("Qwen2", LAYOUT)},
        wiring=wiring,
        heads=HEADS,
        layout=LAYOUT,
        defaults=DEFAULTS,
    )
)
