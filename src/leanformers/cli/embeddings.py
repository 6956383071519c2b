"""Where `embed` writes: JSON lines as they come, or one .npy file that is there whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputValueError, MissingFileError
from .output import print_object

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Write = Callable[[list[str], NDArray[numpy.float32]], None]

__all__ = ["open_output"]


@contextmanager
def open_output(path: Path | None) -> Iterator[Write]:
    """A function that takes texts and their embeddings (texts, width); files get their name when all went well.

    Raises:
        InputValueError: the name ends neither in .npy nor in .jsonl.
        MissingFileError: its folder does not exist.
    """
    if path is None:
        yield _print
        return
    if path.suffix not in {".npy", ".jsonl"}:
        raise InputValueError(f"cannot write {path}: give a name that ends in .npy or .jsonl")
    if not path.parent.is_dir():
        raise MissingFileError(f"cannot write {path}: there is no folder {path.parent}")
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=path.parent) as folder:
        temporary = Path(folder, path.name)
        with _jsonl(temporary) if path.suffix == ".jsonl" else _npy(temporary) as write:
            yield write
        temporary.replace(path)


def _print(texts: list[str], vectors: NDArray[numpy.float32]) -> None:
    for row in _objects(texts, vectors):
        print_object(row)


def _objects(texts: list[str], vectors: NDArray[numpy.float32]) -> Iterator[dict[str, Any]]:
    for text, vector in zip(texts, vectors, strict=True):
        yield {"text": text, "embedding": vector.tolist()}


@contextmanager
def _jsonl(path: Path) -> Iterator[Write]:
    import json

    with path.open("w", encoding="utf-8", errors="replace") as file:

        def write(texts: list[str], vectors: NDArray[numpy.float32]) -> None:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in _objects(texts, vectors))

        yield write


@contextmanager
def _npy(path: Path) -> Iterator[Write]:
    import numpy

    parts: list[NDArray[numpy.float32]] = []  # the header of the file needs to know how many rows there are
    yield lambda texts, vectors: parts.append(vectors)
    numpy.save(path, numpy.concatenate(parts) if parts else numpy.zeros((0, 0), numpy.float32))
