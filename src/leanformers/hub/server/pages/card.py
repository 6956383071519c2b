"""A model card as HTML that does no harm: Markdown is rendered, then only harmless tags and addresses are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any
from urllib.parse import quote, urlsplit

from ..card_data import split_card

__all__ = ["card_html"]

_TAGS = {
    *(
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "center",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
    ),
    *("h3", "h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "summary"),
    *("sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
    "ol": {"start"},
    "details": {"open"},
}


def card_html(text: str, place: str) -> str:
    """The body of a README.md as HTML.

    Markdown is that of CommonMark with tables. HTML within it is kept where it only sets text; scripts, styles, frames,
    forms and event handlers are dropped (by ammonia's parser, which reads HTML as browsers do). Relative links and
    pictures lead into the repository.

    Args:
        place: the path of the revision, `/user/name/{}/main`, with `{}` for `blob` or `resolve`.
    """
    import nh3

    _, body = split_card(text)
    return nh3.clean(
        _markdown()(body),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=partial(_into_repository, place),
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


@cache
def _markdown() -> Callable[[str], str]:
    from markdown_it import MarkdownIt

    render: Any = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render
    return render  # type: ignore[no-any-return]


def _into_repository(place: str, tag: str, attribute: str, value: str) -> str | None:
    if attribute not in ("href", "src"):
        return value
    parts = urlsplit(value)
    if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
        return value
    path = re.sub(r"^(?:\./)+", "", parts.path)
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{place.format('resolve' if tag == 'img' else 'blob')}/{quote(path, safe='/%')}{fragment}"
