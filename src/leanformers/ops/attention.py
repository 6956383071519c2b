"""Attention over packed texts: one call for a whole pack, computed per group of equal length, so without any mask.

A text's result is bitwise the same in every group, which keeps results independent of the batch. That needs two things
of the CPU kernel, both seen to fail without: heads that fill whole vector registers, because the last bits of an odd
head depend on where its memory begins; and two heads at least, because a single one's products are split over threads.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["Run", "attention", "attention_with_weights", "distance_buckets"]

REGISTER = 16  # numbers in the widest vector register

Run = tuple[int, int]  # (texts, tokens of each): neighbours of equal length in a pack


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    runs: Sequence[Run],
    dropout: float = 0.0,
    biases: Sequence[Tensor] | None = None,
) -> Tensor:
    """softmax(query · key / √head_dim + bias) · value within each text (Vaswani et al., 2017).

    Args:
        query: (tokens, heads, head_dim); key and value too. Any strides.
        runs: the lengths of the pack's texts.
        dropout: probability of dropping a weight.
        biases: for each run, (heads, length, length), or None.

    Returns:
        (tokens, heads · head_dim)
    """
    head_dim = query.shape[-1]
    scale = head_dim**-0.5
    gap = -head_dim % REGISTER
    if gap:
        query, key, value = (F.pad(x, (0, gap)) for x in (query, key, value))  # zeros add nothing
    parts = []
    for run, (texts, length, (q, k, v)) in enumerate(_groups(runs, query, key, value)):
        bias = None if biases is None else biases[run].unsqueeze(0).expand(texts, -1, -1, -1)
        if q.shape[:2] == (1, 1):
            q, k, v = (x.expand(2, -1, -1, -1) for x in (q, k, v))
            bias = None if bias is None else bias.expand(2, -1, -1, -1)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, dropout_p=dropout, scale=scale)
        mixed = mixed[:texts].transpose(1, 2)[..., :head_dim]  # (texts, length, heads, head_dim)
        parts.append(mixed.reshape(texts * length, -1))
    if len(parts) == 1:
        return parts[0]
    return torch.cat(parts) if parts else query.flatten(1)  # (tokens, heads · head_dim)


def attention_with_weights(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    runs: Sequence[Run],
    dropout: float = 0.0,
    biases: Sequence[Tensor] | None = None,
) -> tuple[Tensor, list[Tensor]]:
    """As `attention`, and the weights of each run, (texts, heads, length, length), before dropout in evaluation."""
    parts, weights = [], []
    for run, (texts, length, (q, k, v)) in enumerate(_groups(runs, query, key, value)):
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5  # (texts, heads, length, length)
        if biases is not None:
            scores = scores + biases[run]
        weight = F.dropout(scores.softmax(-1), dropout, training=dropout > 0)
        weights.append(weight)
        parts.append((weight @ v).transpose(1, 2).reshape(texts * length, -1))
    if not parts:
        return query.flatten(1), [query.new_zeros(0, query.shape[1], 0, 0)]
    return torch.cat(parts), weights


def distance_buckets(length: int, buckets: int, farthest: int, device: torch.device) -> Tensor:
    """The class of each pair's distance, (length, length): one each up to a quarter of `buckets`, then ever wider.

    The first half of the classes is for tokens before, the second for tokens after (transformers, modeling_mpnet.py).
    """
    place = torch.arange(length, device=device)
    distance = place.unsqueeze(1) - place.unsqueeze(0)  # (length, length)
    half = buckets // 2
    exact = half // 2
    far = distance.abs()
    wide = torch.log(far.clamp(min=1).float() / exact) / math.log(farthest / exact) * (half - exact)
    wider = (exact + wide.long()).clamp(max=half - 1)
    return torch.where(far < exact, far, wider) + half * (distance < 0)


def _groups(runs: Sequence[Run], *tensors: Tensor) -> Iterator[tuple[int, int, list[Tensor]]]:
    """Each run as views (texts, heads, length, head_dim) of its slice of the packed tensors."""
    begin = 0
    for texts, length in runs:
        end = begin + texts * length
        yield texts, length, [t[begin:end].view(texts, length, *t.shape[1:]).transpose(1, 2) for t in tensors]
        begin = end
