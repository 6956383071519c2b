"""Conversations as the text and ids that a chat model expects: `tokenizer.apply_chat_template(messages)`.

messages → chat_messages.py, chat_rendering.py (text) → **ChatTokenizer** → a call of the tokenizer (ids)
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .. import _core
from ..errors import ArgumentError, InputTypeError, InputValueError, warn
from .options import MAX_LENGTH, Options
from .spec import Spec
from .stored import StoredTokenizer

if TYPE_CHECKING:
    from .batch_encoding import BatchEncoding
    from .compiled_chat import ChatTemplate

__all__ = ["ChatTokenizer"]

_IDS = _core.Column.IDS
_ARGUMENTS = (
    "conversation", "tools", "documents", "chat_template", "add_generation_prompt", "continue_final_message",
    "tokenize", "sanitize_control_tokens", "padding", "truncation", "max_length", "return_tensors", "return_dict",
    "return_assistant_tokens_mask", "tokenizer_kwargs",
)  # fmt: skip
_OF_PAD = {"padding_side", "pad_to_multiple_of", "return_attention_mask"}


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
        from .chat_messages import plain, read_conversations, read_documents, read_tools
        from .chat_rendering import Chat, check_variables  # here, as few who tokenize have conversations

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
            chat.mark(self._control_tokens(chat.template))
        if continue_final_message:
            renderings = chat.render_open("content" if continue_final_message is True else str(continue_final_message))
        else:
            renderings = chat.render(spans=return_assistant_tokens_mask)
        texts = [rendering.text for rendering in renderings]
        if not tokenize:
            return texts if batched else texts[0]

        options = {"padding": padding, "truncation": truncation, "max_length": max_length}
        options.update(tokenizer_kwargs or {}, return_tensors=return_tensors)
        rows = batched or return_tensors is not None
        if sanitize_control_tokens:
            encoding = self._encode_marked(texts, chat.marks, rows, options)
        else:
            encoding = self._caller(texts if batched else texts[0], **{"add_special_tokens": False, **options})
        if return_assistant_tokens_mask:
            if not chat.template.has_generation_blocks:
                warn(f"{name} has no {{% generation %}} block, so that assistant_masks is 0 everywhere")
            masks = [_mask(encoding[i], rendering.assistant_spans) for i, rendering in enumerate(renderings)]
            encoding["assistant_masks"] = masks if rows else masks[0]
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

    @property
    def _caller(self) -> Any:
        """This tokenizer as the class that has the calls, which is derived from this one."""
        return self

    def _control_tokens(self, template: ChatTemplate) -> list[str]:
        listed = self.chat_control_tokens
        return [
            token.content
            for token in self._spec.added_tokens
            if token.special
            or (
                token.content in listed
                if listed is not None
                else not token.content.isspace() and any(token.content in text for text in template.literals)
            )
        ]

    def _encode_marked(self, texts: list[str], marks: str, rows: bool, options: dict[str, Any]) -> BatchEncoding:
        """Encode texts in which `marks` stand around the tokens that are to be plain text."""
        unfit = options.keys() - _OF_PAD - {"padding", "truncation", "max_length", "return_tensors"}
        for name in sorted(unfit):
            raise ArgumentError(f"sanitize_control_tokens does not go with {name}")
        cut = Options(
            self,
            pair=False,
            add_special_tokens=False,
            truncation=options.pop("truncation"),
            max_length=options["max_length"],
            padding=options["padding"],
        ).core
        if options["padding"] != MAX_LENGTH:
            options["max_length"] = None  # it was for the truncation
        ids = [self._encode_marked_text(text, marks) for text in texts]
        if "max_length" in cut:
            most = cut["max_length"]
            ids = [row[max(0, len(row) - most) :] if cut["truncate_left"] else row[:most] for row in ids]
        padded: BatchEncoding = self._caller.pad({"input_ids": ids if rows else ids[0]}, **options)
        return padded

    def _encode_marked_text(self, text: str, marks: str) -> list[int]:
        from .chat_rendering import alternatives

        tokens = alternatives(token.content for token in self._spec.added_tokens)
        pieces = re.split(f"{marks[0]}({tokens}){marks[1]}|[{marks}]", text)  # text, token or None, text, …
        line: list[int] = self._caller.encode("\n", add_special_tokens=False)
        ids: list[int] = self._caller.encode(pieces[0], add_special_tokens=False)
        for i, piece in enumerate(pieces[1:], start=1):
            if not piece:
                continue

            def encode(text: str, as_text: bool = i % 2 == 1) -> list[int]:
                if as_text:
                    return _without_added_tokens(self._spec).encode([text], add_special_tokens=False).lists(_IDS)[0]
                found: list[int] = self._caller.encode(text, add_special_tokens=False)
                return found

            # After a line break: some tokenizers put a space before a text, which this piece is no beginning of.
            found = encode("\n" + piece)
            found = found[len(line) :] if found[: len(line)] == line else encode(piece)
            if i % 2 == 1 and self._core.token_to_id(piece) in found:
                raise InputValueError(f"sanitize_control_tokens: the model itself makes {piece!r} of plain text")
            ids += found
        return ids


@lru_cache(maxsize=2)
def _without_added_tokens(spec: Spec) -> _core.Tokenizer:
    """The core that sees nothing but text. The post-processor goes too, as it may name added tokens."""
    return Spec({**spec.document, "added_tokens": [], "post_processor": None}, place=spec.place).compile()


def _mask(row: Any, spans: list[tuple[int, int]]) -> list[int]:
    """1 for the tokens of a row that stand for at least one character of `spans`."""
    characters = bytearray(max((end for _, end in spans), default=0))  # 1 for those of a span
    for begin, end in spans:
        characters[begin:end] = b"\1" * (end - begin)
    return [
        int(sequence is not None and characters.find(1, begin, end) >= 0)
        for (begin, end), sequence in zip(row.offsets, row.sequence_ids, strict=True)
    ]
