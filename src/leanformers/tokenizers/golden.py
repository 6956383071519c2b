"""Golden ids: a small file of texts and their ids beside a tokenizer, so that no change of ids passes in silence.

tokenizer → **golden_ids.json** → the same or another tokenizer, later → what has changed

Loading a tokenizer never looks at the file; `tokenizer.check_golden_ids(…)` and `leanformers verify` do.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import FileFormatError, GoldenIdsError, InputTypeError, InputValueError, MissingFileError
from ..files import read_json, save_files, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .spec import Spec

__all__ = ["FILE", "GoldenDifference", "GoldenIds", "GoldenReport", "content_hash"]

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


class GoldenIds:
    """The part of a tokenizer that writes and checks golden files."""

    _spec: Spec

    def write_golden_ids(self, path: str | os.PathLike[str], texts: Iterable[str] | None = None) -> None:
        """Write a golden file: a fixed list of varied texts, and `texts` of your own, with their ids.

        Args:
            path: the file, or a folder for its golden_ids.json.
            texts: more texts, best such as the tokenizer will really meet.

        Raises:
            InputTypeError: a text that is no str.
            InputValueError: a text with a lone surrogate, which no file can hold; a model with dropout.

        Examples:
            >>> from leanformers import AutoTokenizer
            >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
            >>> tokenizer.write_golden_ids("golden_ids.json", ["a text of mine"])
            >>> tokenizer.check_golden_ids("golden_ids.json").differences
            []
        """
        from .. import __version__
        from .golden_texts import PAIRS, TEXTS, texts_with_special_tokens

        if self._spec.model.fields.get("dropout"):
            raise InputValueError("the model's dropout makes its ids random, so that they cannot be checked")
        tokenizer: Any = self
        given = [texts] if isinstance(texts, str) else list(texts or ())
        for i, text in enumerate(given):
            if not isinstance(text, str):
                raise InputTypeError(f"golden text {i} must be a str, not {type(text).__name__}")
            if any("\ud800" <= character <= "\udfff" for character in text):
                raise InputValueError(f"golden text {i} has a lone surrogate, which no file can hold: {text!r:.80}")
        alone = dict.fromkeys([*TEXTS, *texts_with_special_tokens(tokenizer.all_special_tokens), *given])
        rows = _encode(self, [(text, None) for text in alone] + list(PAIRS))
        head = {
            "format": FORMAT,
            "leanformers": __version__,
            "tokenizer_sha256": content_hash(self._spec),
            "texts": [],
        }
        lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)  # one a line, for reviews
        path = _file(path)
        text = json.dumps(head, indent=1).replace('"texts": []', f'"texts": [\n{lines}\n ]') + "\n"
        save_files(path.parent, {path.name: write_text(text)})

    def check_golden_ids(self, path: str | os.PathLike[str]) -> GoldenReport:
        """Encode the texts of a golden file again, and compare ids, spans and type ids.

        Raises:
            GoldenIdsError: a text has other ids, spans or type ids now; `.report` has all of them.
            MissingFileError: there is no such file.
            FileFormatError: it is broken, or written by a later version.
        """
        path = _file(path)
        golden = _read(path)
        rows = golden["texts"]
        differences = [
            GoldenDifference(row["text"], row.get("pair"), row["ids"], found["ids"], row["tokens"], found["tokens"])
            for row, found in zip(rows, _encode(self, [(row["text"], row.get("pair")) for row in rows]), strict=True)
            if (row["ids"], row["details"]) != (found["ids"], found["details"])
        ]
        same = golden["tokenizer_sha256"] == content_hash(self._spec)
        report = GoldenReport(str(path), len(rows), differences, same, str(golden["leanformers"]))
        if differences:
            raise GoldenIdsError(_message(report), report)
        return report


def content_hash(spec: Spec) -> str:
    """The SHA-256 of the tokenizer.json that saving would write."""
    return _sha256(spec.to_json())


def _sha256(text: str) -> str:
    import hashlib  # here, as few who tokenize check ids

    return hashlib.sha256(text.encode()).hexdigest()


def _file(path: str | os.PathLike[str]) -> Path:
    path = Path(path)
    return path / FILE if path.is_dir() else path


def _encode(tokenizer: Any, texts: list[tuple[str, str | None]]) -> list[dict[str, Any]]:
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


def _message(report: GoldenReport) -> str:
    shown = "; ".join(map(str, report.differences[:_SHOWN]))
    more = len(report.differences) - _SHOWN
    return f"{len(report.differences)} of {report.texts} texts of {report.path} are encoded otherwise now: {shown}" + (
        f"; and {more} more" if more > 0 else ""
    )


def _read(path: Path) -> dict[str, Any]:
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
