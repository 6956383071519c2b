"""How long from_pretrained takes on vocabularies of today's size, and how much memory.

    python bench/loading.py [--rounds 9] [--folder DIR]

Each round is a fresh process, which imports, loads once, and loads once more; ours and the reference's take turns.
Medians of: the first and the second load (milliseconds of processor time and of the clock), the whole process above
bare Python, and how far the first load raised the peak of memory. Python's bytecode is there, as it is for an installed
package. The folders are made by bench/vocabularies.py, or one is given. "with a plan" maps the plan that a process
before the rounds has written into a cache of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

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


def run(code: str, folder: Path, bytecode: str) -> tuple[str, float]:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], check=True, capture_output=True, text=True, env=environment
    )
    return done.stdout, time.perf_counter() - begin


def measure(folder: Path, rounds: int, bytecode: str) -> dict[str, dict[str, float]]:
    """Median milliseconds, or megabytes, by side and figure."""
    found: dict[str, dict[str, list[float]]] = {side: {} for side in SIDES}
    for imports, load in SIDES.values():
        run(CODE.format(imports=imports, load=load), folder, bytecode)
    for _ in range(rounds):
        _, bare = run("pass", folder, bytecode)
        for side, (imports, load) in SIDES.items():
            printed, whole = run(CODE.format(imports=imports, load=load), folder, bytecode)
            figures = json.loads(printed)
            figures["process"] = whole - bare - figures["second"]
            for name, seconds in figures.items():
                found[side].setdefault(name, []).append(seconds * 1e3)
    return {side: {name: statistics.median(times) for name, times in of.items()} for side, of in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", type=Path, help="a folder with a tokenizer.json, instead of the made ones")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folders = {"given": arguments.folder} if arguments.folder else {}
        if not folders:
            folders = {name: Path(temporary, name) for name in MADE}
            for name, write in MADE.items():
                write(folders[name])
        print(
            "| vocabulary | side | import | first load | its processor time | second load | process above bare Python "
            "| peak of memory |"
        )
        print("|---|---|---:|---:|---:|---:|---:|---:|")
        for name, folder in folders.items():
            for side, of in measure(folder, arguments.rounds, str(Path(temporary, "bytecode"))).items():
                columns = ("import", "first", "first (processor)", "second", "process")
                times = " | ".join(f"{of[column]:.0f} ms" for column in columns)
                print(f"| {name} | {side} | {times} | +{of['memory']:.0f} MB |", flush=True)


if __name__ == "__main__":
    main()
