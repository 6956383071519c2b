"""Texts as numbers: "feature-extraction" (a vector for each token) and "sentence-embedding" (one for each text)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import torch

from ..auto import AutoModel
from ..errors import ArchitectureError
from ..models.model import PreTrainedModel
from ..sentence import SentenceEncoder
from .model_pipeline import ModelPipeline
from .pipeline import Call, Pipeline, kind_of

__all__ = ["FeatureExtractionPipeline", "SentenceEmbeddingPipeline"]


class FeatureExtractionPipeline(ModelPipeline):
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

    @classmethod
    def check(cls, model: Any) -> Any:
        """The base model of a model."""
        if not isinstance(model, PreTrainedModel):
            raise ArchitectureError(f"feature-extraction needs a model, not {kind_of(model)}")
        return model.base_model.eval()

    def run(self, texts: list[Any], first_row: int, call: Call) -> list[Any]:
        """Hidden states for each text."""
        results: list[Any] = [None] * len(texts)
        for packed, hidden in self.passes(self.tokenize(texts, first_row, call), call):
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

    @classmethod
    def check(cls, model: Any) -> Any:
        """The encoder."""
        if not isinstance(model, SentenceEncoder):
            raise ArchitectureError(f"sentence-embedding needs a folder or a SentenceEncoder, not {kind_of(model)}")
        return model

    def save_pretrained(self, folder: str | os.PathLike[str], **options: Any) -> None:
        """As `SentenceEncoder.save_pretrained`."""
        self.model.save_pretrained(folder, **options)

    def run(self, texts: list[Any], first_row: int, call: Call) -> Any:
        """Vectors, (n, width)."""
        return self.model.encode(
            [(text["text"], text["text_pair"]) if isinstance(text, Mapping) else text for text in texts],
            batch_size=call.batch_size,
            too_long=call.too_long,
            show_progress=call.show_progress,
            **call.options,
        )
