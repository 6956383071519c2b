"""Labels of tokens, put together to names and the like: "token-classification", also called "ner"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from ..auto import AutoModelForTokenClassification
from ..errors import InputTypeError, InputValueError, near_names
from ..long_text import POLICIES, Windows
from ..models.token_heads import TokenClassificationModel
from .model_pipeline import HeadPipeline
from .pipeline import Call

__all__ = ["TokenClassificationPipeline"]

STRATEGIES = ("none", "simple", "first", "average", "max")
Entity = dict[str, Any]


class TokenClassificationPipeline(HeadPipeline):
    """The labelled tokens of each text, or the groups that they form.

    With `aggregation_strategy="none"` a token gives `{"entity", "score", "index", "word", "start", "end"}`. Otherwise
    neighbours with the same label give `{"entity_group", "score", "word", "start", "end"}`, where a label `B-…` begins
    a new group: "simple" takes the tokens as they are, the others first agree on one label for the tokens of a word:
    that of its "first" token, of the "average" of their probabilities, or of the token with the "max" probability.

    Of a text that is read in windows, a token's label is from the window in which it has the most context, and tokens
    are put together after that: an entity may stand across the border of two windows.

    Options of a call: `aggregation_strategy`, "none" by default; `ignore_labels`, those to leave out, ["O"] by default.
    """

    task = "token-classification"
    policies = POLICIES
    options = ("aggregation_strategy", "ignore_labels")
    auto = AutoModelForTokenClassification
    model_kind = TokenClassificationModel

    def run(self, texts: list[Any], first_row: int, call: Call) -> list[list[Entity]]:
        """The entities of each text, in order.

        Raises:
            InputValueError: an unknown strategy.
        """
        strategy = call.options.get("aggregation_strategy", "none")
        if strategy not in STRATEGIES:
            listed = ", ".join(map(repr, STRATEGIES))
            hint = near_names(str(strategy), STRATEGIES)
            raise InputValueError(f"aggregation_strategy={strategy!r}{hint}; choose one of {listed}")
        ignored = set(call.options.get("ignore_labels", ["O"]))
        for number, text in enumerate(texts):
            if isinstance(text, Mapping):
                raise InputTypeError(f"item {first_row + number} must be a str, not a pair of texts")
        windows = self.read(texts, first_row, call, spans=True)
        values = self.token_values(windows, call)
        name = "entity" if strategy == "none" else "entity_group"
        results = []
        for number, text in enumerate(texts):
            probabilities = windows.join(values, number).float().softmax(-1)  # (tokens, labels)
            entities = self._aggregate(self._tokens(text, windows, number, probabilities), strategy)
            results.append([entity for entity in entities if entity[name] not in ignored])
        return results

    def _tokens(self, text: str, windows: Windows, number: int, probabilities: Tensor) -> list[Entity]:
        """The tokens of a text without special ones, with what is needed to put them together."""
        row = windows.whole(number)
        assert row.spans is not None
        assert row.sequence_ids is not None
        prefix = self.tokenizer._spec.model.fields.get("continuing_subword_prefix")
        tokens = []
        for index, (number, span, sequence) in enumerate(zip(row.ids, row.spans, row.sequence_ids, strict=True)):
            if sequence < 0:
                continue
            start, end = (int(place) for place in span)
            word, source = self.tokenizer.convert_ids_to_tokens(int(number)), text[start:end]
            # Without a prefix inside words, only a space tells where a word begins.
            inside = len(word) != len(source) if prefix else start > 0 and " " not in text[start - 1 : start + 1]
            if number == self.tokenizer.unk_token_id:
                word, inside = source, False
            tokens.append(
                {"scores": probabilities[index], "index": index, "word": word, "start": start, "end": end,
                 "inside": inside}
            )  # fmt: skip
        return tokens

    def _aggregate(self, tokens: list[Entity], strategy: str) -> list[Entity]:
        if strategy in ("none", "simple"):
            keys = ("index", "word", "start", "end")
            entities = [{**self._label(token["scores"]), **{key: token[key] for key in keys}} for token in tokens]
            return entities if strategy == "none" else self._groups(entities)
        words: list[list[Entity]] = []
        for token in tokens:
            if words and token["inside"]:
                words[-1].append(token)
            else:
                words.append([token])
        return self._groups([self._word(word, strategy) for word in words])

    def _word(self, tokens: list[Entity], strategy: str) -> Entity:
        scores = torch.stack([token["scores"] for token in tokens])  # (tokens, labels)
        if strategy == "first":
            chosen = scores[0]
        elif strategy == "max":
            chosen = scores[scores.amax(1).argmax()]
        else:
            chosen = scores.mean(0)
        return {**self._label(chosen), **self._span(tokens)}

    def _groups(self, entities: Iterable[Entity]) -> list[Entity]:
        """Neighbours with the same label, where none begins anew."""
        groups: list[list[Entity]] = []
        for entity in entities:
            kind, tag = _tag(entity["entity"])
            if groups and kind != "B" and _tag(groups[-1][-1]["entity"])[1] == tag:
                groups[-1].append(entity)
            else:
                groups.append([entity])
        return [
            {
                "entity_group": group[0]["entity"].split("-", 1)[-1],
                "score": sum(entity["score"] for entity in group) / len(group),
                **self._span(group),
            }
            for group in groups
        ]

    def _label(self, scores: Tensor) -> Entity:
        best = int(scores.argmax())
        return {"entity": self.model.config.id2label.get(best, f"LABEL_{best}"), "score": float(scores[best])}

    def _span(self, tokens: list[Entity]) -> Entity:
        word = self.tokenizer.convert_tokens_to_string([token["word"] for token in tokens])
        return {"word": word, "start": tokens[0]["start"], "end": tokens[-1]["end"]}


def _tag(label: str) -> tuple[str, str]:
    """("B" or "I", the rest) of a label; one without either goes on as "I"."""
    return (label[0], label[2:]) if label.startswith(("B-", "I-")) else ("I", label)
