"""A chat template that is compiled once: it renders messages, and says where the assistant's words stand in the text.

template text → **compile_template** → ChatTemplate.render → Rendering → rendering.py
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import jinja2
from jinja2 import meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension

from ...errors import MissingDependencyError
from .sandbox import STATE, State, make_environment

__all__ = ["ChatTemplate", "Rendering", "compile_template", "line_of"]

MAX_LENGTH = 20_000_000  # characters of one rendering; the longest contexts have less than half of it
_SAFE = (3, 1, 6)  # of jinja2; older ones have ways out of the sandbox that are known


class Rendering(NamedTuple):
    """A rendered conversation, and where (begin, end) in it the assistant's words stand, in characters."""

    text: str
    assistant_spans: list[tuple[int, int]]


class _GenerationBlocks(Extension):
    """`{% generation %} … {% endgeneration %}`: the part of a conversation that the assistant wrote.

    The block's text is put between two marks, characters that the conversation does not have, and these are taken out
    of the finished text. So a block may also stand in a macro or a captured text.
    """

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: Any) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        call = self.call_method("_marked", [nodes.ContextReference()])
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _marked(self, context: Any, caller: Any) -> str:
        marks = context[STATE].marks
        text = str(caller())
        return text if marks is None else marks[0] + text + marks[1]


class ChatTemplate:
    """A compiled template.

    Attributes:
        variables: the names that it reads.
        literals: the texts that it writes itself.
        has_generation_blocks: whether it says which words are the assistant's.
    """

    def __init__(self, source: str) -> None:
        environment = make_environment(_GenerationBlocks)
        tree = environment.parse(source)
        self.variables = meta.find_undeclared_variables(tree)
        self.literals = [node.data for node in tree.find_all(nodes.TemplateData)]
        self.literals += [node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str)]
        self.has_generation_blocks = any(node.name == "_marked" for node in tree.find_all(nodes.ExtensionAttribute))
        self._template = environment.from_string(source)

    def render(self, variables: Mapping[str, Any], marks: str | None = None) -> Rendering:
        """The text for `variables`; with `marks`, two characters that do not occur in them, the spans too.

        Raises:
            Exception: whatever goes wrong in the template; `line_of` tells where.
        """
        parts: list[str] = []
        length = 0
        for part in self._template.generate({**variables, STATE: State(marks)}):
            parts.append(part)
            length += len(part)
            if length > MAX_LENGTH:
                raise SecurityError(f"it writes more than {MAX_LENGTH:,} characters")
        text = "".join(parts)
        return Rendering(text, []) if marks is None else _without_marks(text, marks)


def _without_marks(text: str, marks: str) -> Rendering:
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    open_at: list[int] = []
    length = 0
    begin = 0
    for mark in re.finditer(f"[{marks}]", text):
        parts.append(text[begin : mark.start()])
        length += mark.start() - begin
        begin = mark.end()
        if mark[0] == marks[0]:
            open_at.append(length)
        elif open_at:  # a template that cuts captured text may have cut off the other mark
            spans.append((open_at.pop(), length))
    return Rendering("".join([*parts, text[begin:]]), sorted(spans))


def line_of(error: BaseException) -> int | None:
    """The line of the template at which it stopped, or None if it cannot be told."""
    line: int | None = getattr(error, "lineno", None)
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == "<template>":
            line = step.tb_lineno
        step = step.tb_next
    return line


@lru_cache(maxsize=32)
def compile_template(source: str) -> ChatTemplate:
    """The compiled template; the last ones are remembered.

    Raises:
        MissingDependencyError: jinja2 is too old to be safe.
        jinja2.TemplateSyntaxError: it is no template.
    """
    version = tuple(int(part) for part in jinja2.__version__.split(".")[:3] if part.isdigit())
    if version < _SAFE:
        wanted = ".".join(map(str, _SAFE))
        raise MissingDependencyError(
            f"chat templates need jinja2 {wanted} or newer, not {jinja2.__version__}, whose sandbox has known holes: "
            f"pip install 'jinja2>={wanted}'"
        )
    return ChatTemplate(source)
