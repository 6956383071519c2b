"""Golden ids: texts and their ids beside a tokenizer, so that no change of ids passes in silence.

tokenizer → **golden_ids.json** → the same or another tokenizer, later → what has changed

Loading a tokenizer never looks at the file; `tokenizer.check_golden_ids(…)` and `leanformers verify` do.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..errors import GoldenIdsError, InputTypeError, InputValueError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from .golden_file import GoldenReport
    from .spec import Spec

__all__ = ["GoldenIds"]


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
        from ..files import save_files, write_text
        from .golden_file import FORMAT, content_hash, encode_rows, golden_path
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
        rows = encode_rows(self, [(text, None) for text in alone] + list(PAIRS))
        head = {
            "format": FORMAT,
            "leanformers": __version__,
            "tokenizer_sha256": content_hash(self._spec),
            "texts": [],
        }
        lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)  # one a line, for reviews
        path = golden_path(path)
        text = json.dumps(head, indent=1).replace('"texts": []', f'"texts": [\n{lines}\n ]') + "\n"
        save_files(path.parent, {path.name: write_text(text)})

    def check_golden_ids(self, path: str | os.PathLike[str]) -> GoldenReport:
        """Encode the texts of a golden file again, and compare ids, spans and type ids.

        Raises:
            GoldenIdsError: a text has other ids, spans or type ids now; `.report` has all of them.
            MissingFileError: there is no such file.
            FileFormatError: it is broken, or written by a later version.
        """
        from .golden_file import (
            GoldenDifference,
            GoldenReport,
            content_hash,
            encode_rows,
            golden_path,
            message,
            read_golden,
        )

        path = golden_path(path)
        golden = read_golden(path)
        rows = golden["texts"]
        encoded = encode_rows(self, [(row["text"], row.get("pair")) for row in rows])
        differences = [
            GoldenDifference(row["text"], row.get("pair"), row["ids"], found["ids"], row["tokens"], found["tokens"])
            for row, found in zip(rows, encoded, strict=True)
            if (row["ids"], row["details"]) != (found["ids"], found["details"])
        ]
        same = golden["tokenizer_sha256"] == content_hash(self._spec)
        report = GoldenReport(str(path), len(rows), differences, same, str(golden["leanformers"]))
        if differences:
            raise GoldenIdsError(message(report), report)
        return report
