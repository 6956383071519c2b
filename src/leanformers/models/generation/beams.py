"""Beam search: several texts for each prompt go on side by side; the best finished one wins.

As in transformers, generation/utils.py, `_beam_search`, text by text.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from .rules import Rules
from .settings import GenerationConfig
from .stopping import Stops
from .writer import Writer

__all__ = ["search_beams"]

_NEVER = -1e9  # the score of what cannot win


@dataclass
class _Prompt:
    """The beams of one prompt."""

    number: int
    running: list[list[int]]
    finished: list[tuple[float, list[int]]] = field(default_factory=list)  # (score, ids), best first


def search_beams(writer: Writer, rules: Rules, settings: GenerationConfig, stops: Stops) -> list[list[list[int]]]:
    """For each prompt, in the order of the pack, the `num_return_sequences` best continuations.

    Args:
        writer: has read the prompts.
        rules: for the prompts.
        settings: of the generation.
        stops: the ends of texts.
    """
    beams = settings.num_beams
    device = writer.scores.device
    prompts = [_Prompt(number, [[] for _ in range(beams)]) for number in range(len(writer.scores))]
    everyone = torch.arange(len(prompts), device=device).repeat_interleave(beams)
    writer.keep(everyone)
    rules.keep(everyone)
    totals = torch.full((len(prompts), beams), _NEVER, device=device)
    totals[:, 0] = 0.0  # all beams are equal at first
    done: dict[int, list[list[int]]] = {}
    alive, written = prompts, 0
    while alive:
        written += 1
        totals, origins, ids = _advance(writer, rules, totals, alive, settings, stops, written)
        kept = [row for row, prompt in enumerate(alive) if not _is_done(prompt, totals[row], settings, stops, written)]
        for row in set(range(len(alive))) - set(kept):
            prompt = alive[row]
            done[prompt.number] = [ids for _, ids in prompt.finished[: settings.num_return_sequences]]
        if not kept:
            break
        rows = torch.tensor(kept, device=device)
        alive, totals = [alive[row] for row in kept], totals[rows]
        origins, ids = origins[rows].flatten(), ids[rows].flatten()
        writer.keep(origins)
        rules.keep(origins)
        rules.add(ids)
        writer.step(ids)
    return [done[prompt.number] for prompt in prompts]


def _advance(
    writer: Writer,
    rules: Rules,
    totals: Tensor,
    alive: list[_Prompt],
    settings: GenerationConfig,
    stops: Stops,
    written: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """One token further: the new totals, the beams (numbers of texts) they come from, and the ids, (prompts, beams)."""
    beams, vocabulary = settings.num_beams, writer.scores.shape[-1]
    scores = rules.apply(writer.scores.log_softmax(-1))
    scores = (scores.view(len(alive), beams, vocabulary) + totals.unsqueeze(2)).flatten(1)
    candidates = beams * max(2, 1 + len(stops.ends))
    best, places = scores.topk(min(candidates, scores.shape[1]))  # (prompts, candidates) each
    origins, ids = places // vocabulary, places % vocabulary
    ended = torch.zeros_like(best, dtype=torch.bool)
    for row, prompt in enumerate(alive):
        texts = [
            [*prompt.running[origin], token]
            for origin, token in zip(origins[row].tolist(), ids[row].tolist(), strict=True)
        ]
        ends = [stops.reached(text) for text in texts]
        ended[row] = torch.tensor(ends, device=ended.device)
        for place in range(beams):
            if ends[place]:
                score = float(best[row, place]) / written**settings.length_penalty
                prompt.finished.append((score, texts[place]))
        prompt.finished.sort(key=lambda pair: -pair[0])
        del prompt.finished[beams:]
        prompt.running = texts
    totals, chosen = (best + ended * _NEVER).topk(beams)
    for row, prompt in enumerate(alive):
        prompt.running = [prompt.running[place] for place in chosen[row].tolist()]
    first = torch.arange(len(alive), device=best.device).unsqueeze(1) * beams
    return totals, origins.gather(1, chosen) + first, ids.gather(1, chosen)


def _is_done(prompt: _Prompt, totals: Tensor, settings: GenerationConfig, stops: Stops, written: int) -> bool:
    """Whether no running beam of a prompt is taken to end better than its finished ones."""
    if written >= stops.most:
        return True
    if len(prompt.finished) < settings.num_beams:
        return False
    if settings.early_stopping is True:
        return True
    never = settings.early_stopping == "never" and settings.length_penalty > 0
    best: float = float(totals[0]) / (stops.most if never else written) ** settings.length_penalty
    return bool(best <= prompt.finished[-1][0])
