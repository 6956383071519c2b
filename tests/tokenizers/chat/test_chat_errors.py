"""Conversations, arguments and templates that cannot be used, and what they are told."""

from __future__ import annotations

import enum
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from leanformers.errors import (
    ArgumentError,
    ChatTemplateError,
    InputTypeError,
    InputValueError,
    LeanformersWarning,
    MissingDependencyError,
)

from .chat_templates import CHATML
from .conversations import ANSWERED, HELLO, Both, same
from .tools import Unit, nothing


@pytest.mark.parametrize(
    ("conversation", "error", "words"),
    [
        ([], InputValueError, "no messages"),
        ("Hello", InputTypeError, "list of messages"),
        (None, InputTypeError, "list of messages"),
        ({"role": "user", "content": "x"}, InputTypeError, "list of messages"),
        (["Hello"], InputTypeError, "message 0"),
        ([HELLO, "Hello"], InputTypeError, "conversation 1"),
        ([HELLO, [*HELLO, 5]], InputTypeError, "conversation 1, message 1"),
    ],
)
def test_what_is_no_conversation_is_named(ours: Any, conversation: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        ours.apply_chat_template(conversation, chat_template=CHATML)


def test_tools_and_documents_of_the_wrong_kind_are_named(ours: Any) -> None:
    for options, words in (
        ({"tools": [nothing, "text"]}, "tool 1"),
        ({"tools": nothing}, "tools must be a list"),
        ({"documents": ["text"]}, "document 0"),
        ({"documents": {"title": "x"}}, "documents must be a list"),
    ):
        with pytest.raises(InputTypeError, match=words):
            ours.apply_chat_template(HELLO, chat_template=CHATML, **options)


def test_arguments_that_exclude_each_other(ours: Any) -> None:
    for options in (
        {"continue_final_message": True, "add_generation_prompt": True},
        {"continue_final_message": True, "return_assistant_tokens_mask": True},
        {"return_dict": False, "return_assistant_tokens_mask": True},
        {"tokenize": False, "return_assistant_tokens_mask": True},
        {"tokenize": False, "sanitize_control_tokens": True},
        {"sanitize_control_tokens": True, "return_assistant_tokens_mask": True},
        {"messages": HELLO},
        {"tokenizer_kwargs": {"padding": True}},
        {"tokenizer_kwargs": {"return_length": True}, "sanitize_control_tokens": True},
    ):
        with pytest.raises(ArgumentError):
            ours.apply_chat_template(HELLO, chat_template=CHATML, **options)


def test_a_misspelt_argument_is_an_error_and_an_unused_variable_a_warning(ours: Any) -> None:
    with pytest.raises(ArgumentError, match="did you mean 'add_generation_prompt'"):
        ours.apply_chat_template(HELLO, chat_template=CHATML, add_generation_promt=True)
    with pytest.warns(LeanformersWarning, match=r"'date'.*enable_thinking"):
        ours.apply_chat_template(HELLO, chat_template=CHATML, date="today")


def test_an_error_names_the_template_and_its_line(ours: Any, folder: Path) -> None:
    from jinja2 import TemplateError

    ours.chat_template = {"default": "a\n\n{{ raise_exception('no such role') }}"}
    with pytest.raises(ChatTemplateError, match=r"'default' of .*, line 3: no such role") as caught:
        ours.apply_chat_template(HELLO)
    assert isinstance(caught.value.__cause__, TemplateError)
    assert str(folder) in str(caught.value)
    for template, words in (
        ("a\n{% for %}", "line 2: .*end of statement"),
        ("a\n{% unknown %}", "line 2: .*unknown"),
        ("a\n\n\n{{ x.y.z }}", "line 4: .*'x' is undefined"),
        ("{% if true %}\n{{ 1 / 0 }}{% endif %}", "line 2: ZeroDivisionError"),
    ):
        with pytest.raises(ChatTemplateError, match=words):
            ours.apply_chat_template(HELLO, chat_template=template)


HOSTILE = [
    "{% for i in range(10 ** 9) %}x{% endfor %}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% macro f(n) %}{{ f(n + 1) if n < 40 }}{{ f(n + 1) if n < 40 }}{% endmacro %}{{ f(0) }}",
    "{% set ns = namespace(x='aaaa') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "{% set ns = namespace(x='aaaa') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] | join %}{% endfor %}",
    "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x.join(['a', 'b', ns.x]) %}{% endfor %}",
    "{% set s = 'a' * 10000000 %}{% for i in range(100000) %}{{ s }}{% endfor %}",
    "{% set ns = namespace(x=[]) %}{% for i in range(9999) %}{% set ns.x = ns.x + ['a' * 20000000] %}{% endfor %}",
    "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset %}{% endfor %}",
    "{% set x %}{% for i in range(99999) %}" + "x" * 100_000 + "{% endfor %}{% endset %}",
    "{% set s = 'a' * 20000000 %}{% set x %}{% for i in range(99999) %}{{ s }}{% endfor %}{% endset %}",
    "{% set s = 'a' * 20000000 %}{% filter upper %}{% for i in range(99999) %}{{ s }}{% endfor %}{% endfilter %}",
    "{% set ns = namespace(x=[]) %}{% for i in range(9999) %}{% set ns.x = [ns.x, ns.x | string] %}{% endfor %}",
    "{{ 'a' * 10 ** 10 }}",
    "{{ [0] * 10 ** 10 }}",
    "{{ (9 ** 99) ** 99 ** 9 }}",
    "{{ 'a'.ljust(10 ** 10) }}",
    "{{ 'a' | center(10 ** 10) }}",
    "{{ '{:9999999999}'.format(1) }}",
    "{{ '{:{}}'.format(1, 9999999999) }}",
    "{{ '%9999999999d' % 1 }}",
    "{{ '%*d' % (9999999999, 1) }}",
    "{{ '%9999999999d' | format(1) }}",
    "{{ ('a' * 1000000).replace('a', 'b' * 1000000) }}",
    "{{ ('a' * 1000000) | replace('', 'b' * 1000000) }}",
    "{{ (('a' * 1000000,) * 1000000) | join }}",
    "{{ messages | tojson(indent=10 ** 10) }}",
    "{{ ('\n' * 1000000) | indent(1000000) }}",
    "{{ ('\t' * 1000000).expandtabs(1000000) }}",
    "{{ [1] | batch(10 ** 10, 0) | list }}",
    "{{ lipsum(10 ** 9) }}",
    "{{ ''.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ '' | attr('__class__') }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ ['{0.__class__}'] | map('format', 1) | list }}",
    "{{ messages | map(attribute='__class__') | list }}",
    "{{ self.__init__.__globals__ }}",
    "{{ raise_exception.__globals__ }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ dict.mro() }}",
    "{{ namespace(__x=1) }}",
    "{% set ns = namespace() %}{% set ns.__class__ = 1 %}",
    "{{ messages.append(1) }}",
    "{{ messages[0].update(role='x') }}",
    "{% include 'other' %}",
    "{% import 'os' as os %}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
]


@pytest.mark.parametrize("template", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_template_is_an_error(ours: Any, template: str) -> None:
    with pytest.raises(ChatTemplateError):
        ours.apply_chat_template(HELLO, chat_template=template, tokenize=False)


def test_templates_see_no_methods_of_a_callers_objects(both: Both) -> None:
    class Picture:
        def save(self) -> str:
            raise AssertionError("called")

    messages = [{"role": "user", "content": [{"type": "image", "image": Picture()}]}]
    assert same(both, messages, chat_template="{{ messages[0].content[0].image }}") == "<Picture>"
    with pytest.raises(ChatTemplateError, match="save"):
        both.ours.apply_chat_template(messages, chat_template="{{ messages[0].content[0].image.save() }}")


def test_without_jinja2_the_error_says_what_to_install(ours: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("compiled", "sandbox", "limits"):
        monkeypatch.delitem(sys.modules, f"leanformers.tokenizers.chat.{module}", raising=False)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingDependencyError, match=r"leanformers\[chat\]"):
        ours.apply_chat_template(HELLO, chat_template=CHATML)


def test_a_jinja2_with_known_holes_is_refused(ours: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import jinja2

    monkeypatch.setattr(jinja2, "__version__", "3.1.5")
    with pytest.raises(MissingDependencyError, match=r"3\.1\.6 or newer, not 3\.1\.5"):
        ours.apply_chat_template(HELLO, chat_template="{# not compiled before #}")


def test_values_of_other_types_become_plain(both: Both) -> None:
    numpy = pytest.importorskip("numpy")

    class Text(str):
        __slots__ = ()

    class Model:
        def model_dump(self) -> dict[str, Any]:
            return {"unit": Unit.CELSIUS, "level": Level.LOW}

    class Level(enum.IntEnum):
        LOW = 1

    @dataclass
    class Point:
        x: float
        where: tuple[int, ...]

    values = [
        numpy.float64(0.5),
        numpy.int64(3),
        numpy.bool_(False),
        numpy.zeros(2),
        Text("t"),
        Model(),
        Point(1.0, (1,)),
    ]
    messages = [{"role": "user", "content": "x", "given": values, 5: {None: b"y"}}]
    same(both, messages, chat_template="{{ messages[0].given | tojson }}{{ messages[0][5] }}")


def test_a_message_that_holds_itself_is_an_error(ours: Any) -> None:
    message: dict[str, Any] = {"role": "user", "content": "x"}
    message["again"] = message
    with pytest.raises(InputValueError, match="hold themselves"):
        ours.apply_chat_template([message], chat_template=CHATML)


def test_messages_can_be_encoded_one_by_one(both: Both) -> None:
    for tokenizer in both:
        tokenizer.chat_template = CHATML
    for i in range(len(ANSWERED)):
        assert both.ours.encode_message_with_chat_template(
            ANSWERED[i], ANSWERED[:i]
        ) == both.theirs.encode_message_with_chat_template(ANSWERED[i], ANSWERED[:i])
