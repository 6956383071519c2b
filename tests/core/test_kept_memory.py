"""The memory of large batches is kept for the next one, and most of it offered to the system."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SMAPS = Path("/proc/self/smaps_rollup")
BATCHES = """
from pathlib import Path

from leanformers import BertTokenizer

def lazily_freed():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("LazyFree:")) >> 10  # MiB

Path("vocab.txt").write_text("[UNK]\\n[CLS]\\n[SEP]\\na\\nb\\n")
tokenizer = BertTokenizer.from_pretrained(".")
texts = ["a b " * 50_000] * 100
first = tokenizer.encode_ragged(texts, spans=True, threads=1)
expected = bytes(first.ids[:200_004].tobytes()), first.spans[-100_002:].copy().tobytes()
size = first.ids.nbytes + first.spans.nbytes >> 20
before = lazily_freed()
del first
offered = lazily_freed()
again = tokenizer.encode_ragged(texts, spans=True, threads=1)
same = expected == (again.ids[:200_004].tobytes(), again.spans[-100_002:].tobytes())
print(size, before, offered, lazily_freed(), same)
"""


@pytest.mark.skipif(
    not SMAPS.exists() or "LazyFree:" not in SMAPS.read_text(),
    reason="the system does not tell what has been offered to it",
)
def test_what_is_kept_beyond_64_mib_is_offered_to_the_system(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", BATCHES], cwd=tmp_path, capture_output=True, text=True, check=True)
    size, before, offered, while_used, same = run.stdout.split()
    assert same == "True"
    assert int(size) > 100
    assert int(before) == int(while_used) == 0  # what is in use is nobody else's
    assert int(size) - 64 <= int(offered) <= int(size) + 8
