"""The content of a golden file: texts with their ids, read, compared and told about.

golden_ids.json → **rows, checked** → golden.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import FileFormatError, MissingFileError
from ..files import read_json

if TYPE_CHECKING:
    from .spec import Spec

__all__ = [
    "FILE",
    "FORMAT",
    "GoldenDifference",
    "GoldenReport",
    "content_hash",
    "encode_rows",
    "golden_path",
    "message",
    "read_golden",
]

FILE = "golden_ids.json"
FORMAT = 1
_SHOWN = 3  # differences in an error's message


class GoldenDifference(NamedTuple):
    """A text that is encoded otherwise than when the file was written; with the same ids it is spans or types."""

    text: str
    pair: str | None
    expected_ids: list[int]
    found_ids: list[int]
    expected_tokens: list[str]
    found_tokens: list[str]

    def __str__(self) -> str:
        if self.expected_ids == self.found_ids:
            return f"{self.text[:60]!r}: the same ids, but other spans or types"
        pairs = zip(self.expected_ids, self.found_ids, strict=False)
        first = next((i for i, (old, new) in enumerate(pairs) if old != new), None)
        first = min(len(self.expected_ids), len(self.found_ids)) if first is None else first
        old, new = (
            " ".join(f"{token}({number})" for token, number in list(zip(tokens, ids, strict=True))[first : first + 4])
            for tokens, ids in (
                (self.expected_tokens, self.expected_ids),
                (self.found_tokens, self.found_ids),
            )
        )
        return f"{self.text[:60]!r}: expected {old or 'the end'} at token {first}, found {new or 'the end'}"


class GoldenReport(NamedTuple):
    """What a check found: how many texts, those that differ, and whether the tokenizer's content is still the same."""

    path: str
    texts: int
    differences: list[GoldenDifference]
    same_content: bool
    written_by: str


def content_hash(spec: Spec) -> str:
    """The SHA-256 of the tokenizer.json that saving would write."""
    return _sha256(spec.to_json())


def _sha256(text: str) -> str:
    import hashlib  # here, as few who tokenize check ids

    return hashlib.sha256(text.encode()).hexdigest()


def golden_path(path: str | os.PathLike[str]) -> Path:
    """The golden file that `path` means: itself, or the one in a folder."""
    path = Path(path)
    return path / FILE if path.is_dir() else path


def encode_rows(tokenizer: Any, texts: list[tuple[str, str | None]]) -> list[dict[str, Any]]:
    """The rows of a golden file for single texts and pairs. No limit, side or padding of the tokenizer acts on them."""
    rows = []
    for text, pair in texts:
        found = tokenizer(
            text, pair, return_offsets_mapping=True, return_token_type_ids=True, truncation=False, verbose=False
        )
        row: dict[str, Any] = {"text": text} if pair is None else {"text": text, "pair": pair}
        details = _sha256(json.dumps([found["offset_mapping"], found["token_type_ids"]]))[:12]
        rows.append({**row, "ids": found["input_ids"], "details": details, "tokens": found.tokens()})
    return rows


def message(report: GoldenReport) -> str:
    """What an error says about the differences of a report."""
    shown = "; ".join(map(str, report.differences[:_SHOWN]))
    more = len(report.differences) - _SHOWN
    return f"{len(report.differences)} of {report.texts} texts of {report.path} are encoded otherwise now: {shown}" + (
        f"; and {more} more" if more > 0 else ""
    )


def read_golden(path: Path) -> dict[str, Any]:
    """The content of a golden file, checked.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is broken, or written by a later version.
    """
    try:
        golden = read_json(path)
    except MissingFileError:
        raise MissingFileError(
            f"no golden file {path}: write it with tokenizer.write_golden_ids(…) or `leanformers verify FOLDER --write`"
        ) from None
    if golden.get("format") != FORMAT:
        raise FileFormatError(f"{path}: format {golden.get('format')!r} is not known, only {FORMAT}")
    for name, kind in (("leanformers", str), ("tokenizer_sha256", str), ("texts", list)):
        if not isinstance(golden.get(name), kind):
            raise FileFormatError(f"{path}: {name!r} must be a {kind.__name__}, not {golden.get(name)!r:.60}")
    if not golden["texts"]:
        raise FileFormatError(f"{path} holds no texts, so that it checks nothing")
    for i, row in enumerate(golden["texts"]):
        if not (
            isinstance(row, dict)
            and isinstance(row.get("text"), str)
            and isinstance(row.get("pair"), (str, type(None)))
            and isinstance(row.get("details"), str)
            and isinstance(row.get("ids"), list)
            and all(type(number) is int for number in row["ids"])
            and isinstance(row.get("tokens"), list)
            and len(row["tokens"]) == len(row["ids"])
        ):
            raise FileFormatError(f"{path}: texts[{i}] must have text, ids, details and as many tokens as ids")
    return golden
