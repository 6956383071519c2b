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
from .choosing import Chooser, History
from .settings import GenerationConfig
from .stopping import Stops
from .writer import Writer

if TYPE_CHECKING:
    from ..language_head import CausalLMModel
    from ..packed import Padding

__all__ = ["INPUTS", "continuations", "generate", "write"]

INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def generate(
    model: CausalLMModel, given: dict[str, Any], settings: GenerationConfig, seed: int | None, tokenizer: Any
) -> Tensor:
    """Prompts and what was written behind them, (batch · num_return_sequences, length)."""
    given = dict(given)
    inputs = gather_inputs(f"{type(model).__name__}.generate()", given.pop("input_ids"), given, INPUTS)
    packed, padding = pack_inputs(inputs, model.base_model.limits, model.device)
    texts = continuations(model, packed, settings, settings.new_tokens(padding.length), seed, tokenizer)
    ids = whole_numbers("input_ids", inputs["input_ids"], model.device)
    return _rows(ids, packed, padding, texts, settings)


def continuations(
    model: CausalLMModel,
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
            writer, history = _begin(model, packed, settings)
            return search_beams(writer, history, settings, stops)
    texts: list[list[int]] = [[] for _ in range(len(packed.lengths) * count)]
    for rows, ids in write(model, packed, settings, stops, seed):
        for row, token in zip(rows, ids, strict=True):
            texts[row].append(token)
    return [texts[begin : begin + count] for begin in range(0, len(texts), count)]


def write(
    model: CausalLMModel, packed: Packed, settings: GenerationConfig, stops: Stops, seed: int | None = None
) -> Iterator[tuple[list[int], list[int]]]:
    """Token by token, greedily or drawn: the numbers of the texts that go on (of the pack), and an id for each."""
    with torch.inference_mode():
        writer, history = _begin(model, packed, settings)
    count = settings.num_return_sequences
    order = packed.order.repeat_interleave(count) * count
    rows = list(range(len(packed.lengths) * count))
    numbers = [int(order[row]) + row % count for row in rows]  # of the texts at the caller
    chooser = Chooser(settings, seed, len(rows), model.device)
    texts: list[list[int]] = [[] for _ in rows]
    with torch.inference_mode():
        repeated = torch.arange(len(packed.lengths), device=model.device).repeat_interleave(count)
        writer.keep(repeated)
        history.keep(repeated)
    written = 0
    while rows:
        with torch.inference_mode():
            scores = history.penalise(writer.scores)
            forbidden = stops.forbidden(written)
            if forbidden:
                scores = scores.clone()
                scores[:, forbidden] = -torch.inf
            by_caller = sorted(range(len(rows)), key=lambda i: numbers[rows[i]])
            chosen = chooser.choose(scores[by_caller], [numbers[rows[i]] for i in by_caller])
            ids = torch.empty_like(chosen)
            ids[torch.tensor(by_caller, device=ids.device)] = chosen
        tokens = ids.tolist()
        for row, token in zip(rows, tokens, strict=True):
            texts[row].append(token)
        yield list(rows), tokens
        written += 1
        going = [i for i, row in enumerate(rows) if not stops.reached(texts[row])]
        rows = [rows[i] for i in going]
        if rows:
            with torch.inference_mode():
                kept = torch.tensor(going, device=model.device)
                writer.keep(kept)
                history.keep(kept)
                history.add(ids[kept])
                writer.step(ids[kept])


def _begin(model: CausalLMModel, packed: Packed, settings: GenerationConfig) -> tuple[Writer, History]:
    writer = Writer(model, packed)
    prompts = torch.split(packed.ids, list(packed.lengths))
    return writer, History(settings, prompts, writer.scores.shape[-1])


def _refuse_too_long(model: CausalLMModel, packed: Packed, most: int) -> None:
    limit = model.base_model.limits.positions
    if limit is None:
        return
    for text, length in enumerate(packed.lengths):
        if length + most - 1 > limit:  # the last token is not read
            raise TooLongError(
                f"row {int(packed.order[text])}: a prompt of {length} tokens and {most} new ones are more than the "
                f"{limit} positions of the model; give max_new_tokens={max(limit - length + 1, 0)} or a shorter prompt"
            )


def _rows(
    ids: Tensor, packed: Packed, padding: Padding, texts: list[list[list[int]]], settings: GenerationConfig
) -> Tensor:
    """Each prompt with its padding before it, what was written, and padding behind."""
    count = settings.num_return_sequences
    columns = torch.split(padding.slots % max(padding.length, 1), list(packed.lengths))
    rows = [ids[:0, 0]] * (padding.batch * count)
    for text, (column, written) in enumerate(zip(columns, texts, strict=True)):
        row = int(packed.order[text])
        prompt = ids[row, : int(column[-1]) + 1]
        for number, new in enumerate(written):
            rows[row * count + number] = torch.cat((prompt, prompt.new_tensor(new)))
    width = max((len(row) for row in rows), default=0)
    grid = ids.new_full((len(rows), width), settings.padding)
    for line, whole in zip(grid, rows, strict=True):
        line[: len(whole)] = whole
    return grid
