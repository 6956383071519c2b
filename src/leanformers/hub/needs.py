"""Which files of a repository a thing needs: a tokenizer no weights, a model no second copy of its weights.

the names of a commit's files → **select** → the names to fetch
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from fnmatch import fnmatch
from pathlib import Path

from ..files import read_json

__all__ = ["Need", "indexes", "select", "shards_of_index", "weights_of"]

_TOKENIZER = (
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "config.json",
    "chat_template.jinja", "chat_template.json", "additional_chat_templates/*.jinja",
)  # fmt: skip
_VOCABULARY = ("vocab.txt", "vocab.json", "merges.txt", "tekken.json", "*.tiktoken", "*.model")
_SENTENCE = ("modules.json", "config_sentence_transformers.json", "sentence_bert_config.json")
_INDEX = re.compile(r"\.index(\.[^/]+)?\.json$")
_MODULE = re.compile(r"\d+_\w+/")  # a module's folder, as sentence-transformers names it


class Need(Enum):
    """What is to be read from a folder."""

    CONFIG = "config"
    TOKENIZER = "tokenizer"
    MODEL = "model"
    SENTENCE_ENCODER = "sentence encoder"
    EVERYTHING = "everything"


def select(names: Iterable[str], need: Need, *, subfolder: str = "", variant: str | None = None) -> list[str]:
    """The files in `subfolder` that `need` asks for, in order."""
    prefix = f"{subfolder.strip('/')}/" if subfolder.strip("/") else ""
    inside = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
    if need is Need.CONFIG:
        chosen = [name for name in inside if name == "config.json"]
    elif need is Need.TOKENIZER:
        chosen = _tokenizer(inside)
    elif need is Need.MODEL:
        chosen = _model(inside, variant)
    elif need is Need.SENTENCE_ENCODER:
        chosen = _sentence_encoder(inside, variant)
    else:
        chosen = inside
    return sorted(prefix + name for name in set(chosen))


def _tokenizer(names: list[str]) -> list[str]:
    vocabulary = ("tokenizer.json",) if "tokenizer.json" in names else _VOCABULARY
    patterns = (*_TOKENIZER, *vocabulary)
    return [n for n in names if any(n.count("/") == p.count("/") and fnmatch(n, p) for p in patterns)]


def _model(names: list[str], variant: str | None) -> list[str]:
    settings = [name for name in names if name in ("config.json", "generation_config.json")]
    return settings + weights_of(names, variant)


def weights_of(names: list[str], variant: str | None = None) -> list[str]:
    """The weight files in the order of choice: one safetensors file, its shards with their index, then .bin files."""
    dotted = f".{variant}" if variant else ""
    for stem, ending in (("model", "safetensors"), ("pytorch_model", "bin")):
        single, index = f"{stem}{dotted}.{ending}", f"{stem}.{ending}.index{dotted}.json"
        if single in names:
            return [single]
        if index in names:
            mark, part = re.escape(dotted), r"-\d+-of-\d+"  # transformers has had the variant on either side
            shard = re.compile(rf"{stem}({mark}{part}|{part}{mark})\.{ending}")
            return [index, *(name for name in names if shard.fullmatch(name))]
    return []


def indexes(names: Iterable[str]) -> list[str]:
    """Those of the files that list the shards of weights."""
    return [name for name in names if _INDEX.search(name)]


def shards_of_index(chosen: list[str], snapshot: Path) -> list[str]:
    """The chosen files, of shards only those that the index in `snapshot` names; a repository may have older ones."""
    for index in indexes(chosen):
        if (snapshot / index).is_file():
            prefix = index[: index.rfind("/") + 1]
            places = read_json(snapshot / index).get("weight_map")
            named = {prefix + str(name) for name in places.values()} if isinstance(places, dict) else set()
            others = [
                name for name in chosen if not (name.startswith(prefix) and name.endswith((".safetensors", ".bin")))
            ]
            chosen = sorted({*others, *named})
    return chosen


def _sentence_encoder(names: list[str], variant: str | None) -> list[str]:
    folders = {match[0] for name in names if (match := _MODULE.match(name))}
    chosen = []
    for prefix in ("", *sorted(folders)):
        inside = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
        files = [*_tokenizer(inside), *_model(inside, variant), *(name for name in inside if name in _SENTENCE)]
        chosen += [prefix + name for name in files]
    return chosen
