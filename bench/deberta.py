"""DeBERTa 3's shape beside transformers: padded batches of ids to hidden states, fp32, one thread, random weights.

    python bench/deberta.py [--rounds 5] [--blocks 4] [--threads 1]

768 wide, 12 heads, 256 classes of distances each way, as deberta-v3-base. Batches of texts of one length, and one of
ragged lengths; the sides alternate round by round, medians of the rounds. Needs the test extras.
"""

from __future__ import annotations

import argparse
import tempfile
from typing import Any

import torch
from encode import alternate

BATCHES = {"32 of 16": [16] * 32, "16 of 64": [64] * 16, "4 of 256": [256] * 4, "1 of 512": [512],
           "32 ragged, 4 to 128": [4 + 4 * i for i in range(32)]}  # fmt: skip


def batch_of(lengths: list[int]) -> dict[str, Any]:
    """Random ids, padded on the right."""
    mask = torch.zeros(len(lengths), max(lengths), dtype=torch.long)
    for row, length in enumerate(lengths):
        mask[row, :length] = 1
    ids = torch.randint(5, 1000, mask.shape, generator=torch.Generator().manual_seed(0))
    return {"input_ids": ids * mask, "attention_mask": mask}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    import transformers

    from leanformers import AutoModel

    transformers.utils.logging.disable_progress_bar()
    config = transformers.DebertaV2Config(
        vocab_size=1000,
        hidden_size=768,
        num_hidden_layers=arguments.blocks,
        num_attention_heads=12,
        intermediate_size=3072,
        relative_attention=True,
        position_buckets=256,
        norm_rel_ebd="layer_norm",
        share_att_key=True,
        pos_att_type="p2c|c2p",
        position_biased_input=False,
    )
    reference = transformers.DebertaV2Model(config).eval()
    with tempfile.TemporaryDirectory() as folder:
        reference.save_pretrained(folder)
        ours = AutoModel.from_pretrained(folder)
    print(f"{'batch':<22}{'leanformers':>14}{'transformers':>14}{'ratio':>8}")
    with torch.inference_mode():
        for name, lengths in BATCHES.items():
            batch = batch_of(lengths)
            times = alternate({"ours": lambda: ours(**batch), "theirs": lambda: reference(**batch)}, arguments.rounds)  # noqa: B023
            mine, theirs = times["ours"] * 1000, times["theirs"] * 1000
            print(f"{name:<22}{mine:>11.1f} ms{theirs:>11.1f} ms{theirs / mine:>7.1f}x")


if __name__ == "__main__":
    main()
