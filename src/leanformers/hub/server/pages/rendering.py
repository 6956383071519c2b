"""Templates become answers, with headers that let a browser run nothing and fetch nothing from elsewhere."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import Response

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["page", "style"]

_FOLDER = Path(__file__).parent / "templates"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    "Vary": "Authorization",
}


def page(name: str, **values: Any) -> Response:
    """The template `name`.html, filled: `status` is that of the answer. Values are escaped unless marked as HTML."""
    text = _environment().get_template(f"{name}.html").render(values)
    return Response(text, values.get("status", 200), HEADERS, "text/html")


def style() -> Response:
    """The style sheet of all pages."""
    return Response((_FOLDER / "style.css").read_bytes(), 200, {**HEADERS, "Cache-Control": "max-age=3600"}, "text/css")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"size": size, "day": day, "path": path}
    return environment


def size(number: int) -> str:
    """Bytes for people.

    >>> size(999), size(1_500), size(5_368_709_120)
    ('999 B', '1.5 kB', '5.4 GB')
    """
    value, units = float(number), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while value >= 999.5 and unit != "TB":
        value, unit = value / 1000, next(units)
    return f"{value:.0f} {unit}" if unit == "B" or value >= 99.95 else f"{value:.1f} {unit}"


def day(seconds: float) -> str:
    """`2026-01-31 12:00`, UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M")


def path(text: str) -> str:
    """A path within a URL, its `/` kept."""
    return quote(text, safe="/")
