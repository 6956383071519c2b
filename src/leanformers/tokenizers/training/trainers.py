"""What can be asked of training, checked; and a model of tokenizer.json whose vocabulary was learned from a corpus.

chunks of texts → _core.WordCounter → _core.train_… → **the model, and the special tokens with their ids** → Spec
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ... import _core
from ...errors import ArgumentError, InputTypeError, InputValueError, near_names
from ...progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ..components import Stage
    from ..spec import Spec

__all__ = ["AFFIXES", "BYTE_ALPHABET", "check_options", "make_counter", "train_model"]

# The 256 characters in which GPT-2 writes bytes: the printable ones of Latin-1 themselves, the others from U+0100 on.
_PRINTABLE = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
BYTE_ALPHABET = sorted(map(chr, [*_PRINTABLE, *range(0x100, 0x100 + 256 - len(_PRINTABLE))]))


class Option(NamedTuple):
    """An argument of a trainer: what it must be, and how that is checked."""

    what: str
    fits: Callable[[Any], bool]


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**32


_COUNT = Option("a whole number ≥ 0", _is_count)
_OPTIONAL_COUNT = Option("a whole number ≥ 0 or None", lambda value: value is None or _is_count(value))
_POSITIVE = Option("a whole number ≥ 1", lambda value: _is_count(value) and value >= 1)
_FRACTION = Option("a number between 0 and 1", lambda value: type(value) in (int, float) and 0 < value < 1)
_OPTIONAL_TEXT = Option("a str or None", lambda value: value is None or isinstance(value, str))
_LETTERS = Option(
    "a list of characters",
    lambda value: isinstance(value, (str, list, tuple, set)) and all(isinstance(item, str) for item in value),
)
_ALPHABET = {"limit_alphabet": _OPTIONAL_COUNT, "initial_alphabet": _LETTERS}
AFFIXES = {"continuing_subword_prefix": _OPTIONAL_TEXT, "end_of_word_suffix": _OPTIONAL_TEXT}
# By type of model: what its trainer can be told, besides vocab_size and special tokens.
_OPTIONS: dict[str, dict[str, Option]] = {
    "BPE": {"min_frequency": _COUNT, **_ALPHABET, **AFFIXES, "max_token_length": _OPTIONAL_COUNT},
    "WordPiece": {"min_frequency": _COUNT, **_ALPHABET, **AFFIXES},
    "WordLevel": {"min_frequency": _COUNT},
    "Unigram": {
        "initial_alphabet": _LETTERS,
        "unk_token": _OPTIONAL_TEXT,
        "shrinking_factor": _FRACTION,
        "n_sub_iterations": _POSITIVE,
        "max_piece_length": _POSITIVE,
    },
}


def check_options(
    call: str, model_type: str, vocab_size: Any, options: Mapping[str, Any], fixed: Iterable[str] = ()
) -> None:
    """Raise the error for the first argument that the trainer of `model_type` cannot take, or that is `fixed`.

    Raises:
        ArgumentError: it does not exist.
        InputTypeError, InputValueError: it has a value that cannot be used.
    """
    known = {name: option for name, option in _OPTIONS[model_type].items() if name not in fixed}
    for name in options:
        if name not in known:
            near = near_names(name, known)
            raise ArgumentError(f"{call} has no argument {name!r} for a {model_type} model{near}")
    for name, value in {"vocab_size": vocab_size, **options}.items():
        option = known.get(name, _POSITIVE)
        if not option.fits(value):
            error = InputValueError if type(value) in (int, float) else InputTypeError
            raise error(f"{call}: {name} must be {option.what}, not {value!r}")


def make_counter(spec: Spec, threads: int | None) -> _core.WordCounter:
    """A counter of the words that the stages of `spec` make; None: on all processors that this process may use.

    Raises:
        InputValueError: `threads` is no number of threads.
    """
    if threads is not None and (type(threads) is not int or not 1 <= threads <= 1024):
        raise InputValueError(f"threads must be a whole number from 1 to 1024, or None, not {threads!r}")
    return _core.WordCounter(_make_stages(spec.normalizers), _make_stages(spec.pre_tokenizers), threads or 0)


def _make_stages(stages: Iterable[Stage]) -> list[Any]:
    return [getattr(_core, stage.core)(**stage.arguments) for stage in stages]


def train_model(
    model: Mapping[str, Any],
    counter: _core.WordCounter,
    chunks: Iterator[list[str]],
    *,
    vocab_size: int,
    special_tokens: list[str],
    options: Mapping[str, Any],
    show: bool | None = None,
) -> dict[str, Any]:
    """`model`, a model of tokenizer.json with its type, with a vocabulary learned from `chunks`.

    Raises:
        InputValueError: there are no words, or more characters than the vocabulary has room for.
    """
    for chunk in chunks:
        counter.add(chunk)
    if len(counter) == 0:
        raise InputValueError("nothing to train on: the corpus has no words")
    trained = dict(model)
    known = dict(options)
    for name in AFFIXES:
        if name in model:
            trained[name] = known.setdefault(name, model[name])
    if "initial_alphabet" in known:  # the first characters, where a str is longer
        known["initial_alphabet"] = "".join(sorted({letter[0] for letter in known["initial_alphabet"] if letter}))
    known.update({name: known[name] or "" for name in AFFIXES if name in known})
    train = {"BPE": _train_bpe, "WordPiece": _train_bpe, "WordLevel": _train_word_level, "Unigram": _train_unigram}
    with progress("training", 1000, show) as advance:
        done = 0

        def report(part: int, whole: int) -> None:
            nonlocal done
            now = max(done, 1000 * min(part, whole) // max(whole, 1))
            advance(now - done)
            done = now

        known.update(vocab_size=vocab_size, special_tokens=special_tokens)
        trained.update(train[model["type"]](counter, known, report))
    if model["type"] == "WordPiece":
        del trained["merges"]
    return trained


def _train_bpe(counter: _core.WordCounter, options: dict[str, Any], report: Callable[[int, int], None]) -> Any:
    tokens, merges = _core.train_bpe(counter, **options, progress=report)
    if len(tokens) > options["vocab_size"]:
        raise InputValueError(
            f"vocab_size={options['vocab_size']} is too small: special tokens and characters alone are {len(tokens)} "
            "tokens; raise it, or keep fewer characters with limit_alphabet"
        )
    return {"vocab": {token: number for number, token in enumerate(tokens)}, "merges": [list(pair) for pair in merges]}


def _train_word_level(counter: _core.WordCounter, options: dict[str, Any], report: Callable[[int, int], None]) -> Any:
    special_tokens = options["special_tokens"]
    if len(special_tokens) > options["vocab_size"]:
        raise InputValueError(
            f"vocab_size={options['vocab_size']} is too small for the {len(special_tokens)} special tokens"
        )
    return {"vocab": dict(_core.train_word_level(counter, **options))}


def _train_unigram(counter: _core.WordCounter, options: dict[str, Any], report: Callable[[int, int], None]) -> Any:
    try:
        pieces, unknown = _core.train_unigram(counter, **options, progress=report)
    except ValueError as error:
        raise InputValueError(f"vocab_size={options['vocab_size']} is too small: {error}") from None
    return {"unk_id": unknown, "vocab": [list(piece) for piece in pieces]}
