"""Traps 44 to 60 of the reference: truncation, padding, special tokens, offsets."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tokenizers")
from leanformers import _core

from .documents import added, document, words
from .side_by_side import STRATEGIES, Both, Failed, call

LETTERS = words("?", *"abcdefghijklmno<>")  # ids 0 to 17
LETTERWISE = {"type": "Split", "pattern": {"String": ""}, "behavior": "Isolated", "invert": False}
TOKENS = [added(18, "[C]", special=True), added(19, "[S]", special=True)]
BERT = {"type": "BertProcessing", "sep": ["[S]", 19], "cls": ["[C]", 18]}
ROBERTA = {"type": "RobertaProcessing", "sep": ["[S]", 19], "cls": ["[C]", 18], "trim_offsets": True,
           "add_prefix_space": True}  # fmt: skip
LONGEST, FIRST, SECOND = STRATEGIES["longest_first"], STRATEGIES["only_first"], STRATEGIES["only_second"]


def letterwise(post_processor: dict[str, Any] | None = None, **parts: Any) -> Both:
    return Both(
        document(LETTERS, pre_tokenizer=LETTERWISE, added_tokens=TOKENS, post_processor=post_processor, **parts)
    )


def template(single: str, pair: str, **special: list[int]) -> dict[str, Any]:
    """`"C A0 S B1"`: names with type ids; a name alone has type 0."""

    def piece(word: str) -> dict[str, Any]:
        name, type_id = word.rstrip("012"), int(word.lstrip("ABCS") or 0)
        return {"Sequence" if name in "AB" else "SpecialToken": {"id": name, "type_id": type_id}}

    names = {18: "[C]", 19: "[S]"}
    special = special or {"C": [18], "S": [19]}
    tokens = {name: {"id": name, "ids": ids, "tokens": [names[i] for i in ids]} for name, ids in special.items()}
    pieces = {"single": list(map(piece, single.split())), "pair": list(map(piece, pair.split()))}
    return {"type": "TemplateProcessing", **pieces, "special_tokens": tokens}


def test_trap_44_the_odd_token_stays_with_one_side() -> None:
    both = letterwise()
    assert both.same("abcdefgh", "ijklmno", max_length=5, truncation=LONGEST)[0] == [1, 2, 3, 9, 10]
    assert both.same("ijklmno", "abcdefgh", max_length=5, truncation=LONGEST)[0] == [9, 10, 1, 2, 3]
    for first in range(9):
        for second in range(9):
            for room in range(1, 18):
                both.compare("abcdefghi"[:first], "abcdefghi"[:second], max_length=room, truncation=LONGEST)


def test_trap_45_a_side_that_cannot_give_way_is_an_error() -> None:
    both = letterwise()
    for strategy, pair in ((FIRST, ("a", "bcdef")), (SECOND, ("abcdef", "a")), (SECOND, ("abcdef", None))):
        both.compare(*pair, max_length=3, truncation=strategy)
        second = None if pair[1] is None else [pair[1]]
        with pytest.raises(ValueError, match="only_"):
            both.cores["fused"].encode([pair[0]], second, max_length=3, truncation=strategy)


def test_trap_46_a_stride_of_all_tokens_is_an_error() -> None:
    both = letterwise(BERT)
    for stride in (3, 4, 100):
        refused = call(both.reference.enable_truncation, 5, stride=stride)
        assert isinstance(refused, Failed) or isinstance(call(both.reference.encode, "abcdef"), Failed)
        both.reference.no_truncation()
        with pytest.raises(ValueError, match="stride"):
            both.cores["fused"].encode(["abcdef"], max_length=5, stride=stride, overflow=True)
    assert both.same("abcdef", max_length=5, truncation=LONGEST, overflow=True, stride=2)[0] == [18, 1, 2, 3, 19]


def test_trap_47_special_tokens_count_only_where_they_are_added() -> None:
    both = letterwise(BERT)
    assert both.same("abcdef", max_length=4, truncation=LONGEST)[0] == [18, 1, 2, 19]
    assert both.same("abcdef", max_length=4, truncation=LONGEST, add_special_tokens=False)[0] == [1, 2, 3, 4]
    for room in (0, 1):  # the reference then leaves the text as long as it is
        with pytest.raises(ValueError, match="special tokens"):
            both.cores["fused"].encode(["abc"], max_length=room)


def test_trap_48_no_room_gives_an_empty_row_and_all_of_it_in_the_next() -> None:
    both = letterwise()
    assert both.same("abc", max_length=0, truncation=LONGEST)[0] == []
    both.compare("abc", max_length=0, truncation=LONGEST, overflow=True)
    letterwise(BERT).compare("abc", max_length=2, truncation=LONGEST, overflow=True)


@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("strategy", [LONGEST, FIRST, SECOND])
def test_trap_49_overflow_of_pairs_and_from_the_left(strategy: Any, left: bool) -> None:
    for post_processor in (None, BERT):
        both = letterwise(post_processor)
        for stride in (0, 1):
            options = {"truncation": strategy, "truncate_left": left, "overflow": True, "stride": stride}
            both.compare("abcdefg", "hijklmn", max_length=10, **options)
            both.compare("abcdefg", "hijklmn", max_length=12, **options)
            if strategy != SECOND:
                both.compare("abcdefg", max_length=6, **options)


def test_trap_50_no_part_of_the_overflow_is_lost() -> None:
    both = letterwise()
    text = "abcdefghijklmno" * 3
    encoded = both.cores["fused"].encode([text], max_length=4, overflow=True)
    assert [number for row in encoded.lists(_core.Column.IDS) for number in row] == [1 + i % 15 for i in range(45)]
    both.compare(text, max_length=4, truncation=LONGEST, overflow=True)


@pytest.mark.parametrize("left", [False, True])
def test_trap_51_padding_of_every_column(left: bool) -> None:
    both = letterwise(BERT)
    for multiple in (None, 4, 7):
        both.compare_padding(["abc", "", "a", "abcdefgh"], left, multiple)


def test_trap_52_templates() -> None:
    both = letterwise(template("C1 A2 S", "C A1 S S B2 S1"))
    both.compare("ab")
    both.compare("ab", "c")
    both.compare("ab", "c", add_special_tokens=False)  # the types are the template's all the same
    both = letterwise(template("S A", "S A B", S=[18, 19, 18]))
    assert both.same("a")[0] == [18, 19, 18, 1]
    both = letterwise(template("A", "B1 A"))
    both.compare("ab", "c")
    both = letterwise(template("C A S A1", "A B"))
    both.different.add("SEQUENCE_IDS")  # of a text that is there twice, the reference knows only the last place
    both.compare("ab")


def test_trap_53_types_without_post_processor_and_with_roberta_s() -> None:
    for post_processor, types in ((None, [0, 1]), (ROBERTA, [0] * 6)):
        both = letterwise(post_processor)
        both.compare("a", "b")
        both.compare("a", "b", add_special_tokens=False)
        assert both.cores["fused"].encode(["a"], ["b"]).lists(_core.Column.TYPE_IDS)[0] == types


def test_trap_54_trimmed_offsets_count_the_characters_of_the_token() -> None:
    splitter = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    vocab = {token: i for i, token in enumerate(["?", "Ġ", "Ã", "©", "x", "Ġa", "ĠĠ", "Ġx"])}
    model = {"type": "BPE", "vocab": vocab, "merges": [], "unk_token": "?"}
    both = Both(document(model, pre_tokenizer=splitter, post_processor=splitter))
    assert both.same("é  x")[1][:2] == [(0, 0), (0, 1)]
    for text in ("a", " a", "  a", "x x", "\tx", " "):
        both.compare(text)
        both.compare(text, text)


@pytest.mark.parametrize("first", ["template", "trimming"])
def test_trap_55_post_processors_in_a_sequence(first: str) -> None:
    trimming = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    parts = [template("C A S", "C A S B1 S1"), trimming]
    sequence = {"type": "Sequence", "processors": parts if first == "template" else parts[::-1]}
    model = words("?", *"ab", "Ġa", "Ġ b ", *"cdefghijklmno")  # ids 0 to 17, as TOKENS wants
    both = Both(document(model, added_tokens=TOKENS, post_processor=sequence))
    for text in ("a", "Ġa", "Ġ b "):
        both.compare(text)
        both.compare(text, text)
    # Sequence ids are 0, 1 and None here; the reference counts the template's pieces.
    assert both.cores["fused"].encode(["a"], ["a"]).lists(_core.Column.SEQUENCE_IDS)[0] == [None, 0, None, 1, None]


def test_trap_56_offsets_are_characters() -> None:
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    model = {"type": "BPE", "vocab": {t: i for i, t in enumerate(bytes_)}, "merges": [], "byte_fallback": True}
    assert Both(document(model)).same("é😀")[1] == [(0, 1)] * 2 + [(1, 2)] * 4


def test_trap_57_ligatures_share_an_offset_and_what_goes_leaves_a_gap() -> None:
    both = letterwise(normalizer={"type": "NFKC"})
    assert both.same("aﬁb")[1] == [(0, 1), (1, 2), (1, 2), (2, 3)]
    both = letterwise(normalizer={"type": "Replace", "pattern": {"String": "x"}, "content": ""})
    assert both.same("axxb")[1] == [(0, 1), (3, 4)]


def test_trap_58_offsets_of_words_are_in_the_word() -> None:
    both = letterwise(BERT)
    both.compare(["ab", "", "c"], words=True)
    encoded = both.cores["fused"].encode([["ab", "", "c"]], words=True, details=True)
    assert encoded.lists(_core.Column.SPANS)[0] == [(0, 0), (0, 1), (1, 2), (0, 1), (0, 0)]
    assert encoded.lists(_core.Column.WORD_IDS)[0] == [None, 0, 0, 2, None]


def test_trap_59_the_quick_call_gives_the_same_ids() -> None:
    both = letterwise(BERT)
    texts = ["abc", "", "x"]
    fast = [row.ids for row in both.reference.encode_batch_fast(texts)]
    assert both.cores["fused"].encode(texts).lists(_core.Column.IDS) == fast  # without details


def test_trap_60_a_lone_surrogate_is_the_replacement_character() -> None:
    both = letterwise(BERT)
    with pytest.raises(TypeError):
        both.reference.encode("a\ud800")
    for core in both.cores.values():
        for text in ("a\ud800b", "\udfff", "a\ud83d\ude00"):
            replaced = "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)
            rows = core.encode([text, replaced], details=True)
            for column in (_core.Column.IDS, _core.Column.SPANS):
                ours, expected = rows.lists(column)
                assert ours == expected
    assert both.same("a\x00b")[0] == [18, 1, 0, 2, 19]
    assert both.same("")[0] == [18, 19]
