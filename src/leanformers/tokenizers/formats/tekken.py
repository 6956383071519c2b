"""tekken.json of Mistral: byte strings in the order of their ranks, after the special tokens, and the pattern."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from ... import _core
from ...errors import FileFormatError
from ...files import read_json
from ..special_tokens import row_of
from . import documents
from .ranks import post_processor, ranked_document, table_of

if TYPE_CHECKING:
    from pathlib import Path

    from ..settings import Settings
    from ..spec import Spec

__all__ = ["FAMILIES", "FILES", "read"]

FILES = ("tekken.json",)
FAMILIES = ("PreTrainedTokenizer",)
_ROLES = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
# Files of the first layout name no special tokens: these are meant (mistral_common 1.13, tokens/tokenizers/tekken.py).
_OLD_SPECIAL_TOKENS = (
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]",
    "[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
)  # fmt: skip
_MOST_SPECIAL_TOKENS = 2**16


def read(folder: Path, settings: Settings) -> Spec | None:
    """The tokenizer in `folder`/tekken.json, or None without that file or for another kind of tokenizer.

    Raises:
        FileFormatError: a field is missing or cannot be used.
    """
    path = folder / FILES[0]
    if settings.tokenizer_class not in FAMILIES or not path.exists():
        return None
    content = read_json(path)
    config = content.get("config")
    if not isinstance(config, dict) or not isinstance(config.get("pattern"), str):
        raise FileFormatError(f"{path}: config.pattern must be the regular expression that cuts a text into words")
    special = _special_tokens(content, config, path)
    ranks = _read_ranks(content.get("vocab"), _count(config, "default_vocab_size", path), len(special), path)
    stages = ranked_document(ranks, {token: i for i, token in enumerate(special)}, config["pattern"], str(path))
    for role, token in _ROLES.items():
        settings.values.setdefault(role, token)
    return documents.finish(
        stages, path, settings, lambda spec: post_processor(spec, settings), first=map(row_of, special)
    )


def _count(config: dict[str, Any], name: str, path: Path) -> int | None:
    value = config.get(name)
    if value is not None and (type(value) is not int or value < 0):
        raise FileFormatError(f"{path}: config.{name} must be a number ≥ 0, not {value!r}")
    return value


def _special_tokens(content: dict[str, Any], config: dict[str, Any], path: Path) -> list[str]:
    """The special tokens by id: those that the file names, then fillers up to the number that it keeps free."""
    rows = content.get("special_tokens")
    if rows is None:
        tokens = list(_OLD_SPECIAL_TOKENS)
    else:
        try:
            ranked = sorted((row["rank"], row["token_str"]) for row in rows)
            tokens = [token for _, token in ranked if isinstance(token, str) and token]
        except (KeyError, TypeError):
            tokens, ranked = [], [(None, None)]
        if [rank for rank, _ in ranked] != list(range(len(tokens))) or len(set(tokens)) != len(tokens):
            raise FileFormatError(f"{path}: special_tokens must have the ranks 0, 1, 2, … and a token_str each")
    count = _count(config, "default_num_special_tokens", path)
    count = len(tokens) if count is None else count
    if not len(tokens) <= count <= _MOST_SPECIAL_TOKENS:
        raise FileFormatError(
            f"{path}: config.default_num_special_tokens is {count}; {len(tokens)} to {_MOST_SPECIAL_TOKENS} can be used"
        )
    return tokens + [f"<SPECIAL_{i}>" for i in range(len(tokens), count)]


def _read_ranks(rows: Any, size: int | None, special: int, path: Path) -> _core.VocabularyTable:
    """The tokens that are in use; a file may have more than its vocabulary size says."""
    if not isinstance(rows, list):
        raise FileFormatError(f"{path}: vocab must be a list of tokens")
    if size is not None:
        if not special <= size <= len(rows) + special:
            raise FileFormatError(
                f"{path}: config.default_vocab_size is {size}; there are {special} special and {len(rows)} other tokens"
            )
        rows = rows[: size - special]
    ranks: dict[bytes, int] = {}
    for rank, row in enumerate(rows):
        try:
            token = base64.b64decode(row["token_bytes"], validate=True)
        except (KeyError, TypeError, ValueError, binascii.Error):
            token = b""
        if not token or token in ranks:
            why = "has been there before" if token else "needs its token_bytes in base64"
            raise FileFormatError(f"{path}: vocab[{rank}] {why}")
        ranks[token] = rank
    return table_of(ranks, str(path), offset=special)
