"""A hundred thousand varied texts through a tokenizer of each family, with real vocabularies; in CI a few hundred.

Ids, character offsets, words and decoded text must be the reference's, without one exception.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leanformers import _core
from leanformers.tokenizers.spec import Spec

from .mutation import mutated_texts
from .test_components import characters, cl100k, clip, gpt2, letters, llama, quick_tour, roberta, words

tokenizers = pytest.importorskip("tokenizers")
transformers = pytest.importorskip("transformers")

LONG = 100_000
SHORT = 400


def word_piece(name: str) -> Callable[[list[str], Path], Any]:
    def build(lines: list[str], data: Path) -> Any:
        folder = data / "tokenizers" / f"bert-base-{name}"
        return transformers.BertTokenizer.from_pretrained(folder, do_lower_case=name == "uncased").backend_tokenizer

    return build


def t5(lines: list[str], data: Path) -> Any:
    pytest.importorskip("sentencepiece")
    return transformers.T5Tokenizer.from_pretrained(data / "tokenizers" / "t5-base").backend_tokenizer


def marked(lines: list[str], data: Path) -> Any:
    """T5's pieces where each space is a mark of its own."""
    tokenizer = t5(lines, data)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    return tokenizer


FAMILIES: dict[str, Callable[[list[str], Path], Any]] = {
    "WordPiece, cased": word_piece("cased"),
    "WordPiece, uncased": word_piece("uncased"),
    "byte-level BPE of GPT-2": gpt2,
    "byte-level BPE of RoBERTa": roberta,
    "byte-level BPE with cl100k's pattern": cl100k,
    "SentencePiece BPE with byte fallback": llama,
    "BPE of the quick tour": quick_tour,
    "BPE with suffix": clip,
    "Unigram of T5": t5,
    "Unigram with a mark for each space": marked,
    "WordLevel": words,
    "characters": characters,
    "letters of words": letters,
}


@pytest.fixture(params=FAMILIES)
def both(request: pytest.FixtureRequest, corpus_lines: list[str], test_data: Path) -> tuple[_core.Tokenizer, Any]:
    reference = FAMILIES[request.param](corpus_lines[:1500], test_data)
    reference.no_truncation()
    reference.no_padding()
    return Spec(json.loads(reference.to_str())).compile(), reference


def compare(core: _core.Tokenizer, reference: Any, texts: list[str]) -> None:
    encoded = core.encode(texts, details=True)
    columns = [encoded.lists(getattr(_core.Column, name)) for name in ("IDS", "SPANS", "WORD_IDS")]
    for text, ids, spans, word_ids, theirs in zip(texts, *columns, reference.encode_batch(texts), strict=True):
        assert ids == theirs.ids, text
        assert list(map(tuple, spans)) == theirs.offsets, text
        assert word_ids == theirs.word_ids, text
        assert core.decode(ids) == reference.decode(ids, skip_special_tokens=False), text


def test_a_sample_of_varied_texts(both: tuple[_core.Tokenizer, Any], test_data: Path) -> None:
    compare(*both, list(mutated_texts(test_data, 1, SHORT)))


@pytest.mark.long
def test_many_varied_texts(both: tuple[_core.Tokenizer, Any], test_data: Path) -> None:
    texts: list[str] = []
    for text in mutated_texts(test_data, 2, LONG):
        texts.append(text)
        if len(texts) == 1000:
            compare(*both, texts)
            texts.clear()
