"""The commands about files of tokens: encode-file and verify-tokens."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from ..hub.resolve import DEFAULT_MODEL
from .output import print_line, print_object

if TYPE_CHECKING:
    from ..tokenizers.files.token_file import TokenFileHeader

__all__ = ["encode_file", "verify_tokens"]


def encode_file(
    files: Annotated[list[str], typer.Argument(help="Files, or patterns such as 'data/*.jsonl'.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write: Parquet if it ends in .parquet.")],
    model: Annotated[str, typer.Option("--model", "-m", help="A folder, or a name on the Hub.")] = DEFAULT_MODEL,
    field: Annotated[str, typer.Option(help="The key or column that has the text.")] = "text",
    format: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="lines, document (a file is one text), jsonl, csv, tsv or parquet; else by the name."),
    ] = None,
    max_length: Annotated[Optional[int], typer.Option(min=1, help="Cut texts to this many tokens.")] = None,  # noqa: UP045
    special_tokens: Annotated[bool, typer.Option(help="Add [CLS], [SEP] and their kind.")] = True,
    on_error: Annotated[str, typer.Option(help="raise, or skip: leave out rows without a text.")] = "raise",
    max_text_bytes: Annotated[int, typer.Option(min=1, help="A longer text is an error, or left out.")] = 2**30,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file, or work for another one.")] = False,
    threads: Annotated[Optional[int], typer.Option(min=1, help="At most so many; else all.")] = None,  # noqa: UP045
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a line.")] = False,
) -> None:
    """Turn files of texts into a file of token ids, of any size.

    Reads .txt (each line is a text), .jsonl, .csv, .tsv and .parquet, also .gz. When it is stopped, even killed, the
    same command goes on where it was.

    Example: leanformers encode-file 'data/*.jsonl' --field text --model ./gpt2 --out corpus.bin
    """
    from ..auto import AutoTokenizer

    begin = perf_counter()
    header = AutoTokenizer.from_pretrained(model).encode_file(
        files,
        out,
        field=field,
        format=format,
        add_special_tokens=special_tokens,
        truncation=max_length is not None,
        max_length=max_length,
        on_error=on_error,
        max_text_bytes=max_text_bytes,
        overwrite=overwrite,
        threads=threads,
    )
    seconds = perf_counter() - begin
    if as_json:
        print_object({"out": str(out), "seconds": round(seconds, 3), **header._asdict()})
    else:
        print_line(f"{out}: {_counts(header)}, in {seconds:.1f} s")


def verify_tokens(
    file: Annotated[Path, typer.Argument(help="A file that encode-file wrote.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a line.")] = False,
) -> None:
    """Check that a file of tokens still has the checksums of its header.

    Example: leanformers verify-tokens corpus.bin
    """
    from ..tokenizers.files.parquet_file import is_parquet, verify_parquet
    from ..tokenizers.files.token_file import TokenFile

    if is_parquet(file):
        header = verify_parquet(file)
    else:
        tokens = TokenFile.open(file)
        tokens.verify()
        header = tokens.header
    if as_json:
        print_object({"file": str(file), "ok": True, **header._asdict()})
    else:
        print_line(f"{file} is intact: {_counts(header)}")


def _counts(header: TokenFileHeader) -> str:
    parts = [f"{header.rows:,} rows", f"{header.tokens:,} tokens as {header.dtype}"]
    parts += [f"{header.skipped:,} rows left out"] if header.skipped else []
    parts += [f"{header.truncated:,} rows cut"] if header.truncated else []
    return ", ".join(parts)
