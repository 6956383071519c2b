"""What the same bits alone and in a batch cost: products with and without the measures, in the packed model.

    python bench/batch_invariance.py [--rounds 7] [--texts 64] [--threads 1]

The same packed model, `forward_packed`, in which only the linear layers differ: `plain` is torch's product, whose
kernel depends on the number of rows; `best` is what is used (oneDNN, prepacked); `blocks`, of a fixed number of rows,
is what is used without oneDNN. Random weights, texts of log-normal length, the sides in turn, medians, in fp32 and
bf16.
"""

from __future__ import annotations

import argparse
import time
from statistics import median
from typing import Any

import numpy as np
import torch

from leanformers import AutoModel, Config
from leanformers.models.packed import Packed, pack_ragged
from leanformers.ops import block_plan, linear

SHAPES = {
    "MiniLM-L6": {"hidden_size": 384, "num_attention_heads": 12, "num_hidden_layers": 6, "intermediate_size": 1536},
    "bert-base (4 of 12 layers)": {"num_hidden_layers": 4},
}
PREPARATIONS = {"plain": linear.PlainLinear, "best": linear.prepare, "blocks": linear.BlockLinear}


def packs(texts: int) -> list[Packed]:
    """Packs of random ids, longest texts first, of about 4096 tokens each."""
    rng = np.random.default_rng(0)
    lengths = np.sort(rng.lognormal(np.log(33), 0.8, texts).clip(3, 256).astype(int))[::-1]
    parts = np.array_split(lengths, max(1, int(lengths.sum()) // 4096))
    return [pack_ragged(rng.integers(1000, 30000, part.sum()), np.concatenate([[0], part.cumsum()])) for part in parts]


def invariant(model: Any, together: list[Packed]) -> tuple[int, int]:
    """How many of some texts have the same bits alone, and how many were tried."""
    same = tried = 0
    for packed in together:
        hidden = model.forward_packed(packed)
        for text in range(0, len(packed.lengths), 5):
            begin, end = packed.cu_seqlens[text : text + 2].tolist()
            ids = packed.ids[begin:end].numpy()
            alone = model.forward_packed(pack_ragged(ids, np.array([0, len(ids)])))
            same += torch.equal(alone, hidden[begin:end])
            tried += 1
    return same, tried


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--texts", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    together = packs(arguments.texts)
    tokens = sum(len(packed.ids) for packed in together)
    print(f"{arguments.texts} texts, {tokens} tokens, {arguments.threads} thread(s), torch {torch.__version__}")
    for shape, sizes in SHAPES.items():
        for dtype in (torch.float32, torch.bfloat16):
            models = {}
            for name, preparation in PREPARATIONS.items():
                torch.manual_seed(0)
                model = AutoModel.from_config(Config("bert", **sizes)).to(dtype).eval()
                block_plan.prepare = preparation  # type: ignore[assignment]  # the plan is made by the first call
                with torch.inference_mode():
                    model.forward_packed(together[-1])
                models[name] = model
            times: dict[str, list[float]] = {name: [] for name in models}
            with torch.inference_mode():
                for _ in range(arguments.rounds):
                    for name, model in models.items():
                        start = time.perf_counter()
                        for packed in together:
                            model.forward_packed(packed)
                        times[name].append(time.perf_counter() - start)
                for name, model in models.items():
                    ratio = median(t / p for t, p in zip(times[name], times["plain"], strict=True))
                    same, tried = invariant(model, together)
                    print(
                        f"{shape:27} {str(dtype)[6:]:9} {name:7} {1000 * median(times[name]):7.0f} ms  "
                        f"{ratio:5.2f} of plain  same bits alone: {same} of {tried}"
                    )


if __name__ == "__main__":
    main()
