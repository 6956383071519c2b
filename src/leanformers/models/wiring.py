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
           pooler ──► head: dense ─► classifier

`models/bricks` turns a description into torch modules, `ops/plan.py` turns it and the weights into what runs fast.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ACTIVATIONS",
    "Attention",
    "Block",
    "Dense",
    "Embedding",
    "Embeddings",
    "Encoder",
    "LayerNorm",
    "Linear",
    "Mlp",
    "SequenceClassifier",
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
class Encoder:
    """A base model: embeddings, blocks, and perhaps a pooler over the first token of each text."""

    embeddings: Embeddings
    blocks: tuple[Block, ...]
    pooler: Dense | None

    @property
    def width(self) -> int:
        """Numbers per token in the hidden states."""
        return self.embeddings.tokens.width


@dataclass(frozen=True)
class SequenceClassifier:
    """One vector of logits per text, from the pooler's output, or from the first token where there is no pooler."""

    dense: Dense | None
    dropout: float
    classifier: Linear
