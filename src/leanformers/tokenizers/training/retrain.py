"""A tokenizer like another one, with a vocabulary of its own: what `train_new_from_iterator` does.

a tokenizer + corpus.py → trainers.py → **its Spec and settings for the new vocabulary** → a tokenizer of its class
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import InputTypeError
from ..settings import Settings
from .corpus import chunks_of_texts
from .trained import read_special_tokens, with_special_tokens
from .trainers import BYTE_ALPHABET, check_options, make_counter, train_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..spec import Spec
    from .retraining import Retraining

__all__ = ["retrain"]

# What a tokenizer_config.json says of the old vocabulary.
_OF_OLD_VOCABULARY = ("added_tokens_decoder", "additional_special_tokens", "name_or_path", "tokenizer_file")


def retrain(
    tokenizer: Retraining,
    text_iterator: Any,
    vocab_size: int,
    *,
    length: int | None,
    new_special_tokens: Iterable[Any] | None,
    renamed: Mapping[str, str] | None,
    show_progress: bool | None,
    threads: int | None,
    options: dict[str, Any],
) -> tuple[Spec, Settings]:
    """What `train_new_from_iterator` makes its tokenizer of; arguments as there."""
    spec = tokenizer._spec
    model_type = "BPE" if spec.model.core == "Bpe" else spec.model.core
    check_options("train_new_from_iterator()", model_type, vocab_size, options)
    if renamed is not None and not hasattr(renamed, "items"):
        raise InputTypeError(f"special_tokens_map must map old tokens to new ones, not {renamed!r}")
    names = dict(renamed or {})

    def rename(token: str) -> str:
        return names.get(token, token)

    new = read_special_tokens(new_special_tokens or [], "new_special_tokens")
    rows: dict[str, dict[str, Any]] = {}
    others: list[dict[str, Any]] = []
    for row in spec.content.get("added_tokens", []):
        flags = {name: value for name, value in row.items() if name != "id"}
        if row["special"] or model_type == "Unigram":
            content = rename(row["content"])
            rows.setdefault(content, {**flags, "content": content, "special": True})
        else:
            others.append(flags)
    for row in new:
        rows.setdefault(row["content"], row)
    others = [row for row in others if row["content"] not in rows]
    model = {name: value for name, value in spec.model.fields.items() if name not in ("vocab", "merges")}
    model = {"type": model_type, **model}
    if isinstance(model.get("unk_token"), str):
        model["unk_token"] = rename(model["unk_token"])
    if model_type == "Unigram" and model["unk_id"] is not None:
        options = {"unk_token": rename(spec.scores[model["unk_id"]][0]), **options}
    if model_type != "WordLevel" and any(stage.core == "ByteLevel" for stage in spec.pre_tokenizers):
        options["initial_alphabet"] = BYTE_ALPHABET

    model = train_model(
        model,
        make_counter(spec, threads),
        chunks_of_texts(text_iterator, length, show_progress),
        vocab_size=vocab_size,
        special_tokens=list(rows),
        options=options,
        show=show_progress,
    )
    trained = with_special_tokens({**spec.content, "model": model}, [*rows.values(), *others], rename)
    return trained, _settings_like(tokenizer, rename, [row["content"] for row in new])


def _settings_like(tokenizer: Retraining, rename: Callable[[str], str], new: list[str]) -> Settings:
    """The settings of `tokenizer` as they are now, for other names of special tokens."""
    old = tokenizer._settings
    files = {**old.files, **old.given}
    for name in (*_OF_OLD_VOCABULARY, *old.roles):
        files.pop(name, None)
    files.update({role: rename(token) for role, token in tokenizer.special_tokens_map.items()})
    files["extra_special_tokens"] = list(dict.fromkeys([*map(rename, tokenizer.extra_special_tokens), *new]))
    for name in ("model_max_length", "padding_side", "truncation_side", "clean_up_tokenization_spaces"):
        files[name] = getattr(tokenizer, name)
    files["model_input_names"] = tokenizer.model_input_names
    return Settings({}, files, defaults=tokenizer._defaults, tokenizer_class=type(tokenizer).__name__)
