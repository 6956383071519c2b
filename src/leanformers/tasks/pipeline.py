"""What all pipelines share: reading texts in any form, results in order, arguments checked.

str        ──► list of one result (a label), or the result itself
list       ──► list of results, in order
iterator   ──► generator of results, as they come
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputTypeError, InputValueError, near_names, reject_unknown_arguments
from ..hub.publish import Publication, Publishable, publish
from ..sentence import TOO_LONG

if TYPE_CHECKING:
    from ..hub.card import CardFacts

__all__ = ["UNSET", "Call", "Pipeline", "as_list", "check_top_k", "kind_of", "text_pairs"]

# Texts that are read ahead from an iterator at most, so that texts of like length can go through together. The
# first result comes after the first text, and the number doubles from there.
_READ_AHEAD = 256
UNSET: Any = object()


@dataclass(frozen=True)
class Call:
    """The arguments of one call."""

    batch_size: int | None
    too_long: str
    show_progress: bool | None
    options: dict[str, Any]


class Pipeline(Publishable):
    """What the pipelines share: reading texts in any form, in steps of like length, and results in order."""

    task: str
    options: tuple[str, ...] = ()

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model = self.check(model)
        self.tokenizer = tokenizer

    @classmethod
    def load(cls, name: str | os.PathLike[str], options: dict[str, Any]) -> Any:
        """The model in a folder or a repository."""
        raise NotImplementedError

    @classmethod
    def check(cls, model: Any) -> Any:
        """The model, if it is of the kind that the task needs."""
        raise NotImplementedError

    def save_pretrained(
        self,
        folder: str | os.PathLike[str],
        *,
        max_shard_size: int | str = "5GB",
        push_to_hub: bool = False,
        **publishing: Any,
    ) -> None:
        """Write model and tokenizer into one folder; and push them with the arguments of `push_to_hub`.

        Raises:
            InputValueError: `folder` is a file, or `max_shard_size` is no size.
        """
        publication = Publication.of_save(folder, push_to_hub, {"max_shard_size": max_shard_size, **publishing})
        self.model.save_pretrained(folder, max_shard_size=max_shard_size)
        self.tokenizer.save_pretrained(folder)
        if publication is not None:
            publish(self, publication)

    def write_publication(self, folder: Path, max_shard_size: int | str) -> None:
        """Write the files that are pushed."""
        self.save_pretrained(folder, max_shard_size=max_shard_size)

    def card_facts(self) -> CardFacts:
        """What a model card says about it: what it says of the model, and how the pipeline is made."""

        facts: CardFacts = self.model.card_facts()
        code = f'from leanformers import pipeline\n\nrun = pipeline("{self.task}", model="{{name}}")'
        return replace(facts, loading=(("leanformers", code), *facts.loading[1:]))

    def run(self, texts: list[Any], first_row: int, call: Call) -> list[Any]:
        """The results of texts; `first_row` is the number of the first one in the caller's input."""
        raise NotImplementedError

    def __call__(
        self,
        texts: Any,
        *,
        batch_size: int | None = None,
        too_long: str = "error",
        truncation: bool | None = None,
        show_progress: bool | None = None,
        **options: Any,
    ) -> Any:
        """Run texts through.

        Args:
            texts: one str, a list, or an iterator; a pair of texts is `{"text": …, "text_pair": …}`.
            batch_size: texts in a step at most; without it, steps are bounded by tokens alone.
            too_long: "error" refuses texts with more tokens than the model takes, "truncate" cuts them.
            truncation: the same in the words of a tokenizer: True is "truncate".
            show_progress: a progress bar for lists; None shows it on a terminal.
            options: what this task takes beside; see its class.

        Returns:
            A list for one str or a list, in order; a generator for an iterator, with results as they come.

        Raises:
            InputTypeError: an item is no text; names it.
            TooLongError: a text is too long; names its row and tokens.
            ArgumentError, InputValueError: an argument does not exist, or has an unknown value.
        """
        names = ("batch_size", "too_long", "truncation", "show_progress", *self.options)
        reject_unknown_arguments(f"pipeline({self.task!r})", (name for name in options if name not in names), names)
        if truncation is not None:
            too_long = "truncate" if truncation else "error"
        if too_long not in TOO_LONG:
            choices = " or ".join(repr(choice) for choice in TOO_LONG)
            raise InputValueError(f"too_long={too_long!r}{near_names(str(too_long), TOO_LONG)}; choose {choices}")
        if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
            raise InputValueError(f"batch_size must be a number of at least 1, not {batch_size!r}")
        call = Call(batch_size, too_long, show_progress, options)
        if isinstance(texts, (str, Mapping)):
            return self.single(self.run([texts], 0, call)[0], call)
        if isinstance(texts, Iterator):
            return self._stream(texts, call)
        return self.run(as_list(texts), 0, call)

    def single(self, result: Any, call: Call) -> Any:
        """How the result of one str is returned."""
        return result

    def _stream(self, texts: Iterator[Any], call: Call) -> Iterator[Any]:
        call = replace(call, show_progress=False)
        row, size = 0, call.batch_size or 1
        while chunk := list(islice(texts, size)):
            yield from self.run(chunk, row, call)
            row += len(chunk)
            size = call.batch_size or min(2 * size, _READ_AHEAD)


def as_list(texts: Any) -> list[Any]:
    """The items of a list, array, column or other iterable; `InputTypeError` for what has none."""
    if hasattr(texts, "tolist"):  # numpy arrays, columns of tables
        texts = texts.tolist()
    if isinstance(texts, (bytes, bytearray)) or not isinstance(texts, Iterable):
        raise InputTypeError(f"texts must be a str, a list of str or an iterator, not {kind_of(texts)}")
    return list(texts)


def text_pairs(texts: list[Any]) -> tuple[list[Any], list[Any] | None]:
    """First and second texts of `{"text": …, "text_pair": …}` items; plain texts have no second."""
    if not any(isinstance(text, Mapping) for text in texts):
        return texts, None
    for row, text in enumerate(texts):
        if not isinstance(text, Mapping) or not {"text"} <= set(text) <= {"text", "text_pair"}:
            raise InputTypeError(f'item {row} must be {{"text": …, "text_pair": …}}, as the others are, not {text!r}')
    if not any("text_pair" in text for text in texts):
        return [text["text"] for text in texts], None
    return [text["text"] for text in texts], [text.get("text_pair") for text in texts]


def kind_of(value: Any) -> str:
    """The type of a value, for messages."""
    return "None" if value is None else type(value).__name__


def check_top_k(value: Any) -> None:
    """Raise `InputValueError` unless `value` is None or a number of at least 1."""
    if value is not None and (not isinstance(value, int) or value < 1):
        raise InputValueError(f"top_k must be None or a number of at least 1, not {value!r}")
