"""The tokenizer of a checkpoint without naming its class: `AutoTokenizer.from_pretrained(folder)`.

tokenizer_config.json or config.json → **the class** → its from_pretrained; the ids come from tokenizer.json alone
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError, ConfigError, MissingFileError
from ..files import read_json
from . import classes
from .formats import describes_itself, found_files, looked_for, tokenizer_json
from .settings import split_loading
from .tokenizer import PreTrainedTokenizer

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["AutoTokenizer"]

# A class only brings defaults, never other ids: a name that is not here is `PreTrainedTokenizer` where there is a
# tokenizer.json, and an error where there is none.
_CLASSES: dict[str, type[PreTrainedTokenizer]] = {
    **{value.__name__: value for name in classes.__all__ if isinstance(value := getattr(classes, name), type)},
    "TokenizersBackend": PreTrainedTokenizer,
}
# ← ADD A MODEL TYPE here: the class for checkpoints that name none. Facts from transformers 5.23, tokenization_auto.py.
_MODEL_TYPES: dict[str, type[PreTrainedTokenizer]] = {
    "albert": classes.AlbertTokenizer,
    "bart": classes.BartTokenizer,
    "bert": classes.BertTokenizer,
    "camembert": classes.CamembertTokenizer,
    "clip": classes.CLIPTokenizer,
    "deberta-v2": classes.DebertaV2Tokenizer,
    "distilbert": classes.DistilBertTokenizer,
    "electra": classes.ElectraTokenizer,
    "gemma": classes.GemmaTokenizer,
    "gemma2": classes.GemmaTokenizer,
    "gemma3": classes.GemmaTokenizer,
    "gemma3_text": classes.GemmaTokenizer,
    "gpt2": classes.GPT2Tokenizer,
    "gpt_neo": classes.GPT2Tokenizer,
    "gptj": classes.GPT2Tokenizer,
    "llama": PreTrainedTokenizer,
    "longformer": classes.RobertaTokenizer,
    "ministral": PreTrainedTokenizer,
    "mistral": PreTrainedTokenizer,
    "mistral3": PreTrainedTokenizer,
    "mixtral": PreTrainedTokenizer,
    "modernbert": PreTrainedTokenizer,
    "mpnet": classes.MPNetTokenizer,
    "mt5": classes.T5Tokenizer,
    "qwen2": classes.Qwen2Tokenizer,
    "qwen2_moe": classes.Qwen2Tokenizer,
    "qwen3": classes.Qwen2Tokenizer,
    "qwen3_moe": classes.Qwen2Tokenizer,
    "roberta": classes.RobertaTokenizer,
    "t5": classes.T5Tokenizer,
    "xlm-roberta": classes.XLMRobertaTokenizer,
}


class AutoTokenizer:
    """Makes the right tokenizer for a checkpoint; there are no objects of this class itself."""

    def __init__(self) -> None:
        raise ArgumentError("AutoTokenizer is made by AutoTokenizer.from_pretrained(name_or_folder)")

    @classmethod
    def from_pretrained(cls, name_or_folder: str | os.PathLike[str], **settings: Any) -> PreTrainedTokenizer:
        """The tokenizer in a folder or a repository of the Hub.

        Args:
            name_or_folder: a folder with tokenizer.json, or a vocabulary file and config.json; or a repository's name.
            settings: where to find it, as `HubOptions`: `revision`, `subfolder`, `token`, …; the others are those of
                `PreTrainedTokenizer.from_pretrained`.

        Raises:
            HubError: the Hub refuses or fails.
            MissingFileError: no such folder or repository, no tokenizer in it, or no config.json where it is needed.
            FileFormatError: a broken file, or a component that is not known.
            ArgumentError: a setting that does not exist.

        Examples:
            >>> AutoTokenizer.from_pretrained("leanformers/tiny-sentiment").cls_token
            '[CLS]'
        """
        place, settings = split_loading(settings)
        from ..hub.resolve import Need, locate

        folder = locate(name_or_folder, place, Need.TOKENIZER).folder
        tokenizer = _class_for(folder).from_pretrained(folder, **settings)
        tokenizer.name_or_path = os.fspath(name_or_folder)
        return tokenizer


def _class_for(folder: Path) -> type[PreTrainedTokenizer]:
    name = _value(folder / "tokenizer_config.json", "tokenizer_class") or _value(
        folder / "config.json", "tokenizer_class"
    )
    if name:
        found = _CLASSES.get(name.removesuffix("Fast"))
    else:
        found = _MODEL_TYPES.get(_value(folder / "config.json", "model_type") or "")
    if found is None and not (folder / tokenizer_json.FILE).exists() and (name or not describes_itself(folder)):
        raise _no_tokenizer(folder, name)
    return found or PreTrainedTokenizer


def _value(path: Path, key: str) -> str | None:
    value = read_json(path).get(key) if path.exists() else None
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"{path}: {key} must be a string, not {value!r}")
    return value


def _no_tokenizer(folder: Path, name: str | None) -> MissingFileError:
    kind = name or _value(folder / "config.json", "model_type")
    if kind:
        return MissingFileError(
            f"no tokenizer.json in {folder}, whose configuration says {kind!r}; "
            f"without it only these can be read: {', '.join([*_CLASSES, *_MODEL_TYPES])}"
        )
    found = found_files(folder)
    if found == ["vocab.txt"]:
        return MissingFileError(
            f"config.json missing: cannot know the tokenizer type of {folder}, which has only a vocab.txt; "
            "if it is BERT's, use BertTokenizer.from_pretrained(folder, do_lower_case=…)"
        )
    if found:
        return MissingFileError(
            f"config.json missing: cannot know the tokenizer type of {folder}, which has only {' and '.join(found)}; "
            "use the class that you know it has, such as T5Tokenizer or LlamaTokenizer: its from_pretrained(folder)"
        )
    return MissingFileError(f"no config.json in {folder}, nor any of {', '.join(looked_for())}")
