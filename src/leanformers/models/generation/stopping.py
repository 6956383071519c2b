"""When a text ends: an id that ends it, a string in it, or its length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import ArgumentError
from .settings import GenerationConfig

__all__ = ["Stops"]


class Stops:
    """The ends of texts.

    Args:
        settings: of the generation.
        most: tokens that may be written.
        tokenizer: for `stop_strings`.

    Raises:
        ArgumentError: `stop_strings` without a tokenizer.
    """

    def __init__(self, settings: GenerationConfig, most: int, tokenizer: Any = None) -> None:
        strings = settings.stop_strings
        self.strings: tuple[str, ...] = (strings,) if isinstance(strings, str) else tuple(strings or ())
        if self.strings and tokenizer is None:
            raise ArgumentError("stop_strings are looked for in text: give tokenizer=… too")
        self.ends = frozenset(settings.ends)
        self.most = most
        self.tokenizer = tokenizer
        # A token has a byte at least, so that a string and the rest of its first token are within so many.
        self.window = max((len(string.encode()) for string in self.strings), default=0) + 8

    def reached(self, written: Sequence[int]) -> bool:
        """Whether a text ends with the last of its written ids."""
        if len(written) >= self.most or written[-1] in self.ends:
            return True
        if not self.strings:
            return False
        text = self.tokenizer.decode(list(written[-self.window :]), skip_special_tokens=False)
        return any(string in text for string in self.strings)
