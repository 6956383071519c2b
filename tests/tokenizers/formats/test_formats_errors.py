"""Damaged and hostile SentencePiece models give errors that name the file, in bounded time and memory."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Any

import pytest

import leanformers
from leanformers import PreTrainedTokenizer, T5Tokenizer
from leanformers.errors import ConfigError, FileFormatError, InputValueError, LeanformersError
from leanformers.tokenizers.formats import sentencepiece_model
from leanformers.tokenizers.formats.sentencepiece_model import read_model


def varint(number: int) -> bytes:
    groups = bytearray()
    while number >= 0x80:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def counted(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def piece(text: bytes, score: float = -1.0, kind: int = 1) -> bytes:
    return counted(1, counted(1, text) + b"\x15" + struct.pack("<f", score) + b"\x18" + varint(kind))


UNKNOWN = piece(b"<unk>", 0.0, 2)
SPECS = counted(2, b"") + counted(3, b"")
GOOD = UNKNOWN + piece("▁a".encode()) + piece(b"b") + SPECS


def test_every_field_is_read_as_protobuf_reads_it(trained: Any, test_data: Path) -> None:
    pytest.importorskip("google.protobuf")
    from sentencepiece import sentencepiece_model_pb2

    for data in (
        *map(trained, ("unigram", "unigram-identity", "unigram-t5", "unigram-deberta", "bpe-bytes", "bpe-suffix")),
        (test_data / "tokenizers" / "t5-base" / "spiece.model").read_bytes(),
        GOOD,
        GOOD + varint(90 << 3) + varint(5) + varint(91 << 3 | 1) + bytes(8) + counted(92, b"later"),
        UNKNOWN + counted(2, b"\xc0\x02" + varint(2**64 - 1)) + counted(2, b"\x98\x02\x01") + counted(3, b""),
    ):
        expected = sentencepiece_model_pb2.ModelProto()
        expected.ParseFromString(data)
        model = read_model(data, "x.model")
        assert model.pieces.plain() == [[row.piece, row.score] for row in expected.pieces]
        assert model.kinds == {i: row.type for i, row in enumerate(expected.pieces) if row.type != 1}
        spec = expected.trainer_spec
        for name in (
            "model_type", "byte_fallback", "unk_id", "bos_id", "eos_id", "unk_piece", "bos_piece", "eos_piece",
        ):  # fmt: skip
            assert getattr(model, name) == getattr(spec, name), name
        assert model.whitespace_is_suffix == spec.treat_whitespace_as_suffix
        assert model.charsmap == expected.normalizer_spec.precompiled_charsmap


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\n", "the number at byte 1 is cut off: was the file cut"),
        (b"\n\xff", "the number at byte 1 is cut off"),
        (b"\n" + b"\xff" * 12, "the number at byte 1 has more than 10 bytes"),
        (
            b"\n" + varint(2**40) + b"abc",
            r"field 1 at byte 0 reaches to byte 1099511627783 of 10: was the file cut off",
        ),
        (b"\n" + varint(2**64 - 1) + b"abc", r"field 1 at byte 0 reaches to byte 18446744073709551626 of"),
        (b"\n\x00\x00", "byte 2 should begin a field, but has the field number 0"),
        (b"\n\x00\x0b", "field 1 at byte 2 has the wire type 3, which is not used"),
        (b"\n\x00\x0d\x00", "field 1 at byte 2 reaches to byte 7 of 4"),
        (b"\n\x00\x08\x05" + SPECS, "has a number where a message should be: is it a SentencePiece model"),
        (UNKNOWN, "has 1 pieces, but says nothing about itself: was it cut off"),
        (UNKNOWN + counted(2, b""), "says nothing about itself"),
        (piece(b"\xff\xfe") + SPECS, "piece 0 is not UTF-8 text: invalid start byte at its byte 0"),
        (piece(b"a", float("nan")) + SPECS, "piece 0: the score of 'a' is nan, not a number"),
        (piece(b"a", float("-inf")) + SPECS, "the score of 'a' is -inf"),
        (counted(1, b"\x0a\x01a\x10\x05") + SPECS, "piece 0: its score must be a float of 4 bytes"),
        (counted(1, b"\x08\x05") + SPECS, "piece 0 must be text, not a number"),
        (counted(1, b"\x0a\x01a\x1d\x00\x00\x00\x00") + SPECS, "piece 0: its type must be a whole number"),
        (UNKNOWN + counted(2, b"\x18\x07") + counted(3, b""), "is a 7 model; only unigram and bpe models can be read"),
        (UNKNOWN + counted(2, b"\x18\x04") + counted(3, b""), "is a char model; only unigram and bpe"),
        (UNKNOWN + counted(2, b"") + counted(3, b"\x10\x05"), "precompiled_charsmap must be bytes"),
        (UNKNOWN + counted(2, b"") + counted(3, counted(2, b"\x01\x02")), "Precompiled"),
        (UNKNOWN + counted(2, b"") + counted(3, counted(2, b"\xff\xff\xff\x7f" + bytes(64))), "Precompiled"),
        (UNKNOWN + counted(2, b"\xc0\x02\x63") + counted(3, b""), "unk"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a git-lfs pointer"),
    ],
)
def test_a_model_file_that_cannot_be_right_is_refused(write_files: Any, data: bytes, message: str) -> None:
    folder = write_files({"tokenizer.model": data})
    with pytest.raises(FileFormatError, match=message) as caught:
        PreTrainedTokenizer.from_pretrained(folder)
    assert str(folder / "tokenizer.model") in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04zip", b"\x80\x04pickle", b"no ranks\n", b"\x00" * 100])
def test_a_file_of_another_kind_is_said_to_be_neither(write_files: Any, data: bytes) -> None:
    folder = write_files({"tokenizer.model": data})
    with pytest.raises(FileFormatError, match=r"tokenizer\.model (is empty|begins with b.*): it is neither"):
        PreTrainedTokenizer.from_pretrained(folder)


def test_a_model_that_is_cut_anywhere_is_refused(trained: Any) -> None:
    for name in ("unigram-identity", "bpe-bytes"):
        data = trained(name)
        end = data.rindex(b"identity") + len(b"identity")  # in the last message that the model cannot do without
        chosen = random.Random(5)
        for size in sorted({0, 1, 2, *chosen.sample(range(end), 60), end - 1}):
            with pytest.raises(FileFormatError):
                read_model(data[:size], "x.model")


def test_random_damage_gives_an_error_or_a_tokenizer_but_nothing_else(trained: Any, tmp_path: Path) -> None:
    chosen = random.Random(6)
    small = UNKNOWN + b"".join(
        piece(text.encode(), -i) for i, text in enumerate(["▁", "▁a", "a", "b", "▁ab", "ab", "ü"])
    )
    small += counted(2, b"\x18\x02") + counted(3, counted(2, b""))
    path = tmp_path / "tokenizer.model"
    for original in (small, small.replace(b"\x18\x02", b"\x18\x01"), trained("unigram")[-3000:], GOOD):
        for _ in range(150):
            data = bytearray(original)
            for _ in range(chosen.randrange(1, 4)):
                place = chosen.randrange(len(data))
                data[place : place + chosen.randrange(2)] = bytes(chosen.choices(range(256), k=chosen.randrange(3)))
            path.write_bytes(bytes(data))
            try:
                tokenizer = PreTrainedTokenizer.from_pretrained(tmp_path)
                tokenizer("a ab<unk> ü\n")
            except LeanformersError:
                continue


def test_hostile_sizes_are_refused_at_once(write_files: Any, monkeypatch: Any) -> None:
    runs = [piece(letter * size) for letter in (b"a", b"b") for size in range(1, 500)]
    folder = write_files({"tokenizer.model": UNKNOWN + b"".join(runs) + counted(2, b"\x18\x02") + counted(3, b"")})
    with pytest.raises(FileFormatError, match=r"has 999 tokens with more than \d+ merges: no vocabulary has"):
        PreTrainedTokenizer.from_pretrained(folder)
    monkeypatch.setattr(sentencepiece_model, "_MOST_PIECES", 5)
    with pytest.raises(FileFormatError, match="x has more than 5 pieces; no vocabulary has"):
        read_model(b"\n\x00" * 6 + SPECS, "x")
    monkeypatch.undo()
    long = UNKNOWN + piece(b"a" * 100_000) + counted(2, b"\x18\x02") + counted(3, b"")
    with pytest.raises(FileFormatError, match="has a token of 100000 characters; at most 2048 can be read"):
        PreTrainedTokenizer.from_pretrained(write_files({"tokenizer.model": long}))
    good = GOOD.replace(SPECS, counted(2, b"\xc0\x02\x02") + counted(3, b""))
    folder = write_files({"spiece.model": good, "tokenizer_config.json": {"extra_ids": 10**12}})
    with pytest.raises(ConfigError, match="extra_ids must be a number from 0 to 65536, not 1000000000000"):
        T5Tokenizer.from_pretrained(folder)
    with pytest.raises(ConfigError, match="extra_ids must be a number from 0 to 65536, not 'x'"):
        T5Tokenizer.from_pretrained(folder, extra_ids="x")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": "x"}, r"added_tokens\.json: the id of 'a' must be a number, not 'x'"),
        ("[1]", "must hold a JSON object"),
        ('{"a": 1', "not valid JSON"),
        ({"": 9}, "a string that is not empty"),
    ],
    ids=str,
)
def test_broken_added_tokens_are_named(write_files: Any, content: Any, message: str) -> None:
    folder = write_files({"tokenizer.model": GOOD, "added_tokens.json": content})
    with pytest.raises(FileFormatError, match=message):
        PreTrainedTokenizer.from_pretrained(folder)


@pytest.mark.parametrize("decoder", [5, [1], {"x": {"content": "a"}}, {"1": 5}, {"-1": {"content": "a"}}], ids=str)
@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_a_broken_added_tokens_decoder_is_named(write_files: Any, trained: Any, decoder: Any, kind: str) -> None:
    folder = write_files({"tokenizer.model": trained(kind), "tokenizer_config.json": {"added_tokens_decoder": decoder}})
    with pytest.raises((FileFormatError, ConfigError), match=r"tokenizer_config\.json: added_tokens_decoder must map"):
        PreTrainedTokenizer.from_pretrained(folder)


def test_the_wrong_kind_of_model_is_said(write_files: Any, trained: Any) -> None:
    with pytest.raises(FileFormatError, match="is a bpe model, but T5Tokenizer needs a unigram model"):
        T5Tokenizer.from_pretrained(write_files({"spiece.model": trained("bpe")}))
    with pytest.raises(FileFormatError, match="is a unigram model, but LlamaTokenizer needs a bpe model"):
        leanformers.LlamaTokenizer.from_pretrained(write_files({"tokenizer.model": trained("unigram")}))
    with pytest.raises(FileFormatError, match="is a word model; only unigram and bpe models can be read"):
        PreTrainedTokenizer.from_pretrained(write_files({"tokenizer.model": trained("word")}))
    with pytest.raises(InputValueError, match="mask_token='<mask>' is not in the vocabulary"):
        T5Tokenizer.from_pretrained(write_files({"spiece.model": trained("unigram-t5")}), mask_token="<mask>")
