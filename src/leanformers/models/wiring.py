"""The wiring of a model as plain data: what is connected to what, and how wide. Made from a Config; needs no torch.

An encoder of post-norm blocks, each slot named as it is here:

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

`models/bricks` turns a description into torch modules, `ops/plan.py` turns it and the weights into what runs fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Attention",
    "Block",
    "Dense",
    "Dropout",
    "Embedding",
    "Embeddings",
    "Encoder",
    "Head",
    "LayerNorm",
    "Linear",
    "Mlp",
    "RelativeBias",
    "Step",
]

# The names that config.json may give, and what they mean here ("gelu_tanh" is the approximation of GPT-2's code).
ACTIVATIONS: dict[str, str] = {
    "gelu": "gelu",
    "gelu_python": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "gelu_accurate": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_python_tanh": "gelu_tanh",
    "quick_gelu": "quick_gelu",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
    "mish": "mish",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "linear": "linear",
}


@dataclass(frozen=True)
class Linear:
    """`inputs` numbers to `outputs` numbers, per token."""

    inputs: int
    outputs: int
    bias: bool = True
    tied: bool = False  # the weights are those of the token embeddings


@dataclass(frozen=True)
class LayerNorm:
    """Mean 0 and variance 1 over the `width` numbers of a token, then scale and shift (Ba et al., 2016)."""

    width: int
    eps: float


@dataclass(frozen=True)
class Embedding:
    """A table with a vector for each of `rows` ids. Row `padding` starts as zeros and is not trained."""

    rows: int
    width: int
    padding: int | None = None
    sinusoidal: bool = False  # a new table starts as sines and cosines of the position (Vaswani et al., 2017)


@dataclass(frozen=True)
class Embeddings:
    """What a token is before the first block: the sum of the tables' rows, then norm and dropout."""

    tokens: Embedding
    positions: Embedding | None
    types: Embedding | None
    norm: LayerNorm | None
    dropout: float
    first_position: int = 0  # the row of a text's first token in the table of positions
    projection: Linear | None = None  # to the blocks' width, where the tables have another


@dataclass(frozen=True)
class Attention:
    """Every token looks at all tokens of its text, with `heads` heads of `width / heads` numbers each."""

    width: int
    heads: int
    dropout: float

    @property
    def head_dim(self) -> int:
        """Numbers per head."""
        return self.width // self.heads


@dataclass(frozen=True)
class Mlp:
    """Per token: up to `hidden` numbers, activation, down again."""

    width: int
    hidden: int
    activation: str  # one of the values of ACTIVATIONS


@dataclass(frozen=True)
class Block:
    """Attention and mlp, each added to what came in and then normalised (post-norm); dropout before each addition."""

    attention: Attention
    after_attention: LayerNorm
    mlp: Mlp
    after_mlp: LayerNorm
    attention_dropout: float
    mlp_dropout: float


@dataclass(frozen=True)
class Dense:
    """A square linear layer with an activation, as poolers and heads have it."""

    width: int
    activation: str


@dataclass(frozen=True)
class RelativeBias:
    """For each head a number that attention adds for how far two tokens stand apart, shared by all blocks.

    Distances have `buckets` classes: small ones one each, larger ones ever wider up to `farthest`, and each way its own
    (Raffel et al., 2019, https://arxiv.org/abs/1910.10683, section 2.1).
    """

    buckets: int
    heads: int
    farthest: int


@dataclass(frozen=True)
class Encoder:
    """A base model: embeddings, blocks, and perhaps a pooler over the first token of each text.

    `schedule` has the numbers of the blocks in the order in which they run, where some run several times.
    """

    embeddings: Embeddings
    blocks: tuple[Block, ...]
    pooler: Dense | None
    schedule: tuple[int, ...] | None = None
    relative_bias: RelativeBias | None = None

    @property
    def order(self) -> tuple[int, ...]:
        """The numbers of the blocks in the order in which they run."""
        return tuple(range(len(self.blocks))) if self.schedule is None else self.schedule

    @property
    def width(self) -> int:
        """Numbers per token in the hidden states."""
        projection = self.embeddings.projection
        return projection.outputs if projection else self.embeddings.tokens.width


@dataclass(frozen=True)
class Dropout:
    """In training a number becomes 0 with this probability, and the others grow to make up for it."""

    probability: float


@dataclass(frozen=True)
class Activation:
    """A function of each number by itself; one of the values of ACTIVATIONS."""

    name: str


Step = Linear | LayerNorm | Dropout | Activation


@dataclass(frozen=True)
class Head:
    """What stands on a base model: steps, one after the other, each under the name of its slot.

    `reads` says from where: "pooled" (the pooler's output, a vector per text), "first" (the first token of each text)
    or "tokens" (every token).
    """

    reads: str
    steps: Mapping[str, Step]
