"""What `info` tells of a model folder. It reads headers and JSON only: no torch, and no weights."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

from ..files import read_json
from ..hub.resolve import resolve_folder

__all__ = ["describe"]

_CONFIG_KEYS = [
    "model_type",
    "architectures",
    "hidden_size",
    "dim",
    "num_hidden_layers",
    "n_layers",
    "num_attention_heads",
    "n_heads",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "id2label",
]


def describe(model: str) -> dict[str, dict[str, Any]]:
    """Sections of facts about a folder: "model", "tensors", "tokenizer", "files"; those that it has."""
    folder = resolve_folder(model)
    sections: dict[str, dict[str, Any]] = {"model": {"folder": str(folder)}}
    if (folder / "config.json").is_file():
        config = read_json(folder / "config.json")
        sections["model"] |= {key: _short(config[key]) for key in _CONFIG_KEYS if key in config}
    if (folder / "modules.json").is_file():
        sections["model"]["sentence encoder"] = "yes (modules.json)"
    if weights := sorted(folder.glob("*.safetensors")):
        sections["tensors"] = _tensors(weights)
    if (folder / "tokenizer.json").is_file() or (folder / "vocab.txt").is_file():
        sections["tokenizer"] = _tokenizer(folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sections["files"] = {str(path.relative_to(folder)): f"{path.stat().st_size:,} bytes" for path in files}
    return sections


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else str(value)
    return text if len(text) <= 200 else text[:200] + "…"


def _tensors(paths: list[Path]) -> dict[str, Any]:
    from ..models.safetensors_header import read_header

    dtypes: Counter[str] = Counter()
    count = 0
    for path in paths:
        for tensor in read_header(path).values():
            dtypes[tensor.dtype] += math.prod(tensor.shape)
            count += 1
    parameters = {f"parameters in {dtype}": f"{number:,}" for dtype, number in sorted(dtypes.items())}
    return {"tensors": count, **parameters}


def _tokenizer(folder: Path) -> dict[str, Any]:
    from ..auto import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    facts: dict[str, Any] = {"class": type(tokenizer).__name__, "tokens": f"{len(tokenizer):,}"}
    facts["special tokens"] = " ".join(tokenizer.all_special_tokens)
    limit = tokenizer.model_max_length
    facts["longest text"] = f"{limit:,} tokens" if limit < 10**9 else "no limit known"
    return facts | dict(line.split(": ", 1) for line in tokenizer.explain().splitlines())
