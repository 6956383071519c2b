"""One tokenizer in many threads, in several threads of its own, and after a fork."""

from __future__ import annotations

import multiprocessing
import random
import sysconfig
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy
import pytest

from leanformers.errors import InputTypeError, InputValueError


def test_sixteen_threads_with_options_of_their_own(both: Any, corpus_lines: list[str]) -> None:
    lines = random.Random(3).sample(corpus_lines, 64)
    options = [
        {"truncation": True, "max_length": 5 + i, "padding": ["max_length", "longest"][i % 2],
         "padding_side": ["left", "right"][i // 2 % 2], "stride": i % 3, "return_overflowing_tokens": i % 3 > 0,
         "add_special_tokens": i % 4 > 0, "split_special_tokens": i % 5 == 0, "return_offsets_mapping": i % 2 > 0}
        for i in range(16)
    ]  # fmt: skip
    expected = [dict(both.ours(lines, **option)) for option in options]
    barrier = threading.Barrier(16)

    def call(number: int) -> bool:
        barrier.wait()
        return all(dict(both.ours(lines, **options[number])) == expected[number] for _ in range(4))

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(call, range(16)))


@pytest.mark.parametrize("threads", [1, 2, 3, 16])
def test_the_number_of_threads_changes_nothing(cased: Any, corpus_lines: list[str], threads: int) -> None:
    lines, others = corpus_lines[:1500], corpus_lines[-1500:]
    expected = cased(lines, others, truncation=True, max_length=30, return_offsets_mapping=True)
    ragged = cased.encode_ragged(
        lines, others, truncation=True, max_length=30, spans=True, word_ids=True, threads=threads
    )
    assert ragged.to_lists() == expected["input_ids"]
    flat = [list(span) for row in expected["offset_mapping"] for span in row]
    assert ragged.spans.tolist() == flat
    assert cased.decode_ragged(ragged, threads=threads) == cased.batch_decode(expected["input_ids"])


def test_an_error_in_a_thread_is_that_of_the_first_row(cased: Any) -> None:
    lines = ["word " * 4000] * 40
    pairs = ["a"] * 40
    with pytest.raises(InputValueError, match=r"^row 0: .*only_second"):
        cased(lines, pairs, truncation="only_second", max_length=9)
    with pytest.raises(InputTypeError, match="item 39 is None"):
        cased([*lines[:-1], None])


def test_an_id_that_does_not_exist_is_named_with_its_row(cased: Any) -> None:
    from leanformers import Ragged
    from leanformers.errors import TokenIdError

    rows = Ragged.from_lists([[1, 2]] * 700 + [[3, 10**6]])
    with pytest.raises(TokenIdError, match="row 700, position 1: id 1000000 is not in the vocabulary"):
        cased.decode_ragged(rows)
    with pytest.raises(InputValueError, match="threads=0 must be at least 1"):
        cased.decode_ragged(rows, threads=0)


def _encode(tokenizer: Any, lines: list[str], connection: Any) -> None:
    connection.send(tokenizer(lines)["input_ids"])


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system has no fork")
def test_a_fork_encodes_while_other_threads_do(cased: Any, corpus_lines: list[str]) -> None:
    lines = corpus_lines[:1200]
    expected = cased(lines)["input_ids"]
    done = threading.Event()

    def keep_busy() -> None:
        while not done.is_set():
            cased(lines[:100])

    busy = [threading.Thread(target=keep_busy) for _ in range(3)]
    for thread in busy:
        thread.start()
    try:
        context = multiprocessing.get_context("fork")
        for _ in range(4):
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_encode, args=(cased, lines, sender))
            process.start()
            sender.close()
            assert receiver.poll(60), "the new process hangs"
            assert receiver.recv() == expected
            process.join()
    finally:
        done.set()
        for thread in busy:
            thread.join()


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has a global lock")
def test_the_core_does_not_bring_the_lock_back() -> None:
    import sys

    assert not sys._is_gil_enabled()


def test_rows_of_ragged_are_views(cased: Any) -> None:
    ragged = cased.encode_ragged(["a b", "c"])
    assert numpy.shares_memory(ragged[0], ragged.ids)
    assert numpy.shares_memory(ragged[0:1].ids, ragged.ids)
