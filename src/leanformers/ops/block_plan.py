"""A block compiled: query, key and value in one product, bias, activation and residual inside the products."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ..models.wiring import Attention, Block, Convolution, GatedMlp, Mlp, Norm, RmsNorm
from .activation import ACTIVATION_FUNCTIONS, apply_evenly
from .attention import Run, attention, split_runs
from .context import Context, LayerCache
from .distances import distance_scores
from .linear import PreparedLinear, prepare
from .norm import rms_norm
from .rotary import turn

__all__ = ["BlockPlan", "Weights", "prepared_linear", "prepared_norm"]

Weights = Mapping[str, Tensor]  # name in the wiring → tensor, e.g. "blocks.0.attention.query.weight"
Function = Callable[[Tensor], Tensor]

# Rows that go through the mlp at a time: the wide middle then stays in the cache. Rows do not depend on each other.
MLP_ROWS = 1024


class BlockPlan:
    """A block, ready to run.

    Args:
        block: the description.
        weights: by name in the wiring.
        name: of the block there, "blocks.0".
        vectors: of distances, (2 · classes, width), for attention that weighs them.
    """

    def __init__(self, block: Block, weights: Weights, name: str, vectors: Tensor | None = None) -> None:
        def norm(slot: str, description: Norm | None) -> Function | None:
            return prepared_norm(description, weights, f"{name}.{slot}")

        self.before_attention = norm("before_attention", block.before_attention)
        self.attention = _AttentionPlan(block.attention, weights, f"{name}.attention", vectors)
        self.attention_norm = norm("attention_norm", block.attention_norm)
        self.after_attention = norm("after_attention", block.after_attention)
        self.before_cross = norm("before_cross", block.before_cross)
        self.cross = _CrossPlan(block.cross, weights, f"{name}.cross") if block.cross else None
        self.after_cross = norm("after_cross", block.after_cross)
        self.before_mlp = norm("before_mlp", block.before_mlp)
        self.middle, self.down = _mlp(block.mlp, weights, f"{name}.mlp")
        self.mlp_norm = norm("mlp_norm", block.mlp_norm)
        self.after_mlp = norm("after_mlp", block.after_mlp)
        self.convolution = _ConvolutionPlan(block.convolution, weights, name) if block.convolution else None
        self.after_convolution = norm("after_convolution", block.after_convolution)

    def __call__(self, x: Tensor, context: Context, past: LayerCache | None = None) -> Tensor:
        """(tokens, width) → (tokens, width)."""
        given = x
        mixed = self.attention(_through(self.before_attention, x), context, past)
        x = _added(self.attention.output, mixed, x, self.attention_norm)
        x = _through(self.after_attention, x)
        if self.cross is not None:
            x = self.cross.output.add(self.cross(_through(self.before_cross, x), context, past), x)
            x = _through(self.after_cross, x)
        x = torch.cat([self._mlp(rows) for rows in torch.split(x, MLP_ROWS)]) if x.shape[0] > MLP_ROWS else self._mlp(x)
        if self.convolution is None:
            return x
        return _through(self.after_convolution, x + self.convolution(given, context.runs))

    def _mlp(self, x: Tensor) -> Tensor:
        x = _added(self.down, self.middle(_through(self.before_mlp, x)), x, self.mlp_norm)
        return _through(self.after_mlp, x)  # (rows, width)


class _AttentionPlan:
    """Attention up to the product with its output layer, which the block adds to its input."""

    def __init__(self, description: Attention, weights: Weights, name: str, vectors: Tensor | None) -> None:
        self.description = description
        if description.fused:
            self.query_key_value = prepared_linear(weights, f"{name}.query_key_value")
        else:
            parts = [f"{name}.{part}" for part in ("query", "key", "value")]
            biases = [weights[f"{part}.bias"] for part in parts] if description.bias else None
            self.query_key_value = prepare(
                torch.cat([weights[f"{part}.weight"] for part in parts]), torch.cat(biases) if biases else None
            )
        self.query_norm, self.key_norm = (
            prepared_norm(description.head_norm, weights, f"{name}.{slot}") for slot in ("query_norm", "key_norm")
        )
        self.output = prepared_linear(weights, f"{name}.output")
        self.sizes = [description.heads, description.shared_heads, description.shared_heads]
        self.positions = _position_tables(description, weights, name, vectors)

    def __call__(self, x: Tensor, context: Context, past: LayerCache | None) -> Tensor:
        wired = self.description
        fused = self.query_key_value(x).view(x.shape[0], sum(self.sizes), wired.head_dim)
        query, key, value = torch.split(fused, self.sizes, 1)  # (tokens, heads, head_dim) each
        query, key = _through(self.query_norm, query), _through(self.key_norm, key)
        if wired.rotary is not None:
            turns = context.turns[wired.rotary, wired.head_dim]
            query, key = turn(query, turns), turn(key, turns)
        memories = context.memories(key, value, past)
        biases = context.biases if wired.distances is None else self._scores(query, key, context)
        return attention(query, memories, context.runs, biases=biases, sight=wired.sight, scale=wired.scale)

    def _scores(self, query: Tensor, key: Tensor, context: Context) -> Iterator[Tensor]:
        for q, k in split_runs(context.runs, query, key):
            yield distance_scores(q, k, *self.positions, context.distances[q.shape[2]])


def _position_tables(
    description: Attention, weights: Weights, name: str, vectors: Tensor | None
) -> tuple[Tensor | None, Tensor | None]:
    """What the block makes of the vectors of distances, (2 · classes, heads, head_dim) each, scaled as scores are."""
    wired = description.distances
    if wired is None or vectors is None:
        return None, None

    def table(slot: str) -> Tensor:
        layer = f"{name}.{slot if wired.shared else f'position_{slot}'}"
        made = F.linear(vectors, weights[f"{layer}.weight"], weights.get(f"{layer}.bias")) * description.score_scale
        return made.view(vectors.shape[0], -1, description.head_dim)

    return table("key") if wired.position_key else None, table("query") if wired.position_query else None


class _ConvolutionPlan:
    """A convolution as products of each token's neighbourhood, one for each group."""

    def __init__(self, description: Convolution, weights: Weights, name: str) -> None:
        self.description = description
        weight, bias = weights[f"{name}.convolution.kernel.weight"], weights[f"{name}.convolution.kernel.bias"]
        parts = zip(weight.chunk(description.groups), bias.chunk(description.groups), strict=True)
        self.products = [prepare(w.flatten(1).contiguous(), b.contiguous(), description.activation) for w, b in parts]

    def __call__(self, x: Tensor, runs: Sequence[Run]) -> Tensor:
        if not runs:
            return x
        kernel = self.description.kernel
        beside = kernel // 2
        rows = [
            F.pad(part.view(texts, length, -1), (0, 0, beside, beside)).unfold(1, kernel, 1).flatten(0, 1)
            for (texts, length), part in zip(runs, torch.split(x, [n * m for n, m in runs]), strict=True)
        ]
        groups = torch.cat(rows).chunk(len(self.products), 1)  # (tokens, width of the group, kernel) each
        return torch.cat([product(g.flatten(1)) for product, g in zip(self.products, groups, strict=True)], 1)


class _CrossPlan:
    """Attention over the source up to the product with its output layer."""

    def __init__(self, description: Attention, weights: Weights, name: str) -> None:
        self.description = description
        self.query = prepared_linear(weights, f"{name}.query")
        parts = [f"{name}.{part}" for part in ("key", "value")]
        biases = [weights[f"{part}.bias"] for part in parts] if description.bias else None
        self.key_value = prepare(
            torch.cat([weights[f"{part}.weight"] for part in parts]), torch.cat(biases) if biases else None
        )
        self.output = prepared_linear(weights, f"{name}.output")

    def __call__(self, x: Tensor, context: Context, past: LayerCache | None) -> Tensor:
        wired = self.description
        query = self.query(x).view(x.shape[0], wired.heads, wired.head_dim)
        memories = context.source_memories(self._read, past)
        return attention(query, memories, context.source.runs, scale=wired.scale)

    def _read(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        fused = self.key_value(hidden).view(hidden.shape[0], 2 * self.description.heads, self.description.head_dim)
        key, value = fused.chunk(2, 1)
        return key, value  # (source tokens, heads, head_dim) each


def _mlp(description: Mlp | GatedMlp, weights: Weights, name: str) -> tuple[Function, PreparedLinear]:
    """From the block's vectors to the wide middle, and down again."""
    down = prepared_linear(weights, f"{name}.down")
    if isinstance(description, Mlp):
        return prepared_linear(weights, f"{name}.up", description.activation), down
    if not description.fused:
        gate = prepared_linear(weights, f"{name}.gate", description.activation)
        value = prepared_linear(weights, f"{name}.value")
        return lambda x: value.multiply(x, gate(x)), down
    gate_value, function = prepared_linear(weights, f"{name}.gate_value"), ACTIVATION_FUNCTIONS[description.activation]

    def middle(x: Tensor) -> Tensor:
        gate, value = gate_value(x).chunk(2, -1)
        return apply_evenly(function, gate) * value

    return middle, down


def _added(linear: PreparedLinear, x: Tensor, residual: Tensor, norm: Function | None) -> Tensor:
    """residual + norm(linear(x)), in one product where no norm stands between."""
    return linear.add(x, residual) if norm is None else norm(linear(x)) + residual


def _through(norm: Function | None, x: Tensor) -> Tensor:
    return x if norm is None else norm(x)


def prepared_linear(weights: Weights, name: str, activation: str = "linear") -> PreparedLinear:
    """The layer called `name`, with the activation inside."""
    return prepare(weights[f"{name}.weight"], weights.get(f"{name}.bias"), activation)


@dataclass
class _LayerNorm:
    weight: Tensor
    bias: Tensor | None
    eps: float

    def __call__(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)


@dataclass
class _RmsNorm:
    weight: Tensor
    eps: float
    offset: float

    def __call__(self, x: Tensor) -> Tensor:
        return rms_norm(x, self.weight, self.eps, self.offset)


def prepared_norm(description: Norm | None, weights: Weights, name: str) -> Function | None:
    """The norm called `name` with its weights, where the slot is filled."""
    if description is None:
        return None
    if isinstance(description, RmsNorm):
        return _RmsNorm(weights[f"{name}.weight"], description.eps, description.offset)
    return _LayerNorm(weights[f"{name}.weight"], weights.get(f"{name}.bias"), description.eps)
