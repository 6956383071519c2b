"""Text generation: prompts or conversations in, what the model writes behind them out.

texts ──► tokenizer ──► packs of similar length ──► generate ──► ids ──► text
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..auto import AutoModelForCausalLM
from ..errors import InputTypeError
from ..models.language_head import CausalLMModel
from ..tokenizers.ragged import Ragged
from .pipeline import UNSET, Call, kind_of
from .writing_pipeline import WritingPipeline

__all__ = ["TextGenerationPipeline"]


class TextGenerationPipeline(WritingPipeline):
    """`generate("Once upon a time", max_new_tokens=20)`: `[{"generated_text": "Once upon a time there was …"}]`.

    A conversation, a list of `{"role": …, "content": …}`, goes through the tokenizer's chat template, and the answer is
    added to it. Options: those of `model.generate`; `return_full_text=False` leaves the prompt out; `seed`.
    """

    task = "text-generation"
    auto = AutoModelForCausalLM
    model_kind = CausalLMModel
    options = (*WritingPipeline.options, "return_full_text")

    def __call__(self, texts: Any, **options: Any) -> Any:
        """Write on; a conversation is one text. See `Pipeline.__call__`."""
        if _is_conversation(texts):
            return super().__call__([texts], **options)[0]
        return super().__call__(texts, **options)

    def stream(self, text: Any, *, seed: int | None = None, **settings: Any) -> Iterator[str]:
        """What the model writes behind one prompt or conversation, in pieces of text as they come."""
        ids = self._ids([text])
        pieces: Iterator[str] = self.model.stream(
            ids, [[1] * len(ids[0])], tokenizer=self.tokenizer, seed=seed, **settings
        )
        return pieces

    def run(self, texts: list[Any], first_row: int, call: Call) -> list[Any]:
        """As `Pipeline.run`: for each text a list of `{"generated_text": …}`."""
        options = dict(call.options)
        full = options.pop("return_full_text", UNSET)
        seed = options.pop("seed", None)
        settings = self.model.generation_config.updated(f"pipeline({self.task!r})", options)
        written = self.write(Ragged.from_lists(self._ids(texts)), settings, seed, call)
        return [
            [self._result(text, ids, full) for ids in several] for text, several in zip(texts, written, strict=True)
        ]

    def _result(self, text: Any, ids: list[int], full: Any) -> dict[str, Any]:
        new = self.tokenizer.decode(ids, skip_special_tokens=True)
        if full is False:
            return {"generated_text": new}
        if isinstance(text, str):
            return {"generated_text": text + new}
        return {"generated_text": [*text, {"role": "assistant", "content": new}]}

    def _ids(self, texts: list[Any]) -> list[list[int]]:
        rows = []
        for row, text in enumerate(texts):
            if _is_conversation(text):
                rows.append(self.tokenizer.apply_chat_template(text, add_generation_prompt=True, return_dict=False))
            elif isinstance(text, str):
                rows.append(self.tokenizer(text)["input_ids"])
            else:
                raise InputTypeError(f"item {row} must be a str or a conversation, not {kind_of(text)}")
        return rows


def _is_conversation(text: Any) -> bool:
    return isinstance(text, (list, tuple)) and bool(text) and isinstance(text[0], Mapping) and "role" in text[0]
