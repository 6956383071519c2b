"""A tokenizer whose plan comes from the cache is the one that is compiled; what is no whole plan is never used."""

from __future__ import annotations

import json
import mmap
import os
import pickle
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest

from leanformers import AutoTokenizer, BertTokenizer, GPT2Tokenizer, PreTrainedTokenizer, T5Tokenizer, _core
from leanformers.errors import ArgumentError, FileFormatError
from leanformers.tokenizers import plan_cache
from leanformers.tokenizers.scores import document_to_json

from .configurations import random_document, random_text

TEXTS = ["", "Hello, world! ", "naïve Ünïcode 한국어 日本語 тест 👩\u200d👧", "a b  c\n<s>[CLS]</s> x" * 9]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "plans"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tokenizer with merges, of a random document that has some."""
    documents = (random_document(Random(seed)) for seed in range(10_000))
    return write(tmp_path / "bpe", next(d for d in documents if len(d["model"].get("merges", ())) > 3))


def write(folder: Path, document: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "tokenizer.json").write_text(document_to_json(document), encoding="utf-8")
    return folder


def load(folder: Path, cache: Path | bool | None) -> PreTrainedTokenizer:
    return AutoTokenizer.from_pretrained(folder, plan_cache=cache)


def said(tokenizer: PreTrainedTokenizer) -> str:
    """What became of the plan."""
    line = tokenizer.explain().splitlines()[-1]
    return line.removeprefix("plan cache: ").split(";")[0] if line.startswith("plan cache: ") else "off"


def plan_of(cache: Path) -> Path:
    (path,) = cache.glob("*.plan")
    return path


def outcome(tokenizer: PreTrainedTokenizer, text: str) -> Any:
    """Everything that a tokenizer says of a text, or its error."""
    try:
        found = tokenizer(text, return_offsets_mapping=True, verbose=False)
    except Exception as error:  # which must be the same too
        return repr(error)
    ids = found["input_ids"]
    return dict(found), found.word_ids(), tokenizer.decode(ids), tokenizer.convert_ids_to_tokens(ids)


def assert_same(a: PreTrainedTokenizer, b: PreTrainedTokenizer, texts: list[str]) -> None:
    assert [outcome(a, text) for text in texts] == [outcome(b, text) for text in texts]
    assert a.get_vocab() == b.get_vocab()
    assert a._spec.to_json() == b._spec.to_json()
    assert a._spec.document == b._spec.document


@pytest.mark.parametrize("seed", range(150))
def test_random_tokenizers_are_the_same_with_and_without(seed: int, tmp_path: Path, cache: Path) -> None:
    chosen = Random(f"plan {seed}")
    document = random_document(chosen)
    if (document["model"].get("dropout") or 0) > 0:
        document["model"]["dropout"] = None
    folder = write(tmp_path / "tokenizer", document)
    texts = TEXTS + [random_text(chosen, document) for _ in range(10)]
    try:
        plain = load(folder, False)
    except Exception as error:
        with pytest.raises(type(error)):
            load(folder, cache)
        return
    first, second = load(folder, cache), load(folder, cache)
    if said(first) != "written":  # a table that is not written as in every file
        assert said(first).startswith("not used")
    else:
        assert said(second) == "read"
    assert plain.explain().splitlines() == second.explain().splitlines()[:-1]
    assert_same(plain, first, texts)
    assert_same(plain, second, texts)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bert-base-cased", BertTokenizer),
        ("bert-base-uncased", BertTokenizer),
        ("gpt2", GPT2Tokenizer),
        ("t5-base", T5Tokenizer),
    ],
)
def test_real_tokenizers_are_the_same_with_and_without(
    name: str, kind: type[PreTrainedTokenizer], test_data: Path, tmp_path: Path, cache: Path
) -> None:
    original = kind.from_pretrained(test_data / "tokenizers" / name, plan_cache=cache)
    assert "only a tokenizer.json has plans" in original.explain()
    original.save_pretrained(tmp_path / name)
    path = tmp_path / name / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8"))))  # scores as most files spell them
    plain, first, second = (load(tmp_path / name, which) for which in (False, cache, cache))
    assert (said(plain), said(first), said(second)) == ("off", "written", "read")
    lines = (test_data / "corpora" / "multilingual.jsonl").read_text(encoding="utf-8").splitlines()[:300]
    assert_same(plain, first, [*TEXTS, *lines])
    assert_same(plain, second, [*TEXTS, *lines])


def test_nothing_is_written_unless_it_is_asked_for(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.delenv("LEANFORMERS_PLAN_CACHE", raising=False)
    assert said(load(folder, None)) == said(load(folder, False)) == "off"
    monkeypatch.setenv("LEANFORMERS_PLAN_CACHE", "0")
    assert said(load(folder, None)) == "off"
    assert not (tmp_path / "user").exists()


def test_the_environment_says_whether_and_where(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.setenv("LEANFORMERS_PLAN_CACHE", "1")
    assert said(load(folder, None)) == "written"
    assert plan_of(tmp_path / "user" / "leanformers" / "plans").stat().st_mode & 0o777 == 0o600
    assert said(load(folder, True)) == "read"
    assert said(load(folder, False)) == "off"
    monkeypatch.setenv("LEANFORMERS_PLAN_CACHE", str(tmp_path / "other"))
    assert said(load(folder, None)) == "written"
    assert plan_of(tmp_path / "other")


def test_an_argument_that_is_no_folder(folder: Path) -> None:
    for wrong in (7, ""):
        with pytest.raises(ArgumentError, match=f"plan_cache must be True, False or a folder, not {wrong!r}"):
            AutoTokenizer.from_pretrained(folder, plan_cache=wrong)


def test_each_changed_byte_and_each_cut_is_found(folder: Path, cache: Path) -> None:
    """A small plan, of which every byte outside of the checksum's reach would be one that is not compared."""
    load(folder, cache)
    path = plan_of(cache)
    data, key = path.read_bytes(), bytes.fromhex(path.stem)
    chosen = Random(0)
    assert readable(data, key)
    for place in [*range(200), *(chosen.randrange(len(data)) for _ in range(1_000)), *range(-100, 0)]:
        changed = bytearray(data)
        changed[place] ^= 1 << chosen.randrange(8)
        assert not readable(bytes(changed), key)
    for size in [*range(300), *(chosen.randrange(len(data)) for _ in range(300)), len(data) - 1]:
        assert not readable(data[:size], key)
    assert not readable(data + b"\0", key)
    assert not readable(data, bytes(32))
    assert not readable(data, key[:31])


def readable(data: bytes, key: bytes) -> bool:
    """Whether these bytes are taken for a plan, in mapped memory as from a file."""
    if not data:
        return False
    memory = mmap.mmap(-1, len(data))
    memory.write(data)
    return _core.read_plan(key, memory) is not None


@pytest.mark.parametrize("damage", ["empty", "cut", "changed", "foreign", "folder"])
def test_a_damaged_plan_is_written_anew(damage: str, folder: Path, cache: Path) -> None:
    plain = load(folder, False)
    load(folder, cache)
    path = plan_of(cache)
    data = path.read_bytes()
    path.unlink()
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(data[: len(data) // 2])
        case "changed":
            path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        case "foreign":
            path.write_bytes(b"PK\3\4" * 500)
        case "folder":
            path.mkdir()
    path.chmod(0o700 if damage == "folder" else 0o600)
    again = load(folder, cache)
    assert_same(plain, again, TEXTS)
    if damage == "folder":  # nothing that this cache has made, and nothing that it removes
        assert said(again).startswith("not written")
    else:
        assert said(again).startswith("written, since the one that was there ")
        assert said(load(folder, cache)) == "read"
        assert readable(path.read_bytes(), bytes.fromhex(path.stem))


def test_a_plan_of_another_build_is_not_read(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(folder, cache)
    monkeypatch.setattr(_core, "build_stamp", lambda: "another")
    assert said(load(folder, cache)) == "written"
    assert len(list(cache.glob("*.plan"))) == 2


def test_a_model_whose_settings_are_read_otherwise_now_is_compiled_anew(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(folder, cache)
    settings_of = plan_cache._settings_of
    monkeypatch.setattr(plan_cache, "_settings_of", lambda stage: settings_of(stage) + b" of another release")
    again = load(folder, cache)
    assert said(again) == "written, since the one that was there was of other settings"
    assert_same(load(folder, False), again, TEXTS)
    assert said(load(folder, cache)) == "read"


def test_another_file_has_another_plan(folder: Path, cache: Path) -> None:
    load(folder, cache)
    path = folder / "tokenizer.json"
    path.write_bytes(path.read_bytes() + b"\n")
    assert said(load(folder, cache)) == "written"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of POSIX")
def test_what_others_may_write_is_not_read(folder: Path, cache: Path) -> None:
    load(folder, cache)
    path = plan_of(cache)
    path.chmod(0o666)
    assert said(load(folder, cache)).startswith("written, since the one that was there could not be read (others may")
    assert path.stat().st_mode & 0o777 == 0o600
    cache.chmod(0o777)
    assert said(load(folder, cache)).startswith("not written (others may write to ")
    cache.chmod(0o700)
    assert said(load(folder, cache)) == "read"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of POSIX")
def test_what_belongs_to_somebody_else_is_not_read(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(folder, cache)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert "belongs to another user" in said(load(folder, cache))


def test_a_link_is_not_followed(folder: Path, cache: Path, tmp_path: Path) -> None:
    load(folder, cache)
    path = plan_of(cache)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert said(load(folder, cache)).startswith("written, since the one that was there could not be read")
    assert not path.is_symlink()


def test_a_load_never_fails_for_a_cache_that_cannot_be_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = load(folder, False)
    (tmp_path / "file").write_text("x")
    tokenizer = load(folder, tmp_path / "file")
    assert said(tokenizer).startswith("not written (")
    assert_same(plain, tokenizer, TEXTS)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plan_cache, "move_into_place", full)
    tokenizer = load(folder, tmp_path / "full")
    assert said(tokenizer) == "not written ([Errno 28] No space left on device)"
    assert list((tmp_path / "full").iterdir()) == []
    assert_same(plain, tokenizer, TEXTS)


def test_a_broken_tokenizer_gives_its_own_error(folder: Path, cache: Path) -> None:
    path = folder / "tokenizer.json"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FileFormatError) as without:
        load(folder, False)
    with pytest.raises(FileFormatError) as with_cache:
        load(folder, cache)
    assert str(without.value) == str(with_cache.value)
    assert not cache.exists()


def test_the_oldest_plans_go(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_cache, "MOST_PLANS", 3)
    path = folder / "tokenizer.json"
    text = path.read_bytes()
    (cache / "mine").parent.mkdir()
    (cache / "mine").write_text("not a plan, and not removed")
    for name, day in ((".plan-killed", 1), (".plan-writing", time.time() / 86_400)):
        (cache / name).write_text("half of a plan")
        os.utime(cache / name, (day * 86_400, day * 86_400))
    cache.chmod(0o700)
    used = []
    for number in range(6):
        path.write_bytes(text + b" " * number)
        before = set(cache.glob("*.plan"))
        load(folder, cache)
        (new,) = set(cache.glob("*.plan")) - before
        os.utime(new, (number, number))
        used.append(new)
        if number == 3:  # the second one is used again
            path.write_bytes(text + b" ")
            assert said(load(folder, cache)) == "read"
    assert set(cache.iterdir()) == {used[1], used[4], used[5], cache / "mine", cache / ".plan-writing"}
    monkeypatch.setattr(plan_cache, "MOST_BYTES", 1)
    path.write_bytes(text + b"\n")
    load(folder, cache)
    assert len(list(cache.glob("*.plan"))) == 1


def test_tokens_that_are_added_afterwards(folder: Path, cache: Path) -> None:
    load(folder, cache)
    plain, cached = load(folder, False), load(folder, cache)
    for tokenizer in (plain, cached):
        tokenizer.add_tokens(["qqq", "Hello"])
        tokenizer.add_special_tokens({"pad_token": "<mine>"})
    assert_same(plain, cached, [*TEXTS, "qqq<mine>Hello"])
    assert said(load(folder, cache)) == "read"


def test_copies_and_pickles_keep_the_cache(folder: Path, cache: Path) -> None:
    load(folder, cache)
    tokenizer = load(folder, cache)
    again = pickle.loads(pickle.dumps(tokenizer))
    assert said(again) == "read"
    assert_same(tokenizer, again, TEXTS)


def test_saved_files_are_the_original_ones(folder: Path, cache: Path, tmp_path: Path) -> None:
    load(folder, cache)
    load(folder, cache).save_pretrained(tmp_path / "saved")
    assert (tmp_path / "saved" / "tokenizer.json").read_bytes() == (folder / "tokenizer.json").read_bytes()


def test_a_tokenizer_outlives_its_file_and_its_siblings(folder: Path, cache: Path) -> None:
    load(folder, cache)
    tokenizers = [load(folder, cache) for _ in range(3)]
    expected = [outcome(tokenizers[0], text) for text in TEXTS]
    plan_of(cache).unlink()
    kept = tokenizers[1]
    tables = kept._spec.content["model"]["vocab"]
    del tokenizers
    assert [outcome(kept, text) for text in TEXTS] == expected
    size = len(kept)
    del kept
    assert len(tables.plain()) <= size


def test_many_threads_and_processes_at_once(folder: Path, cache: Path) -> None:
    expected = [load(folder, False)(text)["input_ids"] for text in TEXTS]
    code = (
        "import sys; from leanformers import AutoTokenizer\n"
        "texts = eval(sys.argv[3])\n"
        "for _ in range(5):\n"
        "    t = AutoTokenizer.from_pretrained(sys.argv[1], plan_cache=sys.argv[2])\n"
        "    assert [t(text, verbose=False)['input_ids'] for text in texts] == eval(sys.argv[4])\n"
    )
    arguments = [sys.executable, "-c", code, str(folder), str(cache), repr(TEXTS), repr(expected)]
    processes = [subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) for _ in range(4)]

    def check(_: int) -> bool:
        return [load(folder, cache)(text)["input_ids"] for text in TEXTS] == expected

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(check, range(40)))
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert plan_of(cache)
    assert [path.name for path in cache.iterdir() if path.suffix != ".plan"] == []
