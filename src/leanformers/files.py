"""The files of a checkpoint folder: JSON that names its file when it is broken, saving that is never half done."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .errors import FileFormatError, InputValueError, MissingFileError

__all__ = ["move_into_place", "read_bytes", "read_json", "read_text", "save_files", "write_json"]

LFS_POINTER = b"version https://git-lfs.github.com/spec/"


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is a git-lfs pointer.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise MissingFileError(f"no {path.name} in {path.parent}") from None
    if data.startswith(LFS_POINTER):
        raise FileFormatError(f"{path} is a git-lfs pointer, not the file itself: run `git lfs pull` in its repository")
    return data


def read_text(path: Path) -> str:
    """The text of a UTF-8 file.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is a git-lfs pointer or not UTF-8.
    """
    return decode_text(read_bytes(path), path)


def decode_text(data: bytes, path: Path) -> str:
    """The text of the bytes that have been read from `path`.

    Raises:
        FileFormatError: they are not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}") from None


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is broken (the message has the line and column) or holds no object.
    """
    return parse_json(read_text(path), path)


def parse_json(text: str, path: Path, *, parse_float: Callable[[str], float] | None = None) -> dict[str, Any]:
    """As `read_json`, for text that has already been read from `path`; `parse_float` reads its decimals."""
    try:
        value = json.loads(text, parse_float=parse_float)
    except json.JSONDecodeError as error:
        size = len(text.encode())
        where = f"line {error.lineno}, column {error.colno}"
        raise FileFormatError(
            f"{path} is not valid JSON: {error.msg} at {where} (the file has {size} bytes; was it cut off?)"
        ) from None
    except RecursionError:
        raise FileFormatError(f"{path} is not usable JSON: nested too deeply") from None
    except ValueError as error:  # a number of thousands of digits
        raise FileFormatError(f"{path} is not usable JSON: {error}") from None
    if not isinstance(value, dict):
        raise FileFormatError(f"{path} must hold a JSON object, not {type(value).__name__}")
    return value


def write_json(value: object) -> Callable[[Path], None]:
    """A writer for `save_files`: `value` as indented JSON with a newline at the end."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    return lambda path: _write_bytes(path, text.encode())


def write_text(text: str) -> Callable[[Path], None]:
    """A writer for `save_files`: `text` as UTF-8."""
    return lambda path: _write_bytes(path, text.encode())


def _write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def save_files(folder: str | os.PathLike[str], writers: Mapping[str, Callable[[Path], None]]) -> None:
    """Write several files into `folder` (made when missing): all to temporary names first, then renamed, in order.

    A failure before the last byte is on disk leaves the folder as it was. `writers` maps a file name to a function that
    writes to the path it is given.

    Raises:
        InputValueError: `folder` is a file.
        OSError: the disk is full, no permission, …
    """
    import tempfile  # here, because it is slow to import and loading does not need it

    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise InputValueError(f"cannot save into {folder}: it is a file; give a folder")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=folder) as temporary:
        mode = _mode_of_new_files(Path(temporary))
        for name, write in writers.items():
            path = Path(temporary, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path)
            path.chmod(mode)  # safetensors creates files that only their owner may read
            _flush(path)
        for name in writers:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Path(temporary, name).replace(folder / name)
        with contextlib.suppress(OSError):  # folders cannot be flushed on every system
            _flush(folder)


def move_into_place(written: Path, path: Path) -> None:
    """Give a file that was written beside `path` this name, once all of it is on disk; it replaces what was there."""
    _flush(written)
    written.replace(path)
    with contextlib.suppress(OSError):  # folders cannot be flushed on every system
        _flush(path.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mode_of_new_files(folder: Path) -> int:
    """What the umask leaves of rw-rw-rw-, seen on a file: to read the umask itself is to set it for all threads."""
    probe = folder / ".mode"
    probe.touch()
    return probe.stat().st_mode & 0o777
