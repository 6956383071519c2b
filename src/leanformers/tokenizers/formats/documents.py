"""What older formats leave to convention, in the shape of tokenizer.json: stages, special tokens, post-processors.

a format's vocabulary → **document + added tokens + post-processor** → Spec
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import FileFormatError, InputValueError
from ...files import read_json
from ..settings import BERT_NORMALIZER, VOCABULARY_SETTINGS, check_given_tokens
from ..spec import Spec
from ..special_tokens import content_of, row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ..settings import Settings

__all__ = [
    "begin_and_end",
    "bpe",
    "byte_level",
    "document",
    "finish",
    "metaspace",
    "named_ids",
    "regex_split",
    "replace",
    "roberta",
    "sequence",
    "special",
    "strip_before_mask",
    "template",
    "text",
]

Stage = dict[str, Any]
_ABOUT_STAGES = {*BERT_NORMALIZER, *VOCABULARY_SETTINGS, "add_bos_token", "add_eos_token", "add_prefix_space"}
_INNER = {"normalizers": "normalizers", "pre_tokenizers": "pretokenizers", "decoders": "decoders"}


def document(
    model: Stage,
    *,
    normalizer: Stage | None = None,
    pre_tokenizer: Stage | None = None,
    post_processor: Stage | None = None,
    decoder: Stage | None,
) -> dict[str, Any]:
    """A tokenizer.json of these stages, without added tokens: for a file's vocabulary `finish` puts them in."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": post_processor,
        "decoder": decoder,
        "model": model,
    }


def finish(
    stages: dict[str, Any],
    path: Path,
    settings: Settings,
    post_processor: Callable[[Spec], Stage | None],
    *,
    first: Iterable[Stage] = (),
    extra: Iterable[tuple[str, bool]] = (),
    needed: Iterable[str] = (),
) -> Spec:
    """The tokenizer of `stages` with the added tokens that the folder's configuration asks for.

    Args:
        stages: a `document`.
        path: the file of the vocabulary; the configuration lies beside it.
        settings: the special tokens by role, and others.
        post_processor: makes the post-processor, once all tokens have their ids.
        first: added tokens that the format itself has, which come before the configuration's.
        extra: tokens of the vocabulary file itself that are never split, and whether each is special. As in the
            reference they count only where the configuration lists no extra special tokens of its own.
        needed: tokens that the post-processor uses; they are added even where the configuration has no role for them.

    Raises:
        InputValueError: the caller gave an argument that made no difference, or a special token that is not there.
    """
    spec = Spec(stages, place=str(path)).with_added_tokens(first)
    spec = spec.with_added_tokens(_added_tokens(path.parent, settings))
    check_given_tokens(spec, settings)
    roles = list(map(row_of, settings.roles.values()))
    if extra and not _lists_extra_tokens(path.parent, settings):
        further = [{**row_of(token), "special": is_special} for token, is_special in extra]
        settings.values["extra_special_tokens"] = list(dict.fromkeys(token for token, _ in extra))
    else:
        further = list(map(row_of, settings.extra_special_tokens))
    named = {row["content"] for row in roles}
    # Of several rows for one token the last decides its flags, and the first its place, as in the reference.
    rows = {row["content"]: {**row, "special": row["special"] or row["content"] in named} for row in (*roles, *further)}
    spec = spec.with_added_tokens((*rows.values(), *map(row_of, needed)))
    spec = spec.edited(post_processor=post_processor(spec))
    for name in sorted((settings.given.keys() & _ABOUT_STAGES) - settings.used):
        raise InputValueError(f"in {path}, as {settings.tokenizer_class} reads it, there is nothing for {name}")
    return spec


def _lists_extra_tokens(folder: Path, settings: Settings) -> bool:
    """Whether the configuration lists extra special tokens. The list of special_tokens_map.json is not one of them:
    for a file with tokens of its own, the reference forgets it.
    """
    path = folder / "tokenizer_config.json"
    keys = settings.given.keys() | (read_json(path).keys() if path.exists() else set())
    return "extra_special_tokens" in settings.values or "additional_special_tokens" in keys


def _added_tokens(folder: Path, settings: Settings) -> list[dict[str, Any]]:
    """The added tokens by rising id, from tokenizer_config.json or, in older folders, added_tokens.json."""
    rows = named_ids(folder, settings)
    if rows is not None:
        return [
            {**row_of(rows[number]), "special": bool(rows[number].get("special", False))} for number in sorted(rows)
        ]
    path = folder / "added_tokens.json"
    tokens = read_json(path) if path.exists() else {}
    for token, number in tokens.items():
        if type(number) is not int:
            raise FileFormatError(f"{path}: the id of {token!r} must be a number, not {number!r}")
    named = {content_of(token) for token in (*settings.roles.values(), *settings.extra_special_tokens)}
    older = [{**row_of(token), "normalized": token not in named, "special": token in named} for token in tokens]
    return sorted(older, key=lambda row: tokens[row["content"]])


def named_ids(folder: Path, settings: Settings) -> dict[int, dict[str, Any]] | None:
    """The tokens that tokenizer_config.json names by their ids in added_tokens_decoder; None without it.

    Raises:
        FileFormatError: it is not such a table.
    """
    rows = settings.files.get("added_tokens_decoder")
    if rows is None:
        return None
    if not isinstance(rows, dict) or not all(
        key.isdecimal() and isinstance(row, dict) and isinstance(row.get("content"), str) for key, row in rows.items()
    ):
        raise FileFormatError(f"{folder / 'tokenizer_config.json'}: added_tokens_decoder must map ids to tokens")
    return {int(key): row for key, row in rows.items()}


def strip_before_mask(settings: Settings) -> None:
    """Let the mask take the spaces before it, where the configuration gives it as plain text, as some models want."""
    mask = settings.get("mask_token")
    if isinstance(mask, str):
        settings.values["mask_token"] = {"content": mask, "lstrip": True}


# ---- stages ----


def bpe(**fields: Any) -> Stage:
    """A BPE model with these fields: vocab, merges, and those that are not as usual."""
    usual = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
    }
    return {**usual, **fields}


def sequence(kind: str, *stages: Stage | None) -> Stage:
    """Several stages one after the other; `kind` is normalizers, pre_tokenizers or decoders."""
    return {"type": "Sequence", _INNER[kind]: [stage for stage in stages if stage is not None]}


def metaspace(scheme: str, *, split: bool = True) -> Stage:
    """Spaces become ▁; `scheme` says where one is put before a text: always, first or never."""
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}


def byte_level(add_prefix_space: bool = True, *, trim_offsets: bool = True, use_regex: bool = True) -> Stage:
    """Bytes as printable characters, as a pre-tokenizer, a decoder or a post-processor."""
    flags = {"add_prefix_space": add_prefix_space, "trim_offsets": trim_offsets, "use_regex": use_regex}
    return {"type": "ByteLevel", **flags}


def regex_split(pattern: str, behavior: str = "Isolated", *, invert: bool = False) -> Stage:
    """Split where `pattern` matches."""
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": invert}


def replace(pattern: str, content: str, *, regex: bool = False) -> Stage:
    """Replace text, as a normalizer or a decoder."""
    return {"type": "Replace", "pattern": {"Regex" if regex else "String": pattern}, "content": content}


# ---- post-processors ----


def special(token: str, type_id: int = 0) -> Stage:
    """A special token in a `template`."""
    return {"SpecialToken": {"id": token, "type_id": type_id}}


def text(name: str, type_id: int = 0) -> Stage:
    """The first text, 'A', or the second, 'B', in a `template`."""
    return {"Sequence": {"id": name, "type_id": type_id}}


def template(spec: Spec, single: list[Stage], pair: list[Stage]) -> Stage:
    """A TemplateProcessing of pieces that `special` and `text` made."""
    names = sorted({piece["SpecialToken"]["id"] for piece in (*single, *pair) if "SpecialToken" in piece})
    tokens = {name: {"id": name, "ids": [_id(spec, name)], "tokens": [name]} for name in names}
    return {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": tokens}


def begin_and_end(spec: Spec, settings: Settings) -> Stage:
    """A template with the tokens that `add_bos_token` and `add_eos_token` ask for around each text: none by default."""
    begin, end = (
        settings.roles.get(f"{name}_token") if settings.get(f"add_{name}_token", False) else None
        for name in ("bos", "eos")
    )

    def around(name: str, type_id: int) -> list[Stage]:
        before = [special(content_of(begin), type_id)] if begin is not None else []
        after = [special(content_of(end), type_id)] if end is not None else []
        return [*before, text(name, type_id), *after]

    return template(spec, around("A", 0), around("A", 0) + around("B", 1))


def roberta(spec: Spec, begin: str, end: str, *, trim_offsets: bool, add_prefix_space: bool) -> Stage:
    """RobertaProcessing: begin A end, and begin A end end B end, all of type 0."""
    flags = {"trim_offsets": trim_offsets, "add_prefix_space": add_prefix_space}
    return {"type": "RobertaProcessing", "sep": [end, _id(spec, end)], "cls": [begin, _id(spec, begin)], **flags}


def _id(spec: Spec, token: str) -> int:
    number = spec.token_to_id(token)
    if number is None:
        raise InputValueError(f"{token!r} is not in the vocabulary of {spec.place}, but it is to stand around texts")
    return number
