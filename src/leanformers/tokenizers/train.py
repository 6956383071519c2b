"""Training: a tokenizer of a standard kind from a corpus, or one like another tokenizer with a vocabulary of its own.

recipes.py or a tokenizer + corpus.py → trainers.py → **Spec and settings** → PreTrainedTokenizer
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _core
from ..errors import InputTypeError, InputValueError, near_names
from .corpus import as_files, chunks_of_files, chunks_of_texts
from .recipes import RECIPES, document_of, roles_of, template_of
from .settings import Settings
from .spec import Spec
from .special_tokens import content_of, row_of
from .trainers import AFFIXES, BYTE_ALPHABET, check_options, make_stages, train_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .retraining import Retraining
    from .tokenizer import PreTrainedTokenizer

__all__ = ["retrain", "train_tokenizer"]

# What a tokenizer_config.json says of the old vocabulary.
_OF_OLD_VOCABULARY = ("added_tokens_decoder", "additional_special_tokens", "name_or_path", "tokenizer_file")


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
        kind: 'word': words and punctuation, the rare ones unknown; 'char': characters; 'bpe': merges of bytes, as GPT-2;
            'wordpiece': as BERT; 'unigram': as SentencePiece and T5.
        files_or_iterator: a text file or a list of them, a text being a line with its newline; or an iterator of str, or
            of lists of str. What it gives is counted at once, so that it may be larger than memory.
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
    rows = _rows(recipe.special_tokens if special_tokens is None else special_tokens, "special_tokens")
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
    spec = Spec({**document, "model": _empty(document["model"])})
    document["model"] = train_model(
        document["model"],
        _core.WordCounter(make_stages(spec.normalizers), make_stages(spec.pre_tokenizers), _threads(threads)),
        chunks,
        vocab_size=vocab_size,
        special_tokens=names,
        options=options,
        show=show_progress,
    )
    document["post_processor"] = template_of(recipe, names)
    extra = [name for name in names if name not in roles.values()]
    settings = {**roles, "extra_special_tokens": extra, "model_input_names": recipe.columns}

    from .tokenizer import PreTrainedTokenizer

    return PreTrainedTokenizer(_with_tokens(document, rows), Settings({}, settings))


def retrain(
    tokenizer: Retraining,
    text_iterator: Any,
    vocab_size: int,
    *,
    length: int | None,
    new_special_tokens: Iterable[Any] | None,
    renamed: Mapping[str, str] | None,
    show_progress: bool | None,
    threads: int | None,
    options: dict[str, Any],
) -> tuple[Spec, Settings]:
    """What `train_new_from_iterator` makes its tokenizer of; arguments as there."""
    spec = tokenizer._spec
    model_type = "BPE" if spec.model.core == "Bpe" else spec.model.core
    check_options("train_new_from_iterator()", model_type, vocab_size, options)
    if renamed is not None and not hasattr(renamed, "items"):
        raise InputTypeError(f"special_tokens_map must map old tokens to new ones, not {renamed!r}")
    names = dict(renamed or {})

    def rename(token: str) -> str:
        return names.get(token, token)

    kept = [row for row in spec.document.get("added_tokens", []) if row["special"] or model_type == "Unigram"]
    new = _rows(new_special_tokens or [], "new_special_tokens")
    rows: dict[str, dict[str, Any]] = {}
    for row in kept:
        flags = {name: value for name, value in row.items() if name != "id"}
        rows.setdefault(rename(row["content"]), {**flags, "content": rename(row["content"]), "special": True})
    for row in new:
        rows.setdefault(row["content"], row)
    model = {name: value for name, value in spec.model.fields.items() if name not in ("vocab", "merges")}
    model = {"type": model_type, **model}
    if isinstance(model.get("unk_token"), str):
        model["unk_token"] = rename(model["unk_token"])
    if model_type == "Unigram" and model["unk_id"] is not None:
        options = {"unk_token": rename(spec.model.fields["vocab"][model["unk_id"]][0]), **options}
    if model_type != "WordLevel" and any(stage.core == "ByteLevel" for stage in spec.pre_tokenizers):
        options["initial_alphabet"] = BYTE_ALPHABET

    model = train_model(
        model,
        _core.WordCounter(make_stages(spec.normalizers), make_stages(spec.pre_tokenizers), _threads(threads)),
        chunks_of_texts(text_iterator, length, show_progress),
        vocab_size=vocab_size,
        special_tokens=list(rows),
        options=options,
        show=show_progress,
    )
    trained = _with_tokens({**spec.document, "model": model}, rows.values(), rename)
    return trained, _settings_like(tokenizer, rename, [row["content"] for row in new])


def _rows(tokens: Iterable[Any], name: str) -> list[dict[str, Any]]:
    if isinstance(tokens, str) or not hasattr(tokens, "__iter__"):
        raise InputTypeError(f"{name} must be a list of str or AddedToken, not {tokens!r}")
    rows = [row_of(token) for token in tokens]
    empty = next((i for i, row in enumerate(rows) if not row["content"]), None)
    if empty is not None:
        raise InputValueError(f"{name}[{empty}] is empty; a special token has at least one character")
    return list({row["content"]: row for row in reversed(rows)}.values())[::-1]  # of equal ones the first


def _threads(threads: int | None) -> int:
    if threads is not None and (type(threads) is not int or threads < 1):
        raise InputValueError(f"threads must be a whole number ≥ 1 or None, not {threads!r}")
    return threads or 0


def _empty(model: dict[str, Any]) -> dict[str, Any]:
    """`model` with a vocabulary that can be read: only its unknown token."""
    unknown = model.get("unk_token")
    listed = {"merges": [], "vocab": {}} if model["type"] == "BPE" else {"vocab": [] if model["type"] == "Unigram" else {}}
    return {**model, **listed, **({"vocab": {unknown: 0}} if unknown is not None else {})}


def _with_tokens(
    document: dict[str, Any], rows: Iterable[dict[str, Any]], rename: Callable[[str], str] = str
) -> Spec:
    """`document` with a trained model, and with the ids that its special tokens have there."""
    place = "the trained tokenizer"
    model = document["model"]
    unknown = model.get("unk_token")
    if unknown is not None and unknown not in model["vocab"]:
        raise InputValueError(
            f"the model's unknown token {unknown!r} is not in the new vocabulary; put it among the special tokens"
        )
    spec = Spec({**document, "added_tokens": [], "post_processor": None}, place=place)
    spec = spec.with_added_tokens(rows)

    def id_of(token: str) -> int:
        number = spec.token_to_id(token)
        if number is None:
            raise InputValueError(f"token {token!r} of the post-processor is not in the new vocabulary; make it special")
        return number

    padding = document.get("padding")
    if padding is not None and spec.token_to_id(rename(padding["pad_token"])) is not None:
        token = rename(padding["pad_token"])
        padding = {**padding, "pad_token": token, "pad_id": id_of(token)}
    processor = _with_ids(document.get("post_processor"), id_of, rename)
    return Spec({**spec.document, "post_processor": processor, "padding": padding}, place=place)


def _with_ids(processor: Any, id_of: Callable[[str], int], rename: Callable[[str], str]) -> Any:
    """A post-processor with new names and ids."""
    if processor is None:
        return None
    new = dict(processor)
    if "processors" in processor:
        new["processors"] = [_with_ids(part, id_of, rename) for part in processor["processors"]]
    for role in ("cls", "sep"):
        if role in processor:
            token = rename(processor[role][0])
            new[role] = [token, id_of(token)]
    if "special_tokens" in processor:
        new["special_tokens"] = {}
        for name, entry in processor["special_tokens"].items():
            tokens = [rename(token) for token in entry["tokens"]]
            new["special_tokens"][name] = {**entry, "tokens": tokens, "ids": [id_of(token) for token in tokens]}
    return new


def _settings_like(tokenizer: Retraining, rename: Callable[[str], str], new: list[str]) -> Settings:
    """The settings of `tokenizer` as they are now, for other names of special tokens."""
    old = tokenizer._settings
    files = {**old.files, **old.given}
    for name in (*_OF_OLD_VOCABULARY, *old.roles):
        files.pop(name, None)
    files.update({role: rename(token) for role, token in tokenizer.special_tokens_map.items()})
    files["extra_special_tokens"] = list(dict.fromkeys([*map(rename, tokenizer.extra_special_tokens), *new]))
    for name in ("model_max_length", "padding_side", "truncation_side", "clean_up_tokenization_spaces"):
        files[name] = getattr(tokenizer, name)
    files["model_input_names"] = tokenizer.model_input_names
    return Settings({}, files, defaults=tokenizer._defaults, tokenizer_class=type(tokenizer).__name__)
