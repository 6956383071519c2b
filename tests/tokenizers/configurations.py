"""Random valid tokenizer.json documents, and texts that fit them: plain data, which a seed gives again."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from random import Random
from typing import Any

from ..charsmap import build_charsmap

__all__ = ["FRAGMENTS", "NORMALIZERS", "PRE_TOKENIZERS", "random_document", "random_text"]

LETTERS = list("abcdeABKsſxyzéßİıǅσςΣ가각한中文漢ひカабЖ٣שلि")
MARKS = ["\u0301", "\u0323", "\u0307", "\u0345", "\u093f", "\u0e34", "\u3099", "\u1161", "\u11a8", "\U0001d165"]
SPACES = [" ", " ", " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\u2028", "\u0085", "\u200b", "\v"]
SYMBOLS = [
    "▁",
    "Ġ",
    "_",
    "-",
    "'",
    ".",
    ",",
    "!",
    "?",
    "$",
    "+",
    "…",
    "。",
    "#",
    "##",
    "£",
    "½",
    "²",
    "Ⅷ",
    "①",
    "ﬁ",
    "ﷺ",
]
DIGITS = ["1", "2", "345", "1234567", "٣", "९"]
EMOJI = ["👍", "👩\u200d👧", "🇩🇪", "✌🏽", "❤️", "\u200d", "\ufe0f"]
ODD = ["\x00", "\x01", "\x7f", "\xad", "\ufeff", "\ufffd", "\uffff", "\u180e", "\ue000", "\U0010ffff", "\U00011935"]
CLITICS = ["'s", "'S", "'ſ", "n't", "'re", " do not", "K", "ẞ"]
SPECIALS = ["[CLS]", "[SEP]", "<s>", "</s>", "<unk>", "[UNK]", "<pad>"]
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]
FRAGMENTS = (LETTERS, LETTERS, LETTERS, MARKS, SPACES, SPACES, SYMBOLS, DIGITS, EMOJI, ODD, CLITICS, SPECIALS)
PATTERNS: list[dict[str, str]] = [
    {"String": "a"}, {"String": " "}, {"String": "ab"}, {"String": "."}, {"String": ""}, {"Regex": "x*"},
    {"Regex": r"\s+"}, {"Regex": r"\p{L}+"}, {"Regex": r"\p{N}{1,3}"}, {"Regex": r"\w+|[^\w\s]+"}, {"Regex": r"[^a-c]"},
    {"Regex": r"\s+(?!\S)|\s+"}, {"Regex": r"(?i:'s|'t|ss|k)| ?\p{L}+"}, {"Regex": r"a|ab|b*"}, {"Regex": r"$"},
    {"Regex": r"^a|b$"}, {"Regex": r"\b"}, {"Regex": r"."}, {"Regex": r" {2,}"},
    {"Regex": r"\d"}, {"Regex": r"\p{M}"}, {"Regex": r"(?=a)"}, {"Regex": r"[\r\n]+|\s*[\r\n]"}, {"Regex": ""},
]  # fmt: skip
CHARSMAPS = [
    b64encode(build_charsmap(rules)).decode()
    for rules in (
        {},
        {"a": "b", "ab": "", "é": "e", "①": "1", "\t": " "},
        {"ﬁ": "fi", "\u0301": "", "中": "中国", " ": "▁"},
    )
]
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
SCHEMES = ["always", "first", "never"]
Component = Callable[[Random], dict[str, Any]]


def flag(chosen: Random) -> bool:
    return chosen.random() < 0.5


def byte_letters(text: str) -> str:
    """`text` in GPT-2's alphabet, in which each byte is a letter."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return "".join(chr(byte) if byte in plain else chr(256 + others.index(byte)) for byte in text.encode())


def split(chosen: Random) -> dict[str, Any]:
    return {"pattern": chosen.choice(PATTERNS), "behavior": chosen.choice(BEHAVIORS), "invert": flag(chosen)}


def byte_level(chosen: Random) -> dict[str, Any]:
    return {name: flag(chosen) for name in ("add_prefix_space", "trim_offsets", "use_regex")}


def metaspace(chosen: Random) -> dict[str, Any]:
    mark = chosen.choice("▁▁▁_ ")
    return {"replacement": mark, "prepend_scheme": chosen.choice(SCHEMES), "split": flag(chosen)}


def bert_normalizer(chosen: Random) -> dict[str, Any]:
    names = ("clean_text", "handle_chinese_chars", "lowercase")
    return {**{name: flag(chosen) for name in names}, "strip_accents": chosen.choice([None, True, False])}


def replace(chosen: Random) -> dict[str, Any]:
    return {"pattern": chosen.choice(PATTERNS), "content": chosen.choice(["", "-", "▁", " ", "$1", "éa", "\u0301"])}


def strip(chosen: Random) -> dict[str, Any]:
    return {"content": chosen.choice("a ▁"), "start": chosen.randint(0, 2), "stop": chosen.randint(0, 2)}


def nothing(chosen: Random) -> dict[str, Any]:
    return {}


NORMALIZERS: dict[str, Component] = {
    "BertNormalizer": bert_normalizer,
    "ByteLevel": nothing,
    "Lowercase": nothing,
    "NFC": nothing,
    "NFD": nothing,
    "NFKC": nothing,
    "NFKD": nothing,
    "Nmt": nothing,
    "Precompiled": lambda chosen: {"precompiled_charsmap": chosen.choice(CHARSMAPS)},
    "Prepend": lambda chosen: {"prepend": chosen.choice(["▁", "a", "", " ", "é\u0301"])},
    "Replace": replace,
    "Strip": lambda chosen: {"strip_left": flag(chosen), "strip_right": flag(chosen)},
    "StripAccents": nothing,
}
PRE_TOKENIZERS: dict[str, Component] = {
    "BertPreTokenizer": nothing,
    "ByteLevel": byte_level,
    "CharDelimiterSplit": lambda chosen: {"delimiter": chosen.choice("a ▁é")},
    "Digits": lambda chosen: {"individual_digits": flag(chosen)},
    "FixedLength": lambda chosen: {"length": chosen.randint(1, 6)},
    "Metaspace": metaspace,
    "Punctuation": lambda chosen: {"behavior": chosen.choice(BEHAVIORS)},
    "Split": split,
    "UnicodeScripts": nothing,
    "Whitespace": nothing,
    "WhitespaceSplit": nothing,
}
DECODERS: dict[str, Component] = {
    "BPEDecoder": lambda chosen: {"suffix": chosen.choice(["</w>", "a", ""])},
    "ByteFallback": nothing,
    "ByteLevel": byte_level,
    "CTC": lambda chosen: {"pad_token": "<pad>", "word_delimiter_token": "a", "cleanup": flag(chosen)},
    "Fuse": nothing,
    "Metaspace": metaspace,
    "Replace": replace,
    "Strip": strip,
    "WordPiece": lambda chosen: {"prefix": chosen.choice(["##", "", "a"]), "cleanup": flag(chosen)},
}  # fmt: skip


def stages(chosen: Random, table: dict[str, Component], inner: str) -> dict[str, Any] | None:
    """None, a component, or a sequence of some, which may hold a sequence."""
    count = chosen.choice([0, 1, 1, 2, 2, 3, 4])
    parts = []
    for _ in range(count):
        kind = chosen.choice(list(table))
        parts.append({"type": kind, **table[kind](chosen)})
    if not parts:
        return None
    if len(parts) == 1 and flag(chosen):
        return parts[0]
    if len(parts) > 2 and flag(chosen):
        parts = [parts[0], {"type": "Sequence", inner: parts[1:]}]
    return {"type": "Sequence", inner: parts}


def units(chosen: Random, bytes_: bool) -> list[str]:
    """What vocabularies are built of: some of the characters of the texts, as the model will see them."""
    letters = chosen.sample(LETTERS, 14) + chosen.sample(MARKS, 2) + list("▁Ġ' .,-_1") + chosen.sample(SYMBOLS, 3)
    if bytes_:
        letters = list(dict.fromkeys("".join(map(byte_letters, letters))))
    return list(dict.fromkeys(letters))


def numbered(chosen: Random, tokens: list[str]) -> dict[str, int]:
    """Ids for tokens: mostly dense and in order, now and then shuffled."""
    tokens = list(dict.fromkeys(tokens))
    if chosen.random() < 0.3:
        chosen.shuffle(tokens)
    return {token: number for number, token in enumerate(tokens)}


def pieces(chosen: Random, parts: list[str], count: int) -> list[str]:
    return ["".join(chosen.choices(parts, k=chosen.choice([1, 2, 2, 3, 4]))) for _ in range(count)]


def word_piece(chosen: Random, parts: list[str]) -> dict[str, Any]:
    prefix = chosen.choice(["##", "##", "", "a", "é"])
    tokens = ["[UNK]", *chosen.sample(parts, len(parts) * 3 // 4), *pieces(chosen, parts, 15)]
    tokens += [prefix + piece for piece in [*parts[1:], *pieces(chosen, parts, 15)]]
    if chosen.random() < 0.2:
        tokens.append("##")
    return {
        "type": "WordPiece", "vocab": numbered(chosen, tokens), "unk_token": "[UNK]",
        "continuing_subword_prefix": prefix, "max_input_chars_per_word": chosen.choice([100, 100, 100, 4, 1, 0]),
    }  # fmt: skip


def bpe(chosen: Random, parts: list[str]) -> dict[str, Any]:
    prefix = chosen.choice([None, None, None, "", "##", "é"])
    suffix = chosen.choice([None, None, None, "", "</w>", "é"])
    tokens = chosen.sample(parts, len(parts) * 4 // 5)
    tokens += [(prefix or "") + part for part in parts[1:]] + [part + (suffix or "") for part in parts[:-1]]
    tokens += [(prefix or "") + part + (suffix or "") for part in parts[2:]]
    unknown = chosen.choice([None, "<unk>", "<unk>"])
    if unknown:
        tokens.append(unknown)
    if byte_fallback := chosen.random() < 0.4:
        tokens += BYTE_TOKENS if flag(chosen) else chosen.sample(BYTE_TOKENS, 120)
    merges = []
    for _ in range(chosen.randint(0, 30)):
        left, right = chosen.choice(tokens), chosen.choice(tokens)
        if left in BYTE_TOKENS or right in BYTE_TOKENS or not right.startswith(prefix or "") or len(left + right) > 12:
            continue
        merges.append([left, right])
        tokens.append(left + right[len(prefix or "") :])
    if merges and chosen.random() < 0.3:
        merges += chosen.sample(merges, 1)
    if chosen.random() < 0.3:
        chosen.shuffle(merges)
    if flag(chosen) and not any(" " in part for merge in merges for part in merge):
        merges = [" ".join(merge) for merge in merges]
    return {
        "type": "BPE", "vocab": numbered(chosen, tokens + pieces(chosen, parts, 4)), "merges": merges,
        "dropout": chosen.choice([None, None, None, 0.0, 1.0]), "unk_token": unknown,
        "continuing_subword_prefix": prefix, "end_of_word_suffix": suffix,
        "fuse_unk": flag(chosen), "byte_fallback": byte_fallback, "ignore_merges": chosen.random() < 0.3,
    }  # fmt: skip


def unigram(chosen: Random, parts: list[str]) -> dict[str, Any]:
    tokens = ["<unk>", *chosen.sample(parts, len(parts) * 3 // 4), *pieces(chosen, parts, 25)]
    if byte_fallback := chosen.random() < 0.4:
        tokens += BYTE_TOKENS if flag(chosen) else chosen.sample(BYTE_TOKENS, 120)
    tokens = list(dict.fromkeys(tokens))
    if chosen.random() < 0.1:
        tokens.append(tokens[1])
    # Few different scores make ties; multiples of a quarter are read alike by every reader.
    return {
        "type": "Unigram", "vocab": [[token, -chosen.randint(0, 24) / 4] for token in tokens],
        "unk_id": chosen.choice([0, 0, 0, 0, None]), "byte_fallback": byte_fallback,
    }  # fmt: skip


def word_level(chosen: Random, parts: list[str]) -> dict[str, Any]:
    tokens = ["[UNK]", *parts, *pieces(chosen, parts, 25)]
    return {"type": "WordLevel", "vocab": numbered(chosen, tokens), "unk_token": chosen.choice(["[UNK]", "[UNK]", "a"])}


def added_tokens(chosen: Random, vocab: dict[str, int], size: int, parts: list[str]) -> list[dict[str, Any]]:
    contents = [*SPECIALS, "ab", "abc", "a", " a", "é", "É", "B", "中", "1", "##", "a b", "\n", "'s", "▁a"]
    contents += pieces(chosen, parts, 3)
    known = [token for token in vocab if token in SPECIALS]
    picked = list(dict.fromkeys([*known, *chosen.sample(contents, chosen.randint(0, 6))]))
    chosen.shuffle(picked)
    rows: list[dict[str, Any]] = []
    highest = -1
    for content in picked:
        number = vocab.get(content, max(size, highest + 1))
        highest = max(highest, number)
        special = content in SPECIALS or chosen.random() < 0.2
        flags = {name: chosen.random() < 0.25 for name in ("single_word", "lstrip", "rstrip")}
        normalized = chosen.random() < (0.1 if special else 0.5)
        rows.append({"id": number, "content": content, **flags, "normalized": normalized, "special": special})
    return rows


def template(chosen: Random, ids: dict[str, int]) -> dict[str, Any]:
    names = [name for name in SPECIALS if name in ids]

    def specials() -> list[dict[str, Any]]:
        count = chosen.choice([0, 1, 1, 2]) if names else 0
        return [
            {"SpecialToken": {"id": name, "type_id": chosen.randint(0, 2)}} for name in chosen.choices(names, k=count)
        ]

    def text(name: str) -> list[dict[str, Any]]:
        return [{"Sequence": {"id": name, "type_id": chosen.randint(0, 2)}}]

    first, second = chosen.choice(["AB", "AB", "BA"])
    tokens = {name: {"id": name, "ids": [ids[name]], "tokens": [name]} for name in names}
    if names and chosen.random() < 0.2:
        several = chosen.choices(names, k=2)
        tokens[names[0]] = {"id": names[0], "ids": [ids[name] for name in several], "tokens": several}
    single = [*specials(), *text("A"), *specials()]
    pair = [*specials(), *text(first), *specials(), *text(second), *specials()]
    return {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": tokens}


def post_processor(chosen: Random, ids: dict[str, int]) -> dict[str, Any] | None:
    names = [name for name in SPECIALS if name in ids]
    trimming = {"type": "ByteLevel", **byte_level(chosen)}
    choices: list[Any] = [None, trimming, template(chosen, ids), template(chosen, ids)]
    if names:
        ends = {name: [token, ids[token]] for name in ("sep", "cls") for token in chosen.choices(names)}
        choices.append({"type": "BertProcessing", **ends})
        flags = {name: flag(chosen) for name in ("trim_offsets", "add_prefix_space")}
        choices.append({"type": "RobertaProcessing", **ends, **flags})
    choices.append({"type": "Sequence", "processors": chosen.sample([trimming, template(chosen, ids)], 2)})
    return chosen.choice(choices)


def random_document(chosen: Random) -> dict[str, Any]:
    """A valid tokenizer.json with a small vocabulary."""
    normalizer = stages(chosen, NORMALIZERS, "normalizers")
    pre_tokenizer = stages(chosen, PRE_TOKENIZERS, "pretokenizers")
    parts = units(chosen, '"ByteLevel"' in json.dumps([normalizer, pre_tokenizer]))
    model = chosen.choice([word_piece, bpe, bpe, unigram, word_level])(chosen, parts)
    listed = isinstance(model["vocab"], list)
    vocab = {token: number for number, (token, _) in enumerate(model["vocab"])} if listed else model["vocab"]
    added = added_tokens(chosen, vocab, len(model["vocab"]), parts)
    ids = {**vocab, **{row["content"]: row["id"] for row in added}}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": sorted(added, key=lambda row: row["id"]) if chosen.random() < 0.8 else added,
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": post_processor(chosen, ids),
        "decoder": stages(chosen, DECODERS, "decoders"),
        "model": model,
    }


def random_text(chosen: Random, document: dict[str, Any]) -> str:
    """A text with what is hard: scripts, spaces, marks, emoji, contractions, and this tokenizer's own tokens."""
    vocab = document["model"]["vocab"]
    own = [row["content"] for row in document["added_tokens"]] or SPECIALS
    own_pieces = [token for token, _ in vocab] if isinstance(vocab, list) else list(vocab)
    fragments = [*FRAGMENTS, own, own, own_pieces]
    text = "".join(chosen.choice(chosen.choice(fragments)) for _ in range(chosen.choice([0, 1, 2, 4, 8, 16, 30])))
    return text
