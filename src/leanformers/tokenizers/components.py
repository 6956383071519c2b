"""The parts a tokenizer.json may have: their fields, and the class of the core for each. ← ADD A COMPONENT: one row.

tokenizer.json → **a stage for each component, strictly checked** → Spec → core
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import FileFormatError, near_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "DECODERS",
    "MODELS",
    "NORMALIZERS",
    "PRE_TOKENIZERS",
    "Row",
    "Stage",
    "read_fields",
    "read_model",
    "read_stages",
]

REQUIRED: Any = object()


class Field(NamedTuple):
    """What a field of a component must hold."""

    what: str
    fits: Callable[[Any], bool]
    default: Any = REQUIRED


class Row(NamedTuple):
    """A component: its fields, and the name of its class in the core where that is not the component's own."""

    fields: Mapping[str, Field]
    core: str | None = None


class Stage(NamedTuple):
    """One step of a tokenizer as plain data: a class of the core and what to make it with."""

    core: str
    fields: dict[str, Any]


FLAG = Field("true or false", lambda value: isinstance(value, bool))
OPTIONAL_FLAG = Field("true, false or null", lambda value: value is None or isinstance(value, bool), None)
TEXT = Field("a string", lambda value: isinstance(value, str))
COUNT = Field("a number ≥ 0", lambda value: type(value) is int and value >= 0)
VOCABULARY = Field("an object of tokens and their ids", lambda value: isinstance(value, dict))

# A field is required exactly where `tokenizers` requires it.
NORMALIZERS: dict[str, Row] = {
    "BertNormalizer": Row(
        {"clean_text": FLAG, "handle_chinese_chars": FLAG, "strip_accents": OPTIONAL_FLAG, "lowercase": FLAG}
    ),
}
PRE_TOKENIZERS: dict[str, Row] = {
    "BertPreTokenizer": Row({}),
}
MODELS: dict[str, Row] = {
    "WordPiece": Row(
        {
            "vocab": VOCABULARY,
            "unk_token": TEXT,
            "continuing_subword_prefix": TEXT,
            "max_input_chars_per_word": COUNT,
        }
    ),
}
DECODERS: dict[str, Row] = {
    "WordPiece": Row({"prefix": TEXT, "cleanup": FLAG}, core="WordPieceDecoder"),
}
# Old files have no model.type: the fields that only one kind of model has.
_MODEL_SHAPES = {"WordPiece": {"continuing_subword_prefix", "max_input_chars_per_word"}}


def read_stages(value: Any, place: str, table: Mapping[str, Row], inner: str) -> list[Stage]:
    """The stages in `value`: none for null, one for a component, all of a `Sequence` (its key is `inner`), flattened.

    Raises:
        FileFormatError: a component or field that `table` does not know, or a value that does not fit, and where.
    """
    if value is None:
        return []
    kind = _type_of(value, place)
    if kind == "Sequence":
        fields = read_fields(value, place, {inner: Field("a list", lambda items: isinstance(items, list))})
        items = enumerate(fields[inner])
        return [stage for i, item in items for stage in read_stages(item, f"{place}.{inner}[{i}]", table, inner)]
    return [_read_stage(value, place, kind, table)]


def read_model(value: Any, place: str) -> Stage:
    """The model in `value`; its type may be missing, as in old files, if its fields tell.

    Raises:
        FileFormatError: as `read_stages`.
    """
    if isinstance(value, dict) and "type" not in value:
        for kind, shape in _MODEL_SHAPES.items():
            if shape <= value.keys():
                return _read_stage({"type": kind, **value}, place, kind, MODELS)
    return _read_stage(value, place, _type_of(value, place), MODELS)


def _type_of(value: Any, place: str) -> str:
    if not isinstance(value, dict):
        raise FileFormatError(f"{place} must be an object, not {type(value).__name__}")
    kind = value.get("type")
    if not isinstance(kind, str):
        raise FileFormatError(f"{place} must name its component in 'type'")
    return kind


def _read_stage(value: Any, place: str, kind: str, table: Mapping[str, Row]) -> Stage:
    row = table.get(kind)
    if row is None:
        raise FileFormatError(f"{place}: unknown component {kind!r}; known: {', '.join(sorted(table))}")
    return Stage(row.core or kind, read_fields(value, place, row.fields))


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
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
