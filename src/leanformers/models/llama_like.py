"""What Llama's descendants have in common: pre-norm blocks, rotary positions, gated mlps, names in checkpoints.

An architecture's file says what differs: see `arch/qwen3.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from .layout import Row
from .rotary_config import rotary
from .wiring import (
    Attention,
    Block,
    Dropout,
    Embedding,
    Embeddings,
    Encoder,
    GatedMlp,
    Head,
    Linear,
    Norm,
    RmsNorm,
    Sight,
)

if TYPE_CHECKING:
    from ..config import Config

__all__ = [
    "BLOCK_ROWS",
    "DEFAULTS",
    "HEAD_NORM_ROWS",
    "attention",
    "blocks",
    "causal_lm",
    "norm",
    "question_answering",
    "sequence_classification",
    "sights",
    "slides",
    "stack",
    "token_classification",
]

BLOCK_ROWS: tuple[Row, ...] = (
    ("layers.{i}.self_attn.q_proj", "blocks.{i}.attention.query"),
    ("layers.{i}.self_attn.k_proj", "blocks.{i}.attention.key"),
    ("layers.{i}.self_attn.v_proj", "blocks.{i}.attention.value"),
    ("layers.{i}.self_attn.o_proj", "blocks.{i}.attention.output"),
    ("layers.{i}.mlp.gate_proj", "blocks.{i}.mlp.gate"),
    ("layers.{i}.mlp.up_proj", "blocks.{i}.mlp.value"),
    ("layers.{i}.mlp.down_proj", "blocks.{i}.mlp.down"),
    ("layers.{i}.input_layernorm", "blocks.{i}.before_attention"),
    ("layers.{i}.post_attention_layernorm", "blocks.{i}.before_mlp"),
)
HEAD_NORM_ROWS: tuple[Row, ...] = (
    ("layers.{i}.self_attn.q_norm", "blocks.{i}.attention.query_norm"),
    ("layers.{i}.self_attn.k_norm", "blocks.{i}.attention.key_norm"),
)
DEFAULTS: dict[str, Any] = {
    "vocab_size": 32000,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": None,
    "hidden_act": "silu",
    "max_position_embeddings": 2048,
    "initializer_range": 0.02,
    "rms_norm_eps": 1e-6,
    "use_cache": True,
    "pad_token_id": None,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "tie_word_embeddings": False,
    "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
    "attention_dropout": 0.0,
}


def norm(config: Config, width: int | None = None, *, offset: float = 0.0) -> RmsNorm:
    """The norm of the hidden states, or of a head's `width` numbers."""
    return RmsNorm(width or config.integer("hidden_size"), config.number("rms_norm_eps"), offset)


def attention(config: Config, **slots: Any) -> Attention:
    """Causal attention with rotary positions; `slots` are those of `Attention` that differ."""
    width, heads = config.integer("hidden_size"), config.integer("num_attention_heads")
    shared = heads if config.get("num_key_value_heads") is None else config.integer("num_key_value_heads")
    if heads % shared:
        raise ConfigError(f"config: num_attention_heads {heads} is no multiple of num_key_value_heads {shared}")
    if config.get("head_dim") is None and width % heads:
        raise ConfigError(f"config: hidden_size {width} is not a multiple of num_attention_heads {heads}")
    head_dim = width // heads if config.get("head_dim") is None else config.integer("head_dim")
    if head_dim % 2:
        raise ConfigError(f"config: rotary positions need an even head_dim, not {head_dim}")
    bias = bool(config.get("attention_bias"))
    settings = {
        "key_value_heads": shared,
        "head_width": head_dim,
        "bias": bias,
        "output_bias": bias,
        "sight": Sight(causal=True),
        "rotary": slots.pop("rotary", None) or rotary(config),
        **slots,
    }
    return Attention(width, heads, config.number("attention_dropout", below=1), **settings)


def sights(config: Config, slides: Sequence[bool]) -> list[Sight]:
    """What each block sees: all before a token, or, where it slides, the last `sliding_window` tokens."""
    near = Sight(causal=True, reach=config.integer("sliding_window") - 1) if any(slides) else Sight(causal=True)
    return [near if slide else Sight(causal=True) for slide in slides]


def slides(config: Config, *, every: int | None = None, first: int = 0) -> list[bool]:
    """Which blocks have a sliding window: those that `layer_types` names.

    Without it, all but the `first` and every `every`-th after it; else those from block `max_window_layers` on.
    """
    layers = config.integer("num_hidden_layers", at_least=0)
    types = config.get("layer_types")
    if not types and every is not None:
        return [bool((number - first) % every) for number in range(layers)]
    if types is None:
        used = bool(config.use_sliding_window) and config.sliding_window is not None
        return [used and number >= config.integer("max_window_layers", at_least=0) for number in range(layers)]
    known = ("full_attention", "sliding_attention")
    if not isinstance(types, (list, tuple)) or len(types) != layers or not set(types) <= set(known):
        raise ConfigError(f"config: layer_types must name one of {known} for each of {layers} blocks, not {types!r}")
    return [kind == "sliding_attention" for kind in types]


def blocks(config: Config, attentions: Sequence[Attention]) -> tuple[Block, ...]:
    """Pre-norm blocks around these attentions."""
    width = config.integer("hidden_size")
    hidden = config.integer("intermediate_size")
    mlp = GatedMlp(width, hidden, config.activation_named("hidden_act"), bias=bool(config.get("mlp_bias")))
    return tuple(Block(a, mlp, before_attention=norm(config), before_mlp=norm(config)) for a in attentions)


def stack(
    config: Config,
    blocks: tuple[Block, ...],
    final_norm: Norm,
    *,
    scale: float = 1.0,
    norm: Norm | None = None,
    dropout: float = 0.0,
) -> Encoder:
    """Embeddings without positions, the blocks, a last norm; scale, norm and dropout are those of the embeddings."""
    tokens = Embedding(config.integer("vocab_size"), config.integer("hidden_size"), padding=config.pad_token_id)
    embeddings = Embeddings(tokens, positions=None, types=None, norm=norm, dropout=dropout, scale=scale)
    return Encoder(embeddings, blocks, pooler=None, final_norm=final_norm)


def causal_lm(config: Config) -> Head:
    """Every token: one linear layer to the vocabulary."""
    decoder = Linear(config.integer("hidden_size"), config.integer("vocab_size"), bias=False, tied=True)
    return Head("tokens", {"decoder": decoder})


def sequence_classification(config: Config) -> Head:
    """The last token: one linear layer to the labels."""
    return Head("last", {"classifier": Linear(config.integer("hidden_size"), config.num_labels, bias=False)})


def token_classification(config: Config) -> Head:
    """Every token: dropout, one linear layer to the labels."""
    keys = (key for key in ("classifier_dropout", "hidden_dropout") if config.get(key) is not None)
    key = next(keys, None)
    dropout = 0.1 if key is None else config.number(key, below=1)
    width = config.integer("hidden_size")
    return Head("tokens", {"dropout": Dropout(dropout), "classifier": Linear(width, config.num_labels)})


def question_answering(config: Config) -> Head:
    """Every token: one linear layer to two numbers."""
    return Head("tokens", {"outputs": Linear(config.integer("hidden_size"), 2)})
