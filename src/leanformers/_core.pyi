"""The tokenizer core."""

from collections.abc import Mapping, Sequence
import enum
from typing import Any

import numpy
import numpy.typing


class TruncationError(ValueError):
    pass

class SplitBehavior(enum.Enum):
    """What becomes of a match that text is split at."""

    REMOVED = 0

    ISOLATED = 1

    MERGED_WITH_PREVIOUS = 2

    MERGED_WITH_NEXT = 3

    CONTIGUOUS = 4

class PrependScheme(enum.Enum):
    """Where Metaspace puts its mark before a piece without one."""

    ALWAYS = 0

    FIRST = 1

    NEVER = 2

class Form(enum.Enum):
    """A Unicode normalization form."""

    NFC = 0

    NFD = 1

    NFKC = 2

    NFKD = 3

class BertNormalizer:
    """Clean, space Chinese characters, strip accents, lower-case."""

    def __init__(self, *, clean_text: bool = True, handle_chinese_chars: bool = True, strip_accents: bool | None = None, lowercase: bool = True) -> None: ...

class ByteLevelNormalizer:
    """Writes each byte as a character of GPT-2's alphabet."""

    def __init__(self) -> None: ...

class Lowercase:
    """Lower case, character by character."""

    def __init__(self) -> None: ...

class Nmt:
    """
    Deletes control characters and makes spaces of other white space, as SentencePiece's NMT rules.
    """

    def __init__(self) -> None: ...

class Precompiled:
    """The character map of a SentencePiece model, as bytes."""

    def __init__(self, *, charsmap: bytes) -> None: ...

class Prepend:
    """Puts a text before every stretch that is not empty."""

    def __init__(self, *, prepend: str) -> None: ...

class Replace:
    """Puts a text in the place of each match."""

    def __init__(self, *, pattern: str, content: str, regex: bool = False) -> None: ...

class Strip:
    """Takes white space off the ends."""

    def __init__(self, *, strip_left: bool = True, strip_right: bool = True) -> None: ...

class StripAccents:
    """Deletes combining marks."""

    def __init__(self) -> None: ...

class UnicodeForm:
    """NFC, NFD, NFKC or NFKD."""

    def __init__(self, *, form: Form) -> None: ...

class BertPreTokenizer:
    """Splits at white space and around punctuation."""

    def __init__(self) -> None: ...

class ByteLevel:
    """GPT-2's words, their bytes written as characters."""

    def __init__(self, *, add_prefix_space: bool = True, use_regex: bool = True) -> None: ...

class CharDelimiterSplit:
    """Splits at a character, which goes."""

    def __init__(self, *, delimiter: str) -> None: ...

class Digits:
    """Numbers are words, together or each digit by itself."""

    def __init__(self, *, individual_digits: bool = False) -> None: ...

class FixedLength:
    """Words of so many characters."""

    def __init__(self, *, length: int = 5) -> None: ...

class Metaspace:
    """Spaces become a mark that words begin with."""

    def __init__(self, *, replacement: str = '▁', prepend_scheme: PrependScheme = PrependScheme.ALWAYS, split: bool = True) -> None: ...

class Punctuation:
    """Splits at punctuation."""

    def __init__(self, *, behavior: SplitBehavior = SplitBehavior.ISOLATED) -> None: ...

class Split:
    """Splits at a literal text or at the matches of a regular expression."""

    def __init__(self, *, pattern: str, behavior: SplitBehavior, invert: bool = False, regex: bool = False) -> None: ...

class UnicodeScripts:
    """Splits where the script changes."""

    def __init__(self) -> None: ...

class Whitespace:
    """\\w+|[^\\w\\s]+"""

    def __init__(self) -> None: ...

class WhitespaceSplit:
    """Splits at white space."""

    def __init__(self) -> None: ...

class BpeDecoder:
    """Makes spaces of the suffix that ends words."""

    def __init__(self, *, suffix: str = '</w>') -> None: ...

class ByteFallback:
    """Makes text of tokens like <0x0A>."""

    def __init__(self) -> None: ...

class ByteLevelDecoder:
    """Makes text of bytes written as characters of GPT-2's alphabet."""

    def __init__(self) -> None: ...

class Ctc:
    """Drops repetitions and the padding between them."""

    def __init__(self, *, pad_token: str = '<pad>', word_delimiter_token: str = '|', cleanup: bool = True) -> None: ...

class Fuse:
    """Joins all tokens into one."""

    def __init__(self) -> None: ...

class MetaspaceDecoder:
    """Makes spaces of the mark that words begin with."""

    def __init__(self, *, replacement: str = '▁', prepend_scheme: PrependScheme = PrependScheme.ALWAYS) -> None: ...

class ReplaceDecoder:
    """Puts a text in the place of each match in a token."""

    def __init__(self, *, pattern: str, content: str, regex: bool = False) -> None: ...

class StripDecoder:
    """Takes a character off the ends of each token, so many times at most."""

    def __init__(self, *, content: str = ' ', start: int = 0, stop: int = 0) -> None: ...

class WordPieceDecoder:
    """Joins pieces to words, and words by spaces."""

    def __init__(self, *, prefix: str = '##', cleanup: bool = True) -> None: ...

class VocabularyTable:
    """Tokens and their ids, as a tokenizer.json has them."""

    def __init__(self, vocab: dict[str, int]) -> None: ...

    def __len__(self) -> int: ...

    def find(self, token: str) -> int | None: ...

    @property
    def last_id(self) -> int: ...

    def with_tokens(self, tokens: dict[str, int]) -> VocabularyTable:
        """A table with these, too; tokens that are there get the new ids."""

    def plain(self) -> dict[str, int]:
        """All of it as a dict."""

class PiecesTable:
    """
    The pieces of a Unigram model and their scores, as a tokenizer.json has them.
    """

    def __init__(self, pieces: Sequence[tuple[str, float]]) -> None: ...

    def __getitem__(self, id: int, /) -> tuple[str, float]: ...

    def edited(self, before: Sequence[tuple[str, float]], skip: int, after: Sequence[tuple[str, float]]) -> PiecesTable:
        """
        A table with these pieces before and after its own, of which so many are left out at the beginning.
        """

    def as_read_again(self) -> PiecesTable | None:
        """
        A table with the scores that the reference reads of a tokenizer.json with these. None: no model has one.
        """

    def vocabulary(self, names: Mapping[int, str]) -> VocabularyTable:
        """The ids of the pieces, of which some get other names."""

    def __len__(self) -> int: ...

    def find(self, token: str) -> int | None: ...

    @property
    def last_id(self) -> int: ...

    def plain(self) -> list[list[Any]]:
        """All of it as a list."""

class MergesTable:
    """The merges of a BPE model, as a tokenizer.json has them."""

    def __len__(self) -> int: ...

    def plain(self) -> list[Any]:
        """All of it as a list."""

    def pairs(self) -> list[tuple[str, str]]:
        """The two parts of each."""

def read_tables(json: bytes) -> dict[str, tuple[Any, int, int]] | None:
    """
    The fields "vocab" and "merges" of the model in a tokenizer.json, and from which byte to which each is. None: the text is not written as such files are.
    """

def read_sentencepiece(file: bytes) -> tuple[PiecesTable, dict[int, int], bytes] | None:
    """
    Of SentencePiece's `.model`: its pieces, the kinds of those that are not normal ones by id, and all fields that are no pieces, as they stand in the file.
    """

def read_ranks(file: bytes) -> VocabularyTable | None:
    """
    Of a rank file of tiktoken: tokens, in the letters that stand for their bytes, and ranks.
    """

def read_vocabulary(file: bytes) -> VocabularyTable | None:
    """Of a vocab.json."""

def read_merges(file: bytes, vocabulary: VocabularyTable) -> MergesTable | None:
    """Of a merges.txt that goes with this vocabulary."""

def implied_merges(vocabulary: VocabularyTable, by_ids: bool) -> MergesTable:
    """
    Every way to make a token of two others, in the order of the ids. Of several for one token that with the shorter left part comes first, or that with the lower ids. ValueError: what is wrong with the vocabulary.
    """

class CompiledModel:
    """The model of a tokenizer with its compiled tables, which copies share."""

def build_stamp() -> str:
    """Only builds with the same stamp read each other's plans."""

def read_plan(key: bytes, memory: Any) -> tuple[bytes, dict[str, Any], CompiledModel] | None:
    """
    Of a mapped file: the tokenizer.json without its tables, the tables by name, and the model. None: it is no whole plan with this key.
    """

def write_plan(key: bytes, rest: bytes, tables: dict[str, Any], model: CompiledModel) -> bytes:
    """The file that `read_plan` reads. `key` has 32 bytes."""

class AddedToken:
    """A token that is found in the text before the model sees it."""

    def __init__(self, content: str, id: int = 0, *, single_word: bool = False, lstrip: bool = False, rstrip: bool = False, normalized: bool | None = None, special: bool = False) -> None: ...

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

class WordPiece:
    """The longest pieces of a word, from left to right."""

    def __init__(self, vocab: object, *, unk_token: str = '[UNK]', continuing_subword_prefix: str = '##', max_input_chars_per_word: int = 100) -> None: ...

class Bpe:
    """Merges of neighbours, in the order in which they were learned."""

    def __init__(self, vocab: object, *, merges: object, dropout: float | None = None, unk_token: str | None = None, continuing_subword_prefix: str | None = None, end_of_word_suffix: str | None = None, fuse_unk: bool = False, byte_fallback: bool = False, ignore_merges: bool = False) -> None: ...

class Unigram:
    """The pieces of the greatest sum of scores."""

    def __init__(self, pieces: object, *, unk_id: int | None = None, byte_fallback: bool = False) -> None: ...

class WordLevel:
    """Each word is a token."""

    def __init__(self, vocab: object, *, unk_token: str = '<unk>') -> None: ...

class Template:
    """
    Where special tokens and sequences stand in a row: (kind, ids, type id) pieces.
    """

    def __init__(self, single: Sequence[tuple[str, Sequence[int], int]], pair: Sequence[tuple[str, Sequence[int], int]], overflow_type_ids: tuple[int, int] = (0, 1)) -> None: ...

    def num_special_tokens(self, pair: bool = False) -> int: ...

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

    def longest(self) -> int:
        """Tokens of the longest row; 0 without rows."""

    def shortest(self) -> int:
        """Tokens of the shortest row; 0 without rows."""

    def dropped(self) -> list[int]:
        """Tokens per row that truncation took away."""

    def samples(self) -> list[int]:
        """For each row the number of the text that it is from."""

    def long_words(self) -> list[int]:
        """
        The numbers of the texts with a word that became the unknown token for its length alone.
        """

    def with_special_tokens(self) -> list[int]:
        """The numbers of the texts in which a special token was found."""

    def lists(self, column: Column, width: int = 0, pad_left: bool = False, pad: int = 0) -> list[list[Any]]:
        """A column as one list per row, each filled up to `width` with padding."""

    def row(self, column: Column, row: int, width: int = 0, pad_left: bool = False, pad: int = 0) -> list[Any]:
        """One of the `lists`."""

    @property
    def has_details(self) -> bool:
        """Whether words and spans are known."""

    def write(self, column: Column, out: numpy.typing.NDArray[numpy.int64], pad_left: bool = False, pad: int = 0) -> None:
        """
        Write a column into an array (rows, width), spans into (rows, width, 2); None is -1.
        """

    def flat(self, column: Column) -> numpy.typing.NDArray[Any]:
        """
        A column of all rows, (tokens,): ids uint32, spans uint32 (tokens, 2), others int32. Ids, words and spans are not copied.
        """

    def row_offsets(self) -> numpy.typing.NDArray[numpy.int64]:
        """
        Where each row begins in a flat column, and where the last one ends: (rows + 1,).
        """

class Tokenizer:
    """A compiled, immutable tokenizer; safe to use from many threads."""

    def __init__(self, *, added_tokens: Sequence[AddedToken], normalizers: Sequence[BertNormalizer | ByteLevelNormalizer | Lowercase | Nmt | Precompiled | Prepend | Replace | Strip | StripAccents | UnicodeForm], pre_tokenizers: Sequence[BertPreTokenizer | ByteLevel | CharDelimiterSplit | Digits | FixedLength | Metaspace | Punctuation | Split | UnicodeScripts | Whitespace | WhitespaceSplit], model: WordPiece | Bpe | Unigram | WordLevel, template: Template | None, trim_offsets: bool | None = None, decoders: Sequence[WordPieceDecoder | BpeDecoder | ByteFallback | ByteLevelDecoder | Ctc | Fuse | MetaspaceDecoder | ReplaceDecoder | StripDecoder], fused: bool = True, compiled: CompiledModel | None = None) -> None: ...

    def encode(self, texts: list[Any], pairs: list[Any] | None = None, *, words: bool = False, add_special_tokens: bool = True, max_length: int | None = None, truncation: Truncation = ..., truncate_left: bool = False, overflow: bool = False, stride: int = 0, split_special_tokens: bool = False, details: bool = False, word_ids: bool = True, threads: int = 0, part_bytes: int = ...) -> Encoded:
        """
        Encode a batch of str or, with `words`, of lists of str. `max_length` counts special tokens; `overflow` makes rows of what is cut off; `details` adds spans and, with `word_ids`, words; `threads` at most, 0: those of the process, which share texts in parts of at least `part_bytes`. Lone surrogates read as U+FFFD.
        """

    def cuts(self, text: str, part_bytes: int = ...) -> list[int]:
        """
        Where the parts after the first begin, in bytes, if threads share the text in parts of at least so many.
        """

    def count(self, texts: list[Any], pairs: list[Any] | None = None, *, words: bool = False, add_special_tokens: bool = True, split_special_tokens: bool = False, threads: int = 0) -> numpy.typing.NDArray[numpy.int64]:
        """How many tokens each row of `encode` would have: (rows,)."""

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        """The text of ids. IndexError: an id is not in the vocabulary."""

    def decode_rows(self, ids: numpy.typing.NDArray[numpy.uint32], row_offsets: numpy.typing.NDArray[numpy.int64], skip_special_tokens: bool = False, threads: int = 0) -> list[str]:
        """
        The texts of the rows of flat ids. IndexError: an id is not in the vocabulary, and its row.
        """

    def decode_tokens(self, tokens: Sequence[str]) -> str:
        """The text of token strings."""

    def token_to_id(self, token: str) -> int | None: ...

    def id_to_token(self, id: int) -> str | None: ...

    def vocab(self, with_added_tokens: bool = True) -> dict[str, int]: ...

    def vocab_size(self, with_added_tokens: bool = True) -> int: ...

    @property
    def compiled_model(self) -> CompiledModel:
        """For a tokenizer with the same `model`: `compiled`."""

    def explain(self) -> list[str]:
        """Which stages are fused, which general, and why: one sentence each."""

class WordCounter:
    """
    Counts the words that stages make of texts. Memory: the different words.
    """

    def __init__(self, normalizers: Sequence[BertNormalizer | ByteLevelNormalizer | Lowercase | Nmt | Precompiled | Prepend | Replace | Strip | StripAccents | UnicodeForm], pre_tokenizers: Sequence[BertPreTokenizer | ByteLevel | CharDelimiterSplit | Digits | FixedLength | Metaspace | Punctuation | Split | UnicodeScripts | Whitespace | WhitespaceSplit], threads: int = 0) -> None: ...

    def add(self, texts: list[str]) -> None:
        """Count the words of texts. Lone surrogates read as U+FFFD."""

    def __len__(self) -> int:
        """How many different words there are."""

    def counts(self) -> list[tuple[str, int]]:
        """The words and how often each was seen, in no particular order."""

    @property
    def cuts_at_spaces(self) -> bool:
        """
        Whether texts are cut at spaces, so that each different stretch is normalized and split only once.
        """

def train_bpe(counter: WordCounter, *, vocab_size: int, min_frequency: int = 0, special_tokens: Sequence[str] = [], limit_alphabet: int | None = None, initial_alphabet: str = '', continuing_subword_prefix: str = '', end_of_word_suffix: str = '', max_token_length: int | None = None, progress: object | None = None) -> tuple[list[str], list[tuple[str, str]]]:
    """
    Tokens by id, and merges by rank. `progress` gets what is done and what there is to do; its errors stop the training.
    """

def train_unigram(counter: WordCounter, *, vocab_size: int, special_tokens: Sequence[str] = [], initial_alphabet: str = '', unk_token: str | None = None, shrinking_factor: float = 0.75, n_sub_iterations: int = 2, max_piece_length: int = 16, seed_size: int = 1000000, progress: object | None = None) -> tuple[list[tuple[str, float]], int | None]:
    """
    Pieces and scores by id, and the id of the unknown token. ValueError: more characters than the vocabulary can hold.
    """

def train_word_level(counter: WordCounter, *, vocab_size: int, min_frequency: int = 0, special_tokens: Sequence[str] = []) -> list[tuple[str, int]]:
    """Tokens and their ids."""

def unicode_versions() -> dict[str, str]:
    """Predicate -> the Unicode version whose table it follows."""

def block_masks(block: bytes) -> dict[str, dict[str, int]]:
    """
    Instruction set -> which of up to 64 bytes are what, as bits: all of them give the same.
    """

def cpu_quota(root: str = '/') -> int | None:
    """
    How many processors' time the control group of this process may use, rounded up; None: as much as there is.
    """
