"""The command `train-tokenizer`: text files in, a folder with a tokenizer out, and a table of what was made."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from ..errors import InputValueError
from .output import print_object, print_table

__all__ = ["train_tokenizer"]

SAMPLE = 1000  # lines on which the tokens are counted


def train_tokenizer(
    kind: Annotated[str, typer.Argument(help="word, char, bpe, wordpiece or unigram.")],
    files: Annotated[list[Path], typer.Argument(help="UTF-8 text files; each line is a text.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to save the tokenizer in.")],
    vocab_size: Annotated[int, typer.Option(min=1, help="The most tokens, special ones included.")] = 30_000,
    min_frequency: Annotated[int, typer.Option(min=0, help="How often a word or pair must be there.")] = 0,
    special_token: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="A special token, instead of the kind's own ones; give it once for each."),
    ] = None,
    limit_alphabet: Annotated[Optional[int], typer.Option(min=0, help="Keep so many characters.")] = None,  # noqa: UP045
    lowercase: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option("--lowercase/--no-lowercase", help="Lower-case all text; without either: only for wordpiece."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Train a tokenizer on text files.

    Example: leanformers train-tokenizer bpe corpus.txt --vocab-size 8000 --out ./my-tokenizer
    """
    from ..tokenizers.training.train import train_tokenizer as train

    if out.exists() and not out.is_dir():
        raise InputValueError(f"cannot save into {out}: it is a file; give a folder")
    tokenizer = train(
        kind,
        files,
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        special_tokens=special_token or None,
        limit_alphabet=limit_alphabet,
        lowercase=lowercase,
    )
    saved = tokenizer.save_pretrained(out)
    facts: dict[str, Any] = {
        "kind": kind,
        "tokens": len(tokenizer),
        "special_tokens": tokenizer.all_special_tokens,
        "tokens_per_word": _tokens_per_word(tokenizer, files[0]),
        "files": list(saved),
    }
    if as_json:
        print_object(facts)
        return
    per_word = facts["tokens_per_word"]
    rows = [
        ("kind", kind),
        ("tokens", f"{len(tokenizer):,} (asked for at most {vocab_size:,})"),
        ("special tokens", " ".join(tokenizer.all_special_tokens)),
        (f"tokens per word, first {SAMPLE:,} lines", "no words there" if per_word is None else f"{per_word:.2f}"),
        ("saved", "\n".join(saved)),
    ]
    print_table(None, ["", ""], rows)


def _tokens_per_word(tokenizer: Any, path: Path) -> float | None:
    """Tokens of the first lines of a file, special ones not counted, for each word between white space."""
    with path.open(encoding="utf-8", newline="\n") as file:
        lines = list(islice(file, SAMPLE))
    words = sum(len(line.split()) for line in lines)
    tokens = sum(map(len, tokenizer(lines, add_special_tokens=False, verbose=False)["input_ids"]))
    return round(tokens / words, 4) if words else None
