"""Conversations, a small tokenizer for them, and the same call of both libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from .chat_templates import CONTROL_TOKENS

__all__ = ["ANSWERED", "HELLO", "TALK", "WITH_SYSTEM", "Both", "make_folder", "same"]

HELLO = [{"role": "user", "content": "Hello, what is this?"}]
TALK = [
    {"role": "user", "content": "  What is the weather in Malmö? ☔ "},
    {"role": "assistant", "content": "It rains."},
    {"role": "user", "content": "And tomorrow?\n"},
]
WITH_SYSTEM = [{"role": "system", "content": "Speak like a <b>pirate</b> & be 'kind'."}, *TALK]
ANSWERED = [*TALK, {"role": "assistant", "content": "Tomorrow the sun shines. "}]


class Both(NamedTuple):
    ours: Any
    theirs: Any


def make_folder(folder: Path) -> Path:
    """A small byte-level tokenizer with the control tokens of the styles; `<think>` is added, but not special."""
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=["<pad>", *CONTROL_TOKENS],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(
        [message["content"] for message in WITH_SYSTEM] * 3 + ["assistant user system"], trainer
    )
    tokenizer.add_tokens(["<think>", "</think>"])
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", model_max_length=1000
    ).save_pretrained(folder)
    return folder


def same(both: Both, messages: Any, **options: Any) -> Any:
    """What both make of it, which must be the same text and the same columns; the text."""
    of_text = {name: value for name, value in options.items() if name != "return_assistant_tokens_mask"}
    text = both.ours.apply_chat_template(messages, tokenize=False, **of_text)
    assert text == both.theirs.apply_chat_template(messages, tokenize=False, **of_text)
    found = both.ours.apply_chat_template(messages, **options)
    expected = both.theirs.apply_chat_template(messages, **options)
    assert set(found) == set(expected)
    for name, column in expected.items():
        assert found[name] == column, name
    return text
