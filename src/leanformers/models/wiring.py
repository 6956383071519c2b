"""The wiring of a model as plain data: what is connected to what, and how wide. Made from a Config; needs no torch.

A stack of post-norm blocks, each slot named as it is here:

    ids ──► embeddings: tokens + types + positions ──► norm
              │
              ▼   (blocks times)
        ┌─────┴─────► attention: query, key, value ─► output ──► (+) ─► after_attention
        │                                                         ▲            │
        └─────────────────────────────────────────────────────────┘            │
        ┌──────────────────────────────────────────────────────────────────────┘
        ├─────► mlp: up ─► activation ─► down ──► (+) ─► after_mlp ──► next block
        └──────────────────────────────────────────┘
              │
              ▼ first token of each text
           pooler ──► head: steps, such as dropout ─► classifier

A pre-norm block is the same one with other slots filled: before_attention and before_mlp stand where attention and mlp
read, attention_norm and mlp_norm (Gemma) where they have written, before the addition; final_norm follows the last one.
A block of a decoder that reads another text has a second attention between the two, cross, over that text.

The smallest parts, such as Linear, are in `wiring_parts.py`, distances between tokens in `wiring_distances.py`.

`models/bricks` turns a description into torch modules, `ops/plan.py` turns it and the weights into what runs fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .wiring_distances import Distances, RelativeBias, RelativeVectors
from .wiring_parts import (
    ACTIVATIONS,
    Activation,
    Convolution,
    Dense,
    Dropout,
    Embedding,
    LayerNorm,
    Linear,
    Norm,
    RmsNorm,
    Scale,
)

__all__ = [
    "ACTIVATIONS",
    "ROTARY_SCALINGS",
    "Activation",
    "Attention",
    "Beside",
    "Block",
    "Convolution",
    "Dense",
    "Distances",
    "Dropout",
    "Embedding",
    "Embeddings",
    "Encoder",
    "EncoderDecoder",
    "GatedMlp",
    "Head",
    "LayerNorm",
    "Linear",
    "Mlp",
    "Norm",
    "RelativeBias",
    "RelativeVectors",
    "RmsNorm",
    "Rotary",
    "Scale",
    "Sight",
    "Step",
]

# The kinds of scaled rotary positions, and the parameters that each needs.
ROTARY_SCALINGS: dict[str, tuple[str, ...]] = {
    "default": (),
    "linear": ("factor",),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"),
    "yarn": ("factor", "original_max_position_embeddings"),
}


@dataclass(frozen=True)
class Embeddings:
    """What a token is before the first block: the sum of the tables' rows, then norm and dropout."""

    tokens: Embedding
    positions: Embedding | None
    types: Embedding | None
    norm: Norm | None
    dropout: float
    first_position: int = 0  # the row of a text's first token in the table of positions
    sum_projection: Linear | None = None  # to the blocks' width, where the tables have another, before the norm
    projection: Linear | None = None  # the same, behind norm and dropout
    scale: float = 1.0  # of the tokens' vectors


@dataclass(frozen=True)
class Rotary:
    """Positions as rotations of queries and keys (Su et al., 2021, https://arxiv.org/abs/2104.09864).

    Numbers j and j + width / 2 of a head turn together, by position / theta^(2j / width); the width is the head's.
    `scaling` stretches that for longer texts: see `ops/rotary.py`. It has "rope_type" and its parameters.
    """

    theta: float
    scaling: tuple[tuple[str, float | str], ...] = (("rope_type", "default"),)


@dataclass(frozen=True)
class Sight:
    """What of its text a token sees: all; with `causal` nothing after itself; with `reach` nothing farther away."""

    causal: bool = False
    reach: int | None = None


@dataclass(frozen=True)
class Attention:
    """Every token looks at the tokens of its text that it sees, with `heads` heads of `head_dim` numbers each.

    Several heads share a key and a value where there are fewer `key_value_heads` (Ainslie et al., 2023).
    """

    width: int
    heads: int
    dropout: float
    key_value_heads: int | None = None  # as many as heads
    head_width: int | None = None  # width / heads
    bias: bool = True  # of query, key and value
    output_bias: bool = True
    fused: bool = False  # one linear layer, "query_key_value", instead of three
    sight: Sight = Sight()
    rotary: Rotary | None = None
    head_norm: RmsNorm | None = None  # of each head's query and key, "query_norm" and "key_norm"
    scale: float | None = None  # of the scores, 1 / √head_dim
    distances: Distances | None = None  # what the scores also weigh

    @property
    def head_dim(self) -> int:
        """Numbers per head."""
        return self.head_width or self.width // self.heads

    @property
    def score_scale(self) -> float:
        """What scores are multiplied by."""
        return self.head_dim**-0.5 if self.scale is None else self.scale

    @property
    def shared_heads(self) -> int:
        """Heads of keys and values."""
        return self.key_value_heads or self.heads


@dataclass(frozen=True)
class Mlp:
    """Per token: "up" to `hidden` numbers, activation, "down" again."""

    width: int
    hidden: int
    activation: str  # one of the values of ACTIVATIONS
    bias: bool = True
    dropout: float = 0.0  # before down


@dataclass(frozen=True)
class GatedMlp:
    """Per token: activation("gate") · "value", both of `hidden` numbers, and "down" again (Shazeer, 2020).

    Fused, gate and value are one linear layer, "gate_value".
    """

    width: int
    hidden: int
    activation: str
    bias: bool = False
    fused: bool = False
    dropout: float = 0.0  # before down


@dataclass(frozen=True)
class Block:
    """Attention and mlp, each added to what came in; norms in the slots that are filled, dropout before each addition.

    y = x + attention_norm(attention(before_attention(x)));  y = after_attention(y)
    y = y + cross(before_cross(y), source);                  y = after_cross(y)      where there is a cross
    z = y + mlp_norm(mlp(before_mlp(y)));                    z = after_mlp(z)
    """

    attention: Attention
    mlp: Mlp | GatedMlp
    attention_dropout: float = 0.0
    mlp_dropout: float = 0.0
    before_attention: Norm | None = None
    attention_norm: Norm | None = None
    after_attention: Norm | None = None
    before_cross: Norm | None = None
    cross: Attention | None = None  # of the text's tokens over those of another text, the source
    after_cross: Norm | None = None
    before_mlp: Norm | None = None
    mlp_norm: Norm | None = None
    after_mlp: Norm | None = None
    convolution: Convolution | None = None  # beside all of that: out = after_convolution(z + convolution(x))
    after_convolution: Norm | None = None


@dataclass(frozen=True)
class Encoder:
    """A base model: embeddings, blocks, and perhaps a last norm and a pooler over the first token of each text.

    A decoder is one too: its blocks' attention is causal.

    `schedule` has the numbers of the blocks in the order in which they run, where some run several times.
    """

    embeddings: Embeddings
    blocks: tuple[Block, ...]
    pooler: Dense | None
    schedule: tuple[int, ...] | None = None
    relative_bias: RelativeBias | None = None
    relative_vectors: RelativeVectors | None = None
    final_norm: Norm | None = None
    dropout: float = 0.0  # after the last norm

    @property
    def order(self) -> tuple[int, ...]:
        """The numbers of the blocks in the order in which they run."""
        return tuple(range(len(self.blocks))) if self.schedule is None else self.schedule

    @property
    def rotaries(self) -> set[tuple[Rotary, int]]:
        """The rotations of the blocks, and the width of the heads that turn."""
        attentions = (block.attention for block in self.blocks)
        return {(attention.rotary, attention.head_dim) for attention in attentions if attention.rotary is not None}

    @property
    def width(self) -> int:
        """Numbers per token in the hidden states."""
        projection = self.embeddings.projection or self.embeddings.sum_projection
        return projection.outputs if projection else self.embeddings.tokens.width


@dataclass(frozen=True)
class EncoderDecoder:
    """A base model in two parts: an encoder reads the source, a decoder writes the target and looks at the source.

        source ──► encoder ──► hidden states ──┐
                                               ▼ cross
        target ──► decoder: attention ──► attention over the source ──► mlp, in each block ──► hidden states

    Both have the same table of tokens.
    """

    encoder: Encoder
    decoder: Encoder
    target_from_source: bool = False  # a target that is not given is the source, one token later

    @property
    def width(self) -> int:
        """Numbers per token in the hidden states."""
        return self.decoder.width


Step = Linear | LayerNorm | RmsNorm | Dropout | Activation | Scale


@dataclass(frozen=True)
class Head:
    """What stands on a base model: steps, one after the other, each under the name of its slot.

    `reads` says from where: "pooled" (the pooler's output, a vector per text), "first" or "last" (that token of each
    text, or the last one with the id `marker`), "mean" (of its tokens) or "tokens" (every token).
    """

    reads: str
    steps: Mapping[str, Step]
    marker: int | None = None
    beside: Beside | None = None

    @property
    def needs_pooler(self) -> bool:
        """Whether this head or the one beside it reads the pooler's output."""
        return self.reads == "pooled" or (self.beside is not None and self.beside.head.needs_pooler)


@dataclass(frozen=True)
class Beside:
    """A second head on the same base model: the name of its output, and that of its labels."""

    head: Head
    logits: str
    labels: str
