"""What a browser shows of a hub: its repositories, their cards, files and history. Plain pages, no scripts."""

from __future__ import annotations

from .views import page_routes

__all__ = ["page_routes"]
