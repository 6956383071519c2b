"""Lists of ids, masks and offsets: the same numbers as the flat arrays, each row a list of its own, counted rightly."""

from __future__ import annotations

import gc
import sys
from itertools import pairwise
from typing import Any

import pytest

from leanformers import _core

Column = _core.Column
COLUMNS = (
    Column.IDS,
    Column.TYPE_IDS,
    Column.ATTENTION_MASK,
    Column.SPECIAL_TOKENS_MASK,
    Column.SEQUENCE_IDS,
    Column.WORD_IDS,
    Column.SPANS,
)


def flat_rows(encoded: _core.Encoded, column: _core.Column) -> list[list[Any]]:
    flat = encoded.flat(column).tolist()
    if column is Column.SPANS:
        flat = [tuple(span) for span in flat]
    if column in (Column.SEQUENCE_IDS, Column.WORD_IDS):
        flat = [None if value < 0 else value for value in flat]
    return [flat[begin:end] for begin, end in pairwise(encoded.row_offsets().tolist())]


def test_lists_have_the_numbers_of_the_flat_arrays(cased: Any, corpus_lines: list[str], odd_lines: list[str]) -> None:
    lines = corpus_lines[::7] + odd_lines[::7]
    for pairs in (None, lines[::-1]):
        encoded = cased._core.encode(lines, pairs, details=True)
        for column in COLUMNS:
            lists = encoded.lists(column)
            assert lists == flat_rows(encoded, column)
            assert [encoded.row(column, row) for row in range(0, len(lines), 50)] == lists[::50]


def test_offsets_far_into_a_text_and_of_long_words_are_right(cased: Any) -> None:
    text = " ".join("x" * (length % 40 + 1) for length in range(700))  # beyond what is kept for sharing, both ways
    encoded = cased._core.encode([text, text], details=True)
    first, second = encoded.lists(Column.SPANS)
    assert first == second == flat_rows(encoded, Column.SPANS)[0]
    assert max(end for _, end in first) == len(text)
    assert all(type(span) is tuple for span in first)


def test_large_ids_are_right() -> None:
    size = 2**18 + 5
    vocab = {"[UNK]": 0, "small": 2**18 - 1, "large": 2**18, "largest": size}
    core = _core.Tokenizer(
        added_tokens=[],
        normalizers=[],
        pre_tokenizers=[_core.WhitespaceSplit()],
        model=_core.WordLevel(vocab, unk_token="[UNK]"),
        template=None,
        decoders=[],
    )
    encoded = core.encode(["small large largest what"])
    assert encoded.lists(Column.IDS, 5, False, size) == [[2**18 - 1, 2**18, size, 0, size]]


@pytest.mark.parametrize("padding", [False, True])
def test_each_row_is_a_list_of_its_own(cased: Any, padding: bool) -> None:
    texts = ["one text", "one text", "another one, longer"]
    encoding, same = (cased(texts, return_offsets_mapping=True, padding=padding) for _ in range(2))
    for name, rows in encoding.items():
        assert rows == same[name]
        for row in rows:
            before = [list(row) for row in rows]
            row.append(None)
            row[0] = "changed"
            assert sum(now != then for now, then in zip(rows, before, strict=True)) == 1
    assert same.data == cased(texts, return_offsets_mapping=True, padding=padding).data


@pytest.mark.skipif(not hasattr(sys, "getrefcount"), reason="the interpreter does not count references")
def test_shared_numbers_are_counted_rightly_and_rows_go_with_their_last_reference(cased: Any) -> None:
    texts = ["Some words of a text, with offsets.", "x" * 30]
    encoding = cased(texts, return_offsets_mapping=True, padding=True)
    ids = [id for id in encoding["input_ids"][0] if id > 256]  # smaller ones belong to the interpreter
    watched = [*ids, *encoding["offset_mapping"][0]]
    del encoding

    def counts() -> list[int]:
        return [sys.getrefcount(value) for value in watched]

    gc.collect()
    gc.disable()  # nothing may be left to it
    try:
        before = counts()
        for left in ("left", "right"):
            cased(texts, return_offsets_mapping=True, padding="max_length", max_length=40, padding_side=left)
            found = cased(texts, return_offsets_mapping=True, padding=True, padding_side=left)
            _ = found.data, found.encodings
            del _, found
        assert counts() == before
    finally:
        gc.enable()
