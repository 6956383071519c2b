"""Traps 61 to 66 of the reference: from ids back to text."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from leanformers import DecodeStream, PreTrainedTokenizer
from leanformers.errors import TokenIdError
from leanformers.tokenizers.spec import Spec

tokenizers = pytest.importorskip("tokenizers")
from .documents import added, document, words  # noqa: E402
from .side_by_side import Both  # noqa: E402
from .test_components import gpt2, llama  # noqa: E402
from .test_families import t5  # noqa: E402


def decoded(decoder: dict[str, Any] | None, *tokens: str, **parts: Any) -> str:
    """The text of tokens, after comparing."""
    both = Both(document(words("[?]", *dict.fromkeys(tokens)), decoder=decoder, **parts))
    ids = [both.cores["fused"].token_to_id(token) for token in tokens]
    both.compare_decoding(ids)
    return str(both.cores["fused"].decode(ids))


def test_trap_61_word_piece_keeps_the_prefix_of_the_first_token_and_cleans_each_token() -> None:
    word_piece = {"type": "WordPiece", "prefix": "##", "cleanup": True}
    assert decoded(word_piece, "##a", "##b", "c") == "##ab c"
    assert decoded(word_piece, "a", ".", "do", "n't", "it", "'s") == "a. don't it's"
    assert decoded(word_piece, "a", "'", "b") == "a ' b"  # over the borders of tokens nothing is cleaned
    assert decoded({**word_piece, "cleanup": False}, "a", ".") == "a ."


def test_trap_62_byte_fallback_gives_a_replacement_for_each_invalid_byte() -> None:
    fallback = {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]}
    assert decoded(fallback, "<0xC3>", "<0xA9>") == "é"
    assert decoded(fallback, "a", "<0xC3>", "<0xA9>", "<0xFF>", "b") == "a\ufffd\ufffd\ufffdb"
    assert decoded(fallback, "<0xZZ>", "<0x4>") == "<0xZZ><0x4>"


def test_trap_63_byte_level_keeps_characters_that_stand_for_no_byte() -> None:
    byte_level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    assert decoded(byte_level, "Ã©", "中", "Ġa") == "é中 a"
    assert decoded(byte_level, "Ã", "b") == "\ufffdb"
    decoded(byte_level, "Ã中", "©")


def test_trap_64_the_other_decoders() -> None:
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    assert decoded(metaspace, "▁▁a", "▁b▁") == "a b "
    assert decoded({**metaspace, "prepend_scheme": "never"}, "▁a", "▁b") == " a b"
    strip = {"type": "Strip", "content": "a", "start": 1, "stop": 2}
    assert decoded(strip, "aabaaa", "a", "b") == "aba" + "b"
    assert decoded({"type": "Fuse"}, "a", "b") == "ab"
    assert decoded({"type": "BPEDecoder", "suffix": "</w>"}, "a</w>", "b", "c</w>") == "a bc"
    ctc = {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": True}
    assert decoded(ctc, "a", "a", "<pad>", "a", "|", "b", "b") == "aa b"


def test_trap_65_without_decoder_tokens_are_joined_and_special_is_what_looks_so() -> None:
    assert decoded(None, "a", "b") == "a b"
    both = Both(document(words("?", "a", "[S]"), added_tokens=[added(2, "[S]", special=True)]))
    both.compare_decoding([1, 2, 1])
    assert both.cores["fused"].decode([1, 2, 1], skip_special_tokens=True) == "a a"
    with pytest.raises(IndexError, match="id 99"):
        both.cores["fused"].decode([99])  # the reference leaves it out in silence


@pytest.mark.parametrize("family", ["gpt2", "t5", "llama"])
@pytest.mark.parametrize("skip", [False, True])
def test_trap_66_a_stream_holds_back_what_is_no_whole_character(
    family: str, skip: bool, corpus_lines: list[str], test_data: Path
) -> None:
    build = {"gpt2": gpt2, "t5": t5, "llama": llama}[family]
    reference = build(corpus_lines[:300], test_data)
    tokenizer = PreTrainedTokenizer(Spec(json.loads(reference.to_str())))
    chosen = random.Random(4)
    held = 0
    for text in ["naïve 中文字 😀👩‍👩‍👧 e\u0301", " a  b ", *chosen.sample(corpus_lines, 60)]:
        ids = tokenizer(text, verbose=False)["input_ids"]
        ours = DecodeStream(tokenizer, skip_special_tokens=skip)
        theirs = tokenizers.decoders.DecodeStream(skip_special_tokens=skip)
        pieces = [ours.step(number) for number in ids]
        assert pieces == [theirs.step(reference, number) for number in ids], text
        held += pieces.count(None)
        begun = DecodeStream(tokenizer, ids[:3], skip_special_tokens=skip)
        other = tokenizers.decoders.DecodeStream(ids[:3], skip_special_tokens=skip)
        for number in ids[3:]:
            piece = begun.step(number)
            try:
                assert piece == other.step(reference, number), text
            except Exception:  # it gives up where the prompt ends inside a character
                break
    assert held > 0


def test_a_stream_goes_on_after_an_id_that_does_not_exist(cased: Any) -> None:
    stream = DecodeStream(cased)
    ids = cased("naive test", add_special_tokens=False)["input_ids"]
    first = stream.step(ids[0])
    with pytest.raises(TokenIdError, match="1000000, which the vocabulary"):
        stream.step(1_000_000)
    assert [first, *map(stream.step, ids[1:])] == ["naive", " test"]
