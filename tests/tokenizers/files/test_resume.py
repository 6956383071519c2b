"""KilledError at any moment, the same call goes on: nothing lost, nothing twice, and never with something else."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from leanformers import AutoTokenizer, TokenFile
from leanformers.errors import FileFormatError, InputValueError

from .conftest import WRITERS, some_texts, write_jsonl, write_lines

# Chunks of a few rows, so that there are thousands of moments to be killed at.
CODE = """if True:
    import sys
    from leanformers import AutoTokenizer
    from leanformers.tokenizers.files import readers
    readers.CHUNK = 200
    tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
    print("ready", flush=True)
    tokenizer.encode_file(sys.argv[2:], sys.argv[1], on_error="skip")
"""


def start(out: Path, *sources: Path) -> subprocess.Popen[bytes]:
    """A process that is about to begin its work."""
    process = subprocess.Popen([sys.executable, "-c", CODE, str(out), *map(str, sources)], stdout=subprocess.PIPE)
    with process.stdout as stdout:  # type: ignore[union-attr]
        assert stdout.readline() == b"ready\n"
    return process


def seconds_to_the_end(out: Path, *sources: Path) -> float:
    process = start(out, *sources)
    begin = time.perf_counter()
    assert process.wait() == 0
    return time.perf_counter() - begin


def check_kills(tmp_path: Path, name: str, out: str, kills: int, seed: int) -> None:
    """Kill the work again and again; what comes out in the end is what comes out without."""
    chosen = random.Random(seed)
    sources = [tmp_path / "first.jsonl", tmp_path / name]
    write_jsonl(sources[0], some_texts(1500, seed=1))
    with sources[0].open("a") as file:
        file.write("no JSON\n" * 3)
    WRITERS[name](sources[1], some_texts(1500))
    seconds = seconds_to_the_end(tmp_path / f"whole-{out}", *sources)
    for _ in range(kills):
        process = start(tmp_path / out, *sources)
        time.sleep(chosen.uniform(0, 2 * seconds / kills))
        process.send_signal(signal.SIGKILL)
        process.wait()
    seconds_to_the_end(tmp_path / out, *sources)
    assert (tmp_path / out).read_bytes() == (tmp_path / f"whole-{out}").read_bytes()
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("out", ["tokens.bin", "tokens.parquet"])
def test_killed_at_random_moments(tmp_path: Path, out: str) -> None:
    check_kills(tmp_path, "texts.csv", out, kills=5, seed=3)


@pytest.mark.long
@pytest.mark.parametrize("out", ["tokens.bin", "tokens.parquet"])
@pytest.mark.parametrize("name", WRITERS)
def test_killed_often_in_every_format(tmp_path: Path, name: str, out: str) -> None:
    check_kills(tmp_path, name, out, kills=40, seed=4)


class KilledError(Exception):
    """Stands for a kill between two writes."""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Work that stops after `n` chunks: `stop_after(n)` leaves an unfinished tokens.bin of texts.txt."""
    from leanformers.tokenizers.files import readers
    from leanformers.tokenizers.files.partial import Partial

    monkeypatch.setattr(readers, "CHUNK", 300)
    write_lines(tmp_path / "texts.txt", some_texts(200))
    save = Partial.save

    def stop_after(tokenizer: Any, chunks: int, **options: Any) -> Path:
        left = [chunks]

        def save_or_stop(self: Partial, state: Any) -> None:
            if left[0] == 0:
                raise KilledError
            left[0] -= 1
            save(self, state)

        with monkeypatch.context() as patch:
            patch.setattr(Partial, "save", save_or_stop)
            with pytest.raises(KilledError):
                tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "tokens.bin", **options)
        return tmp_path / "tokens.bin.partial"

    return stop_after


def finish(tokenizer: Any, folder: Path, **options: Any) -> None:
    """The rest of the work, which must give what one run gives."""
    tokenizer.encode_file(folder / "texts.txt", folder / "tokens.bin", **options)
    tokenizer.encode_file(folder / "texts.txt", folder / "whole.bin", **options)
    assert (folder / "tokens.bin").read_bytes() == (folder / "whole.bin").read_bytes()


@pytest.mark.parametrize("chunks", range(5))
def test_going_on_reads_only_what_is_left(
    tokenizer: Any, tmp_path: Path, work: Any, chunks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leanformers.tokenizers.files import readers

    work(tokenizer, chunks)
    places = []
    read = readers.read_chunks

    def watched(source: Any, field: str, place: Any, bad: Any) -> Any:
        places.append(place)
        return read(source, field, place, bad)

    monkeypatch.setattr(readers, "read_chunks", watched)
    finish(tokenizer, tmp_path)
    assert (places[0].offset >= 300 * chunks) if chunks else places[0] == readers.START


def test_a_file_in_the_making_has_another_name(tokenizer: Any, tmp_path: Path, work: Any) -> None:
    folder = work(tokenizer, 2)
    assert not (tmp_path / "tokens.bin").exists()
    assert (folder / "state.json").exists()


def test_another_tokenizer_is_an_error_that_says_so(tokenizer: Any, tmp_path: Path, work: Any) -> None:
    work(tokenizer, 2)
    other = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
    other.add_tokens(["filler"])
    with pytest.raises(InputValueError, match=r"begun with another tokenizer .*overwrite=True to begin anew"):
        other.encode_file(tmp_path / "texts.txt", tmp_path / "tokens.bin")
    finish(tokenizer, tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"add_special_tokens": False}, "other options"),
        ({"truncation": True, "max_length": 9}, "other options"),
        ({"field": "content"}, "other field: text, now content"),
        ({"max_text_bytes": 1000}, "other max_text_bytes"),
        ({"format": "document"}, "another format of .*: lines, now document"),
    ],
)
def test_other_options_are_an_error(
    tokenizer: Any, tmp_path: Path, work: Any, options: dict[str, Any], message: str
) -> None:
    work(tokenizer, 2)
    with pytest.raises(InputValueError, match=message):
        tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "tokens.bin", **options)
    finish(tokenizer, tmp_path, threads=2)  # which is no such option


def test_a_changed_input_is_an_error(tokenizer: Any, tmp_path: Path, work: Any) -> None:
    work(tokenizer, 2)
    path = tmp_path / "texts.txt"
    data, times = path.read_bytes(), path.stat()
    path.write_bytes(data + b"more\n")
    with pytest.raises(
        InputValueError,
        match=rf"content of .*texts\.txt, which had {len(data)} bytes and is now of {len(data) + 5} bytes",
    ):
        tokenizer.encode_file(path, tmp_path / "tokens.bin")
    path.write_bytes(data.swapcase())
    with pytest.raises(InputValueError, match="is now of another time"):
        tokenizer.encode_file(path, tmp_path / "tokens.bin")
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(InputValueError, match="other inputs: 1 files, now 2"):
        tokenizer.encode_file([path, path], tmp_path / "tokens.bin")
    finish(tokenizer, tmp_path)


def test_overwrite_begins_anew_only_for_another_job(tokenizer: Any, tmp_path: Path, work: Any) -> None:
    work(tokenizer, 2)
    finish(tokenizer, tmp_path, add_special_tokens=False, overwrite=True)


def test_bad_rows_may_be_left_out_after_the_first_stopped_the_work(tokenizer: Any, tmp_path: Path, work: Any) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes(path.read_bytes() + b"\xff\n" + path.read_bytes())
    with pytest.raises(FileFormatError, match="line 201"):
        tokenizer.encode_file(path, tmp_path / "tokens.bin")
    assert json.loads((tmp_path / "tokens.bin.partial" / "state.json").read_text())["state"]["rows"] > 150
    finish(tokenizer, tmp_path, on_error="skip")
    assert TokenFile.open(tmp_path / "tokens.bin").header.skipped == 1


def test_the_rows_that_were_left_out_later_cannot_be_taken_back_either(
    tokenizer: Any, tmp_path: Path, work: Any
) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes(path.read_bytes() + b"\xff\n" + path.read_bytes())
    with pytest.raises(FileFormatError, match="line 201"):
        tokenizer.encode_file(path, tmp_path / "tokens.bin")
    state = tmp_path / "tokens.bin.partial" / "state.json"
    data, times = path.read_bytes(), path.stat()
    work(tokenizer, 3, on_error="skip")
    assert json.loads(state.read_text())["state"]["skipped"] == 1
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (data, times.st_mtime_ns)
    with pytest.raises(InputValueError, match="other on_error: skip, now raise"):
        tokenizer.encode_file(path, tmp_path / "tokens.bin")


def test_rows_left_out_cannot_be_taken_back(tokenizer: Any, tmp_path: Path, work: Any) -> None:
    work(tokenizer, 2, on_error="skip")
    with pytest.raises(InputValueError, match="other on_error: skip, now raise"):
        tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "tokens.bin")


DAMAGES = {
    "tokens cut": lambda folder: os.truncate(folder / "ids.bin", 4100),
    "tokens changed": lambda folder: _flip(folder / "ids.bin", 4097),
    "row offsets changed": lambda folder: _flip(folder / "row_offsets.bin", 9),
    "row offsets gone": lambda folder: (folder / "row_offsets.bin").unlink(),
    "state cut": lambda folder: os.truncate(folder / "state.json", 40),
    "state empty": lambda folder: os.truncate(folder / "state.json", 0),
    "state changed": lambda folder: (folder / "state.json").write_text('{"state": {"rows": "x"}}'),
    "job gone": lambda folder: (folder / "job.json").unlink(),
}


def _flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_work_begins_anew_and_says_so(tokenizer: Any, tmp_path: Path, work: Any, damage: str) -> None:
    DAMAGES[damage](work(tokenizer, 3))
    with pytest.warns(UserWarning, match=r"the work in .*partial is damaged: beginning anew"):
        tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "tokens.bin")
    finish(tokenizer, tmp_path)


def test_what_was_written_after_the_last_state_is_dropped(tokenizer: Any, tmp_path: Path, work: Any) -> None:
    folder = work(tokenizer, 3)
    for name in ("ids.bin", "row_offsets.bin"):
        with (folder / name).open("ab") as file:
            file.write(b"half a chunk")
    finish(tokenizer, tmp_path)


def test_two_processes_cannot_write_the_same_file(tokenizer: Any, tmp_path: Path) -> None:
    from leanformers.tokenizers.files.partial import locked

    pytest.importorskip("fcntl")
    write_lines(tmp_path / "texts.txt", ["one"])
    with locked(tmp_path / "tokens.bin.partial"), pytest.raises(InputValueError, match="another process is writing"):
        tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "tokens.bin")


@pytest.mark.parametrize("out", ["tokens.bin", "tokens.parquet"])
def test_a_finished_file_is_left_as_it_is(tokenizer: Any, tmp_path: Path, out: str) -> None:
    write_lines(tmp_path / "texts.txt", some_texts(20))
    header = tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / out)
    before = (tmp_path / out).stat()
    assert tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / out) == header
    assert (tmp_path / out).stat().st_mtime_ns == before.st_mtime_ns
    with pytest.raises(InputValueError, match=r"exists already, with another options; overwrite=True"):
        tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / out, add_special_tokens=False)
    os.utime(tmp_path / "texts.txt", ns=(before.st_mtime_ns + 10**9,) * 2)
    with pytest.raises(InputValueError, match=r"texts\.txt is newer"):
        tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / out)
    tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / out, add_special_tokens=False, overwrite=True)


def test_killed_after_the_file_got_its_name(tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from leanformers.tokenizers.files.partial import Partial

    calls = []

    def killed(self: Partial) -> None:
        calls.append("at the beginning" if not calls else "when the file has its name")
        if len(calls) == 2:
            raise KilledError

    write_lines(tmp_path / "texts.txt", some_texts(20))
    with monkeypatch.context() as patch:
        patch.setattr(Partial, "discard", killed)
        with pytest.raises(KilledError):
            tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "tokens.bin")
    assert (tmp_path / "tokens.bin.partial" / "state.json").exists()
    with pytest.raises(InputValueError, match="with another options"):
        tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "tokens.bin", add_special_tokens=False)
    assert tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "tokens.bin").rows == 20
    assert not (tmp_path / "tokens.bin.partial").exists()


def test_a_file_of_another_kind_is_not_replaced(tokenizer: Any, tmp_path: Path) -> None:
    write_lines(tmp_path / "texts.txt", ["one"])
    (tmp_path / "mine.bin").write_text("mine")
    with pytest.raises(InputValueError, match=r"exists already, and is no token file"):
        tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "mine.bin")
    assert (tmp_path / "mine.bin").read_text() == "mine"
