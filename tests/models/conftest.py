"""A tiny model of this library alone, in memory and in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from leanformers.config import Config  # noqa: E402
from leanformers.models.classes import BertForSequenceClassification, BertModel  # noqa: E402


@pytest.fixture
def config() -> Config:
    return Config(
        "bert",
        vocab_size=50,
        hidden_size=32,
        num_attention_heads=2,
        num_hidden_layers=2,
        intermediate_size=64,
        max_position_embeddings=16,
        initializer_range=0.2,
    )


@pytest.fixture
def model(config: Config) -> Any:
    torch.manual_seed(0)
    return BertModel(config).eval()


@pytest.fixture
def classifier(config: Config) -> Any:
    torch.manual_seed(0)
    config.num_labels = 3
    return BertForSequenceClassification(config).eval()


@pytest.fixture
def folder(model: Any, tmp_path: Path) -> Path:
    """A folder with the tiny base model."""
    model.save_pretrained(tmp_path / "tiny")
    return tmp_path / "tiny"
