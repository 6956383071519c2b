"""Texts as numbers: "feature-extraction" (a vector for each token) and "sentence-embedding" (one for each text)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..auto import AutoModel
from ..errors import ArchitectureError
from ..long_text import POLICIES
from ..models.model import PreTrainedModel
from ..sentence import SentenceEncoder
from .model_pipeline import ModelPipeline
from .pipeline import Call, Pipeline, kind_of

__all__ = ["FeatureExtractionPipeline", "SentenceEmbeddingPipeline"]


class FeatureExtractionPipeline(ModelPipeline):
    """The last hidden states of each text as nested lists, (1, tokens, width).

    A token of a text that is read in windows comes from the window in which it has the most context; special tokens
    stand only at the text's ends.

    Options of a call: `return_tensors=True` gives tensors instead of lists.
    """

    task = "feature-extraction"
    policies = POLICIES
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
        windows = self.read(texts, first_row, call)
        values: list[Any] = self.token_values(windows, call)
        results = []
        for number in range(len(texts)):
            features = windows.join(values, number).unsqueeze(0)  # (1, tokens, width)
            results.append(features if call.options.get("return_tensors") else features.tolist())
            for row in windows.rows[number]:
                values[row] = None  # lists of numbers need several times their memory
        return results


class SentenceEmbeddingPipeline(Pipeline):
    """One vector for each text, as `SentenceEncoder.encode`: float32, (n, width) for a list, (width,) for one str.

    Options of a call: `normalize`, `prompt` and `prompt_name` of `SentenceEncoder.encode`.
    """

    task = "sentence-embedding"
    policies = POLICIES
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
        pairs = [(text["text"], text["text_pair"]) if isinstance(text, Mapping) else text for text in texts]
        vectors, dropped = self.model.encode_rows(
            pairs,
            first_row,
            call.long_text,
            batch_size=call.batch_size,
            show_progress=call.show_progress,
            **call.options,
        )
        call.dropped.update(enumerate(dropped, first_row))
        return vectors
