"""How long from_pretrained takes on vocabularies of today's size: 250,000 Unigram pieces and 150,000 BPE tokens.

    python bench/loading.py [--rounds 9] [--folder DIR]

Each round is a fresh process, which imports, loads once, and loads once more; ours and the reference's take turns.
Medians of: the first and the second load (milliseconds of processor time and of the clock), and the whole process above
bare Python. The folders are made by bench/vocabularies.py, or one is given.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from vocabularies import write_bpe, write_unigram

CODE = """
import json, sys, time
begin = time.perf_counter()
{imports}
figures = {{"import": time.perf_counter() - begin}}
for name in ("first", "second"):
    clock, processor = time.perf_counter(), time.process_time()
    tokenizer = {load}
    figures[name], figures[name + " (processor)"] = time.perf_counter() - clock, time.process_time() - processor
print(json.dumps(figures))
"""
SIDES = {
    "leanformers": ("from leanformers import AutoTokenizer", "AutoTokenizer.from_pretrained(sys.argv[1])"),
    "tokenizers": ("from tokenizers import Tokenizer", 'Tokenizer.from_file(sys.argv[1] + "/tokenizer.json")'),
}


def run(code: str, folder: Path) -> tuple[str, float]:
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True, text=True)
    return done.stdout, time.perf_counter() - begin


def measure(folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Median milliseconds by side and figure."""
    found: dict[str, dict[str, list[float]]] = {side: {} for side in SIDES}
    for _ in range(rounds):
        _, bare = run("pass", folder)
        for side, (imports, load) in SIDES.items():
            printed, whole = run(CODE.format(imports=imports, load=load), folder)
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
            folders = {"250,002 Unigram pieces": Path(temporary, "u"), "151,665 BPE tokens": Path(temporary, "b")}
            for folder, write in zip(folders.values(), (write_unigram, write_bpe), strict=True):
                write(folder)
        print(
            "| vocabulary | side | import | first load | its processor time | second load | process above bare Python |"
        )
        print("|---|---|---:|---:|---:|---:|---:|")
        for name, folder in folders.items():
            for side, of in measure(folder, arguments.rounds).items():
                columns = ("import", "first", "first (processor)", "second", "process")
                print(
                    f"| {name} | {side} | " + " | ".join(f"{of[column]:.0f} ms" for column in columns) + " |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
