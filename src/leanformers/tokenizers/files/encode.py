"""The way from files of texts to a file of tokens, chunk by chunk.

readers.py → core → partial.py → **token file or Parquet**
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy

from ... import _core
from ...errors import FileFormatError, InputTypeError, InputValueError, near_names, warn
from ...files import move_into_place
from ...progress import byte_progress
from ..golden_file import content_hash
from ..options import Options, check_number
from . import readers
from .parquet_file import is_parquet, read_parquet_header, write_parquet
from .partial import Partial, State, drop_leftover, locked
from .readers import BadRows
from .tables import import_pyarrow
from .token_file import COUNTS, TokenFile, TokenFileHeader, read_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..tokenizer import PreTrainedTokenizer
    from .readers import Chunk, Input

__all__ = ["encode_file"]

_POLICIES = ("raise", "skip")


def encode_file(
    tokenizer: PreTrainedTokenizer,
    paths: Any,
    out: Any,
    *,
    field: str,
    format: str | None,
    on_error: str,
    max_text_bytes: int,
    overwrite: bool,
    threads: int | None,
    show_progress: bool | None,
    **options: Any,
) -> TokenFileHeader:
    """What `tokenizer.encode_file` does; see there."""
    if on_error not in _POLICIES:
        raise InputValueError(f"on_error={on_error!r}: choose 'raise' or 'skip'{near_names(str(on_error), _POLICIES)}")
    if not isinstance(field, str):
        raise InputTypeError(f"field must be a str, not {field!r}")
    check_number("max_text_bytes", max_text_bytes, 1)
    check_number("threads", threads, 1)
    if tokenizer._is_random:
        raise InputValueError("the model's dropout makes its ids random, so that no run could go on with another's")
    inputs = readers.find_inputs(paths, format)
    out = _checked_output(out, inputs)
    core, spec = tokenizer._core, tokenizer._spec  # as they are now, whatever is added to the tokenizer meanwhile
    core_options = Options(tokenizer, pair=False, **options).core
    header = TokenFileHeader(
        **dict.fromkeys(COUNTS, 0),
        dtype="uint16" if spec.last_id < 2**16 else "uint32",
        tokenizer_sha256=content_hash(spec),
        options={name: getattr(value, "name", value) for name, value in core_options.items()},
        inputs=[[source.path.name, source.path.stat().st_size, source.format] for source in inputs],
        source={"field": field, "on_error": on_error, "max_text_bytes": max_text_bytes},
        sha256={},
    )
    job = _job(header, inputs)
    folder = out.with_name(out.name + ".partial")
    with locked(folder):
        if out.exists() and not overwrite:
            header = _finished(out, header, inputs)
            drop_leftover(folder, job)
            return header
        bad = BadRows(on_error == "skip", max_text_bytes)
        with Partial(folder, job, header, overwrite=overwrite) as work:
            _encode(core, {**core_options, "threads": threads or 0}, inputs, field, bad, work, show_progress)
            header = _publish(work.finish(), out)
            work.discard()
    if work.state.long_words:
        limit = spec.model.fields["max_input_chars_per_word"]
        warn(f"words of more than {limit} characters became {tokenizer.unk_token} in {work.state.long_words} rows")
    return header


def _checked_output(out: Any, inputs: list[Input]) -> Path:
    path = Path(out).expanduser()
    if path.is_dir():
        raise InputValueError(f"cannot write {path}: it is a folder; give the name of a file")
    if path.exists() and any(path.samefile(source.path) for source in inputs):
        raise InputValueError(f"cannot write {path}: it is one of the files to encode")
    if is_parquet(path):
        import_pyarrow()  # its absence is known before the work
    return path


def _job(header: TokenFileHeader, inputs: list[Input]) -> dict[str, Any]:
    """All that decides the result; a file is taken for unchanged that has the same size and time."""
    stats = [(str(source.path.absolute()), source.path.stat(), source.format) for source in inputs]
    return {
        "tokenizer_sha256": header.tokenizer_sha256,
        "options": header.options,
        "inputs": [[name, stat.st_size, stat.st_mtime_ns, format] for name, stat, format in stats],
        **header.source,
    }


def _finished(out: Path, header: TokenFileHeader, inputs: list[Input]) -> TokenFileHeader:
    """The header of `out`, if it is what this call would make.

    Raises:
        InputValueError: it is something else.
    """
    try:
        found = read_parquet_header(out) if is_parquet(out) else read_header(out)[0]
    except FileFormatError:
        raise InputValueError(f"{out} exists already, and is no token file; overwrite=True replaces it") from None
    for name, value in header._asdict().items():
        if name not in (*COUNTS, "sha256") and getattr(found, name) != value:
            raise InputValueError(f"{out} exists already, with another {name}; overwrite=True replaces it")
    for source in inputs:
        if source.path.stat().st_mtime_ns > out.stat().st_mtime_ns:
            raise InputValueError(f"{out} exists already, but {source.path} is newer; overwrite=True replaces it")
    return found


def _encode(
    core: _core.Tokenizer,
    options: dict[str, Any],
    inputs: list[Input],
    field: str,
    bad: BadRows,
    work: Partial,
    show_progress: bool | None,
) -> None:
    """Bring `work` to the end of the inputs."""
    sizes = [source.path.stat().st_size for source in inputs]
    with byte_progress("encoding", sum(sizes), show_progress) as advance:
        advance(sum(sizes[: work.state.inputs]), work.state.tokens)
        for number in range(work.state.inputs, len(inputs)):
            bad.count = work.state.skipped
            read = 0
            for chunk, skipped in _read_ahead(readers.read_chunks(inputs[number], field, work.state.place, bad), bad):
                try:
                    encoded = core.encode(chunk.texts, None, **options)
                except ValueError as error:  # a word without an unknown token to stand for it
                    where = f"{inputs[number].path}, lines {work.state.place.line + 1} to {chunk.place.line}"
                    raise InputValueError(f"{where}: {error}") from None
                work.add(encoded.flat(_core.Column.IDS), encoded.row_offsets())
                work.save(_after(work.state, encoded, chunk.place, skipped, "max_length" in options))
                advance(chunk.read - read, work.state.tokens)
                read = chunk.read
            work.save(work.state._replace(inputs=number + 1, place=readers.START, skipped=bad.count))


def _read_ahead(chunks: Iterator[Chunk], bad: BadRows) -> Iterator[tuple[Chunk, int]]:
    """Chunks, and the bad rows up to their ends. The next one is read while the caller encodes, which needs no GIL."""
    with ThreadPoolExecutor(1) as reader:

        def read() -> tuple[Chunk | None, int]:
            return next(chunks, None), bad.count

        pending = reader.submit(read)
        while True:
            chunk, skipped = pending.result()
            if chunk is None:
                return
            pending = reader.submit(read)
            yield chunk, skipped


def _after(state: State, encoded: _core.Encoded, place: readers.Place, skipped: int, truncates: bool) -> State:
    offsets = encoded.row_offsets()
    return state._replace(
        place=place,
        rows=state.rows + len(encoded),
        tokens=state.tokens + int(offsets[-1]),
        longest_row=max(state.longest_row, int(numpy.diff(offsets).max(initial=0))),
        skipped=skipped,
        truncated=state.truncated + (sum(map(bool, encoded.dropped())) if truncates else 0),
        long_words=state.long_words + len(encoded.long_words()),
    )


def _publish(made: Path, out: Path) -> TokenFileHeader:
    """Give the finished file its name, as what the name says it is."""
    header, _ = read_header(made)
    if is_parquet(out):
        tokens = TokenFile.open(made)
        made = made.with_suffix(".parquet")
        write_parquet(tokens, made)
    move_into_place(made, out)
    return header
