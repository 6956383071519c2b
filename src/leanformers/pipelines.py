"""Pipelines: from texts to labels, features or embeddings in one call. Finds the model, the tokenizer and the task."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from .auto import AutoTokenizer
from .errors import ArgumentError, InputValueError, near_names, reject_unknown_arguments
from .hub.options import HubOptions
from .hub.resolve import DEFAULT_MODEL, Need, locate
from .sentence import SentenceEncoder
from .tasks.features import FeatureExtractionPipeline, SentenceEmbeddingPipeline
from .tasks.fill_mask import FillMaskPipeline
from .tasks.pipeline import Pipeline
from .tasks.question_answering import QuestionAnsweringPipeline
from .tasks.rerank import RerankPipeline
from .tasks.text_classification import TextClassificationPipeline
from .tasks.text_generation import TextGenerationPipeline
from .tasks.text_to_text import SummarizationPipeline, TextToTextPipeline, TranslationPipeline
from .tasks.token_classification import TokenClassificationPipeline
from .tasks.zero_shot import ZeroShotClassificationPipeline

if TYPE_CHECKING:
    from .models.model import PreTrainedModel
    from .tokenizers.tokenizer import PreTrainedTokenizer

__all__ = ["Pipeline", "pipeline"]

_TASKS: dict[str, type[Pipeline]] = {
    "text-classification": TextClassificationPipeline,
    "sentiment-analysis": TextClassificationPipeline,
    "token-classification": TokenClassificationPipeline,
    "ner": TokenClassificationPipeline,
    "fill-mask": FillMaskPipeline,
    "question-answering": QuestionAnsweringPipeline,
    "zero-shot-classification": ZeroShotClassificationPipeline,
    "rerank": RerankPipeline,
    "feature-extraction": FeatureExtractionPipeline,
    "sentence-embedding": SentenceEmbeddingPipeline,
    "text-generation": TextGenerationPipeline,
    "text2text-generation": TextToTextPipeline,
    "summarization": SummarizationPipeline,
    "translation": TranslationPipeline,
}
_LANGUAGES = re.compile(r"translation_[\w-]+_to_[\w-]+")


def pipeline(
    task: str,
    model: str | os.PathLike[str] | PreTrainedModel | SentenceEncoder | None = None,
    tokenizer: str | os.PathLike[str] | PreTrainedTokenizer | None = None,
    *,
    device: Any = None,
    device_map: Any = None,
    dtype: Any = "auto",
    too_long: str | None = None,
    stride: int | None = None,
    **options: Any,
) -> Pipeline:
    """A pipeline for a task.

    Args:
        task: "text-classification" (or "sentiment-analysis"), "token-classification" (or "ner"), "fill-mask",
            "question-answering", "zero-shot-classification", "rerank", "feature-extraction", "sentence-embedding",
            "text-generation", "text2text-generation", "summarization", "translation" or, with the languages,
            "translation_en_to_de".
        model: a folder, a repository, or a loaded model; without one, text-classification uses the embedded model
            "leanformers/tiny-sentiment".
        tokenizer: that of the model, if it is not in the model's folder.
        device: where to put the model: "cuda", a number, …; -1 is the CPU.
        device_map: the same under the name that `from_pretrained` has for it.
        dtype: of the model, as in `from_pretrained`.
        too_long: what is done with texts that have too many tokens where a call does not say otherwise: "error",
            "truncate" or "window"; see `Pipeline.__call__`. None: "error", for question-answering "window".
        stride: tokens that neighbouring windows share.
        options: where to find it, as `HubOptions`: `revision`, `subfolder`, `variant`, `token`, …

    Raises:
        InputValueError: an unknown task; lists the tasks. Another value that is not known.
        ArchitectureError: the model has not the head that the task needs.
        ArgumentError: a model is missing; a loaded model comes without its tokenizer, or with what only loading reads.
        HubError: the Hub refuses or fails.

    Example:
        >>> classify = pipeline("text-classification")
        >>> classify("I hate this so much!")[0]["label"]
        'NEGATIVE'
    """
    kind = TranslationPipeline if _LANGUAGES.fullmatch(str(task)) else _TASKS.get(task)
    if kind is None:
        tasks = ", ".join(repr(known) for known in _TASKS)
        raise InputValueError(f"there is no pipeline for {task!r}{near_names(str(task), _TASKS)}; tasks: {tasks}")
    if model is None:
        if not issubclass(kind, TextClassificationPipeline):
            raise ArgumentError(f"pipeline({task!r}) needs a model: a folder, a name on the Hub, or a loaded model")
        model = DEFAULT_MODEL
    long_text = kind.long_text.updated(too_long, stride, kind.policies, f"in {task}")
    place, unknown = HubOptions.take(options)
    known = {"device", "device_map", "dtype", "too_long", "stride", *HubOptions.names()}
    reject_unknown_arguments("pipeline()", unknown, known)
    tokenizer_place = place
    if device is not None:
        if device_map is not None:
            raise ArgumentError(f"pipeline({task!r}): device and device_map are the same; give one of them")
        device_map = "cpu" if device == -1 else device
    if isinstance(model, (str, os.PathLike)):
        place = place.at(locate(model, place, Need.CONFIG).commit)
        loaded = kind.load(model, {"device_map": device_map, "dtype": dtype, **place.arguments()})
        if tokenizer is None:
            tokenizer, tokenizer_place = model, place
    else:
        if device_map is not None or dtype != "auto" or place.arguments():
            raise ArgumentError(
                f"pipeline({task!r}): device, dtype and revision say how to load a model, and this one is loaded; give "
                "them to its from_pretrained"
            )
        loaded = model
    if isinstance(loaded, SentenceEncoder):
        tokenizer = loaded.tokenizer
    if tokenizer is None:
        raise ArgumentError(f"pipeline({task!r}): a loaded model comes without its tokenizer; give tokenizer=…")
    if isinstance(tokenizer, (str, os.PathLike)):
        tokenizer = AutoTokenizer.from_pretrained(tokenizer, **tokenizer_place.arguments())
    made = kind(loaded, tokenizer, task)
    made.long_text = long_text
    return made
