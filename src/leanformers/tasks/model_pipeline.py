"""Pipelines whose results come from passes of packed tokens through one model.

texts ──► tokenizer ──► Ragged ──► packs of similar length ──► model ──► one task's results
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from ..config import Config
from ..errors import ArchitectureError
from ..hub.options import HubOptions
from ..long_text import read_texts
from ..models.packed import packs_of
from ..models.weights import load
from ..progress import progress
from ..sentence import TOKENS_PER_STEP
from ..tokenizers.options import ENDLESS
from .pipeline import Call, Pipeline, kind_of, text_pairs

if TYPE_CHECKING:
    from ..auto import _AutoModel
    from ..long_text import Windows
    from ..models.heads import HeadModel
    from ..models.model import PreTrainedModel
    from ..models.packed import Packed
    from ..tokenizers.ragged import Ragged

__all__ = ["HeadPipeline", "ModelPipeline"]


class ModelPipeline(Pipeline):
    """A pipeline with a model of packed tokens."""

    def tokenize(self, texts: list[Any], first_row: int, call: Call) -> Ragged:
        """The rows of texts or pairs, cut to what the model takes, or refused; for tasks that know no windows."""
        return self.read(texts, first_row, call).ragged

    def read(
        self, texts: list[Any], first_row: int, call: Call, *, spans: bool = False, rows_of_text: int = 1
    ) -> Windows:
        """Texts or pairs as rows that the model takes. `rows_of_text`: items of `texts` for one text of the caller."""
        return self.read_pairs(*text_pairs(texts), first_row, call, spans=spans, rows_of_text=rows_of_text)

    def read_pairs(
        self,
        firsts: list[Any],
        seconds: list[Any] | None,
        first_row: int,
        call: Call,
        *,
        spans: bool = False,
        rows_of_text: int = 1,
        cut: str | None = None,
        length: int | None = None,
    ) -> Windows:
        """As `read`, with `cut` of `read_texts`, and rows of `length` tokens at most if the model takes more."""
        limits = [value for value in (self.limit, length) if value is not None]
        windows = read_texts(
            self.tokenizer,
            firsts,
            seconds,
            limit=min(limits, default=None),
            long_text=call.long_text,
            row_of=lambda row: first_row + row // rows_of_text,
            spans=spans,
            cut=cut,
        )
        for row, tokens in enumerate(windows.dropped):
            if tokens:
                place = first_row + row // rows_of_text
                call.dropped[place] = max(tokens, call.dropped.get(place, 0))
        return windows

    @property
    def limit(self) -> int | None:
        """The most tokens of a row; None where neither model nor tokenizer has a limit."""
        limits = (self.tokenizer.model_max_length, self.model.base_model.limits.positions)
        known = [int(value) for value in limits if value is not None and value < ENDLESS]
        return min(known, default=None)

    def text_values(self, windows: Windows, call: Call, width: int) -> Tensor:
        """The model's output for each row in float32 on the CPU, where it has one vector for each: (rows, width)."""
        values = torch.empty(len(windows.ragged), width)
        for packed, output in self.passes(windows.ragged, call):
            values[packed.order.cpu()] = output.float().cpu()
        return values

    def token_values(self, windows: Windows, call: Call) -> list[Tensor]:
        """The model's output for each row on the CPU, where it has one vector for each token: (tokens, n) each."""
        values = [torch.empty(0)] * len(windows.ragged)
        for packed, output in self.passes(windows.ragged, call):
            for row, part in zip(packed.order.tolist(), torch.split(output, list(packed.lengths)), strict=True):
                values[row] = part.to("cpu", copy=True)  # a view would keep the others
        return values

    def passes(self, ragged: Ragged, call: Call) -> Iterator[tuple[Packed, Tensor]]:
        """Each pack of rows and the model's output for it."""
        with torch.inference_mode(), progress("Running", len(ragged), call.show_progress) as advance:
            for packed in packs_of(ragged, tokens=TOKENS_PER_STEP, texts=call.batch_size):
                yield packed, self.forward(packed.to(self.model.device))
                advance(len(packed.lengths))

    def forward(self, packed: Packed) -> Tensor:
        """The model's output for a pack."""
        output: Tensor = self.model.forward_packed(packed)
        return output


class HeadPipeline(ModelPipeline):
    """A pipeline that needs a model with a trained head of one kind."""

    auto: ClassVar[type[_AutoModel]]
    model_kind: ClassVar[type[HeadModel]]

    @classmethod
    def load(cls, name: str | os.PathLike[str], options: dict[str, Any]) -> PreTrainedModel:
        """The model in a folder or a repository; one without a trained head is refused."""
        place, given = HubOptions.take(options)
        config, place = Config.locate(name, place)
        model = load(cls.auto.class_for(config), name, config=config, say=False, options=place.arguments(), **given)
        missing = model.load_report.missing_head if model.load_report else ()
        heads = [name for name in missing if name.startswith(tuple(mount.name for mount in model.own_mounts()))]
        if heads:
            raise ArchitectureError(
                f"{os.fspath(name)} has no trained head ({', '.join(heads)} are missing), which {cls.task} needs: "
                "fine-tune the model first, or take another checkpoint"
            )
        return model

    @classmethod
    def check(cls, model: Any) -> Any:
        """The model, if it has such a head."""
        if not isinstance(model, cls.model_kind):
            needed = cls.auto.__name__.removeprefix("AutoModelFor")
            raise ArchitectureError(f"{cls.task} needs a model of the kind {needed}, not {kind_of(model)}")
        return model.eval()
