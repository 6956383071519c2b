"""The parts a tokenizer.json may have: their fields, and the class of the core for each. ← ADD A COMPONENT: one row.

tokenizer.json → **a stage for each component, strictly checked** → Spec → core
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _core
from ..errors import FileFormatError
from .fields import (
    CHARACTER,
    CHARSMAP,
    COUNT,
    FLAG,
    LENGTH,
    MERGES,
    OPTIONAL_COUNT,
    OPTIONAL_FLAG,
    OPTIONAL_NUMBER,
    OPTIONAL_TEXT,
    PATTERN,
    PIECES,
    TEXT,
    VOCABULARY,
    Field,
    choice,
    read_fields,
    unused,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "DECODERS",
    "MODELS",
    "NORMALIZERS",
    "OLD_FIELDS",
    "PRE_TOKENIZERS",
    "Row",
    "Stage",
    "read_model",
    "read_stages",
]


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
    "trim_offsets": unused(FLAG, True),  # the post-processor of that name asks for it
    "use_regex": FLAG._replace(default=True),
}

# Files of before `prepend_scheme`, such as XLM-RoBERTa's, have these too.
_OLD_METASPACE = {
    "add_prefix_space": unused(OPTIONAL_FLAG, None),
    "str_rep": unused(OPTIONAL_TEXT, None),
}


OLD_FIELDS = frozenset(_OLD_METASPACE)


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
            "prepend_scheme": choice("prepend_scheme", _SCHEMES, "always"),
            "split": FLAG._replace(default=True),
            **_OLD_METASPACE,
        },
        contradiction=_prefix_contradiction,
    ),
    "Punctuation": Row({"behavior": choice("behavior", _BEHAVIORS, "Isolated")}),
    "Split": Row({"pattern": PATTERN, "behavior": choice("behavior", _BEHAVIORS), "invert": FLAG}),
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
    "ByteLevel": Row({name: unused(field, True) for name, field in _BYTE_LEVEL.items()}, core="ByteLevelDecoder"),
    "CTC": Row({"pad_token": TEXT, "word_delimiter_token": TEXT, "cleanup": FLAG}, core="Ctc"),
    "Fuse": Row({}),
    "Metaspace": Row(
        {
            "replacement": CHARACTER,
            "prepend_scheme": choice("prepend_scheme", _SCHEMES, "always"),
            "split": unused(FLAG, True),
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
