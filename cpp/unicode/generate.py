"""Write tables.inc: what the reference does with every Unicode scalar value, one table for each predicate and mapping.

The reference mixes four Unicode versions in one process, so no published table fits all of its predicates. Each one is
therefore probed, scalar by scalar, and then checked against the categories that Python knows: a probe that finds
something else than the predicate's definition allows stops the script.

Run: python cpp/unicode/generate.py > cpp/unicode/tables.inc    (needs tokenizers==0.23.3, takes about a minute)
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterable

from probing import REFERENCE, SCALARS, check_reference, emit, ranges
from tokenizers import normalizers, pre_tokenizers

HANGUL = range(0xAC00, 0xAC00 + 11172)  # decomposed by arithmetic


def bert(**on: bool) -> Callable[[str], str]:
    """The BERT normalizer with only the given steps switched on."""
    steps = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    return normalizers.BertNormalizer(**{**steps, **on}).normalize_str


clean, space_chinese, strip = bert(clean_text=True), bert(handle_chinese_chars=True), bert(strip_accents=True)
nfd = normalizers.NFD().normalize_str
nfc, nfkd = normalizers.NFC().normalize_str, normalizers.NFKD().normalize_str
lower = normalizers.Lowercase().normalize_str
strip_accents = normalizers.StripAccents().normalize_str
split_whitespace = pre_tokenizers.WhitespaceSplit().pre_tokenize_str
split_words = pre_tokenizers.Whitespace().pre_tokenize_str
split_digits = pre_tokenizers.Digits().pre_tokenize_str
split_punctuation = pre_tokenizers.Punctuation().pre_tokenize_str
split_scripts = pre_tokenizers.UnicodeScripts().pre_tokenize_str
split_bert = pre_tokenizers.BertPreTokenizer().pre_tokenize_str


def is_control(c: str) -> bool:
    return clean(f"a{c}b") == "ab"


def is_whitespace(c: str) -> bool:
    return len(split_whitespace(f"a{c}b")) == 2


def is_chinese(c: str) -> bool:
    return space_chinese(c) == f" {c} "


def is_bert_punctuation(c: str) -> bool:
    return len(split_bert(f"a{c}b")) == 3


def is_nonspacing_mark(c: str) -> bool:
    return nfd(c) == c and strip(f"a{c}") == "a"


def is_word(c: str) -> bool:
    return split_words(f"a{c}") == [(f"a{c}", (0, 2))]


def is_mark(c: str) -> bool:
    return strip_accents(f"a{c}") == "a"


def is_numeric(c: str) -> bool:
    return len(split_digits(f"a{c}")) == 2


def is_punctuation(c: str) -> bool:
    return len(split_punctuation(f"a{c}b")) == 3


def combining_class(c: str) -> int:
    """Python's value, where the reference reorders the character at all: its table is older and has fewer."""
    value = unicodedata.combining(c)
    low, high = "\u0334", "\u0345"  # classes 1 and 240, in every version
    moves = nfd(f"a{c}{low}") == f"a{low}{c}" or nfd(f"a{high}{c}") == f"a{c}{high}"
    return value if moves or c in (low, high) else 0


def check(name: str, found: Iterable[int], allowed: Callable[[str], bool], exceptions: set[int] = frozenset()) -> None:
    wrong = [code for code in found if not allowed(chr(code)) and code not in exceptions]
    if wrong:
        sys.exit(f"{name}: unexpected {[f'U+{code:04X}' for code in wrong[:20]]}")


def emit_predicate(name: str, predicate: Callable[[str], bool], allowed: Callable[[str], bool], exceptions=frozenset()):
    codes = [code for code in SCALARS if predicate(chr(code))]
    check(name, codes, allowed, exceptions)
    emit(f"Range k{name}", (f"{{0x{first:04X}, 0x{last:04X}}}" for first, last in ranges(codes)))


def emit_compositions() -> None:
    """(first, second) -> what NFC makes of them. Hangul is left out: it is composed by arithmetic."""
    pairs = []
    for code in SCALARS:
        parts = nfd(chr(code))
        if code in HANGUL or len(parts) < 2 or nfc(parts) != chr(code):
            continue
        first, second = nfc(parts[:-1]), parts[-1]
        if len(first) == 1 and nfc(first + second) == chr(code):
            pairs.append((ord(first), ord(second), code))
        else:
            sys.exit(f"composition: U+{code:04X} is no pair")
    emit("Composition kCompositions", (f"{{0x{a:04X}, 0x{b:04X}, 0x{c:04X}}}" for a, b, c in sorted(pairs)))


def emit_compatibility() -> None:
    """Full compatibility decompositions where they are not the canonical ones: into one pool, by begin and size."""
    pool: list[str] = []
    items = []
    for code in SCALARS:
        parts = nfkd(chr(code))
        if code in HANGUL or parts == nfd(chr(code)):
            continue
        items.append(f"{{0x{code:04X}, {len(pool)}, {len(parts)}}}")
        pool += parts
    emit("Compatibility kCompatibility", items)
    emit("char32_t kCompatibilityPool", (f"0x{ord(c):04X}" for c in pool))


def emit_scripts() -> None:
    """Numbers for sets of code points that UnicodeScripts does not separate."""
    representatives: list[str] = []
    items: list[list[int]] = []
    for code in SCALARS:
        c = chr(code)
        if not split_scripts(c):
            continue  # no script
        if items and items[-1][1] == code - 1 and len(split_scripts(chr(code - 1) + c)) == 1:
            items[-1][1] = code
            continue
        found = next((i for i, other in enumerate(representatives) if len(split_scripts(other + c)) == 1), None)
        if found is None:
            found = len(representatives)
            representatives.append(c)
        items.append([code, code, found + 1])
    assert len(representatives) < 256
    emit("ClassRange kScript", (f"{{0x{first:04X}, 0x{last:04X}, {value}}}" for first, last, value in items))


def emit_mapping(name: str, mapping: Callable[[str], str], skip: range = range(0)) -> None:
    changed = [(code, mapping(chr(code))) for code in SCALARS if code not in skip and mapping(chr(code)) != chr(code)]
    assert all(1 <= len(to) <= 4 for _, to in changed)
    emit(
        f"Mapping k{name}",
        (f"{{0x{code:04X}, {{{', '.join(f'0x{ord(c):04X}' for c in to)}}}}}" for code, to in changed),
    )


def main() -> None:
    check_reference()
    category = unicodedata.category
    print(f"// Generated by generate.py from tokenizers {REFERENCE}; do not edit.")
    print("// clang-format off")
    print(f'inline constexpr const char* kReference = "tokenizers {REFERENCE}";')
    # NUL and U+FFFD are deleted beside the control characters.
    emit_predicate("Control", is_control, lambda c: category(c) in {"Cc", "Cf", "Co"}, {0xFFFD})
    emit_predicate("WhiteSpace", is_whitespace, str.isspace)
    emit_predicate("Chinese", is_chinese, lambda c: category(c) in {"Lo", "Cn"})
    # U+166D and U+111C9 were punctuation in Unicode 8 and are symbols or marks today.
    ascii_punctuation = set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
    emit_predicate(
        "BertPunctuation",
        is_bert_punctuation,
        lambda c: c in ascii_punctuation or category(c).startswith("P"),
        {0x166D, 0x111C9},
    )
    # A few marks have become spacing marks since.
    emit_predicate("NonspacingMark", is_nonspacing_mark, lambda c: category(c) in {"Mn", "Mc"})
    emit_predicate("Word", is_word, lambda c: True)
    emit_predicate("Mark", is_mark, lambda c: category(c).startswith("M"), {0x1CF2, 0x1CF3})
    emit_predicate("Numeric", is_numeric, lambda c: category(c) in {"Nd", "Nl", "No", "Cn"})
    if any(is_punctuation(chr(code)) != is_bert_punctuation(chr(code)) for code in SCALARS):
        sys.exit("Punctuation and BertPreTokenizer differ: they need tables of their own")
    classes: dict[int, list[int]] = {}
    for code in SCALARS:
        if value := combining_class(chr(code)):
            classes.setdefault(value, []).append(code)
    items = sorted((first, last, value) for value, codes in classes.items() for first, last in ranges(codes))
    emit("ClassRange kCombiningClass", (f"{{0x{first:04X}, 0x{last:04X}, {value}}}" for first, last, value in items))
    emit_scripts()
    emit_mapping("Decomposition", nfd, HANGUL)
    emit_compositions()
    emit_compatibility()
    emit_mapping("Lowercase", lower)


if __name__ == "__main__":
    main()
