"""The core and the reference, built from the same small vocabulary and settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from leanformers import _core

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = [*"abeisk的中!,", "ab", "ss", "##a", "##b", "##e", "##i", "##s", "un", "##ing"]
VOCAB = {token: number for number, token in enumerate(SPECIAL + PIECES)}


class Cores(NamedTuple):
    """The fused core, the general one, and the reference."""

    fused: _core.Tokenizer
    general: _core.Tokenizer
    reference: Any

    def compare(self, texts: Sequence[str]) -> None:
        """Ids, character offsets and word indexes are the same for all three."""
        expected = self.reference.encode_batch(list(texts))
        for core in (self.fused, self.general):
            encoded = core.encode(list(texts), details=True)
            columns = (_core.Column.IDS, _core.Column.SPANS, _core.Column.WORD_IDS)
            for row, (ids, spans, words) in enumerate(zip(*map(encoded.lists, columns), strict=True)):
                theirs = expected[row]
                if (ids, spans, words) != (theirs.ids, theirs.offsets, theirs.word_ids):
                    which = "fused" if core is self.fused else "general"
                    pytest.fail(f"{which}: {texts[row]!r}: {ids} {spans} instead of {theirs.ids} {theirs.offsets}")


def build(added: Sequence[dict[str, Any]] = (), model: Mapping[str, Any] | None = None, **normalizer: Any) -> Cores:
    """`added` are keyword arguments of AddedToken, with `content`; `model` those of WordPiece; `normalizer` of the
    BertNormalizer."""
    tokenizers = pytest.importorskip("tokenizers")
    model = {"vocab": VOCAB, "unk_token": "[UNK]", **(model or {})}
    reference = tokenizers.Tokenizer(tokenizers.models.WordPiece(**model))
    reference.normalizer = tokenizers.normalizers.BertNormalizer(**normalizer)
    reference.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    special = [{"content": token, "normalized": False, "special": True} for token in SPECIAL]
    tokens = [*special, *added]
    for token in tokens:
        options = dict(token)
        reference.add_tokens([tokenizers.AddedToken(options.pop("content"), **options)])
    ids = {token["content"]: reference.token_to_id(token["content"]) for token in tokens}
    cores = [
        _core.Tokenizer(
            added_tokens=[_core.AddedToken(id=ids[token["content"]], **token) for token in tokens],
            normalizers=[_core.BertNormalizer(**normalizer)],
            pre_tokenizers=[_core.BertPreTokenizer()],
            model=_core.WordPiece(**model),
            template=None,
            decoders=[_core.WordPieceDecoder()],
            fused=fused,
        )
        for fused in (True, False)
    ]
    return Cores(cores[0], cores[1], reference)


def rows(core: _core.Tokenizer, texts: list[str], *, threads: int = 1) -> list[tuple[Any, ...]]:
    """Ids, spans and words. Without some of them the others are the same, and from a full cache too."""
    columns = (_core.Column.IDS, _core.Column.SPANS, _core.Column.WORD_IDS)
    found = list(map(core.encode(texts, details=True, threads=threads).lists, columns))
    for _ in range(2):
        assert core.encode(texts, threads=threads).lists(_core.Column.IDS) == found[0]
        spans = core.encode(texts, details=True, word_ids=False, threads=threads)
        assert list(map(spans.lists, columns[:2])) == found[:2]
    assert list(map(core.encode(texts, details=True, threads=threads).lists, columns)) == found
    return list(zip(*found, strict=True))


def corpus_texts(test_data: Path, most: int) -> list[str]:
    """The real texts of both corpora, in their order, each with at most so many characters."""
    texts = []
    for name in ("english", "multilingual"):
        with (test_data / "corpora" / f"{name}.jsonl").open(encoding="utf-8") as file:
            texts += [json.loads(line)["text"][:most] for line in file]
    return texts
