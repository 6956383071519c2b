"""Choosing the next token from its scores: the most probable one, or one drawn from the shaped distribution."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .settings import GenerationConfig

__all__ = ["Chooser", "shape"]


def shape(scores: Tensor, settings: GenerationConfig) -> Tensor:
    """Scores to draw from: temperature, then the `top_k` best, then the nucleus `top_p`, then those above `min_p`.

    What is cut off becomes -inf. Nucleus: Holtzman et al., 2019, arXiv:1904.09751; min_p: Nguyen et al., 2024,
    arXiv:2407.01082.
    """
    low = -torch.inf
    if settings.temperature != 1.0:
        scores = scores / settings.temperature
    if 0 < settings.top_k < scores.shape[-1]:
        scores = scores.masked_fill(scores < scores.topk(settings.top_k).values[..., -1:], low)
    if settings.top_p < 1.0:
        ordered, places = scores.sort(descending=False)
        cut = ordered.softmax(-1).cumsum(-1) <= 1 - settings.top_p
        cut[..., -1:] = False  # the best one stays
        scores = scores.masked_fill(cut.scatter(-1, places, cut), low)
    if settings.min_p:
        probabilities = scores.softmax(-1)
        scores = scores.masked_fill(probabilities < settings.min_p * probabilities.amax(-1, keepdim=True), low)
    return scores


class Chooser:
    """Chooses an id for each text.

    Args:
        settings: of the generation.
        seed: with one, each text draws from numbers of its own, so that its companions do not matter; without, all
            draw from torch's generator.
        rows: how many texts there are.
        device: where the scores are.
    """

    def __init__(self, settings: GenerationConfig, seed: int | None, rows: int, device: torch.device) -> None:
        self.settings = settings
        self.generators: list[torch.Generator] | None = None
        if seed is not None and settings.do_sample:
            self.generators = [torch.Generator(device).manual_seed(seed + row) for row in range(rows)]

    def choose(self, scores: Tensor, rows: Sequence[int]) -> Tensor:
        """The next ids, (texts,), from scores (texts, vocabulary); `rows` are the numbers of the texts."""
        if not self.settings.do_sample:
            return scores.argmax(-1)
        probabilities = shape(scores, self.settings).softmax(-1)
        if self.generators is None:
            return torch.multinomial(probabilities, 1).squeeze(1)
        drawn = [
            torch.multinomial(of_text, 1, generator=self.generators[row])
            for of_text, row in zip(probabilities, rows, strict=True)
        ]
        return torch.cat(drawn)
