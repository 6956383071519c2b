"""Tools: the schemas of functions, and what a template sees of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leanformers import get_json_schema
from leanformers.errors import (
    InputValueError,
)

from .chat_templates import HEADERS, TOOLS
from .conversations import TALK, Both, same
from .tools import Shop, everything, get_weather, nothing

FUNCTIONS = [get_weather, everything, nothing, Shop().price]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_schemas_of_functions_are_those_of_transformers(function: Callable[..., Any]) -> None:
    reference = pytest.importorskip("transformers.utils")
    assert get_json_schema(function) == reference.get_json_schema(function)


def test_tools_and_documents_reach_the_template(both: Both) -> None:
    documents = [{"title": "A", "text": "one"}, {"title": "B", "text": "two"}]
    text = same(both, TALK, tools=FUNCTIONS, documents=documents, chat_template=TOOLS)
    assert "unit: string in" in text
    assert "Document 2 of 2: B" in text
    same(both, TALK, tools=[get_json_schema(get_weather)], chat_template=HEADERS)
    same(both, TALK, tools=[], chat_template=HEADERS)


def no_docstring(x: int) -> None: ...
def no_hint(x) -> None:  # type: ignore[no-untyped-def]
    """Args missing their hints."""


def no_line(number: int) -> None:
    """Args without a line."""


def odd_type(path: Path) -> None:
    """Odd.

    Args:
        path: A path.
    """


def long_tuple(values: tuple[int, ...]) -> None:
    """Odd.

    Args:
        values: Some.
    """


def bad_choices(kind: str) -> None:
    """Odd.

    Args:
        kind: Which (choices: [a, b])
    """


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (no_docstring, "no_docstring.*docstring"),
        (no_hint, "no_hint.*'x'.*hint"),
        (no_line, "no_line.*'number'"),
        (odd_type, "odd_type.*'path'.*Path"),
        (long_tuple, "long_tuple.*'values'.*list"),
        (bad_choices, "bad_choices.*'kind'.*JSON"),
    ],
)
def test_a_function_without_a_schema_is_named_with_its_argument(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(InputValueError, match=words):
        get_json_schema(function)
