"""Plans: a wiring and its weights compiled into what runs at inference. Dropped when a weight changes.

Blocks are compiled in `block_plan.py`. Nothing here tracks gradients; training runs the bricks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from ..models.wiring import Activation, Dropout, Encoder, Head, LayerNorm, Linear, RmsNorm, Scale
from .attention import distance_buckets
from .block_plan import BlockPlan, Weights, prepared_linear, prepared_norm
from .context import Context
from .distances import with_distances

if TYPE_CHECKING:
    from ..models.cache import Cache
    from ..models.packed import Packed

__all__ = ["EncoderPlan", "HeadPlan", "StacksPlan"]


class EncoderPlan:
    """A base model, ready to run.

    Args:
        wiring: the description.
        weights: by name in the wiring, with ".weight" and ".bias".
    """

    def __init__(self, wiring: Encoder, weights: Weights) -> None:
        embeddings = wiring.embeddings
        self.tokens = weights["embeddings.tokens.weight"]  # (vocabulary, width)
        self.scale = embeddings.scale
        self.positions = weights["embeddings.positions.weight"] if embeddings.positions else None
        self.types = weights["embeddings.types.weight"] if embeddings.types else None
        self.norm = prepared_norm(embeddings.norm, weights, "embeddings.norm")
        self.first_position = embeddings.first_position
        self.projection = prepared_linear(weights, "embeddings.projection") if embeddings.projection else None
        self.sum_projection = (
            prepared_linear(weights, "embeddings.sum_projection") if embeddings.sum_projection else None
        )
        self.wiring = wiring
        self.vectors = _relative_vectors(wiring, weights)
        self.blocks = [BlockPlan(block, weights, f"blocks.{i}", self.vectors) for i, block in enumerate(wiring.blocks)]
        self.order = wiring.order
        self.relative_bias = weights["relative_bias.table.weight"] if wiring.relative_bias else None  # (buckets, heads)
        self.farthest = wiring.relative_bias.farthest if wiring.relative_bias else 0
        self.both_ways = wiring.relative_bias is None or wiring.relative_bias.both_ways
        self.final_norm = prepared_norm(wiring.final_norm, weights, "final_norm")
        dense = wiring.pooler
        self.pooler = prepared_linear(weights, "pooler.dense", dense.activation) if dense else None

    def hidden(
        self, packed: Packed, context: Context, states: list[Tensor] | None = None, cache: Cache | None = None
    ) -> Tensor:
        """The last hidden states, (tokens, width); arguments as for the brick, `models/bricks/encoder.py`."""
        x = self._embed(packed)
        if states is not None:
            states.append(x)
        if self.relative_bias is not None:
            context = replace(context, biases=[self._bias(*span) for span in context.spans])
        if self.vectors is not None:
            context = with_distances(context, self.wiring, self.vectors)
        for number in self.order:
            x = self.blocks[number](x, context, None if cache is None else cache.layers[number])
            if states is not None:
                states.append(x)
        if self.final_norm is not None:
            x = self.final_norm(x)
            if states is not None:
                states[-1] = x
        return x

    def _embed(self, packed: Packed) -> Tensor:
        x = F.embedding(packed.ids, self.tokens)  # (tokens, width)
        if self.scale != 1.0:
            x = x * x.new_tensor(self.scale)
        if self.types is not None:
            x = x + (self.types[0] if packed.types is None else F.embedding(packed.types, self.types))
        if self.positions is not None:
            x = x + F.embedding(packed.positions + self.first_position, self.positions)
        if self.sum_projection is not None:
            x = self.sum_projection(x)
        if self.norm is not None:
            x = self.norm(x)
        return x if self.projection is None else self.projection(x)

    def _bias(self, length: int, seen: int) -> Tensor:
        """What attention adds for the last `length` of a text's `seen` tokens, (heads, length, seen)."""
        table = self.relative_bias
        assert table is not None
        buckets = distance_buckets(length, seen, table.shape[0], self.farthest, table.device, self.both_ways)
        return F.embedding(buckets, table).permute(2, 0, 1)

    def pool(self, first: Tensor) -> Tensor:
        """The pooler's output for the first tokens: (texts, width) → (texts, width)."""
        assert self.pooler is not None
        return self.pooler(first)


def _relative_vectors(wiring: Encoder, weights: Weights) -> Tensor | None:
    if wiring.relative_vectors is None:
        return None
    norm = prepared_norm(wiring.relative_vectors.norm, weights, "relative_vectors.norm")
    table = weights["relative_vectors.table.weight"]
    return table if norm is None else norm(table)


class StacksPlan:
    """Stacks by name, encoder and decoder, ready to run; weights as for `EncoderPlan`, behind the names."""

    def __init__(self, stacks: Mapping[str, Encoder], weights: Weights) -> None:
        self.stacks = {name: EncoderPlan(stack, _part(weights, f"{name}.")) for name, stack in stacks.items()}


def _part(weights: Weights, prefix: str) -> Weights:
    return {name.removeprefix(prefix): weight for name, weight in weights.items() if name.startswith(prefix)}


class HeadPlan:
    """A head's steps, ready to run: activations inside the products before them, no dropout."""

    def __init__(self, wiring: Head, weights: Weights) -> None:
        self.steps: list[Callable[[Tensor], Tensor]] = []
        items = [(name, step) for name, step in wiring.steps.items() if not isinstance(step, Dropout)]
        for i, (name, step) in enumerate(items):
            if isinstance(step, Linear):
                after = items[i + 1][1] if i + 1 < len(items) else None
                activation = after.name if isinstance(after, Activation) else "linear"
                self.steps.append(prepared_linear(weights, name, activation))
            elif isinstance(step, (LayerNorm, RmsNorm)):
                norm = prepared_norm(step, weights, name)
                assert norm is not None
                self.steps.append(norm)
            elif isinstance(step, Scale):
                self.steps.append(partial(torch.mul, other=step.factor))
        self.beside = HeadPlan(wiring.beside.head, _part(weights, "beside.")) if wiring.beside else None

    def __call__(self, x: Tensor) -> Tensor:
        """(texts or tokens, width) → (texts or tokens, outputs)."""
        for step in self.steps:
            x = step(x)
        return x
