"""WordPiece, byte-level BPE and Unigram as users call them: `tokenizer(list)` here and in transformers, in turn.

Run: python bench/tokenizing.py [--processor-time] [--only WordPiece]    (pin it to one core: taskset -c 1 python …)
Prints MB of UTF-8 per second and the ratio, medians over rounds; ids are compared before anything is timed. The rows
"flat ids" are what the core needs for the same texts: the rest of a call is spent on what it returns.
"""

from __future__ import annotations

import os

os.environ["TOKENIZERS_PARALLELISM"] = "false"  # read when the reference is imported

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

ROUNDS = 5
clock = time.perf_counter  # or time.process_time, see --processor-time
DATA = Path(os.environ.get("LEANFORMERS_TEST_DATA", Path(__file__).parent.parent.parent / "shared"))


def read_corpus(name: str, limit: int) -> list[str]:
    texts: list[str] = []
    size = 0
    for line in (DATA / "corpora" / f"{name}.jsonl").open(encoding="utf-8"):
        texts.append(json.loads(line)["text"])
        size += len(texts[-1].encode())
        if size > limit:
            break
    return texts


def seconds(tokenizer: Any, texts: Any, options: dict[str, Any], times: int = 1) -> float:
    """The time of a call. Columns are made when they are first asked for: `data` asks for all of them."""
    begin = clock()
    for _ in range(times):
        _ = tokenizer(texts, **options).data
    return (clock() - begin) / times


def seconds_of_ids(ours: Any, theirs: Any, texts: list[str]) -> float:
    """The time of flat ids after the other side's turn, which empties the processor's caches, as before each call."""
    theirs(texts)
    begin = clock()
    ours.encode_ragged(texts)
    return clock() - begin


PADDED = {"padding": True, "truncation": True, "max_length": 128}
OPTIONS: dict[str, dict[str, Any]] = {
    "lists": {},
    "lists with offsets": {"return_offsets_mapping": True},
    'padded "np"': {**PADDED, "return_tensors": "np"},
    'padded "pt"': {**PADDED, "return_tensors": "pt"},
}
UNPADDED = {call: options for call, options in OPTIONS.items() if "padding" not in options}
MODELS = {
    "WordPiece": ("AutoTokenizer", "checkpoints/all-MiniLM-L6-v2"),
    "GPT-2": ("GPT2Tokenizer", "tokenizers/gpt2"),
    "T5": ("T5Tokenizer", "tokenizers/t5-base"),
}


def compare(name: str, ours: Any, theirs: Any, options: dict[str, dict[str, Any]]) -> None:
    """Print a line for each corpus and way of calling."""
    for corpus in ("english", "multilingual", "short"):
        texts = read_corpus(corpus, 1_000_000)
        size = sum(len(text.encode()) for text in texts) / 1e6
        ours.model_max_length = theirs.model_max_length = 10**9  # no warnings: nothing is fed to a model
        assert ours(texts, verbose=False)["input_ids"] == theirs(texts)["input_ids"]
        alone = statistics.median(seconds_of_ids(ours, theirs, texts) for _ in range(ROUNDS))
        print(f"{name:10} {corpus:14} {'flat ids':20} {size / alone:12.1f}", flush=True)
        for call, kwargs in options.items():
            times: list[list[float]] = [[], []]
            for _ in range(ROUNDS):
                for side, tokenizer in zip(times, (ours, theirs), strict=True):
                    side.append(seconds(tokenizer, texts, {**kwargs, "verbose": False}))
            mine, reference = map(statistics.median, times)
            rates = f"{size / mine:12.1f} {size / reference:12.2f} {reference / mine:6.1f}x"
            print(f"{name:10} {corpus:14} {call:20} {rates}", flush=True)


def compare_one_text(name: str, ours: Any, theirs: Any) -> None:
    text = "A short sentence of about sixty characters, as in a request."
    mine, reference = (
        statistics.median(seconds(side, text, {}, times=2000) * 1e6 for _ in range(ROUNDS)) for side in (ours, theirs)
    )
    rates = f"{mine:9.1f} µs {reference:9.1f} µs {reference / mine:6.1f}x"
    print(f"{name:10} {'60 characters':14} {'lists':20} {rates}", flush=True)


def main() -> None:
    global clock
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="one of WordPiece, GPT-2, T5")
    parser.add_argument("--processor-time", action="store_true", help="for a machine that has other work")
    arguments = parser.parse_args()
    if arguments.processor_time:
        clock = time.process_time
    import transformers

    import leanformers

    print(f"MB/s, medians of {ROUNDS}")
    print(f"{'tokenizer':10} {'corpus':14} {'call':20} {'leanformers':>12} {'transformers':>12} {'ratio':>7}")
    for name, (kind, folder) in MODELS.items():
        if arguments.only not in ("", name):
            continue
        ours, theirs = (getattr(side, kind).from_pretrained(DATA / folder) for side in (leanformers, transformers))
        compare(name, ours, theirs, OPTIONS if theirs.pad_token else UNPADDED)
        compare_one_text(name, ours, theirs)


if __name__ == "__main__":
    main()
