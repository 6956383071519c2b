"""Texts to tokenize: from what any machine with Python has, and from LEANFORMERS_TEST_DATA (default ../shared)."""

from __future__ import annotations

import ast
import json
import os
import pydoc_data.topics
import re
import site
import sysconfig
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

__all__ = ["DATA", "adversarial", "read_corpora"]

DATA = Path(os.environ.get("LEANFORMERS_TEST_DATA", Path(__file__).parents[3] / "shared"))
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def read_corpora(size: int) -> dict[str, list[str]]:
    """Texts by corpus, of about `size` bytes each; those that need files that are not there are missing.

    Of "english" and "cjk" there is a "… document" too: the first megabyte as one text.
    """
    english = [*_lines("english"), *_documentation()]
    sentences = (sentence for text in english for sentence in _SENTENCE.split(text) if sentence.strip())
    short = list(islice(chain(_lines("short"), sentences), 20_000))
    corpora = {"english": english, "code": list(_sources()), "short": short}
    for text in _lines("multilingual"):
        letters = max(sum(map(str.isalpha, text)), 1)
        if len(_CJK.findall(text)) > letters / 2:
            name = "cjk"
        else:
            name = "cyrillic" if len(_CYRILLIC.findall(text)) > letters / 2 else "other"
        corpora.setdefault(name, []).append(text)
    found = {name: _up_to(size, texts) for name, texts in corpora.items()}
    documents = {
        f"{name} document": ["\n".join(_up_to(1_000_000, found[name]))] for name in ("english", "cjk") if name in found
    }
    return {**found, **documents}


def adversarial(size: int) -> dict[str, list[str]]:
    """One text of `size` characters each: what makes a naive tokenizer quadratic, or its cache useless."""
    numbers = (f"w{i * 2654435761 % 2**32:x}" for i in range(size // 9))
    return {
        "one letter": ["a" * size],
        "one word": ["abcdefghijklmnopqrstuvwxyz" * (size // 26)],
        "pairs": ["ab" * (size // 2)],
        "combining marks": ["e" + "\u0301\u0323" * (size // 2)],
        "new words": [" ".join(numbers)],
        "spaces": [" " * size],
    }


def _up_to(size: int, texts: list[str]) -> list[str]:
    """The first texts, of about `size` bytes together."""
    chosen, total = [], 0
    for text in texts:
        if total >= size:
            break
        chosen.append(text)
        total += len(text.encode())
    return chosen


def _lines(name: str) -> Iterator[str]:
    path = DATA / "corpora" / f"{name}.jsonl"
    if path.exists():
        with path.open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)["text"]


def _sources() -> Iterator[str]:
    """Python's own library, a file a text, in a fixed order."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*/*.py")) + sorted(
        Path(sysconfig.get_path("stdlib")).glob("*.py")
    ):
        if "site-packages" not in path.parts and "idlelib" not in path.parts:
            yield path.read_text(encoding="utf-8", errors="replace")


def _documentation() -> Iterator[str]:
    """English: the topics of pydoc, licences, docstrings of the library."""
    yield from map(str, pydoc_data.topics.topics.values())
    for folder in site.getsitepackages():
        for path in sorted(Path(folder).glob("*.dist-info/**/LICENSE*")):
            if path.is_file():
                yield path.read_text(encoding="utf-8", errors="replace")
    for source in _sources():
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        found = (ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, _WITH_DOCSTRINGS))
        if text := "\n\n".join(filter(None, found)):
            yield text


_WITH_DOCSTRINGS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
