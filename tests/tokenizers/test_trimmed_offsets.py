"""Offsets without outer spaces, and Metaspace's first stretch, around added tokens that take spaces with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leanformers import AutoTokenizer

tokenizers = pytest.importorskip("tokenizers")
TEXTS = (
    "a <m> b", "<m>", " <m>", "  <m>  ", "a\u3000<m>\n b", "a <q> b", " <q> ", "aĠxb", "   <m>   <m>  ", " a", "  a",
    "   a", "<m> a", "<m>  a", "a", "", " ",
)  # fmt: skip


def both(model: Any, pre_tokenizer: Any, post_processor: Any, write_folder: Callable[..., Path]) -> tuple[Any, Any]:
    theirs = tokenizers.Tokenizer(model)
    theirs.pre_tokenizer = pre_tokenizer
    special = [("<m>", True, True), (" <q> ", False, False), ("Ġx", False, False), ("<s>", False, False)]
    theirs.add_special_tokens(
        [tokenizers.AddedToken(token, lstrip=left, rstrip=right) for token, left, right in special]
    )
    if post_processor is not None:
        theirs.post_processor = post_processor
    return AutoTokenizer.from_pretrained(write_folder(tokenizer__json=json.loads(theirs.to_str()))), theirs


@pytest.mark.parametrize("add_prefix_space", [False, True])
@pytest.mark.parametrize("kind", ["ByteLevel", "RobertaProcessing"])
def test_spaces_that_an_added_token_took_are_trimmed(
    write_folder: Callable[..., Path], kind: str, add_prefix_space: bool
) -> None:
    vocab = {"Ġ": 0, "a": 1, "b": 2, "<s>": 3, "ĠĠ": 4, "ĠĠa": 5, "Ċ": 6}
    model = tokenizers.models.BPE(vocab, [("Ġ", "Ġ"), ("ĠĠ", "a")])
    pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space, use_regex=False)
    flags = {"trim_offsets": True, "add_prefix_space": add_prefix_space}
    post_processor = (
        tokenizers.processors.ByteLevel(**flags)
        if kind == "ByteLevel"
        else tokenizers.processors.RobertaProcessing(("<s>", 3), ("<s>", 3), **flags)
    )
    ours, theirs = both(model, pre_tokenizer, post_processor, write_folder)
    for text in TEXTS:
        row, other = ours(text, return_offsets_mapping=True), theirs.encode(text)
        assert (row["input_ids"], row["offset_mapping"]) == (other.ids, other.offsets), text
    for side in ("left", "right"):
        options = {"return_offsets_mapping": True, "truncation": True, "max_length": 6}
        ours.truncation_side = side
        rows = ours([*TEXTS] * 400, **options)  # so much that rows are written where they stay
        alone = [ours(text, **options) for text in TEXTS]
        for name in ("input_ids", "offset_mapping"):
            assert rows[name] == [row[name] for row in alone] * 400


def test_metaspace_first_is_the_same_with_and_without_offsets(write_folder: Callable[..., Path]) -> None:
    vocab = {"▁": 0, "a": 1, "b": 2, "<s>": 3, "▁a": 4, "▁b": 5}
    model = tokenizers.models.BPE(vocab, [("▁", "a"), ("▁", "b")])
    metaspace = tokenizers.pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    ours, theirs = both(model, metaspace, None, write_folder)
    for text, pair in (("a<m>b", None), ("<m>b", None), ("a", "b"), ("a<m>b", "a<s>b"), ("b", "<s>a")):
        expected = theirs.encode(text, pair).ids
        assert ours(text, pair)["input_ids"] == expected
        assert ours(text, pair, return_offsets_mapping=True)["input_ids"] == expected
