"""vocab.txt, BERT's own format: a token on each line, the line is its id; tokenizer_config.json says how to split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ... import _core
from ...errors import FileFormatError
from ...files import read_text
from ..settings import BERT_NORMALIZER
from ..special_tokens import content_of
from . import documents
from .documents import Stage, special, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..settings import Settings
    from ..spec import Spec

__all__ = ["FAMILIES", "FILES", "read"]

FILES = ("vocab.txt",)
# What `tokenizers` strips from the end of a line: the characters with the property White_Space.
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_NORMALIZER = {"do_lower_case": True, "strip_accents": None, "tokenize_chinese_chars": True}


class Family(NamedTuple):
    """What a kind of model makes of a vocab.txt: its tokens around a text and for unknown words, and where they go."""

    begin: str
    end: str
    post_processor: Callable[[Spec, str, str], Stage]
    mask_strips: bool = False


def read(folder: Path, settings: Settings) -> Spec | None:
    """The WordPiece tokenizer in `folder`/vocab.txt, or None without that file or for another kind of tokenizer.

    Raises:
        FileFormatError: the file is empty, starts with a byte order mark or has no unknown token.
    """
    path = folder / FILES[0]
    family = FAMILIES.get(settings.tokenizer_class)
    if family is None or not path.exists():
        return None
    vocab = _read_vocab(path)
    unknown = content_of(settings.get("unk_token", "[UNK]"))
    if unknown not in vocab:
        raise FileFormatError(f"{path} has no line {unknown!r}, the unknown token")
    if family.mask_strips:
        documents.strip_before_mask(settings)
    begin = content_of(settings.get("cls_token", family.begin))
    end = content_of(settings.get("sep_token", family.end))
    return documents.finish(
        _document(vocab, unknown, settings),
        path,
        settings,
        lambda spec: family.post_processor(spec, begin, end),
        needed=(begin, end),
    )


def _read_vocab(path: Path) -> dict[str, int]:
    content = read_text(path)
    if content.startswith("\ufeff"):
        raise FileFormatError(
            f"{path} starts with a byte order mark (U+FEFF), which would become part of the first token"
        )
    lines = content.split("\n")
    if not lines[-1]:
        del lines[-1]  # the newline that ends the last line begins no other
    if not lines:
        raise FileFormatError(f"{path} is empty")
    return {line.rstrip(_SPACES): number for number, line in enumerate(lines)}  # of equal lines the last one counts


def _document(vocab: dict[str, int], unknown: str, settings: Settings) -> dict[str, Any]:
    fields = {field: settings.get(name, _NORMALIZER[name]) for name, field in BERT_NORMALIZER.items()}
    model = {
        "type": "WordPiece",
        "unk_token": unknown,
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": _core.VocabularyTable(vocab),
    }
    return documents.document(
        model,
        normalizer={"type": "BertNormalizer", "clean_text": True, **fields},
        pre_tokenizer={"type": "BertPreTokenizer"},
        decoder={"type": "WordPiece", "prefix": "##", "cleanup": True},
    )


def _bert(spec: Spec, begin: str, end: str) -> Stage:
    single = [special(begin), text("A"), special(end)]
    return documents.template(spec, single, [*single, text("B", 1), special(end, 1)])


def _mpnet(spec: Spec, begin: str, end: str) -> Stage:
    return documents.roberta(spec, begin, end, trim_offsets=True, add_prefix_space=False)


FAMILIES = {
    **dict.fromkeys(("BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer"), Family("[CLS]", "[SEP]", _bert)),
    "MPNetTokenizer": Family("<s>", "</s>", _mpnet, mask_strips=True),
}
