"""Documents in the order in which they answer a query: "rerank", with a cross-encoder."""

from __future__ import annotations

from typing import Any

import torch

from ..auto import AutoModelForSequenceClassification
from ..errors import ArchitectureError, InputTypeError
from ..long_text import POLICIES
from ..models.text_heads import SequenceClassificationModel
from ..ops.activation import apply_evenly
from .model_pipeline import HeadPipeline
from .pipeline import Call, as_list, check_top_k

__all__ = ["RerankPipeline"]


class RerankPipeline(HeadPipeline):
    """`rerank(query, documents)`: the documents, best first, as `{"corpus_id", "score", "text"}`.

    The model reads query and document together and gives one number; a score is its sigmoid, as in
    sentence-transformers' CrossEncoder, or the number itself with `raw=True`. A document that is read in windows has
    the score of its best one (MaxP: Dai and Callan, 2019, https://arxiv.org/abs/1905.09217).

    Options of a call: `top_k`, how many of the best (None: all); `raw`.
    """

    task = "rerank"
    policies = POLICIES
    options = ("top_k", "raw")
    auto = AutoModelForSequenceClassification
    model_kind = SequenceClassificationModel

    @classmethod
    def check(cls, model: Any) -> Any:
        """The model, if it gives one number."""
        model = super().check(model)
        if model.config.num_labels != 1:
            raise ArchitectureError(f"rerank needs a model with one label, not {model.config.num_labels}")
        return model

    def __call__(self, texts: Any, documents: Any = None, **options: Any) -> Any:
        """Order the documents by how well they answer the query `texts`; see the class.

        Raises:
            InputTypeError: a query or document that is no text.
        """
        if not isinstance(texts, str):
            raise InputTypeError(f"the query must be a str, not {type(texts).__name__}")
        if documents is None or isinstance(documents, str):
            raise InputTypeError(f"documents must be a list of str, not {type(documents).__name__}")
        top_k = options.get("top_k")
        check_top_k(top_k)
        pairs = [{"text": texts, "text_pair": text} for text in as_list(documents)]
        found = super().__call__(pairs, **options)
        found, *dropped = found if options.get("return_dropped") else (found,)
        ranked = sorted(found, key=lambda document: -document["score"])[:top_k]
        return (ranked, *dropped) if dropped else ranked

    def run(self, texts: list[Any], first_row: int, call: Call) -> list[dict[str, Any]]:
        """The documents of one query with their scores."""
        if not texts:
            return []
        windows = self.read(texts, first_row, call)
        scores = windows.highest(self.text_values(windows, call, 1)).flatten()
        values = (scores if call.options.get("raw", False) else apply_evenly(torch.sigmoid, scores)).tolist()
        return [
            {"corpus_id": number, "score": value, "text": pair["text_pair"]}
            for number, (value, pair) in enumerate(zip(values, texts, strict=True))
        ]
