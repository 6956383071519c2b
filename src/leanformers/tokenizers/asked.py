"""What a caller may change of a tokenizer.json by keyword: how BERT normalizes, a space before the text, begin and end.

tokenizer.json → Spec → **the keyword arguments of from_pretrained** → Spec. A setting of a file never comes here: there
the tokenizer.json decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import InputValueError
from .settings import BERT_NORMALIZER, VOCABULARY_SETTINGS

if TYPE_CHECKING:
    from .settings import Settings
    from .spec import Spec

__all__ = ["apply_asked"]

_SCHEMES = {True: "always", False: "never"}


def apply_asked(spec: Spec, settings: Settings) -> Spec:
    """`spec` with what the caller asked for.

    Raises:
        InputValueError: an argument that this tokenizer.json has no place for.
    """
    given = settings.given
    normalizer = {BERT_NORMALIZER[name]: value for name, value in given.items() if name in BERT_NORMALIZER}
    if normalizer:
        spec = spec.with_bert_normalizer(normalizer)
    if given.get("add_prefix_space") is not None:
        spec = _with_prefix_space(spec, bool(given["add_prefix_space"]))
    if given.get("add_bos_token") is not None or given.get("add_eos_token") is not None:
        from .formats.documents import begin_and_end

        spec = spec.edited(post_processor=begin_and_end(spec, settings))
    for name in sorted(given.keys() & VOCABULARY_SETTINGS):
        raise InputValueError(
            f"{name}={given[name]!r} is for a vocabulary without tokenizer.json; {spec.place} decides"
        )
    return spec


def _with_prefix_space(spec: Spec, wanted: bool) -> Spec:
    """Every byte-level and Metaspace stage of `spec` with or without a space put before the text."""
    names = ("pre_tokenizer", "post_processor", "decoder")
    stages = {name: _prefixed(spec.content.get(name), wanted) for name in names}
    if stages["pre_tokenizer"] == spec.content.get("pre_tokenizer"):
        if _has_prefix_space(spec.content.get("pre_tokenizer")):
            return spec
        raise InputValueError(
            f"{spec.place} has 0 Metaspaces and 0 ByteLevels, so that there is nothing for add_prefix_space"
        )
    return spec.edited(**stages)


def _has_prefix_space(stage: Any) -> bool:
    if isinstance(stage, list):
        return any(map(_has_prefix_space, stage))
    if not isinstance(stage, dict):
        return False
    return stage.get("type") in ("ByteLevel", "Metaspace") or _has_prefix_space(stage.get("pretokenizers"))


def _prefixed(stage: Any, wanted: bool) -> Any:
    if isinstance(stage, list):
        return [_prefixed(item, wanted) for item in stage]
    if not isinstance(stage, dict):
        return stage
    kind = stage.get("type")
    if kind == "Sequence":
        return {name: _prefixed(value, wanted) for name, value in stage.items()}
    if kind in ("ByteLevel", "RobertaProcessing") and "add_prefix_space" in stage:
        return {**stage, "add_prefix_space": wanted}
    if kind == "Metaspace" and (stage.get("prepend_scheme", "always") == "never") == wanted:
        return {**stage, "prepend_scheme": _SCHEMES[wanted]}
    return stage
