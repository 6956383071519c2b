"""What a tokenizer is made of, as plain data for people and for comparing: the stages, the model, the Unicode tables.

Spec → **describe(spec)** → difference.py, `leanformers explain`
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .components import MODELS, OLD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .components import Stage
    from .spec import Spec

__all__ = ["UNICODE_VERSIONS", "describe"]

# The reference mixes these in one process, and so does the core: each of its tables is what the reference's own part
# does with every code point (cpp/unicode/generate.py). A predicate that must not move has its version here.
UNICODE_VERSIONS = {
    r"\p{…}, \s, \w and case of a Regex in Split and Replace (Oniguruma 6.9.10)": "16.0",
    r"\w of Whitespace and of single_word (Rust's regex)": "16.0",
    "white space, numbers and lower case (Rust's char)": "17.0",
    "grapheme clusters of Precompiled (Rust's unicode-segmentation)": "17.0",
    "NFC, NFD, NFKC, NFKD; combining marks of StripAccents": "9.0",
    "punctuation, control characters and nonspacing marks of BERT; Punctuation": "8.0",
}
_INNER = {"normalizer": "normalizers", "pre_tokenizer": "pretokenizers", "decoder": "decoders"}
_LARGE = ("vocab", "merges")


def describe(spec: Spec) -> dict[str, Any]:
    """The components in the order in which a text meets them, sequences flattened, with the settings that act.

    Settings that a file leaves out stand there with their defaults, so that two files can be compared. `vocab` and
    `merges` are given by their sizes.
    """
    return {
        "normalizer": _stages(spec, "normalizer", spec.normalizers),
        "pre_tokenizer": _stages(spec, "pre_tokenizer", spec.pre_tokenizers),
        "model": _model(spec),
        "post_processor": _post_processor(spec),
        "decoder": _stages(spec, "decoder", spec.decoders),
    }


def _stages(spec: Spec, name: str, stages: list[Stage]) -> list[dict[str, Any]]:
    kinds = _kinds(spec.content.get(name), _INNER[name])
    return [{"type": kind, **_said(stage.fields)} for kind, stage in zip(kinds, stages, strict=True)]


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields without those of old files that this one does not have."""
    return {name: value for name, value in fields.items() if value is not None or name not in OLD_FIELDS}


def _kinds(component: Any, inner: str) -> Iterator[str]:
    """The names of a component's stages in the file; the core has other classes."""
    if component is None:
        return
    if component["type"] == "Sequence":
        for item in component[inner]:
            yield from _kinds(item, inner)
    else:
        yield component["type"]


def _model(spec: Spec) -> dict[str, Any]:
    kind = next((name for name, row in MODELS.items() if (row.core or name) == spec.model.core), spec.model.core)
    sizes = {name: len(spec.model.fields[name]) for name in _LARGE if name in spec.model.fields}
    rest = {name: value for name, value in spec.model.fields.items() if name not in _LARGE}
    return {"type": kind, **sizes, **rest}


def _post_processor(spec: Spec) -> dict[str, Any]:
    """The rows that it makes, such as "[CLS] $A [SEP] $B:1 [SEP]:1": a type that is not 0 stands after the colon."""
    described: dict[str, Any] = {}
    if spec.template is not None:
        tokens = {number: token for token, number in spec.vocab.items()}
        tokens.update({token.id: token.content for token in spec.added_tokens})
        for name, pieces in (("single", spec.template.single), ("pair", spec.template.pair)):
            described[name] = " ".join(
                word + (f":{type_id}" if type_id else "")
                for kind, ids, type_id in pieces
                for word in ([tokens.get(number, f"<{number}>") for number in ids] if ids else [f"${kind}"])
            )
        if spec.template.overflow_type_ids != (0, 1):
            described["overflow_type_ids"] = list(spec.template.overflow_type_ids)
    if spec.trim_offsets is not None:
        described["trim_offsets"] = True
        described["add_prefix_space"] = spec.trim_offsets
    return described
