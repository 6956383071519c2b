"""Attention over packed texts: one call for a whole pack, computed per group of equal length, so without padding.

A text's result is bitwise the same in every group, which keeps results independent of the batch. That needs three
things of the CPU kernel, all seen to fail without: heads that fill whole vector registers, because the last bits of an
odd head depend on where its memory begins; two heads at least, because a single one's products are split over threads;
and of few tokens a number that keeps each thread's scratch memory aligned (`_spare_rows`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

import torch
from torch import Tensor
from torch.nn import functional as F

from ..models.wiring import Sight

__all__ = ["Memory", "Run", "attention", "attention_with_weights", "distance_buckets", "split_runs"]

REGISTER = 16  # numbers in the widest vector register
EVERYTHING = Sight()

Run = tuple[int, int]  # (texts, tokens of each): neighbours of equal length in a pack
# Keys and values that a run's tokens look at, (texts, heads, seen, head_dim) each. Of the tokens that are seen, the
# last ones are the run's own.
Memory = tuple[Tensor, Tensor]


def attention(
    query: Tensor,
    memories: Sequence[Memory],
    runs: Sequence[Run],
    *,
    dropout: float = 0.0,
    biases: Iterable[Tensor] | None = None,
    sight: Sight = EVERYTHING,
    scale: float | None = None,
) -> Tensor:
    """softmax(query · key · scale + bias) · value within each text (Vaswani et al., 2017).

    Args:
        query: (tokens, heads, head_dim). Any strides.
        memories: for each run its keys and values; with fewer heads, several heads of the query share one.
        runs: the lengths of the pack's texts.
        dropout: probability of dropping a weight.
        biases: for each run, ([texts,] heads, length, seen), or None.
        sight: which tokens are seen.
        scale: 1 / √head_dim if None.

    Returns:
        (tokens, heads · head_dim)
    """
    head_dim = query.shape[-1]
    scale = head_dim**-0.5 if scale is None else scale
    gap = -head_dim % REGISTER
    parts = []
    for (q, k, v), bias in zip(_groups(query, memories, runs), _or_none(biases), strict=False):
        texts, heads, length = q.shape[:3]
        k, v, mask, causal = _seen(sight, length, k, v)
        # Training goes without: dropout and the order of sums are as in the reference then.
        spare = 0 if dropout or q.requires_grad else _spare_rows(length, k.shape[2], q.device)
        if gap or spare:
            q = F.pad(q, (0, gap, 0, spare))
            k, v = (F.pad(x, (0, gap)) for x in (k, v))  # zeros add nothing
        if bias is not None:
            bias = bias.expand(texts, heads, length, -1)  # (texts, heads, length, seen)
            if causal:
                mask, causal = _visible(sight, length, k.shape[2], q.device), False
            mask = bias if mask is None else bias.masked_fill(~mask, -math.inf)
        if spare and mask is not None:
            mask = F.pad(mask, (0, 0, 0, spare), value=True)  # they see everything, and nobody looks at them
        if (texts, heads) == (1, 1):
            q, k, v = (x.expand(2, -1, -1, -1) for x in (q, k, v))
            mask = mask.expand(2, -1, -1, -1) if bias is not None and mask is not None else mask
        mixed = F.scaled_dot_product_attention(
            q,
            k,
            v,
            attn_mask=mask,
            dropout_p=dropout,
            is_causal=causal,
            scale=scale,
            enable_gqa=k.shape[1] != heads,
        )
        mixed = mixed[:texts, :, :length].transpose(1, 2)[..., :head_dim]  # (texts, length, heads, head_dim)
        parts.append(mixed.reshape(texts * length, -1))
    if len(parts) == 1:
        return parts[0]
    return torch.cat(parts) if parts else query.flatten(1)  # (tokens, heads · head_dim)


def attention_with_weights(
    query: Tensor,
    memories: Sequence[Memory],
    runs: Sequence[Run],
    *,
    dropout: float = 0.0,
    biases: Iterable[Tensor] | None = None,
    sight: Sight = EVERYTHING,
    scale: float | None = None,
) -> tuple[Tensor, list[Tensor]]:
    """As `attention`, and the weights of each run, (texts, heads, length, seen), before dropout in evaluation."""
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    parts, weights = [], []
    for (q, k, v), bias in zip(_groups(query, memories, runs), _or_none(biases), strict=False):
        sharing = q.shape[1] // k.shape[1]
        k, v = (x.repeat_interleave(sharing, 1) for x in (k, v)) if sharing > 1 else (k, v)
        scores = q @ k.transpose(-1, -2) * scale  # (texts, heads, length, seen)
        if bias is not None:
            scores = scores + bias
        mask = _visible(sight, q.shape[2], k.shape[2], q.device)
        if mask is not None:
            scores = scores.masked_fill(~mask, -math.inf)
        weight = F.dropout(scores.softmax(-1), dropout, training=dropout > 0)
        weights.append(weight)
        parts.append((weight @ v).transpose(1, 2).flatten(0, 1).flatten(1))
    if not parts:
        return query.flatten(1), [query.new_zeros(0, query.shape[1], 0, 0)]
    return torch.cat(parts), weights


def split_runs(runs: Sequence[Run], *tensors: Tensor) -> list[tuple[Tensor, ...]]:
    """Each run's part of packed tensors: (tokens, heads, head_dim) → views (texts, heads, length, head_dim)."""
    sizes = [texts * length for texts, length in runs]
    pieces = zip(*(torch.split(tensor, sizes) for tensor in tensors), strict=True)
    return [
        tuple(piece.view(texts, length, *piece.shape[1:]).transpose(1, 2) for piece in group)
        for (texts, length), group in zip(runs, pieces, strict=False)
    ]


def distance_buckets(
    length: int, seen: int, buckets: int, farthest: int, device: torch.device, both_ways: bool = True
) -> Tensor:
    """The class of each pair's distance, (length, seen): one each for near tokens, then ever wider.

    The `length` tokens are the last of those that are seen.

    Both ways, the first half of the classes is for tokens before, the second for tokens after; otherwise all are for
    tokens before (transformers, modeling_t5.py, modeling_mpnet.py).
    """
    place = torch.arange(seen, device=device)
    distance = place[seen - length :].unsqueeze(1) - place.unsqueeze(0)  # (length, seen)
    classes = buckets // 2 if both_ways else buckets  # of one way
    exact = classes // 2
    far = distance.abs() if both_ways else distance.clamp(min=0)
    wide = torch.log(far.clamp(min=1).float() / exact) / math.log(farthest / exact) * (classes - exact)
    wider = (exact + wide.long()).clamp(max=classes - 1)
    near_or_wider = torch.where(far < exact, far, wider)
    return near_or_wider + classes * (distance < 0) if both_ways else near_or_wider


def _groups(query: Tensor, memories: Sequence[Memory], runs: Sequence[Run]) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Query, key and value of each run, (texts, heads, …, head_dim) each."""
    for (q,), (k, v) in zip(split_runs(runs, query), memories, strict=True):
        yield q, k, v


def _spare_rows(length: int, seen: int, device: torch.device) -> int:
    """How many tokens to add to a text's `length`, so that its bits do not depend on the thread that computes it.

    The kernel gives each thread scratch memory of `block · (seen + 2 + head_dim)` numbers, for blocks of up to 32
    tokens, one behind the other. Where a thread's does not begin at a multiple of 16 bytes, MKL's products have other
    last bits on some processors (torch, FlashAttentionKernel.cpp; seen on AMD's Zen 4).
    """
    block, aligned = 32, 4  # tokens; numbers in 16 bytes
    misaligned = length < block and length * (seen + 2) % aligned != 0
    return -length % aligned if misaligned and device.type == "cpu" else 0


def _or_none(biases: Iterable[Tensor] | None) -> Iterable[Tensor | None]:
    return repeat(None) if biases is None else biases


def _seen(sight: Sight, length: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor | None, bool]:
    """Keys and values without those that nobody sees, the mask of the others, and whether it is just a triangle."""
    reach = sight.reach
    if sight.causal and reach is not None:
        first = max(0, key.shape[2] - length - reach)
        key, value = key[:, :, first:], value[:, :, first:]
    seen = key.shape[2]
    if sight.causal and seen == length and (reach is None or reach >= seen - 1):
        return key, value, None, length > 1
    return key, value, _visible(sight, length, seen, key.device), False


def _visible(sight: Sight, length: int, seen: int, device: torch.device) -> Tensor | None:
    """True where the last `length` of `seen` tokens look, (length, seen); None for everywhere."""
    reach = seen if sight.reach is None else sight.reach
    farthest = seen - 1
    if reach >= farthest and (not sight.causal or length == 1):
        return None
    distance = torch.arange(seen - length, seen, device=device).unsqueeze(1) - torch.arange(seen, device=device)
    lowest = 0 if sight.causal else -reach
    return (distance >= lowest) & (distance <= reach)
