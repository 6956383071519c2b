"""SentencePiece's `.model` as data: pieces, their exact scores and kinds, and what the file says about itself.

bytes → core, or protobuf.py → **SentencePieceModel** → sentencepiece.py; the layout is sentencepiece_model.proto's.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ... import _core
from ...errors import FileFormatError
from .protobuf import Value, read_message, to_float, to_int, to_text

__all__ = ["BPE", "CONTROL", "UNIGRAM", "USER_DEFINED", "SentencePieceModel", "read_model"]

UNIGRAM, BPE = 1, 2
_MOST_PIECES = 2**21
_MODEL_TYPES = {UNIGRAM: "unigram", BPE: "bpe", 3: "word", 4: "char"}
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)


class SentencePieceModel(NamedTuple):
    """A `.model` file.

    Attributes:
        pieces: by id, with their scores, which are the file's 32-bit floats as exact doubles.
        kinds: what a piece is, by id, of those that are not normal ones.
        charsmap: the rules of its normalizer; empty without any.
    """

    pieces: _core.PiecesTable
    kinds: dict[int, int]
    model_type: int
    byte_fallback: bool
    unk_id: int
    bos_id: int
    eos_id: int
    unk_piece: str
    bos_piece: str
    eos_piece: str
    whitespace_is_suffix: bool
    charsmap: bytes

    @property
    def added(self) -> list[tuple[str, bool]]:
        """The pieces that are never split: control pieces, which are special, and those that a user defined."""
        kinds = self.kinds.items()
        return [(self.pieces[i][0], kind == CONTROL) for i, kind in kinds if kind in (CONTROL, USER_DEFINED)]


def read_model(data: bytes, place: str) -> SentencePieceModel:
    """The model in the bytes of a `.model` file.

    Raises:
        FileFormatError: the bytes are cut off or damaged, hold no pieces, or a model that is neither unigram nor BPE.
    """
    found = _core.read_sentencepiece(data)
    if found is not None:
        pieces, kinds, rest = found
        others = list(read_message(rest, place))
    else:
        pieces, kinds, others = _read_slowly(data, place)
    if len(pieces) > _MOST_PIECES:
        raise FileFormatError(f"{place} has more than {_MOST_PIECES} pieces; no vocabulary has")
    if not len(pieces):
        raise FileFormatError(f"{place} has no pieces: is it a SentencePiece model?")
    if not {2, 3} <= {number for number, _ in others}:  # they follow the pieces
        raise FileFormatError(f"{place} has {len(pieces)} pieces, but says nothing about itself: was it cut off?")
    trainer: dict[int, Value] = {}
    normalizer: dict[int, Value] = {}
    for number, value in others:
        if number == 2:
            trainer.update(read_message(_nested(value, place), f"{place}: trainer_spec"))
        elif number == 3:
            normalizer.update(read_message(_nested(value, place), f"{place}: normalizer_spec"))
    spec = _Fields(trainer, f"{place}: trainer_spec")
    model_type = spec.number(3, UNIGRAM)
    if model_type not in (UNIGRAM, BPE):
        name = _MODEL_TYPES.get(model_type, str(model_type))
        raise FileFormatError(f"{place} is a {name} model; only unigram and bpe models can be read")
    charsmap = normalizer.get(2, b"")
    if not isinstance(charsmap, bytes):
        raise FileFormatError(f"{place}: normalizer_spec.precompiled_charsmap must be bytes")
    return SentencePieceModel(
        pieces,
        kinds,
        model_type,
        byte_fallback=bool(spec.number(35, 0)),
        unk_id=spec.number(40, 0),
        bos_id=spec.number(41, 1),
        eos_id=spec.number(42, 2),
        unk_piece=spec.text(45, "<unk>"),
        bos_piece=spec.text(46, "<s>"),
        eos_piece=spec.text(47, "</s>"),
        whitespace_is_suffix=bool(spec.number(24, 0)),
        charsmap=charsmap,
    )


def _read_slowly(data: bytes, place: str) -> tuple[_core.PiecesTable, dict[int, int], list[tuple[int, Value]]]:
    """As `_core.read_sentencepiece`, which has found something wrong; to say what.

    Raises:
        FileFormatError: what it is.
    """
    pieces: list[tuple[str, float]] = []
    kinds: dict[int, int] = {}
    others: list[tuple[int, Value]] = []
    for number, value in read_message(data, place):
        if number != 1:
            others.append((number, value))
            continue
        piece, score, kind = _read_piece(_nested(value, place), f"{place}: piece {len(pieces)}")
        if kind != NORMAL:
            kinds[len(pieces)] = kind
        pieces.append((piece, score))
    return _core.PiecesTable(pieces), kinds, others


class _Fields(NamedTuple):
    """The fields of a message by number; of several with one number the last counts."""

    values: dict[int, Value]
    place: str

    def number(self, number: int, default: int) -> int:
        return to_int(self.values[number], f"{self.place} field {number}") if number in self.values else default

    def text(self, number: int, default: str) -> str:
        return to_text(self.values[number], f"{self.place} field {number}") if number in self.values else default


def _read_piece(data: bytes, place: str) -> tuple[str, float, int]:
    piece, score, kind = "", 0.0, NORMAL
    for number, value in read_message(data, place):
        if number == 1:
            piece = to_text(value, place)
        elif number == 2:
            score = to_float(value, f"{place}: its score")
        elif number == 3:
            kind = to_int(value, f"{place}: its type")
    if not math.isfinite(score):
        raise FileFormatError(f"{place}: the score of {piece!r} is {score}, not a number")
    return piece, score, kind


def _nested(value: Value, place: str) -> bytes:
    if not isinstance(value, bytes):
        raise FileFormatError(f"{place} has a number where a message should be: is it a SentencePiece model?")
    return value
