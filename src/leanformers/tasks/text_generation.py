"""Text generation: prompts or conversations in, what the model writes behind them out.

texts ──► tokenizer ──► packs of similar length ──► generate ──► ids ──► text
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..auto import AutoModelForCausalLM
from ..errors import InputTypeError
from ..models.generation.generate import continuations
from ..models.language_head import CausalLMModel
from ..models.packed import packs_of
from ..progress import progress
from ..tokenizers.ragged import Ragged
from .model_pipeline import HeadPipeline
from .pipeline import UNSET, Call, kind_of

__all__ = ["TextGenerationPipeline"]

# Tokens of prompts that are read in one step, and texts that are written side by side unless the caller says more.
_TOKENS = 1 << 14
_ROWS = 16
_SETTINGS = (
    "max_new_tokens",
    "max_length",
    "min_new_tokens",
    "do_sample",
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "repetition_penalty",
    "num_beams",
    "length_penalty",
    "early_stopping",
    "num_return_sequences",
    "eos_token_id",
    "stop_strings",
)


class TextGenerationPipeline(HeadPipeline):
    """`generate("Once upon a time", max_new_tokens=20)`: `[{"generated_text": "Once upon a time there was …"}]`.

    A conversation, a list of `{"role": …, "content": …}`, goes through the tokenizer's chat template, and the answer is
    added to it. Options: those of `model.generate`; `return_full_text=False` leaves the prompt out; `seed`.
    """

    task = "text-generation"
    auto = AutoModelForCausalLM
    model_kind = CausalLMModel
    options = (*_SETTINGS, "return_full_text", "seed")

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
        ragged = Ragged.from_lists(self._ids(texts))
        # A limit of prompt and text together is another one for each prompt.
        side_by_side = 1 if settings.max_new_tokens is None and settings.max_length else _ROWS
        results: list[Any] = [None] * len(texts)
        with progress("Writing", len(texts), call.show_progress) as advance:
            for packed in packs_of(ragged, tokens=_TOKENS, texts=min(side_by_side, call.batch_size or _ROWS)):
                checked = self.model.base_model.checked(packed)
                most = settings.new_tokens(packed.max_len)
                written = continuations(self.model, checked, settings, most, seed, self.tokenizer)
                for row, several in zip(packed.order.tolist(), written, strict=True):
                    results[row] = [self._result(texts[row], ids, full) for ids in several]
                advance(len(packed.lengths))
        return results

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
