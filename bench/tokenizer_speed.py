"""The speed of tokenizers side by side, each workload with the ratio that it is to reach.

    python bench/tokenizer_speed.py [--quick] [--only TEXT] [--chart speed.svg] [--json results.jsonl]

Ids are compared before anything is timed; texts with other ids are shown in the table. Sides take turns, round by
round; figures are medians with the slowest and the fastest round. One process for each number of threads, pinned to
as many processors: all workloads with one thread, and then some of them with two. "Cold" and "first pass" are new
tokenizers in a new process for each pass, whose caches have seen nothing; all others have seen the texts. Peers are
those that are installed: `pip install "leanformers[bench]"`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from speed.corpora import read_corpora
from speed.report import HEAD, draw, line
from speed.vocabularies import Vocabulary, make_vocabularies
from speed.workloads import WORKLOADS

MEGABYTES, ROUNDS = 4.0, 7
QUICK_MEGABYTES, QUICK_ROUNDS = 0.4, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK_MEGABYTES} MB and {QUICK_ROUNDS} rounds a workload"
    )
    parser.add_argument("--only", default="", help="workloads whose title, vocabulary or kind has this text")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--chart", type=Path, help="a .png or .svg to draw")
    parser.add_argument("--json", type=Path, help="a file for the results, one object a line")
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="count the processor's time, not the clock's: for one thread on a machine that has other work",
    )
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)  # in a process of its own: threads, vocabularies
    arguments = parser.parse_args()
    if arguments.run:
        run(int(arguments.run[0]), json.loads(arguments.run[1]), arguments)
        return
    megabytes = QUICK_MEGABYTES if arguments.quick else MEGABYTES
    with tempfile.TemporaryDirectory() as folder:
        vocabularies = make_vocabularies(Path(folder), read_corpora(int(megabytes * 1e6))["english"])
        print(HEAD, flush=True)
        results = [row for threads in arguments.threads for row in start(threads, vocabularies)]
    if arguments.json:
        arguments.json.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in results), "utf-8")
    if arguments.chart:
        draw(results, arguments.chart)


def start(threads: int, vocabularies: list[Vocabulary]) -> list[dict[str, Any]]:
    """The results of a process with so many threads; each is printed when it is known."""
    several = str(threads > 1).lower()
    environment = {
        "RAYON_NUM_THREADS": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": several,
    }
    listed = json.dumps([[*row[:2], str(row.folder), row.facts] for row in vocabularies])
    command = [sys.executable, "-W", "ignore", *sys.argv, "--run", str(threads), listed]
    results = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **environment}, text=True) as process:
        assert process.stdout is not None
        for printed in process.stdout:
            results.append(json.loads(printed))
            print(line(results[-1]), flush=True)
    if process.returncode:
        sys.exit(process.returncode)
    return results


def run(threads: int, listed: list[Any], arguments: argparse.Namespace) -> None:
    """Measure, and print a JSON object for each result."""
    from speed import measure

    if arguments.processor_time:
        measure.clock = time.process_time
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    vocabularies = {row[0]: Vocabulary(row[0], row[1], Path(row[2]), row[3]) for row in listed}
    corpora = read_corpora(int((QUICK_MEGABYTES if arguments.quick else MEGABYTES) * 1e6))
    corpora["adversarial"] = corpora["english"]
    for workload in WORKLOADS:
        texts, vocabulary = corpora.get(workload.corpus), vocabularies.get(workload.vocabulary)
        wanted = any(arguments.only.lower() in part.lower() for part in workload[:3])
        if not texts or vocabulary is None or not wanted or (threads > 1 and not workload.with_threads):
            continue
        rounds = QUICK_ROUNDS if arguments.quick else ROUNDS
        for result in measure.measure(workload, vocabulary, texts, threads=threads, rounds=rounds):
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
