"""Text to text: an encoder–decoder reads a text and writes another one: a summary, a translation, an answer.

texts ──► prefix of the task ──► tokenizer ──► packs of similar length ──► the model writes ──► text
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..auto import AutoModelForSeq2SeqLM
from ..errors import InputTypeError, warn
from ..models.generation.settings import GenerationConfig
from ..models.language_head import Seq2SeqLMModel
from .pipeline import Call, kind_of
from .writing_pipeline import WritingPipeline

__all__ = ["SummarizationPipeline", "TextToTextPipeline", "TranslationPipeline"]

# Where neither the call nor the model says otherwise; as the reference's pipelines of version 4 had it.
_DEFAULTS = {"max_new_tokens": 256, "num_beams": 4}


class TextToTextPipeline(WritingPipeline):
    """`write("question: …")`: `[{"generated_text": "…"}]`; for a list of texts one such dict for each.

    What the config has for the task in `task_specific_params`, as those of T5 and BART do, is used: a prefix before
    each text, and settings. Options: those of `model.generate`, over the settings of the task, over the model's own,
    over 256 new tokens and 4 beams; `seed`. With `num_return_sequences` above 1, a list of dicts for each text.
    """

    task = "text2text-generation"
    auto = AutoModelForSeq2SeqLM
    model_kind = Seq2SeqLMModel
    result_name = "generated_text"

    def __init__(self, model: Any, tokenizer: Any, task: str | None = None) -> None:
        super().__init__(model, tokenizer, task)
        of_tasks = self.model.config.get("task_specific_params") or {}
        self.task = self.choose(self.task, list(of_tasks))
        params = dict(of_tasks.get(self.task) or {})
        self.prefix: str = params.pop("prefix", None) or self.model.config.get("prefix") or ""
        self._of_task = GenerationConfig(params)

    def choose(self, task: str, known: list[str]) -> str:
        """Which of the tasks that the config knows is meant."""
        return task

    @property
    def settings(self) -> GenerationConfig:
        """How the model writes where a call does not say otherwise."""
        return self._of_task.over(self.model.generation_config.over(_DEFAULTS).values)

    def run(self, texts: list[Any], first_row: int, call: Call) -> list[Any]:
        """As `Pipeline.run`: for each text a dict, or a list of them for several sequences."""
        options = dict(call.options)
        seed = options.pop("seed", None)
        settings = self.settings.updated(f"pipeline({self.task!r})", options)
        ragged = self.tokenize(self._prefixed(texts, first_row), first_row, call)
        written = [[self._result(ids) for ids in several] for several in self.write(ragged, settings, seed, call)]
        return written if settings.num_return_sequences > 1 else [result for (result,) in written]

    def single(self, result: Any, call: Call) -> Any:
        """A list, also for one text."""
        return result if isinstance(result, list) else [result]

    def stream(self, text: str, *, seed: int | None = None, **settings: Any) -> Iterator[str]:
        """What the model writes for one text, in pieces as they come; greedily unless `do_sample`, never with beams."""
        call = Call(None, "error", False, {})
        ids = self.tokenize(self._prefixed([text], 0), 0, call).ids.tolist()
        base = GenerationConfig({"num_beams": 1}).over(self.settings.values)
        pieces: Iterator[str] = self.model.stream(
            [ids], [[1] * len(ids)], tokenizer=self.tokenizer, generation_config=base, seed=seed, **settings
        )
        return pieces

    def _prefixed(self, texts: list[Any], first_row: int) -> list[str]:
        for row, text in enumerate(texts, first_row):
            if not isinstance(text, str):
                raise InputTypeError(f"item {row} must be a str, not {kind_of(text)}")
        return [self.prefix + text for text in texts]

    def _result(self, ids: list[int]) -> dict[str, str]:
        text = self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return {self.result_name: text}


class SummarizationPipeline(TextToTextPipeline):
    """`summarize(text, max_length=60)`: `[{"summary_text": "…"}]`; otherwise as `TextToTextPipeline`."""

    task = "summarization"
    result_name = "summary_text"


class TranslationPipeline(TextToTextPipeline):
    """`translate("How old are you?")`: `[{"translation_text": "…"}]`; otherwise as `TextToTextPipeline`.

    The task is "translation", or says from where to where: "translation_en_to_de". T5 was trained with a prefix for
    each; of plain "translation" the first one that its config has is taken, with a warning.
    """

    task = "translation"
    result_name = "translation_text"

    def choose(self, task: str, known: list[str]) -> str:
        """The pair of languages; the first one where none is named."""
        pairs = [name for name in known if name.startswith("translation_")]
        if pairs and task == "translation":
            warn(f"this model translates between {', '.join(pairs)}: {pairs[0]!r} is taken; name the one you mean")
            return pairs[0]
        if pairs and task not in pairs:
            warn(f"the config has no {task!r} ({', '.join(pairs)}): texts are read without a prefix")
        return task
