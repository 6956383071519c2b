"""A tokenizer of a standard kind from a corpus: `leanformers.train_tokenizer`.

recipes.py + corpus.py → trainers.py → **Spec and settings** → PreTrainedTokenizer
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import InputTypeError, InputValueError, near_names
from ..settings import Settings
from ..spec import Spec
from .corpus import as_files, chunks_of_files, chunks_of_texts
from .recipes import RECIPES, document_of, roles_of, template_of
from .trained import read_special_tokens, with_special_tokens, without_vocabulary
from .trainers import AFFIXES, BYTE_ALPHABET, check_options, make_counter, train_model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..tokenizer import PreTrainedTokenizer

__all__ = ["train_tokenizer"]


def train_tokenizer(
    kind: str,
    files_or_iterator: Any,
    *,
    vocab_size: int = 30_000,
    special_tokens: Iterable[Any] | None = None,
    min_frequency: int = 0,
    limit_alphabet: int | None = None,
    lowercase: bool | None = None,
    length: int | None = None,
    show_progress: bool | None = None,
    threads: int | None = None,
    **options: Any,
) -> PreTrainedTokenizer:
    """A new tokenizer of a standard kind, trained on a corpus. The same corpus gives the same tokenizer.

    Args:
        kind: 'word': words and punctuation, the rare ones unknown; 'char': characters; 'bpe': merges of bytes, as
            GPT-2; 'wordpiece': as BERT; 'unigram': as SentencePiece and T5.
        files_or_iterator: a text file or a list of them, a text being a line with its newline; or an iterator of str,
            or of lists of str. What it gives is counted at once, so that it may be larger than memory.
        vocab_size: the most tokens there will be, special tokens included.
        special_tokens: str or AddedToken, for the first ids; None: those of the kind. Their names tell their roles:
            '[CLS]' or '<cls>' becomes the `cls_token`.
        min_frequency: how often a word, or a pair to be merged, must be there (not for 'unigram').
        limit_alphabet: keep only so many characters, the frequent ones ('bpe', 'wordpiece').
        lowercase: lower-case all text; None: only for 'wordpiece'.
        length: the number of items of an iterator, for the progress bar.
        show_progress: None shows a bar on a terminal.
        threads: how many to count on; None: all processors that this process may use. The result does not depend on it.
        options: `initial_alphabet` ('bpe', 'wordpiece', 'unigram'), `max_token_length` ('bpe'), `shrinking_factor`,
            `n_sub_iterations` and `max_piece_length` ('unigram').

    Raises:
        MissingFileError, FileFormatError: a file that is not there, or no UTF-8.
        InputTypeError, InputValueError, ArgumentError: an argument or an item of the corpus that cannot be used, no
            words, or a `vocab_size` that has no room for the characters.

    Examples:
        >>> from leanformers import train_tokenizer
        >>> texts = ["low low low low low", "lower lower newest newest newest", "widest widest widest"]
        >>> tokenizer = train_tokenizer("wordpiece", iter(texts), vocab_size=40)
        >>> tokenizer.tokenize("The lowest")
        ['[UNK]', 'low', '##est']
    """
    recipe = RECIPES.get(kind) if isinstance(kind, str) else None
    if recipe is None:
        known = ", ".join(map(repr, RECIPES))
        raise InputValueError(f"kind={kind!r}: choose one of {known}{near_names(str(kind), RECIPES)}")
    if lowercase is not None and not isinstance(lowercase, bool):
        raise InputTypeError(f"lowercase must be True, False or None, not {lowercase!r}")
    rows = read_special_tokens(recipe.special_tokens if special_tokens is None else special_tokens, "special_tokens")
    names = [row["content"] for row in rows]
    roles = roles_of(names)
    if recipe.needs_unknown and "unk_token" not in roles:
        raise InputValueError(f"special_tokens={names!r}: a {kind} tokenizer needs '[UNK]' or '<unk>' among them")
    options.update({"min_frequency": min_frequency} if min_frequency != 0 else {})
    options.update({"limit_alphabet": limit_alphabet} if limit_alphabet is not None else {})
    check_options("train_tokenizer()", recipe.model["type"], vocab_size, options, fixed=(*AFFIXES, "unk_token"))
    if recipe.byte_level:
        options["initial_alphabet"] = BYTE_ALPHABET
    if recipe.model["type"] == "Unigram":
        options["unk_token"] = roles["unk_token"]

    document = document_of(recipe, recipe.lowercase if lowercase is None else lowercase, roles.get("unk_token"))
    files = as_files(files_or_iterator)
    chunks = (
        chunks_of_texts(files_or_iterator, length, show_progress)
        if files is None
        else chunks_of_files(files, show_progress)
    )
    spec = Spec({**document, "model": without_vocabulary(document["model"])})
    document["model"] = train_model(
        document["model"],
        make_counter(spec, threads),
        chunks,
        vocab_size=vocab_size,
        special_tokens=names,
        options=options,
        show=show_progress,
    )
    document["post_processor"] = template_of(recipe, names)
    extra = [name for name in names if name not in roles.values()]
    settings = {**roles, "extra_special_tokens": extra, "model_input_names": recipe.columns}

    from ..tokenizer import PreTrainedTokenizer

    return PreTrainedTokenizer(with_special_tokens(document, rows), Settings({}, settings))
