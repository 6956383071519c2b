"""Labels that a classifier was never trained for: "zero-shot-classification", by asking whether a text entails them."""

from __future__ import annotations

from typing import Any

from ..auto import AutoModelForSequenceClassification
from ..errors import ArchitectureError, InputTypeError, InputValueError
from ..long_text import POLICIES
from ..models.text_heads import SequenceClassificationModel
from .model_pipeline import HeadPipeline
from .pipeline import Call

__all__ = ["ZeroShotClassificationPipeline"]


class ZeroShotClassificationPipeline(HeadPipeline):
    """How well each of several labels fits a text, best first: `{"sequence", "labels", "scores"}`.

    The model must be trained for natural language inference, with a label such as "entailment": it says whether "This
    example is about politics." follows from the text (Yin et al., 2019, https://arxiv.org/abs/1909.00161).

    Of a text that is read in windows, the logits are averaged as in text-classification.

    Options of a call: `candidate_labels`, a list, or a str with commas; `hypothesis_template`, a sentence with `{}` for
    the label; `multi_label`: True scores each label by itself, False shares 1 among them.
    """

    task = "zero-shot-classification"
    policies = POLICIES
    options = ("candidate_labels", "hypothesis_template", "multi_label")
    auto = AutoModelForSequenceClassification
    model_kind = SequenceClassificationModel

    @property
    def entailment(self) -> int:
        """The number of the label that says that a text entails another."""
        labels: dict[int, str] = self.model.config.id2label
        for number, name in labels.items():
            if name.lower().startswith("entail"):
                return number
        listed = ", ".join(map(repr, labels.values()))
        raise ArchitectureError(
            f"{self.task} needs a model for natural language inference, with a label 'entailment'; "
            f"this one has {listed}"
        )

    def __call__(self, texts: Any, candidate_labels: Any = None, **options: Any) -> Any:
        """Score the labels for each text; see the class.

        Raises:
            InputValueError: no labels, or a template without `{}`.
            ArchitectureError: the model is not for natural language inference.
        """
        return super().__call__(texts, candidate_labels=candidate_labels, **options)

    def run(self, texts: list[Any], first_row: int, call: Call) -> list[dict[str, Any]]:
        """The labels of each text with their scores."""
        labels = _read_labels(call.options.get("candidate_labels"))
        template = call.options.get("hypothesis_template", "This example is {}.")
        if not isinstance(template, str) or template.format("x") == template:
            raise InputValueError(f"hypothesis_template={template!r} must be a text with {{}} where the label goes")
        entailment = self.entailment
        hypotheses = [template.format(label) for label in labels]
        pairs = [{"text": text, "text_pair": hypothesis} for text in texts for hypothesis in hypotheses]
        windows = self.read(pairs, first_row, call, rows_of_text=len(hypotheses))
        logits = windows.mean(self.text_values(windows, call, self.model.config.num_labels))
        grouped = logits.view(len(texts), len(labels), self.model.config.num_labels)
        if call.options.get("multi_label", False) or len(labels) == 1:
            contradiction = -1 if entailment == 0 else 0
            scores = grouped[..., [contradiction, entailment]].softmax(-1)[..., 1]  # (texts, labels)
        else:
            scores = grouped[..., entailment].softmax(-1)
        results = []
        for text, values in zip(texts, scores.tolist(), strict=True):
            order = sorted(range(len(labels)), key=lambda label: -values[label])
            best = {"labels": [labels[i] for i in order], "scores": [values[i] for i in order]}
            results.append({"sequence": text, **best})
        return results


def _read_labels(given: Any) -> list[str]:
    if given is None:
        raise InputValueError("candidate_labels is missing: the labels to choose from, such as ['sport', 'politics']")
    labels = [label.strip() for label in given.split(",")] if isinstance(given, str) else list(given)
    for label in labels:
        if not isinstance(label, str):
            raise InputTypeError(f"candidate_labels must be texts, not {label!r}")
    labels = [label for label in labels if label]
    if not labels:
        raise InputValueError("candidate_labels is empty")
    return labels
