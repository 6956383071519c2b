"""Writing on behind prompts: leanformers beside transformers, fp32, one thread, greedy, the same random weights.

    python bench/generation.py [--rounds 3] [--layers 6] [--models gpt2 qwen3 t5 bart]

Four shapes with small vocabularies, GPT-2's (768 wide), Qwen3's (1024 wide, shared heads), T5 base's and BART base's
(768 wide), cut to `--layers` blocks; 8 prompts of 8 to 120 tokens, or one of 32, with 32 new tokens each, and for the
encoder–decoders the same with 4 beams. Ids are compared before the clock runs. The sides alternate round by round;
medians.
"""

from __future__ import annotations

import argparse
import tempfile
from typing import Any

import torch
import transformers
from encode import alternate

from leanformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

NEW = 32
LENGTHS = {"8 prompts": (8, 24, 40, 56, 72, 88, 104, 120), "1 prompt": (32,)}
PAIRS = ("t5", "bart")


def pair(name: str, layers: int) -> tuple[Any, Any]:
    """The same random model on both sides."""
    common = {"vocab_size": 8192, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": None}
    kinds = (transformers.AutoModelForCausalLM, AutoModelForCausalLM)
    if name in PAIRS:
        kinds = (transformers.AutoModelForSeq2SeqLM, AutoModelForSeq2SeqLM)
        common["decoder_start_token_id"] = 0
    if name == "gpt2":
        config = transformers.GPT2Config(n_layer=layers, **common)
    elif name == "t5":
        config = transformers.T5Config(d_model=768, d_ff=3072, num_heads=12, num_layers=layers, **common)
    elif name == "bart":
        parts = {"layers": layers, "ffn_dim": 3072, "attention_heads": 12}
        stacks = {f"{part}_{key}": value for part in ("encoder", "decoder") for key, value in parts.items()}
        config = transformers.BartConfig(d_model=768, forced_eos_token_id=None, **stacks, **common)
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
    reference = kinds[0].from_config(config).eval()
    with tempfile.TemporaryDirectory() as folder:
        reference.save_pretrained(folder)
        return reference, kinds[1].from_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--layers", type=int, default=6)
    names = ["gpt2", "qwen3", *PAIRS]
    parser.add_argument("--models", nargs="+", choices=names, default=names)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    print("| model | prompts | leanformers, tokens/s | transformers, tokens/s | ratio | ids |")
    print("|---|---|---:|---:|---:|---|")
    for name in arguments.models:
        sides = pair(name, arguments.layers)
        for beams in (1, 4) if name in PAIRS else (1,):
            for label, lengths in LENGTHS.items():
                row = compare(*sides, lengths, beams, arguments.rounds)
                print(f"| {name} | {label}{f', {beams} beams' if beams > 1 else ''} | {row} |", flush=True)


def compare(reference: Any, ours: Any, lengths: tuple[int, ...], beams: int, rounds: int) -> str:
    """The speeds of both sides, their ratio, and whether the ids are equal."""
    width = max(lengths)
    generator = torch.Generator().manual_seed(1)
    ids = torch.zeros(len(lengths), width, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(lengths):
        begin = 0 if reference.config.is_encoder_decoder else width - length  # where BART counts positions from
        ids[row, begin : begin + length] = torch.randint(5, 8192, (length,), generator=generator)
        mask[row, begin : begin + length] = 1
    batch = {"input_ids": ids, "attention_mask": mask, "max_new_tokens": NEW, "num_beams": beams}
    same = torch.equal(ours.generate(**batch), reference.generate(**batch))
    sides = {"ours": lambda: ours.generate(**batch), "reference": lambda: reference.generate(**batch)}
    times = alternate(sides, rounds)
    speeds = {side: len(lengths) * NEW / seconds for side, seconds in times.items()}
    ratio = speeds["ours"] / speeds["reference"]
    return f"{speeds['ours']:.0f} | {speeds['reference']:.0f} | {ratio:.2f} | {'equal' if same else 'DIFFERENT'}"


if __name__ == "__main__":
    main()
