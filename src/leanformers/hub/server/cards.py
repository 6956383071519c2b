"""The README.md of a commit: its text, and what its metadata say."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from .calls import Call
from .card_data import read_card_data
from .history import Commit, File, file_at

__all__ = ["card_data", "card_text"]

_LARGEST = 1 << 20  # bytes


def card_text(call: Call, commit: Commit) -> str | None:
    """The text; None when there is none, or it is too long to be read for each page.

    Raises:
        HubError, OSError: the file has just changed in its folder, or is damaged.
    """
    file = _readme(call, commit)
    return None if file is None else call.hub.blobs.path(file.sha256).read_text("utf-8", "replace")


def card_data(call: Call, commit: Commit) -> dict[str, Any]:
    """The metadata; empty when there are none. Raises what `card_text` raises."""
    file = _readme(call, commit)
    return {} if file is None else _read(file.sha256, call.hub.blobs.path(file.sha256))


def _readme(call: Call, commit: Commit) -> File | None:
    file = file_at(call.db, commit, "README.md")
    return None if file is None or file.size > _LARGEST else file


@lru_cache(maxsize=1024)
def _read(sha256: str, path: Path) -> dict[str, Any]:
    """By the content's hash, so it is never out of date: where a plain folder is served, a path keeps its name."""
    return read_card_data(path.read_text("utf-8", "replace"))[0]
