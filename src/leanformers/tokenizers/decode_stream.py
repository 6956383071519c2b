"""Text from ids that come one by one, as a model writes them.

ids → **DecodeStream.step** → the next piece of text, held back while it is not whole
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .tokenizer import PreTrainedTokenizer

__all__ = ["DecodeStream"]

_UNFINISHED = "\N{REPLACEMENT CHARACTER}"


class DecodeStream:
    """Decodes ids as they come: the pieces together are `tokenizer.decode` of all ids.

    A piece that ends inside a character is held back until the character is whole. Each step decodes only the ids since
    the last piece but one, so that the time of a step does not grow. The rule is that of `tokenizers`' DecodeStream.

    Examples:
        >>> from leanformers import AutoTokenizer
        >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
        >>> stream = DecodeStream(tokenizer, skip_special_tokens=True)
        >>> [stream.step(number) for number in tokenizer("A good day.")["input_ids"]]
        [None, 'a', ' good', ' day', '.', None]
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizer, ids: Iterable[int] = (), *, skip_special_tokens: bool = False
    ) -> None:
        """`ids` were there before, such as a prompt: their text is not given again."""
        self.tokenizer = tokenizer
        self.skip_special_tokens = skip_special_tokens
        self._ids = list(ids)  # those whose text may still change
        self._prefix = self._decode() if self._ids else ""
        self._done = len(self._ids)  # of these, how many the prefix is the text of

    def step(self, token_id: int) -> str | None:
        """The text that `token_id` completes, or None while there is none.

        Raises:
            TokenIdError: an id that the vocabulary does not have.
            InputTypeError: no int.
        """
        self._ids.append(token_id)
        try:
            text = self._decode()
        except Exception:
            self._ids.pop()
            raise
        if len(text) <= len(self._prefix) or text.endswith(_UNFINISHED):
            return None
        piece = text[len(self._prefix) :]
        self._ids = self._ids[self._done :]
        self._done = len(self._ids)
        self._prefix = self._decode()
        return piece

    def _decode(self) -> str:
        text: str = self.tokenizer.decode(
            self._ids, skip_special_tokens=self.skip_special_tokens, clean_up_tokenization_spaces=False
        )
        return text
