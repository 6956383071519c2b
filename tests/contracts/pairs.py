"""Sources and targets of encoder–decoders, and how far their outputs are from the reference's."""

from __future__ import annotations

from typing import Any

__all__ = ["LM", "SOURCES", "TARGETS", "TOLERANCE", "differences"]

SOURCES = [7, 1, 30, 12, 7, 2]
TARGETS = [5, 9, 5, 1, 5, 20]
LM = "seq2seq-lm"
TOLERANCE = 1e-5


def differences(ours: Any, reference: Any, batch: dict[str, Any]) -> dict[str, float]:
    """The largest difference of each output, at tokens, relative to its scale."""
    source, target = batch["attention_mask"].bool(), batch["decoder_attention_mask"].bool()
    found = {}
    for name, value in ours.items():
        values, others = (value, reference[name]) if isinstance(value, tuple) else ((value,), (reference[name],))
        assert len(values) == len(others), name
        real = source if name.startswith("encoder") else target
        for mine, theirs in zip(values, others, strict=True):
            assert mine.shape == theirs.shape, name
            if name.endswith("attentions"):
                mine, theirs = mine.transpose(1, 2), theirs.transpose(1, 2)
            assert not mine[~real].any(), name
            mine, theirs = mine.detach()[real], theirs.detach()[real]
            apart = (mine - theirs).abs().max() / theirs.abs().max().clamp(min=1.0)
            found[name] = max(found.get(name, 0.0), float(apart))
    return found
