"""How a workload is measured: ids compared first, then every side in turn, round by round."""

from __future__ import annotations

import gc
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from leanformers import TokenFile

from .corpora import adversarial
from .peers import OURS, PEERS, Peer
from .vocabularies import Vocabulary
from .workloads import Workload

__all__ = ["measure"]

clock = time.perf_counter  # or time.process_time, see --processor-time
SENTENCE = "A short sentence of about sixty characters, as in a request."


def measure(
    workload: Workload, vocabulary: Vocabulary, texts: list[str], *, threads: int, rounds: int
) -> Iterator[dict[str, Any]]:
    """The results of a workload: `sides` with median, min and max of each, in `unit`."""
    base = {
        **workload._asdict(),
        "threads": threads,
        "unit": "MB/s",
        "megabytes": sum(len(text.encode()) for text in texts) / 1e6,
        "mismatches": {},
    }
    if workload.kind == "adversarial":
        yield from _adversarial(base, vocabulary, threads, rounds)
        return
    yield {**base, **_KINDS[workload.kind](base, vocabulary, texts, threads, rounds)}


def _adversarial(base: dict[str, Any], vocabulary: Vocabulary, threads: int, rounds: int) -> Iterator[dict[str, Any]]:
    """Ourselves alone: others would take minutes. Ids are compared with the reference on 5,000 characters."""
    tokenizer, reference = OURS.load(vocabulary), PEERS[0].load(vocabulary)
    for name, texts in adversarial(round(base["megabytes"] * 3e5)).items():
        part = [text[:5000] for text in texts]
        expected = PEERS[0].rows(PEERS[0].encode(reference, part, threads))
        same = OURS.rows(OURS.encode(tokenizer, part, threads)) == expected
        times = _alternate({"leanformers": partial(OURS.encode, tokenizer, texts, threads)}, rounds)
        size = sum(len(text.encode()) for text in texts) / 1e6
        yield {
            **base,
            "corpus": name,
            "megabytes": size,
            "sides": _rates(times, size),
            "mismatches": {} if same else {"tokenizers": "the first 5,000 characters"},
        }


def _ids(base: dict[str, Any], vocabulary: Vocabulary, texts: list[str], threads: int, rounds: int) -> dict[str, Any]:
    """All peers, which keep their tokenizers and caches between rounds; the first round is not counted."""
    sides, mismatches = {}, {}
    for peer, tokenizer, wrong in _loaded(vocabulary, texts, threads):
        sides[peer.name] = partial(peer.encode, tokenizer, texts, threads)
        mismatches.update({peer.name: wrong} if wrong else {})
    times = _alternate(sides, rounds)
    return {"sides": _rates(times, base["megabytes"]), "mismatches": mismatches}


def _cold(base: dict[str, Any], vocabulary: Vocabulary, texts: list[str], threads: int, rounds: int) -> dict[str, Any]:
    """The first pass of a new tokenizer, loading not counted.

    Each in a process of its own: what the sides before it have left of the memory they freed would otherwise be a
    third of the time of some, and save others from asking the system for theirs.
    """
    others = {peer.name: wrong for peer, _, wrong in _loaded(vocabulary, texts, threads)}
    times: dict[str, list[float]] = {name: [] for name in others}
    for _ in range(rounds):
        for name in others:
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
                seconds = process.submit(_first_pass, name, vocabulary, texts, threads, clock).result()
            times[name].append(seconds)
    mismatches = {name: wrong for name, wrong in others.items() if wrong}
    return {"sides": _rates(times, base["megabytes"]), "mismatches": mismatches}


def _first_pass(
    name: str, vocabulary: Vocabulary, texts: list[str], threads: int, clock_here: Callable[[], float]
) -> float:
    global clock
    clock = clock_here
    peer = next(peer for peer in (OURS, *PEERS) if peer.name == name)
    peer.encode(peer.load(vocabulary), texts[:1], threads)  # imports what it needs
    return _seconds(partial(peer.encode, peer.load(vocabulary), texts, threads))


def _loaded(vocabulary: Vocabulary, texts: list[str], threads: int) -> Iterator[tuple[Peer, Any, str | None]]:
    """Each side with its tokenizer, and how many rows it has otherwise than we."""
    expected: list[list[int]] = []
    for peer in (OURS, *PEERS):
        if not peer.installed or not peer.fits(vocabulary):
            continue
        tokenizer = peer.load(vocabulary)
        rows = peer.rows(peer.encode(tokenizer, texts, threads))
        expected = expected or rows
        wrong = sum(a != b for a, b in zip(expected, rows, strict=True))
        yield peer, tokenizer, f"{wrong} of {len(rows)} texts" if wrong else None


def _own(base: dict[str, Any], vocabulary: Vocabulary, texts: list[str], threads: int, rounds: int) -> dict[str, Any]:
    """Our own ids beside offsets or counts; of the reference its batches, which always have offsets."""
    tokenizer = OURS.load(vocabulary)
    options = {"add_special_tokens": False, "threads": threads}
    sides: dict[str, Callable[[], Any]] = {"ids": lambda: tokenizer.encode_ragged(texts, **options)}
    if base["kind"] == "count":
        sides["leanformers"] = lambda: tokenizer.count(texts, **options)
        right = tokenizer.count(texts, **options).tolist() == sides["ids"]().lengths.tolist()
        return {
            "sides": _rates(_alternate(sides, rounds), base["megabytes"]),
            "mismatches": {} if right else {"leanformers": "other counts"},
        }
    sides["leanformers"] = lambda: tokenizer.encode_ragged(texts, spans=True, **options)
    reference = PEERS[0].load(vocabulary)
    encode = partial(reference.encode_batch, texts, add_special_tokens=False)
    wrong = _other_spans(sides["leanformers"](), encode())
    # The reference by itself: after the gigabyte that it fills, whoever comes next would take the longest.
    times = _alternate(sides, rounds) | _alternate({"tokenizers": encode}, rounds)
    return {
        "sides": _rates(times, base["megabytes"]),
        "mismatches": {"tokenizers": f"{wrong} of {len(texts)} texts"} if wrong else {},
    }


def _other_spans(found: Any, expected: list[Any]) -> int:
    """How many rows have other offsets."""
    rows = pairwise(found.row_offsets.tolist())
    return sum(
        found.spans[begin:end].tolist() != list(map(list, encoding.offsets))
        for (begin, end), encoding in zip(rows, expected, strict=True)
    )


def _file(base: dict[str, Any], vocabulary: Vocabulary, texts: list[str], threads: int, rounds: int) -> dict[str, Any]:
    """A file of lines to a file of tokens, checksums included, beside the ids of the same lines in memory."""
    tokenizer = OURS.load(vocabulary)
    lines = [line for text in texts for line in text.splitlines()]
    size = sum(len(line.encode()) + 1 for line in lines) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "lines.txt"), Path(folder, "tokens.bin")
        source.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        options = {"add_special_tokens": False, "threads": threads}
        sides = {
            "ids": lambda: tokenizer.encode_ragged(lines, **options),
            "leanformers": lambda: tokenizer.encode_file(source, out, overwrite=True, **options),
        }
        sides["leanformers"]()
        same = TokenFile.open(out)[:].to_lists() == sides["ids"]().to_lists()
        times = _alternate(sides, rounds)
    return {"sides": _rates(times, size), "mismatches": {} if same else {"leanformers": "the file"}}


def _calls(base: dict[str, Any], vocabulary: Vocabulary, texts: list[str], threads: int, rounds: int) -> dict[str, Any]:
    """`tokenizer(…)` as users call it, all columns, beside transformers."""
    import transformers

    ours = OURS.load(vocabulary)
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_file=str(vocabulary.folder / "tokenizer.json"))
    theirs.model_max_length = 10**9
    theirs.model_input_names = ours.model_input_names
    options: dict[str, Any] = {}
    if base["kind"] == "padded":
        options = {"padding": True, "truncation": True, "max_length": 512, "return_tensors": "pt"}
        theirs.pad_token = ours.pad_token
    given: Any = SENTENCE if base["kind"] == "call" else texts
    times = 3000 if base["kind"] == "call" else 1

    def side(tokenizer: Any) -> Callable[[], Any]:
        def run() -> Any:
            for _ in range(times):
                data = tokenizer(given, **options).data
            return data

        return run

    sides = {"leanformers": side(ours), "transformers": side(theirs)}
    mine, reference = (run()["input_ids"] for run in sides.values())
    same = mine.tolist() == reference.tolist() if options else mine == reference
    mismatches = {} if same else {"transformers": "other ids"}
    found = _alternate(sides, rounds)
    if base["kind"] == "call":
        return {"sides": _summaries(found, 1e6 / times), "unit": "µs", "mismatches": mismatches}
    return {"sides": _rates(found, base["megabytes"]), "mismatches": mismatches}


def _loading(
    base: dict[str, Any], vocabulary: Vocabulary, texts: list[str], threads: int, rounds: int
) -> dict[str, Any]:
    peers = [peer for peer in (OURS, *PEERS) if peer.installed and peer.fits(vocabulary) and peer.name != "bpe-openai"]
    sides = {peer.name: partial(peer.load, vocabulary) for peer in peers}
    return {"sides": _summaries(_alternate(sides, rounds), 1e3), "unit": "ms"}


_KINDS: dict[str, Callable[..., dict[str, Any]]] = {
    "ids": _ids,
    "cold": _cold,
    "offsets": _own,
    "count": _own,
    "file": _file,
    "lists": _calls,
    "padded": _calls,
    "call": _calls,
    "loading": _loading,
}


def _alternate(sides: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each side; one round warms up and is not counted.

    What takes less than half a second runs once more before it is timed: else it would take anew, page by page, the
    memory that the side before it has just given back to the system.
    """
    times: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, run in sides.items():
            if times[name] and times[name][-1] < 0.5:
                run()
            seconds = _seconds(run)
            if number:
                times[name].append(seconds)
    return times


def _seconds(run: Callable[[], Any]) -> float:
    gc.collect()
    begin = clock()
    result = run()
    seconds = clock() - begin
    del result  # what it takes to free it is nobody's time
    return seconds


def _rates(times: dict[str, list[float]], megabytes: float) -> dict[str, dict[str, float]]:
    return {
        name: {"median": megabytes / median(of), "min": megabytes / max(of), "max": megabytes / min(of)}
        for name, of in times.items()
    }


def _summaries(times: dict[str, list[float]], scale: float) -> dict[str, dict[str, float]]:
    return {
        name: {"median": median(of) * scale, "min": min(of) * scale, "max": max(of) * scale}
        for name, of in times.items()
    }
