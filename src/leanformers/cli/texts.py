"""Where the commands get their texts: arguments, a file or a pipe, in chunks, with a progress bar for people."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import FileFormatError, InputValueError, MissingFileError

__all__ = ["read_texts"]

READ = 1 << 18  # bytes: what is there up to this much is worked on together


def read_texts(arguments: list[str] | None, file: Path | None) -> Iterator[list[str]]:
    """Chunks of texts: the arguments, or the lines of `file` (`-`: standard input), or those of a pipe.

    A chunk is what can be read at once, so that a slow pipe gives its results line by line and a file in large steps.

    Raises:
        InputValueError: there is neither, and standard input is a terminal.
        MissingFileError: there is no such file.
        FileFormatError: a line is not UTF-8; what came before its chunk has been given out.
    """
    if arguments and file:
        raise InputValueError("give texts or --file, not both")
    if arguments:
        yield arguments
    elif file is not None and str(file) != "-":
        if not file.is_file():
            raise MissingFileError(f"no such file: {file}")
        with file.open("rb") as stream:
            yield from _with_progress(_chunks(stream, str(file)), stream, file.stat().st_size)
    elif file is None and sys.stdin.isatty():
        raise InputValueError("no text: give it as an argument, with --file, or through a pipe")
    else:
        yield from _chunks(sys.stdin.buffer, "standard input")


def _chunks(stream: Any, name: str) -> Iterator[list[str]]:
    """`stream` is a BufferedReader: its read1 gives what is there, and waits only while there is nothing."""
    read = 0
    unfinished: list[bytes] = []  # parts of a line whose end has not come yet
    while data := stream.read1(READ):
        begin, newline, rest = data.rpartition(b"\n")
        if newline:
            lines = b"".join([*unfinished, begin]).split(b"\n")
            yield _decode(lines, name, read)
            read += len(lines)
            unfinished = []
        unfinished.append(rest)
    if last := b"".join(unfinished):
        yield _decode([last], name, read)


def _decode(lines: list[bytes], name: str, read: int) -> list[str]:
    texts = []
    for number, line in enumerate(lines, start=read + 1):
        try:
            texts.append(line.removesuffix(b"\r").decode())
        except UnicodeDecodeError as error:
            raise FileFormatError(f"{name}, line {number}, is not UTF-8 text: {error.reason}") from None
    return texts


def _with_progress(chunks: Iterator[list[str]], stream: Any, size: int) -> Iterator[list[str]]:
    """A bar over the file's bytes: on a terminal only, and only while results go somewhere else."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from chunks
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("texts", total=size)
        for chunk in chunks:
            yield chunk
            progress.update(task, completed=stream.tell())
