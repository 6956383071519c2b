"""The smallest parts of a wiring: what a single linear layer, norm, table or step of a head is."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Convolution",
    "Dense",
    "Dropout",
    "Embedding",
    "LayerNorm",
    "Linear",
    "Norm",
    "RmsNorm",
    "Scale",
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
    bias: bool = True


@dataclass(frozen=True)
class RmsNorm:
    """Mean square 1 over the `width` numbers of a token, then scale (Zhang and Sennrich, 2019).

    The scale is `offset` + weight: weights of Gemma stand around 0, and have the offset 1.
    """

    width: int
    eps: float
    offset: float = 0.0


Norm = LayerNorm | RmsNorm


@dataclass(frozen=True)
class Embedding:
    """A table with a vector for each of `rows` ids. Row `padding` starts as zeros and is not trained."""

    rows: int
    width: int
    padding: int | None = None
    sinusoidal: bool = False  # a new table starts as sines and cosines of the position (Vaswani et al., 2017)


@dataclass(frozen=True)
class Dense:
    """A square linear layer with an activation, as poolers and heads have it."""

    width: int
    activation: str


@dataclass(frozen=True)
class Scale:
    """Every number times `factor`."""

    factor: float


@dataclass(frozen=True)
class Dropout:
    """In training a number becomes 0 with this probability, and the others grow to make up for it."""

    probability: float


@dataclass(frozen=True)
class Activation:
    """A function of each number by itself; one of the values of ACTIVATIONS."""

    name: str


@dataclass(frozen=True)
class Convolution:
    """Each token and its neighbours to one vector, with zeros beyond the text: `kernel` tokens in all, an odd number.

    Numbers fall into `groups` that are mixed among themselves. Then dropout, then the activation.
    """

    width: int
    kernel: int
    groups: int
    activation: str
    dropout: float
