"""A small tokenizer for conversations, in both libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from leanformers import AutoTokenizer

from .conversations import Both, make_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("chat"))


@pytest.fixture
def both(folder: Path) -> Both:
    transformers = pytest.importorskip("transformers")
    return Both(AutoTokenizer.from_pretrained(folder), transformers.AutoTokenizer.from_pretrained(folder))


@pytest.fixture(scope="module")
def shared(folder: Path) -> Both:
    """Both, for tests that change neither."""
    transformers = pytest.importorskip("transformers")
    return Both(AutoTokenizer.from_pretrained(folder), transformers.AutoTokenizer.from_pretrained(folder))


@pytest.fixture
def ours(folder: Path) -> Any:
    return AutoTokenizer.from_pretrained(folder)
