"""What `compare` shows: the three kinds of tokenizer on one text: words, characters, and subwords."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..hub.resolve import DEFAULT_MODEL

__all__ = ["NOTES", "Split", "all_kinds", "split"]

UNKNOWN = "[UNK]"
# A word or character tokenizer trained on the text itself would know everything in it, which shows nothing. These know
# what the embedded model's vocabulary knows.
NOTES = {
    "word": f"split at white space; knows the whole words in the vocabulary of {DEFAULT_MODEL}, all else is {UNKNOWN}",
    "character": f"each character is a token; knows the characters in the vocabulary of {DEFAULT_MODEL}",
    "subword": "frequent words are tokens, rare ones are put together from parts",
}


class Split(NamedTuple):
    """One text by one tokenizer; `unknown` has, for each token, the piece of text that it does not know, or None."""

    kind: str
    name: str
    vocabulary: int
    tokens: list[str]
    unknown: list[str | None]


def all_kinds(tokenizers: Sequence[tuple[str, Any]]) -> list[tuple[str, str, Any]]:
    """Kind, name and tokenizer: one of words, one of characters, and `tokenizers` with their names."""
    subwords = [("subword", name, tokenizer) for name, tokenizer in tokenizers]
    return [("word", "", _words()), ("character", "", _characters()), *subwords]


def split(text: str, kind: str, name: str, tokenizer: Any) -> Split:
    """The tokens of `text`, without special ones."""
    row = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, truncation=False, verbose=False)
    # A text may hold the unknown token itself; only what stands for another text is unknown.
    spans = [text[begin:end] for begin, end in row["offset_mapping"]]
    unknown = [
        span if number == tokenizer.unk_token_id and span != tokenizer.unk_token else None
        for number, span in zip(row["input_ids"], spans, strict=True)
    ]
    return Split(kind, name, len(tokenizer), row.tokens(), unknown)


def _words() -> Any:
    known = _embedded()
    words = [
        token for token in known.get_vocab() if not token.startswith("##") and token not in known.all_special_tokens
    ]
    return _word_level(known, words, {"type": "WhitespaceSplit"})


def _characters() -> Any:
    known = _embedded()
    tokens = [token.removeprefix("##") for token in known.get_vocab() if token not in known.all_special_tokens]
    return _word_level(known, sorted({" ", *"".join(tokens)}), {"type": "FixedLength", "length": 1})


def _embedded() -> Any:
    from ..auto import AutoTokenizer

    return AutoTokenizer.from_pretrained(DEFAULT_MODEL)


def _word_level(known: Any, tokens: Sequence[str], pre_tokenizer: dict[str, Any]) -> Any:
    """A tokenizer with just these tokens; it normalizes as the embedded one, but puts no spaces around Chinese."""
    from ..tokenizers.settings import Settings
    from ..tokenizers.spec import Spec
    from ..tokenizers.tokenizer import PreTrainedTokenizer

    vocab = {token: number for number, token in enumerate([UNKNOWN, *tokens])}
    document = {
        "normalizer": {**known._spec.document["normalizer"], "handle_chinese_chars": False},
        "pre_tokenizer": pre_tokenizer,
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": UNKNOWN},
    }
    return PreTrainedTokenizer(Spec(document), Settings({"unk_token": UNKNOWN}, defaults=PreTrainedTokenizer._defaults))
