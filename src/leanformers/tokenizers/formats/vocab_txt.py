"""vocab.txt, BERT's own format: a token on each line, the line is its id; tokenizer_config.json says how to split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import FileFormatError
from ...files import read_json, read_text
from ..settings import BERT_NORMALIZER, with_special_tokens
from ..spec import Spec
from ..special_tokens import content_of, row_of

if TYPE_CHECKING:
    from pathlib import Path

    from ..settings import Settings

__all__ = ["BERT_DEFAULTS", "FILE", "read"]

FILE = "vocab.txt"
BERT_DEFAULTS: dict[str, Any] = {
    "do_lower_case": True,
    "strip_accents": None,
    "tokenize_chinese_chars": True,
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}
_CLASSES = ("BertTokenizer", "DistilBertTokenizer")
# What `tokenizers` strips from the end of a line: the characters with the property White_Space.
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def read(folder: Path, settings: Settings) -> Spec | None:
    """The BERT tokenizer in `folder`/vocab.txt, or None without that file or for another kind of tokenizer.

    Raises:
        FileFormatError: the file is empty, starts with a byte order mark or has no unknown token.
    """
    path = folder / FILE
    if settings.tokenizer_class not in _CLASSES or not path.exists():
        return None
    vocab = _read_vocab(path)
    unknown = _token(settings, "unk_token")
    if unknown not in vocab:
        raise FileFormatError(f"{path} has no line {unknown!r}, the unknown token")
    spec = Spec(_document(vocab, unknown, settings), place=str(path))
    spec = with_special_tokens(spec.with_added_tokens(_added_tokens(folder, settings)), settings)
    spec = spec.with_added_tokens(row_of(_token(settings, role)) for role in ("cls_token", "sep_token"))
    return Spec({**spec.document, "post_processor": _template(spec, settings)}, place=str(path))


def _token(settings: Settings, role: str) -> str:
    return content_of(settings.get(role, BERT_DEFAULTS[role]))


def _read_vocab(path: Path) -> dict[str, int]:
    text = read_text(path)
    if text.startswith("\ufeff"):
        raise FileFormatError(
            f"{path} starts with a byte order mark (U+FEFF), which would become part of the first token"
        )
    lines = text.split("\n")
    if not lines[-1]:
        del lines[-1]  # the newline that ends the last line begins no other
    if not lines:
        raise FileFormatError(f"{path} is empty")
    return {line.rstrip(_SPACES): number for number, line in enumerate(lines)}  # of equal lines the last one counts


def _document(vocab: dict[str, int], unknown: str, settings: Settings) -> dict[str, Any]:
    normalizer = {field: settings.get(name, BERT_DEFAULTS[name]) for name, field in BERT_NORMALIZER.items()}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, **normalizer},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": None,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": unknown,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocab,
        },
    }


def _added_tokens(folder: Path, settings: Settings) -> list[dict[str, Any]]:
    """The added tokens by rising id, from tokenizer_config.json or, in older folders, added_tokens.json."""
    rows = settings.files.get("added_tokens_decoder")
    if rows is not None:
        if not isinstance(rows, dict) or not all(
            key.isdecimal() and isinstance(row, dict) for key, row in rows.items()
        ):
            raise FileFormatError(f"{folder / 'tokenizer_config.json'}: added_tokens_decoder must map ids to tokens")
        ids = sorted(rows, key=int)
        return [{**row_of(rows[number]), "special": bool(rows[number].get("special", False))} for number in ids]
    path = folder / "added_tokens.json"
    tokens = read_json(path) if path.exists() else {}
    special = {content_of(token) for token in (*settings.roles.values(), *settings.extra_special_tokens)}
    rows = [{**row_of(token), "normalized": token not in special, "special": token in special} for token in tokens]
    return sorted(rows, key=lambda row: tokens[row["content"]])


def _template(spec: Spec, settings: Settings) -> dict[str, Any]:
    first, last = _token(settings, "cls_token"), _token(settings, "sep_token")

    def special(token: str, type_id: int) -> dict[str, Any]:
        return {"SpecialToken": {"id": token, "type_id": type_id}}

    def sequence(name: str, type_id: int) -> dict[str, Any]:
        return {"Sequence": {"id": name, "type_id": type_id}}

    single = [special(first, 0), sequence("A", 0), special(last, 0)]
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": [*single, sequence("B", 1), special(last, 1)],
        "special_tokens": {
            token: {"id": token, "ids": [spec.token_to_id(token)], "tokens": [token]} for token in (first, last)
        },
    }
