"""Writer: a model that has read prompts and goes on token by token. Prompts are read packed; nothing is padded.

beginnings (a pack) ──► scores of the next token ──► choose ──► step(ids) ──► scores of the one after …
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..cache import Cache
from ..packed import Packed

if TYPE_CHECKING:
    from ..heads import HeadModel

__all__ = ["Writer"]


class Writer:
    """A model, and the keys and values of what it has read and written.

    Args:
        model: with a head over the vocabulary.
        beginnings: of the texts: prompts, or the first token of a decoder; checked, on the model's device.
        cache: empty, for the model's blocks.
        source: for a decoder that reads sources, their hidden states, (source tokens, width).

    Attributes:
        texts: the ids of each beginning, in the order of the pack.
        scores: of the next ids, (texts, vocabulary), in the same order.
    """

    def __init__(self, model: HeadModel, beginnings: Packed, cache: Cache, source: Tensor | None = None) -> None:
        self.model = model
        self.cache = cache
        self.texts = torch.split(beginnings.ids, list(beginnings.lengths))
        self.scores = self._read(beginnings, source)

    def step(self, ids: Tensor) -> None:
        """Read the token that was chosen for each text, (texts,)."""
        device = self.model.device
        texts = len(ids)
        lengths = torch.tensor(self.cache.lengths, device=device)
        places = torch.arange(texts + 1, device=device)
        packed = Packed(ids.to(device), lengths, None, places, (1,) * texts, places[:-1])
        self.scores = self._read(packed)

    def keep(self, texts: Tensor) -> None:
        """Go on with these texts: some left out, or some several times, each beside its like."""
        if torch.equal(texts, torch.arange(len(self.scores), device=texts.device)):
            return
        self.cache.keep(texts)
        self.scores = self.scores[texts]

    def _read(self, packed: Packed, source: Tensor | None = None) -> Tensor:
        result = self.model.base_model.go_on(packed, self.cache, source)
        return self.model.on_top(packed, result, packed.cu_seqlens[1:] - 1).float()
