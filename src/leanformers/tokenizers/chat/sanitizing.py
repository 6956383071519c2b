"""Control tokens that users write, encoded as plain text: only the template's own become tokens.

texts with marks around what came from users → **encode_marked** → ids → tokenizer.py
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ... import _core
from ...errors import ArgumentError, InputValueError
from ..options import MAX_LENGTH, Options
from ..spec import Spec
from .rendering import alternatives

if TYPE_CHECKING:
    from ..batch_encoding import BatchEncoding
    from .compiled import ChatTemplate
    from .tokenizer import ChatTokenizer

__all__ = ["control_tokens", "encode_marked"]

_IDS = _core.Column.IDS
_OF_PAD = {"padding_side", "pad_to_multiple_of", "return_attention_mask"}


def control_tokens(tokenizer: ChatTokenizer, template: ChatTemplate) -> list[str]:
    """The tokens that only the template may write: special ones, and those listed or else those that it writes."""
    listed = tokenizer.chat_control_tokens
    return [
        token.content
        for token in tokenizer._spec.added_tokens
        if token.special
        or (
            token.content in listed
            if listed is not None
            else not token.content.isspace() and any(token.content in text for text in template.literals)
        )
    ]


def encode_marked(tokenizer: Any, texts: list[str], marks: str, rows: bool, options: dict[str, Any]) -> BatchEncoding:
    """Encode texts in which `marks` stand around the tokens that are to be plain text.

    Args:
        tokenizer: a `PreTrainedTokenizer`.
        texts, marks: what was rendered from marked messages.
        rows: whether the result is a batch.
        options: padding, truncation, max_length, return_tensors, and what else `tokenizer.pad` takes.

    Raises:
        ArgumentError: an option that cannot be followed here.
        InputValueError: a control token that the model itself makes of its text.
    """
    unfit = options.keys() - _OF_PAD - {"padding", "truncation", "max_length", "return_tensors"}
    for name in sorted(unfit):
        raise ArgumentError(f"sanitize_control_tokens does not go with {name}")
    cut = Options(
        tokenizer,
        pair=False,
        add_special_tokens=False,
        truncation=options.pop("truncation"),
        max_length=options["max_length"],
        padding=options["padding"],
    ).core
    if options["padding"] != MAX_LENGTH:
        options["max_length"] = None  # it was for the truncation
    ids = [_encode_text(tokenizer, text, marks) for text in texts]
    if "max_length" in cut:
        most = cut["max_length"]
        ids = [row[max(0, len(row) - most) :] if cut["truncate_left"] else row[:most] for row in ids]
    padded: BatchEncoding = tokenizer.pad({"input_ids": ids if rows else ids[0]}, **options)
    return padded


def _encode_text(tokenizer: Any, text: str, marks: str) -> list[int]:
    tokens = alternatives(token.content for token in tokenizer._spec.added_tokens)
    pieces = re.split(f"{marks[0]}({tokens}){marks[1]}|[{marks}]", text)  # text, token or None, text, …
    line: list[int] = tokenizer.encode("\n", add_special_tokens=False)
    ids: list[int] = tokenizer.encode(pieces[0], add_special_tokens=False)
    for i, piece in enumerate(pieces[1:], start=1):
        if not piece:
            continue

        def encode(text: str, as_text: bool = i % 2 == 1) -> list[int]:
            if as_text:
                return _without_added_tokens(tokenizer._spec).encode([text], add_special_tokens=False).lists(_IDS)[0]
            found: list[int] = tokenizer.encode(text, add_special_tokens=False)
            return found

        # After a line break: some tokenizers put a space before a text, which this piece is no beginning of.
        found = encode("\n" + piece)
        found = found[len(line) :] if found[: len(line)] == line else encode(piece)
        if i % 2 == 1 and tokenizer._core.token_to_id(piece) in found:
            raise InputValueError(f"sanitize_control_tokens: the model itself makes {piece!r} of plain text")
        ids += found
    return ids


@lru_cache(maxsize=2)
def _without_added_tokens(spec: Spec) -> _core.Tokenizer:
    """The core that sees nothing but text. The post-processor goes too, as it may name added tokens."""
    return Spec({**spec.content, "added_tokens": [], "post_processor": None}, place=spec.place).compile()
