"""Tasks: what the pipelines do with texts. Reading them in any form, steps of like length, results in order.

str        ──► list of one result (a label), or the result itself
list       ──► list of results, in order
iterator   ──► generator of results, as they come
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .auto import AutoModel, AutoModelForSequenceClassification
from .config import Config
from .errors import (
    ArchitectureError,
    InputTypeError,
    InputValueError,
    near_names,
    reject_unknown_arguments,
)
from .models.model import PreTrainedModel
from .models.packed import packs_of
from .models.text_heads import SequenceClassificationModel
from .models.weights import load
from .progress import progress
from .sentence import TOKENS_PER_STEP, TOO_LONG, SentenceEncoder, refuse_dropped

if TYPE_CHECKING:
    from .models.packed import Packed

__all__ = ["FeatureExtractionPipeline", "Pipeline", "SentenceEmbeddingPipeline", "TextClassificationPipeline"]

# Texts that are read ahead from an iterator at most, so that texts of like length can go through together. The
# first result comes after the first text, and the number doubles from there.
_READ_AHEAD = 256
_UNSET: Any = object()


class Pipeline:
    """What the pipelines share: reading texts in any form, in steps of like length, and results in order."""

    task: str
    options: tuple[str, ...] = ()

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model = self.check(model)
        self.tokenizer = tokenizer

    @classmethod
    def load(cls, name: str | os.PathLike[str], options: dict[str, Any]) -> Any:
        """The model in a folder or a repository."""
        raise NotImplementedError

    @staticmethod
    def check(model: Any) -> Any:
        """The model, if it is of the kind that the task needs."""
        raise NotImplementedError

    def run(self, texts: list[Any], first_row: int, call: _Call) -> list[Any]:
        """The results of texts; `first_row` is the number of the first one in the caller's input."""
        raise NotImplementedError

    def __call__(
        self,
        texts: Any,
        *,
        batch_size: int | None = None,
        too_long: str = "error",
        truncation: bool | None = None,
        show_progress: bool | None = None,
        **options: Any,
    ) -> Any:
        """Run texts through.

        Args:
            texts: one str, a list, or an iterator; a pair of texts is `{"text": …, "text_pair": …}`.
            batch_size: texts in a step at most; without it, steps are bounded by tokens alone.
            too_long: "error" refuses texts with more tokens than the model takes, "truncate" cuts them.
            truncation: the same in the words of a tokenizer: True is "truncate".
            show_progress: a progress bar for lists; None shows it on a terminal.
            options: what this task takes beside; see its class.

        Returns:
            A list for one str or a list, in order; a generator for an iterator, with results as they come.

        Raises:
            InputTypeError: an item is no text; names it.
            TooLongError: a text is too long; names its row and tokens.
            ArgumentError, InputValueError: an argument does not exist, or has an unknown value.
        """
        names = ("batch_size", "too_long", "truncation", "show_progress", *self.options)
        reject_unknown_arguments(f"pipeline({self.task!r})", (name for name in options if name not in names), names)
        if truncation is not None:
            too_long = "truncate" if truncation else "error"
        if too_long not in TOO_LONG:
            choices = " or ".join(repr(choice) for choice in TOO_LONG)
            raise InputValueError(f"too_long={too_long!r}{near_names(str(too_long), TOO_LONG)}; choose {choices}")
        if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
            raise InputValueError(f"batch_size must be a number of at least 1, not {batch_size!r}")
        call = _Call(batch_size, too_long, show_progress, options)
        if isinstance(texts, (str, Mapping)):
            return self.single(self.run([texts], 0, call)[0], call)
        if isinstance(texts, Iterator):
            return self._stream(texts, call)
        return self.run(_as_list(texts), 0, call)

    def single(self, result: Any, call: _Call) -> Any:
        """How the result of one str is returned."""
        return result

    def _stream(self, texts: Iterator[Any], call: _Call) -> Iterator[Any]:
        call = replace(call, show_progress=False)
        row, size = 0, call.batch_size or 1
        while chunk := list(islice(texts, size)):
            yield from self.run(chunk, row, call)
            row += len(chunk)
            size = call.batch_size or min(2 * size, _READ_AHEAD)


@dataclass(frozen=True)
class _Call:
    """The arguments of one call."""

    batch_size: int | None
    too_long: str
    show_progress: bool | None
    options: dict[str, Any]


class _ModelPipeline(Pipeline):
    """A pipeline whose results come from one pass of packed tokens through a model."""

    def passes(self, texts: list[Any], first_row: int, call: _Call) -> Iterator[tuple[Packed, Tensor]]:
        """Each pack of texts and the model's output for it."""
        firsts, seconds = _pairs(texts)
        limits = (self.tokenizer.model_max_length, self.model.base_model.limits.positions)
        limit = int(min(value for value in limits if value is not None))
        ragged = self.tokenizer.encode_ragged(firsts, seconds, truncation=True, max_length=limit)
        if call.too_long == "error":
            refuse_dropped(ragged, limit, first_row)
        with torch.inference_mode(), progress("Running", len(ragged), call.show_progress) as advance:
            for packed in packs_of(ragged, tokens=TOKENS_PER_STEP, texts=call.batch_size):
                yield packed, self.model.forward_packed(packed.to(self.model.device))
                advance(len(packed.lengths))


class TextClassificationPipeline(_ModelPipeline):
    """Labels with their probabilities: `[{"label": "POSITIVE", "score": 0.99}]`.

    Options of a call: `top_k`, the number of labels for each text, best first (None: all); a text's result is then a
    list. `function_to_apply`: "softmax", "sigmoid" or "none"; by default what fits the model's `problem_type`.
    """

    task = "text-classification"
    options = ("top_k", "function_to_apply")

    @classmethod
    def load(cls, name: str | os.PathLike[str], options: dict[str, Any]) -> PreTrainedModel:
        """The classifier in a folder or a repository; one without a trained head is refused."""
        config = Config.from_pretrained(name, revision=options["revision"])
        kind = AutoModelForSequenceClassification.class_for(config)
        model = load(kind, name, config=config, say=False, **options)
        missing = model.load_report.missing_head if model.load_report else ()
        heads = [name for name in missing if name.startswith(tuple(mount.name for mount in model.own_mounts()))]
        if heads:
            raise ArchitectureError(
                f"{os.fspath(name)} has no trained classifier ({', '.join(heads)} are missing), which {cls.task} "
                "needs: fine-tune the model first, or take another checkpoint"
            )
        return model

    @staticmethod
    def check(model: Any) -> Any:
        """The model, if it has a classifier over whole texts."""
        if not isinstance(model, SequenceClassificationModel):
            raise ArchitectureError(
                f"text-classification needs a model for sequence classification, not {_kind(model)}"
            )
        return model.eval()

    def run(self, texts: list[Any], first_row: int, call: _Call) -> list[Any]:
        """A dict for each text, or a list of dicts with `top_k`."""
        function = self._function(call.options.get("function_to_apply"))
        results: list[Any] = [None] * len(texts)
        top_k = call.options.get("top_k", _UNSET)
        if top_k is not _UNSET and top_k is not None and (not isinstance(top_k, int) or top_k < 1):
            raise InputValueError(f"top_k must be None or a number of at least 1, not {top_k!r}")
        for packed, logits in self.passes(texts, first_row, call):
            scores = function(logits.float()).tolist()  # (texts, labels)
            for row, values in zip(packed.order.tolist(), scores, strict=True):
                results[row] = self._labels(values, top_k)
        return results

    def single(self, result: Any, call: _Call) -> Any:
        """A list of one dict; with `top_k` the result is a list already."""
        return result if "top_k" in call.options else [result]

    def _labels(self, values: list[float], top_k: Any) -> Any:
        names = self.model.config.id2label
        best = sorted(range(len(values)), key=lambda label: -values[label])
        labels = [{"label": names.get(label, f"LABEL_{label}"), "score": values[label]} for label in best]
        return labels[0] if top_k is _UNSET else labels[:top_k]

    def _function(self, name: str | None) -> Callable[[Tensor], Tensor]:
        functions: dict[str, Callable[[Tensor], Tensor]] = {
            "softmax": lambda logits: logits.softmax(-1),
            "sigmoid": torch.sigmoid,
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


class FeatureExtractionPipeline(_ModelPipeline):
    """The last hidden states of each text as nested lists, (1, tokens, width).

    Options of a call: `return_tensors=True` gives tensors instead of lists.
    """

    task = "feature-extraction"
    options = ("return_tensors",)

    @classmethod
    def load(cls, name: str | os.PathLike[str], options: dict[str, Any]) -> PreTrainedModel:
        """The base model in a folder or a repository."""
        model: PreTrainedModel = AutoModel.from_pretrained(name, **options)
        return model

    @staticmethod
    def check(model: Any) -> Any:
        """The base model of a model."""
        if not isinstance(model, PreTrainedModel):
            raise ArchitectureError(f"feature-extraction needs a model, not {_kind(model)}")
        return model.base_model.eval()

    def run(self, texts: list[Any], first_row: int, call: _Call) -> list[Any]:
        """Hidden states for each text."""
        results: list[Any] = [None] * len(texts)
        for packed, hidden in self.passes(texts, first_row, call):
            parts = torch.split(hidden, list(packed.lengths))
            for row, part in zip(packed.order.tolist(), parts, strict=True):
                features = part.unsqueeze(0).cpu()  # (1, tokens, width)
                results[row] = features.clone() if call.options.get("return_tensors") else features.tolist()
        return results


class SentenceEmbeddingPipeline(Pipeline):
    """One vector for each text, as `SentenceEncoder.encode`: float32, (n, width) for a list, (width,) for one str.

    Options of a call: `normalize`, `prompt` and `prompt_name` of `SentenceEncoder.encode`.
    """

    task = "sentence-embedding"
    options = ("normalize", "prompt", "prompt_name")

    @classmethod
    def load(cls, name: str | os.PathLike[str], options: dict[str, Any]) -> SentenceEncoder:
        """The encoder in a folder or a repository."""
        return SentenceEncoder.from_pretrained(name, **options)

    @staticmethod
    def check(model: Any) -> Any:
        """The encoder."""
        if not isinstance(model, SentenceEncoder):
            raise ArchitectureError(f"sentence-embedding needs a folder or a SentenceEncoder, not {_kind(model)}")
        return model

    def run(self, texts: list[Any], first_row: int, call: _Call) -> Any:
        """Vectors, (n, width)."""
        return self.model.encode(
            [(text["text"], text["text_pair"]) if isinstance(text, Mapping) else text for text in texts],
            batch_size=call.batch_size,
            too_long=call.too_long,
            show_progress=call.show_progress,
            **call.options,
        )


def _as_list(texts: Any) -> list[Any]:
    if hasattr(texts, "tolist"):  # numpy arrays, columns of tables
        texts = texts.tolist()
    if isinstance(texts, (bytes, bytearray)) or not isinstance(texts, Iterable):
        raise InputTypeError(f"texts must be a str, a list of str or an iterator, not {_kind(texts)}")
    return list(texts)


def _pairs(texts: list[Any]) -> tuple[list[Any], list[Any] | None]:
    """First and second texts of `{"text": …, "text_pair": …}` items; plain texts have no second."""
    if not any(isinstance(text, Mapping) for text in texts):
        return texts, None
    for row, text in enumerate(texts):
        if not isinstance(text, Mapping) or not {"text"} <= set(text) <= {"text", "text_pair"}:
            raise InputTypeError(f'item {row} must be {{"text": …, "text_pair": …}}, as the others are, not {text!r}')
    if not any("text_pair" in text for text in texts):
        return [text["text"] for text in texts], None
    return [text["text"] for text in texts], [text.get("text_pair") for text in texts]


def _kind(value: Any) -> str:
    return "None" if value is None else type(value).__name__
