"""The kinds of tokenizer that can be trained from nothing: the stages of each, and its special tokens. ← ADD A KIND.

kind → **a tokenizer.json without a vocabulary** → train.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..formats.documents import bpe, byte_level, document, metaspace, replace, sequence, special, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["RECIPES", "Recipe", "document_of", "roles_of", "template_of"]

_COLUMNS = ("input_ids", "attention_mask")
# The roles that special tokens have by their names.
_ROLES = {
    "unk_token": ("[UNK]", "<unk>"),
    "pad_token": ("[PAD]", "<pad>"),
    "cls_token": ("[CLS]", "<cls>"),
    "sep_token": ("[SEP]", "<sep>"),
    "mask_token": ("[MASK]", "<mask>"),
    "bos_token": ("<s>", "<bos>", "<|endoftext|>"),
    "eos_token": ("</s>", "<eos>", "<|endoftext|>"),
}


class Recipe(NamedTuple):
    """A kind of tokenizer.

    Attributes:
        model: the fields of its model, but for the vocabulary.
        special_tokens: those it has unless the caller names others.
        needs_unknown: whether its model cannot do without an unknown token.
        lowercase: whether it lower-cases unless the caller says otherwise.
        normalizers: given whether to lower-case.
        pre_tokenizer, post_processor, decoder: as in tokenizer.json.
        around: what stands before and after a text, and after the second one of a pair, where these tokens are there.
        byte_level: whether its alphabet are the 256 bytes.
        columns: the keys of a call's result.
    """

    model: dict[str, Any]
    special_tokens: tuple[str, ...]
    normalizers: Callable[[bool], list[dict[str, Any]]]
    pre_tokenizer: dict[str, Any]
    needs_unknown: bool = True
    lowercase: bool = False
    post_processor: dict[str, Any] | None = None
    decoder: dict[str, Any] | None = None
    around: tuple[str | None, str, int] | None = None
    byte_level: bool = False
    columns: tuple[str, ...] = _COLUMNS


def _plain(lowercase: bool) -> list[dict[str, Any]]:
    return [{"type": "Lowercase"}] if lowercase else []


def _bert(lowercase: bool) -> list[dict[str, Any]]:
    fields = {"clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": lowercase}
    return [{"type": "BertNormalizer", **fields}]


def _sentence_piece(lowercase: bool) -> list[dict[str, Any]]:
    """Straight quotes, compatibility forms without accents, single spaces."""
    return [
        replace("``", '"'),
        replace("''", '"'),
        {"type": "NFKD"},
        {"type": "StripAccents"},
        *_plain(lowercase),
        replace(" {2,}", " ", regex=True),
    ]


RECIPES: dict[str, Recipe] = {
    # Words and what is neither word nor space between them; a rare word is [UNK].
    "word": Recipe(
        model={"type": "WordLevel"},
        special_tokens=("[UNK]", "[PAD]"),
        normalizers=_plain,
        pre_tokenizer={"type": "Whitespace"},
    ),
    "char": Recipe(
        model={"type": "WordLevel"},
        special_tokens=("[UNK]", "[PAD]"),
        normalizers=_plain,
        pre_tokenizer={"type": "FixedLength", "length": 1},
        decoder={"type": "Fuse"},
    ),
    # As GPT-2: merges of bytes, so that nothing is ever unknown.
    "bpe": Recipe(
        model=bpe(),
        special_tokens=("<|endoftext|>",),
        needs_unknown=False,
        normalizers=_plain,
        pre_tokenizer=byte_level(False),
        post_processor=byte_level(trim_offsets=False),
        decoder=byte_level(),
        byte_level=True,
    ),
    # As BERT.
    "wordpiece": Recipe(
        model={"type": "WordPiece", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100},
        special_tokens=("[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]"),
        lowercase=True,
        normalizers=_bert,
        pre_tokenizer={"type": "BertPreTokenizer"},
        decoder={"type": "WordPiece", "prefix": "##", "cleanup": True},
        around=("[CLS]", "[SEP]", 1),
        columns=("input_ids", "token_type_ids", "attention_mask"),
    ),
    # As SentencePiece: words begin with ▁; </s> ends a text, as in T5.
    "unigram": Recipe(
        model={"type": "Unigram", "unk_id": None, "byte_fallback": False},
        special_tokens=("<unk>", "<pad>", "</s>"),
        normalizers=_sentence_piece,
        pre_tokenizer=metaspace("always"),
        decoder=metaspace("always"),
        around=(None, "</s>", 0),
    ),
}


def roles_of(special_tokens: Iterable[str]) -> dict[str, str]:
    """The special tokens by role, as far as their names tell: `[CLS]` is the `cls_token`."""
    there = set(special_tokens)
    found = {role: next((name for name in names if name in there), None) for role, names in _ROLES.items()}
    return {role: name for role, name in found.items() if name is not None}


def document_of(recipe: Recipe, lowercase: bool, unknown: str | None) -> dict[str, Any]:
    """The tokenizer.json of a recipe, with an empty vocabulary and without special tokens."""
    normalizers = recipe.normalizers(lowercase)
    normalizer = normalizers[0] if len(normalizers) == 1 else sequence("normalizers", *normalizers)
    model = dict(recipe.model)
    if model["type"] in ("WordLevel", "WordPiece"):
        model["unk_token"] = unknown
    return document(
        model,
        normalizer=normalizer if normalizers else None,
        pre_tokenizer=recipe.pre_tokenizer,
        post_processor=recipe.post_processor,
        decoder=recipe.decoder,
    )


def template_of(recipe: Recipe, special_tokens: Iterable[str]) -> dict[str, Any] | None:
    """The post-processor, with the tokens of `recipe.around` in their places if all of them are there; without ids."""
    if recipe.around is None:
        return recipe.post_processor
    first, last, second_type = recipe.around
    tokens = [token for token in (first, last) if token is not None]
    if not set(tokens) <= set(special_tokens):
        return recipe.post_processor
    single = [*([special(first)] if first else []), text("A"), special(last)]
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": [*single, text("B", second_type), special(last, second_type)],
        "special_tokens": {token: {"id": token, "ids": [], "tokens": [token]} for token in tokens},
    }
