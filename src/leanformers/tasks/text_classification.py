"""Texts and their labels: "text-classification", also called "sentiment-analysis"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..auto import AutoModelForSequenceClassification
from ..errors import InputValueError, near_names
from ..long_text import POLICIES
from ..models.text_heads import SequenceClassificationModel
from ..ops.activation import apply_evenly
from .model_pipeline import HeadPipeline
from .pipeline import UNSET, Call, check_top_k

__all__ = ["TextClassificationPipeline"]


class TextClassificationPipeline(HeadPipeline):
    """Labels with their probabilities: `[{"label": "POSITIVE", "score": 0.99}]`.

    Of a text that is read in windows, the logits are averaged, each window weighted by its own tokens: every token
    counts once, and labels are compared as the model does it.

    Options of a call: `top_k`, the number of labels for each text, best first (None: all); a text's result is then a
    list. `function_to_apply`: "softmax", "sigmoid" or "none"; by default what fits the model's `problem_type`.
    """

    task = "text-classification"
    policies = POLICIES
    options = ("top_k", "function_to_apply")
    auto = AutoModelForSequenceClassification
    model_kind = SequenceClassificationModel

    def run(self, texts: list[Any], first_row: int, call: Call) -> list[Any]:
        """A dict for each text, or a list of dicts with `top_k`."""
        function = self._function(call.options.get("function_to_apply"))
        top_k = call.options.get("top_k", UNSET)
        if top_k is not UNSET:
            check_top_k(top_k)
        windows = self.read(texts, first_row, call)
        logits = windows.mean(self.text_values(windows, call, self.model.config.num_labels))
        return [self._labels(values, top_k) for values in function(logits).tolist()]

    def single(self, result: Any, call: Call) -> Any:
        """A list of one dict; with `top_k` the result is a list already."""
        return result if "top_k" in call.options else [result]

    def _labels(self, values: list[float], top_k: Any) -> Any:
        names = self.model.config.id2label
        best = sorted(range(len(values)), key=lambda label: -values[label])
        labels = [{"label": names.get(label, f"LABEL_{label}"), "score": values[label]} for label in best]
        return labels[0] if top_k is UNSET else labels[:top_k]

    def _function(self, name: str | None) -> Callable[[Tensor], Tensor]:
        functions: dict[str, Callable[[Tensor], Tensor]] = {
            "softmax": lambda logits: logits.softmax(-1),
            "sigmoid": lambda logits: apply_evenly(torch.sigmoid, logits),
            "none": lambda logits: logits,
        }
        if name is None:
            config = self.model.config
            if config.problem_type == "regression":
                name = "none"
            elif config.problem_type == "multi_label_classification" or config.num_labels == 1:
                name = "sigmoid"
            else:
                name = "softmax"
        if name not in functions:
            choices = ", ".join(repr(known) for known in functions)
            raise InputValueError(f"function_to_apply={name!r}{near_names(str(name), functions)}; choose {choices}")
        return functions[name]
