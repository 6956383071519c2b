"""Attention: every token looks at the tokens of its own text. Computed by `ops/attention.py`."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ...ops.attention import Run, attention, attention_with_weights
from .. import wiring
from .leaves import linear

__all__ = ["AttentionBrick"]


class AttentionBrick(nn.Module):
    """Query, key, value and output projections around the attention of each head."""

    def __init__(self, description: wiring.Attention) -> None:
        super().__init__()
        self.heads = description.heads
        self.dropout = description.dropout
        square = wiring.Linear(description.width, description.width)
        self.query, self.key, self.value = linear(square), linear(square), linear(square)
        self.output = linear(square)

    def forward(
        self,
        x: Tensor,
        runs: Sequence[Run],
        weights: list[list[Tensor]] | None = None,
        biases: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """(tokens, width) → (tokens, width).

        Args:
            x: all tokens.
            runs: the lengths of their texts.
            weights: collects the attention weights of each run.
            biases: for each run what is added to the scores, (heads, length, length).
        """
        query, key, value = (p(x).unflatten(-1, (self.heads, -1)) for p in (self.query, self.key, self.value))
        dropout = self.dropout if self.training else 0.0
        if weights is None:
            mixed = attention(query, key, value, runs, dropout, biases)  # (tokens, width)
        else:
            mixed, of_runs = attention_with_weights(query, key, value, runs, dropout, biases)
            weights.append(of_runs)
        output: Tensor = self.output(mixed)
        return output
