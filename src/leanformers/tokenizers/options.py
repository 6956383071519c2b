"""The truncation and padding arguments of a call, checked once and turned into what the core is asked to do.

arguments → **Options** → core.encode(…) and the width of the result
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _core
from ..errors import InputTypeError, InputValueError, near_names, warn
from .settings import check_side

if TYPE_CHECKING:
    from .stored import StoredTokenizer

__all__ = ["ENDLESS", "LONGEST", "MAX_LENGTH", "Options", "check_number"]

LONGEST = "longest"
MAX_LENGTH = "max_length"
ENDLESS = 10**20  # from here on a limit means that there is none, as in transformers
_MOST = 2**32 - 1  # the core counts in 32 bits, and no row has more tokens
_PADDING = {False: None, True: LONGEST, "do_not_pad": None, LONGEST: LONGEST, MAX_LENGTH: MAX_LENGTH}
_SPLITTING = {False: False, True: True, "warn": False}
_TRUNCATION = {
    False: None,
    None: None,
    True: _core.Truncation.LONGEST_FIRST,
    "do_not_truncate": None,
    "longest_first": _core.Truncation.LONGEST_FIRST,
    "only_first": _core.Truncation.ONLY_FIRST,
    "only_second": _core.Truncation.ONLY_SECOND,
}


def _choose(name: str, value: Any, choices: dict[Any, Any]) -> Any:
    # 1 == True finds a key, but whoever writes padding=1 may have meant a number of tokens.
    if not isinstance(value, (bool, str, type(None))) or value not in choices:
        names = [choice for choice in choices if isinstance(choice, str)]
        near = near_names(value, names) if isinstance(value, str) else ""
        raise InputValueError(f"{name}={value!r}: choose True, False, {', '.join(map(repr, names))}{near}")
    return choices[value]


class Options:
    """How a call truncates and pads.

    Attributes:
        core: the keyword arguments of `core.encode`.
        tells_special_tokens: whether to warn of special tokens in a text.
        padding: `LONGEST`, `MAX_LENGTH` or None.
        pad_to: the width for `MAX_LENGTH`.
        multiple: the width is rounded up to a multiple of this.
        pad_left: where the padding goes.
    """

    __slots__ = ("core", "multiple", "pad_left", "pad_to", "padding", "tells_special_tokens")

    def __init__(
        self,
        tokenizer: StoredTokenizer,
        *,
        pair: bool,
        add_special_tokens: bool,
        padding: Any = False,
        truncation: Any = None,
        max_length: int | None = None,
        padding_side: str | None = None,
        truncation_side: str | None = None,
        pad_to_multiple_of: int | None = None,
        stride: int = 0,
        return_overflowing_tokens: bool = False,
        split_special_tokens: bool | str = False,
    ) -> None:
        """Check the arguments of a call on rows that are pairs or not.

        Raises:
            InputValueError: a value that cannot be used, with what can.
            InputTypeError: a number that is no int.
        """
        check_number("max_length", max_length, 0)
        check_number("stride", stride, 0)
        check_number("pad_to_multiple_of", pad_to_multiple_of, 1)
        self.padding: str | None = _choose("padding", padding, _PADDING)
        strategy = _choose("truncation", truncation, _TRUNCATION)
        if max_length is not None and strategy is None and self.padding is None:
            if truncation is None:
                strategy = _core.Truncation.LONGEST_FIRST
                warn(f"max_length={max_length} alone truncates, as in transformers; write truncation=True to say so")
            else:
                warn(f"max_length={max_length} has no effect with truncation={truncation!r} and no padding")
        elif max_length is not None and strategy is None and self.padding == LONGEST:
            warn(f"max_length={max_length} has no effect without truncation; to pad to it: padding='max_length'")

        limit = tokenizer.model_max_length if max_length is None else max_length
        known = limit < ENDLESS
        self.pad_left = check_side("padding_side", padding_side or tokenizer.padding_side) == "left"
        self.multiple = pad_to_multiple_of or 1
        self.pad_to = limit
        if self.padding is None:
            for name, value in (("padding_side", padding_side), ("pad_to_multiple_of", pad_to_multiple_of)):
                if value is not None:
                    warn(f"{name}={value!r} has no effect without padding")
        elif tokenizer.pad_token_id is None:
            raise InputValueError(
                "cannot pad: the tokenizer has no pad_token; set tokenizer.pad_token to a token it has"
            )
        elif self.padding == MAX_LENGTH and not known:
            raise InputValueError("padding='max_length' needs max_length: the tokenizer has no model_max_length")

        if stride and not return_overflowing_tokens:
            warn(f"stride={stride} has no effect without return_overflowing_tokens=True")
        left = check_side("truncation_side", truncation_side or tokenizer.truncation_side) == "left"
        if strategy is None:
            if truncation_side is not None:
                warn(f"truncation_side={truncation_side!r} has no effect without truncation")
        elif not known:
            warn("nothing is truncated: neither max_length nor the tokenizer's model_max_length says where")
            strategy = None
        else:
            special = tokenizer.num_special_tokens_to_add(pair) if add_special_tokens else 0
            self._check_truncation(strategy, limit, special, pair)
            if return_overflowing_tokens and limit > special and stride >= limit - special:
                raise InputValueError(
                    f"stride={stride} leaves no room: a row has {limit - special} tokens of the text "
                    f"(max_length={limit}, less {special} special tokens), so that stride must be less"
                )
        self.core: dict[str, Any] = {}
        if not add_special_tokens:
            self.core["add_special_tokens"] = False
        if strategy is not None:
            self.core.update(max_length=min(limit, _MOST), truncation=strategy, truncate_left=left)
            if return_overflowing_tokens:
                self.core.update(overflow=True, stride=stride)
        self.tells_special_tokens = split_special_tokens == "warn"
        if _choose("split_special_tokens", split_special_tokens, _SPLITTING):
            self.core["split_special_tokens"] = True

    def width(self, longest: int) -> int:
        """The width to pad rows to, the longest of which has so many tokens; 0 for rows that stay as they are."""
        if self.padding is None:
            return 0
        width = longest if self.padding == LONGEST else self.pad_to
        return -(-width // self.multiple) * self.multiple

    def _check_truncation(self, strategy: Any, limit: int, special: int, pair: bool) -> None:
        if strategy is _core.Truncation.ONLY_SECOND and not pair:
            raise InputValueError("truncation='only_second' needs pairs: there is no second text")
        if limit < special:
            raise InputValueError(f"max_length={limit} is too short: {special} special tokens are added to every row")
        if self.padding is not None and limit % self.multiple:
            raise InputValueError(
                f"rows truncated to max_length={limit} cannot be padded to a multiple of {self.multiple}: "
                "max_length must be a multiple of pad_to_multiple_of"
            )


def check_number(name: str, value: Any, least: int) -> None:
    """Raise an error, unless `value` is None or an int of at least `least`."""
    if value is None or (type(value) is int and value >= least):
        return
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise InputTypeError(f"{name} must be an int, not {value!r}")
    if value < least:
        raise InputValueError(f"{name}={value} must be at least {least}")
