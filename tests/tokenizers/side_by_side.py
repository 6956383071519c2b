"""One tokenizer.json in both libraries, and what has to be the same: ids, offsets, words, types, masks, decoded text.

document → **ours, fused and general, and the reference** → the first difference, in words
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from leanformers import _core
from leanformers.errors import LeanformersError
from leanformers.tokenizers.spec import Spec

__all__ = ["Both", "Failed", "call"]

COLUMNS = ("IDS", "SPANS", "WORD_IDS", "TYPE_IDS", "SPECIAL_TOKENS_MASK", "SEQUENCE_IDS")
Text = str | list[str]
EVERYTHING = (*COLUMNS, "ATTENTION_MASK")
EMPTY_MATCHES = ("x*", "a|ab|b*", "$", "^a|b$", r"\b", "(?=a)")
STRATEGIES = {
    "longest_first": _core.Truncation.LONGEST_FIRST,
    "only_first": _core.Truncation.ONLY_FIRST,
    "only_second": _core.Truncation.ONLY_SECOND,
}


class Failed(NamedTuple):
    """A call that raised; `panic`: the reference gave up in a way that no caller can catch as an Exception."""

    panic: bool
    message: str


def call(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """The result, or Failed. Anything but an error of the libraries' own kinds goes through."""
    try:
        return function(*args, **options)
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # it derives from BaseException
            return Failed(True, str(error))
        if isinstance(error, ValueError | LeanformersError) or type(error) is Exception:
            return Failed(False, str(error))
        raise


def columns_of_reference(encoding: Any) -> dict[str, list[Any]]:
    values = (encoding.ids, encoding.offsets, encoding.word_ids, encoding.type_ids, encoding.special_tokens_mask)
    return dict(zip(COLUMNS, (*map(list, values), list(encoding.sequence_ids)), strict=True))


def columns_of_row(encoded: _core.Encoded, row: int = 0) -> dict[str, list[Any]]:
    found = {name: encoded.row(getattr(_core.Column, name), row) for name in COLUMNS}
    return {name: [tuple(v) for v in value] if name == "SPANS" else value for name, value in found.items()}


def first_difference(ours: Sequence[Any], theirs: Sequence[Any]) -> str:
    """Where two columns part, with some of what follows."""
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    return f"[{at}] {ours[at : at + 6]} of {len(ours)} instead of {theirs[at : at + 6]} of {len(theirs)}"


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """All components in a part of a document."""
    if isinstance(value, dict):
        if "type" in value:
            yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else []:
        yield from walk(item)


def kinds(value: Any) -> set[str]:
    return {stage["type"] for stage in walk(value)}


def adds_before_all(stage: dict[str, Any]) -> bool:
    """Whether a normalizer may add characters before the first one that come from no character of the text."""
    if stage["type"] != "Replace":
        return stage.get("prepend") == ""
    ((kind, pattern),) = stage["pattern"].items()
    return pattern == "" or (kind == "Regex" and pattern in EMPTY_MATCHES)


def different_columns(document: dict[str, Any]) -> set[str]:
    """The columns in which leanformers does not follow the reference for this document, and why."""
    different = set()
    if (document["post_processor"] or {}).get("type") == "Sequence":
        different.add("SEQUENCE_IDS")  # the reference numbers the template's pieces; here they are 0, 1 and None
    normalizers = [stage for stage in walk(document["normalizer"]) if stage["type"] != "Sequence"]
    before_all = [i for i, stage in enumerate(normalizers) if adds_before_all(stage)]
    if before_all and (before_all[0] + 1 < len(normalizers) or "ByteLevel" in kinds(document["pre_tokenizer"])):
        different.update(EVERYTHING)  # the reference writes what was added twice, or panics
    model = document["model"]
    if model.get("byte_fallback") and (model.get("continuing_subword_prefix") or model.get("end_of_word_suffix")):
        different.add("SPANS")  # the reference counts bytes of the prefix or suffix as if they were in the text
    return different


class Both:
    """A document compiled three times. Where the reference cannot be followed, ours only have to do without a crash."""

    def __init__(self, document: dict[str, Any]) -> None:
        import tokenizers

        self.document = document
        self.reference = call(tokenizers.Tokenizer.from_str, json.dumps(document))
        spec = Spec(document)
        self.cores = {"fused": spec.compile(), "general": spec.compile(fused=False)}
        self.different = different_columns(document)
        if isinstance(self.reference, Failed):
            assert self.reference.panic, self.reference.message
            self.different = set(EVERYTHING)
        elif self._has_unclear_tokens():
            self.different = set(EVERYTHING)

    def _has_unclear_tokens(self) -> bool:
        """Whether added tokens have one normal form, so that the reference takes any of them, or an empty one.

        The reference finds an empty one everywhere: it splits the text there, panics, or never ends. Here it is never
        found.
        """
        normalizer = self.reference.normalizer
        contents = [row["content"] for row in self.document["added_tokens"] if row["normalized"]]
        forms = [call(normalizer.normalize_str, text) if normalizer else text for text in contents]
        return "" in forms or len(set(forms)) < len(forms) or any(isinstance(form, Failed) for form in forms)

    @property
    def comparable(self) -> bool:
        """Whether anything but the absence of a crash can be asserted."""
        return not self.different.issuperset(EVERYTHING)

    def compare(self, text: Text, pair: Text | None = None, **options: Any) -> list[int]:
        """Assert that all columns of one row, or of all rows with overflow, are equal, or that both refuse.

        Args:
            text, pair: strings, or lists of words with `words=True`.
            options: those of the core's `encode`.

        Returns:
            The ids, if there are any.
        """
        results = {}
        for name, core in self.cores.items():
            results[name] = call(core.encode, [text], [pair] if pair is not None else None, details=True, **options)
        if self.comparable:
            theirs = self._encode_by_reference(text, pair, **options)
            for name, ours in results.items():
                self._check(f"{name}: {text!r} {pair!r} {options}", ours, theirs)
        fused = results["fused"]
        return [] if isinstance(fused, Failed) else fused.lists(_core.Column.IDS)[0]

    def same(self, text: Text, pair: Text | None = None, **options: Any) -> tuple[list[int], list[tuple[int, int]]]:
        """Ids and offsets, after comparing everything."""
        self.compare(text, pair, **options)
        columns = columns_of_row(
            self.cores["fused"].encode([text], [pair] if pair is not None else None, details=True, **options)
        )
        return columns["IDS"], columns["SPANS"]

    def words(self, text: str) -> list[str]:
        """What the tokens of a text stand for in it, after comparing everything."""
        return [text[begin:end] for begin, end in self.same(text)[1]]

    def _encode_by_reference(self, text: Text, pair: Text | None, **options: Any) -> Any:
        """All rows, or Failed."""
        reference = self.reference
        reference.no_truncation()
        if "max_length" in options:
            side = "left" if options.get("truncate_left") else "right"
            strategy = next(name for name, value in STRATEGIES.items() if value == options["truncation"])
            settings = {"stride": options.get("stride", 0), "strategy": strategy, "direction": side}
            enabled = call(reference.enable_truncation, options["max_length"], **settings)
            if isinstance(enabled, Failed):  # it takes the special tokens of a single text, even for pairs
                return Failed(True, enabled.message)
        reference.encode_special_tokens = options.get("split_special_tokens", False)
        flags = {"is_pretokenized": options.get("words", False)}
        encoding = call(
            reference.encode, text, pair, add_special_tokens=options.get("add_special_tokens", True), **flags
        )
        reference.no_truncation()
        reference.encode_special_tokens = False
        if isinstance(encoding, Failed):
            return encoding
        return [encoding, *(encoding.overflowing if options.get("overflow") else [])]

    def compare_padding(self, texts: Sequence[str], pad_left: bool, multiple: int | None) -> None:
        """Assert that the columns of a batch are equal when padded to its longest row."""
        ours = call(self.cores["fused"].encode, list(texts), details=True)
        if not self.comparable:
            return
        side = "left" if pad_left else "right"
        self.reference.enable_padding(direction=side, pad_id=3, pad_type_id=1, pad_to_multiple_of=multiple)
        theirs = call(self.reference.encode_batch, list(texts))
        self.reference.no_padding()
        if isinstance(theirs, Failed):
            assert theirs.panic or isinstance(ours, Failed), theirs
            return
        assert not isinstance(ours, Failed), ours
        width = max(ours.lengths(), default=0)
        width += -width % multiple if multiple else 0
        pads = {"IDS": 3, "TYPE_IDS": 1, "SPECIAL_TOKENS_MASK": 1}
        for name in {"IDS", "TYPE_IDS", "SPECIAL_TOKENS_MASK", "ATTENTION_MASK", "SPANS"} - self.different:
            values = ours.lists(getattr(_core.Column, name), width, pad_left, pads.get(name, 0))
            expected = [getattr(row, "offsets" if name == "SPANS" else name.lower()) for row in theirs]
            assert [list(map(tuple, row)) if name == "SPANS" else row for row in values] == expected, (name, texts)

    def compare_decoding(self, ids: Sequence[int]) -> None:
        """Assert that ids of the vocabulary give the same text, with and without special tokens."""
        for skip in (False, True):
            ours = call(self.cores["fused"].decode, list(ids), skip_special_tokens=skip)
            if not self.comparable:
                continue
            theirs = call(self.reference.decode, list(ids), skip_special_tokens=skip)
            if not isinstance(theirs, Failed) or not theirs.panic:
                assert ours == theirs, f"decode {list(ids)} skip_special_tokens={skip}"

    def _check(self, what: str, ours: Any, theirs: Any) -> None:
        if isinstance(theirs, Failed):
            assert theirs.panic or isinstance(ours, Failed), f"{what}: only the reference refuses: {theirs}"
            return
        assert not isinstance(ours, Failed), f"{what}: {ours.message}"
        assert len(ours) == len(theirs), f"{what}: {len(ours)} rows instead of {len(theirs)}"
        for row, encoding in enumerate(theirs):
            expected = columns_of_reference(encoding)
            for name, value in columns_of_row(ours, row).items():
                # Without a template the reference loses which text of a pair the rows that follow are from.
                lost = name == "SEQUENCE_IDS" and row > 0 and self.document["post_processor"] is None
                if name not in self.different and not lost:
                    assert value == expected[name], (
                        f"{what}: {name}{first_difference(value, expected[name])} in row {row}"
                    )
