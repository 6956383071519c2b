"""SentencePiece's `.model`: which ids its pieces have and which stages surround it is each model family's convention.

spiece.model, tokenizer.model, … → sentencepiece_model.py → **a family's document** → Spec
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ... import _core
from ...errors import ConfigError, FileFormatError, warn
from ...files import read_bytes
from ..scores import read_score
from ..special_tokens import content_of
from . import documents, tiktoken
from .documents import Stage, bpe, metaspace, replace, sequence, special, text
from .merges import implied_merges
from .sentencepiece_model import BPE, UNIGRAM, SentencePieceModel, read_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..settings import Settings
    from ..spec import Spec

__all__ = ["FAMILIES", "FILES", "find", "read"]

FILES = ("spiece.model", "sentencepiece.bpe.model", "spm.model", "tokenizer.model", "sentencepiece.model")
Names = dict[int, str]  # of pieces by id
_MOST_SENTINELS = 2**16


class Family(NamedTuple):
    """What a kind of model makes of a `.model` file.

    Attributes:
        model_type: the kind of `.model` it needs; None for either.
        stages: the document, without added tokens and post-processor.
        post_processor: where special tokens go; None for what `add_bos_token` and `add_eos_token` ask for.
        unk_id: the id that the unknown piece must have in the file for the family's own id of it to be right.
        extra: the pieces that are never split, and whether each is special.
    """

    model_type: int | None
    stages: Callable[[SentencePieceModel, Settings, Path], dict[str, Any]]
    post_processor: Callable[[Spec, Settings], Stage] | None = None
    unk_id: int | None = None
    extra: Callable[[SentencePieceModel, Settings], list[tuple[str, bool]]] = lambda model, settings: model.added


def find(folder: Path) -> Path | None:
    """The `.model` file in `folder`: the first of `FILES` that is there."""
    return next((folder / name for name in FILES if (folder / name).exists()), None)


def read(folder: Path, settings: Settings) -> Spec | None:
    """The tokenizer of the `.model` file in `folder`, or None without one or for a class that does not read it.

    The family is `settings.tokenizer_class`; the general class takes the file as it is, without a family's additions.

    Raises:
        FileFormatError: the file is damaged, or not the kind of model that the family needs.
    """
    path = find(folder)
    family = FAMILIES.get(settings.tokenizer_class)
    if path is None or family is None:
        return None
    data = read_bytes(path)
    if not data.startswith(b"\n"):  # the tag of the first piece
        if tiktoken.find(folder) is not None:  # a rank file, which is text, can have the same name
            return None
        found = f"begins with {data[:12]!r}" if data else "is empty"
        raise FileFormatError(f"{path} {found}: it is neither a SentencePiece model nor tiktoken's ranks")
    model = read_model(data, str(path))
    if family.model_type not in (None, model.model_type):
        needed, found = ("unigram" if kind == UNIGRAM else "bpe" for kind in (family.model_type, model.model_type))
        raise FileFormatError(f"{path} is a {found} model, but {settings.tokenizer_class} needs a {needed} model")
    if family.unk_id not in (None, model.unk_id):
        warn(
            f"{path} has its unknown piece at id {model.unk_id}, where {settings.tokenizer_class} expects "
            f"{family.unk_id}; as in transformers, unknown characters get the id that the class expects"
        )
    if model.whitespace_is_suffix:
        warn(f"{path} puts the space after a word (treat_whitespace_as_suffix); as in transformers, this is not done")
    stages = family.stages(model, settings, path)
    make = family.post_processor or documents.begin_and_end
    extra = family.extra(model, settings)
    return documents.finish(stages, path, settings, lambda spec: make(spec, settings), extra=extra)


def _token(settings: Settings, role: str, default: str) -> str:
    return content_of(settings.get(role, default))


# ---- models ----


def _unigram(pieces: _core.PiecesTable, unk_id: int, *, byte_fallback: bool = False) -> Stage:
    return {"type": "Unigram", "unk_id": unk_id, "vocab": pieces, "byte_fallback": byte_fallback}


def _bpe(
    model: SentencePieceModel, path: Path, *, unk_token: str | None, byte_fallback: bool, names: Names | None = None
) -> Stage:
    """The model of the file's pieces, of which some can have other names."""
    vocab = model.pieces.vocabulary(names or {})
    merges = implied_merges(vocab, str(path), by_ids=False)
    return bpe(unk_token=unk_token, fuse_unk=True, byte_fallback=byte_fallback, vocab=vocab, merges=merges)


def _charsmap(model: SentencePieceModel) -> Stage | None:
    if not model.charsmap:
        return None
    import base64

    return {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(model.charsmap).decode("ascii")}


# ---- families: the vocabulary and the stages ----


def _words(model: Stage, settings: Settings, normalizer: Stage | None) -> dict[str, Any]:
    """Words split at white space, each with a ▁ before it: how T5, XLM-R and their like cut a text."""
    around = metaspace("always" if settings.get("add_prefix_space", True) else "never")
    words = sequence("pre_tokenizers", {"type": "WhitespaceSplit"}, around)
    return documents.document(model, normalizer=normalizer, pre_tokenizer=words, decoder=around)


def _t5(model: SentencePieceModel, settings: Settings, path: Path) -> dict[str, Any]:
    """The file's ids, then the sentinels: <extra_id_0> has the highest."""
    sentinels = [(token, 0.0) for token in reversed(_sentinels(settings))]
    return _words(_unigram(model.pieces.edited([], 0, sentinels), 2), settings, _charsmap(model))


def _t5_extra(model: SentencePieceModel, settings: Settings) -> list[tuple[str, bool]]:
    if any("<extra_id_" in piece for piece, _ in model.added):
        return model.added
    return model.added + [(token, True) for token in _sentinels(settings)]


def _sentinels(settings: Settings) -> list[str]:
    count = settings.get("extra_ids", 100)
    if type(count) is not int or not 0 <= count <= _MOST_SENTINELS:
        raise ConfigError(f"extra_ids must be a number from 0 to {_MOST_SENTINELS}, not {count!r}")
    return [f"<extra_id_{i}>" for i in range(count)]


def _xlm_roberta(model: SentencePieceModel, settings: Settings, path: Path) -> dict[str, Any]:
    """fairseq's ids: begin, padding, end and unknown come first and take the place of the file's first three pieces."""
    tokens = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    first = [(_token(settings, role, token), 0.0) for role, token in tokens.items()]
    last = [(_token(settings, "mask_token", "<mask>"), 0.0)]
    return _words(_unigram(model.pieces.edited(first, 3, last), 3), settings, _charsmap(model))


def _camembert(model: SentencePieceModel, settings: Settings, path: Path) -> dict[str, Any]:
    """fairseq's ids again, with five of its own before the file's pieces, of which the first is left out."""
    documents.strip_before_mask(settings)
    unknown = _token(settings, "unk_token", "<unk>")
    names = ("<s>NOTUSED", _token(settings, "pad_token", "<pad>"), "</s>NOTUSED", unknown)
    first = [*((name, 0.0) for name in names), ("<unk>NOTUSED", -100.0)]
    pieces = model.pieces.edited(first, 1, [(_token(settings, "mask_token", "<mask>"), 0.0)])
    return _words(_unigram(pieces, names.index(unknown)), settings, _charsmap(model))


def _albert(model: SentencePieceModel, settings: Settings, path: Path) -> dict[str, Any]:
    keep_accents = bool(settings.get("keep_accents", False))
    normalizer = sequence(
        "normalizers",
        replace("``", '"'),
        replace("''", '"'),
        None if keep_accents else {"type": "NFKD"},
        None if keep_accents else {"type": "StripAccents"},
        {"type": "Lowercase"} if settings.get("do_lower_case", True) else None,
        _charsmap(model),
    )
    return _words(_unigram(model.pieces, 1), settings, normalizer)


def _deberta_v2(model: SentencePieceModel, settings: Settings, path: Path) -> dict[str, Any]:
    unk_id = model.pieces.find(_token(settings, "unk_token", "[UNK]"))
    if unk_id is None or model.pieces[unk_id][1] != 0.0:
        unk_id = model.unk_id
    normalizer = sequence(
        "normalizers",
        {"type": "Lowercase"} if settings.get("do_lower_case", False) else None,
        replace(r"\s{2,}|[\n\r\t]", " ", regex=True),
        {"type": "NFC"},
        {"type": "Strip", "strip_left": False, "strip_right": True},
    )
    around = metaspace("always" if settings.get("add_prefix_space", True) else "first")
    punctuation = {"type": "Punctuation", "behavior": "Isolated"} if settings.get("split_by_punct", False) else None
    return documents.document(
        _unigram(model.pieces, unk_id),
        normalizer=normalizer,
        pre_tokenizer=sequence("pre_tokenizers", punctuation, around),
        decoder=around,
    )


def _llama(model: SentencePieceModel, settings: Settings, path: Path) -> dict[str, Any]:
    prefix = settings.get("add_prefix_space", True)
    scheme = ("always" if settings.get("legacy", False) else "first") if prefix else "never"
    strip = {"type": "Strip", "content": " ", "start": 1, "stop": 0} if prefix else None
    decoder = sequence("decoders", replace("▁", " "), {"type": "ByteFallback"}, {"type": "Fuse"}, strip)
    return documents.document(
        _bpe(model, path, unk_token=None, byte_fallback=True),
        pre_tokenizer=metaspace(scheme, split=False),
        decoder=decoder,
    )


def _gemma(model: SentencePieceModel, settings: Settings, path: Path) -> dict[str, Any]:
    return documents.document(
        _bpe(model, path, unk_token=_token(settings, "unk_token", "<unk>"), byte_fallback=True),
        normalizer=replace(" ", "▁"),
        pre_tokenizer={"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False},
        decoder=sequence("decoders", replace("▁", " "), {"type": "ByteFallback"}, {"type": "Fuse"}),
    )


def _general(model: SentencePieceModel, settings: Settings, path: Path) -> dict[str, Any]:
    """The file as it is. Its own special tokens fill the roles that no configuration fills."""
    roles = {"bos_token": (model.bos_id, model.bos_piece), "eos_token": (model.eos_id, model.eos_piece)}
    for role, (number, piece) in {**roles, "unk_token": (model.unk_id, model.unk_piece)}.items():
        if number >= 0:
            settings.values.setdefault(role, piece)
    if model.model_type == BPE:
        names = _names_of_placeholders(model, settings, path)
        stage = _bpe(model, path, unk_token=model.unk_piece, byte_fallback=model.byte_fallback, names=names)
    else:
        # The reference copies this tokenizer through JSON, and its ids are those of the scores that it reads there.
        pieces = model.pieces.as_read_again()
        if pieces is None:
            pieces = _core.PiecesTable([(piece, read_score(repr(score))) for piece, score in model.pieces.plain()])
        stage = _unigram(pieces, model.unk_id, byte_fallback=model.byte_fallback)
    fallback: list[Stage] = [{"type": "ByteFallback"}, {"type": "Fuse"}] if model.byte_fallback else []
    return documents.document(
        stage,
        normalizer=sequence("normalizers", _charsmap(model), replace(" ", "▁")),
        decoder=sequence("decoders", replace("▁", " "), *fallback),
    )


def _names_of_placeholders(model: SentencePieceModel, settings: Settings, path: Path) -> Names:
    """The names that tokenizer_config.json gives to pieces which were only kept free for tokens."""
    numbers: dict[str, int] = {}
    for number, row in (documents.named_ids(path.parent, settings) or {}).items():
        name = row["content"]
        if number < len(model.pieces) and model.pieces.find(name) is None:
            numbers.setdefault(name, number)
    return {number: name for name, number in numbers.items()}


# ---- families: the special tokens around a text ----


def _end(spec: Spec, settings: Settings) -> Stage:
    end = special(_token(settings, "eos_token", "</s>"))
    return documents.template(spec, [text("A"), end], [text("A"), end, text("B"), end])


def _begin_and_two_ends(spec: Spec, settings: Settings) -> Stage:
    begin, end = special(_token(settings, "bos_token", "<s>")), special(_token(settings, "eos_token", "</s>"))
    return documents.template(spec, [begin, text("A"), end], [begin, text("A"), end, end, text("B"), end])


def _bert(spec: Spec, settings: Settings) -> Stage:
    begin, end = _token(settings, "cls_token", "[CLS]"), _token(settings, "sep_token", "[SEP]")
    single = [special(begin), text("A"), special(end)]
    return documents.template(spec, single, [*single, text("B", 1), special(end, 1)])


# ← ADD A FAMILY of SentencePiece models here; facts from the classes of transformers 5.23.
FAMILIES = {
    "AlbertTokenizer": Family(UNIGRAM, _albert, _bert, unk_id=1),
    "CamembertTokenizer": Family(UNIGRAM, _camembert, _begin_and_two_ends, unk_id=0),
    "DebertaV2Tokenizer": Family(UNIGRAM, _deberta_v2, _bert),
    "GemmaTokenizer": Family(BPE, _gemma),
    "LlamaTokenizer": Family(BPE, _llama),
    "PreTrainedTokenizer": Family(None, _general),
    "T5Tokenizer": Family(UNIGRAM, _t5, _end, unk_id=2, extra=_t5_extra),
    "XLMRobertaTokenizer": Family(UNIGRAM, _xlm_roberta, _begin_and_two_ends, unk_id=0),
}
