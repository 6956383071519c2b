"""The whole base model as bricks: embeddings, blocks, last norm, pooler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ...ops.context import Context
from ...ops.distances import with_distances
from .. import wiring
from ..cache import Cache
from ..packed import Packed
from .block import BlockBrick
from .embeddings import EmbeddingsBrick
from .head import DenseBrick
from .leaves import embedding, norm_or_nothing
from .relative import RelativeBiasBrick, RelativeVectorsBrick

__all__ = ["EncoderBrick", "StacksBrick"]


class StacksBrick(nn.Module):
    """Stacks by name, encoder and decoder, with a table of tokens, which each has as its own too."""

    def __init__(self, stacks: Mapping[str, wiring.Encoder]) -> None:
        super().__init__()
        self.tokens = embedding(next(iter(stacks.values())).embeddings.tokens)
        self.stacks = {name: EncoderBrick(stack) for name, stack in stacks.items()}
        for name, stack in self.stacks.items():
            self.add_module(name, stack)


class EncoderBrick(nn.Module):
    """Packed tokens to hidden states."""

    def __init__(self, description: wiring.Encoder) -> None:
        super().__init__()
        self.description = description
        self.embeddings = EmbeddingsBrick(description.embeddings)
        self.blocks = nn.ModuleList(BlockBrick(block) for block in description.blocks)
        self.order = description.order
        self.relative_bias = RelativeBiasBrick(description.relative_bias) if description.relative_bias else None
        vectors = description.relative_vectors
        self.relative_vectors = RelativeVectorsBrick(vectors) if vectors else None
        self.final_norm = norm_or_nothing(description.final_norm)
        self.dropout = nn.Dropout(description.dropout)
        self.pooler = DenseBrick(description.pooler) if description.pooler else None
        # Arguments of torch's checkpoint, where blocks are computed again for the gradients instead of kept.
        self.checkpointing: dict[str, Any] | None = None

    def forward(
        self, packed: Packed, context: Context, states: list[Tensor] | None = None, cache: Cache | None = None
    ) -> Tensor:
        """The last hidden states, (tokens, width).

        Args:
            packed: the tokens.
            context: where they stand.
            states: collects the hidden states after the embeddings and after each block, each (tokens, width); the
                last ones after the last norm.
            cache: keys and values of earlier tokens.
        """
        x: Tensor = self.embeddings(packed)  # (tokens, width)
        if states is not None:
            states.append(x)
        if self.relative_bias is not None:
            context = replace(context, biases=[self.relative_bias(*span) for span in context.spans])
        if self.relative_vectors is not None:
            context = with_distances(context, self.description, self.relative_vectors())
        for number in self.order:
            block = self.blocks[number]
            if self.checkpointing is not None and self.training and cache is None and context.weights is None:
                x = checkpoint(block, x, context, **self.checkpointing)
            else:
                x = block(x, context, None if cache is None else cache.layers[number])
            if states is not None:
                states.append(x)
        if self.final_norm is not None:
            x = self.dropout(self.final_norm(x))
            if states is not None:
                states[-1] = x
        return x

    def pool(self, first: Tensor) -> Tensor:
        """The pooler's output for the first tokens: (texts, width) → (texts, width)."""
        assert self.pooler is not None
        pooled: Tensor = self.pooler(first)
        return pooled
