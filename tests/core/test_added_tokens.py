"""Added tokens: leftmost, longest first, with the reference's rules for words, white space and normalized text."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import build

FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")
TEXTS = [
    "", "<a>", "x<a>y", "x <a> y", "x  <a>\t\n<a>  y", "<a><a>", " <a>", "<a> ", "a<a>b", "_<a>_", "é<a>\u0301", "<A>",
    "x<a>\u3000<ab>\u00a0y", "<a", "<<a>>", "<a>[MASK]<ab>", "[MASK] <a>", "İ<a>İ", "中<a>中", "\u200d<a>\u200d",
    "<ab>", "1<a>1",
]  # fmt: skip


@pytest.mark.parametrize("flags", list(itertools.product((False, True), repeat=5)), ids=str)
def test_every_combination_of_flags(flags: tuple[bool, ...]) -> None:
    options: dict[str, Any] = dict(zip(FLAGS, flags, strict=True))
    build([{"content": "<a>", **options}, {"content": "<ab>", "normalized": False}]).compare(TEXTS)


def test_the_longest_of_several_wins_and_hides_shorter_ones_even_when_it_is_discarded() -> None:
    added = [{"content": "foo"}, {"content": "foobar", "single_word": True}, {"content": "bar"}]
    texts = ["foobar", "foobarx bar", "xfoobar", "foo bar", "foobar foo"]
    build([{**token, "normalized": False} for token in added]).compare(texts)
    build([{**token, "normalized": True} for token in added]).compare(texts)


def test_a_token_that_begins_inside_white_space_taken_by_the_one_before() -> None:
    added = [{"content": "<a>", "rstrip": True, "normalized": False}, {"content": "  ", "normalized": False}]
    build(added).compare(["x<a>  x", "x<a>   x", "<a>  ", "x  <a>"])


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_tokens_in_any_text(data: st.DataObject) -> None:
    content = st.text(alphabet="abAB[] \u0301é", min_size=1, max_size=4).filter(lambda text: text.strip())
    contents = data.draw(st.lists(content, min_size=1, max_size=4, unique_by=str.lower))
    # Tokens that are the same once normalized have no defined winner in the reference.
    flags = st.fixed_dictionaries({flag: st.booleans() for flag in FLAGS})
    added = [{"content": text, **data.draw(flags), "normalized": False} for text in contents]
    texts = data.draw(st.lists(st.text(alphabet="abAB[] \u0301é\u3000_", max_size=20), max_size=8))
    build(added).compare([*texts, "".join(contents), " ".join(contents)])
