"""vocab.json and merges.txt: byte-level BPE as GPT-2 brought it; how texts are cut is each family's convention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ... import _core
from ...errors import FileFormatError, MissingFileError
from ...files import read_bytes, read_json, read_text
from ..special_tokens import content_of
from . import documents
from .documents import Stage, byte_level, regex_split, replace, roberta, sequence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..settings import Settings
    from ..spec import Spec

__all__ = ["FAMILIES", "FILES", "read"]

FILES = ("vocab.json", "merges.txt")
_QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_AROUND = r"^[\s\x1c-\x1f]+|[\s\x1c-\x1f]+$"  # what Python's strip() takes away
_CLIP = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


class Family(NamedTuple):
    """What a kind of model makes of the two files: its stages around the model, and where special tokens go."""

    stages: Callable[[Stage, Settings], dict[str, Any]]
    post_processor: Callable[[Spec, Settings], Stage]


def read(folder: Path, settings: Settings) -> Spec | None:
    """The BPE tokenizer in `folder`/vocab.json and merges.txt, or None without them or for another kind of tokenizer.

    Raises:
        MissingFileError: only one of the files is there.
        FileFormatError: a file is damaged, or a merge has parts that the vocabulary does not have.
    """
    family = FAMILIES.get(settings.tokenizer_class)
    vocab_path, merges_path = (folder / name for name in FILES)
    if family is None or not (vocab_path.exists() or merges_path.exists()):
        return None
    for path, other in ((vocab_path, merges_path), (merges_path, vocab_path)):
        if not path.exists():
            raise MissingFileError(f"{other} is there, but not {path.name}, without which it cannot be used")
    affixes = {"continuing_subword_prefix": "", "end_of_word_suffix": ""}
    model = documents.bpe(**affixes, **_read_tables(vocab_path, merges_path))
    return documents.finish(
        family.stages(model, settings),
        vocab_path,
        settings,
        lambda spec: family.post_processor(spec, settings),
    )


def _read_tables(vocab_path: Path, merges_path: Path) -> dict[str, Any]:
    """The vocabulary and the merges. What the core does not read is read slowly, to say what is wrong with it."""
    vocab = _core.read_vocabulary(read_bytes(vocab_path))
    merges = _core.read_merges(read_bytes(merges_path), vocab) if vocab is not None else None
    if vocab is None or merges is None:
        plain = _read_vocab(vocab_path)
        return {"vocab": plain, "merges": _read_merges(merges_path, plain)}
    return {"vocab": vocab, "merges": merges}


def _read_vocab(path: Path) -> dict[str, int]:
    vocab = read_json(path)
    for token, number in vocab.items():
        if type(number) is not int or not 0 <= number < 2**32:
            raise FileFormatError(f"{path}: the id of {token!r} must be a number ≥ 0, not {number!r}")
    return vocab


def _read_merges(path: Path, vocab: dict[str, Any]) -> list[list[str]]:
    """The merges, one a line: two tokens with one space between them. A line that begins with #version is a remark."""
    lines = read_text(path).split("\n")
    if not lines[-1]:
        del lines[-1]
    merges = []
    for number, line in enumerate(lines, 1):
        line = line.removesuffix("\r")
        if line.startswith("#version"):
            continue
        pair = line.split(" ")
        if len(pair) != 2:
            found = "is empty" if not line else f"has {len(pair)} parts: {line[:60]!r}"
            raise FileFormatError(f"{path}, line {number} {found}; a merge is two tokens with one space between them")
        for token in (*pair, "".join(pair)):
            if token not in vocab:
                raise FileFormatError(f"{path}, line {number}: {token[:60]!r} is not in {FILES[0]}")
        merges.append(pair)
    return merges


# ---- families ----


def _gpt2(model: Stage, settings: Settings) -> dict[str, Any]:
    prefix = bool(settings.get("add_prefix_space", False))
    return documents.document(model, pre_tokenizer=byte_level(prefix), decoder=byte_level())


def _qwen2(model: Stage, settings: Settings) -> dict[str, Any]:
    prefix = bool(settings.get("add_prefix_space", False))
    split = sequence("pre_tokenizers", regex_split(_QWEN), byte_level(prefix, use_regex=False))
    return documents.document(model, normalizer={"type": "NFC"}, pre_tokenizer=split, decoder=byte_level())


def _clip(model: Stage, settings: Settings) -> dict[str, Any]:
    """Words end in </w>, which decoding turns into a space; transformers does that outside of its tokenizer.json."""
    unknown = content_of(settings.get("unk_token", "<|endoftext|>"))
    end = "</w>"
    return documents.document(
        {**model, "unk_token": unknown, "end_of_word_suffix": end},
        normalizer=sequence("normalizers", {"type": "NFC"}, replace(r"\s+", " ", regex=True), {"type": "Lowercase"}),
        pre_tokenizer=sequence("pre_tokenizers", regex_split(_CLIP, "Removed", invert=True), byte_level(False)),
        decoder=sequence("decoders", byte_level(), replace(end, " "), replace(_AROUND, "", regex=True)),
    )


def _roberta(spec: Spec, settings: Settings) -> Stage:
    begin, end = (content_of(settings.get(role, "<s>")) for role in ("cls_token", "sep_token"))
    prefix, trim = bool(settings.get("add_prefix_space", False)), bool(settings.get("trim_offsets", True))
    return roberta(spec, begin, end, trim_offsets=trim, add_prefix_space=prefix)


def _clip_ends(spec: Spec, settings: Settings) -> Stage:
    begin, end = (content_of(settings.get(role, "<|endoftext|>")) for role in ("bos_token", "eos_token"))
    return roberta(spec, begin, end, trim_offsets=False, add_prefix_space=False)


# ← ADD A FAMILY of byte-level BPE here; facts from the classes of transformers 5.23.
FAMILIES = {
    "BartTokenizer": Family(_gpt2, _roberta),
    "CLIPTokenizer": Family(_clip, _clip_ends),
    "GPT2Tokenizer": Family(_gpt2, documents.begin_and_end),
    "Qwen2Tokenizer": Family(_qwen2, documents.begin_and_end),
    "RobertaTokenizer": Family(_gpt2, _roberta),
}
