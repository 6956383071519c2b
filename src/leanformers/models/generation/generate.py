"""Generate: from prompts to the ids that a model writes behind them. The work of `model.generate` and `stream`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ...errors import TooLongError
from ..inputs import gather_inputs, pack_inputs, whole_numbers
from ..packed import Packed
from .beams import search_beams
from .choosing import Chooser
from .rules import Rules
from .settings import GenerationConfig
from .stopping import Stops
from .writer import Writer

if TYPE_CHECKING:
    from ..packed import Padding
    from ..writing_model import WritingModel

__all__ = ["INPUTS", "continuations", "generate", "write"]

INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def generate(
    model: WritingModel, given: dict[str, Any], settings: GenerationConfig, seed: int | None, tokenizer: Any
) -> Tensor:
    """What was written behind prompts, and these too where they are its beginning: see `WritingModel.generate`."""
    given = dict(given)
    inputs = gather_inputs(f"{type(model).__name__}.generate()", given.pop("input_ids"), given, INPUTS)
    packed, padding = pack_inputs(inputs, model.base_model.limits, model.device)
    width = padding.length if model.prompt_is_text else 1
    texts = continuations(model, packed, settings, settings.new_tokens(width), seed, tokenizer)
    if model.prompt_is_text:
        prompts = _prompts(whole_numbers("input_ids", inputs["input_ids"], model.device), packed, padding)
    else:
        prompts = [packed.ids.new_tensor([settings.start])] * padding.batch
    return _rows(prompts, packed, texts, settings)


def continuations(
    model: WritingModel,
    packed: Packed,
    settings: GenerationConfig,
    most: int,
    seed: int | None = None,
    tokenizer: Any = None,
) -> list[list[list[int]]]:
    """The ids written behind each prompt of a pack: `num_return_sequences` lists for each, in the order of the pack."""
    _refuse_too_long(model, packed, most)
    count = settings.num_return_sequences
    if not packed.lengths:
        return []
    stops = Stops(settings, most, tokenizer)
    if settings.num_beams > 1:
        with torch.inference_mode():
            writer, rules = _begin(model, packed, settings, most)
            return search_beams(writer, rules, settings, stops)
    texts: list[list[int]] = [[] for _ in range(len(packed.lengths) * count)]
    for rows, ids in write(model, packed, settings, stops, seed):
        for row, token in zip(rows, ids, strict=True):
            texts[row].append(token)
    return [texts[begin : begin + count] for begin in range(0, len(texts), count)]


def write(
    model: WritingModel, packed: Packed, settings: GenerationConfig, stops: Stops, seed: int | None = None
) -> Iterator[tuple[list[int], list[int]]]:
    """Token by token, greedily or drawn: the numbers of the texts that go on (of the pack), and an id for each."""
    with torch.inference_mode():
        writer, rules = _begin(model, packed, settings, stops.most)
    count = settings.num_return_sequences
    order = packed.order.repeat_interleave(count) * count
    rows = list(range(len(packed.lengths) * count))
    numbers = [int(order[row]) + row % count for row in rows]  # of the texts at the caller
    chooser = Chooser(settings, seed, len(rows), model.device)
    texts: list[list[int]] = [[] for _ in rows]
    with torch.inference_mode():
        repeated = torch.arange(len(packed.lengths), device=model.device).repeat_interleave(count)
        writer.keep(repeated)
        rules.keep(repeated)
    while rows:
        with torch.inference_mode():
            scores = rules.apply(writer.scores)
            by_caller = sorted(range(len(rows)), key=lambda i: numbers[rows[i]])
            chosen = chooser.choose(scores[by_caller], [numbers[rows[i]] for i in by_caller])
            ids = torch.empty_like(chosen)
            ids[torch.tensor(by_caller, device=ids.device)] = chosen
        tokens = ids.tolist()
        for row, token in zip(rows, tokens, strict=True):
            texts[row].append(token)
        yield list(rows), tokens
        going = [i for i, row in enumerate(rows) if not stops.reached(texts[row])]
        rows = [rows[i] for i in going]
        if rows:
            with torch.inference_mode():
                kept = torch.tensor(going, device=model.device)
                writer.keep(kept)
                rules.keep(kept)
                rules.add(ids[kept])
                writer.step(ids[kept])


def _begin(model: WritingModel, packed: Packed, settings: GenerationConfig, most: int) -> tuple[Writer, Rules]:
    writer = model.begin(packed, settings)
    return writer, Rules(settings, writer.texts, writer.scores.shape[-1], most)


def _refuse_too_long(model: WritingModel, packed: Packed, most: int) -> None:
    limit = model.base_model.limits.positions
    if limit is None:
        return
    if not model.prompt_is_text:
        if most > limit:  # as many tokens are read: the first one, and all that are written but the last
            raise TooLongError(f"{most} new tokens are more than the {limit} positions of the model")
        return
    for text, length in enumerate(packed.lengths):
        if length + most - 1 > limit:  # the last token is not read
            raise TooLongError(
                f"row {int(packed.order[text])}: a prompt of {length} tokens and {most} new ones are more than the "
                f"{limit} positions of the model; give max_new_tokens={max(limit - length + 1, 0)} or a shorter prompt"
            )


def _prompts(ids: Tensor, packed: Packed, padding: Padding) -> list[Tensor]:
    """Each prompt of the caller, with its padding before it."""
    columns = torch.split(padding.slots % max(padding.length, 1), list(packed.lengths))
    prompts = [ids[:0, 0]] * padding.batch
    for row, column in zip(packed.order.tolist(), columns, strict=True):
        prompts[row] = ids[row, : int(column[-1]) + 1]
    return prompts


def _rows(prompts: list[Tensor], packed: Packed, texts: list[list[list[int]]], settings: GenerationConfig) -> Tensor:
    """Each prompt, what was written, and padding behind."""
    count = settings.num_return_sequences
    rows = [prompt for prompt in prompts for _ in range(count)]
    for row, written in zip(packed.order.tolist(), texts, strict=True):
        for number, new in enumerate(written):
            rows[row * count + number] = torch.cat((prompts[row], prompts[row].new_tensor(new)))
    width = max((len(row) for row in rows), default=0)
    grid = packed.ids.new_full((len(rows), width), settings.padding)
    for line, whole in zip(grid, rows, strict=True):
        line[: len(whole)] = whole
    return grid
