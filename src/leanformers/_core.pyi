"""The tokenizer core."""

from collections.abc import Sequence
import enum
from typing import Any

import numpy
import numpy.typing


class TruncationError(ValueError):
    pass

class AddedToken:
    """A token that is found in the text before the model sees it."""

    def __init__(self, content: str, id: int = 0, *, single_word: bool = False, lstrip: bool = False, rstrip: bool = False, normalized: bool = True, special: bool = False) -> None: ...

    @property
    def content(self) -> str: ...

    @property
    def id(self) -> int: ...

    @property
    def single_word(self) -> bool: ...

    @property
    def lstrip(self) -> bool: ...

    @property
    def rstrip(self) -> bool: ...

    @property
    def normalized(self) -> bool: ...

    @property
    def special(self) -> bool: ...

    def __str__(self) -> str: ...

    def __repr__(self) -> str: ...

    def __eq__(self, other: object, /) -> bool: ...

    def __hash__(self) -> int: ...

class BertNormalizer:
    """Clean, space Chinese characters, strip accents, lower-case."""

    def __init__(self, *, clean_text: bool = True, handle_chinese_chars: bool = True, strip_accents: bool | None = None, lowercase: bool = True) -> None: ...

class BertPreTokenizer:
    """Splits at white space and around punctuation."""

    def __init__(self) -> None: ...

class WordPiece:
    """The longest pieces of a word, from left to right."""

    def __init__(self, vocab: dict[str, int], *, unk_token: str = '[UNK]', continuing_subword_prefix: str = '##', max_input_chars_per_word: int = 100) -> None: ...

class Template:
    """
    Where special tokens and sequences stand in a row: (kind, ids, type id) pieces.
    """

    def __init__(self, single: Sequence[tuple[str, Sequence[int], int]], pair: Sequence[tuple[str, Sequence[int], int]]) -> None: ...

    def num_special_tokens(self, pair: bool = False) -> int: ...

class WordPieceDecoder:
    """Joins pieces to words, and words by spaces."""

    def __init__(self, *, prefix: str = '##', cleanup: bool = True) -> None: ...

class Column(enum.Enum):
    """What can be asked of every token of an `Encoded`."""

    IDS = 0

    TYPE_IDS = 1

    ATTENTION_MASK = 2

    SPECIAL_TOKENS_MASK = 3

    SEQUENCE_IDS = 4

    WORD_IDS = 5

    SPANS = 6

class Truncation(enum.Enum):
    """Which text of a pair gives way."""

    LONGEST_FIRST = 0

    ONLY_FIRST = 1

    ONLY_SECOND = 2

class Encoded:
    """The tokens of a batch of rows, flat and immutable."""

    def __len__(self) -> int:
        """The number of rows."""

    def lengths(self) -> list[int]:
        """Tokens per row, special tokens included."""

    def dropped(self) -> list[int]:
        """Tokens per row that truncation took away."""

    def lists(self, column: Column, width: int = 0, pad_left: bool = False, pad: int = 0) -> list[list[Any]]:
        """A column as one list per row, each filled up to `width` with padding."""

    def array(self, column: Column, width: int, pad_left: bool = False, pad: int = 0) -> numpy.typing.NDArray[numpy.int64]:
        """
        A column as an array (rows, width), spans as (rows, width, 2); None is -1.
        """

    def flat(self, column: Column) -> numpy.typing.NDArray[Any]:
        """
        A column of all rows, (tokens,): ids uint32, spans uint32 (tokens, 2), others int32. Ids and spans are not copied.
        """

    def row_offsets(self) -> numpy.typing.NDArray[numpy.int64]:
        """
        Where each row begins in a flat column, and where the last one ends: (rows + 1,).
        """

class Tokenizer:
    """A compiled, immutable tokenizer; safe to use from many threads."""

    def __init__(self, *, added_tokens: Sequence[AddedToken], normalizers: Sequence[BertNormalizer], pre_tokenizers: Sequence[BertPreTokenizer], model: WordPiece, template: Template | None, decoders: Sequence[WordPieceDecoder], fused: bool = True) -> None: ...

    def encode(self, texts: list[str], pairs: list[str] | None = None, *, add_special_tokens: bool = True, max_length: int | None = None, truncation: Truncation = ..., truncate_left: bool = False, details: bool = False) -> Encoded:
        """
        Encode a batch. `max_length` counts special tokens; `details` adds words and spans. Lone surrogates read as U+FFFD.
        """

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        """The text of ids. IndexError: an id is not in the vocabulary."""

    def decode_tokens(self, tokens: Sequence[str]) -> str:
        """The text of token strings."""

    def token_to_id(self, token: str) -> int | None: ...

    def id_to_token(self, id: int) -> str | None: ...

    def vocab(self, with_added_tokens: bool = True) -> dict[str, int]: ...

    def vocab_size(self, with_added_tokens: bool = True) -> int: ...

    def explain(self) -> list[str]:
        """Which stages are fused, which general, and why: one sentence each."""

def unicode_versions() -> dict[str, str]:
    """Predicate -> the Unicode version whose table it follows."""
