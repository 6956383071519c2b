"""How long from_pretrained takes on vocabularies of today's size, and how much memory.

    python bench/loading.py [--rounds 9] [--folder DIR | --older]

Each round is a fresh process, which imports, loads once, and loads once more; ours and the reference's take turns.
Medians of: the first and the second load (milliseconds of processor time and of the clock), the whole process above
bare Python, and how far the first load raised the peak of memory. Python's bytecode is there, as it is for an installed
package. The folders are made by bench/vocabularies.py, or one is given. "with a plan" maps the plan that a process
before the rounds has written into a cache of its own.

With --older the folders have the files that came before tokenizer.json, and others are transformers and tiktoken: those
in LEANFORMERS_TEST_DATA, OpenAI's ranks and XLM-RoBERTa's pieces, as far as the packages that bring them are installed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from speed.corpora import DATA
from speed.fairseq import write_xlm_roberta
from speed.vocabularies import write_ranks
from vocabularies import write_bpe, write_unigram, write_wordpiece

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = """
import json, sys, time
def peak():  # in KiB; Linux
    return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
begin = time.perf_counter()
{imports}
figures = {{"import": time.perf_counter() - begin}}
before = peak()
for name in ("first", "second"):
    clock, processor = time.perf_counter(), time.process_time()
    tokenizer = {load}
    figures[name], figures[name + " (processor)"] = time.perf_counter() - clock, time.process_time() - processor
    figures.setdefault("memory", (peak() - before) / 1024 / 1e3)
print(json.dumps(figures))
"""
MADE: dict[str, Callable[[Path], None]] = {
    "250,002 Unigram pieces": write_unigram,
    "151,665 BPE tokens": write_bpe,
    "200,022 BPE tokens, ignore_merges": lambda folder: write_bpe(folder, 200_000, ignore_merges=True),
    "119,547 WordPiece tokens": write_wordpiece,
}
SIDES = {
    "leanformers": ("from leanformers import AutoTokenizer", "AutoTokenizer.from_pretrained(sys.argv[1])"),
    "leanformers, with a plan": (
        "from leanformers import AutoTokenizer",
        'AutoTokenizer.from_pretrained(sys.argv[1], plan_cache=sys.argv[1] + "/plans")',
    ),
    "tokenizers": ("from tokenizers import Tokenizer", 'Tokenizer.from_file(sys.argv[1] + "/tokenizer.json")'),
}


def older(folder: Path) -> dict[str, tuple[Path, dict[str, tuple[str, str]]]]:
    """Folders with older files, and who reads each and how."""

    def with_transformers(kind: str) -> dict[str, tuple[str, str]]:
        load = f"{kind}.from_pretrained(sys.argv[1])"
        return {side: (f"from {side} import {kind}", load) for side in ("leanformers", "transformers")}

    def with_tiktoken(name: str) -> dict[str, tuple[str, str]]:
        ranks = f'load_tiktoken_bpe(sys.argv[1] + "/{name}.tiktoken")'
        return {
            "leanformers": SIDES["leanformers"],
            "tiktoken": (
                # Without its cache, which would be read instead of the file.
                'import os; os.environ["TIKTOKEN_CACHE_DIR"] = ""\n'
                "from tiktoken import Encoding\nfrom tiktoken.load import load_tiktoken_bpe",
                f'Encoding("{name}", pat_str=r"\\S+|\\s+", mergeable_ranks={ranks}, special_tokens={{}})',
            ),
        }

    shared = DATA / "tokenizers"
    found = {
        "vocab.txt, 30,522 tokens": (shared / "bert-base-uncased", with_transformers("BertTokenizer")),
        "vocab.json and merges.txt, 50,257 tokens": (shared / "gpt2", with_transformers("GPT2Tokenizer")),
        "spiece.model, 32,100 tokens": (shared / "t5-base", with_transformers("T5Tokenizer")),
    }
    for name in ("cl100k_base", "o200k_base"):
        found[f"{name}.tiktoken"] = (write_ranks(folder / name, name), with_tiktoken(name))
    with contextlib.suppress(ImportError, OSError):
        lines = ["the quick brown fox jumps over the lazy dog"] * 50  # only its normalizer is wanted
        write_xlm_roberta(folder / "xlm-roberta", lines)
        (folder / "xlm-roberta" / "fairseq.model").unlink()
    xlm_roberta = (folder / "xlm-roberta", with_transformers("XLMRobertaTokenizer"))
    found["sentencepiece.bpe.model, 250,002 tokens"] = xlm_roberta
    return {name: (path, sides) for name, (path, sides) in found.items() if path.is_dir() and any(path.iterdir())}


def run(code: str, folder: Path, bytecode: str) -> tuple[str, float]:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], check=True, capture_output=True, text=True, env=environment
    )
    return done.stdout, time.perf_counter() - begin


def measure(folder: Path, sides: dict[str, tuple[str, str]], rounds: int, bytecode: str) -> dict[str, dict[str, float]]:
    """Median milliseconds, or megabytes, by side and figure."""
    found: dict[str, dict[str, list[float]]] = {side: {} for side in sides}
    for imports, load in sides.values():
        run(CODE.format(imports=imports, load=load), folder, bytecode)
    for _ in range(rounds):
        _, bare = run("pass", folder, bytecode)
        for side, (imports, load) in sides.items():
            printed, whole = run(CODE.format(imports=imports, load=load), folder, bytecode)
            figures = json.loads(printed)
            figures["process"] = whole - bare - figures["second"]
            for name, seconds in figures.items():
                found[side].setdefault(name, []).append(seconds * 1e3)
    return {side: {name: statistics.median(times) for name, times in of.items()} for side, of in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--folder", type=Path, help="a folder with a tokenizer.json, instead of the made ones")
    instead.add_argument("--older", action="store_true", help="folders with older files, instead of the made ones")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folders = {"given": (arguments.folder, SIDES)} if arguments.folder else {}
        if arguments.older:
            folders = older(Path(temporary))
        elif not folders:
            for name, write in MADE.items():
                folders[name] = (Path(temporary, name), SIDES)
                write(Path(temporary, name))
        print(
            "| vocabulary | side | import | first load | its processor time | second load | process above bare Python "
            "| peak of memory |"
        )
        print("|---|---|---:|---:|---:|---:|---:|---:|")
        for name, (folder, sides) in folders.items():
            for side, of in measure(folder, sides, arguments.rounds, str(Path(temporary, "bytecode"))).items():
                columns = ("import", "first", "first (processor)", "second", "process")
                times = " | ".join(f"{of[column]:.0f} ms" for column in columns)
                print(f"| {name} | {side} | {times} | +{of['memory']:.0f} MB |", flush=True)


if __name__ == "__main__":
    main()
