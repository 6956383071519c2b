"""What the core reads of older vocabulary files is what their slow readers read; what has a fault it leaves to them."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leanformers import _core
from leanformers.errors import FileFormatError
from leanformers.tokenizers.formats import sentencepiece_model, tiktoken, vocab_json
from leanformers.tokenizers.formats.merges import BYTE_LETTERS, implied_merges
from leanformers.tokenizers.formats.protobuf import read_message
from leanformers.tokenizers.scores import read_score

# Others are left to the slow reader.
SCORES = st.floats(-9e8, 9e8).filter(lambda score: score == 0 or abs(score) > 1e-280)
TOKENS = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)


def damaged(data: bytes, chosen: random.Random) -> bytes:
    """A few bytes changed, left out or put in."""
    changed = bytearray(data)
    for _ in range(chosen.randrange(3)):
        place = chosen.randrange(len(changed) + 1)
        changed[place : place + chosen.randrange(3)] = bytes(chosen.choices(range(256), k=chosen.randrange(3)))
    return bytes(changed)


def end_of_fields(message: bytes, count: int) -> int:
    """Where so many fields end, which all are pieces: a tag, their size and themselves."""
    at = 0
    for _ in range(count):
        at += 2 + message[at + 1]
    return at


def result(read: Callable[[], Any]) -> Any:
    """What is read, or None where it has a fault."""
    try:
        return read()
    except FileFormatError:
        return None


def test_pieces_of_damaged_models(trained: Any) -> None:
    def slowly(data: bytes) -> Any:
        pieces, kinds, others = sentencepiece_model._read_slowly(data, "x")
        return repr(pieces.plain()), kinds, others

    def fast(data: bytes) -> Any:
        found = _core.read_sentencepiece(data)
        return found and (repr(found[0].plain()), found[1], list(read_message(found[2], "x")))

    chosen = random.Random(3)
    faults = 0
    for name in ("unigram", "unigram-identity", "bpe-bytes"):
        whole = trained(name)
        assert fast(whole) == slowly(whole)
        for _ in range(400):
            data = damaged(whole[: end_of_fields(whole, chosen.randrange(1, 60))], chosen)
            expected = result(lambda data=data: slowly(data))
            faults += expected is None
            assert fast(data) == expected
    assert 200 < faults < 1000  # some of each


def rank_file(chosen: random.Random, ends: str) -> bytes:
    tokens = [bytes([byte]) for byte in range(256)]
    tokens += sorted({bytes(chosen.choices(range(256), k=chosen.randrange(2, 9))) for _ in range(60)})
    ranks = chosen.sample(range(len(tokens) * 2), len(tokens))
    lines = [f"{base64.b64encode(token).decode()} {rank}" for token, rank in zip(tokens, ranks, strict=True)]
    return ends.join(lines).encode() + ends.encode()


def test_ranks_of_damaged_files() -> None:
    chosen = random.Random(4)
    found = 0
    for _ in range(150):
        whole = rank_file(chosen, chosen.choice(("\n", "\r\n", "\n\n", "\r")))
        for data in (whole, damaged(whole, chosen), whole.replace(b" ", b"  ", 1)):
            expected = result(lambda data=data: tiktoken._read_slowly(data, "x").plain())
            table = _core.read_ranks(data)
            if table is not None:  # what is written otherwise than in most files is left to the slow reader
                assert list(table.plain().items()) == list((expected or {}).items())
            found += table is not None
        assert _core.read_ranks(whole) is not None
    assert 150 < found < 400


def test_vocabularies_and_merges_of_damaged_files(tmp_path: Path) -> None:
    chosen = random.Random(5)
    vocab_path, merges_path = tmp_path / "vocab.json", tmp_path / "merges.txt"
    vocab = b'{"a": 0, "b": 1, "ab": 2, "\\u00e9": 3, "\xc3\xa9a": 4, "#": 5, "": 6}'
    merges = "#version: 0.2\na b\r\né a\n".encode()
    vocab_path.write_bytes(vocab)
    merges_path.write_bytes(merges)
    tables = vocab_json._read_tables(vocab_path, merges_path)
    assert isinstance(tables["merges"], _core.MergesTable)
    assert tables["merges"].plain() == [["a", "b"], ["é", "a"]]
    for _ in range(500):
        vocab_path.write_bytes(damaged(vocab, chosen))
        merges_path.write_bytes(damaged(merges, chosen))
        plain = result(lambda: vocab_json._read_vocab(vocab_path))
        expected = None if plain is None else result(lambda plain=plain: vocab_json._read_merges(merges_path, plain))
        table = _core.read_vocabulary(vocab_path.read_bytes())
        if table is not None:
            assert table.plain() == plain
            found = _core.read_merges(merges_path.read_bytes(), table)
            assert (found and found.plain()) == expected


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text("abé🐋", min_size=1, max_size=6), unique=True), st.randoms(use_true_random=False), st.booleans()
)
def test_merges_are_every_way_to_make_a_token_of_two(tokens: list[str], chosen: random.Random, by_ids: bool) -> None:
    vocab = dict(zip(tokens, chosen.sample(range(3 * len(tokens)), len(tokens)), strict=True))
    merges = []
    for token in sorted(vocab, key=vocab.__getitem__):
        pairs = [(token[:cut], token[cut:]) for cut in range(1, len(token))]
        pairs = [(left, right) for left, right in pairs if left in vocab and right in vocab]
        merges += sorted(pairs, key=lambda pair: (vocab[pair[0]], vocab[pair[1]])) if by_ids else pairs
    assert implied_merges(_core.VocabularyTable(vocab), "x", by_ids=by_ids).pairs() == merges


def test_merges_of_a_large_vocabulary_are_looked_up_in_many_blocks(test_data: Path) -> None:
    vocab = _core.read_vocabulary((test_data / "tokenizers" / "gpt2" / "vocab.json").read_bytes())
    assert vocab is not None
    merges = (test_data / "tokenizers" / "gpt2" / "merges.txt").read_text(encoding="utf-8").split("\n")[1:-1]
    table = _core.read_merges("\n".join(merges).encode(), vocab)
    assert table is not None
    assert [" ".join(pair) for pair in table.pairs()] == merges
    assert set(table.pairs()) <= set(implied_merges(vocab, "x", by_ids=True).pairs())


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(TOKENS, SCORES), max_size=6))
def test_scores_that_have_been_written_and_read(pieces: list[tuple[str, float]]) -> None:
    read = _core.PiecesTable(pieces).as_read_again()
    assert read is not None
    assert repr(read.plain()) == repr([[piece, read_score(repr(score))] for piece, score in pieces])


def test_scores_that_no_model_has_are_left_to_the_slow_reader() -> None:
    for score in (1e9, -1e300, 5e-324, float("inf"), float("nan")):
        assert _core.PiecesTable([("a", score)]).as_read_again() is None


@settings(max_examples=100, deadline=None)
@given(st.lists(TOKENS, max_size=8), st.dictionaries(st.integers(0, 7), TOKENS))
def test_vocabularies_of_pieces(tokens: list[str], names: dict[int, str]) -> None:
    pieces = _core.PiecesTable([(token, -1.0) for token in tokens])
    texts = [names.get(i, token) for i, token in enumerate(tokens)]
    vocabulary = pieces.vocabulary(names)
    assert vocabulary.plain() == {token: i for i, token in enumerate(texts)}
    assert all(vocabulary.find(token) == i for token, i in vocabulary.plain().items())
    more = {"a": 9, "new": 10}
    assert vocabulary.with_tokens(more).plain() == {**vocabulary.plain(), **more}
    edited = pieces.edited([("first", 0.0)], 2, [("last", -3.5)])
    assert edited.plain() == [["first", 0.0], *([token, -1.0] for token in tokens[2:]), ["last", -3.5]]
    assert [edited[i] for i in range(len(edited))] == [tuple(row) for row in edited.plain()]
    with pytest.raises(IndexError):
        edited[len(edited)]


def test_every_byte_has_its_letter() -> None:
    data = b"".join(base64.b64encode(bytes([byte])) + b" %d\n" % byte for byte in range(256))
    table = _core.read_ranks(data)
    assert table is not None
    assert table.plain() == {letter: byte for byte, letter in enumerate(BYTE_LETTERS)}
