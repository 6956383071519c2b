"""Words for masked places: "fill-mask"."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..auto import AutoModelForMaskedLM
from ..errors import InputTypeError, InputValueError, near_names
from ..models.packed import Packed
from ..models.token_heads import MaskedLMModel
from .model_pipeline import HeadPipeline
from .pipeline import Call, check_top_k

__all__ = ["FillMaskPipeline"]


class FillMaskPipeline(HeadPipeline):
    """The likeliest words for each mask of a text, best first.

    A text with one mask gives a list of `{"score", "token", "token_str", "sequence"}`; with several, a list of these.

    Options of a call: `top_k`, how many words (5); `targets`, the only words to choose from: tokens of the vocabulary.
    """

    task = "fill-mask"
    options = ("top_k", "targets")
    auto = AutoModelForMaskedLM
    model_kind = MaskedLMModel

    def run(self, texts: list[Any], first_row: int, call: Call) -> list[Any]:
        """The words for each text.

        Raises:
            InputValueError: a text without mask, or a target that is no token.
        """
        top_k = call.options.get("top_k", 5)
        check_top_k(top_k)
        targets = self._targets(call.options.get("targets"))
        mask = self.tokenizer.mask_token_id
        if mask is None:
            raise InputValueError("fill-mask: the tokenizer has no mask_token")
        ragged = self.tokenize(texts, first_row, call)
        rows = [row.tolist() for row in ragged]
        for number, row in enumerate(rows):
            if mask not in row:
                raise InputValueError(f"row {first_row + number} has no {self.tokenizer.mask_token}")
        results: list[Any] = [None] * len(texts)
        for packed, logits in self.passes(ragged, call):  # (masks, vocabulary)
            probabilities = logits.float().softmax(-1)
            if targets is not None:
                probabilities = probabilities[:, targets]
            scores, best = probabilities.topk(min(top_k or probabilities.shape[1], probabilities.shape[1]))
            ids = best if targets is None else targets.to(best.device)[best]
            found = iter(zip(scores.tolist(), ids.tolist(), strict=True))
            for number in packed.order.tolist():
                places = [place for place, token in enumerate(rows[number]) if token == mask]
                filled = [self._fill(rows[number], place, *next(found), len(places) == 1) for place in places]
                results[number] = filled[0] if len(filled) == 1 else filled
        return results

    def forward(self, packed: Packed) -> Tensor:
        """Logits of the masked tokens alone, (masks, vocabulary): the vocabulary is wide, and the masks are few."""
        masks = (packed.ids == self.tokenizer.mask_token_id).nonzero().flatten()
        logits: Tensor = self.model.forward_packed(packed, tokens=masks)
        return logits

    def _fill(
        self, row: list[int], place: int, scores: list[float], ids: list[int], single: bool
    ) -> list[dict[str, Any]]:
        return [
            {
                "score": score,
                "token": token,
                "token_str": self.tokenizer.decode([token]),
                "sequence": self.tokenizer.decode([*row[:place], token, *row[place + 1 :]], skip_special_tokens=single),
            }
            for score, token in zip(scores, ids, strict=True)
        ]

    def _targets(self, targets: Any) -> Tensor | None:
        if targets is None:
            return None
        words = [targets] if isinstance(targets, str) else list(targets)
        ids = []
        for word in words:
            if not isinstance(word, str):
                raise InputTypeError(f"targets must be words of the vocabulary, not {word!r}")
            number = self.tokenizer.get_vocab().get(word)
            if number is None:
                pieces = " ".join(self.tokenizer.tokenize(word))
                hint = near_names(word, self.tokenizer.get_vocab()) or f"; it is {pieces} there"
                raise InputValueError(f"targets: {word!r} is no token of the vocabulary{hint}")
            ids.append(number)
        if not ids:
            raise InputValueError("targets is empty; leave it out to choose from all tokens")
        return torch.tensor(sorted(set(ids)), device=self.model.device)
