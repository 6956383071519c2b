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
from ..models.packed import packs_of
from ..models.weights import load
from ..progress import progress
from ..sentence import TOKENS_PER_STEP, refuse_dropped
from .pipeline import Call, Pipeline, kind_of, text_pairs

if TYPE_CHECKING:
    from ..auto import _AutoModel
    from ..models.heads import HeadModel
    from ..models.model import PreTrainedModel
    from ..models.packed import Packed
    from ..tokenizers.ragged import Ragged

__all__ = ["HeadPipeline", "ModelPipeline"]


class ModelPipeline(Pipeline):
    """A pipeline with a model of packed tokens."""

    def tokenize(self, texts: list[Any], first_row: int, call: Call, *, spans: bool = False) -> Ragged:
        """The rows of texts or pairs, cut to what the model takes, or refused."""
        firsts, seconds = text_pairs(texts)
        limit = self.limit
        ragged: Ragged = self.tokenizer.encode_ragged(firsts, seconds, truncation=True, max_length=limit, spans=spans)
        if call.too_long == "error":
            refuse_dropped(ragged, limit, first_row)
        return ragged

    @property
    def limit(self) -> int:
        """The most tokens of a row."""
        limits = (self.tokenizer.model_max_length, self.model.base_model.limits.positions)
        return int(min(value for value in limits if value is not None))

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
