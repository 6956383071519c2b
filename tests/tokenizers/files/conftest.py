"""A tokenizer, texts of every kind, and the same texts in files of every format."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leanformers import AutoTokenizer, TokenFile


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained("leanformers/tiny-sentiment", model_max_length=10**9)


def some_texts(count: int, seed: int = 0) -> list[str]:
    """Short and long texts, empty ones, quotes, commas, other scripts; without ends of lines."""
    chosen = random.Random(seed)
    words = ["good", "bad", 'a "quoted" word', "commas, too", "文字", "été", "naïve", "[SEP]", "😀", "\t", "tab", " "]
    return [" ".join(chosen.choices(words, k=chosen.choice((0, 1, 3, 12, 60)))) for _ in range(count)]


def rows_of(path: Path) -> list[list[int]]:
    if path.suffix == ".parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        rows: list[list[int]] = parquet.read_table(path)["input_ids"].to_pylist()
        return rows
    return [row.tolist() for row in TokenFile.open(path)]


def write_lines(path: Path, texts: list[str]) -> None:
    path.write_bytes("".join(text + "\n" for text in texts).encode())


def write_jsonl(path: Path, texts: list[str]) -> None:
    path.write_bytes("".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(texts)).encode())


def write_csv(path: Path, texts: list[str]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter="\t" if ".tsv" in path.name else ",").writerows([["id", "text"], *enumerate(texts)])


def write_parquet(path: Path, texts: list[str]) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.table({"id": range(len(texts)), "text": texts}), path, row_group_size=7)


def _packed(write: Callable[[Path, list[str]], None]) -> Callable[[Path, list[str]], None]:
    def write_packed(path: Path, texts: list[str]) -> None:
        write(path, texts)
        path.write_bytes(gzip.compress(path.read_bytes()))

    return write_packed


WRITERS: dict[str, Callable[[Path, list[str]], None]] = {
    "texts.txt": write_lines,
    "texts.jsonl": write_jsonl,
    "texts.csv": write_csv,
    "texts.tsv": write_csv,
    "texts.parquet": write_parquet,
    "texts.txt.gz": _packed(write_lines),
    "texts.jsonl.gz": _packed(write_jsonl),
    "texts.csv.gz": _packed(write_csv),
}


@pytest.fixture(params=WRITERS)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The file with `some_texts(200)`, in every format."""
    path = tmp_path / request.param
    WRITERS[request.param](path, some_texts(200))
    return path


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of a few rows, so that small files have many."""
    from leanformers.tokenizers.files import readers

    monkeypatch.setattr(readers, "CHUNK", 300)
