"""The metadata at the head of a README.md: YAML between two lines of three dashes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

__all__ = ["read_card_data", "split_card"]

_HEAD = re.compile(r"\s*---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", re.DOTALL)
_LONGEST = 100_000  # characters
_DEEPEST = 32  # lists in lists


def split_card(text: str) -> tuple[str | None, str]:
    """The metadata as written, without its lines of dashes, and the card below them.

    >>> split_card("---\\nlicense: mit\\n---\\n# A model")
    ('license: mit', '# A model')
    """
    match = _HEAD.match(text)
    return (None, text) if match is None else (match[1], text[match.end() :])


def read_card_data(text: str) -> tuple[dict[str, Any], str | None]:
    """The metadata, and what is wrong with it; `({}, None)` when there is none.

    >>> read_card_data("---\\nlicense: mit\\n---\\n# A model")
    ({'license': 'mit'}, None)
    """
    head, _ = split_card(text)
    if head is None:
        return {}, None
    if len(head) > _LONGEST:
        return {}, f"the metadata are longer than {_LONGEST} characters"
    import yaml  # slow to import

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where pyyaml was built with it
    try:
        if problem := _too_much(yaml.parse(head, Loader=loader)):
            return {}, problem
        value = yaml.load(head, Loader=loader)  # a safe one: it makes plain values only
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return {}, " ".join(str(error).split())
    if value is None:
        return {}, None
    if not isinstance(value, dict):
        return {}, "the metadata must be names with values"
    return {str(name): _plain(content) for name, content in value.items()}, None


def _too_much(events: Iterable[Any]) -> str | None:
    """What could take a few bytes to gigabytes or to hours, if it is there; found before anything is built."""
    depth = 0
    for event in events:
        kind = type(event).__name__
        if kind == "AliasEvent":
            return "aliases (*name) are not allowed in metadata"
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        if depth > _DEEPEST:
            return f"the metadata are nested deeper than {_DEEPEST} levels"
    return None


def _plain(value: Any) -> Any:
    """`value` as JSON can hold it: YAML knows dates and other keys than strings."""
    if isinstance(value, dict):
        return {str(name): _plain(content) for name, content in value.items()}
    if isinstance(value, (list, set, tuple)):
        return [_plain(content) for content in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
