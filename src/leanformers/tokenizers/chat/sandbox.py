"""The sandbox in which chat templates run: jinja2's own, with bounds on how much a template may compute and write.

A template comes with a checkpoint, so that it is as little trusted as any file. jinja2's ImmutableSandboxedEnvironment
keeps it from Python's internals; what is added here stops one that only wants to use up time or memory. Each rendering
has a budget of steps: rounds of loops, calls, and the characters that are made.

compiled.py makes its environments here → **make_environment** → limits.py looks at each operation
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Sequence
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from .limits import check_call, check_operator, check_result

__all__ = ["STATE", "State", "make_environment"]

STATE = "rendering state"  # the variable that holds it; no template can write this name: it has a space in it
MAX_STEPS = 5_000_000  # of one rendering: seconds at most
_STEPS_OF_CALL = 10
_CHARACTERS_IN_STEP = 200  # so that all that is made, kept or not, is at most a gigabyte


class State:
    """What belongs to one rendering: the marks around the assistant's blocks, and the steps that are left."""

    def __init__(self, marks: str | None) -> None:
        self.marks = marks
        self.steps = MAX_STEPS

    def spend(self, steps: int, made: Any = "") -> Any:
        """Take steps for something, and for the length of `made`, its result, which is returned."""
        length = len(made) if isinstance(made, (str, list, tuple)) else 0
        self.steps -= steps + length // _CHARACTERS_IN_STEP
        if self.steps < 0:
            raise SecurityError(f"it takes more than {MAX_STEPS:,} steps, or makes too much text for them")
        return made


class _Counted:
    """What a loop goes over; each round takes steps."""

    def __init__(self, items: Any, steps: int, state: State) -> None:
        self.items = items
        self.steps = steps
        self.state = state

    def __iter__(self) -> Iterator[Any]:
        for item in self.items:
            self.state.spend(self.steps)
            yield item

    def __len__(self) -> int:  # an error for an iterator, and jinja2 then counts otherwise
        return len(self.items)


class _Bounded(NodeTransformer):
    """Puts the bounds into a parsed template, as filters on what loops go over, what `~` joins and what is written."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802
        self.generic_visit(node)
        literal = sum(len(text.data) for text in node.find_all(nodes.TemplateData))
        node.iter = _filter("counted", node.iter, nodes.Const(1 + literal // _CHARACTERS_IN_STEP))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802
        self.generic_visit(node)
        return _filter("concatenated", nodes.List(node.nodes, lineno=node.lineno))

    def visit_Output(self, node: nodes.Output) -> nodes.Output:  # noqa: N802
        self.generic_visit(node)
        node.nodes = [part if isinstance(part, nodes.TemplateData) else _filter("written", part) for part in node.nodes]
        return node


def _filter(name: str, value: Any, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(value, name, list(arguments), [], None, None, lineno=value.lineno)


@jinja2.pass_context
def _counted(context: Any, items: Any, steps: int) -> Any:
    return _Counted(items, steps, context[STATE])


@jinja2.pass_context
def _concatenated(context: Any, parts: Sequence[Any]) -> Any:
    texts = [str(part) for part in parts]
    check_call("join", ("", texts))
    return context[STATE].spend(1, "".join(texts))


@jinja2.pass_context
def _written(context: Any, value: Any) -> Any:
    return context[STATE].spend(1, value)


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template: nodes.Template = _Bounded().visit(super()._parse(source, name, filename))
        template.set_environment(self)
        return template

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "+" and type(left) is str and type(right) is str and len(left) + len(right) < 10_000:
            context[STATE].steps -= 1  # most of what templates do; the next step that is looked at sees it
            return left + right
        check_operator(operator, left, right)
        return context[STATE].spend(1, super().call_binop(context, operator, left, right))

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        __context[STATE].spend(_STEPS_OF_CALL)
        method = getattr(__obj, "__wrapped__", __obj)  # jinja2 wraps str.format
        owner = getattr(method, "__self__", None)
        if isinstance(owner, str):
            check_call(getattr(method, "__name__", ""), (owner, *args, *kwargs.values()))
        return __context[STATE].spend(0, check_result(super().call(__context, __obj, *args, **kwargs)))

    def unsafe_undefined(self, obj: Any, attribute: str) -> Any:
        """An error at once; in jinja2 it would print as nothing."""
        raise SecurityError(f"it asks for the attribute {attribute!r} of a {type(obj).__name__}, which is not safe")


def _bounded_filter(name: str, function: Any) -> Any:
    """`function` with what it is given and what it gives looked at. It still gets the first argument that it wants."""
    wanted = getattr(getattr(function, "jinja_pass_arg", None), "name", "")
    first = {"context": lambda context: context, "eval_context": lambda context: context.eval_ctx}
    first["environment"] = lambda context: context.environment

    @jinja2.pass_context
    def bounded(context: Any, *args: Any, **kwargs: Any) -> Any:
        check_call(f"|{name}", (*args, *kwargs.values()))
        before = (first[wanted](context),) if wanted else ()
        return context[STATE].spend(1, check_result(function(*before, *args, **kwargs)))

    return bounded


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


def make_environment(extension: type[jinja2.ext.Extension]) -> jinja2.Environment:
    """jinja2 as chat templates expect it: its settings, `break` and `continue`, and the functions they may call."""
    environment = _Environment(trim_blocks=True, lstrip_blocks=True, extensions=[extension, loopcontrols])
    environment.filters["tojson"] = _tojson
    for name, function in list(environment.filters.items()):
        environment.filters[name] = _bounded_filter(name, function)
    environment.filters.update(counted=_counted, concatenated=_concatenated, written=_written)
    environment.globals.update(
        raise_exception=_raise_exception, strftime_now=_strftime_now, dict=_Dict(), namespace=_Namespace
    )
    del environment.globals["lipsum"]  # writes as much as it is asked for, and nothing that a chat needs
    return environment
