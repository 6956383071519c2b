"""Conversations as the text and ids that a chat model expects: `tokenizer.apply_chat_template(messages)`.

messages → messages.py, rendering.py (text) → **ChatTokenizer** → a call of the tokenizer (ids)
"""

from __future__ import annotations

from typing import Any

from ...errors import ArgumentError, InputTypeError, InputValueError, warn
from ..stored import StoredTokenizer

__all__ = ["ChatTokenizer"]

_ARGUMENTS = (
    "conversation", "tools", "documents", "chat_template", "add_generation_prompt", "continue_final_message",
    "tokenize", "sanitize_control_tokens", "padding", "truncation", "max_length", "return_tensors", "return_dict",
    "return_assistant_tokens_mask", "tokenizer_kwargs",
)  # fmt: skip


class ChatTokenizer(StoredTokenizer):
    """The part of a tokenizer that knows conversations.

    Attributes:
        chat_template: the template as text, a dict of templates by name, or None; it can be set.
        chat_control_tokens: added tokens beside the special ones that `sanitize_control_tokens` looks for; None: those
            that the template writes.
    """

    def get_chat_template(self, chat_template: str | None = None, tools: Any = None) -> str:
        """The template that a call with these arguments uses.

        Args:
            chat_template: a template, or the name of one of the tokenizer's; None: its own, and of several "tool_use"
                if there are `tools`, else "default".
            tools: as in `apply_chat_template`.

        Raises:
            InputValueError: there is no template, or several without a default.
        """
        return self._choose_template(chat_template, tools)[1]

    def apply_chat_template(
        self,
        conversation: Any,
        tools: Any = None,
        documents: Any = None,
        chat_template: str | None = None,
        add_generation_prompt: bool = False,
        continue_final_message: bool | str = False,
        tokenize: bool = True,
        sanitize_control_tokens: bool = False,
        padding: bool | str = False,
        truncation: bool | str = False,
        max_length: int | None = None,
        return_tensors: str | None = None,
        return_dict: bool = True,
        return_assistant_tokens_mask: bool = False,
        tokenizer_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Write a conversation as the model's chat template says, and encode it.

        Special tokens that a user writes become special tokens, as in transformers, unless `sanitize_control_tokens`.

        Args:
            conversation: messages such as `{"role": "user", "content": "Hello"}`, or a list of conversations.
            tools: functions (see `get_json_schema`) or schemas that the model may call.
            documents: dicts, usually with "title" and "text", that the model may quote.
            chat_template: a template, or the name of one of the tokenizer's.
            add_generation_prompt: end with what comes before an answer of the model.
            continue_final_message: leave the last message open, so that the model goes on with it; a str names the
                field to go on with instead of "content".
            tokenize: False gives the text, or the list of them.
            sanitize_control_tokens: encode control tokens in messages, tools, documents and `kwargs` as plain text, so
                that only the template can write them.
            padding, truncation, max_length, return_tensors: as in a call.
            return_dict: False gives the ids alone.
            return_assistant_tokens_mask: add the column `assistant_masks` with 1 for the tokens of `{% generation %}`
                blocks, for training. A token counts when it stands for at least one character of a block.
            tokenizer_kwargs: more arguments of the call that encodes.
            kwargs: variables for the template, such as `enable_thinking=False`.

        Raises:
            ChatTemplateError: the template refuses the conversation or is wrong, with its name and line.
            InputTypeError, InputValueError: something that is no conversation, tool or document, and which.
            ArgumentError: arguments that exclude each other, or a misspelt one.
            MissingDependencyError: jinja2 is not installed.

        Examples:
            >>> from leanformers import AutoTokenizer
            >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
            >>> tokenizer.chat_template = "{% for m in messages %}{{ m.role }}: {{ m.content }}[SEP]{% endfor %}"
            >>> messages = [{"role": "user", "content": "a good day"}]
            >>> tokenizer.apply_chat_template(messages, tokenize=False)
            'user: a good day[SEP]'
            >>> tokenizer.decode(tokenizer.apply_chat_template(messages)["input_ids"])
            'user : a good day [SEP]'
        """
        if not tokenize and (sanitize_control_tokens or return_assistant_tokens_mask):
            raise ArgumentError("sanitize_control_tokens and return_assistant_tokens_mask need tokenize=True")
        if return_assistant_tokens_mask and (not return_dict or sanitize_control_tokens or continue_final_message):
            raise ArgumentError(
                "return_assistant_tokens_mask=True needs return_dict=True, "
                "and goes with neither sanitize_control_tokens nor continue_final_message"
            )
        if continue_final_message and add_generation_prompt:
            raise ArgumentError(
                "continue_final_message goes on with the last message, add_generation_prompt begins a new one: "
                "choose one of them"
            )
        from .messages import plain, read_conversations, read_documents, read_tools
        from .rendering import Chat, check_variables  # here, as few who tokenize have conversations

        name, source = self._choose_template(chat_template, tools)
        conversations, batched = read_conversations(conversation)
        chat = Chat(
            name,
            source,
            conversations,
            given={"tools": read_tools(tools), "documents": read_documents(documents), **plain(kwargs)},
            special_tokens=self.special_tokens_map,
            add_generation_prompt=add_generation_prompt,
        )
        check_variables(kwargs, chat.template, _ARGUMENTS)
        if sanitize_control_tokens:
            from .sanitizing import control_tokens, encode_marked

            chat.mark(control_tokens(self, chat.template))
        if continue_final_message:
            renderings = chat.render_open("content" if continue_final_message is True else str(continue_final_message))
        else:
            renderings = chat.render(spans=return_assistant_tokens_mask)
        texts = [rendering.text for rendering in renderings]
        if not tokenize:
            return texts if batched else texts[0]

        options = {
            "padding": padding,
            "truncation": truncation,
            "max_length": max_length,
            "return_tensors": return_tensors,
        }
        for argument in options.keys() & (tokenizer_kwargs or {}).keys():
            raise ArgumentError(f"{argument} is an argument of apply_chat_template() itself: not in tokenizer_kwargs")
        options.update(tokenizer_kwargs or {})
        rows = batched or return_tensors is not None
        tokenizer: Any = self  # as the class that has the calls, which is derived from this one
        if sanitize_control_tokens:
            encoding = encode_marked(self, texts, chat.marks, rows, options)
        else:
            encoding = tokenizer(texts if batched else texts[0], **{"add_special_tokens": False, **options})
        if return_assistant_tokens_mask:
            if not chat.template.has_generation_blocks:
                warn(f"{name} has no {{% generation %}} block, so that assistant_masks is 0 everywhere")
            texts_of_rows = encoding.get("overflow_to_sample_mapping")  # where rows overflow, a text has several
            numbers = range(len(texts)) if texts_of_rows is None else map(int, texts_of_rows)
            masks = [_mask(encoding[i], renderings[number].assistant_spans) for i, number in enumerate(numbers)]
            encoding["assistant_masks"] = masks if rows or texts_of_rows is not None else masks[0]
            encoding.convert_to_tensors(return_tensors)
        return encoding if return_dict else encoding["input_ids"]

    def encode_message_with_chat_template(
        self, message: Any, conversation_history: list[Any] | None = None, **kwargs: Any
    ) -> list[int]:
        """The ids that `message` adds to those of `conversation_history`, for feeding a model message by message.

        They are those of the whole conversation from the first that differs from the history's own on; for templates
        that write something after the last message this may be more than the message.

        Raises:
            ArgumentError: `add_generation_prompt`, which belongs to no message.
        """
        if "add_generation_prompt" in kwargs:
            raise ArgumentError("encode_message_with_chat_template() has no argument 'add_generation_prompt'")
        history = list(conversation_history or [])
        ids: list[int] = self.apply_chat_template([*history, message], return_dict=False, **kwargs)
        before = self.apply_chat_template(history, return_dict=False, **kwargs) if history else []
        same = next((i for i, (old, new) in enumerate(zip(before, ids, strict=False)) if old != new), None)
        return ids[min(len(before), len(ids)) if same is None else same :]

    def _choose_template(self, chat_template: str | None, tools: Any) -> tuple[str, str]:
        """What errors call the template, and its text."""
        own = self.chat_template
        place = f" of {self.name_or_path}" if self.name_or_path else ""
        if chat_template is not None and not isinstance(chat_template, str):
            raise InputTypeError(f"chat_template must be a str, not {type(chat_template).__name__}")
        if isinstance(own, dict):
            names = ["tool_use", "default"] if tools is not None else ["default"]
            name = next((name for name in names if name in own), None) if chat_template is None else chat_template
            if name in own:
                return f"chat template {name!r}{place}", own[name]
            if chat_template is None:
                listed = ", ".join(map(repr, sorted(own)))
                raise InputValueError(f"chat_template: no default among the templates{place}; choose one of {listed}")
        if chat_template is not None:
            return "the chat template of this call", chat_template
        if own is None:
            raise InputValueError(
                f"no chat template{place or ' in this tokenizer'}: give chat_template=… or set tokenizer.chat_template"
            )
        return f"the chat template{place}", own


def _mask(row: Any, spans: list[tuple[int, int]]) -> list[int]:
    """1 for the tokens of a row that stand for at least one character of `spans`."""
    characters = bytearray(max((end for _, end in spans), default=0))  # 1 for those of a span
    for begin, end in spans:
        characters[begin:end] = b"\1" * (end - begin)
    return [
        int(sequence is not None and characters.find(1, begin, end) >= 0)
        for (begin, end), sequence in zip(row.offsets, row.sequence_ids, strict=True)
    ]
