"""Unfinished work beside its output: tokens so far, and how far the inputs have been read.

encode.py → **OUT.partial/** (job.json, ids.bin, row_offsets.bin, state.json) → a whole token file

Tokens are written first, then the state that counts them, which is replaced at once. So a kill at any moment leaves a
state whose tokens are all there; what stands behind them is cut off when the work goes on. The state also has their
checksums: where a crash of the machine has lost some, the work begins anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple

import numpy

from ...errors import InputValueError, warn
from .readers import START, Place
from .token_file import COUNTS, OFFSET_TYPE, TokenFileHeader, header_bytes, row_offsets_begin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Partial", "State", "drop_leftover", "locked"]

_JOB, _STATE = "job.json", "state.json"
_BLOCK = 1 << 22  # bytes that are read at a time


class State(NamedTuple):
    """How far the work has come: so many whole inputs and, of the next one, what stands before `place`."""

    inputs: int = 0
    place: Place = START
    rows: int = 0
    tokens: int = 0
    longest_row: int = 0
    skipped: int = 0
    truncated: int = 0
    long_words: int = 0


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make `folder`, and let no other process work in it; in the end it stays where there is something to go on with.

    The system gives the lock back when a process ends, however it ends.

    Raises:
        InputValueError: another process works there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "lock"
    with path.open("w") as file:
        _lock(file, path)
        try:
            yield
        finally:
            if not (folder / _STATE).exists():  # finished, or failed before there was anything to go on with
                shutil.rmtree(folder, ignore_errors=True)


def _lock(file: IO[str], path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: there a second process fails when it renames files that are open
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        alone = os.fstat(file.fileno()).st_ino == path.stat().st_ino
    except (BlockingIOError, FileNotFoundError):  # or it has just finished, and removed the folder
        alone = False
    except OSError:  # a file system without locks
        return
    if not alone:
        raise InputValueError(f"another process is writing into {path.parent}")


def drop_leftover(folder: Path, job: dict[str, Any]) -> None:
    """Forget what is in `folder` of this job, whose result has been published."""
    if _read_state(folder).get("job") == job:
        (folder / _STATE).unlink(missing_ok=True)


class Partial:
    """The tokens so far, and the state; a context manager that closes the files.

    Attributes:
        state: how far the work has come.
    """

    def __init__(self, folder: Path, job: dict[str, Any], header: TokenFileHeader, *, overwrite: bool) -> None:
        """Go on with the work in `folder`, or begin it.

        Args:
            folder: where it is; `locked` has made it.
            job: all that decides the result.
            header: that of the result, without counts and checksums.
            overwrite: begin anew where the work there is for another job.

        Raises:
            InputValueError: the work there is for another job.
        """
        self._folder = folder
        self._job = job
        self._header = header
        self._begin = len(header_bytes(header))
        self._files: dict[str, BinaryIO] = {}
        found = _read_state(folder)
        if found and found["job"] != {**job, "on_error": "raise"}:  # with no bad row so far, they may be left out now
            self._check_job(found, overwrite)
        if not found or not self._take_up(found):
            self._start()
        elif found["job"] != job:
            self._replace(_JOB, job)

    def __enter__(self) -> Partial:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def _close(self) -> None:
        for file in self._files.values():
            file.close()

    def _check_job(self, found: dict[str, Any], overwrite: bool) -> None:
        old = found["job"]
        differences = [name for name in self._job if old.get(name) != self._job[name]]
        if not differences:
            return
        if overwrite:
            found.clear()
            return
        name = differences[0]
        raise InputValueError(
            f"the work in {self._folder} was begun with {_described(name, old.get(name), self._job[name])}; "
            "call it as then to go on, or overwrite=True to begin anew"
        )

    def _start(self) -> None:
        self.discard()
        self.state = State()
        self._replace(_JOB, self._job)
        self._open("w+b", {"ids": self._begin, "row_offsets": 0})
        self._write("row_offsets", numpy.zeros(1, OFFSET_TYPE))

    def _take_up(self, found: dict[str, Any]) -> bool:
        """Whether all that the state counts is still there."""
        try:
            values = found["state"]
            self.state = State(**{**values, "place": Place(*values["place"])})
            ends = {
                "ids": self._begin + self.state.tokens * self._header.ids_type.itemsize,
                "row_offsets": (self.state.rows + 1) * OFFSET_TYPE.itemsize,
            }
            self._open("r+b", {"ids": self._begin, "row_offsets": 0})
            for name, file in self._files.items():
                _hash_up_to(file, ends[name], self._hashes[name])
                file.truncate(ends[name])
        except (OSError, KeyError, TypeError, ValueError):
            intact = False
        else:
            intact = self._checksums() == found["sha256"]
        if not intact:
            warn(f"the work in {self._folder} is damaged: beginning anew")
        return intact

    def _open(self, mode: Literal["r+b", "w+b"], begins: dict[str, int]) -> None:
        self._close()
        self._files = {}
        self._hashes = {name: hashlib.sha256() for name in begins}
        for name, begin in begins.items():
            self._files[name] = file = (self._folder / f"{name}.bin").open(mode)
            file.seek(begin)

    def _checksums(self) -> dict[str, str]:
        return {name: hasher.hexdigest() for name, hasher in self._hashes.items()}

    def _write(self, name: str, values: NDArray[Any]) -> None:
        self._files[name].write(values.data)
        self._hashes[name].update(values.data)

    def add(self, ids: NDArray[numpy.uint32], row_offsets: NDArray[numpy.int64]) -> None:
        """More rows; they count once `save` has been called with their number."""
        self._write("ids", ids.astype(self._header.ids_type))
        self._write("row_offsets", (row_offsets[1:] + self.state.tokens).astype(OFFSET_TYPE))

    def save(self, state: State) -> None:
        """What has been added so far, and the inputs up to the place in `state`, are done."""
        for file in self._files.values():
            file.flush()
        self._replace(_STATE, {"state": state._asdict(), "sha256": self._checksums()})
        self.state = state

    def _replace(self, name: str, value: dict[str, Any]) -> None:
        new = self._folder / "new.json"
        new.write_text(json.dumps(value), encoding="utf-8")
        new.replace(self._folder / name)

    def discard(self) -> None:
        """There is nothing to go on with any more."""
        (self._folder / _STATE).unlink(missing_ok=True)

    def finish(self) -> Path:
        """The whole token file, in a place where it does not stay."""
        ids, row_offsets = self._files["ids"], self._files["row_offsets"]
        begin = row_offsets_begin(self._begin, ids.tell() - self._begin)
        ids.truncate(begin)
        ids.seek(begin)
        row_offsets.seek(0)
        shutil.copyfileobj(row_offsets, ids, _BLOCK)
        counts = {name: value for name, value in self.state._asdict().items() if name in COUNTS}
        header = self._header._replace(**counts, sha256=self._checksums())
        ids.seek(0)
        ids.write(header_bytes(header, self._begin))
        ids.flush()
        return self._folder / "ids.bin"


def _read_state(folder: Path) -> dict[str, Any]:
    """The state, or an empty one: there is none, or it cannot be read."""
    try:
        found = json.loads((folder / _STATE).read_text(encoding="utf-8"))
        found["job"] = json.loads((folder / _JOB).read_text(encoding="utf-8"))
        if isinstance(found["job"], dict) and isinstance(found["state"], dict):
            return dict(found)
    except FileNotFoundError:
        if not (folder / _STATE).exists():
            return {}
    except (ValueError, TypeError, KeyError):
        pass
    warn(f"the work in {folder} is damaged: beginning anew")
    return {}


def _hash_up_to(file: BinaryIO, end: int, hasher: Any) -> None:
    """Read on to the byte `end`, or as far as there is something."""
    while data := file.read(min(_BLOCK, end - file.tell())):
        hasher.update(data)


def _described(name: str, old: Any, new: Any) -> str:
    if name == "tokenizer_sha256":
        return f"another tokenizer (SHA-256 {str(old)[:12]}…, now {new[:12]}…)"
    if name == "inputs" and isinstance(old, list):
        changed = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
        if changed is None:
            return f"other inputs: {len(old)} files, now {len(new)}"
        (path, size, _, format), (new_path, new_size, _, new_format) = old[changed], new[changed]
        if path != new_path:
            return f"other inputs: {path}, now {new_path}"
        if format != new_format:
            return f"another format of {path}: {format}, now {new_format}"
        change = "of another time" if size == new_size else f"of {new_size} bytes"
        return f"another content of {path}, which had {size} bytes and is now {change}"
    return f"other {name}: {old}, now {new}"
