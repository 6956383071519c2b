"""The large tables of a tokenizer.json: vocabulary and merges stay in the core, which reads them ten times as fast.

tokenizer.json → **a document whose tables are the core's** → Spec → core

A table has a length, finds the id of a token, and `plain` makes the dict or list of it that JSON would have given.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .. import _core
from ..files import decode_text, parse_json
from .scores import has_scores, read_score

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["document_of", "parse_document", "plain", "plain_document", "split_tables"]

_TABLES = (_core.VocabularyTable, _core.PiecesTable, _core.MergesTable)


def parse_document(text: bytes, path: Path) -> dict[str, Any]:
    """The content of a tokenizer.json. A file in which the core finds no tables is read as any JSON is.

    Raises:
        FileFormatError: it is broken (the message has the line and column) or holds no object.
    """
    document = document_of(*split_tables(text))
    if document is not None:
        return document
    decoded = decode_text(text, path)
    return parse_json(decoded, path, parse_float=read_score if has_scores(decoded) else None)


def split_tables(text: bytes) -> tuple[bytes | None, dict[str, Any]]:
    """A tokenizer.json with null for each of its tables, and these by name. None: the core finds none in it."""
    tables = _core.read_tables(text)
    if not tables:
        return None, {}
    rest, end = b"", 0
    for _, begin, next_end in sorted(tables.values(), key=lambda table: table[1]):
        rest += text[end:begin] + b"null"
        end = next_end
    return rest + text[end:], {name: table for name, (table, _, _) in tables.items()}


def document_of(rest: bytes | None, tables: dict[str, Any]) -> dict[str, Any] | None:
    """The document that `split_tables` has split; None: it is not JSON."""
    if rest is None:
        return None
    try:
        document: dict[str, Any] = json.loads(rest)
    except (ValueError, RecursionError):
        return None  # parse_document tells where, in the file as it is
    document["model"].update(tables)
    return document


def plain(table: Any) -> Any:
    """A table of a document as a dict or list."""
    return table.plain() if isinstance(table, _TABLES) else table


def plain_document(document: dict[str, Any]) -> dict[str, Any]:
    """The document with all tables as dicts and lists, as JSON can be written of it."""
    model = {name: plain(value) for name, value in document["model"].items()}
    return {**document, "model": model}
