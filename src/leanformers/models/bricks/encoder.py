"""The whole base model as bricks: embeddings, blocks, pooler."""

from __future__ import annotations

from torch import Tensor, nn

from .. import wiring
from ..packed import Packed
from .block import BlockBrick
from .embeddings import EmbeddingsBrick
from .head import DenseBrick
from .relative import RelativeBiasBrick

__all__ = ["EncoderBrick"]


class EncoderBrick(nn.Module):
    """Packed tokens to hidden states."""

    def __init__(self, description: wiring.Encoder) -> None:
        super().__init__()
        self.embeddings = EmbeddingsBrick(description.embeddings)
        self.blocks = nn.ModuleList(BlockBrick(block) for block in description.blocks)
        self.order = description.order
        self.relative_bias = RelativeBiasBrick(description.relative_bias) if description.relative_bias else None
        self.pooler = DenseBrick(description.pooler) if description.pooler else None

    def forward(
        self, packed: Packed, states: list[Tensor] | None = None, weights: list[list[Tensor]] | None = None
    ) -> Tensor:
        """The last hidden states, (tokens, width).

        Args:
            packed: the tokens.
            states: collects the hidden states after the embeddings and after each block, each (tokens, width).
            weights: collects the attention weights of each block, a tensor (texts, heads, length, length) per run.
        """
        x: Tensor = self.embeddings(packed)  # (tokens, width)
        if states is not None:
            states.append(x)
        biases = None
        if self.relative_bias is not None:
            biases = [self.relative_bias(length) for _, length in packed.runs]  # (heads, length, length) each
        for number in self.order:
            x = self.blocks[number](x, packed.runs, weights, biases)
            if states is not None:
                states.append(x)
        return x

    def pool(self, first: Tensor) -> Tensor:
        """The pooler's output for the first tokens: (texts, width) → (texts, width)."""
        assert self.pooler is not None
        pooled: Tensor = self.pooler(first)
        return pooled
