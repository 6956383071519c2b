"""Pipelines whose model writes: packs of rows of similar length, each with its texts, and results in order.

rows of ids ──► packs of similar length ──► the model writes ──► ids of each text
"""

from __future__ import annotations

from ..models.generation.generate import continuations
from ..models.generation.settings import SETTINGS, GenerationConfig
from ..models.packed import packs_of
from ..progress import progress
from ..tokenizers.ragged import Ragged
from .model_pipeline import HeadPipeline
from .pipeline import Call

__all__ = ["WritingPipeline"]

# Tokens that are read in one step, and texts that are written side by side unless the caller says more.
_TOKENS = 1 << 14
_ROWS = 16


class WritingPipeline(HeadPipeline):
    """A pipeline with a model that writes. Options: those of `model.generate`, and `seed`."""

    options = (*SETTINGS, "seed")

    def write(self, ragged: Ragged, settings: GenerationConfig, seed: int | None, call: Call) -> list[list[list[int]]]:
        """What the model writes for each row: `num_return_sequences` lists of ids."""
        rows = call.batch_size or _ROWS
        if self.model.prompt_is_text and settings.max_new_tokens is None and settings.max_length:
            rows = 1  # a limit of prompt and text together is another one for each prompt
        results: list[list[list[int]]] = [[]] * len(ragged)
        with progress("Writing", len(ragged), call.show_progress) as advance:
            for packed in packs_of(ragged, tokens=_TOKENS, texts=rows):
                checked = self.model.base_model.checked(packed)
                most = settings.new_tokens(packed.max_len if self.model.prompt_is_text else 1)
                written = continuations(self.model, checked, settings, most, seed, self.tokenizer)
                for row, several in zip(packed.order.tolist(), written, strict=True):
                    results[row] = several
                advance(len(packed.lengths))
        return results
