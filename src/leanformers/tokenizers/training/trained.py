"""A trained model becomes a tokenizer again: its special tokens, and what else of a tokenizer.json depends on ids.

trainers.py → **the special tokens and the post-processor with their new ids** → Spec
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import InputTypeError, InputValueError
from ..spec import Spec
from ..special_tokens import row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["read_special_tokens", "with_special_tokens", "without_vocabulary"]


def read_special_tokens(tokens: Iterable[Any], name: str) -> list[dict[str, Any]]:
    """The rows of added_tokens, without ids, for str or AddedToken; `name` is what errors call them.

    Raises:
        InputTypeError, InputValueError: something that is no special token.
    """
    if isinstance(tokens, str) or not hasattr(tokens, "__iter__"):
        raise InputTypeError(f"{name} must be a list of str or AddedToken, not {tokens!r}")
    rows = [row_of(token) for token in tokens]
    empty = next((i for i, row in enumerate(rows) if not row["content"]), None)
    if empty is not None:
        raise InputValueError(f"{name}[{empty}] is empty; a special token has at least one character")
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(row["content"], row)
    return list(first.values())


def without_vocabulary(model: dict[str, Any]) -> dict[str, Any]:
    """`model` with a vocabulary that a Spec takes: at most its unknown token."""
    unknown = model.get("unk_token")
    vocab: Any = [] if model["type"] == "Unigram" else {} if unknown is None else {unknown: 0}
    return {**model, "vocab": vocab, **({"merges": []} if model["type"] == "BPE" else {})}


def with_special_tokens(
    document: dict[str, Any], rows: list[dict[str, Any]], rename: Callable[[str], str] = str
) -> Spec:
    """`document`, which has a trained model, with the special tokens `rows`, and with the ids that they have there.

    Raises:
        InputValueError: something needs a token that is not in the vocabulary.
    """
    vocab, unknown = document["model"]["vocab"], document["model"].get("unk_token")
    if unknown is not None and unknown not in vocab:
        raise InputValueError(
            f"the model's unknown token {unknown!r} is not in the new vocabulary; put it among the special tokens"
        )
    vocab = {token: number for number, (token, _) in enumerate(vocab)} if isinstance(vocab, list) else vocab
    ids: dict[str, int] = {}
    for row in rows:  # by the rule of Spec.with_added_tokens, which would check the whole vocabulary each time
        content = row["content"]
        ids.setdefault(content, vocab.get(content, max(len(vocab), *(number + 1 for number in (-1, *ids.values())))))
    added = sorted(({"id": ids[row["content"]], **row} for row in rows), key=lambda row: row["id"])

    def find(token: str) -> int | None:
        return vocab.get(token, ids.get(token))

    def id_of(token: str) -> int:
        number = find(token)
        if number is None:
            raise InputValueError(f"the post-processor's {token!r} is not in the new vocabulary; make it special")
        return number

    padding = document.get("padding")
    if padding is not None and find(rename(padding["pad_token"])) is not None:
        token = rename(padding["pad_token"])
        padding = {**padding, "pad_token": token, "pad_id": id_of(token)}
    processor = _with_ids(document.get("post_processor"), id_of, rename)
    changed = {"added_tokens": added, "post_processor": processor, "padding": padding}
    return Spec({"version": "1.0", **document, **changed}, place="the trained tokenizer")


def _with_ids(processor: Any, id_of: Callable[[str], int], rename: Callable[[str], str]) -> Any:
    """A post-processor with new names and ids."""
    if processor is None:
        return None
    new = dict(processor)
    if "processors" in processor:
        new["processors"] = [_with_ids(part, id_of, rename) for part in processor["processors"]]
    for role in ("cls", "sep"):
        if role in processor:
            token = rename(processor[role][0])
            new[role] = [token, id_of(token)]
    if "special_tokens" in processor:
        new["special_tokens"] = {}
        for name, entry in processor["special_tokens"].items():
            tokens = [rename(token) for token in entry["tokens"]]
            new["special_tokens"][name] = {**entry, "tokens": tokens, "ids": [id_of(token) for token in tokens]}
    return new
