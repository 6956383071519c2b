"""Heads that many architectures have, made of the same few steps. An architecture's file says what differs."""

from __future__ import annotations

from .wiring import Activation, Dropout, Head, Linear, Norm, Step

__all__ = ["classifier", "dense_classifier", "words"]


def classifier(reads: str, width: int, outputs: int, dropout: float = 0.0) -> Head:
    """Dropout, one linear layer."""
    return Head(reads, {"dropout": Dropout(dropout), "classifier": Linear(width, outputs)})


def dense_classifier(
    reads: str,
    width: int,
    outputs: int,
    activation: str,
    *,
    dropouts: tuple[float, float],
    norm: Norm | None = None,
    bias: bool = True,
) -> Head:
    """Dropout, a dense layer with an activation and perhaps a norm, dropout, one linear layer.

    Args:
        reads: as in `Head`.
        width: of what it reads, and of the dense layer.
        outputs: of the last layer.
        activation: a value of `ACTIVATIONS`.
        dropouts: before the dense layer, and before the last one.
        norm: behind the activation.
        bias: of the dense layer.
    """
    before, after = dropouts
    steps: dict[str, Step] = {
        "dropout": Dropout(before),
        "dense": Linear(width, width, bias=bias),
        "activation": Activation(activation),
    }
    if norm is not None:
        steps["norm"] = norm
    return Head(reads, {**steps, "dropout_after": Dropout(after), "classifier": Linear(width, outputs)})


def words(
    width: int, vocabulary: int, activation: str, norm: Norm, *, bias: bool = True, decoder_bias: bool = True
) -> Head:
    """Every token: a dense layer to the norm's width, norm, and a decoder that is the table of token embeddings."""
    return Head(
        "tokens",
        {
            "dense": Linear(width, norm.width, bias=bias),
            "activation": Activation(activation),
            "norm": norm,
            "decoder": Linear(norm.width, vocabulary, bias=decoder_bias, tied=True),
        },
    )
