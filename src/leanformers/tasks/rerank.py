"""Documents in the order in which they answer a query: "rerank", with a cross-encoder."""

from __future__ import annotations

from typing import Any

import torch

from ..auto import AutoModelForSequenceClassification
from ..errors import ArchitectureError, InputTypeError
from ..models.text_heads import SequenceClassificationModel
from .model_pipeline import HeadPipeline
from .pipeline import Call, as_list, check_top_k

__all__ = ["RerankPipeline"]


class RerankPipeline(HeadPipeline):
    """`rerank(query, documents)`: the documents, best first, as `{"corpus_id", "score", "text"}`.

    The model reads query and document together and gives one number; a score is its sigmoid, as in
    sentence-transformers' CrossEncoder, or the number itself with `raw=True`.

    Options of a call: `top_k`, how many of the best (None: all); `raw`.
    """

    task = "rerank"
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
        return super().__call__([{"text": texts, "text_pair": text} for text in as_list(documents)], **options)

    def run(self, texts: list[Any], first_row: int, call: Call) -> list[dict[str, Any]]:
        """The documents of one query in their order."""
        top_k = call.options.get("top_k")
        check_top_k(top_k)
        scores = torch.empty(len(texts))
        if texts:
            for packed, logits in self.passes(self.tokenize(texts, first_row, call), call):
                scores[packed.order] = logits.float().flatten().cpu()
        values = (scores if call.options.get("raw", False) else scores.sigmoid()).tolist()
        order = sorted(range(len(texts)), key=lambda number: -values[number])
        return [{"corpus_id": i, "score": values[i], "text": texts[i]["text_pair"]} for i in order[:top_k]]
