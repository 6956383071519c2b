"""Where the commands get their texts: arguments, a file or standard input, in chunks, with a progress bar for people."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from ..errors import FileFormatError, InputValueError, MissingFileError

__all__ = ["read_texts"]

CHUNK = 1000  # texts that are worked on together; results are written after each chunk


def read_texts(arguments: list[str] | None, file: Path | None, *, chunk: int = CHUNK) -> Iterator[list[str]]:
    """Chunks of texts: the arguments, or the lines of `file` (`-`: standard input), or those of a pipe.

    Raises:
        InputValueError: there is neither, and standard input is a terminal.
        MissingFileError: there is no such file.
        FileFormatError: a line is not UTF-8; what came before it has been given out.
    """
    if arguments and file:
        raise InputValueError("give texts or --file, not both")
    if arguments:
        yield arguments
        return
    if file is None and sys.stdin.isatty():
        raise InputValueError("no text: give it as an argument, with --file, or through a pipe")
    if file is None or str(file) == "-":
        sys.stdin.reconfigure(encoding="utf-8", errors="strict")  # type: ignore[union-attr]
        yield from _chunks(sys.stdin, "standard input", chunk)
        return
    if not file.is_file():
        raise MissingFileError(f"no such file: {file}")
    with file.open(encoding="utf-8", newline="\n") as lines:
        yield from _with_progress(_chunks(lines, str(file), chunk), file.stat().st_size)


def _chunks(lines: TextIO, name: str, size: int) -> Iterator[list[str]]:
    read = 0
    texts = (line.removesuffix("\n").removesuffix("\r") for line in lines)
    while True:
        try:
            chunk = list(islice(texts, size))
        except UnicodeDecodeError as error:
            raise FileFormatError(f"{name} is not UTF-8 text: {error.reason} after line {read}") from None
        if not chunk:
            return
        read += len(chunk)
        yield chunk


def _with_progress(chunks: Iterator[list[str]], total: int) -> Iterator[list[str]]:
    """A bar over the file's bytes: on a terminal only, and only while results go somewhere else."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from chunks
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("texts", total=total)
        for chunk in chunks:
            yield chunk
            progress.advance(task, sum(len(text.encode("utf-8", "replace")) + 1 for text in chunk))
