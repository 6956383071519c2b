"""Writing on behind prompts: leanformers beside transformers, fp32, one thread, greedy, the same random weights.

    python bench/generation.py [--rounds 3] [--layers 6]

Two shapes with small vocabularies, GPT-2's (768 wide) and Qwen3's (1024 wide, shared heads), cut to `--layers` blocks;
8 prompts of 8 to 120 tokens, or one of 32, with 32 new tokens each. Ids are compared before the clock runs. The sides
alternate round by round; medians.
"""

from __future__ import annotations

import argparse
import tempfile
from typing import Any

import torch
import transformers
from encode import alternate

from leanformers import AutoModelForCausalLM

NEW = 32
LENGTHS = {"8 prompts": (8, 24, 40, 56, 72, 88, 104, 120), "1 prompt": (32,)}


def pair(name: str, layers: int) -> tuple[Any, Any]:
    """The same random model on both sides."""
    common = {"vocab_size": 8192, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": None}
    if name == "gpt2":
        config = transformers.GPT2Config(n_layer=layers, **common)
    else:
        config = transformers.Qwen3Config(
            hidden_size=1024,
            intermediate_size=3072,
            num_hidden_layers=layers,
            num_attention_heads=16,
            num_key_value_heads=8,
            tie_word_embeddings=True,
            **common,
        )
    torch.manual_seed(0)
    reference = transformers.AutoModelForCausalLM.from_config(config).eval()
    with tempfile.TemporaryDirectory() as folder:
        reference.save_pretrained(folder)
        return reference, AutoModelForCausalLM.from_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--layers", type=int, default=6)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    print("| model | prompts | leanformers, tokens/s | transformers, tokens/s | ratio | ids |")
    print("|---|---|---:|---:|---:|---|")
    for name in ("gpt2", "qwen3"):
        reference, ours = pair(name, arguments.layers)
        for label, lengths in LENGTHS.items():
            width = max(lengths)
            generator = torch.Generator().manual_seed(1)
            ids = torch.zeros(len(lengths), width, dtype=torch.long)
            mask = torch.zeros_like(ids)
            for row, length in enumerate(lengths):
                ids[row, width - length :] = torch.randint(5, 8192, (length,), generator=generator)
                mask[row, width - length :] = 1
            batch = {"input_ids": ids, "attention_mask": mask, "max_new_tokens": NEW}
            same = torch.equal(ours.generate(**batch), reference.generate(**batch))

            def run_ours(batch: Any = batch, model: Any = ours) -> None:
                model.generate(**batch)

            def run_reference(batch: Any = batch, model: Any = reference) -> None:
                model.generate(**batch)

            times = alternate({"ours": run_ours, "reference": run_reference}, arguments.rounds)
            speeds = {side: len(lengths) * NEW / seconds for side, seconds in times.items()}
            ratio = speeds["ours"] / speeds["reference"]
            print(
                f"| {name} | {label} | {speeds['ours']:.0f} | {speeds['reference']:.0f} | {ratio:.2f} | "
                f"{'equal' if same else 'DIFFERENT'} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
