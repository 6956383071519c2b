"""What a pull request changes, as `git diff` writes it, and `git apply` reads it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from .blobs import BlobStore
from .history import File
from .objects import pointer

__all__ = ["git_diff"]

_LARGEST = 200_000  # bytes of a file whose lines are shown
_LONGEST = 2000  # lines that are compared one by one; longer files are shown as removed and added whole
_MOST = 2_000_000  # characters of a diff


def git_diff(blobs: BlobStore, before: Mapping[str, File], after: Mapping[str, File], paths: Iterable[str]) -> str:
    """The changes of `paths`. What is too long, or no text, is only said to differ."""
    pieces: list[str] = []
    length = 0
    for path in paths:
        piece = "".join(_change(blobs, path, before.get(path), after.get(path)))
        length += len(piece)
        if length > _MOST:
            break
        pieces.append(piece)
    return "".join(pieces)


def _change(blobs: BlobStore, path: str, old: File | None, new: File | None) -> Iterator[str]:
    yield f"diff --git {_name('a/' + path)} {_name('b/' + path)}\n"
    if old is None:
        yield "new file mode 100644\n"
    if new is None:
        yield "deleted file mode 100644\n"
    yield f"index {old.oid if old else '0' * 40}..{new.oid if new else '0' * 40}{' 100644' if old and new else ''}\n"
    left, right = _lines(blobs, old), _lines(blobs, new)
    names = (_name("a/" + path) if old else "/dev/null", _name("b/" + path) if new else "/dev/null")
    if left is None or right is None:
        yield f"Binary files {names[0]} and {names[1]} differ\n"
    elif left or right:
        yield f"--- {names[0]}\n+++ {names[1]}\n"
        yield from _hunks(left, right)


def _name(path: str) -> str:
    """A path as git writes it: in quotes, with its bytes in octal, when it holds more than plain characters."""
    if all(32 <= ord(letter) < 127 and letter not in '"\\' for letter in path):
        return path
    return (
        '"' + "".join(f"\\{byte:03o}" if byte >= 127 or byte in b'"\\' else chr(byte) for byte in path.encode()) + '"'
    )


def _lines(blobs: BlobStore, file: File | None) -> list[str] | None:
    """The lines with their ends, of a large file those of its pointer; None when it is no text or too long."""
    if file is None:
        return []
    data = pointer(file.sha256, file.size)
    if not file.lfs:
        path: Path = blobs.path(file.sha256)
        if file.size > _LARGEST or b"\0" in (data := path.read_bytes()):
            return None
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError:
        return None
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _hunks(left: list[str], right: list[str]) -> Iterator[str]:
    if max(len(left), len(right)) > _LONGEST:
        found = [f"@@ -{_span(left)} +{_span(right)} @@\n"]
        found += [f"-{line}" for line in left] + [f"+{line}" for line in right]
    else:
        found = list(difflib.unified_diff(left, right))[2:]
    for line in found:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _span(lines: list[str]) -> str:
    return f"{1 if lines else 0},{len(lines)}"
