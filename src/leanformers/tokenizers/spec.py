"""What a tokenizer is, as plain data: the way from a file of any format to the compiled core, and back to a file.

formats/ → **Spec** (every stage checked, the original JSON kept) → `compile()` → _core.Tokenizer
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _core
from ..errors import FileFormatError, InputValueError
from .components import DECODERS, NORMALIZERS, PRE_TOKENIZERS, Stage, read_model, read_stages
from .fields import COUNT, FLAG, Field, read_fields
from .large_tables import plain, plain_document
from .post_processors import read_post_processor
from .scores import document_to_json
from .token_ids import TokenIds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .plan_cache import Plan, PlanCache

__all__ = ["Spec"]

VERSION = "1.0"
_ANY = Field("anything", lambda value: True, None)
_BLOCK = Field("an object or null", lambda value: value is None or isinstance(value, dict), None)
_DOCUMENT = {
    "version": Field(f"{VERSION!r}, the only known version", lambda value: value == VERSION, VERSION),
    "truncation": _BLOCK,
    "padding": _BLOCK,
    "added_tokens": Field("a list", lambda value: isinstance(value, list), []),
    "normalizer": _ANY,
    "pre_tokenizer": _ANY,
    "post_processor": _ANY,
    "decoder": _ANY,
    "model": Field("an object", lambda value: isinstance(value, dict)),
}
_ADDED_TOKEN = {
    "id": COUNT,
    "content": Field("a string that is not empty", lambda value: isinstance(value, str) and value != ""),
    "single_word": FLAG,
    "lstrip": FLAG,
    "rstrip": FLAG,
    "normalized": FLAG,
    "special": FLAG,
}


class Spec:
    """The stages of a tokenizer as plain, checked data. Never changed: editing makes a new one.

    The file's own truncation and padding are kept as data; they never act on a call.

    Attributes:
        added_tokens: tokens that are found in a text before the model sees it, by rising id.
        normalizers, pre_tokenizers, model, decoders: the stages; sequences are flattened.
        template: where the special tokens go, or None.
        trim_offsets: whether spans leave out the spaces that byte-level tokens begin and end with. None: they do not;
            else they do, and the value says whether a space may have been added before the text.
        truncation, padding: the blocks of that name in the file, or None.
        content: all of it in the shape of tokenizer.json; large tables may be the core's, as in large_tables.py.
        plan: the cache's plan of the file it came from, or None.
    """

    __slots__ = (
        "_document",
        "_ids",
        "_text",
        "added_tokens",
        "content",
        "decoders",
        "model",
        "normalizers",
        "padding",
        "place",
        "plan",
        "pre_tokenizers",
        "template",
        "trim_offsets",
        "truncation",
    )

    def __init__(
        self,
        document: dict[str, Any],
        *,
        place: str = "tokenizer.json",
        text: bytes | None = None,
        plan: Plan | None = None,
    ) -> None:
        """Read `document`, the content of a tokenizer.json.

        Args:
            document: the parsed file, its vocabulary and merges plain or as tables of the core.
            place: what errors call it.
            text: the file as it was, to be saved unchanged.
            plan: what the cache has of it, or is to have. It goes on to what is made by editing, and holds as long as
                the model is the same.

        Raises:
            FileFormatError: an unknown component, field or version, or ids that contradict each other.
        """
        fields = read_fields(document, place, _DOCUMENT)
        self.content = document
        self.place = place
        self.plan = plan
        self._text = text
        self._document: dict[str, Any] | None = None  # once it was needed
        self.truncation: dict[str, Any] | None = fields["truncation"]
        self.padding: dict[str, Any] | None = fields["padding"]
        self.normalizers = read_stages(fields["normalizer"], f"{place}: normalizer", NORMALIZERS, "normalizers")
        self.pre_tokenizers = read_stages(
            fields["pre_tokenizer"], f"{place}: pre_tokenizer", PRE_TOKENIZERS, "pretokenizers"
        )
        self.model: Stage = read_model(fields["model"], f"{place}: model")
        self._ids = TokenIds(self.model.fields["vocab"], place)
        self.decoders = read_stages(fields["decoder"], f"{place}: decoder", DECODERS, "decoders")
        self.added_tokens = self._read_added_tokens(fields["added_tokens"])
        post_processor = read_post_processor(fields["post_processor"], f"{place}: post_processor", self.token_to_id)
        self.template, self.trim_offsets = post_processor

    def token_to_id(self, token: str) -> int | None:
        """The id of `token` in the vocabulary or among the added tokens."""
        number = self._ids.find(token)
        if number is None:
            number = next((added.id for added in self.added_tokens if added.content == token), None)
        return number

    @property
    def vocab(self) -> dict[str, int]:
        """The model's own vocabulary."""
        return self._ids.all

    @property
    def last_id(self) -> int:
        """The highest id of a token, added ones included; -1 without tokens."""
        return max([self._ids.last, *(token.id for token in self.added_tokens)])

    @property
    def document(self) -> dict[str, Any]:
        """All of it in the shape of tokenizer.json, with dicts and lists."""
        if self._document is None:
            self._document = plain_document(self.content)
        return self._document

    @property
    def scores(self) -> list[list[Any]]:
        """The pieces of a Unigram model with their scores, by id; empty for other models."""
        scores: list[list[Any]] = plain(self.model.fields["vocab"]) if self.model.core == "Unigram" else []
        return scores

    @property
    def merges(self) -> list[tuple[str, str]]:
        """The merges of a BPE model; empty for other models."""
        merges: Any = self.model.arguments.get("merges", [])
        pairs: list[tuple[str, str]] = merges.pairs() if hasattr(merges, "pairs") else merges
        return pairs

    def to_json(self) -> str:
        """The text of a tokenizer.json: the original one byte for byte, unless this Spec was edited or made."""
        if self._text is None:
            return document_to_json(self.document)
        return self._text.decode("utf-8")

    def compile(self, *, fused: bool = True) -> _core.Tokenizer:
        """The tokenizer that does all this. `fused=False` keeps to the slow general pipeline, for comparing.

        Raises:
            FileFormatError: an id of the vocabulary that cannot be one, a pattern or a charsmap that cannot be used.
        """
        plan = self.plan
        if plan is not None and not plan.fits(self.content["model"], self.model):
            plan = None
        try:
            model = getattr(_core, self.model.core)(**self.model.arguments)
        except (TypeError, RuntimeError):  # nanobind has both for a value it cannot convert
            self._ids.check()
            raise FileFormatError(f"{self.place}: model: {_unusable(self.model.arguments)}") from None
        try:
            core = _core.Tokenizer(
                added_tokens=list(self.added_tokens),
                normalizers=[self._make(stage, "normalizer") for stage in self.normalizers],
                pre_tokenizers=[self._make(stage, "pre_tokenizer") for stage in self.pre_tokenizers],
                model=model,
                template=_core.Template(*self.template) if self.template else None,
                trim_offsets=self.trim_offsets,
                decoders=[self._make(stage, "decoder") for stage in self.decoders],
                fused=fused,
                compiled=plan.compiled if plan is not None else None,
            )
        except ValueError as error:
            raise FileFormatError(f"{self.place}: {error}") from None
        if plan is not None:
            plan.keep(core.compiled_model)
        return core

    def _make(self, stage: Stage, place: str) -> Any:
        try:
            return getattr(_core, stage.core)(**stage.arguments)
        except (TypeError, RuntimeError):
            raise ValueError(f"{place}: {stage.core}: {_unusable(stage.arguments)}") from None
        except (ValueError, UnicodeError) as error:
            raise ValueError(f"{place}: {stage.core}: {error}") from None

    def with_added_tokens(self, tokens: Iterable[dict[str, Any]]) -> Spec:
        """A Spec with more added tokens: each is a row of tokenizer.json's added_tokens without its id.

        A token that the vocabulary has keeps its id there; another one gets the next free id, as in `tokenizers`.
        One that is among the added tokens already is left as it is. With nothing to add this is the same Spec.
        """
        contents = {row["content"] for row in self.content.get("added_tokens", [])}
        return self.with_changed_tokens(token for token in tokens if token["content"] not in contents)[0]

    def with_changed_tokens(self, tokens: Iterable[dict[str, Any]]) -> tuple[Spec, int]:
        """As `with_added_tokens`, but a token that is there already gets its new flags; and how many tokens changed."""
        rows = {row["content"]: row for row in self.content.get("added_tokens", [])}
        changed = 0
        highest = max((row["id"] for row in rows.values()), default=-1)
        for token in tokens:
            old = rows.get(token["content"])
            number = self._id_for(token["content"], highest) if old is None else old["id"]
            # Once special, always special: so it is in `tokenizers`.
            new = {"id": number, **token, "special": token["special"] or (old is not None and old["special"])}
            if new != old:
                rows[token["content"]] = new
                highest = max(highest, number)
                changed += 1
        if not changed:
            return self, 0
        ordered = sorted(rows.values(), key=lambda row: row["id"])
        return self._with({"version": VERSION, **self.content, "added_tokens": ordered}), changed

    def with_bert_normalizer(self, fields: dict[str, Any]) -> Spec:
        """This Spec, or one in which the only BertNormalizer has these `fields` instead.

        Raises:
            InputValueError: there is not exactly one BertNormalizer.
        """
        return self._with_fields("normalizer", self.normalizers, "BertNormalizer", fields)

    def _with_fields(self, part: str, stages: list[Stage], kind: str, fields: dict[str, Any]) -> Spec:
        found = [stage for stage in stages if stage.core == kind]
        if len(found) != 1:
            names = ", ".join(sorted(fields))
            raise InputValueError(f"{self.place} has {len(found)} {kind}s, so that there is nothing for {names}")
        if all(found[0].fields[name] == value for name, value in fields.items()):
            return self
        return self.edited(**{part: _replace_fields(self.content[part], kind, fields)})

    def edited(self, **fields: Any) -> Spec:
        """A Spec with other content in some fields of its document."""
        return self._with({**self.content, **fields})

    def _with(self, document: dict[str, Any]) -> Spec:
        return Spec(document, place=self.place, plan=self.plan)

    def __reduce__(self) -> tuple[Any, ...]:
        cache = self.plan.cache if self.plan is not None else None
        return _spec_from_text, (self.to_json(), self.place, self._text is not None, cache)

    def _read_added_tokens(self, rows: list[Any]) -> list[_core.AddedToken]:
        """Check that each token has the id that `tokenizers` would give it: it reads the order, not the ids."""
        seen: set[str] = set()
        highest = -1
        tokens = []
        for i, row in enumerate(rows):
            place = f"{self.place}: added_tokens[{i}]"
            fields = read_fields(row, place, _ADDED_TOKEN)
            content, number = fields["content"], fields["id"]
            if content in seen:
                raise FileFormatError(f"{place}: token {content!r} is there twice")
            expected = self._id_for(content, highest)
            if number != expected:
                known = self._ids.find(content) is not None
                why = "its id in the vocabulary is" if known else "the next free id is"
                raise FileFormatError(f"{place}: token {content!r} stands with id {number}, but {why} {expected}")
            seen.add(content)
            highest = max(highest, number)
            try:
                tokens.append(_core.AddedToken(**fields))
            except (TypeError, RuntimeError):
                raise FileFormatError(f"{place}: {_unusable(fields)}") from None
        return sorted(tokens, key=lambda token: token.id)

    def _id_for(self, content: str, highest: int) -> int:
        """The id of a token to be added after others, of which `highest` is the highest id."""
        if (known := self._ids.find(content)) is not None:
            return known
        number = max(len(self._ids), highest + 1)
        if number <= self._ids.last and number in self.vocab.values():
            raise FileFormatError(f"{self.place}: the vocabulary has gaps; added token {content!r} would get a used id")
        return number


def _unusable(arguments: dict[str, Any]) -> str:
    """Which of the values that fit their field cannot be taken by the core."""
    for name, value in arguments.items():
        if isinstance(value, int) and value >= 2**32:
            return f"{name} {value} is too large"
        if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
            return f"{name} {value!r} is not valid Unicode"
    return "it has text that is not valid Unicode, or a number that is too large"


def _spec_from_text(text: str, place: str, original: bool, cache: PlanCache | None = None) -> Spec:
    if original:
        from .formats.tokenizer_json import spec_of

        return spec_of(text.encode("utf-8"), Path(place), cache)
    return Spec(json.loads(text), place=place)


def _replace_fields(value: dict[str, Any], kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    """`value`, a component or a Sequence of them, with other fields in the component `kind`."""
    if value["type"] != "Sequence":
        return {**value, **fields} if value["type"] == kind else value
    inner = next(name for name in value if name != "type")
    return {**value, inner: [_replace_fields(item, kind, fields) for item in value[inner]]}
