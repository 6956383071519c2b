"""A Python function as the tool description that chat templates take: a JSON schema from its type hints and docstring.

function → **get_json_schema** → `apply_chat_template(…, tools=[function])`
"""

from __future__ import annotations

import enum
import inspect
import json
import re
import types
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from ...errors import InputValueError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["get_json_schema"]

_SCALARS = {int: "integer", float: "number", str: "string", bool: "boolean", type(None): "null"}
_BARE = {**_SCALARS, list: "array", tuple: "array", dict: "object"}
_SECTIONS = ("Args:", "Returns:", "Raises:")
_ARGUMENT = re.compile(r"(\s*)(\w+):\s*(.*)")
_CHOICES = re.compile(r"\(choices:\s*(.*?)\)\s*$", re.IGNORECASE)


def get_json_schema(function: Callable[..., Any]) -> dict[str, Any]:
    """The JSON schema of a function, in the form (and with the keys) that transformers gives to chat templates.

    Every argument needs a type hint and a line in the Args of a Google-style docstring; `(choices: ["a", "b"])` at the
    end of that line becomes an enum. Hints may be int, float, str, bool, None, Any, list, tuple, dict, Union, Optional,
    Literal and Enum classes, and what is made of these. `self` and `cls` are left out.

    Raises:
        InputValueError: there is no docstring, or an argument lacks its hint or line, or has a hint that no schema can
            say; with the names of function and argument.

    Examples:
        >>> def multiply(x: float, times: int = 2) -> float:
        ...     '''Multiply a number.
        ...
        ...     Args:
        ...         x: What to multiply.
        ...         times: By what.
        ...     '''
        >>> get_json_schema(multiply)["function"]["parameters"]["properties"]["times"]
        {'type': 'integer', 'description': 'By what.'}
    """
    name = getattr(function, "__name__", type(function).__name__)
    text = inspect.getdoc(function)
    if not text:
        raise InputValueError(f"tool {name}() has no docstring, so that a model cannot know what it is for")
    description, described, returned = _read_docstring(text.strip())
    hints = _hints(function, name)
    properties: dict[str, Any] = {}
    required = []
    for argument, parameter in _arguments(function).items():
        if parameter.annotation is inspect.Parameter.empty:
            raise InputValueError(f"tool {name}(): argument {argument!r} has no type hint")
        try:
            schema = _schema(hints[argument])
        except InputValueError as error:
            raise InputValueError(f"tool {name}(): argument {argument!r}: {error}") from None
        if argument not in described:
            raise InputValueError(f"tool {name}(): the docstring's Args say nothing of the argument {argument!r}")
        properties[argument] = _describe(schema, described[argument], f"tool {name}(): argument {argument!r}")
        if parameter.default is inspect.Parameter.empty:
            required.append(argument)
    parameters: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        parameters["required"] = required
    result = {"name": name, "description": description, "parameters": parameters}
    if "return" in hints and (returns := _return_schema(hints["return"])) is not None:
        result["return"] = returns if returned is None else {**returns, "description": returned}
    return {"type": "function", "function": result}


def _hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except NameError as error:
        raise InputValueError(f"tool {name}(): a type hint cannot be resolved: {error}") from None


def _arguments(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    arguments = dict(inspect.signature(function).parameters)
    first = next(iter(arguments), None)
    if first in ("self", "cls") and arguments[first].annotation is inspect.Parameter.empty:
        del arguments[first]
    return arguments


def _describe(schema: dict[str, Any], text: str, place: str) -> dict[str, Any]:
    choices = _CHOICES.search(text)
    if choices:
        try:
            values = json.loads(choices[1])
        except json.JSONDecodeError:
            raise InputValueError(f"{place}: choices must be a JSON list, not {choices[1]!r}") from None
        schema = {**schema, "enum": [value.strip() if isinstance(value, str) else value for value in values]}
        text = text[: choices.start()].strip()
    return {**schema, "description": text}


def _return_schema(hint: Any) -> dict[str, Any] | None:
    """A model never writes the result, so that a hint which no schema can say only leaves it out."""
    try:
        return _schema(hint)
    except InputValueError:
        return None


def _schema(hint: Any) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _enumeration(list(arguments), f"{hint}")
    if origin is Union or origin is types.UnionType:
        return _union(arguments)
    if origin is list:
        return {"type": "array", "items": _schema(arguments[0])}
    if origin is dict:  # JSON's keys are strings, whatever the hint says of them
        return {"type": "object", "additionalProperties": _schema(arguments[1])}
    if origin is tuple:
        if ... in arguments or len(arguments) < 2:
            raise InputValueError(f"{hint} has no fixed number of items (two or more); write list[…]")
        return {"type": "array", "prefixItems": [_schema(item) for item in arguments]}
    if hint is Any:
        return {}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _enumeration([member.value for member in hint], hint.__name__)
    if isinstance(hint, type) and hint in _BARE:
        return {"type": _BARE[hint]}
    raise InputValueError(
        f"the type hint {hint!r} has no JSON schema; use int, float, str, bool, list, tuple, dict, Union, Literal or "
        "an Enum, or give the tool as a dict with a schema of your own"
    )


def _enumeration(values: list[Any], name: str) -> dict[str, Any]:
    if not values or any(type(value) not in _SCALARS for value in values):
        raise InputValueError(f"{name} must have values, all of them int, float, str, bool or None")
    kinds = list(dict.fromkeys(_SCALARS[type(value)] for value in values))
    return {"type": kinds[0] if len(kinds) == 1 else kinds, "enum": values}


def _union(members: tuple[Any, ...]) -> dict[str, Any]:
    schemas = [_schema(member) for member in members if member is not type(None)]
    result: dict[str, Any]
    if len(schemas) == 1:
        result = dict(schemas[0])
    elif all(schema.keys() == {"type"} and isinstance(schema["type"], str) for schema in schemas):
        kinds = sorted({schema["type"] for schema in schemas})
        result = {"type": kinds[0] if len(kinds) == 1 else kinds}
    else:
        result = {"anyOf": schemas}
    if type(None) in members:
        result["nullable"] = True
    return result


def _read_docstring(text: str) -> tuple[str, dict[str, str], str | None]:
    """What stands before the first section, the lines of Args by argument, and the text of Returns."""
    sections: dict[str, list[str]] = {"": []}
    current = ""
    for line in text.splitlines():
        if line.strip() in _SECTIONS and line.strip() not in sections:
            current = line.strip()
            sections[current] = []
        else:
            sections[current].append(line)
    returned = "\n".join(sections["Returns:"]).strip() if "Returns:" in sections else None
    return "\n".join(sections[""]).strip(), _read_arguments(sections.get("Args:", [])), returned


def _read_arguments(lines: list[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    depth: int | None = None
    for line in filter(str.strip, lines):
        start = _ARGUMENT.match(line)
        if start and (depth is None or len(start[1]) <= depth):
            depth = len(start[1])
            found[start[2]] = [start[3].strip()]
        elif found:  # a line that goes on
            found[list(found)[-1]].append(line.strip())
    return {name: " ".join(filter(None, parts)) for name, parts in found.items()}
