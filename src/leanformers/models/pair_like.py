"""What encoder–decoders have in common: one table of tokens for both stacks, and names of like modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .layout import Row

__all__ = ["DEFAULTS", "ONE_TABLE", "rows_under"]

DEFAULTS: dict[str, Any] = {"is_encoder_decoder": True, "tie_word_embeddings": True, "use_cache": True}
# The tables of tokens of both stacks are the shared one.
ONE_TABLE: tuple[Row, ...] = (
    ("encoder.embed_tokens.weight", "shared.weight"),
    ("decoder.embed_tokens.weight", "shared.weight"),
)


def rows_under(theirs: str, ours: str, names: Mapping[str, str]) -> tuple[Row, ...]:
    """The rows of modules side by side: `names` of a checkpoint under the name `theirs` → of slots under `ours`."""
    return tuple((f"{theirs}.{name}", f"{ours}.{slot}") for name, slot in names.items())
