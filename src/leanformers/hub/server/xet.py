"""Receiving xet."""

from __future__ import annotations

from typing import Any


def routes(api: str) -> list[Any]:
    return []
