"""Write regex_tables.inc: what the reference's regular expressions know of Unicode: properties and case folds.

Its engine (Oniguruma, Unicode 16) is probed over all scalar values. What Python knows of the same categories is of an
older Unicode version, so it can only check the scalars that Python has assigned.

Run: python cpp/unicode/generate_regex.py > cpp/unicode/regex_tables.inc    (needs tokenizers==0.23.3, a few minutes)
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable
from typing import Any

from probing import REFERENCE, SCALARS, check_reference, emit
from tokenizers import Regex, pre_tokenizers

ALL = "".join(map(chr, SCALARS))


def words(text: str) -> list[str]:
    return text.split()


CATEGORIES = words("Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cn")
# Not in the general categories, or other names for some of them.
NAMES = words("""
alnum alpha blank cntrl digit graph lower print punct posixpunct space upper xdigit word ascii any assigned
c l lc m n p s z
other letter casedletter mark combiningmark number punctuation symbol separator
uppercaseletter lowercaseletter titlecaseletter modifierletter otherletter nonspacingmark spacingmark enclosingmark
decimalnumber letternumber othernumber connectorpunctuation dashpunctuation openpunctuation closepunctuation
initialpunctuation finalpunctuation otherpunctuation mathsymbol currencysymbol modifiersymbol othersymbol
spaceseparator lineseparator paragraphseparator control format privateuse unassigned
alphabetic lowercase uppercase whitespace wspace ideographic ideo unifiedideograph uideo hexdigit hex asciihexdigit
ahex dash diacritic dia emoji emojipresentation emojimodifier emojimodifierbase emojicomponent extendedpictographic
joincontrol joinc variationselector vs quotationmark qmark regionalindicator ri radical math extender ext
""")
SCRIPTS = words("""
Adlam:Adlm Ahom Anatolian_Hieroglyphs:Hluw Arabic:Arab Armenian:Armn Avestan:Avst Balinese:Bali Bamum:Bamu
Bassa_Vah:Bass Batak:Batk Bengali:Beng Bhaiksuki:Bhks Bopomofo:Bopo Brahmi:Brah Braille:Brai Buginese:Bugi Buhid:Buhd
Canadian_Aboriginal:Cans Carian:Cari Caucasian_Albanian:Aghb Chakma:Cakm Cham Cherokee:Cher Chorasmian:Chrs Common:Zyyy
Coptic:Copt Cuneiform:Xsux Cypriot:Cprt Cypro_Minoan:Cpmn Cyrillic:Cyrl Deseret:Dsrt Devanagari:Deva Dives_Akuru:Diak
Dogra:Dogr Duployan:Dupl Egyptian_Hieroglyphs:Egyp Elbasan:Elba Elymaic:Elym Ethiopic:Ethi Garay:Gara Georgian:Geor
Glagolitic:Glag Gothic:Goth Grantha:Gran Greek:Grek Gujarati:Gujr Gunjala_Gondi:Gong Gurmukhi:Guru Gurung_Khema:Gukh
Han:Hani Hangul:Hang Hanifi_Rohingya:Rohg Hanunoo:Hano Hatran:Hatr Hebrew:Hebr Hiragana:Hira Imperial_Aramaic:Armi
Inherited:Zinh Inscriptional_Pahlavi:Phli Inscriptional_Parthian:Prti Javanese:Java Kaithi:Kthi Kannada:Knda
Katakana:Kana Kawi Kayah_Li:Kali Kharoshthi:Khar Khitan_Small_Script:Kits Khmer:Khmr Khojki:Khoj Khudawadi:Sind
Kirat_Rai:Krai Lao:Laoo Latin:Latn Lepcha:Lepc Limbu:Limb Linear_A:Lina Linear_B:Linb Lisu Lycian:Lyci Lydian:Lydi
Mahajani:Mahj Makasar:Maka Malayalam:Mlym Mandaic:Mand Manichaean:Mani Marchen:Marc Masaram_Gondi:Gonm Medefaidrin:Medf
Meetei_Mayek:Mtei Mende_Kikakui:Mend Meroitic_Cursive:Merc Meroitic_Hieroglyphs:Mero Miao:Plrd Modi Mongolian:Mong
Mro:Mroo Multani:Mult Myanmar:Mymr Nabataean:Nbat Nag_Mundari:Nagm Nandinagari:Nand New_Tai_Lue:Talu Newa Nko:Nkoo
Nushu:Nshu Nyiakeng_Puachue_Hmong:Hmnp Ogham:Ogam Ol_Chiki:Olck Ol_Onal:Onao Old_Hungarian:Hung Old_Italic:Ital
Old_North_Arabian:Narb Old_Permic:Perm Old_Persian:Xpeo Old_Sogdian:Sogo Old_South_Arabian:Sarb Old_Turkic:Orkh
Old_Uyghur:Ougr Oriya:Orya Osage:Osge Osmanya:Osma Pahawh_Hmong:Hmng Palmyrene:Palm Pau_Cin_Hau:Pauc Phags_Pa:Phag
Phoenician:Phnx Psalter_Pahlavi:Phlp Rejang:Rjng Runic:Runr Samaritan:Samr Saurashtra:Saur Sharada:Shrd Shavian:Shaw
Siddham:Sidd SignWriting:Sgnw Sinhala:Sinh Sogdian:Sogd Sora_Sompeng:Sora Soyombo:Soyo Sundanese:Sund Sunuwar:Sunu
Syloti_Nagri:Sylo Syriac:Syrc Tagalog:Tglg Tagbanwa:Tagb Tai_Le:Tale Tai_Tham:Lana Tai_Viet:Tavt Takri:Takr Tamil:Taml
Tangsa:Tnsa Tangut:Tang Telugu:Telu Thaana:Thaa Thai Tibetan:Tibt Tifinagh:Tfng Tirhuta:Tirh Todhri:Todr Toto
Tulu_Tigalari:Tutg Ugaritic:Ugar Unknown:Zzzz Vai:Vaii Vithkuqi:Vith Wancho:Wcho Warang_Citi:Wara Yezidi:Yezi Yi:Yiii
Zanabazar_Square:Zanb
""")

Ranges = tuple[tuple[int, int], ...]


def unmatched(pattern: str, text: str) -> list[tuple[str, tuple[int, int]]]:
    return pre_tokenizers.Split(Regex(pattern), "removed").pre_tokenize_str(text)


def matched(pattern: str) -> Ranges:
    """The scalars that a pattern of one character matches, surrogates counted in where both sides are."""
    found = []
    last = 0
    for _, (begin, end) in [*unmatched(f"(?:{pattern})+", ALL), ("", (len(ALL), len(ALL)))]:
        if begin > last:
            found.append((ord(ALL[last]), ord(ALL[begin - 1])))
        last = end
    return tuple(found)


def scalars(ranges: Ranges) -> set[int]:
    return {code for first, last in ranges for code in range(first, last + 1) if not 0xD800 <= code < 0xE000}


def partition(names: list[str]) -> list[tuple[int, int]]:
    """(first, index of the name) of each stretch, for properties of which every scalar has exactly one.

    Each bit of the index is probed by itself, set and not set: a scalar with no property or with two shows there.
    """
    index_of = dict.fromkeys(map(ord, ALL), 0)
    for bit in range((len(names) - 1).bit_length()):
        sides = [[name for i, name in enumerate(names) if i >> bit & 1 == side] for side in (0, 1)]
        without, with_bit = (scalars(matched("[" + "".join(rf"\p{{{n}}}" for n in side) + "]")) for side in sides)
        assert not without & with_bit, bit
        assert len(without) + len(with_bit) == len(ALL), bit
        for code in with_bit:
            index_of[code] |= 1 << bit
    found: list[tuple[int, int]] = []
    for code, index in index_of.items():
        if not found or found[-1][1] != index:
            found.append((code, index))
    return found


def normalized(name: str) -> str:
    return name.replace("_", "").lower()


def emit_properties() -> None:
    stretches = partition(CATEGORIES)
    emit("Stretch kCategories", (f"{{0x{first:04X}, {index}}}" for first, index in stretches))
    of_category: list[set[int]] = [set() for _ in CATEGORIES]
    for (first, index), (end, _) in zip(stretches, [*stretches[1:], (0x110000, 0)], strict=True):
        of_category[index] |= scalars(((first, end - 1),))
    for name, codes in zip(CATEGORIES, of_category, strict=True):
        wrong = [code for code in codes if unicodedata.category(chr(code)) not in (name, "Cn")]
        # Some characters have changed their category since Python's version.
        if len(wrong) > 20:
            sys.exit(f"{name}: unexpected {[f'U+{code:04X}' for code in wrong[:20]]}")
    scripts = partition([name.split(":")[0] for name in SCRIPTS])
    emit("Stretch kScripts", (f"{{0x{first:04X}, {index}}}" for first, index in scripts))

    # name -> the general categories that it is made of, a script, or ranges of its own
    properties: dict[str, tuple[str, int, int]] = {}
    for index, name in enumerate(SCRIPTS):
        for spelling in name.split(":"):
            properties[normalized(spelling)] = ("kScript", index, 0)
    for index, name in enumerate(CATEGORIES):
        properties[normalized(name)] = ("kCategoryMask", 1 << index, 0)
    own: list[tuple[int, int]] = []
    known: dict[Ranges, tuple[str, int, int]] = {}
    # Outside of brackets, six characters of Latin-1 more are words. No pattern can spell this name.
    probes = {name: rf"[\p{{{name}}}]" for name in NAMES} | {"bare-word": r"\w"}
    for name, probe in probes.items():
        ranges = matched(probe)
        if ranges not in known:
            codes = scalars(ranges)
            mask = [index for index, category in enumerate(of_category) if category <= codes]
            if sum(len(of_category[index]) for index in mask) == len(codes):
                known[ranges] = ("kCategoryMask", sum(1 << index for index in mask), 0)
            else:
                known[ranges] = ("kRanges", len(own), len(own) + len(ranges))
                own += ranges
        properties[name] = known[ranges]
    # These stand for each other.
    for escape, name in {r"\d": "digit", r"\s": "space", r"\h": "xdigit", "[[:punct:]]": "posixpunct"}.items():
        assert properties[name] == known[matched(escape)], escape
    for name in ["alnum", "alpha", "blank", "cntrl", "graph", "lower", "print", "upper", "word", "ascii"]:
        assert properties[name] == known[matched(f"[[:{name}:]]")], name
    emit("CodeRange kPropertyRanges", (f"{{0x{first:04X}, 0x{last:04X}}}" for first, last in own))
    emit(
        "Property kProperties",
        (f'{{"{name}", {kind}, {begin}, {end}}}' for name, (kind, begin, end) in sorted(properties.items())),
    )


def emit_folds() -> None:
    """Which characters match each other, and which match sequences, under (?i)."""
    cased = sorted(scalars(matched(r"[\p{CWCM}\p{CWCF}\p{Cased}]")))
    text = "\n".join(map(chr, cased))
    groups: set[tuple[int, ...]] = set()
    folds: dict[str, list[int]] = {}
    for code in cased:
        matches = set(cased)
        kept = [piece for piece, _ in unmatched(f"(?i:\\x{{{code:X}}})|\\n", text)]
        matches -= {ord(c) for piece in kept for c in piece}
        assert code in matches
        if len(matches) > 1:
            groups.add(tuple(sorted(matches)))
        folded = chr(code).casefold()
        if len(folded) > 1:
            assert not unmatched(f"\\A(?i:\\x{{{code:X}}})\\z", folded), f"U+{code:04X}"
            folds.setdefault(folded, []).append(code)
    several = {code for unfolds in folds.values() for code in unfolds}
    # Characters with a folding of several characters match each other through it: that is not a group.
    groups = {group for group in groups if not several & set(group)}
    assert sum(map(len, groups)) == len({code for group in groups for code in group}), "groups overlap"
    assert all(len(group) <= 4 for group in groups)
    assert all(len(unfolds) <= 2 for unfolds in folds.values())
    emit("CaseGroup kCaseGroups", (braces(group) for group in sorted(groups)))
    # Two characters before three: the order in which the reference tries them.
    ordered = sorted(folds.items(), key=lambda item: (len(item[0]), item[0]))
    emit("CaseFold kCaseFolds", (f"{{{braces(map(ord, folded))}, {braces(unfolds)}}}" for folded, unfolds in ordered))


def braces(codes: Iterable[Any]) -> str:
    return f"{{{', '.join(f'0x{code:04X}' for code in codes)}}}"


def main() -> None:
    check_reference()
    print(f"// Generated by generate_regex.py from tokenizers {REFERENCE}; do not edit.")
    print("// clang-format off")
    print(f"// The categories, in order: {' '.join(CATEGORIES)}")
    emit_properties()
    emit_folds()


if __name__ == "__main__":
    main()
