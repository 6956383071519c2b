"""The parts a tokenizer.json may have: their fields, and the class of the core for each. ← ADD A COMPONENT: one row.

tokenizer.json → **a stage for each component, strictly checked** → Spec → core
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _core
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
INFINITY = float("inf")


class Field(NamedTuple):
    """What a field of a component must hold, and how the core takes it where that is not by the same name and value."""

    what: str
    fits: Callable[[Any], bool]
    default: Any = REQUIRED
    arguments: Callable[[Any], dict[str, Any]] | None = None


class Row(NamedTuple):
    """A component: its fields, and the name of its class in the core where that is not the component's own."""

    fields: Mapping[str, Field]
    core: str | None = None
    constants: Mapping[str, Any] = {}  # arguments of the core's class that this component fixes
    contradiction: Callable[[dict[str, Any]], str | None] = lambda fields: None  # what is wrong with fields together


class Stage(NamedTuple):
    """One step of a tokenizer as plain data: the core's class, the file's fields, what to make the class with."""

    core: str
    fields: dict[str, Any]
    arguments: dict[str, Any]


FLAG = Field("true or false", lambda value: isinstance(value, bool))
OPTIONAL_FLAG = Field("true, false or null", lambda value: value is None or isinstance(value, bool), None)
TEXT = Field("a string", lambda value: isinstance(value, str))
OPTIONAL_TEXT = Field("a string or null", lambda value: value is None or isinstance(value, str), None)
CHARACTER = Field("one character", lambda value: isinstance(value, str) and len(value) == 1)
COUNT = Field("a number ≥ 0", lambda value: type(value) is int and value >= 0)
LENGTH = Field("a number ≥ 1", lambda value: type(value) is int and value >= 1, 5)
OPTIONAL_COUNT = Field("a number ≥ 0 or null", lambda value: value is None or (type(value) is int and value >= 0), None)
OPTIONAL_NUMBER = Field("a number or null", lambda value: value is None or type(value) in (int, float), None)
VOCABULARY = Field("an object of tokens and their ids", lambda value: isinstance(value, dict))


def _are_pieces(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) and _is_finite(item[1]) for item in value
    )


def _is_finite(value: Any) -> bool:
    return type(value) in (int, float) and -INFINITY < value < INFINITY


def _are_merges(value: Any) -> bool:
    return isinstance(value, list) and all(len(_pair(item)) == 2 for item in value)


def _pair(merge: Any) -> list[str]:
    """The two parts of a merge: `"a b"` in old files, `["a", "b"]` in new ones."""
    if isinstance(merge, str):
        return merge.split(" ")
    return merge if isinstance(merge, list) and all(isinstance(part, str) for part in merge) else []


PIECES = Field("a list of pieces and their finite scores", _are_pieces, arguments=lambda value: {"pieces": value})
MERGES = Field(
    "a list of pairs", _are_merges, arguments=lambda value: {"merges": [tuple(_pair(merge)) for merge in value]}
)


def _unused(field: Field, default: Any) -> Field:
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


def _choice(name: str, choices: Mapping[str, Any], default: Any = REQUIRED) -> Field:
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
_BEHAVIORS = {
    "Removed": _core.SplitBehavior.REMOVED,
    "Isolated": _core.SplitBehavior.ISOLATED,
    "MergedWithPrevious": _core.SplitBehavior.MERGED_WITH_PREVIOUS,
    "MergedWithNext": _core.SplitBehavior.MERGED_WITH_NEXT,
    "Contiguous": _core.SplitBehavior.CONTIGUOUS,
}
_SCHEMES = {
    "always": _core.PrependScheme.ALWAYS,
    "first": _core.PrependScheme.FIRST,
    "never": _core.PrependScheme.NEVER,
}
_BYTE_LEVEL = {
    "add_prefix_space": FLAG,
    "trim_offsets": _unused(FLAG, True),  # the post-processor of that name asks for it
    "use_regex": FLAG._replace(default=True),
}

# Files of before `prepend_scheme`, such as XLM-RoBERTa's, have these too.
_OLD_METASPACE = {
    "add_prefix_space": _unused(OPTIONAL_FLAG, None),
    "str_rep": _unused(OPTIONAL_TEXT, None),
}


def _prefix_contradiction(fields: dict[str, Any]) -> str | None:
    if fields["add_prefix_space"] is False and fields["prepend_scheme"] != "never":
        return f"add_prefix_space is false, but prepend_scheme is {fields['prepend_scheme']!r}"
    return None


# A field is required exactly where `tokenizers` requires it.
NORMALIZERS: dict[str, Row] = {
    "BertNormalizer": Row(
        {"clean_text": FLAG, "handle_chinese_chars": FLAG, "strip_accents": OPTIONAL_FLAG, "lowercase": FLAG}
    ),
    "ByteLevel": Row({}, core="ByteLevelNormalizer"),
    "Lowercase": Row({}),
    **{
        name: Row({}, core="UnicodeForm", constants={"form": getattr(_core.Form, name)})
        for name in ("NFC", "NFD", "NFKC", "NFKD")
    },
    "Nmt": Row({}),
    "Precompiled": Row({"precompiled_charsmap": CHARSMAP}),
    "Prepend": Row({"prepend": TEXT}),
    "Replace": Row({"pattern": PATTERN, "content": TEXT}),
    "Strip": Row({"strip_left": FLAG, "strip_right": FLAG}),
    "StripAccents": Row({}),
}
PRE_TOKENIZERS: dict[str, Row] = {
    "BertPreTokenizer": Row({}),
    "ByteLevel": Row(_BYTE_LEVEL),
    "CharDelimiterSplit": Row({"delimiter": CHARACTER}),
    "Digits": Row({"individual_digits": FLAG}),
    "FixedLength": Row({"length": LENGTH}),
    "Metaspace": Row(
        {
            "replacement": CHARACTER,
            "prepend_scheme": _choice("prepend_scheme", _SCHEMES, "always"),
            "split": FLAG._replace(default=True),
            **_OLD_METASPACE,
        },
        contradiction=_prefix_contradiction,
    ),
    "Punctuation": Row({"behavior": _choice("behavior", _BEHAVIORS, "Isolated")}),
    "Split": Row({"pattern": PATTERN, "behavior": _choice("behavior", _BEHAVIORS), "invert": FLAG}),
    "UnicodeScripts": Row({}),
    "Whitespace": Row({}),
    "WhitespaceSplit": Row({}),
}
MODELS: dict[str, Row] = {
    "BPE": Row(
        {
            "vocab": VOCABULARY,
            "merges": MERGES,
            "dropout": OPTIONAL_NUMBER,
            "unk_token": OPTIONAL_TEXT,
            "continuing_subword_prefix": OPTIONAL_TEXT,
            "end_of_word_suffix": OPTIONAL_TEXT,
            "fuse_unk": FLAG._replace(default=False),
            "byte_fallback": FLAG._replace(default=False),
            "ignore_merges": FLAG._replace(default=False),
        },
        core="Bpe",
    ),
    "Unigram": Row({"vocab": PIECES, "unk_id": OPTIONAL_COUNT, "byte_fallback": FLAG._replace(default=False)}),
    "WordLevel": Row({"vocab": VOCABULARY, "unk_token": TEXT}),
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
    "BPEDecoder": Row({"suffix": TEXT}, core="BpeDecoder"),
    "ByteFallback": Row({}),
    "ByteLevel": Row({name: _unused(field, True) for name, field in _BYTE_LEVEL.items()}, core="ByteLevelDecoder"),
    "CTC": Row({"pad_token": TEXT, "word_delimiter_token": TEXT, "cleanup": FLAG}, core="Ctc"),
    "Fuse": Row({}),
    "Metaspace": Row(
        {
            "replacement": CHARACTER,
            "prepend_scheme": _choice("prepend_scheme", _SCHEMES, "always"),
            "split": _unused(FLAG, True),
            **_OLD_METASPACE,
        },
        core="MetaspaceDecoder",
        contradiction=_prefix_contradiction,
    ),
    "Replace": Row({"pattern": PATTERN, "content": TEXT}, core="ReplaceDecoder"),
    "Strip": Row({"content": CHARACTER, "start": COUNT, "stop": COUNT}, core="StripDecoder"),
    "WordPiece": Row({"prefix": TEXT, "cleanup": FLAG}, core="WordPieceDecoder"),
}
# Old files have no model.type: the fields that only one kind of model has.
_MODEL_SHAPES = {
    "WordPiece": {"continuing_subword_prefix", "max_input_chars_per_word"},
    "BPE": {"vocab", "merges"},
    "Unigram": {"vocab", "unk_id"},
    "WordLevel": {"vocab", "unk_token"},
}


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
    fields = read_fields(value, place, row.fields)
    wrong = row.contradiction(fields)
    if wrong is not None:
        raise FileFormatError(f"{place}: {wrong}")
    arguments = dict(row.constants)
    for name, item in fields.items():
        translate = row.fields[name].arguments
        arguments.update({name: item} if translate is None else translate(item))
    return Stage(row.core or kind, fields, arguments)


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
