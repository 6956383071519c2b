"""Where tests find real vocabularies, checkpoints and text, and how many threads they use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # the reference warns about forks otherwise
os.environ["RUST_BACKTRACE"] = "0"  # of the panics of the reference that tests provoke
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no test may reach for a hub

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder with real vocabularies, checkpoints and corpora: `LEANFORMERS_TEST_DATA`, default `../shared`."""
    folder = Path(os.environ.get("LEANFORMERS_TEST_DATA", ROOT.parent / "shared"))
    if not (folder / "checkpoints").is_dir():
        message = f"no test data in {folder}: set LEANFORMERS_TEST_DATA"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session", autouse=True)
def one_torch_thread() -> None:
    """Small tensors: more threads only add noise. Tests that are about threads set their own number."""
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    """`threads(2)` sets torch's threads; the old number comes back after the test."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)
