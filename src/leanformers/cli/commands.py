"""The commands, one function each: their arguments and what they print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from ..errors import InputValueError
from ..hub.resolve import DEFAULT_MODEL
from . import hub, tokenizers
from .output import print_line, print_object, print_table
from .texts import read_texts
from .token_files import encode_file, verify_tokens
from .training import train_tokenizer

__all__ = ["app"]

app = typer.Typer(
    help="A lean Transformers on the command line. Texts are arguments, the lines of --file, or the lines of a pipe.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

# typer reads these annotations at run time: Optional is what it understands on every Python.
Texts = Annotated[Optional[list[str]], typer.Argument(help="Texts; without any, --file or a pipe is read.")]  # noqa: UP045
File = Annotated[Optional[Path], typer.Option("--file", "-f", help="A file with one text a line; - is a pipe.")]  # noqa: UP045
Model = Annotated[str, typer.Option("--model", "-m", help="A folder, or a name on the Hub.")]
EmbeddingModel = Annotated[str, typer.Option("--model", "-m", help="An embedding model: folder, or name on the Hub.")]
Out = Annotated[Optional[Path], typer.Option("--out", "-o", help="A .npy or .jsonl file; else lines are printed.")]  # noqa: UP045
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
MaxLength = Annotated[Optional[int], typer.Option(min=1, help="Cut texts to this many tokens.")]  # noqa: UP045


def _tokenizer(model: str) -> Any:
    from ..auto import AutoTokenizer

    return AutoTokenizer.from_pretrained(model)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        from .. import __version__

        print_line(f"leanformers {__version__}")


@app.command()
def tokenize(texts: Texts = None, file: File = None, model: Model = DEFAULT_MODEL, as_json: Json = False) -> None:
    """Split texts into tokens.

    Example: leanformers tokenize "Using a Transformer network is simple"
    """
    tokenizer = _tokenizer(model)
    for chunk in read_texts(texts, file):
        for text in chunk:
            tokens = tokenizer.tokenize(text)
            if as_json:
                print_object({"text": text, "tokens": tokens})
            else:
                print_line(" ".join(tokens))


@app.command()
def encode(
    texts: Texts = None,
    file: File = None,
    model: Model = DEFAULT_MODEL,
    as_json: Json = False,
    max_length: MaxLength = None,
    special_tokens: Annotated[bool, typer.Option(help="Add [CLS], [SEP] and their kind.")] = True,
) -> None:
    """Turn texts into token ids.

    Example: leanformers encode --json --file texts.txt > ids.jsonl
    """
    tokenizer = _tokenizer(model)
    options = {"add_special_tokens": special_tokens, "truncation": max_length is not None, "max_length": max_length}
    for chunk in read_texts(texts, file):
        batch = tokenizer(chunk, return_offsets_mapping=not as_json, **options)
        for row, text in enumerate(chunk):
            columns = {name: values[row] for name, values in batch.items()}
            if as_json:
                print_object(columns)
                continue
            spans = [text[begin:end] for begin, end in columns["offset_mapping"]]
            rows = zip(batch.tokens(row), columns["input_ids"], columns["attention_mask"], spans, strict=True)
            print_table(text, ["token", "id>", "mask>", "text"], rows)


@app.command()
def decode(
    ids: Annotated[Optional[list[str]], typer.Argument(help="Token ids; without any, a file or pipe is read.")] = None,  # noqa: UP045
    file: File = None,
    model: Model = DEFAULT_MODEL,
    skip_special_tokens: Annotated[bool, typer.Option(help="Leave out [CLS], [SEP] and their kind.")] = False,
) -> None:
    """Turn token ids back into text.

    Ids are numbers, JSON lists, or the lines that `encode --json` writes.

    Example: leanformers encode --json "Hello!" | leanformers decode
    """
    tokenizer = _tokenizer(model)
    for chunk in read_texts([" ".join(ids)] if ids else None, file):
        for line in chunk:
            print_line(tokenizer.decode(_read_ids(line), skip_special_tokens=skip_special_tokens))


def _read_ids(line: str) -> list[int]:
    """Ids from `1 2 3`, `1, 2, 3`, `[1, 2, 3]` or `{"input_ids": [1, 2, 3]}`."""
    try:
        if line.lstrip().startswith("{"):
            return [int(number) for number in json.loads(line)["input_ids"]]
        return [int(number) for number in line.strip().strip("[]").replace(",", " ").split()]
    except (ValueError, KeyError, TypeError):
        raise InputValueError(f"no token ids: {line[:80]!r}; give numbers or a JSON list") from None


@app.command()
def classify(
    texts: Texts = None,
    file: File = None,
    model: Model = DEFAULT_MODEL,
    as_json: Json = False,
    top_k: Annotated[int, typer.Option(min=1, help="How many labels to show for each text.")] = 1,
    truncate: Annotated[bool, typer.Option(help="Cut texts that are too long, rather than stopping at them.")] = False,
) -> None:
    """Label texts.

    Example: leanformers classify "I've been waiting for this my whole life." "I hate this so much!"
    """
    from ..pipelines import pipeline

    classifier = pipeline("text-classification", model=model)
    for chunk in read_texts(texts, file):
        results = classifier(chunk, top_k=top_k, too_long="truncate" if truncate else "error")
        rows = [
            (text, found if isinstance(found, list) else [found]) for text, found in zip(chunk, results, strict=True)
        ]
        if as_json:
            for text, labels in rows:
                print_object({"text": text, "labels": labels})
        else:
            cells = [(label["label"], f"{label['score']:.4f}", text) for text, labels in rows for label in labels]
            print_table(None, ["label", "score>", "text"], cells)


@app.command()
def embed(model: EmbeddingModel, texts: Texts = None, file: File = None, out: Out = None) -> None:
    """Turn texts into embeddings.

    Example: leanformers embed --model ./all-MiniLM-L6-v2 --file texts.txt --out embeddings.npy
    """
    from ..sentence import SentenceEncoder
    from .embeddings import open_output

    with open_output(out) as write:  # a name that cannot be written is known before the work
        encoder = SentenceEncoder.from_pretrained(model)
        for chunk in read_texts(texts, file):
            write(chunk, encoder.encode(chunk, show_progress=False))


@app.command()
def info(
    model: Annotated[str, typer.Argument(help="A folder, or a name on the Hub.")] = DEFAULT_MODEL, as_json: Json = False
) -> None:
    """Tell what is in a model folder.

    Example: leanformers info ./all-MiniLM-L6-v2
    """
    from .info import describe

    sections = describe(model)
    if as_json:
        print_object(sections)
        return
    for title, section in sections.items():
        print_table(title, ["", ""], section.items())


tokenizers.add_to(app)
app.add_typer(hub.app, name="hub")


@app.command()
def demo() -> None:
    """Show the main job on the embedded model.

    Texts become tokens, ids, labels and embeddings. Needs no network.
    """
    from .demo import run

    run()


app.command()(train_tokenizer)
app.command()(encode_file)
app.command()(verify_tokens)
