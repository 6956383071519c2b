"""WordPiece, byte-level BPE and Unigram as users call them: `tokenizer(list)` here and in transformers, in turn.

Run: python bench/tokenizing.py    (pin it to one core: taskset -c 1 python bench/tokenizing.py)
Prints MB of UTF-8 per second and the ratio, medians over rounds; ids are compared before anything is timed.
"""

from __future__ import annotations

import os

os.environ["TOKENIZERS_PARALLELISM"] = "false"  # read when the reference is imported

import json
import statistics
import time
from pathlib import Path
from typing import Any

ROUNDS = 5
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
    begin = time.perf_counter()
    for _ in range(times):
        _ = tokenizer(texts, **options).data
    return (time.perf_counter() - begin) / times


OPTIONS: dict[str, dict[str, Any]] = {
    "lists": {},
    "lists with offsets": {"return_offsets_mapping": True},
    'padded "np"': {"padding": True, "truncation": True, "max_length": 128, "return_tensors": "np"},
}


def compare(name: str, ours: Any, theirs: Any, options: dict[str, dict[str, Any]]) -> None:
    """Print a line for each corpus and way of calling."""
    for corpus in ("english", "multilingual", "short"):
        texts = read_corpus(corpus, 1_000_000)
        size = sum(len(text.encode()) for text in texts) / 1e6
        ours.model_max_length = theirs.model_max_length = 10**9  # no warnings: nothing is fed to a model
        assert ours(texts, verbose=False)["input_ids"] == theirs(texts)["input_ids"]
        for call, kwargs in options.items():
            times: list[list[float]] = [[], []]
            for _ in range(ROUNDS):
                for side, tokenizer in zip(times, (ours, theirs), strict=True):
                    side.append(seconds(tokenizer, texts, {**kwargs, "verbose": False}))
            mine, reference = map(statistics.median, times)
            rates = f"{size / mine:12.1f} {size / reference:12.2f} {reference / mine:6.1f}x"
            print(f"{name:10} {corpus:14} {call:20} {rates}", flush=True)


def main() -> None:
    import transformers

    import leanformers

    print(f"MB/s, medians of {ROUNDS}")
    print(f"{'tokenizer':10} {'corpus':14} {'call':20} {'leanformers':>12} {'transformers':>12} {'ratio':>7}")
    folder = DATA / "checkpoints" / "all-MiniLM-L6-v2"
    ours = leanformers.AutoTokenizer.from_pretrained(folder)
    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    compare("WordPiece", ours, theirs, OPTIONS)
    lists = {"lists": OPTIONS["lists"]}
    for name, kind, folder in (("GPT-2", "GPT2Tokenizer", "gpt2"), ("T5", "T5Tokenizer", "t5-base")):
        pair = [
            getattr(side, kind).from_pretrained(DATA / "tokenizers" / folder) for side in (leanformers, transformers)
        ]
        compare(name, *pair, lists)
    text = "A short sentence of about sixty characters, as in a request."
    mine, reference = (
        statistics.median(seconds(side, text, {}, times=2000) * 1e6 for _ in range(ROUNDS)) for side in (ours, theirs)
    )
    print(f"one short text, µs: leanformers {mine:.1f}, transformers {reference:.1f}, ratio {reference / mine:.1f}x")


if __name__ == "__main__":
    main()
