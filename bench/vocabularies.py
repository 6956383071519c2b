"""Vocabularies as large as today's, made by chance, for benchmarks: as those of XLM-R, Qwen, Llama 3 and mBERT.

Nothing is trained: the tokens are real and made-up words with the lengths, scripts and scores of a real vocabulary, so
that loading them is as much work.
"""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

__all__ = ["write_bpe", "write_unigram", "write_wordpiece"]

_SCRIPTS = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "अआइईउऊएऐओऔकखगघचछजझटठडढतथदधनपफबभमयरलवशषसह",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长",
)
_WEIGHTS = (55, 12, 5, 8, 8, 12)


def _words(count: int, chosen: random.Random) -> list[str]:
    """Different words, the frequent scripts most often."""
    found: dict[str, None] = {letter: None for script in _SCRIPTS for letter in script}
    while len(found) < count:
        script = chosen.choices(_SCRIPTS, _WEIGHTS)[0]
        longest = 4 if len(script) > 90 else 11
        word = "".join(chosen.choices(script, k=chosen.randint(2, longest)))
        found["▁" + word if chosen.random() < 0.6 else word] = None
    return list(found)[:count]


def write_unigram(folder: Path, count: int = 250_002) -> None:
    """A tokenizer.json like XLM-RoBERTa's, without its character map."""
    chosen = random.Random(0)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    words = _words(count - len(special) - 1, chosen)
    # Scores are logarithms of probabilities, which SentencePiece keeps as floats of 32 bits and JSON shows as doubles.
    pieces: list[list[Any]] = [[token, 0.0] for token in special]
    for rank, word in enumerate(words, start=1):
        score = -math.log(rank + 3) - 2.2 - chosen.random() * 1e-3
        pieces.append([word, float.fromhex(float(score).hex()[:12] + "p" + float(score).hex().split("p")[1])])
    pieces.append(["<mask>", 0.0])
    document = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(pieces.index([token, 0.0]), token) for token in [*special, "<mask>"]],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁"}],
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [_special("<s>"), _sequence("A"), _special("</s>")],
            "pair": [_special("<s>"), _sequence("A"), _special("</s>"), _sequence("B"), _special("</s>")],
            "special_tokens": {
                token: {"id": token, "ids": [special.index(token)], "tokens": [token]} for token in ("<s>", "</s>")
            },
        },
        "decoder": {"type": "Metaspace", "replacement": "▁"},
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces},
    }
    _write(folder, document, {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 512})


def write_bpe(folder: Path, count: int = 151_643, *, ignore_merges: bool = False) -> None:
    """A tokenizer.json like Qwen 2's: bytes, merges that build every other token, 22 added tokens.

    With `ignore_merges` merges are written as lists, as newer files have them.
    """
    from leanformers.tokenizers.formats.merges import BYTE_LETTERS

    chosen = random.Random(0)
    tokens = list(BYTE_LETTERS)
    seen = set(tokens)
    merges = []
    while len(tokens) < count:
        # Most merges add to a frequent token, which stand near the beginning: printable ASCII comes first.
        left = tokens[int(len(tokens) * chosen.random() ** 3)]
        right = tokens[int(len(tokens) * chosen.random() ** 4)]
        if len(left) + len(right) <= 14 and left + right not in seen:
            merges.append(f"{left} {right}")
            tokens.append(left + right)
            seen.add(left + right)
    added = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *(f"<|added_{i}|>" for i in range(19))]
    pattern = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
        r"\s*[\r\n]+|\s+(?!\S)|\s+"
    )
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    document = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(count + i, token) for i, token in enumerate(added)],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False},
                byte_level,
            ],
        },
        "post_processor": byte_level,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": ignore_merges,
            "vocab": {token: number for number, token in enumerate(tokens)},
            "merges": [merge.split(" ") for merge in merges] if ignore_merges else merges,
        },
    }
    _write(folder, document, {"tokenizer_class": "Qwen2Tokenizer", "model_max_length": 131_072})


def write_wordpiece(folder: Path, count: int = 119_547) -> None:
    """A tokenizer.json like that of multilingual BERT."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = _words(count - len(special), random.Random(0))
    tokens = special + [word[1:] if word.startswith("▁") and word[1:] else "##" + word for word in words]
    tokens = list(dict.fromkeys(tokens))
    document = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(number, token) for number, token in enumerate(special)],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": False,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [_special("[CLS]"), _sequence("A"), _special("[SEP]")],
            "pair": [_special("[CLS]"), _sequence("A"), _special("[SEP]"), _sequence("B"), _special("[SEP]")],
            "special_tokens": {
                token: {"id": token, "ids": [special.index(token)], "tokens": [token]} for token in ("[CLS]", "[SEP]")
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {token: number for number, token in enumerate(tokens)},
        },
    }
    _write(folder, document, {"tokenizer_class": "BertTokenizer", "model_max_length": 512})


def _added(number: int, token: str) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": number, "content": token, **flags}


def _special(token: str) -> dict[str, Any]:
    return {"SpecialToken": {"id": token, "type_id": 0}}


def _sequence(name: str) -> dict[str, Any]:
    return {"Sequence": {"id": name, "type_id": 0}}


def _write(folder: Path, document: dict[str, Any], config: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in (("tokenizer.json", document), ("tokenizer_config.json", config)):
        text = json.dumps(value, ensure_ascii=False, indent=2)
        (folder / name).write_text(text + "\n", encoding="utf-8")
