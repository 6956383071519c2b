"""The sandbox in which chat templates run: jinja2's own, with bounds on how much a template may compute and write.

template text → **compile_template** → **Rendering** (text, and where the assistant's blocks stand in it) → chat.py

A template comes with a checkpoint, so that it is as little trusted as any file. jinja2's ImmutableSandboxedEnvironment
keeps it from Python's internals; what is added here stops one that only wants to use up time or memory.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import jinja2
from jinja2 import meta, nodes
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from ..errors import MissingDependencyError
from .chat_limits import check_call, check_operator, check_result

__all__ = ["MAX_LENGTH", "MAX_STEPS", "ChatTemplate", "Rendering", "compile_template", "line_of"]

MAX_STEPS = 5_000_000  # rounds of loops in one rendering: seconds at most
_STEPS_OF_CALL = 10
MAX_LENGTH = 50_000_000  # characters of one rendering; the longest contexts have a tenth of it
_STATE = "rendering state"  # no template can write this name: it has a space in it
_SAFE = (3, 1, 6)  # of jinja2; older ones have ways out of the sandbox that are known


class Rendering(NamedTuple):
    """A rendered conversation, and where (begin, end) in it the assistant's words stand, in characters."""

    text: str
    assistant_spans: list[tuple[int, int]]


class _State:
    """What belongs to one rendering: the marks around the assistant's blocks, and the steps that are left."""

    def __init__(self, marks: str | None) -> None:
        self.marks = marks
        self.steps = MAX_STEPS

    def step(self, steps: int = 1) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise SecurityError(f"it takes more than {MAX_STEPS:,} steps")


class _Counted:
    """What a loop goes over; each round is a step."""

    def __init__(self, items: Any, state: _State) -> None:
        self.items = items
        self.state = state

    def __iter__(self) -> Iterator[Any]:
        for item in self.items:
            self.state.step()
            yield item

    def __len__(self) -> int:  # an error for an iterator, and jinja2 then counts otherwise
        return len(self.items)


class _Bounded(NodeTransformer):
    """Puts the bounds into a parsed template: loops count their rounds, `~` looks at what it would make."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, "counted", [], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(parts, "concatenated", [], [], None, None, lineno=node.lineno)


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
        marks = context[_STATE].marks
        text = str(caller())
        return text if marks is None else marks[0] + text + marks[1]


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template: nodes.Template = _Bounded().visit(super()._parse(source, name, filename))
        template.set_environment(self)
        return template

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        check_operator(operator, left, right)
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        __context[_STATE].step(_STEPS_OF_CALL)
        method = getattr(__obj, "__wrapped__", __obj)  # jinja2 wraps str.format
        owner = getattr(method, "__self__", None)
        if isinstance(owner, str):
            check_call(getattr(method, "__name__", ""), (owner, *args, *kwargs.values()))
        return check_result(super().call(__context, __obj, *args, **kwargs))

    def unsafe_undefined(self, obj: Any, attribute: str) -> Any:
        """An error at once; in jinja2 it would print as nothing."""
        raise SecurityError(f"it asks for the attribute {attribute!r} of a {type(obj).__name__}, which is not safe")


class _Namespace(Namespace):
    """`namespace(…)` without names that begin with an underscore: those are Python's."""

    def __init__(*args: Any, **kwargs: Any) -> None:
        self, *given = args
        values = dict(*given, **kwargs)
        for name in values:
            _Namespace._check(name)
        Namespace.__init__(self, values)

    def __setitem__(self, name: str, value: Any) -> None:
        _Namespace._check(name)
        super().__setitem__(name, value)

    @staticmethod
    def _check(name: Any) -> None:
        if str(name).startswith("_"):
            raise SecurityError(f"it sets {name!r} of a namespace; names there must not begin with an underscore")


class _Dict:
    """`dict(…)` and `dict.fromkeys(…)`, and nothing else of the class."""

    def __call__(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return dict(*args, **kwargs)

    def fromkeys(self, keys: Any, value: Any = None) -> dict[Any, Any]:
        return dict.fromkeys(keys, value)


def _raise_exception(message: Any) -> None:
    raise TemplateError(str(message))


def _strftime_now(format: str) -> str:
    return datetime.datetime.now().strftime(format)


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """JSON as it is; jinja2's own filter writes it for HTML."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


@jinja2.pass_context
def _counted(context: Any, items: Any) -> Any:
    return _Counted(items, context[_STATE])


def _concatenated(parts: Sequence[Any]) -> str:
    texts = [str(part) for part in parts]
    check_call("join", ("", texts))
    return "".join(texts)


def _bounded_filter(name: str, function: Any) -> Any:
    """`function` with what it is given and what it gives looked at; its jinja2 marks (pass_context …) are kept."""
    place = 1 if hasattr(function, "jinja_pass_arg") else 0

    def bounded(*args: Any, **kwargs: Any) -> Any:
        check_call(f"|{name}", (*args[place:], *kwargs.values()))
        return check_result(function(*args, **kwargs))

    if place:
        bounded.jinja_pass_arg = function.jinja_pass_arg  # type: ignore[attr-defined]
    return bounded


def _make_environment() -> _Environment:
    environment = _Environment(trim_blocks=True, lstrip_blocks=True, extensions=[_GenerationBlocks, loopcontrols])
    environment.filters["tojson"] = _tojson
    for name, function in list(environment.filters.items()):
        environment.filters[name] = _bounded_filter(name, function)
    environment.filters.update(counted=_counted, concatenated=_concatenated)
    environment.globals.update(
        raise_exception=_raise_exception, strftime_now=_strftime_now, dict=_Dict(), namespace=_Namespace
    )
    del environment.globals["lipsum"]  # writes as much as it is asked for, and nothing that a chat needs
    return environment


class ChatTemplate:
    """A compiled template.

    Attributes:
        variables: the names that it reads.
        literals: the texts that it writes itself.
        has_generation_blocks: whether it says which words are the assistant's.
    """

    def __init__(self, source: str) -> None:
        environment = _make_environment()
        tree = environment.parse(source)
        self.variables = meta.find_undeclared_variables(tree)
        self.literals = [node.data for node in tree.find_all(nodes.TemplateData)]
        self.literals += [node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str)]
        self.has_generation_blocks = any(
            isinstance(node.call, nodes.Call)
            and isinstance(node.call.node, nodes.ExtensionAttribute)
            and node.call.node.name == "_marked"
            for node in tree.find_all(nodes.CallBlock)
        )
        self._template = environment.from_string(source)

    def render(self, variables: Mapping[str, Any], marks: str | None = None) -> Rendering:
        """The text for `variables`; with `marks`, two characters that do not occur in them, the spans too.

        Raises:
            Exception: whatever goes wrong in the template; `line_of` tells where.
        """
        parts: list[str] = []
        length = 0
        for part in self._template.generate({**variables, _STATE: _State(marks)}):
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
