"""What is measured: a row each, with the ratio or figure that it is to reach."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["WORKLOADS", "Workload"]

BPE_TARGETS = {"gigatoken": 1.0, "quicktok": 3.0, "tiktoken": 20.0}


class Workload(NamedTuple):
    """A row.

    Attributes:
        title: the workload; rows of several vocabularies share it.
        kind: how it is measured, a function of measure.py.
        vocabulary, corpus: what with.
        targets: at least so many times as fast as a peer, as "fastest" of them, or as our own "ids"; or at least so
            many "MB/s", at most so many "µs" or "ms".
        with_threads: whether it is measured with more than one thread, too.
    """

    title: str
    kind: str
    vocabulary: str
    corpus: str
    targets: dict[str, float]
    with_threads: bool = False


def _rows() -> list[Workload]:
    rows = [
        Workload("WordPiece, English", "ids", "BERT", "english", {"fastest": 10, "tokenizers": 100}, True),
        Workload("WordPiece, Chinese and Japanese", "ids", "BERT", "cjk", {"fastest": 5}),
        Workload("Unigram, English", "ids", "T5", "english", {"sentencepiece": 10}, True),
        Workload("Unigram, English", "ids", "XLM-RoBERTa", "english", {"sentencepiece": 10}),
        Workload("Unigram, Chinese and Japanese", "ids", "XLM-RoBERTa", "cjk", {}),
        Workload("Unigram, Cyrillic", "ids", "XLM-RoBERTa", "cyrillic", {}),
        Workload("Unigram, other scripts", "ids", "XLM-RoBERTa", "other", {}),
        Workload("SentencePiece BPE, English", "ids", "SentencePiece BPE", "english", {"fastest": 3}, True),
    ]
    rows += [
        Workload(title, kind, name, corpus, targets)
        for title, name in (
            ("words as tokens", "WordLevel"),
            ("BPE of words", "Whitespace BPE"),
            ("characters as tokens", "characters"),
        )
        for kind, corpus, targets in (
            ("ids", "english", {"fastest": 3}),
            ("ids", "cjk", {"fastest": 1.5}),
            ("cold", "short", {"fastest": 3}),
            ("offsets", "english", {"ids": 0.77}),
            ("adversarial", "adversarial", {"MB/s": 20}),
        )
    ]
    for name in ("GPT-2", "cl100k", "o200k"):
        rows += [
            Workload("byte-level BPE, English", "ids", name, "english", BPE_TARGETS, name == "GPT-2"),
            Workload("byte-level BPE, CJK", "ids", name, "cjk", {"fastest": 1.5}),
            Workload("byte-level BPE, Cyrillic", "ids", name, "cyrillic", {"fastest": 1.5}),
            Workload("byte-level BPE, other scripts", "ids", name, "other", {}),
            Workload("code", "ids", name, "code", BPE_TARGETS),
        ]
    for name in ("BERT", "GPT-2", "T5", "XLM-RoBERTa", "SentencePiece BPE"):
        rows += [
            Workload("short sentences, cold", "cold", name, "short", {"fastest": 3}),
            Workload("first pass over English", "cold", name, "english", {}, True),
            Workload("with offsets", "offsets", name, "english", {"ids": 0.77}),
            Workload("file of lines to file of tokens", "file", name, "english", {}),
            Workload("count", "count", name, "english", {"ids": 1.0}),
            Workload("lists out, as users call it", "lists", name, "english", {"transformers": 50}),
            Workload("one call of 60 characters", "call", name, "english", {"µs": 8}),
            Workload("loading", "loading", name, "english", {"ms": 150}),
        ]
    rows += [
        Workload(f"with offsets, {title}", "offsets", name, corpus, {"ids": 0.77})
        for title, corpus, names in (
            ("English", "english", ("cl100k", "o200k")),
            ("Chinese and Japanese", "cjk", ("BERT", "GPT-2", "T5", "XLM-RoBERTa", "SentencePiece BPE")),
            ("Cyrillic", "cyrillic", ("GPT-2", "XLM-RoBERTa", "SentencePiece BPE")),
            ("other scripts", "other", ("GPT-2", "XLM-RoBERTa")),
            ("code", "code", ("GPT-2", "cl100k", "o200k", "T5")),
        )
        for name in names
    ]
    rows += [Workload("loading", "loading", name, "english", {"ms": 150}) for name in ("cl100k", "o200k")]
    rows += [Workload("code", "ids", name, "code", {}) for name in ("T5", "XLM-RoBERTa", "SentencePiece BPE")]
    # Others would take minutes over a text that SentencePiece BPE does not split.
    rows += [
        Workload(f"one long document, {title}", "ids", name, f"{corpus} document", {}, True)
        for name in ("BERT", "GPT-2", "T5")
        for title, corpus in (("English", "english"), ("Chinese and Japanese", "cjk"))
    ]
    rows += [
        Workload('padded, return_tensors="pt"', "padded", name, "english", {"transformers": 50})
        for name in ("BERT", "T5")
    ]
    rows += [
        Workload("adversarial", "adversarial", name, "adversarial", {"MB/s": 20})
        for name in ("BERT", "GPT-2", "cl100k", "o200k", "T5", "XLM-RoBERTa", "SentencePiece BPE")
    ]
    return rows


WORKLOADS = _rows()
