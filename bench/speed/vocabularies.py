"""The tokenizers to compare: one folder each with what every peer reads, made once for a run."""

from __future__ import annotations

import base64
import importlib
import json
import warnings
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from .corpora import DATA
from .fairseq import write_xlm_roberta

__all__ = ["Vocabulary", "make_vocabularies", "write_ranks"]


class Vocabulary(NamedTuple):
    """A tokenizer in files.

    Attributes:
        name: what tables call it.
        family: 'wordpiece', 'bpe', 'unigram', 'spbpe', 'wordlevel', or 'wordbpe': BPE of words, not of bytes.
        folder: has tokenizer.json and the configuration.
        facts: what single peers need: 'blingfire', 'quicktok', 'bpe_openai': names there; 'spm': a file; 'pattern'.
    """

    name: str
    family: str
    folder: Path
    facts: dict[str, str]


def make_vocabularies(folder: Path, english: list[str]) -> list[Vocabulary]:
    """All that can be made here; what is missing is told."""
    import leanformers

    found: list[Vocabulary] = []

    def add(name: str, family: str, load: Any, **facts: str) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                load().save_pretrained(folder / name)
        except Exception as error:
            print(f"not compared: {name}: {type(error).__name__}: {error}", flush=True)
            return
        found.append(Vocabulary(name, family, folder / name, facts))

    shared = DATA / "tokenizers"
    if (shared / "bert-base-uncased").is_dir():
        bert = shared / "bert-base-uncased"
        add("BERT", "wordpiece", lambda: leanformers.BertTokenizer.from_pretrained(bert), blingfire="bert_base_tok.bin")
    else:
        add("BERT", "wordpiece", lambda: leanformers.AutoTokenizer.from_pretrained("leanformers/tiny-sentiment"))
    add("GPT-2", "bpe", lambda: leanformers.GPT2Tokenizer.from_pretrained(shared / "gpt2"), pattern=_GPT2)
    for name in ("cl100k", "o200k"):
        made = write_ranks(folder / f"{name}-ranks", f"{name}_base")
        load = partial(leanformers.AutoTokenizer.from_pretrained, made)
        add(name, "bpe", load, quicktok=f"{name}_base", bpe_openai=f"{name}_base")
    t5 = shared / "t5-base"
    add("T5", "unigram", lambda: leanformers.T5Tokenizer.from_pretrained(t5), spm=str(t5 / "spiece.model"))
    xlm_roberta = folder / "xlm-roberta"
    try:
        numbered = write_xlm_roberta(xlm_roberta, _lines(english[:50]))
    except (ImportError, OSError):
        numbered = xlm_roberta / "fairseq.model"  # loading tells that there is nothing
    add(
        "XLM-RoBERTa",
        "unigram",
        lambda: leanformers.XLMRobertaTokenizer.from_pretrained(xlm_roberta),
        spm=str(numbered),
        blingfire="xlm_roberta_base.bin",
    )
    model = _train(folder / "spbpe", english)
    llama = leanformers.LlamaTokenizer
    add("SentencePiece BPE", "spbpe", lambda: llama.from_pretrained(folder / "spbpe", legacy=False), spm=str(model))
    trained = {"vocab_size": 30_000, "show_progress": False}
    add("WordLevel", "wordlevel", lambda: leanformers.train_tokenizer("word", iter(english), **trained))
    add("characters", "wordlevel", lambda: leanformers.train_tokenizer("char", iter(english), **trained))
    quick_tour = _write_quick_tour(folder / "quick tour")
    add(
        "Whitespace BPE",
        "wordbpe",
        lambda: quick_tour.train_new_from_iterator(iter(english), 16_000, new_special_tokens=["[UNK]"]),
    )
    return found


def _write_quick_tour(folder: Path) -> Any:
    """The first tokenizer of the documentation of `tokenizers`, BPE of words, without its vocabulary."""
    import leanformers

    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "BPE", "vocab": {"[UNK]": 0}, "merges": [], "unk_token": "[UNK]"},
    }
    (folder / "tokenizer.json").write_text(json.dumps(document))
    return leanformers.PreTrainedTokenizer.from_pretrained(folder)


_GPT2 = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""


def write_ranks(folder: Path, name: str) -> Path:
    """OpenAI's ranks, as the package bpe-openai brings them, in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        encoding = getattr(importlib.import_module("bpe_openai.registry"), name)()
    except ImportError:
        return folder  # loading tells that there is nothing
    ranks = sorted(encoding["mergeable_ranks"].items(), key=lambda item: item[1])
    lines = (f"{base64.b64encode(token).decode()} {rank}\n" for token, rank in ranks)
    (folder / f"{name}.tiktoken").write_text("".join(lines))
    return folder


def _train(folder: Path, english: list[str]) -> Path:
    """A BPE model of SentencePiece with byte fallback, as Llama's and Mistral's, of 16,000 pieces."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import sentencepiece
    except ImportError:
        return folder / "tokenizer.model"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_lines(english[:400])), model_prefix=str(folder / "tokenizer"), model_type="bpe",
        vocab_size=16_000, byte_fallback=True, split_digits=True, normalization_rule_name="identity",
        remove_extra_whitespaces=False, allow_whitespace_only_pieces=True, hard_vocab_limit=False,
        minloglevel=2, num_threads=2,
    )  # fmt: skip
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))
    return folder / "tokenizer.model"


def _lines(texts: list[str]) -> list[str]:
    return [line for text in texts for line in text.splitlines() if line.strip()]
