"""Words for masked places: "fill-mask"."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..auto import AutoModelForMaskedLM
from ..errors import InputTypeError, InputValueError, near_names
from ..long_text import POLICIES
from ..models.packed import Packed
from ..models.token_heads import MaskedLMModel
from .model_pipeline import HeadPipeline
from .pipeline import Call, check_top_k

__all__ = ["FillMaskPipeline"]


class FillMaskPipeline(HeadPipeline):
    """The likeliest words for each mask of a text, best first.

    A text with one mask gives a list of `{"score", "token", "token_str", "sequence"}`; with several, a list of these.

    In a text that is read in windows, a mask is filled from the window in which it has the most context.

    Options of a call: `top_k`, how many words (5); `targets`, the only words to choose from: tokens of the vocabulary.
    """

    task = "fill-mask"
    policies = POLICIES
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
        windows = self.read(texts, first_row, call)
        rows = [windows.whole(text).ids.tolist() for text in range(len(texts))]
        for number, row in enumerate(rows):
            if mask not in row:
                raise InputValueError(f"row {first_row + number} has no {self.tokenizer.mask_token}")
        # For each window its masks' best tokens with their scores; of those outside its own part, another one has them.
        found: list[list[tuple[list[float], list[int]]]] = [[] for _ in windows.ragged]
        for packed, logits in self.passes(windows.ragged, call):  # (masks, vocabulary)
            probabilities = logits.float().softmax(-1)
            if targets is not None:
                probabilities = probabilities[:, targets]
            scores, best = probabilities.topk(min(top_k or probabilities.shape[1], probabilities.shape[1]))
            ids = best if targets is None else targets.to(best.device)[best]
            answers = iter(zip(scores.tolist(), ids.tolist(), strict=True))
            for row in packed.order.tolist():
                own = windows.own(row)
                masks = [place for place, token in enumerate(windows.ragged[row].tolist()) if token == mask]
                given = [next(answers) for _ in masks]
                inside = zip(masks, given, strict=True)
                found[row] = [answer for place, answer in inside if own.start <= place < own.stop]
        results: list[Any] = []
        for number, row in enumerate(rows):
            places = [place for place, token in enumerate(row) if token == mask]
            words = [answer for window in windows.rows[number] for answer in found[window]]
            filled = [
                self._fill(row, place, *answer, len(places) == 1) for place, answer in zip(places, words, strict=True)
            ]
            results.append(filled[0] if len(filled) == 1 else filled)
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
