"""leanformers: a lean Transformers. The names users know, imported when they are first used.

>>> from leanformers import AutoTokenizer
>>> tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
>>> tokenizer("Good!")["input_ids"][0] == tokenizer.cls_token_id
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Where each public name lives. Neither torch nor numpy is imported before a name that needs it is used.
_HOMES = {
    "AddedToken": "_core",
    "AutoConfig": "auto",
    "AutoModel": "auto",
    "AutoModelForMaskedLM": "auto",
    "AutoModelForMultipleChoice": "auto",
    "AutoModelForNextSentencePrediction": "auto",
    "AutoModelForQuestionAnswering": "auto",
    "AutoModelForSequenceClassification": "auto",
    "AutoModelForTokenClassification": "auto",
    "AutoTokenizer": "auto",
    "BatchEncoding": "tokenizers.batch_encoding",
    "BertTokenizer": "tokenizers.tokenizer",
    "Config": "config",
    "LeanformersError": "errors",
    "ModelOutput": "models.outputs",
    "PreTrainedModel": "models.model",
    "PreTrainedTokenizer": "tokenizers.tokenizer",
    "Ragged": "tokenizers.ragged",
    "SentenceEncoder": "sentence",
    "errors": "errors",
    "get_json_schema": "tokenizers.chat.tool_schema",
    "pipeline": "pipelines",
    "train_tokenizer": "tokenizers.train",
}

# The classes of the architectures in models/arch, by the architecture's name and the task.
_TASKS = ("Model", "ForMaskedLM", "ForMultipleChoice", "ForQuestionAnswering", "ForSequenceClassification",
          "ForTokenClassification")  # fmt: skip
for _name in ("Bert", "Camembert", "DistilBert", "Electra", "Roberta", "XLMRoberta"):
    _HOMES.update({f"{_name}{_task}": "models.classes" for _task in _TASKS})
_HOMES["BertForNextSentencePrediction"] = "models.classes"

__all__ = ["__version__", *_HOMES]

if TYPE_CHECKING:
    from . import errors as errors
    from ._core import AddedToken as AddedToken
    from .auto import AutoConfig as AutoConfig
    from .auto import AutoModel as AutoModel
    from .auto import AutoModelForMaskedLM as AutoModelForMaskedLM
    from .auto import AutoModelForMultipleChoice as AutoModelForMultipleChoice
    from .auto import AutoModelForNextSentencePrediction as AutoModelForNextSentencePrediction
    from .auto import AutoModelForQuestionAnswering as AutoModelForQuestionAnswering
    from .auto import AutoModelForSequenceClassification as AutoModelForSequenceClassification
    from .auto import AutoModelForTokenClassification as AutoModelForTokenClassification
    from .auto import AutoTokenizer as AutoTokenizer
    from .config import Config as Config
    from .errors import LeanformersError as LeanformersError
    from .models.model import PreTrainedModel as PreTrainedModel
    from .models.outputs import ModelOutput as ModelOutput
    from .pipelines import pipeline as pipeline
    from .sentence import SentenceEncoder as SentenceEncoder
    from .tokenizers.batch_encoding import BatchEncoding as BatchEncoding
    from .tokenizers.chat.tool_schema import get_json_schema as get_json_schema
    from .tokenizers.ragged import Ragged as Ragged
    from .tokenizers.tokenizer import BertTokenizer as BertTokenizer
    from .tokenizers.tokenizer import PreTrainedTokenizer as PreTrainedTokenizer
    from .tokenizers.train import train_tokenizer as train_tokenizer


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        from .errors import near_names

        raise AttributeError(f"module 'leanformers' has no attribute {name!r}{near_names(name, _HOMES)}")
    module = import_module(f".{home}", __name__)
    value = module if home == name else getattr(module, name)
    globals()[name] = value  # later look-ups find it without coming here
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
