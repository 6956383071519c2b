"""Llama: pre-norm blocks with RMS norms, rotary positions, heads that share keys and values, gated mlps.

Touvron et al., 2023, https://arxiv.org/abs/2302.13971; reference: transformers, models/llama/modeling_llama.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..layout import Layout, Row
from ..llama_like import (
    BLOCK_ROWS,
    DEFAULTS,
    attention,
    blocks,
    causal_lm,
    norm,
    question_answering,
    sequence_classification,
    stack,
    token_classification,
)
from ..wiring import Encoder, Head
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

# The heads and their names in checkpoints, for Llama's descendants too.
HEADS: dict[str, Callable[[Config], Head]] = {
    CAUSAL_LM: causal_lm,
    SEQUENCE_CLASSIFICATION: sequence_classification,
    TOKEN_CLASSIFICATION: token_classification,
    QUESTION_ANSWERING: question_answering,
}
_HEAD_ROWS: dict[str, tuple[Row, ...]] = {
    CAUSAL_LM: (("lm_head", "decoder"),),
    SEQUENCE_CLASSIFICATION: (("score", "classifier"),),
    TOKEN_CLASSIFICATION: (("score", "classifier"),),
    QUESTION_ANSWERING: (("qa_outputs", "outputs"),),
}


def layout(*more: Row, tasks: Sequence[str] = tuple(HEADS), questions_prefix: str = "transformer") -> Layout:
    """The names in checkpoints: those that all share and `more` in each block; heads for `tasks`.

    Those of question answering have a prefix of their own.
    """
    slots = {slot for _, slot in more}
    shared = [row for row in BLOCK_ROWS if row[1] not in slots]
    return Layout(
        prefix="model",
        base=(("embed_tokens", "embeddings.tokens"), *shared, *more, ("norm", "final_norm")),
        heads={task: _HEAD_ROWS[task] for task in tasks},
        tied={CAUSAL_LM: (("lm_head.weight", "model.embed_tokens.weight"),)},
        passengers=("rotary_emb.inv_freq", "layers.{i}.self_attn.rotary_emb.inv_freq"),
        prefixes={QUESTION_ANSWERING: questions_prefix},
    )


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    attentions = [attention(config)] * config.integer("num_hidden_layers", at_least=0)
    return stack(config, blocks(config, attentions), norm(config))


LAYOUT = layout()

register(
    Architecture(
        model_type="llama",
        title="Llama",
        source="https://arxiv.org/abs/2302.13971",
        classes={BASE: "LlamaModel", **class_names_for("Llama", LAYOUT)},
        wiring=wiring,
        heads=HEADS,
        layout=LAYOUT,
        defaults={**DEFAULTS, "head_dim": None, "attention_bias": False, "mlp_bias": False},
    )
)
