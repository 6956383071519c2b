"""Training tokenizers: leanformers beside tokenizers, one thread each.

    taskset -c 0 python bench/training.py [--rounds 3] [--corpus english] [--vocab-size 30000]

The same texts and stages on both sides, from texts in memory to a trained vocabulary; the sides alternate round by
round, medians of the rounds. Vocabularies are compared: equal where the reference gives the same one in each run.

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

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers

from leanformers import train_tokenizer

DATA = Path(os.environ.get("LEANFORMERS_TEST_DATA", Path(__file__).parents[2] / "shared"))


def reference(kind: str, texts: list[str], vocab_size: int) -> dict[str, int]:
    """The vocabulary that tokenizers learns with the stages that leanformers has for this kind."""
    settings: dict[str, Any] = {"vocab_size": vocab_size, "show_progress": False}
    if kind == "word":
        tokenizer = tokenizers.Tokenizer(models.WordLevel(unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        trainer = trainers.WordLevelTrainer(special_tokens=["[UNK]", "[PAD]"], **settings)
    elif kind == "bpe":
        tokenizer = tokenizers.Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, **settings)
    elif kind == "wordpiece":
        tokenizer = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        special_tokens = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]"]
        trainer = trainers.WordPieceTrainer(special_tokens=special_tokens, **settings)
    else:
        tokenizer = tokenizers.Tokenizer(models.Unigram())
        parts = [normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD()]
        parts += [normalizers.StripAccents(), normalizers.Replace(tokenizers.Regex(" {2,}"), " ")]
        tokenizer.normalizer = normalizers.Sequence(parts)
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        special_tokens = ["<unk>", "<pad>", "</s>"]
        trainer = trainers.UnigramTrainer(special_tokens=special_tokens, unk_token="<unk>", **settings)
    tokenizer.train_from_iterator(texts, trainer)
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    return vocabulary


def timed(run: Callable[[], dict[str, int]]) -> tuple[float, dict[str, int]]:
    start = time.perf_counter()
    vocabulary = run()
    return time.perf_counter() - start, vocabulary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--corpus", default="english", choices=["english", "multilingual", "short"])
    parser.add_argument("--vocab-size", type=int, default=30_000)
    arguments = parser.parse_args()
    with (DATA / "corpora" / f"{arguments.corpus}.jsonl").open(encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{arguments.corpus}: {size:.1f} MB, vocab_size {arguments.vocab_size}, tokenizers {tokenizers.__version__}")
    for kind in ("word", "bpe", "wordpiece", "unigram"):
        times: dict[str, list[float]] = {"tokenizers": [], "leanformers": []}
        vocabularies: dict[str, dict[str, int]] = {}

        def ours(kind: str = kind) -> dict[str, int]:
            tokenizer = train_tokenizer(kind, iter(texts), vocab_size=arguments.vocab_size, threads=1)
            return tokenizer.get_vocab()

        def theirs(kind: str = kind) -> dict[str, int]:
            return reference(kind, texts, arguments.vocab_size)

        for _ in range(arguments.rounds):
            for name, run in (("tokenizers", theirs), ("leanformers", ours)):
                seconds, vocabularies[name] = timed(run)
                times[name].append(seconds)
        seconds = {name: median(values) for name, values in times.items()}
        mine, reference_vocabulary = vocabularies["leanformers"], vocabularies["tokenizers"]
        same = "equal" if mine == reference_vocabulary else f"{len(mine.keys() & reference_vocabulary.keys())} in both"
        print(
            f"{kind:10} tokenizers {seconds['tokenizers']:7.2f} s  leanformers {seconds['leanformers']:6.2f} s  "
            f"{seconds['tokenizers'] / seconds['leanformers']:5.1f} x  {len(mine)} tokens, {same}",
            flush=True,
        )


if __name__ == "__main__":
    main()
