"""Rules: what changes the scores of the next token before it is chosen: repetitions, lengths, forced ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from .settings import GenerationConfig

__all__ = ["Rules"]


class Rules:
    """The rules of a generation, for texts side by side. Texts are in the order of the scores.

    Args:
        settings: of the generation.
        texts: the ids that each text begins with.
        vocabulary: how many ids there are.
        most: tokens that may be written.
    """

    def __init__(self, settings: GenerationConfig, texts: Sequence[Tensor], vocabulary: int, most: int) -> None:
        self.settings = settings
        self.most = most
        self.written = 0
        self.lengths = [len(ids) for ids in texts]  # of what each text begins with
        self.penalty = float(settings.repetition_penalty)
        self.present: Tensor | None = None
        if self.penalty != 1.0:
            self.present = torch.zeros(len(texts), vocabulary, dtype=torch.bool, device=texts[0].device)
            for row, ids in enumerate(texts):
                self.present[row, ids] = True
        self.gram = int(settings.no_repeat_ngram_size or 0)
        self.ids: list[list[int]] = [ids.tolist() for ids in texts] if self.gram else []

    def apply(self, scores: Tensor) -> Tensor:
        """Scores (texts, vocabulary) of the next ids as the rules want them."""
        if self.present is not None:  # Keskar et al., 2019, arXiv:1909.05858
            lower = torch.where(scores < 0, scores * self.penalty, scores / self.penalty)
            scores = torch.where(self.present, lower, scores)
        settings = self.settings
        banned = [self._banned(row) for row in range(len(scores))]
        if any(banned):
            scores = scores.clone()
            for row, ids in enumerate(banned):
                scores[row, ids] = -torch.inf
        if settings.forced_bos_token_id is not None and self.written == 0:
            first = [row for row, length in enumerate(self.lengths) if length == 1]
            scores = _only(scores, first, settings.forced_bos_token_id)
        if settings.forced_eos_token_id is not None and self.written == self.most - 1:
            scores = _only(scores, range(len(scores)), settings.forced_eos_token_id)
        return scores

    def _banned(self, row: int) -> list[int]:
        """The ids that may not follow in a text."""
        settings = self.settings
        banned: list[int] = []
        if self.gram:
            ids = self.ids[row]
            end = ids[len(ids) - self.gram + 1 :] if self.gram > 1 else []
            if len(ids) >= self.gram:
                spots = range(len(ids) - self.gram + 1)
                banned += [ids[i + self.gram - 1] for i in spots if ids[i : i + self.gram - 1] == end]
        too_short = self.written < (settings.min_new_tokens or 0)
        if too_short or self.lengths[row] + self.written < (settings.min_length or 0):
            banned += settings.ends
        return banned

    def add(self, ids: Tensor) -> None:
        """One more id of each text."""
        self.written += 1
        if self.present is not None:
            self.present.scatter_(1, ids.unsqueeze(1), True)
        if self.gram:
            for row, token in zip(self.ids, ids.tolist(), strict=True):
                row.append(token)

    def keep(self, texts: Tensor) -> None:
        """Go on with these texts, some of them perhaps several times."""
        rows = texts.tolist()
        self.lengths = [self.lengths[row] for row in rows]
        if self.present is not None:
            self.present = self.present[texts]
        if self.gram:
            self.ids = [list(self.ids[row]) for row in rows]


def _only(scores: Tensor, rows: Iterable[int], token: int) -> Tensor:
    """Scores that leave nothing but one id in these rows."""
    scores = scores.clone()
    for row in rows:
        scores[row] = -torch.inf
        scores[row, token] = 0.0
    return scores
