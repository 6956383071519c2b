"""Where a tokenizer.json puts its special tokens: every post-processor becomes a template. ← ADD A POST-PROCESSOR here.

tokenizer.json's post_processor → **the template as plain data** → Spec → core.Template
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import FileFormatError
from .fields import Field, read_fields

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Pieces", "PostProcessing", "read_post_processor"]

Piece = tuple[str, list[int], int]  # "A", "B" or "special"; the ids of a special one; the type id


class Pieces(NamedTuple):
    """What surrounds one text, and what surrounds a pair."""

    single: list[Piece]
    pair: list[Piece]
    overflow_type_ids: tuple[int, int] = (0, 1)  # of the texts' later parts, where they overflow


_OBJECT = Field("an object", lambda value: isinstance(value, dict))
_LIST = Field("a list", lambda value: isinstance(value, list))
_TEXT = Field("a string", lambda value: isinstance(value, str))
_TYPE_ID = Field("a number from 0 to 2³¹ - 1", lambda value: type(value) is int and 0 <= value < 2**31)
_IDS = Field("a list of ids", lambda value: isinstance(value, list) and all(type(item) is int for item in value))
_TEXTS = Field(
    "a list of tokens", lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value)
)
_FLAG = Field("true or false", lambda value: isinstance(value, bool))
_BYTE_LEVEL = {
    "add_prefix_space": _FLAG,
    "trim_offsets": _FLAG._replace(default=True),
    "use_regex": _FLAG._replace(default=True),
}
_TOKEN_AND_ID = Field(
    "a token and its id",
    lambda value: isinstance(value, list) and [type(item) for item in value] == [str, int],
)


class PostProcessing(NamedTuple):
    """What all post-processors of a file come to; see `Spec`."""

    template: Pieces | None = None
    trim_offsets: bool | None = None


def read_post_processor(value: Any, place: str, token_id: Callable[[str], int | None]) -> PostProcessing:
    """What `value` asks for. `token_id` looks up a token in the vocabulary.

    Raises:
        FileFormatError: an unknown post-processor, a text that is left out, a special token with another one's id,
            or several templates in a sequence.
    """
    if value is None:
        return PostProcessing()
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "Sequence":
        processors = read_fields(value, place, {"processors": _LIST})["processors"]
        parts = [read_post_processor(part, f"{place}.processors[{i}]", token_id) for i, part in enumerate(processors)]
        templates = [part.template for part in parts if part.template is not None]
        if len(templates) > 1:
            raise FileFormatError(f"{place}: {len(templates)} templates in a sequence; only one is supported")
        trims = [part.trim_offsets for part in parts if part.trim_offsets is not None]
        if len(trims) > 1:
            raise FileFormatError(f"{place}: {len(trims)} post-processors trim offsets; only one is supported")
        return PostProcessing(templates[0] if templates else None, trims[0] if trims else None)
    if kind == "ByteLevel":
        fields = read_fields(value, place, _BYTE_LEVEL)
        return PostProcessing(None, fields["add_prefix_space"] if fields["trim_offsets"] else None)
    if kind == "RobertaProcessing":
        fields = read_fields(value, place, _ROBERTA)
        trim = fields["add_prefix_space"] if fields["trim_offsets"] else None
        return PostProcessing(_roberta_template(fields, place, token_id), trim)
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        known = sorted([*_READERS, "ByteLevel", "RobertaProcessing", "Sequence"])
        raise FileFormatError(f"{place}: unknown component {kind!r}; known: {', '.join(known)}")
    return PostProcessing(read(value, place, token_id))


def _roberta_template(fields: dict[str, Any], place: str, token_id: Callable[[str], int | None]) -> Pieces:
    """<s> A </s>, and <s> A </s> </s> B </s>, all of type 0."""
    for name in ("cls", "sep"):
        token, number = fields[name]
        _check_token(token, number, f"{place}.{name}", token_id)
    begin: Piece = ("special", [fields["cls"][1]], 0)
    end: Piece = ("special", [fields["sep"][1]], 0)
    single: list[Piece] = [begin, ("A", [], 0), end]
    return Pieces(single, [*single, end, ("B", [], 0), end], overflow_type_ids=(0, 0))


def _read_bert(value: dict[str, Any], place: str, token_id: Callable[[str], int | None]) -> Pieces:
    """BertProcessing: [CLS] A [SEP], and [CLS] A [SEP] B [SEP] where the second part has type 1."""
    fields = read_fields(value, place, {"sep": _TOKEN_AND_ID, "cls": _TOKEN_AND_ID})
    for name, (token, number) in fields.items():
        _check_token(token, number, f"{place}.{name}", token_id)
    begin: Piece = ("special", [fields["cls"][1]], 0)
    end = [fields["sep"][1]]
    single: list[Piece] = [begin, ("A", [], 0), ("special", end, 0)]
    return Pieces(single, [*single, ("B", [], 1), ("special", end, 1)])


_ROBERTA = {"sep": _TOKEN_AND_ID, "cls": _TOKEN_AND_ID, "trim_offsets": _FLAG, "add_prefix_space": _FLAG}


def _read_template(value: dict[str, Any], place: str, token_id: Callable[[str], int | None]) -> Pieces:
    fields = read_fields(value, place, {"single": _LIST, "pair": _LIST, "special_tokens": _OBJECT})
    specials: dict[str, list[int]] = {}
    for name, special in fields["special_tokens"].items():
        where = f"{place}.special_tokens[{name!r}]"
        parts = read_fields(special, where, {"id": _TEXT, "ids": _IDS, "tokens": _TEXTS})
        if len(parts["ids"]) != len(parts["tokens"]):
            raise FileFormatError(f"{where} has {len(parts['ids'])} ids for {len(parts['tokens'])} tokens")
        for token, number in zip(parts["tokens"], parts["ids"], strict=True):
            _check_token(token, number, where, token_id)
        specials[name] = parts["ids"]
    single = [_read_piece(piece, f"{place}.single[{i}]", specials) for i, piece in enumerate(fields["single"])]
    pair = [_read_piece(piece, f"{place}.pair[{i}]", specials) for i, piece in enumerate(fields["pair"])]
    if {kind for kind, _, _ in single if kind != "special"} != {"A"}:
        raise FileFormatError(f"{place}.single must hold the sequence A and no B")
    if {kind for kind, _, _ in pair if kind != "special"} != {"A", "B"}:
        raise FileFormatError(f"{place}.pair must hold the sequences A and B")
    return Pieces(single, pair)


def _read_piece(piece: Any, place: str, specials: dict[str, list[int]]) -> Piece:
    kind = next(iter(piece)) if isinstance(piece, dict) and len(piece) == 1 else None
    if kind not in ("SpecialToken", "Sequence"):
        raise FileFormatError(f"{place} must be a SpecialToken or a Sequence")
    fields = read_fields(piece[kind], f"{place}.{kind}", {"id": _TEXT, "type_id": _TYPE_ID})
    name, type_id = fields["id"], fields["type_id"]
    if kind == "Sequence":
        if name not in ("A", "B"):
            raise FileFormatError(f"{place}: sequence {name!r} must be 'A' or 'B'")
        return name, [], type_id
    if name not in specials:
        raise FileFormatError(f"{place}: special token {name!r} is not in special_tokens")
    return "special", specials[name], type_id


def _check_token(token: str, number: int, place: str, token_id: Callable[[str], int | None]) -> None:
    known = token_id(token)
    if known != number:
        held = "is not in the vocabulary" if known is None else f"has id {known} in the vocabulary"
        raise FileFormatError(f"{place}: token {token!r} stands with id {number}, but {held}")


_READERS = {"BertProcessing": _read_bert, "TemplateProcessing": _read_template}
