"""What callers give as conversations, tools and documents, as the plain data that a chat template may see.

conversation, tools, documents → **lists and dicts of plain values** → tokenizer.py → rendering.py
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import InputTypeError, InputValueError

__all__ = ["mark_tokens", "plain", "read_conversations", "read_documents", "read_tools", "unused_characters"]

# The names under which messages carry a model's reasoning, the usual one first.
REASONING = ("reasoning_content", "thinking", "reasoning")
_PRIVATE_USE = range(0xF0000, 0xFFFFE)


def plain(value: Any) -> Any:
    """A copy made of dict, list, tuple, str, int, float, bool and None alone.

    Other objects have methods that the sandbox does not know, and that may write files: dataclasses and pydantic models
    become dicts, numpy's numbers plain ones, and the rest (images, arrays) the name of their type: "<Image>".

    Raises:
        InputValueError: it holds itself, or is nested too deeply.
    """
    try:
        return _plain(value)
    except RecursionError:
        raise InputValueError(
            "messages, tools and documents must not hold themselves, nor be nested so deeply"
        ) from None


def _plain(value: Any) -> Any:
    if value is None or type(value) in (str, int, float, bool):
        return value
    for kind in (str, int, float):  # classes derived from these, such as enums
        if isinstance(value, kind):
            return getattr(kind, "__str__" if kind is str else f"__{kind.__name__}__")(value)
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [_plain(item) for item in value]
        return items if isinstance(value, list) else tuple(items)
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == () and hasattr(value, "item"):
        return _plain(value.item())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if callable(getattr(value, "model_dump", None)):
        return _plain(value.model_dump())
    return f"<{type(value).__name__}>"


def read_conversations(conversation: Any) -> tuple[list[list[dict[str, Any]]], bool]:
    """The conversations as lists of messages, and whether they came as a batch.

    A message is a mapping, a dataclass or a pydantic model; keys whose value is None are left out, as interfaces write
    `content=None` where templates expect no such key.

    Raises:
        InputTypeError: something that is no message, with its place.
        InputValueError: no messages at all.
    """
    batched = isinstance(conversation, (list, tuple)) and bool(conversation) and _is_conversation(conversation[0])
    conversations = list(conversation) if batched else [conversation]
    read = [_read_messages(item, f"conversation {i}, " if batched else "") for i, item in enumerate(conversations)]
    if not batched and not read[0]:
        raise InputValueError("the conversation has no messages; give at least one")
    return read, batched


def _is_conversation(item: Any) -> bool:
    return isinstance(item, (list, tuple)) or hasattr(item, "messages")


def _read_messages(conversation: Any, place: str) -> list[dict[str, Any]]:
    messages = getattr(conversation, "messages", conversation)
    if isinstance(messages, (str, bytes, Mapping)) or not hasattr(messages, "__iter__"):
        raise InputTypeError(
            f"{place}a conversation must be a list of messages such as {{'role': 'user', 'content': 'Hello'}}, "
            f"not {type(messages).__name__}"
        )
    read = []
    for i, given in enumerate(messages):
        message = plain(given)
        if not isinstance(message, dict):
            raise InputTypeError(f"{place}message {i} must be a dict with 'role' and 'content', not {given!r:.80}")
        read.append(_with_reasoning({key: value for key, value in message.items() if value is not None}))
    return read


def _with_reasoning(message: dict[str, Any]) -> dict[str, Any]:
    """Reasoning under `reasoning_content` and `thinking`, whichever name it came by: templates read either."""
    reasoning = next((message[name] for name in REASONING if message.get(name) is not None), None)
    if reasoning is None:
        return message
    return {"thinking": reasoning, **message, "reasoning_content": reasoning}


def read_tools(tools: Any) -> list[Any] | None:
    """The tools as schemas: dicts as they are, functions and methods by `get_json_schema`.

    Raises:
        InputTypeError: neither of these.
        InputValueError: a function without docstring or hints.
    """
    if tools is None:
        return None
    if isinstance(tools, (str, Mapping)) or not hasattr(tools, "__iter__"):
        raise InputTypeError(f"tools must be a list of functions or schemas, not {type(tools).__name__}")
    read = []
    for i, tool in enumerate(tools):
        if inspect.isfunction(tool) or inspect.ismethod(tool):
            from .tool_schema import get_json_schema

            tool = get_json_schema(tool)
        elif not isinstance(tool, Mapping):
            raise InputTypeError(f"tool {i} must be a function or a dict with a JSON schema, not {tool!r:.80}")
        read.append(plain(tool))
    return read


def read_documents(documents: Any) -> list[Any] | None:
    """The documents, each a dict such as `{"title": …, "text": …}`.

    Raises:
        InputTypeError: something else.
    """
    if documents is None:
        return None
    if isinstance(documents, (str, Mapping)) or not hasattr(documents, "__iter__"):
        raise InputTypeError(f"documents must be a list of dicts, not {type(documents).__name__}")
    documents = list(documents)
    for i, document in enumerate(documents):
        if not isinstance(document, Mapping):
            raise InputTypeError(f"document {i} must be a dict with 'title' and 'text', not {document!r:.80}")
    return [plain(document) for document in documents]


def mark_tokens(value: Any, tokens: re.Pattern[str], marks: str) -> Any:
    """`value` with both `marks` around each of `tokens` in its strings; the keys of dicts stay as they are."""
    if isinstance(value, str):
        return tokens.sub(lambda found: marks[0] + found[0] + marks[1], value)
    if isinstance(value, dict):
        return {key: mark_tokens(item, tokens, marks) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [mark_tokens(item, tokens, marks) for item in value]
    return value


def unused_characters(count: int, *values: Any) -> str:
    """Private-use characters that occur nowhere in `values`, so that nobody can write a mark himself."""
    seen = {character for text in _strings(values) if not text.isascii() for character in text}
    free = (chr(code) for code in _PRIVATE_USE if chr(code) not in seen)
    found = "".join(character for character, _ in zip(free, range(count), strict=False))
    if len(found) < count:
        raise InputValueError("the conversation uses every private-use character, so that none is left as a mark")
    return found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(key)
            yield from _strings(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item)
