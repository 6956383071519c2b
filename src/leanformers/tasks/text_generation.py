"""Text generation: prompts or conversations in, what the model writes behind them out.

texts ──► tokenizer ──► packs of similar length ──► generate ──► ids ──► text
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..auto import AutoModelForCausalLM
from ..errors import InputTypeError, TooLongError
from ..models.generation.settings import GenerationConfig
from ..models.language_head import CausalLMModel
from ..tokenizers.ragged import Ragged
from .pipeline import UNSET, Call, kind_of
from .writing_pipeline import WritingPipeline

__all__ = ["TextGenerationPipeline"]

_ANY_LENGTH = 2**31  # prompts are cut, or refused, where it is known how much is to be written behind them


class TextGenerationPipeline(WritingPipeline):
    """`generate("Once upon a time", max_new_tokens=20)`: `[{"generated_text": "Once upon a time there was …"}]`.

    A conversation, a list of `{"role": …, "content": …}`, goes through the tokenizer's chat template, and the answer is
    added to it. With `too_long="truncate"`, only the end of a prompt is read that leaves room for `max_new_tokens`,
    behind the token that begins every text.

    Options: those of `model.generate`; `return_full_text=False` leaves the prompt out; `seed`.
    """

    task = "text-generation"
    auto = AutoModelForCausalLM
    model_kind = CausalLMModel
    options = (*WritingPipeline.options, "return_full_text")

    def __call__(self, texts: Any, **options: Any) -> Any:
        """Write on; a conversation is one text. See `Pipeline.__call__`."""
        if _is_conversation(texts):
            found = super().__call__([texts], **options)
            return (found[0][0], found[1][0]) if options.get("return_dropped") else found[0]
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
        ids = [self._fit(row, settings, first_row + text, call) for text, row in enumerate(self._ids(texts, first_row))]
        written = self.write(Ragged.from_lists(ids), settings, seed, call)
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

    def _fit(self, ids: list[int], settings: GenerationConfig, row: int, call: Call) -> list[int]:
        """A prompt that leaves room for what is to be written: with "truncate", its end; else it is refused."""
        limit = self.limit
        if limit is None or (settings.max_new_tokens is None and settings.max_length):
            return ids
        room = limit + 1 - settings.new_tokens(0)  # the last token is not read
        if len(ids) <= room or room < 1:
            return ids  # the model says what is wrong with the latter
        if call.too_long == "error":
            raise TooLongError(
                f"row {row}: {len(ids)} tokens, limit {room} before {limit + 1 - room} new ones; use "
                'too_long="truncate" for the end of the prompt, or a smaller max_new_tokens'
            )
        begin = ids[:1] if ids[0] == self.tokenizer.bos_token_id and room > 1 else []
        call.dropped[row] = len(ids) - room
        return [*begin, *ids[len(ids) - room + len(begin) :]]

    def _ids(self, texts: list[Any], first_row: int = 0) -> list[list[int]]:
        rows = []
        for row, text in enumerate(texts, first_row):
            if _is_conversation(text):
                rows.append(self.tokenizer.apply_chat_template(text, add_generation_prompt=True, return_dict=False))
            elif isinstance(text, str):
                rows.append(self.tokenizer(text, truncation=True, max_length=_ANY_LENGTH)["input_ids"])
            else:
                raise InputTypeError(f"item {row} must be a str or a conversation, not {kind_of(text)}")
        return rows


def _is_conversation(text: Any) -> bool:
    return isinstance(text, (list, tuple)) and bool(text) and isinstance(text[0], Mapping) and "role" in text[0]
