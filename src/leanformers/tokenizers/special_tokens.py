"""The special tokens by their role: `tokenizer.cls_token`, `tokenizer.pad_token_id`, … and the maps of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import InputTypeError, InputValueError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .._core import Tokenizer as Core

__all__ = ["ROLES", "SpecialTokens", "added_token_row", "content_of", "row_of"]

ROLES = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
_FLAGS = ("single_word", "lstrip", "rstrip")


def content_of(value: Any) -> str:
    """The text of a special token as it stands in a configuration: a string, or an object with flags.

    Raises:
        InputTypeError: neither of them.
    """
    content = value.get("content") if isinstance(value, dict) else getattr(value, "content", value)
    if not isinstance(content, str):
        raise InputTypeError(f"a special token must be a string, not {value!r}")
    return content


def row_of(value: Any) -> dict[str, Any]:
    """The added token that a special token of a configuration stands for, as in tokenizer.json but without an id."""
    flags: dict[str, Any] = {}
    if isinstance(value, dict):
        flags = value
    elif not isinstance(value, str):  # an AddedToken; a str has methods named lstrip and rstrip
        flags = {name: getattr(value, name, False) for name in (*_FLAGS, "normalized")}
    row: dict[str, Any] = {"content": content_of(value)}
    row.update({name: bool(flags.get(name, False)) for name in _FLAGS})
    return {**row, "normalized": bool(flags.get("normalized", False)), "special": True}


def added_token_row(value: Any, special: bool) -> dict[str, Any]:
    """The row of tokenizer.json, without an id, of a token that a user adds; `special` makes it special in any case.

    A plain string is looked for in the normalized text, unless it is special.
    """
    row = row_of(value)
    if isinstance(value, str):
        return {**row, "normalized": not special, "special": special}
    return {**row, "special": special or bool(getattr(value, "special", False))}


class _Role:
    """The attribute of one role, such as `cls_token`: a token of the vocabulary, or None."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, tokenizer: SpecialTokens, owner: type) -> str | None:
        return tokenizer._roles.get(self.name)

    def __set__(self, tokenizer: SpecialTokens, value: Any) -> None:
        if value is None:
            tokenizer._roles.pop(self.name, None)
        else:
            tokenizer._roles[self.name] = tokenizer._check_token(self.name, content_of(value))


class _RoleId:
    """The id of one role's token, such as `cls_token_id`, or None."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.role = name.removesuffix("_id")

    def __get__(self, tokenizer: SpecialTokens, owner: type) -> int | None:
        token = tokenizer._roles.get(self.role)
        return None if token is None else tokenizer._core.token_to_id(token)

    def __set__(self, tokenizer: SpecialTokens, value: int) -> None:
        token = tokenizer._core.id_to_token(value) if isinstance(value, int) and 0 <= value < 2**32 else None
        if token is None:
            size = tokenizer._core.vocab_size(True)
            raise InputValueError(f"{self.role}_id={value!r} is not in the vocabulary of {size} tokens")
        tokenizer._roles[self.role] = token


class SpecialTokens:
    """The part of a tokenizer that knows which tokens are special. A role is None when the tokenizer has no such token.

    A role can be set to another token of the vocabulary; a token that is not there is an error, not an `[UNK]`.
    """

    _core: Core
    _roles: dict[str, str]
    _extra_special_tokens: list[str]

    bos_token = _Role()
    eos_token = _Role()
    unk_token = _Role()
    sep_token = _Role()
    pad_token = _Role()
    cls_token = _Role()
    mask_token = _Role()
    bos_token_id = _RoleId()
    eos_token_id = _RoleId()
    unk_token_id = _RoleId()
    sep_token_id = _RoleId()
    pad_token_id = _RoleId()
    cls_token_id = _RoleId()
    mask_token_id = _RoleId()
    pad_token_type_id = 0

    def _set_special_tokens(self, roles: Mapping[str, Any], extra: Iterable[Any]) -> None:
        self._roles = {
            role: self._check_token(role, content_of(roles[role])) for role in ROLES if roles.get(role) is not None
        }
        self._extra_special_tokens = [self._check_token("extra_special_tokens", content_of(token)) for token in extra]

    def _check_token(self, role: str, token: str) -> str:
        if self._core.token_to_id(token) is None:
            raise InputValueError(
                f"{role}={token!r} is not in the vocabulary; choose a token that is, or add it: "
                f"tokenizer.add_special_tokens({{{role!r}: {token!r}}})"
            )
        return token

    @property
    def special_tokens_map(self) -> dict[str, str]:
        """The tokens by role, such as `{"unk_token": "[UNK]", …}`, without the roles that are not filled."""
        return {role: self._roles[role] for role in ROLES if role in self._roles}

    @property
    def extra_special_tokens(self) -> list[str]:
        """Special tokens without a role."""
        return list(self._extra_special_tokens)

    additional_special_tokens = extra_special_tokens

    @property
    def all_special_tokens(self) -> list[str]:
        """Every special token once: first those with a role, then the others."""
        return list(dict.fromkeys([*self.special_tokens_map.values(), *self._extra_special_tokens]))

    @property
    def all_special_ids(self) -> list[int]:
        """The ids of `all_special_tokens`."""
        ids = (self._core.token_to_id(token) for token in self.all_special_tokens)
        return [number for number in ids if number is not None]
