"""Chat templates give the same text and ids as in transformers."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leanformers

from .chat_templates import CHATML, CONTROL_TOKENS, GENERATION, HEADERS, STYLES, TOOLS
from .conversations import ANSWERED, HELLO, TALK, WITH_SYSTEM, Both, same


@pytest.mark.parametrize("prompt", [False, True])
@pytest.mark.parametrize("messages", [HELLO, TALK, WITH_SYSTEM, ANSWERED], ids=["hello", "talk", "system", "answered"])
@pytest.mark.parametrize("style", STYLES)
def test_text_and_ids_are_those_of_transformers(both: Both, style: str, messages: Any, prompt: bool) -> None:
    if style in ("inst", "turns") and messages is WITH_SYSTEM:
        for tokenizer in both:
            with pytest.raises(Exception, match=r"alternate|no system role"):
                tokenizer.apply_chat_template(messages, chat_template=STYLES[style])
        return
    assert same(both, messages, chat_template=STYLES[style], add_generation_prompt=prompt)


def test_the_defaults_are_those_of_transformers(both: Both) -> None:
    for tokenizer in both:
        tokenizer.chat_template = CHATML
    assert isinstance(both.ours.apply_chat_template(HELLO), leanformers.BatchEncoding)
    assert both.ours.apply_chat_template(HELLO, return_dict=False) == both.theirs.apply_chat_template(
        HELLO, return_dict=False
    )


def test_batches_padding_and_truncation(both: Both) -> None:
    batch = [HELLO, TALK, ANSWERED]
    assert len(same(both, batch, chat_template=CHATML)) == 3
    same(both, batch, chat_template=CHATML, padding=True)
    same(both, batch, chat_template=CHATML, padding="max_length", max_length=120, truncation=True)
    same(both, tuple(batch), chat_template=CHATML, truncation=True, max_length=20)
    same(both, batch, chat_template=CHATML, padding=True, tokenizer_kwargs={"padding_side": "left"})


@pytest.mark.parametrize("kind", ["np", "pt"])
def test_tensors(both: Both, kind: str) -> None:
    pytest.importorskip({"np": "numpy", "pt": "torch"}[kind])
    for messages, padding in ((TALK, False), ([HELLO, TALK], True)):
        options = {"chat_template": GENERATION, "return_tensors": kind, "padding": padding}
        found = both.ours.apply_chat_template(messages, **options, return_assistant_tokens_mask=True)
        expected = both.theirs.apply_chat_template(messages, **options, return_assistant_tokens_mask=True)
        for name, column in expected.items():
            assert type(found[name]) is type(column)
            assert found[name].tolist() == column.tolist()


def test_variables_reach_the_template_and_go_before_special_tokens(both: Both) -> None:
    text = same(both, HELLO, chat_template=CHATML, add_generation_prompt=True, enable_thinking=False)
    assert text.endswith("<think>\n\n</think>\n\n")
    assert same(both, HELLO, chat_template=HEADERS, bos_token="<|im_start|>").startswith("<|im_start|><|header|>")


def test_messages_may_have_blocks_and_objects(both: Both) -> None:
    blocks = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": " What is it? "}]}]
    assert "What is it?<|end_turn|>" in same(both, blocks, chat_template=HEADERS)

    @dataclass
    class Message:
        role: str
        content: str

    class Conversation:
        messages = TALK

    as_dicts = both.ours.apply_chat_template(TALK, chat_template=CHATML, tokenize=False)
    objects = [Message(**message) for message in TALK]
    assert both.ours.apply_chat_template(objects, chat_template=CHATML, tokenize=False) == as_dicts
    assert both.ours.apply_chat_template(Conversation(), chat_template=CHATML, tokenize=False) == as_dicts
    assert both.ours.apply_chat_template([Conversation()], chat_template=CHATML, tokenize=False) == [as_dicts]


def test_keys_without_a_value_are_as_if_left_out(both: Both) -> None:
    call = {"function": {"name": "sum", "arguments": {"of": [1, None, "ö"]}}}
    messages = [*HELLO, {"role": "assistant", "content": None, "tool_calls": [call]}]
    assert 'ö"]}}</tool_call>' in same(both, messages, chat_template=TOOLS)


@pytest.mark.parametrize("name", ["reasoning_content", "thinking", "reasoning"])
def test_reasoning_may_come_under_any_of_its_names(both: Both, name: str) -> None:
    messages = [*HELLO, {"role": "assistant", name: "Hm.", "content": "A test."}]
    assert "<think>Hm.</think>A test." in same(both, messages, chat_template=TOOLS)
    assert same(both, messages, chat_template="{{ messages[1].thinking }}") == "Hm."


def test_what_a_conversation_holds_is_not_changed(ours: Any) -> None:
    messages = copy.deepcopy([*ANSWERED[:-1], {"role": "assistant", "reasoning": "x", "content": "y", "name": None}])
    before = copy.deepcopy(messages)
    ours.apply_chat_template(messages, chat_template=CHATML, sanitize_control_tokens=True)
    ours.apply_chat_template(messages, chat_template=CHATML, continue_final_message=True)
    assert messages == before


def test_filters_and_functions_of_templates(both: Both) -> None:
    template = (
        "{{ messages | tojson }}{{ messages | tojson(indent=1, sort_keys=true) }}{{ dict(a=1).a }}"
        "{{ dict.fromkeys(['x', 'y'], 0) }}{{ strftime_now('%Y') | length }}{{ '%s-%03d' % ('a', 7) }}{{ 'ab' * 3 }}"
        "{{ '{}:{:>5}'.format('x', 3) }}{{ ['a', 'b'] | join(', ') }}{{ 'x' ~ 1 ~ none ~ true }}{{ undefined_name }}"
        "{% for a, b in {'k': 'v', 'l': 'w'}.items() %}{{ a }}{{ b }}{{ loop.last }}{{ loop.length }}"
        "{{ loop.nextitem }}{% if loop.index == 5 %}{% break %}{% endif %}{% else %}empty{% endfor %}"
        "{% for c in messages | map(attribute='role') %}{{ c }}{{ loop.revindex }}{{ loop.length }}{% endfor %}"
        "{% for x in [[1, [2]], [3]] recursive %}{{ loop(x) if x is iterable else x }}{% endfor %}"
        "{% for x in nothing %}{% else %}none{% endfor %}{{ 'a b'.split(' ')[-1] | title | indent(2, true) }}"
        "{{ messages[0].content.replace('a', 'b') | replace('l', 'LL', 1) }}{{ 'x'.ljust(4) | center(8) }}{{ 2 ** 10 }}"
    )
    same(both, TALK, chat_template=template)


def test_white_space_and_line_ends_of_a_template(both: Both) -> None:
    same(both, TALK, chat_template="a\r\n  {% for m in messages %}\r\n   {{ m.role }} \r\n {% endfor %}\n\n")
    same(both, TALK, chat_template="{#- note #}\n {%+ if true %} x {% endif +%}\n y\n")


@pytest.mark.parametrize("style", ["chatml", "headers", "turns", "tools", "generation"])
@pytest.mark.parametrize("words", ["Tomorrow the", "Tomorrow the ", "  in\nthe\n", "It is <|im_end|>"])
def test_a_message_can_be_left_open(both: Both, style: str, words: str) -> None:
    messages = [*TALK, {"role": "assistant", "content": words}]
    text = same(both, messages, chat_template=STYLES[style], continue_final_message=True)
    assert text.rstrip().endswith(words.strip())


def test_the_last_block_or_another_field_can_be_left_open(both: Both) -> None:
    blocks = [{"type": "text", "text": "One."}, {"type": "text", "text": "Two "}, {"type": "image"}]
    messages = [*HELLO, {"role": "assistant", "content": blocks}]
    assert same(both, messages, chat_template=HEADERS, continue_final_message=True).endswith("One.Two")
    thinking = [*HELLO, {"role": "assistant", "reasoning": "I think", "content": "x"}]
    assert same(both, thinking, chat_template=TOOLS, continue_final_message="reasoning").endswith("<think>I think")


def test_what_cannot_be_left_open_is_an_error(both: Both) -> None:
    tools_only = [*HELLO, {"role": "assistant", "tool_calls": []}]
    pictures = [*HELLO, {"role": "assistant", "content": [{"type": "image"}]}]
    for messages, template, field in (
        (tools_only, CHATML, True),
        (pictures, HEADERS, True),
        ([*HELLO, {"role": "assistant", "content": "x", "mood": "y"}], CHATML, "mood"),
        ([*HELLO, {"role": "assistant", "content": "lost"}], "{{ messages[0].content }}", True),
    ):
        for tokenizer in both:
            with pytest.raises(ValueError, match="continue_final_message"):
                tokenizer.apply_chat_template(messages, chat_template=template, continue_final_message=field)


PIECES = [
    *CONTROL_TOKENS,
    "<think>",
    "</think>",
    "\U000f0000",
    "\U000f0001",
    "\U000f0002",
    " ",
    "\n",
    "é",
    "漢",
    "e\u0301",
    "'",
]
CONTENT = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=6).map("".join)
TURN = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "system", "tool"]), "content": CONTENT})


@settings(max_examples=300, deadline=None)
@given(data=st.data(), messages=st.lists(TURN, min_size=1, max_size=4), style=st.sampled_from(sorted(STYLES)))
def test_any_conversation_gives_what_transformers_gives(
    shared: Both, data: st.DataObject, messages: list[dict[str, Any]], style: str
) -> None:
    options: dict[str, Any] = {"chat_template": STYLES[style]}
    choice = data.draw(st.sampled_from(["plain", "prompt", "open", "sanitized", "open and sanitized", "mask"]))
    if choice == "prompt":
        options["add_generation_prompt"] = True
    elif choice.startswith("open"):
        options["continue_final_message"] = True
    if choice.endswith("sanitized"):
        # transformers drops its two marks from messages; here they stay
        messages = [{**turn, "content": turn["content"].translate({0xF0000: None, 0xF0001: None})} for turn in messages]
        options["sanitize_control_tokens"] = True
    elif choice == "mask":
        options.update(chat_template=GENERATION, return_assistant_tokens_mask=True)
    try:
        expected = shared.theirs.apply_chat_template(messages, **options)
    except Exception:  # jinja2's TemplateError or ValueError
        with pytest.raises(ValueError, match=r"continue_final_message|alternate|no system role|Only the roles"):
            shared.ours.apply_chat_template(messages, **options)
        return
    found = shared.ours.apply_chat_template(messages, **options)
    assert {name: found[name] for name in expected} == dict(expected)


def test_many_threads_render_at_once(ours: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    options = {"chat_template": GENERATION, "return_assistant_tokens_mask": True}
    conversations = [ANSWERED[: i % 4 + 1] for i in range(64)]
    alone = [dict(ours.apply_chat_template(messages, **options)) for messages in conversations]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda messages: dict(ours.apply_chat_template(messages, **options)), conversations))
    assert together == alone
