"""A byte-level vocabulary whose tokens have ranks and no merges, as a tokenizer: what tiktoken and tekken files share.

tiktoken.py, tekken.py → **ranks, special tokens, pattern** → document
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import _core
from ...errors import FileFormatError
from . import documents
from .documents import Stage, byte_level, regex_split, sequence
from .merges import implied_merges, to_letters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..settings import Settings
    from ..spec import Spec

__all__ = ["ENDS", "post_processor", "ranked_document", "table_of"]

# Byte-level texts keep their spaces, and no special tokens surround them.
ENDS: Stage = byte_level(trim_offsets=False)


def ranked_document(
    ranks: _core.VocabularyTable, special_tokens: Mapping[str, int], pattern: str, place: str
) -> dict[str, Any]:
    """The document of a vocabulary of byte strings.

    Args:
        ranks: the ids of the tokens, in the letters that stand for their bytes: what has a lower id is merged first.
        special_tokens: the ids of the special tokens.
        pattern: the regular expression that cuts a text into words.
        place: what errors call the file.
    """
    merges = implied_merges(ranks, place, by_ids=True)
    model = documents.bpe(ignore_merges=True, vocab=ranks.with_tokens(dict(special_tokens)), merges=merges)
    words = sequence("pre_tokenizers", regex_split(pattern), byte_level(False, use_regex=False))
    return documents.document(model, pre_tokenizer=words, decoder=byte_level())


def table_of(ranks: Mapping[bytes, int], place: str, *, offset: int = 0) -> _core.VocabularyTable:
    """The ids of tokens by their letters; `offset` is what is added to a rank to make an id.

    Raises:
        FileFormatError: one of the 256 bytes is no token, so that not every text could be written.
    """
    missing = next((byte for byte in range(256) if bytes([byte]) not in ranks), None)
    if missing is not None:
        raise FileFormatError(f"{place} has no token for the byte 0x{missing:02X}: was the file cut off?")
    return _core.VocabularyTable({to_letters(token): rank + offset for token, rank in ranks.items()})


def post_processor(spec: Spec, settings: Settings) -> Stage:
    """No tokens around a text, unless the configuration says `add_bos_token` or `add_eos_token`."""
    asked = {"add_bos_token", "add_eos_token"} & settings.values.keys()
    return documents.begin_and_end(spec, settings) if asked else ENDS
