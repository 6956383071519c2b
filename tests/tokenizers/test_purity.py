"""A call leaves nothing behind; tokenizing needs neither numpy nor torch; tokenizers can be copied and pickled."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

TEXTS = ["one short text", "another, which is rather longer than the first one was", "", "[MASK] é 文字"]


def every_kind_of_call(tokenizer: Any) -> None:
    tokenizer(TEXTS, truncation=True, max_length=4)
    tokenizer(TEXTS, truncation="only_first", max_length=6, truncation_side="left")
    tokenizer(TEXTS, TEXTS, padding="max_length", max_length=40, padding_side="left", return_tensors="np")
    tokenizer(TEXTS, padding=True, pad_to_multiple_of=8, return_offsets_mapping=True)
    tokenizer.encode(TEXTS[1], add_special_tokens=False)
    tokenizer.encode_ragged(TEXTS, truncation=True, max_length=3, spans=True, word_ids=True)
    tokenizer.pad({"input_ids": [[1], [2, 3]]}, padding_side="left")
    tokenizer.decode([101, 102], skip_special_tokens=True, clean_up_tokenization_spaces=True)
    tokenizer(TEXTS).word_ids(1)


def test_calls_change_neither_the_tokenizer_nor_what_it_saves(minilm_folder: Path, tmp_path: Path) -> None:
    from leanformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(minilm_folder)
    tokenizer.save_pretrained(tmp_path / "before")
    before = copy.deepcopy({name: value for name, value in vars(tokenizer).items() if name not in ("_core", "_spec")})
    plain = tokenizer(TEXTS)
    every_kind_of_call(tokenizer)
    tokenizer.save_pretrained(tmp_path / "after")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (tmp_path / "before" / name).read_bytes() == (tmp_path / "after" / name).read_bytes()
    settings = vars(tokenizer).keys() - {"_core", "_spec", "_settings"}
    assert {name: getattr(tokenizer, name) for name in settings} == {name: before[name] for name in settings}
    assert tokenizer(TEXTS) == plain


def test_arguments_are_not_changed(cased: Any) -> None:
    texts, pairs = list(TEXTS), list(reversed(TEXTS))
    row = {"input_ids": [[1], [2, 3]], "labels": [0, 1]}
    cased(texts, pairs, padding=True, truncation=True, max_length=5)
    cased.pad(row)
    assert texts == TEXTS
    assert pairs == TEXTS[::-1]
    assert row == {"input_ids": [[1], [2, 3]], "labels": [0, 1]}


def test_threads_with_different_lengths_get_what_one_thread_gets(cased: Any, corpus_lines: list[str]) -> None:
    lines = corpus_lines[:200]
    expected = {
        length: cased(lines, truncation=True, max_length=length, padding=True)["input_ids"] for length in range(4, 20)
    }
    plain = cased(lines, verbose=False)["input_ids"]

    def work(number: int) -> bool:
        length = 4 + number % 16
        same = cased(lines, truncation=True, max_length=length, padding=True)["input_ids"] == expected[length]
        short = cased(lines[number % 200], truncation=True, max_length=length)
        return same and cased(lines, verbose=False)["input_ids"] == plain and len(short.tokens()) <= length

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(work, range(200)))
    finally:
        sys.setswitchinterval(interval)


def test_threads_may_ask_the_same_encoding(cased: Any, corpus_lines: list[str]) -> None:
    lines = corpus_lines[:100]
    expected = cased(lines, verbose=False)
    for _ in range(5):
        encoding = cased(lines, verbose=False)
        with ThreadPoolExecutor(4) as pool:
            ids = list(pool.map(lambda _, asked=encoding: asked["input_ids"], range(8)))
            words = list(pool.map(encoding.word_ids, range(100)))
        assert all(row == expected["input_ids"] for row in ids)
        assert words == [expected.word_ids(row) for row in range(100)]


def test_pickled_and_copied_tokenizers_do_the_same(minilm_folder: Path, cased: Any, tmp_path: Path) -> None:
    from leanformers import AutoTokenizer

    minilm = AutoTokenizer.from_pretrained(minilm_folder, padding_side="left")
    minilm.mask_token = "[unused5]"
    for tokenizer in (minilm, cased):
        for other in (pickle.loads(pickle.dumps(tokenizer)), copy.copy(tokenizer), copy.deepcopy(tokenizer)):
            assert type(other) is type(tokenizer)
            assert repr(other) == repr(tokenizer)
            assert other.get_vocab() == tokenizer.get_vocab()
            assert dict(other(TEXTS, padding=True)) == dict(tokenizer(TEXTS, padding=True))
            tokenizer.save_pretrained(tmp_path / "one")
            other.save_pretrained(tmp_path / "two")
            for name in ("tokenizer.json", "tokenizer_config.json"):
                assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
            other.cls_token = "[SEP]"
            other.padding_side = "right"
            assert tokenizer.cls_token == "[CLS]"
    assert minilm.padding_side == "left"


def run_python(code: str, *arguments: str) -> str:
    return subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True).stdout


def test_the_import_brings_nothing_heavy() -> None:
    code = "import sys; from leanformers import AutoTokenizer, BertTokenizer, BatchEncoding; print(*sys.modules)"
    modules = set(run_python(code).split())
    heavy = {"numpy", "torch", "huggingface_hub", "safetensors", "transformers", "dataclasses", "inspect", "tempfile"}
    assert not modules & heavy


def test_tokenizing_needs_neither_numpy_nor_torch(minilm_folder: Path) -> None:
    code = """if True:
        import pickle, sys
        from leanformers import AutoTokenizer
        tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
        batch = tokenizer(["one text", "and another"], padding=True, truncation=True, return_offsets_mapping=True)
        batch.word_ids(1), batch.char_to_token(0, 4), batch["input_ids"], batch["offset_mapping"], batch.data
        tokenizer.decode(batch["input_ids"]), tokenizer.tokenize("a"), tokenizer.pad({"input_ids": [[1], [2, 3]]})
        pickle.loads(pickle.dumps(tokenizer))("a"), tokenizer.explain(), repr(tokenizer)
        print(*sys.modules)
    """
    assert not set(run_python(code, str(minilm_folder)).split()) & {"numpy", "torch", "huggingface_hub"}


def test_explain_says_what_runs(cased: Any) -> None:
    assert "fused" in cased.explain()
    assert len(cased.explain().splitlines()) >= 2


@pytest.mark.parametrize("name", ["input_ids", "offset_mapping"])
def test_memory_of_the_caller_is_not_shared_between_calls(cased: Any, name: str) -> None:
    first, second = (cased(["a b"], return_offsets_mapping=True) for _ in range(2))
    first[name][0][0] = None
    assert second[name][0][0] is not None
