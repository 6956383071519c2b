"""How long `from leanformers import AutoTokenizer` takes in a fresh process, above bare Python; and what it pulls in.

Run: python bench/import_time.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15
STATEMENTS = {
    "bare Python": "pass",
    "leanformers": "from leanformers import AutoTokenizer",
    "tokenizers": "import tokenizers",
}


def milliseconds(statement: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return (time.perf_counter() - begin) * 1e3


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for _ in range(ROUNDS + 1):
        for name, statement in STATEMENTS.items():
            times[name].append(milliseconds(statement))
    medians = {name: statistics.median(values[1:]) for name, values in times.items()}  # the first round warms the disk
    for name, median in medians.items():
        above = median - medians["bare Python"]
        print(f"{name:12} {median:6.1f} ms, {above:+6.1f} ms above bare Python (median of {ROUNDS})")
    check = (
        "import sys; from leanformers import AutoTokenizer; "
        "print(sorted({'numpy', 'torch', 'huggingface_hub'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", check], check=True, capture_output=True, text=True).stdout.strip()
    print(f"of numpy, torch, huggingface_hub it imported: {loaded}")


if __name__ == "__main__":
    main()
