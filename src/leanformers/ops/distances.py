"""Distances: what attention adds to its scores for how far two tokens stand apart, from vectors for these distances.

He et al., 2020, https://arxiv.org/abs/2006.03654; reference: transformers, models/deberta_v2/modeling_deberta_v2.py.

A row of scores needs a product with the vector of each distance that occurs in its text, 2 · length - 1 of them. In the
order of the distances they already stand as attention wants them: each row is the one above, moved by one column. So
the scores are a view into the products, and nothing has to be gathered:

            distance   2  1  0 -1 -2
    token 0                [0 -1 -2]
    token 1             [1  0 -1]            row i of the view begins at column length - 1 - i
    token 2          [2  1  0]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ..models.wiring import Encoder
from .attention import REGISTER, Run
from .context import Context

__all__ = ["distance_classes", "distance_scores", "with_distances"]

# Numbers in the products of a group at most, unless a single text has more: they should stay in the cache.
_GROUP = 1 << 21


def distance_classes(length: int, classes: int, farthest: int | None, device: torch.device) -> Tensor:
    """The row in a table of 2 · `classes` vectors for each distance in a text, from length - 1 down to 1 - length.

    Args:
        length: tokens of the text.
        classes, farthest: as in `wiring.RelativeVectors`.
        device: of the result.

    Returns:
        (2 · length - 1,) int64
    """
    distance = torch.arange(length - 1, -length, -1, device=device)
    if farthest is not None:
        exact = classes // 2  # of one way
        far = distance.abs().clamp(min=max(exact - 1, 0))
        share = torch.log(far / exact) / torch.log(torch.tensor((farthest - 1) / exact))
        wider = (torch.ceil(share * (exact - 1)) + exact) * distance.sign()
        distance = torch.where(far <= exact, distance.to(wider.dtype), wider).long()
    return (distance + classes).clamp(0, 2 * classes - 1)


def with_distances(context: Context, wiring: Encoder, vectors: Tensor) -> Context:
    """The context of a pack with the vectors of the model's distances, and the rows of those in each text.

    Args:
        context: of the pack. Its long runs are cut, so that their scores are of moderate size.
        wiring: of a model with relative vectors.
        vectors: of all classes, (2 · classes, width).
    """
    described = wiring.relative_vectors
    assert described is not None
    runs = _shorter(context.runs, wiring.blocks[0].attention.heads if wiring.blocks else 1)
    rows = {
        length: distance_classes(length, described.classes, described.farthest, vectors.device)
        for length in {length for _, length in runs}
    }
    return replace(context, runs=runs, vectors=vectors, distances=rows)


def _shorter(runs: Sequence[Run], heads: int) -> list[Run]:
    shorter: list[Run] = []
    for texts, length in runs:
        step = max(1, _GROUP // max(1, 2 * heads * length * length))
        shorter.extend((min(step, texts - begin), length) for begin in range(0, texts, step))
    return shorter


def distance_scores(
    query: Tensor, key: Tensor, position_key: Tensor | None, position_query: Tensor | None, rows: Tensor
) -> Tensor:
    """What is added to the scores of texts of one length: query · position_key + position_query · key.

    Args:
        query: (texts, heads, length, head_dim). Any strides.
        key: the same.
        position_key: (rows of the table, heads, head_dim), scaled as the scores are; None for nothing.
        position_query: the same.
        rows: of the table, for each distance, as from `distance_classes`.

    Returns:
        (texts, heads, length, length). Bitwise the same for a text, whatever others there are.
    """
    texts, heads, length, _ = query.shape
    scores = query.new_zeros(()).expand(texts, heads, length, length)
    if position_key is not None:
        scores = _products(query, position_key[rows])
    if position_query is not None:
        # Seen from the key, distances run the other way.
        of_keys = _products(key, position_query[rows.flip(0)]).transpose(-1, -2)
        scores = of_keys if position_key is None else scores + of_keys
    return scores


def _products(x: Tensor, vectors: Tensor) -> Tensor:
    """x_i · vectors[length - 1 - i + j] for tokens i and j: (texts, heads, length, length).

    As in `ops/attention.py`, matrices that fill whole vector registers, and two at least, keep the bits of a text
    apart from its batch. An odd number of registers keeps a column's numbers apart in the cache.
    """
    texts, heads, length, head_dim = x.shape
    count = math.ceil((2 * length - 1) / REGISTER) | 1
    gap = -head_dim % REGISTER
    table = F.pad(vectors.permute(1, 2, 0), (0, count * REGISTER - vectors.shape[0], 0, gap)).contiguous()
    matrices = F.pad(x, (0, gap)).contiguous().flatten(0, 1)  # (texts · heads, length, head_dim)
    tables = table.expand(texts, -1, -1, -1).flatten(0, 1)  # (texts · heads, head_dim, distances)
    if texts * heads == 1:
        matrices, tables = matrices.expand(2, -1, -1), tables.expand(2, -1, -1)
    products = torch.bmm(matrices, tables)[: texts * heads].view(texts, heads, -1)
    width = count * REGISTER - 1  # a row of the view begins one column before that of the row above
    shifted = products[..., length - 1 : length - 1 + length * width]
    return shifted.view(texts, heads, length, width)[..., :length]
