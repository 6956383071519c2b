"""Rank files of tiktoken: a token in base64 and its rank on each line. *.tiktoken, or Llama 3's tokenizer.model."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, NamedTuple

from ... import _core
from ...errors import FileFormatError
from ...files import read_bytes
from ..special_tokens import content_of, row_of
from . import documents
from .ranks import post_processor, ranked_document, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..settings import Settings
    from ..spec import Spec

__all__ = ["FAMILIES", "FILES", "find", "read"]

FILES = ("*.tiktoken", "tokenizer.model", "tiktoken.model")
FAMILIES = ("LlamaTokenizer", "PreTrainedTokenizer")
_FIRST_LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2} \d+\r?$")
_MOST_PLACEHOLDERS = 2**16
_HIGHEST_RANK = 2**31


class Encoding(NamedTuple):
    """What a rank file does not say: how a text is cut into words, and the ids of the special tokens."""

    pattern: str
    special_tokens: Mapping[str, int] = {}


_CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_R50K = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_ENDING = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_O200K = (
    rf"[^\r\n\p{{L}}\p{{N}}]?[\p{{Lu}}\p{{Lt}}\p{{Lm}}\p{{Lo}}\p{{M}}]*[\p{{Ll}}\p{{Lm}}\p{{Lo}}\p{{M}}]+{_ENDING}"
    rf"|[^\r\n\p{{L}}\p{{N}}]?[\p{{Lu}}\p{{Lt}}\p{{Lm}}\p{{Lo}}\p{{M}}]+[\p{{Ll}}\p{{Lm}}\p{{Lo}}\p{{M}}]*{_ENDING}"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_TEXT_END = "<|endoftext|>"
# The published encodings by the name of their file (tiktoken 0.14, openai_public.py). Any other file is cut as the
# reference cuts it, with the pattern of cl100k_base that Llama 3 has too.
_ENCODINGS = {
    "r50k_base": Encoding(_R50K, {_TEXT_END: 50256}),
    "p50k_base": Encoding(_R50K, {_TEXT_END: 50256}),
    "cl100k_base": Encoding(
        _CL100K,
        {
            _TEXT_END: 100257,
            "<|fim_prefix|>": 100258,
            "<|fim_middle|>": 100259,
            "<|fim_suffix|>": 100260,
            "<|endofprompt|>": 100276,
        },
    ),
    "o200k_base": Encoding(_O200K, {_TEXT_END: 199999, "<|endofprompt|>": 200018}),
}
_OTHER = Encoding(_CL100K)


def find(folder: Path) -> Path | None:
    """The rank file in `folder`: the only *.tiktoken, or one of the other `FILES` that begins as a rank file does.

    Raises:
        FileFormatError: there are several *.tiktoken.
    """
    found = sorted(folder.glob(FILES[0]))
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise FileFormatError(f"{folder} has {len(found)} rank files ({names}); keep the one that is meant")
    if found:
        return found[0]
    for name in FILES[1:]:
        path = folder / name
        if path.exists():
            with path.open("rb") as file:
                first = file.readline(4096).rstrip(b"\n")
            if _FIRST_LINE.match(first):
                return path
    return None


def read(folder: Path, settings: Settings) -> Spec | None:
    """The tokenizer of the rank file in `folder`, or None without one or for another kind of tokenizer.

    Raises:
        FileFormatError: a line that is no token and rank, a rank that is there twice, a byte that is no token.
    """
    path = find(folder) if settings.tokenizer_class in FAMILIES else None
    if path is None:
        return None
    data = read_bytes(path)
    ranks = _core.read_ranks(data)
    if ranks is None:
        ranks = _read_slowly(data, str(path))
    encoding = _ENCODINGS.get(path.stem, _OTHER)
    stages = ranked_document(ranks, encoding.special_tokens, encoding.pattern, str(path))
    special = [*encoding.special_tokens, *_further_tokens(len(ranks), settings, path)]
    if _TEXT_END in encoding.special_tokens:
        for role in ("bos_token", "eos_token", "unk_token"):
            settings.values.setdefault(role, _TEXT_END)
    return documents.finish(
        stages,
        path,
        settings,
        lambda spec: post_processor(spec, settings),
        first=[{**row_of(token), "normalized": False} for token in special],
    )


def _read_slowly(data: bytes, place: str) -> _core.VocabularyTable:
    """As `_core.read_ranks`, for what is written otherwise than in most files, or to say what is wrong.

    Raises:
        FileFormatError: what it is.
    """
    ranks: dict[bytes, int] = {}
    used: set[int] = set()
    for number, line in enumerate(data.splitlines(), 1):
        if not line:
            continue
        parts = line.split()
        try:
            token, rank = base64.b64decode(parts[0], validate=True), int(parts[1])
        except (IndexError, ValueError, binascii.Error):
            parts = []
        if len(parts) != 2 or not parts[1].isdigit() or not token or rank >= _HIGHEST_RANK:
            raise FileFormatError(f"{place}, line {number} must be a token in base64 and its rank, not {line[:60]!r}")
        if token in ranks or rank in used:
            raise FileFormatError(f"{place}, line {number}: the token or the rank {rank} has been there before")
        ranks[token] = rank
        used.add(rank)
    return table_of(ranks, place)


def _further_tokens(size: int, settings: Settings, path: Path) -> list[str]:
    """The special tokens after the ranks: those that the configuration has ids for, the gaps filled up; then others."""
    rows = documents.named_ids(path.parent, settings) or {}
    last = max(rows, default=-1)
    if last >= size + _MOST_PLACEHOLDERS:
        raise FileFormatError(
            f"{path.parent / 'tokenizer_config.json'}: added_tokens_decoder has the id {last}, far behind {size} ranks"
        )
    tokens = [rows[i]["content"] if i in rows else f"<|reserved_token_{i}|>" for i in range(size, last + 1)]
    others = [content_of(token) for token in settings.extra_special_tokens]
    return list(dict.fromkeys([*tokens, *others]))
