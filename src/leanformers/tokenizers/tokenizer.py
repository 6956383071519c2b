"""The tokenizer users hold: a frozen, compiled core and a few settings. What a call is told stays in that call.

text → **PreTrainedTokenizer** → _core.Tokenizer → BatchEncoding or Ragged
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from .. import _core
from ..errors import InputTypeError, TokenIdError
from .batch_encoding import BatchEncoding
from .call import Calling
from .chat.tokenizer import ChatTokenizer
from .earlier_names import EarlierNames
from .editing import Editing
from .golden import GoldenIds
from .inputs import input_error, read_texts, read_words
from .options import Options, check_number
from .training.retraining import Retraining

if TYPE_CHECKING:
    import os

    from .files.token_file import TokenFileHeader
    from .ragged import Ragged

__all__ = ["PreTrainedTokenizer"]


class PreTrainedTokenizer(ChatTokenizer, GoldenIds, EarlierNames, Editing, Retraining, Calling):
    """A tokenizer. Safe to use from many threads: a call never changes it.

    Attributes:
        name_or_path: what it was loaded from.
        model_max_length: the longest input of the model in tokens; 10**30 when unknown.
        padding_side, truncation_side: 'right' or 'left'; a call can say otherwise.
        clean_up_tokenization_spaces: whether `decode` removes the spaces before punctuation.
        model_input_names: the keys of a call's result.
        file_truncation, file_padding: the blocks of that name in tokenizer.json. They are only reported: a call
            without arguments neither truncates nor pads.

    Examples:
        >>> from leanformers import AutoTokenizer
        >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
        >>> tokenizer.tokenize("A good day.")
        ['a', 'good', 'day', '.']
        >>> tokenizer.decode(tokenizer("A good day.")["input_ids"], skip_special_tokens=True)
        'a good day.'
    """

    def encode(self, text: Any, text_pair: Any = None, *, add_special_tokens: bool = True, **options: Any) -> Any:
        """The ids alone: `tokenizer(text, text_pair, …)["input_ids"]`, with the same arguments."""
        return self(text, text_pair, add_special_tokens=add_special_tokens, **options)["input_ids"]

    def tokenize(
        self, text: str, pair: str | None = None, *, add_special_tokens: bool = False, **options: Any
    ) -> list[str]:
        """The tokens of one text (or pair) as text, without special tokens unless asked for; arguments as in a call."""
        if not isinstance(text, str):
            found = type(text).__name__
            raise InputTypeError(f"tokenize() takes one str, not {found}; for a batch: tokenizer(…).tokens(row)")
        return self(text, pair, add_special_tokens=add_special_tokens, **options).tokens()

    def encode_ragged(
        self,
        texts: Any,
        text_pairs: Any = None,
        *,
        add_special_tokens: bool = True,
        truncation: bool | str | None = False,
        max_length: int | None = None,
        split_special_tokens: bool | str | None = None,
        spans: bool = False,
        word_ids: bool = False,
        stride: int | None = None,
        truncation_side: str | None = None,
        threads: int | None = None,
    ) -> Ragged:
        """Encode a batch into flat arrays without padding, the form that models compute on.

        Args:
            texts, text_pairs: as in a call.
            add_special_tokens, truncation, max_length, truncation_side, split_special_tokens: as in a call.
            spans: also return where in its text each token stands, in characters, and which text of a pair that is.
            word_ids: also return the number of each token's word.
            stride: what truncation cuts off gives further rows, each with so many tokens of the one before it; None:
                it is dropped.
            threads: at most so many; None for all processors that the process may use. The result is the same.

        Examples:
            >>> from leanformers import AutoTokenizer
            >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
            >>> tokenizer.encode_ragged(["A good day.", "Bad!"]).lengths.tolist()
            [6, 4]
        """
        import numpy

        from .ragged import Ragged

        rows, pairs, _ = read_texts(texts, text_pairs)
        options = Options(
            self,
            pair=pairs is not None,
            add_special_tokens=add_special_tokens,
            truncation=truncation,
            max_length=max_length,
            truncation_side=truncation_side,
            stride=stride or 0,
            return_overflowing_tokens=stride is not None,
            split_special_tokens=self.split_special_tokens if split_special_tokens is None else split_special_tokens,
        )
        check_number("threads", threads, 1)
        core_options = {**options.core, "threads": threads or 0, "word_ids": word_ids}
        encoded = self._encode(rows, pairs, core_options, spans or word_ids)
        self._warn_about_long_words(encoded)
        if options.tells_special_tokens:
            self._warn_about_special_tokens(encoded)
        if max_length is None and "max_length" not in options.core:
            self._warn_if_too_long(encoded)
        return Ragged(
            encoded.flat(_core.Column.IDS),
            encoded.row_offsets(),
            spans=encoded.flat(_core.Column.SPANS) if spans else None,
            sequence_ids=partial(encoded.flat, _core.Column.SEQUENCE_IDS) if spans or word_ids else None,
            word_ids=encoded.flat(_core.Column.WORD_IDS) if word_ids else None,
            samples=None if stride is None else numpy.array(encoded.samples(), dtype=numpy.int64),
            type_ids=encoded.flat(_core.Column.TYPE_IDS) if pairs is not None else None,
            dropped=encoded.dropped,
        )

    def count(
        self,
        texts: Any,
        text_pairs: Any = None,
        *,
        add_special_tokens: bool = True,
        is_split_into_words: bool = False,
        split_special_tokens: bool | str | None = None,
        threads: int | None = None,
    ) -> Any:
        """How many tokens texts have: `len(tokenizer(text)["input_ids"])`, without the ids and without truncation.

        Args:
            texts, text_pairs, add_special_tokens, is_split_into_words, split_special_tokens: as in a call.
            threads: as in `encode_ragged`.

        Returns:
            An int for one text or pair; for a batch an array of int64, (rows,).

        Examples:
            >>> from leanformers import AutoTokenizer
            >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
            >>> tokenizer.count("A good day.")
            6
            >>> tokenizer.count(["A good day.", "Bad!"]).tolist()
            [6, 4]
        """
        rows, pairs, batched = (read_words if is_split_into_words else read_texts)(texts, text_pairs)
        check_number("threads", threads, 1)
        options = Options(
            self,
            pair=pairs is not None,
            add_special_tokens=add_special_tokens,
            split_special_tokens=self.split_special_tokens if split_special_tokens is None else split_special_tokens,
        )
        try:
            lengths = self._core.count(rows, pairs, words=is_split_into_words, threads=threads or 0, **options.core)
        except (TypeError, ValueError) as error:
            raise input_error(error, rows, pairs, is_split_into_words) from None
        return lengths if batched else int(lengths[0])

    def encode_file(
        self,
        path: Any,
        out: str | os.PathLike[str],
        *,
        field: str = "text",
        format: str | None = None,
        add_special_tokens: bool = True,
        truncation: bool | str | None = None,
        max_length: int | None = None,
        split_special_tokens: bool | str | None = None,
        on_error: str = "raise",
        max_text_bytes: int = 2**30,
        overwrite: bool = False,
        threads: int | None = None,
        show_progress: bool | None = None,
    ) -> TokenFileHeader:
        """Encode files of texts, of any size, into a file of tokens. Stopped at any moment, the same call goes on.

        Args:
            path: a file, a pattern such as 'data/*.jsonl', or a list of them: .txt (each line is a text), .jsonl, .csv,
                .tsv or .parquet, and all but Parquet also as .gz.
            out: the file to write: Parquet if it ends in .parquet, else a `TokenFile`.
            field: the key or column that has the text, in files that have some.
            format: 'lines', 'document' (a whole file is one text), 'jsonl', 'csv', 'tsv' or 'parquet'; None: by name.
            add_special_tokens, truncation, max_length, split_special_tokens: as in a call.
            on_error: 'skip' leaves out rows that hold no text, and counts them; 'raise' stops at the first.
            max_text_bytes: a longer text is such a bad row.
            overwrite: replace a finished file, and drop unfinished work that was for something else.
            threads: as in `encode_ragged`.
            show_progress: None shows a bar on a terminal.

        Returns:
            What the file says about itself: `rows`, `tokens`, `skipped`, checksums, …; at once where the file is there
            already, from the same inputs, tokenizer and options.

        Raises:
            FileFormatError: a bad row, or a file that is damaged, with its name and line.
            MissingFileError: there is no such file.
            InputValueError: `out` or the unfinished work beside it is of another tokenizer, of other options or inputs.

        Examples:
            >>> from pathlib import Path
            >>> from leanformers import AutoTokenizer
            >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
            >>> _ = Path("texts.txt").write_text("A good day.\\nBad!\\n")
            >>> header = tokenizer.encode_file("texts.txt", out="texts.bin")
            >>> header.rows, header.tokens
            (2, 10)
        """
        from .files.encode import encode_file

        return encode_file(
            self,
            path,
            out,
            field=field,
            format=format,
            on_error=on_error,
            max_text_bytes=max_text_bytes,
            overwrite=overwrite,
            threads=threads,
            show_progress=show_progress,
            add_special_tokens=add_special_tokens,
            truncation=truncation,
            max_length=max_length,
            split_special_tokens=self.split_special_tokens if split_special_tokens is None else split_special_tokens,
        )

    def decode_ragged(
        self,
        ragged: Ragged,
        *,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        threads: int | None = None,
    ) -> list[str]:
        """The texts of the rows of `ragged`; arguments as for `decode` and `encode_ragged`.

        Raises:
            TokenIdError: an id that the vocabulary does not have, and its row.

        Examples:
            >>> from leanformers import AutoTokenizer
            >>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
            >>> tokenizer.decode_ragged(tokenizer.encode_ragged(["A good day."]), skip_special_tokens=True)
            ['a good day.']
        """
        check_number("threads", threads, 1)
        try:
            texts = self._core.decode_rows(ragged.ids, ragged.row_offsets, skip_special_tokens, threads or 0)
        except IndexError as error:
            raise TokenIdError(str(error)) from None
        return self._tidy(texts, clean_up_tokenization_spaces)

    def pad(
        self,
        encoded_inputs: Any,
        padding: bool | str = True,
        max_length: int | None = None,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_attention_mask: bool | None = None,
        return_tensors: str | None = None,
        verbose: bool = True,
    ) -> BatchEncoding:
        """Pad encodings that exist already: a mapping, or a list of mappings (one a row), as data loaders have them.

        Only `input_ids`, `token_type_ids`, `attention_mask` and `special_tokens_mask` are padded; labels and others
        stay as they are. Arguments as in a call. Arrays and tensors come back as such.

        Raises:
            InputValueError: `input_ids` is missing, or there is no pad token.
        """
        from .padding import pad_encodings

        options = Options(
            self,
            pair=False,
            add_special_tokens=False,
            padding=padding,
            truncation=False,
            max_length=max_length,
            padding_side=padding_side,
            pad_to_multiple_of=pad_to_multiple_of,
        )
        return pad_encodings(
            encoded_inputs,
            options,
            main="input_ids",
            pad_id=self.pad_token_id or 0,
            add_attention_mask=(
                "attention_mask" in self._model_input_names if return_attention_mask is None else return_attention_mask
            ),
            tensor_type=return_tensors,
        )
