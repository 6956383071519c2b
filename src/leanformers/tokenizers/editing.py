"""Tokens that users add: the tokenizer gets another frozen core, and calls that run meanwhile keep the old one.

tokens → Spec.with_added_tokens → **Editing.add_tokens** → a new core in the same object
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError, InputTypeError, near_names
from .special_tokens import ROLES, added_token_row, content_of
from .stored import StoredTokenizer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Editing"]


class Editing(StoredTokenizer):
    """The part of a tokenizer that takes new tokens."""

    def add_tokens(self, new_tokens: Any, special_tokens: bool = False) -> int:
        """Have these tokens found in a text before the model sees it; those that are not in the vocabulary get new ids.

        Args:
            new_tokens: a str, an `AddedToken`, or a list of them.
            special_tokens: whether they are special: left out by `decode(…, skip_special_tokens=True)`, and found in
                the text as it comes rather than in the normalized text.

        Returns:
            How many were not added tokens before, or had other flags. A model needs `resize_token_embeddings` where
            `len(tokenizer)` has grown.

        Raises:
            InputTypeError: something that is no token.

        Examples:
            >>> from leanformers import AutoTokenizer
            >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
            >>> tokenizer.add_tokens(["transformers", "leanformers"])
            2
            >>> tokenizer.tokenize("leanformers!")
            ['leanformers', '!']
        """
        single = isinstance(new_tokens, str) or hasattr(new_tokens, "content")
        return self._add([new_tokens] if single else new_tokens, special_tokens)

    def add_special_tokens(
        self, special_tokens_dict: Mapping[str, Any], replace_extra_special_tokens: bool = True
    ) -> int:
        """Add special tokens and give them their roles.

        Args:
            special_tokens_dict: roles and tokens, such as `{"pad_token": "[PAD]"}`; `extra_special_tokens` has a list
                of those without a role.
            replace_extra_special_tokens: whether that list takes the place of the present one or is added to it.

        Returns:
            How many were not added tokens before, or had other flags.

        Raises:
            ArgumentError: a role that does not exist.
            InputTypeError: something that is no token.

        Examples:
            >>> from leanformers import AutoTokenizer
            >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
            >>> tokenizer.add_special_tokens({"bos_token": "<s>", "extra_special_tokens": ["<tool>"]})
            2
            >>> tokenizer.decode(tokenizer("<tool> a")["input_ids"], skip_special_tokens=True)
            'a'
        """
        roles: dict[str, Any] = {}
        extra: list[Any] = []
        for name, value in special_tokens_dict.items():
            if name in ("extra_special_tokens", "additional_special_tokens"):
                if isinstance(value, str) or not hasattr(value, "__iter__"):
                    raise InputTypeError(f"{name} must be a list of tokens, not {value!r}")
                extra = list(value)
            elif name in ROLES:
                roles[name] = value
            else:
                known = [*ROLES, "extra_special_tokens"]
                raise ArgumentError(f"there is no special token {name!r}{near_names(name, known)}; {', '.join(known)}")
        added = self._add([*roles.values(), *extra], special=True)
        for name, value in roles.items():
            setattr(self, name, value)
        contents = [content_of(token) for token in extra]
        if contents:
            kept = [] if replace_extra_special_tokens else self._extra_special_tokens
            self._extra_special_tokens = list(dict.fromkeys([*kept, *contents]))
        return added

    def _add(self, tokens: Iterable[Any], special: bool) -> int:
        spec, added = self._spec.with_changed_tokens(
            added_token_row(token, special) for token in tokens if content_of(token)
        )
        if spec is not self._spec:
            self._use(spec)
        return added
