"""Attention: every token looks at the tokens of its own text, or of another one. Computed by `ops/attention.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...ops.attention import attention, attention_with_weights, split_runs
from ...ops.context import Context, LayerCache
from ...ops.distances import distance_scores
from ...ops.rotary import turn
from .. import wiring
from .leaves import linear, norm_or_nothing

__all__ = ["AttentionBrick", "CrossAttentionBrick"]


class AttentionBrick(nn.Module):
    """Query, key, value and output projections around the attention of each head."""

    def __init__(self, description: wiring.Attention) -> None:
        super().__init__()
        self.description = description
        width, head_dim = description.width, description.head_dim
        wide, narrow = description.heads * head_dim, description.shared_heads * head_dim
        if description.fused:
            self.query_key_value = linear(wiring.Linear(width, wide + 2 * narrow, description.bias))
        else:
            self.query = linear(wiring.Linear(width, wide, description.bias))
            self.key = linear(wiring.Linear(width, narrow, description.bias))
            self.value = linear(wiring.Linear(width, narrow, description.bias))
        self.query_norm = norm_or_nothing(description.head_norm)
        self.key_norm = norm_or_nothing(description.head_norm)
        distances = description.distances
        if distances is not None and not distances.shared:
            if distances.position_key:
                self.position_key = linear(wiring.Linear(width, wide))
            if distances.position_query:
                self.position_query = linear(wiring.Linear(width, wide))
        self.output = linear(wiring.Linear(wide, width, description.output_bias))

    def forward(self, x: Tensor, context: Context, past: LayerCache | None = None) -> Tensor:
        """(tokens, width) → (tokens, width).

        Args:
            x: all tokens.
            context: where they stand.
            past: the keys and values of earlier tokens of their texts.
        """
        query, key, value = self._heads(x)
        if self.query_norm is not None and self.key_norm is not None:
            query, key = self.query_norm(query), self.key_norm(key)
        wired = self.description
        if wired.rotary is not None:
            turns = context.turns[wired.rotary, wired.head_dim]
            query, key = turn(query, turns), turn(key, turns)
        memories = context.memories(key, value, past)
        options: dict[str, Any] = {
            "dropout": wired.dropout if self.training else 0.0,
            "biases": context.biases if wired.distances is None else self._scores(query, key, context),
            "sight": wired.sight,
            "scale": wired.scale,
        }
        if context.weights is None:
            mixed = attention(query, memories, context.runs, **options)  # (tokens, heads · head_dim)
        else:
            mixed, of_runs = attention_with_weights(query, memories, context.runs, **options)
            context.weights.append(of_runs)
        output: Tensor = self.output(mixed)
        return output

    def _scores(self, query: Tensor, key: Tensor, context: Context) -> Iterator[Tensor]:
        """What distances add to the scores of each run, (texts, heads, length, length)."""
        wired = self.description.distances
        assert wired is not None
        assert context.vectors is not None
        vectors = F.dropout(context.vectors, wired.dropout, self.training)

        def table(slot: str) -> Tensor:
            layer = getattr(self, slot if wired.shared else f"position_{slot}")
            made: Tensor = layer(vectors).unflatten(-1, (-1, self.description.head_dim))
            return made * self.description.score_scale

        tables = table("key") if wired.position_key else None, table("query") if wired.position_query else None
        for q, k in split_runs(context.runs, query, key):
            yield distance_scores(q, k, *tables, context.distances[q.shape[2]])

    def _heads(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Query, key and value, (tokens, heads, head_dim) each."""
        head_dim, heads, shared = self.description.head_dim, self.description.heads, self.description.shared_heads
        if self.description.fused:
            fused = self.query_key_value(x).unflatten(-1, (-1, head_dim))  # (tokens, heads + 2 · shared, head_dim)
            query, key, value = torch.split(fused, [heads, shared, shared], 1)
            return query, key, value
        query, key, value = (p(x).unflatten(-1, (-1, head_dim)) for p in (self.query, self.key, self.value))
        return query, key, value


class CrossAttentionBrick(nn.Module):
    """Attention of a text's tokens over those of its source."""

    def __init__(self, description: wiring.Attention) -> None:
        super().__init__()
        self.description = description
        width, wide = description.width, description.heads * description.head_dim
        self.query = linear(wiring.Linear(width, wide, description.bias))
        self.key = linear(wiring.Linear(width, wide, description.bias))
        self.value = linear(wiring.Linear(width, wide, description.bias))
        self.output = linear(wiring.Linear(wide, width, description.output_bias))

    def forward(self, x: Tensor, context: Context, past: LayerCache | None = None) -> Tensor:
        """(tokens, width) → (tokens, width); arguments as for `AttentionBrick`."""
        wired = self.description
        query = self.query(x).unflatten(-1, (-1, wired.head_dim))
        memories = context.source_memories(self._read, past)
        options: dict[str, Any] = {"dropout": wired.dropout if self.training else 0.0, "scale": wired.scale}
        if context.cross_weights is None:
            mixed = attention(query, memories, context.source.runs, **options)  # (tokens, heads · head_dim)
        else:
            mixed, of_runs = attention_with_weights(query, memories, context.source.runs, **options)
            context.cross_weights.append(of_runs)
        output: Tensor = self.output(mixed)
        return output

    def _read(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Key and value of the source, (source tokens, heads, head_dim) each."""
        key, value = (p(hidden).unflatten(-1, (-1, self.description.head_dim)) for p in (self.key, self.value))
        return key, value
