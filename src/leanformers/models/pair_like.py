"""What encoder–decoders have in common: one table of tokens for both stacks, names of like modules, a classifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .bert_like import dense_classification
from .layout import Row
from .wiring import Head

if TYPE_CHECKING:
    from ..config import Config

__all__ = ["CLASSIFIER_ROWS", "DEFAULTS", "ONE_TABLE", "rows_under", "sequence_classification"]

DEFAULTS: dict[str, Any] = {"is_encoder_decoder": True, "tie_word_embeddings": True, "use_cache": True}
# The tables of tokens of both stacks are the shared one.
ONE_TABLE: tuple[Row, ...] = (
    ("encoder.embed_tokens.weight", "shared.weight"),
    ("decoder.embed_tokens.weight", "shared.weight"),
)
CLASSIFIER_ROWS: tuple[Row, ...] = (
    ("classification_head.dense", "dense"),
    ("classification_head.out_proj", "classifier"),
)


def rows_under(theirs: str, ours: str, names: Mapping[str, str]) -> tuple[Row, ...]:
    """The rows of modules side by side: `names` of a checkpoint under the name `theirs` → of slots under `ours`."""
    return tuple((f"{theirs}.{name}", f"{ours}.{slot}") for name, slot in names.items())


def sequence_classification(config: Config) -> Head:
    """The last token that ends a text: dropout, a dense layer with tanh, dropout, one linear layer to the labels."""
    end = config.integer("eos_token_id", at_least=0)
    return replace(dense_classification(config, "tanh"), reads="last", marker=end)
