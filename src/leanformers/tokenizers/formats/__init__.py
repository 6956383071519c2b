"""The files a tokenizer can come from, one module each: `read(folder, settings) -> Spec | None`. ← ADD A FORMAT here.

The first format that finds its files wins. tokenizer.json stands before the older ones, which it replaces; they are
imported only where it is missing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from ..settings import Settings
    from ..spec import Spec

__all__ = ["describes_itself", "found_files", "looked_for", "read_spec"]

# Each module has FILES, the names that it looks for, and but for the first FAMILIES, the classes that it reads for.
_FORMATS = ("tokenizer_json", "vocab_txt", "vocab_json", "sentencepiece", "tiktoken", "tekken")


def _modules() -> Iterator[ModuleType]:
    return (import_module(f".{name}", __name__) for name in _FORMATS)


def read_spec(folder: Path, settings: Settings) -> Spec | None:
    """The tokenizer in `folder`, or None when it holds no file of a known format.

    Raises:
        FileFormatError: a file is there, but broken or with parts that are not known.
    """
    for module in _modules():
        spec: Spec | None = module.read(folder, settings)
        if spec is not None:
            return spec
    return None


def describes_itself(folder: Path) -> bool:
    """Whether `folder` has a vocabulary that needs no configuration: tekken.json or tiktoken's ranks."""
    from . import tekken, tiktoken

    return any((folder / name).exists() for name in tekken.FILES) or tiktoken.find(folder) is not None


def looked_for(tokenizer_class: str | None = None) -> list[str]:
    """The names of the files that a class looks for, or all that any class does; for errors."""
    names = [
        name
        for module in _modules()
        if tokenizer_class is None or tokenizer_class in getattr(module, "FAMILIES", (tokenizer_class,))
        for name in module.FILES
    ]
    return list(dict.fromkeys(names))


def found_files(folder: Path) -> list[str]:
    """The names of the vocabulary files in `folder`, for errors."""
    return sorted({path.name for name in looked_for() for path in folder.glob(name)})
