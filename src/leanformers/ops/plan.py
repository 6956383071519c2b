"""Plans: a wiring and its weights compiled into what runs at inference. Dropped when a weight changes.

Query, key and value become one product, weights are reordered for the kernel, bias, activation and residual go into the
products, attention runs per group of equal length. Nothing here tracks gradients; training runs the bricks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ..models.wiring import Activation, Block, Dense, Dropout, Encoder, Head, LayerNorm, Linear
from .attention import Run, attention, distance_buckets
from .linear import PreparedLinear, prepare

__all__ = ["EncoderPlan", "HeadPlan"]

Weights = Mapping[str, Tensor]  # name in the wiring → tensor, e.g. "blocks.0.attention.query.weight"

# Rows that go through the mlp at a time: the wide middle then stays in the cache. Rows do not depend on each other.
MLP_ROWS = 1024


class EncoderPlan:
    """A base model, ready to run.

    Args:
        wiring: the description.
        weights: by name in the wiring, with ".weight" and ".bias".
    """

    def __init__(self, wiring: Encoder, weights: Weights) -> None:
        embeddings = wiring.embeddings
        self.tokens = weights["embeddings.tokens.weight"]  # (vocabulary, width)
        self.positions = weights["embeddings.positions.weight"] if embeddings.positions else None
        self.types = weights["embeddings.types.weight"] if embeddings.types else None
        self.norm = _norm(embeddings.norm, weights, "embeddings.norm") if embeddings.norm else None
        self.first_position = embeddings.first_position
        self.projection = _linear(weights, "embeddings.projection") if embeddings.projection else None
        self.blocks = [_BlockPlan.compile(b, weights, f"blocks.{i}") for i, b in enumerate(wiring.blocks)]
        self.order = wiring.order
        self.relative_bias = weights["relative_bias.table.weight"] if wiring.relative_bias else None  # (buckets, heads)
        self.farthest = wiring.relative_bias.farthest if wiring.relative_bias else 0
        self.pooler = _dense(wiring.pooler, weights, "pooler.dense") if wiring.pooler else None

    def hidden(
        self,
        ids: Tensor,
        types: Tensor | None,
        positions: Tensor,
        runs: Sequence[Run],
        states: list[Tensor] | None = None,
    ) -> Tensor:
        """The last hidden states, (tokens, width); `states` collects those after the embeddings and after each block.

        Args:
            ids: (tokens,) of all texts, one after the other; types and positions likewise.
            runs: the lengths of the texts.
        """
        x = F.embedding(ids, self.tokens)  # (tokens, width)
        if self.types is not None:
            x = x + (self.types[0] if types is None else F.embedding(types, self.types))
        if self.positions is not None:
            x = x + F.embedding(positions + self.first_position, self.positions)
        if self.norm is not None:
            x = self.norm(x)
        if self.projection is not None:
            x = self.projection(x)
        if states is not None:
            states.append(x)
        biases = None if self.relative_bias is None else [self._bias(length) for _, length in runs]
        for number in self.order:
            x = self.blocks[number](x, runs, biases)
            if states is not None:
                states.append(x)
        return x

    def _bias(self, length: int) -> Tensor:
        """What attention adds in texts of `length` tokens, (heads, length, length)."""
        assert self.relative_bias is not None
        buckets = distance_buckets(length, self.relative_bias.shape[0], self.farthest, self.relative_bias.device)
        return F.embedding(buckets, self.relative_bias).permute(2, 0, 1)

    def pool(self, first: Tensor) -> Tensor:
        """The pooler's output for the first tokens: (texts, width) → (texts, width)."""
        assert self.pooler is not None
        return self.pooler(first)


class HeadPlan:
    """A head's steps, ready to run: activations inside the products before them, no dropout."""

    def __init__(self, wiring: Head, weights: Weights) -> None:
        self.steps: list[Callable[[Tensor], Tensor]] = []
        items = [(name, step) for name, step in wiring.steps.items() if not isinstance(step, Dropout)]
        for i, (name, step) in enumerate(items):
            if isinstance(step, Linear):
                after = items[i + 1][1] if i + 1 < len(items) else None
                activation = after.name if isinstance(after, Activation) else "linear"
                self.steps.append(_linear(weights, name, activation))
            elif isinstance(step, LayerNorm):
                self.steps.append(_norm(step, weights, name))

    def __call__(self, x: Tensor) -> Tensor:
        """(texts or tokens, width) → (texts or tokens, outputs)."""
        for step in self.steps:
            x = step(x)
        return x


@dataclass
class _Norm:
    """A layer norm with its weights."""

    weight: Tensor
    bias: Tensor
    eps: float

    def __call__(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)


@dataclass
class _BlockPlan:
    """A block: one product for query, key and value, three more with the rest inside them."""

    heads: int
    head_dim: int
    query_key_value: PreparedLinear
    output: PreparedLinear
    after_attention: _Norm
    up: PreparedLinear
    down: PreparedLinear
    after_mlp: _Norm

    @classmethod
    def compile(cls, block: Block, weights: Weights, name: str) -> _BlockPlan:
        projections = [f"{name}.attention.{part}" for part in ("query", "key", "value")]
        return cls(
            heads=block.attention.heads,
            head_dim=block.attention.head_dim,
            query_key_value=prepare(
                torch.cat([weights[f"{p}.weight"] for p in projections]),  # (3 · width, width)
                torch.cat([weights[f"{p}.bias"] for p in projections]),
            ),
            output=_linear(weights, f"{name}.attention.output"),
            after_attention=_norm(block.after_attention, weights, f"{name}.after_attention"),
            up=_linear(weights, f"{name}.mlp.up", block.mlp.activation),
            down=_linear(weights, f"{name}.mlp.down"),
            after_mlp=_norm(block.after_mlp, weights, f"{name}.after_mlp"),
        )

    def __call__(self, x: Tensor, runs: Sequence[Run], biases: Sequence[Tensor] | None = None) -> Tensor:
        fused = self.query_key_value(x).view(x.shape[0], 3, self.heads, self.head_dim)  # (tokens, 3, heads, head_dim)
        query, key, value = fused.unbind(1)
        mixed = attention(query, key, value, runs, biases=biases)  # (tokens, width)
        x = self.after_attention(self.output.add(mixed, x))
        if x.shape[0] <= MLP_ROWS:
            return self._mlp(x)
        return torch.cat([self._mlp(rows) for rows in torch.split(x, MLP_ROWS)])

    def _mlp(self, x: Tensor) -> Tensor:
        return self.after_mlp(self.down.add(self.up(x), x))  # (rows, width)


def _linear(weights: Weights, name: str, activation: str = "linear") -> PreparedLinear:
    return prepare(weights[f"{name}.weight"], weights.get(f"{name}.bias"), activation)


def _dense(dense: Dense, weights: Weights, name: str) -> PreparedLinear:
    return _linear(weights, name, dense.activation)


def _norm(norm: LayerNorm, weights: Weights, name: str) -> _Norm:
    return _Norm(weights[f"{name}.weight"], weights[f"{name}.bias"], norm.eps)
