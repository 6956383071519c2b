"""A conversation and its template become text; what goes wrong in the template is an error with its name and line.

plain messages, tools, documents → **Chat** → compiled.py → text and the assistant's spans → tokenizer.py
"""

from __future__ import annotations

import difflib
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...errors import ArgumentError, ChatTemplateError, InputValueError, MissingDependencyError, warn
from .messages import REASONING, mark_tokens, unused_characters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .compiled import ChatTemplate, Rendering

__all__ = ["Chat", "alternatives", "check_variables"]

_OF_TEMPLATES = {"messages", "tools", "documents", "add_generation_prompt"}


class Chat:
    """Conversations with all that their template may see, which is plain data.

    Attributes:
        name: what errors call the template.
        template: the compiled template.
        marks: two characters that stand nowhere in the template or the data, to put around what must be found again in
            the text.
    """

    def __init__(
        self,
        name: str,
        source: str,
        conversations: list[list[dict[str, Any]]],
        *,
        given: Mapping[str, Any],
        special_tokens: Mapping[str, str],
        add_generation_prompt: bool,
    ) -> None:
        """`given` are tools, documents and the caller's own variables; they go before `special_tokens`.

        Raises:
            ChatTemplateError: the template cannot be parsed.
            MissingDependencyError: jinja2 is not installed, or too old.
        """
        self.name = name
        self.source = source
        self.template = _compile(name, source)
        self.conversations = conversations
        self.given: Mapping[str, Any] = given
        self.special_tokens = special_tokens
        self.add_generation_prompt = add_generation_prompt

    @cached_property
    def marks(self) -> str:
        """Found when first needed, in the data as it came."""
        return self._unused[:2]

    @cached_property
    def _unused(self) -> str:
        return unused_characters(3, self.source, self.conversations, self.given)

    def mark(self, tokens: Iterable[str]) -> None:
        """Put the marks around these tokens wherever the data has them."""
        pattern = re.compile(alternatives(tokens))
        self.conversations = mark_tokens(self.conversations, pattern, self.marks)
        self.given = mark_tokens(dict(self.given), pattern, self.marks)

    def render(self, *, spans: bool = False) -> list[Rendering]:
        """The texts, with the spans of `{% generation %}` blocks if asked for."""
        return [self._render(messages, self.marks if spans else None) for messages in self.conversations]

    def render_open(self, field: str) -> list[Rendering]:
        """The texts, each cut off where `field` of the last message ends.

        Raises:
            InputValueError: there is nothing to go on with, or the template does not write it.
        """
        return [self._render_open(messages, field) for messages in self.conversations]

    def _render(self, messages: list[dict[str, Any]], marks: str | None) -> Rendering:
        from .compiled import line_of

        variables = {
            **self.special_tokens,
            **self.given,
            "messages": messages,
            "add_generation_prompt": self.add_generation_prompt,
        }
        try:
            return self.template.render(variables, marks)
        except Exception as error:  # a template can raise anything, and MemoryError and RecursionError are among it
            raise _template_error(self.name, line_of(error), error) from error

    def _render_open(self, messages: list[dict[str, Any]], field: str) -> Rendering:
        if not messages:
            raise InputValueError("continue_final_message: the conversation has no messages")
        last = messages[-1]
        if last.get(field) is None:
            raise InputValueError(f"continue_final_message: the last message has no {field!r} to go on with")
        fields = [field]
        if field in REASONING:  # it stands under several names, and the template reads one of them
            fields = [name for name in REASONING if last.get(name) == last[field]]
        if not any(name in self.source for name in fields):
            raise InputValueError(f"continue_final_message: {self.name} does not use {field!r}")
        # Templates often trim a message: the space shows afterwards whether this one did.
        mark = self._unused[2]
        opened, words = _with_ending(last[field], mark + " ")
        rendering = self._render([*messages[:-1], {**last, **dict.fromkeys(fields, opened)}], None)
        before, found, after = rendering.text.rpartition(mark)
        if not found or words.strip() not in rendering.text:
            raise InputValueError(
                f"continue_final_message: {self.name} does not write the last message as it is: {words.strip()[:80]!r}"
            )
        return rendering._replace(text=before if after.startswith(" ") else before.rstrip())


def _with_ending(content: Any, ending: str) -> tuple[Any, str]:
    """A message's content with `ending` after its last words, and these words."""
    if isinstance(content, str):
        return content + ending, content
    if isinstance(content, (list, tuple)):
        for i in range(len(content) - 1, -1, -1):
            block = content[i]
            if isinstance(block, dict) and isinstance(block.get("text"), str):
                return [*content[:i], {**block, "text": block["text"] + ending}, *content[i + 1 :]], block["text"]
    raise InputValueError("continue_final_message: the last message has no text to go on with")


def _compile(name: str, source: str) -> ChatTemplate:
    try:
        from .compiled import compile_template, line_of
    except ImportError:
        raise MissingDependencyError("chat templates need jinja2: pip install 'leanformers[chat]'") from None
    try:
        return compile_template(source)
    except MissingDependencyError:
        raise
    except Exception as error:  # a parser's own, and RecursionError for what is nested too deeply
        raise _template_error(name, line_of(error), error) from error


def _template_error(name: str, line: int | None, error: BaseException) -> ChatTemplateError:
    kind = type(error).__name__
    said = str(getattr(error, "message", None) or error) or kind
    if not kind.startswith("Template"):  # those are the template's own words; of others the kind helps
        said = f"{kind}: {said}"
    return ChatTemplateError(f"{name}{'' if line is None else f', line {line}'}: {said[:1000]}")


def check_variables(names: Iterable[str], template: ChatTemplate, arguments: Iterable[str]) -> None:
    """Look at the names of a call that are no arguments: they are the template's variables, or mistakes.

    Raises:
        ArgumentError: one that the template does not read looks like a misspelt argument, or is the template's own.
    """
    for name in names:
        if name in _OF_TEMPLATES:
            raise ArgumentError(f"apply_chat_template() sets the variable {name!r} of the template itself")
        if name in template.variables:
            continue
        if near := difflib.get_close_matches(name, list(arguments), n=1, cutoff=0.85):
            raise ArgumentError(f"apply_chat_template() has no argument {name!r}; did you mean {near[0]!r}?")
        read = ", ".join(sorted(template.variables - _OF_TEMPLATES))
        warn(f"the chat template does not use {name!r}; it reads {read or 'nothing beside the messages'}")


def alternatives(tokens: Iterable[str]) -> str:
    """A pattern that finds any of `tokens`, the longest where several begin."""
    return "|".join(map(re.escape, sorted(tokens, key=len, reverse=True))) or r"(?!)"
