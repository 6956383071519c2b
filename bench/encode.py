"""Encoding ragged sentences: leanformers beside transformers and sentence-transformers, fp32, one thread.

    python bench/encode.py [--rounds 5] [--texts 512] [--threads 1]

512 sentences of real text, lengths log-normal (mean about 45 tokens, at most 256), in given order, batches of 32.
Two comparisons, the sides alternating round by round, medians of the rounds:

- model: the same padded batches of ids to hidden states, `model(**batch)` on both sides;
- texts: one vector each; `SentenceEncoder.encode` beside tokenizer, model and mean over 32 texts at a time, and
  beside `SentenceTransformer.encode`, which sorts by length.

Needs the test data (`LEANFORMERS_TEST_DATA`, default `../shared`) and the test extras.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

BATCH = 32
DATA = Path(os.environ.get("LEANFORMERS_TEST_DATA", Path(__file__).parents[2] / "shared"))
CHECKPOINT = DATA / "checkpoints" / "all-MiniLM-L6-v2"


def ragged_texts(count: int, tokenizer: Any) -> list[str]:
    """Pieces of real text whose lengths in tokens are log-normal."""
    lines = (DATA / "corpora" / "short.jsonl").read_text(encoding="utf-8").splitlines()
    words = " ".join(json.loads(line)["text"] for line in lines).split()
    lengths = np.random.default_rng(0).lognormal(np.log(33), 0.8, count).clip(3, 250).astype(int)
    words = words[: int(lengths.sum())]
    pieces = tokenizer(words, add_special_tokens=False)["input_ids"]
    texts, place = [], 0
    for length in lengths:
        begin, size = place, 0
        while size < length:
            size += len(pieces[place])
            place += 1
        texts.append(" ".join(words[begin:place]))
    return texts


def alternate(sides: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each side; one round warms up and is not counted."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(rounds + 1):
        for name, run in sides.items():
            start = time.perf_counter()
            run()
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: median(values) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--texts", type=int, default=512)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

    import sentence_transformers
    import transformers

    from leanformers import AutoModel, SentenceEncoder

    transformers.utils.logging.disable_progress_bar()
    tokenizer = transformers.AutoTokenizer.from_pretrained(CHECKPOINT)
    reference = transformers.AutoModel.from_pretrained(CHECKPOINT).eval()
    sentences = sentence_transformers.SentenceTransformer(str(CHECKPOINT), device="cpu")
    model = AutoModel.from_pretrained(CHECKPOINT)
    encoder = SentenceEncoder.from_pretrained(CHECKPOINT)
    texts = ragged_texts(arguments.texts, tokenizer)
    parts = [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]

    def padded(part: list[str]) -> Any:
        return tokenizer(part, padding=True, truncation=True, max_length=256, return_tensors="pt")

    batches = [padded(part) for part in parts]
    lengths = torch.cat([batch["attention_mask"].sum(1) for batch in batches])
    tokens, grid = int(lengths.sum()), sum(batch["input_ids"].numel() for batch in batches)
    print(
        f"{len(texts)} texts, {tokens} tokens (mean {tokens / len(texts):.0f}, max {int(lengths.max())}), "
        f"{grid} with padding, {arguments.threads} thread(s), torch {torch.__version__}, "
        f"transformers {transformers.__version__}"
    )

    @torch.no_grad()
    def reference_model() -> list[Any]:
        return [reference(**batch).last_hidden_state for batch in batches]

    @torch.no_grad()
    def lean_model() -> list[Any]:
        return [model(**batch).last_hidden_state for batch in batches]

    @torch.no_grad()
    def reference_texts() -> Any:
        vectors = []
        for part in parts:
            batch = padded(part)
            mask = batch["attention_mask"].unsqueeze(-1)
            mean = (reference(**batch).last_hidden_state * mask).sum(1) / mask.sum(1)
            vectors.append(torch.nn.functional.normalize(mean, dim=-1))
        return torch.cat(vectors).numpy()

    difference = max(
        float((a - b)[batch["attention_mask"].bool()].abs().max())
        for a, b, batch in zip(lean_model(), reference_model(), batches, strict=True)
    )
    print(f"largest difference of hidden states {difference:.1e}, ", end="")
    print(f"of vectors {abs(encoder.encode(texts) - reference_texts()).max():.1e}\n")

    report("model", alternate({"transformers": reference_model, "leanformers": lean_model}, arguments.rounds), texts)
    sides = {
        "transformers": reference_texts,
        "sentence-transformers": lambda: sentences.encode(texts, batch_size=BATCH, show_progress_bar=False),
        "leanformers": lambda: encoder.encode(texts, show_progress=False),
    }
    report("texts", alternate(sides, arguments.rounds), texts)


def report(title: str, seconds: dict[str, float], texts: list[str]) -> None:
    base = seconds["transformers"]
    for name, value in seconds.items():
        print(f"{title:6}  {name:22} {value:7.2f} s  {len(texts) / value:7.1f} texts/s  {base / value:5.2f} x")


if __name__ == "__main__":
    main()
