"""The files of a saved tokenizer, written so that transformers and tokenizers read the same ids from them.

tokenizer → **tokenizer.json + tokenizer_config.json** → files.save_files
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import save_files, write_json, write_text
from .chat.files import template_writers, warn_of_others
from .settings import BERT_NORMALIZER

if TYPE_CHECKING:
    import os

    from .stored import StoredTokenizer

__all__ = ["save_tokenizer"]

# Keys of a loaded tokenizer_config.json that are not written again: where it came from, and what tokenizer.json has.
_DROPPED = {
    "added_tokens_decoder",
    "additional_special_tokens",
    "chat_template",
    "name_or_path",
    "special_tokens_map_file",
    "tokenizer_file",
    *BERT_NORMALIZER,
}
_PLAIN_BERT = {
    "pre_tokenizers": [("BertPreTokenizer", {})],
    "decoders": [("WordPieceDecoder", {"prefix": "##", "cleanup": True})],
}


def save_tokenizer(tokenizer: StoredTokenizer, folder: str | os.PathLike[str]) -> tuple[str, ...]:
    """Write the files, all or none, and return their paths."""
    writers = {
        "tokenizer_config.json": write_json(_configuration(tokenizer)),
        "tokenizer.json": write_text(tokenizer._spec.to_json()),
        **template_writers(tokenizer.chat_template),
    }
    save_files(folder, writers)
    warn_of_others(Path(folder), writers)
    return tuple(str(Path(folder, name)) for name in writers)


def _configuration(tokenizer: StoredTokenizer) -> dict[str, Any]:
    values = {name: value for name, value in tokenizer._settings.files.items() if name not in _DROPPED}
    values.update(tokenizer.special_tokens_map)
    for role in tokenizer._settings.roles.keys() - tokenizer.special_tokens_map.keys():
        values[role] = None
    if tokenizer.extra_special_tokens:
        values["extra_special_tokens"] = tokenizer.extra_special_tokens
    values["model_max_length"] = tokenizer.model_max_length
    values["clean_up_tokenization_spaces"] = tokenizer.clean_up_tokenization_spaces
    if tokenizer.chat_control_tokens is not None:
        values["chat_control_tokens"] = list(tokenizer.chat_control_tokens)
    values["padding_side"] = tokenizer.padding_side
    values["truncation_side"] = tokenizer.truncation_side
    if tokenizer.split_special_tokens is True:  # "warn" is nothing that other readers know
        values["split_special_tokens"] = True
    values["model_input_names"] = tokenizer.model_input_names
    bert = _as_bert(tokenizer)
    if bert is None:
        # transformers reads tokenizer.json itself only for this class; others are built anew from the vocabulary.
        values["tokenizer_class"] = "PreTrainedTokenizerFast"
    else:
        values.update(bert, tokenizer_class=type(tokenizer).__name__)
    return dict(sorted(values.items()))


def _as_bert(tokenizer: StoredTokenizer) -> dict[str, Any] | None:
    """The settings from which transformers' BertTokenizer builds the same tokenizer, or None if it cannot."""
    spec = tokenizer._spec
    tokens = (tokenizer.unk_token, tokenizer.cls_token, tokenizer.sep_token)
    if "Bert" not in type(tokenizer).__name__ or None in tokens or len(spec.normalizers) != 1:
        return None
    first, last = ([spec.token_to_id(token)] for token in (tokenizer.cls_token or "", tokenizer.sep_token or ""))
    single = [("special", first, 0), ("A", [], 0), ("special", last, 0)]
    model = {name: value for name, value in spec.model.fields.items() if name != "vocab"}
    same = (
        spec.normalizers[0].core == "BertNormalizer"
        and spec.normalizers[0].fields["clean_text"]
        and [stage[:2] for stage in spec.pre_tokenizers] == _PLAIN_BERT["pre_tokenizers"]
        and [stage[:2] for stage in spec.decoders] == _PLAIN_BERT["decoders"]
        and spec.model.core == "WordPiece"
        and model
        == {"unk_token": tokenizer.unk_token, "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}
        and spec.template is not None
        and spec.template[:2] == (single, [*single, ("B", [], 1), ("special", last, 1)])
    )
    return {name: spec.normalizers[0].fields[field] for name, field in BERT_NORMALIZER.items()} if same else None
