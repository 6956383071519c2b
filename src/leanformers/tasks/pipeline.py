"""What all pipelines share: reading texts in any form, results in order, arguments checked.

str        ──► list of one result (a label), or the result itself
list       ──► list of results, in order
iterator   ──► generator of results, as they come
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputTypeError, InputValueError, reject_unknown_arguments
from ..hub.publish import Publication, publish
from ..hub.publishable import Publishable
from ..long_text import LongText
from ..progress import progress

if TYPE_CHECKING:
    from ..hub.card import CardFacts

__all__ = ["UNSET", "Call", "Pipeline", "as_list", "check_top_k", "kind_of", "text_pairs"]

# Texts that are read ahead from an iterator at most, so that texts of like length can go through together. The
# first result comes after the first text, and the number doubles from there.
_READ_AHEAD = 256
UNSET: Any = object()


@dataclass(frozen=True)
class Call:
    """The arguments of one call.

    Attributes:
        dropped: tokens that were cut off, by the number of the text in the caller's input; grows while the call runs.
    """

    batch_size: int | None
    too_long: str
    show_progress: bool | None
    options: dict[str, Any]
    stride: int | None = None
    return_dropped: bool = False
    dropped: dict[int, int] = field(default_factory=dict)

    @property
    def long_text(self) -> LongText:
        """What to do with texts that are too long."""
        return LongText(self.too_long, self.stride)


class Pipeline(Publishable):
    """What the pipelines share: reading texts in any form, in steps of like length, and results in order.

    Attributes:
        model: the model.
        tokenizer: its tokenizer.
        long_text: what is done with texts that are too long where a call does not say otherwise.
    """

    task: str
    options: tuple[str, ...] = ()
    policies: tuple[str, ...] = ("error", "truncate")  # that the task knows for texts that are too long
    long_text = LongText()

    def __init__(self, model: Any, tokenizer: Any, task: str | None = None) -> None:
        self.task = task or self.task  # the name that the caller uses, for messages
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
        too_long: str | None = None,
        stride: int | None = None,
        truncation: bool | None = None,
        return_dropped: bool = False,
        show_progress: bool | None = None,
        **options: Any,
    ) -> Any:
        """Run texts through.

        Args:
            texts: one str, a list, or an iterator; a pair of texts is `{"text": …, "text_pair": …}`.
            batch_size: texts in a step at most; without it, steps are bounded by tokens alone.
            too_long: "error" refuses texts with more tokens than the model takes, "truncate" cuts them, "window" reads
                them in windows that overlap; see docs/long_text.md. None: as the pipeline was made.
            stride: tokens that neighbouring windows share.
            truncation: True is `too_long="truncate"`, False is "error", in the words of a tokenizer.
            return_dropped: give how many tokens were cut off, too. Without it, the dicts of a text that was cut have
                them as "dropped_tokens".
            show_progress: a progress bar for lists; None shows it on a terminal. For iterators, whose caller often has
                a bar of its own, only True shows something: how many texts are done.
            options: what this task takes beside; see its class.

        Returns:
            A list for one str or a list, in order; a generator for an iterator, with results as they come. With
            `return_dropped`, (results, [tokens]), for one text (result, tokens), and pairs of these from a generator.

        Raises:
            InputTypeError: an item is no text; names it.
            TooLongError: a text is too long; names its row and tokens.
            ArgumentError, InputValueError: an argument does not exist, or has an unknown value.
        """
        names = ("batch_size", "too_long", "stride", "truncation", "return_dropped", "show_progress", *self.options)
        reject_unknown_arguments(f"pipeline({self.task!r})", (name for name in options if name not in names), names)
        if truncation is not None:
            too_long = "truncate" if truncation else "error"
        chosen = self.long_text.for_call(too_long, stride, self.policies, f"in {self.task}")
        if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
            raise InputValueError(f"batch_size must be a number of at least 1, not {batch_size!r}")
        call = Call(batch_size, chosen.too_long, show_progress, options, chosen.stride, return_dropped)
        if isinstance(texts, (str, Mapping)):
            results, dropped = self._results([texts], 0, call)
            single = self.single(results[0], call)
            return (single, dropped[0]) if return_dropped else single
        if isinstance(texts, Iterator):
            return self._stream(texts, call)
        results, dropped = self._results(as_list(texts), 0, call)
        return (results, dropped) if return_dropped else results

    def single(self, result: Any, call: Call) -> Any:
        """How the result of one str is returned."""
        return result

    def _results(self, texts: list[Any], first_row: int, call: Call) -> tuple[Any, list[int]]:
        """The results of texts, and how many tokens of each were cut off; what was cut off is in the results too."""
        results = self.run(texts, first_row, call)
        dropped = [call.dropped.pop(row, 0) for row in range(first_row, first_row + len(texts))]
        for result, tokens in zip(results, dropped, strict=True):
            if tokens and not call.return_dropped:
                _note(result, tokens)
        return results, dropped

    def _stream(self, texts: Iterator[Any], call: Call) -> Iterator[Any]:
        row, size = 0, call.batch_size or 1
        with progress("Running", None, call.show_progress) as advance:
            call = replace(call, show_progress=False)
            while chunk := list(islice(texts, size)):
                results, dropped = self._results(chunk, row, call)
                advance(len(chunk))
                yield from zip(results, dropped, strict=True) if call.return_dropped else results
                row += len(chunk)
                size = call.batch_size or min(2 * size, _READ_AHEAD)


def _note(result: Any, tokens: int) -> None:
    """Put the number of tokens that were cut off into all dicts of a text's result."""
    if isinstance(result, dict):
        result["dropped_tokens"] = tokens
    elif isinstance(result, list):
        for part in result:
            if not isinstance(part, (dict, list)):
                return  # numbers: features
            _note(part, tokens)


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
