"""The libraries to compare, one adapter each: whatever of them is installed takes part."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .vocabularies import Vocabulary

__all__ = ["OURS", "PEERS", "Peer"]


class Peer(NamedTuple):
    """How a library is loaded and called.

    Attributes:
        name: the library.
        needs: the package that must be installed.
        fits: whether it has this vocabulary.
        load: the tokenizer, new each time.
        encode: all texts with so many threads, without special tokens, into whatever form it gives fastest.
        rows: that form as lists of ids.
    """

    name: str
    needs: str
    fits: Callable[[Vocabulary], bool]
    load: Callable[[Vocabulary], Any]
    encode: Callable[[Any, list[str], int], Any]
    rows: Callable[[Any], list[list[int]]]

    @property
    def installed(self) -> bool:
        """Whether it can take part here."""
        return importlib.util.find_spec(self.needs) is not None


def _json(vocabulary: Vocabulary) -> str:
    return str(vocabulary.folder / "tokenizer.json")


def _ours(vocabulary: Vocabulary) -> Any:
    from leanformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(vocabulary.folder, model_max_length=10**9)


OURS = Peer(
    "leanformers",
    "leanformers",
    lambda vocabulary: True,
    _ours,
    lambda tokenizer, texts, threads: tokenizer.encode_ragged(texts, add_special_tokens=False, threads=threads),
    lambda ragged: ragged.to_lists(),
)


def _tokenizers(vocabulary: Vocabulary) -> Any:
    import tokenizers

    return tokenizers.Tokenizer.from_file(_json(vocabulary))


def _tokie(vocabulary: Vocabulary) -> Any:
    import tokie

    return tokie.Tokenizer.from_json(_json(vocabulary))


def _split(flat: Any) -> list[list[int]]:
    """Rows from (ids, lengths)."""
    ids, rows, begin = flat[0].tolist(), [], 0
    for length in flat[1].tolist():
        rows.append(ids[begin : begin + length])
        begin += length
    return rows


def _gigatoken(vocabulary: Vocabulary) -> Any:
    import gigatoken

    return gigatoken.Tokenizer(_json(vocabulary))


def _tiktoken(vocabulary: Vocabulary) -> Any:
    import tiktoken

    if vocabulary.name == "GPT-2":
        import json

        from leanformers.tokenizers.formats.merges import BYTE_LETTERS

        byte_of = {letter: byte for byte, letter in enumerate(BYTE_LETTERS)}
        vocab = json.loads(Path(_json(vocabulary)).read_text(encoding="utf-8"))["model"]["vocab"]
        ranks = {bytes(byte_of[x] for x in token): rank for token, rank in vocab.items() if token != "<|endoftext|>"}
        return tiktoken.Encoding("gpt2", pat_str=vocabulary.facts["pattern"], mergeable_ranks=ranks, special_tokens={})
    from bpe_openai import registry

    return tiktoken.Encoding(**getattr(registry, vocabulary.facts["bpe_openai"])())


def _blingfire(vocabulary: Vocabulary) -> Any:
    import blingfire

    return blingfire.load_model(str(Path(blingfire.__file__).parent / vocabulary.facts["blingfire"]))


def _blingfire_encode(model: Any, texts: list[str], threads: int) -> Any:
    import blingfire

    return [blingfire.text_to_ids(model, text, len(text) + 1, 100, True) for text in texts]


def _sentencepiece(vocabulary: Vocabulary) -> Any:
    import sentencepiece

    return sentencepiece.SentencePieceProcessor(model_file=vocabulary.facts["spm"])


def _quicktok(vocabulary: Vocabulary) -> Any:
    import quicktok

    return quicktok.Tokenizer(vocabulary.facts["quicktok"], "")


def _bpe_openai(vocabulary: Vocabulary) -> Any:
    import bpe_openai

    return bpe_openai.get_encoding(vocabulary.facts["bpe_openai"])


def _lists(rows: Any) -> list[list[int]]:
    return [list(map(int, row)) for row in rows]


# ← ADD A PEER: one row.
PEERS = [
    Peer(
        "tokenizers", "tokenizers", lambda vocabulary: True, _tokenizers,
        lambda tokenizer, texts, threads: tokenizer.encode_batch_fast(texts, add_special_tokens=False),
        lambda encodings: [encoding.ids for encoding in encodings],
    ),
    Peer(
        "tokie", "tokie", lambda vocabulary: vocabulary.family != "wordlevel", _tokie,
        lambda tokenizer, texts, threads: tokenizer.encode_batch_flat(texts, add_special_tokens=False),
        _split,
    ),
    Peer(
        "gigatoken", "gigatoken", lambda vocabulary: vocabulary.family in ("bpe", "spbpe"), _gigatoken,
        lambda tokenizer, texts, threads: tokenizer.encode_batch(texts, parallel=threads > 1),
        lambda rows: rows.to_list(),
    ),
    Peer(
        "tiktoken", "tiktoken", lambda vocabulary: bool(vocabulary.facts.keys() & {"bpe_openai", "pattern"}), _tiktoken,
        lambda encoding, texts, threads: encoding.encode_ordinary_batch(texts, num_threads=threads),
        _lists,
    ),
    Peer(
        "quicktok", "quicktok", lambda vocabulary: "quicktok" in vocabulary.facts, _quicktok,
        lambda tokenizer, texts, threads: tokenizer.encode_batch(texts, threads, False),
        lambda flat: [row.tolist() for row in (flat[0][a:b] for a, b in zip(flat[1][:-1], flat[1][1:], strict=True))],
    ),
    Peer(
        "bpe-openai", "bpe_openai", lambda vocabulary: "bpe_openai" in vocabulary.facts, _bpe_openai,
        lambda encoding, texts, threads: encoding.encode_ordinary_batch(texts, num_threads=threads),
        _lists,
    ),
    Peer(
        "blingfire", "blingfire", lambda vocabulary: "blingfire" in vocabulary.facts, _blingfire,
        _blingfire_encode,
        _lists,
    ),
    Peer(
        "sentencepiece", "sentencepiece", lambda vocabulary: "spm" in vocabulary.facts, _sentencepiece,
        lambda processor, texts, threads: processor.encode(texts, num_threads=threads),
        _lists,
    ),
]  # fmt: skip
