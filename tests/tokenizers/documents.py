"""Small tokenizer.json documents for one thing at a time."""

from __future__ import annotations

from typing import Any

__all__ = ["added", "document", "words"]


def document(model: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    """A document of these parts; without a model, words that are single letters."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": None,
        "model": model or words(*"?abcdexyz"),
        **parts,
    }


def words(unknown: str, *known: str) -> dict[str, Any]:
    """A WordLevel model."""
    vocab = {word: number for number, word in enumerate((unknown, *known))}
    return {"type": "WordLevel", "vocab": vocab, "unk_token": unknown}


def added(number: int, content: str, **flags: bool) -> dict[str, Any]:
    """A row of added_tokens; all flags are false unless given."""
    names = ("single_word", "lstrip", "rstrip", "normalized", "special")
    return {"id": number, "content": content, **dict.fromkeys(names, False), **flags}
