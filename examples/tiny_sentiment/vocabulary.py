"""Learn a small uncased WordPiece vocabulary and write it as a `tokenizer.json`.

The learner is the frequency-based pair merging that WordPiece and byte pair encoding share: every word starts
as single characters (all but the first marked with `##`), and the pair of neighbours that occurs most often in
the counted words is merged, again and again, until the vocabulary has the wanted size.
"""

import json
import re
import string
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MAX_LENGTH = 128

_WORD = re.compile(r"\w+|[^\w\s]")


def split_words(text: str) -> list[str]:
    """Lower-case a text, strip accents, and split it into words and single punctuation marks."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    return _WORD.findall("".join(char for char in decomposed if unicodedata.category(char) != "Mn"))


def count_words(texts: Iterable[str]) -> Counter[str]:
    """How often each word occurs in the texts."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(split_words(text))
    return counts


def _merged(symbols: list[str], pair: tuple[str, str], joined: str) -> list[str]:
    """The symbols of one word after one pair has been merged everywhere in it."""
    result: list[str] = []
    position = 0
    while position < len(symbols):
        if tuple(symbols[position : position + 2]) == pair:
            result.append(joined)
            position += 2
        else:
            result.append(symbols[position])
            position += 1
    return result


def learn_vocabulary(counts: Counter[str], size: int, min_pair_count: int = 2) -> list[str]:
    """Learn at most `size` WordPiece tokens, the special tokens and all ASCII characters first."""
    alphabet = string.ascii_lowercase + string.digits + string.punctuation
    vocabulary = [*SPECIAL_TOKENS, *alphabet, *("##" + char for char in alphabet)]
    known = set(vocabulary)
    words = sorted(word for word in counts if word.isascii() and len(word) > 1)
    symbols = [[word[0], *("##" + char for char in word[1:])] for word in words]
    pair_counts: Counter[tuple[str, str]] = Counter()
    where: defaultdict[tuple[str, str], set[int]] = defaultdict(set)

    def account(index: int, sign: int) -> None:
        for pair in zip(symbols[index], symbols[index][1:], strict=False):
            pair_counts[pair] += sign * counts[words[index]]
            where[pair].add(index)

    for index in range(len(words)):
        account(index, 1)
    while len(vocabulary) < size and pair_counts:
        pair = max(pair_counts, key=lambda item: (pair_counts[item], item))
        if pair_counts[pair] < min_pair_count:
            break
        joined = pair[0] + pair[1].removeprefix("##")
        if joined not in known:
            known.add(joined)
            vocabulary.append(joined)
        for index in where.pop(pair):
            account(index, -1)
            symbols[index] = _merged(symbols[index], pair, joined)
            account(index, 1)
        del pair_counts[pair]
    return vocabulary


def write_tokenizer(vocabulary: list[str], folder: Path) -> None:
    """Write `tokenizer.json` and `tokenizer_config.json` of a BERT tokenizer with this vocabulary."""
    ids = {token: index for index, token in enumerate(vocabulary)}

    def special(token: str, type_id: int) -> dict[str, object]:
        return {"SpecialToken": {"id": token, "type_id": type_id}}

    def sequence(name: str, type_id: int) -> dict[str, object]:
        return {"Sequence": {"id": name, "type_id": type_id}}

    single = [special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0)]
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": ids[token],
                "content": token,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for token in SPECIAL_TOKENS
        ],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": single,
            "pair": [*single, sequence("B", 1), special("[SEP]", 1)],
            "special_tokens": {
                token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in ("[CLS]", "[SEP]")
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": ids,
        },
    }
    config = {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": True,
        "strip_accents": None,
        "tokenize_chinese_chars": True,
        "model_max_length": MAX_LENGTH,
        "padding_side": "right",
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
