"""XLM-RoBERTa's vocabulary of 250,002 tokens, from the files that the package blingfire brings."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

__all__ = ["write_xlm_roberta"]


class Piece(NamedTuple):
    """A row of a SentencePiece model; kinds: 1 in the vocabulary, 2 unknown, 3 control."""

    text: bytes
    score: float
    kind: int


def write_xlm_roberta(folder: Path, lines: list[str]) -> Path:
    """Write the model as it was published, for a tokenizer to load, and the same with its pieces numbered as fairseq
    does, which is returned, for SentencePiece: pieces, scores of six digits, and NFKC as this SentencePiece has it.

    Raises:
        ImportError: blingfire or sentencepiece is not installed.
        OSError: blingfire does not bring these files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    start, end, unknown = Piece(b"<s>", 0, 3), Piece(b"</s>", 0, 3), Piece(b"<unk>", 0, 2)
    pieces, rules = _read_pieces(), _normalization(lines)
    fairseq = folder / "fairseq.model"
    fairseq.write_bytes(_model([start, Piece(b"<pad>", 0, 3), end, unknown, *pieces]) + rules)
    (folder / "sentencepiece.bpe.model").write_bytes(_model([unknown, start, end, *pieces]) + rules)
    return fairseq


def _read_pieces() -> list[Piece]:
    """Pieces from `,` on, which is 4 for fairseq, without `<mask>`, the last.

    A file has parts, whose number and places come first. The fourth of the model, after a head of four numbers, is a
    list of (2, id, score); the second of the names has their number, and then where each begins and the last ends.
    """
    import blingfire

    path = Path(blingfire.__file__).parent / "xlm_roberta_base"
    model, names = path.with_suffix(".bin").read_bytes(), path.with_suffix(".i2w").read_bytes()
    places = struct.unpack_from("<6i", model, 4)
    rows = np.frombuffer(model[places[3] + 16 : places[4]], "<i4")
    rows = rows[: len(rows) // 3 * 3].reshape(-1, 3)  # [tokens, 3]
    score_of = dict(zip(rows[:, 1].tolist(), rows[:, 2].copy().view("<f4").tolist(), strict=True))
    (begin,) = struct.unpack_from("<i", names, 8)
    (count,) = struct.unpack_from("<i", names, begin)
    begins = struct.unpack_from(f"<{count + 1}i", names, begin + 4)
    text = names[begin + 4 * (count + 2) :]
    return [
        Piece(text[begins[i] : begins[i + 1]].replace(b" ", "▁".encode()), score_of[i], 1) for i in range(4, count - 1)
    ]


def _normalization(lines: list[str]) -> bytes:
    """All of a small model but its pieces: NFKC as machine translation uses it, spaces as in XLM-RoBERTa's."""
    import sentencepiece

    from leanformers.tokenizers.formats.protobuf import read_message

    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=trained, model_type="unigram", vocab_size=200,
        hard_vocab_limit=False, normalization_rule_name="nmt_nfkc", minloglevel=2,
    )  # fmt: skip
    parts = read_message(trained.getvalue(), "the trained model")
    return b"".join(_field(number, part) for number, part in parts if number != 1 and isinstance(part, bytes))


def _model(pieces: list[Piece]) -> bytes:
    """A message of protocol buffers with these pieces: field 1 of a model, with text, score and kind."""
    return b"".join(
        _field(1, _field(1, piece.text) + struct.pack("<Bf", 0x15, piece.score) + bytes((0x18, piece.kind)))
        for piece in pieces
    )


def _field(number: int, part: bytes) -> bytes:
    size, length = len(part), bytearray()
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return bytes((number << 3 | 2,)) + bytes((*length, size)) + part
