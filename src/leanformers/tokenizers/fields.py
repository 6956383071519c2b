"""What a field of a tokenizer.json may hold, and how a component is read: strictly, with the place of a mistake.

an object of the file → **its fields, checked** → components.py, post_processors.py, spec.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _core
from ..errors import FileFormatError, near_names
from .large_tables import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "CHARACTER", "CHARSMAP", "COUNT", "FLAG", "LENGTH", "MERGES", "OPTIONAL_COUNT", "OPTIONAL_FLAG", "OPTIONAL_NUMBER",
    "OPTIONAL_TEXT", "PATTERN", "PIECES", "TEXT", "VOCABULARY", "Field", "choice", "read_fields", "unused",
]  # fmt: skip

REQUIRED: Any = object()
INFINITY = float("inf")


class Field(NamedTuple):
    """What a field of a component must hold, and how the core takes it where that is not by the same name and value."""

    what: str
    fits: Callable[[Any], bool]
    default: Any = REQUIRED
    arguments: Callable[[Any], dict[str, Any]] | None = None


FLAG = Field("true or false", lambda value: isinstance(value, bool))
OPTIONAL_FLAG = Field("true, false or null", lambda value: value is None or isinstance(value, bool), None)
TEXT = Field("a string", lambda value: isinstance(value, str))
OPTIONAL_TEXT = Field("a string or null", lambda value: value is None or isinstance(value, str), None)
CHARACTER = Field("one character", lambda value: isinstance(value, str) and len(value) == 1)
COUNT = Field("a number ≥ 0", lambda value: type(value) is int and value >= 0)
LENGTH = Field("a number ≥ 1", lambda value: type(value) is int and value >= 1, 5)
OPTIONAL_COUNT = Field("a number ≥ 0 or null", lambda value: value is None or (type(value) is int and value >= 0), None)
OPTIONAL_NUMBER = Field("a number or null", lambda value: value is None or type(value) in (int, float), None)
# Tables that the core has read are checked already, and never looked into here.
VOCABULARY = Field("an object of tokens and their ids", lambda value: isinstance(value, (dict, _core.VocabularyTable)))


def _are_pieces(value: Any) -> bool:
    return isinstance(value, _core.PiecesTable) or (isinstance(value, list) and all(map(_is_piece, value)))


def _is_piece(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) and _is_finite(item[1])


def _is_finite(value: Any) -> bool:
    return type(value) in (int, float) and -INFINITY < value < INFINITY


def _are_merges(value: Any) -> bool:
    return isinstance(value, _core.MergesTable) or (
        isinstance(value, list) and all(len(_pair(item)) == 2 for item in value)
    )


def _pairs(value: Any) -> Any:
    return value if isinstance(value, _core.MergesTable) else [tuple(_pair(merge)) for merge in value]


def _pair(merge: Any) -> list[str]:
    """The two parts of a merge: `"a b"` in old files, `["a", "b"]` in new ones."""
    if isinstance(merge, str):
        return merge.split(" ")
    return merge if isinstance(merge, list) and all(isinstance(part, str) for part in merge) else []


PIECES = Field("a list of pieces and their finite scores", _are_pieces, arguments=lambda value: {"pieces": value})
MERGES = Field("a list of pairs", _are_merges, arguments=lambda value: {"merges": _pairs(value)})


def unused(field: Field, default: Any) -> Field:
    """A field of the file that the component's own work does not depend on."""
    return field._replace(default=default, arguments=lambda value: {})


def _is_base64(value: Any) -> bool:
    try:
        return isinstance(value, str) and _from_base64(value) is not None
    except ValueError:
        return False


def _from_base64(value: str) -> bytes:
    import base64  # here, because only SentencePiece's character maps need it

    return base64.b64decode(value, validate=True)


CHARSMAP = Field("base64", _is_base64, arguments=lambda value: {"charsmap": _from_base64(value)})


def choice(name: str, choices: Mapping[str, Any], default: Any = REQUIRED) -> Field:
    """One of several names; the core gets what it stands for, as its argument `name`."""
    listed = ", ".join(map(repr, choices))
    return Field(
        f"one of {listed}",
        lambda value: isinstance(value, str) and value in choices,
        default,
        lambda value: {name: choices[value]},
    )


def _is_pattern(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("String", value.get("Regex")), str)


PATTERN = Field(
    "a String or a Regex",
    _is_pattern,
    arguments=lambda value: {"pattern": next(iter(value.values())), "regex": "Regex" in value},
)


def read_fields(value: Any, place: str, fields: Mapping[str, Field]) -> dict[str, Any]:
    """The fields of `value` (without its type), with defaults for those left out.

    Raises:
        FileFormatError: a field is unknown, missing or has a value that does not fit.
    """
    if not isinstance(value, dict):
        raise FileFormatError(f"{place} must be an object, not {type(value).__name__}")
    for name in value:
        if name not in fields and name != "type":
            raise FileFormatError(f"{place}: unknown field {name!r}{near_names(name, fields)}")
    found: dict[str, Any] = {}
    for name, field in fields.items():
        item = value.get(name, field.default)
        if item is REQUIRED:
            raise FileFormatError(f"{place}: field {name!r} is missing")
        if not field.fits(item):
            raise FileFormatError(f"{place}.{name} must be {field.what}, not {_brief(item)}")
        found[name] = item
    return found


def _brief(value: Any) -> str:
    text = repr(plain(value))
    return text if len(text) <= 60 else f"{text[:57]}..."
