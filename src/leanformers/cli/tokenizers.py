"""The commands about tokenizers themselves: verify, diff, compare, explain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from ..errors import GoldenIdsError, InputValueError
from ..hub.resolve import DEFAULT_MODEL, resolve_folder
from .output import print_line, print_object, print_table
from .texts import read_texts

if TYPE_CHECKING:
    from ..tokenizers.difference import Difference, TokenSets
    from ..tokenizers.golden_file import GoldenReport

__all__ = ["add_to"]

# typer reads these annotations at run time: Optional is what it understands on every Python.
Folder = Annotated[str, typer.Argument(help="A folder, or a name on the Hub.")]
Texts = Annotated[Optional[list[str]], typer.Argument(help="Texts; without any, --file or a pipe is read.")]  # noqa: UP045
File = Annotated[Optional[Path], typer.Option("--file", "-f", help="A file with one text a line; - is a pipe.")]  # noqa: UP045
Golden = Annotated[Optional[Path], typer.Option(help="The golden file; else golden_ids.json in the folder.")]  # noqa: UP045
OwnTexts = Annotated[Optional[Path], typer.Option("--texts", help="With --write: a file with more texts, one a line.")]  # noqa: UP045
Tokenizers = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--tokenizer", "--model", "-m", help="A subword tokenizer; may be given several times."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

_EXAMPLES = 5


def add_to(app: typer.Typer) -> None:
    """Make these functions commands of `app`."""
    for command in (verify, diff, compare, explain):
        app.command()(command)


def _tokenizer(model: str) -> Any:
    from ..auto import AutoTokenizer

    return AutoTokenizer.from_pretrained(model)


def verify(
    folder: Folder,
    golden: Golden = None,
    write: Annotated[bool, typer.Option("--write", help="Write the file anew, as the ids are now.")] = False,
    texts: OwnTexts = None,
    as_json: Json = False,
) -> None:
    """Check that a tokenizer still gives the ids of its golden file.

    Exit status 1 and the first differences when it does not.

    Example: leanformers verify ./my-model --write; leanformers verify ./my-model
    """
    if texts is not None and not write:
        raise InputValueError("--texts goes with --write: a check takes its texts from the golden file")
    tokenizer = _tokenizer(folder)
    path = golden or _golden_file(folder, write)
    if write:
        more = [text for chunk in read_texts(None, texts) for text in chunk] if texts is not None else []
        tokenizer.write_golden_ids(path, more)
    try:
        report = tokenizer.check_golden_ids(path)
    except GoldenIdsError as error:
        _print_report(error.report, as_json, write)
        raise typer.Exit(1) from None
    _print_report(report, as_json, write)


def _golden_file(folder: str, write: bool) -> Path:
    if write and not Path(folder).is_dir():
        raise InputValueError(f"{folder} is no folder of yours: say with --golden where the file is to be written")
    return resolve_folder(folder) / "golden_ids.json"


def _print_report(report: GoldenReport, as_json: bool, written: bool) -> None:
    if as_json:
        rows = [{**row._asdict(), "what": str(row)} for row in report.differences]
        print_object({**report._asdict(), "differences": rows, "ok": not rows, "written": written})
        return
    if not report.differences:
        what = "written to" if written else "the same as in"
        print_line(f"{report.texts} texts: ids, spans and types {what} {report.path}")
    else:
        print_line(f"{len(report.differences)} of {report.texts} texts are encoded otherwise than in {report.path}:")
        for row in report.differences[:_EXAMPLES]:
            print_line(f"  {row}")
        if len(report.differences) > _EXAMPLES:
            print_line(f"  … and {len(report.differences) - _EXAMPLES} more; --json shows all")
    if not report.same_content:
        print_line("the tokenizer's own content has changed since the file was written")


def diff(
    a: Folder,
    b: Folder,
    texts: Texts = None,
    file: File = None,
    as_json: Json = False,
) -> None:
    """Show where two tokenizers differ; exit status 1 if they do.

    Compared are settings, special and added tokens, components, vocabulary, and the ids of texts: those given, or a
    fixed list of varied ones.

    Example: leanformers diff ./bert-base-cased ./my-model --file texts.txt
    """
    from ..tokenizers.difference import compare_tokenizers

    given = [text for chunk in read_texts(texts, file) for text in chunk] if texts or file else None
    found = compare_tokenizers(_tokenizer(a), _tokenizer(b), given)
    if as_json:
        parts = {name: part._asdict() if hasattr(part, "_asdict") else part for name, part in found._asdict().items()}
        print_object({"equal": not found, **parts})
    else:
        print_difference(a, b, found)
    if found:
        raise typer.Exit(1)


def print_difference(a: str, b: str, found: Difference) -> None:
    if not found:
        print_line(f"no difference; {found.compared_texts} texts have the same ids and spans")
        return
    columns = ["", f"A: {a}", f"B: {b}"]
    for title, part in (("settings", found.settings), ("special tokens", found.special_tokens)):
        _print_changes(title, columns, part)
    _print_changes("components", columns, found.components)
    _print_tokens("vocabulary", columns, found.vocabulary)
    _print_changes(f"scores ({len(found.scores)} differ)", columns, dict(list(found.scores.items())[:_EXAMPLES]))
    if found.merges:
        place, *merges = found.merges
        _print_changes("merges", columns, {f"first difference: {place}": tuple(merges)})
    _print_tokens("added tokens", columns, found.added_tokens)
    if found.texts:
        rows = []
        for row in found.texts[:_EXAMPLES]:
            rows += [("text", row["text"])]
            rows += [
                (name, " ".join(f"{token}({number})" for token, number in zip(tokens, ids, strict=True)))
                for name, tokens, ids in zip("AB", row["tokens"], row["ids"], strict=True)
            ]
        shown = f", the first {_EXAMPLES}" if len(found.texts) > _EXAMPLES else ""
        print_table(f"texts: {len(found.texts)} of {found.compared_texts} differ{shown}", ["", ""], rows)
    else:
        print_line(f"{found.compared_texts} texts have the same ids and spans")


def _print_changes(title: str, columns: list[str], changes: dict[str, tuple[Any, Any]]) -> None:
    if changes:
        print_table(title, columns, [(name, *map(_short, values)) for name, values in changes.items()])


def _print_tokens(title: str, columns: list[str], found: TokenSets) -> None:
    rows: list[tuple[str, str, str]] = []
    for name, place, part in (("only in A", 0, found.only_a), ("only in B", 1, found.only_b)):
        if part:
            cells = ["", ""]
            cells[place] = ", ".join(f"{token} ({_number(value)})" for token, value in list(part.items())[:_EXAMPLES])
            rows.append((f"{name}: {len(part)}", cells[0], cells[1]))
    for token, (here, there) in list(found.changed.items())[:_EXAMPLES]:
        if isinstance(here, dict):  # an added token: what is the same is of no interest
            here, there = ({name: item[name] for name in here if here[name] != there[name]} for item in (here, there))
        rows.append((f"{token!r}", _short(here), _short(there)))
    if len(found.changed) > _EXAMPLES:
        rows.append((f"… {len(found.changed)} tokens with other values in all", "", ""))
    if rows:
        print_table(title, columns, rows)


def _number(value: Any) -> Any:
    return value["id"] if isinstance(value, dict) else value


def _short(value: Any) -> str:
    if isinstance(value, dict) and "type" in value:
        return _component(value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_short(item)}" for name, item in value.items())
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return " → ".join(map(_component, value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}… ({len(text):,} characters)"


def _block(value: dict[str, Any] | None) -> str:
    return "none" if value is None else f"{_short(value)}; acts on no call by itself"


def _component(stage: dict[str, Any]) -> str:
    settings = ", ".join(f"{name}={_short(value)}" for name, value in stage.items() if name != "type")
    return f"{stage['type']}({settings})"


def compare(
    texts: Texts = None,
    file: File = None,
    tokenizers: Tokenizers = None,
    as_json: Json = False,
) -> None:
    """Split texts into words, characters and subwords, side by side.

    Example: leanformers compare "Let's do tokenization!" --tokenizer ./bert-base-cased --tokenizer ./gpt2
    """
    from rich.text import Text

    from .compare import NOTES, all_kinds, split

    kinds = all_kinds([(name, _tokenizer(name)) for name in tokenizers or [DEFAULT_MODEL]])
    for chunk in read_texts(texts, file):
        for text in chunk:
            splits = [split(text, *kind) for kind in kinds]
            if as_json:
                print_object({"text": text, "splits": [found._asdict() for found in splits]})
                continue
            rows = []
            for found in splits:
                cell = Text()
                for token, unknown in zip(found.tokens, found.unknown, strict=True):
                    shown = token if unknown is None else f"{token}‹{unknown}›"
                    visible = shown.replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥")
                    cell.append(visible, style="cyan" if unknown is None else "bold red").append("  ")
                kind = f"{found.kind}: {found.name}" if found.name else found.kind
                unknowns = sum(piece is not None for piece in found.unknown)
                rows.append((kind, len(found.tokens), unknowns, f"{found.vocabulary:,}", cell))
            print_table(text, ["kind", "tokens>", "unknown>", "vocabulary>", "tokens"], rows)
    if not as_json:
        for kind, note in NOTES.items():
            print_line(f"{kind}: {note}")


def explain(folder: Folder = DEFAULT_MODEL, as_json: Json = False) -> None:
    """Tell how a tokenizer works: its stages, which of them run fused, its tables.

    Example: leanformers explain ./my-model
    """
    from ..tokenizers.description import UNICODE_VERSIONS, describe
    from ..tokenizers.golden_file import content_hash

    tokenizer = _tokenizer(folder)
    components = describe(tokenizer._spec)
    added = [
        {
            name: getattr(token, name)
            for name in ("id", "content", "special", "normalized", "single_word", "lstrip", "rstrip")
        }
        for token in tokenizer.added_tokens_decoder.values()
    ]
    if as_json:
        print_object(
            {
                "folder": folder,
                "sha256": content_hash(tokenizer._spec),
                "runs": tokenizer.explain().splitlines(),
                "components": components,
                "tokens": len(tokenizer),
                "added_tokens": added,
                "file_truncation": tokenizer.file_truncation,
                "file_padding": tokenizer.file_padding,
                "unicode": UNICODE_VERSIONS,
            }
        )
        return
    print_table("how it runs", ["", ""], [line.partition(": ")[::2] for line in tokenizer.explain().splitlines()])
    rows = []
    for name, part in components.items():
        stages = part if isinstance(part, list) else [part] if part else []
        rows += [(name.replace("_", "-"), _short(stage)) for stage in stages] or [(name.replace("_", "-"), "none")]
    rows.append(("tokens", f"{len(tokenizer):,}, added ones included"))
    rows.append(("file's truncation", _block(tokenizer.file_truncation)))
    rows.append(("file's padding", _block(tokenizer.file_padding)))
    rows.append(("SHA-256", content_hash(tokenizer._spec)))
    print_table("stages, in the order in which a text meets them", ["", ""], rows)
    if added:
        cells = [
            (token["id"], token["content"], ", ".join(name for name, value in token.items() if value is True))
            for token in added
        ]
        print_table("added tokens", ["id>", "token", "flags"], cells[:50])
        if len(cells) > 50:
            print_line(f"… and {len(cells) - 50} more; --json shows all")
    print_table("Unicode versions of the tables, which are the reference's", ["", ""], UNICODE_VERSIONS.items())
