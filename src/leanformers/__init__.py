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
    "AutoModelForCausalLM": "auto",
    "AutoModelForMaskedLM": "auto",
    "AutoModelForMultipleChoice": "auto",
    "AutoModelForNextSentencePrediction": "auto",
    "AutoModelForPreTraining": "auto",
    "AutoModelForQuestionAnswering": "auto",
    "AutoModelForSeq2SeqLM": "auto",
    "AutoModelForSequenceClassification": "auto",
    "AutoModelForTextEncoding": "auto",
    "AutoModelForTokenClassification": "auto",
    "AutoTokenizer": "auto",
    "BatchEncoding": "tokenizers.batch_encoding",
    "Config": "config",
    "DecodeStream": "tokenizers.decode_stream",
    "LeanformersError": "errors",
    "ModelOutput": "models.outputs",
    "GenerationConfig": "models.generation.settings",
    "PreTrainedModel": "models.model",
    "PreTrainedTokenizer": "tokenizers.tokenizer",
    "Ragged": "tokenizers.ragged",
    "SentenceEncoder": "sentence",
    "TokenFile": "tokenizers.files.token_file",
    "errors": "errors",
    "get_json_schema": "tokenizers.chat.tool_schema",
    "pipeline": "pipelines",
    "train_tokenizer": "tokenizers.training.train",
}

for _name in ("Albert", "Bart", "Bert", "Camembert", "CLIP", "DebertaV2", "DistilBert", "Electra", "Gemma", "GPT2",
              "Llama", "MPNet", "Qwen2", "Roberta", "T5", "XLMRoberta"):  # fmt: skip
    _HOMES.update({f"{_name}Tokenizer{_fast}": "tokenizers.classes" for _fast in ("", "Fast")})
_HOMES["PreTrainedTokenizerFast"] = "tokenizers.classes"

if TYPE_CHECKING:
    from . import errors as errors
    from ._core import AddedToken as AddedToken
    from .auto import AutoConfig as AutoConfig
    from .auto import AutoModel as AutoModel
    from .auto import AutoModelForCausalLM as AutoModelForCausalLM
    from .auto import AutoModelForMaskedLM as AutoModelForMaskedLM
    from .auto import AutoModelForMultipleChoice as AutoModelForMultipleChoice
    from .auto import AutoModelForNextSentencePrediction as AutoModelForNextSentencePrediction
    from .auto import AutoModelForPreTraining as AutoModelForPreTraining
    from .auto import AutoModelForQuestionAnswering as AutoModelForQuestionAnswering
    from .auto import AutoModelForSeq2SeqLM as AutoModelForSeq2SeqLM
    from .auto import AutoModelForSequenceClassification as AutoModelForSequenceClassification
    from .auto import AutoModelForTextEncoding as AutoModelForTextEncoding
    from .auto import AutoModelForTokenClassification as AutoModelForTokenClassification
    from .auto import AutoTokenizer as AutoTokenizer
    from .config import Config as Config
    from .errors import LeanformersError as LeanformersError
    from .models.generation.settings import GenerationConfig as GenerationConfig
    from .models.model import PreTrainedModel as PreTrainedModel
    from .models.outputs import ModelOutput as ModelOutput
    from .pipelines import pipeline as pipeline
    from .sentence import SentenceEncoder as SentenceEncoder
    from .tokenizers.batch_encoding import BatchEncoding as BatchEncoding
    from .tokenizers.chat.tool_schema import get_json_schema as get_json_schema
    from .tokenizers.classes import AlbertTokenizer as AlbertTokenizer
    from .tokenizers.classes import AlbertTokenizerFast as AlbertTokenizerFast
    from .tokenizers.classes import BartTokenizer as BartTokenizer
    from .tokenizers.classes import BartTokenizerFast as BartTokenizerFast
    from .tokenizers.classes import BertTokenizer as BertTokenizer
    from .tokenizers.classes import BertTokenizerFast as BertTokenizerFast
    from .tokenizers.classes import CamembertTokenizer as CamembertTokenizer
    from .tokenizers.classes import CamembertTokenizerFast as CamembertTokenizerFast
    from .tokenizers.classes import CLIPTokenizer as CLIPTokenizer
    from .tokenizers.classes import CLIPTokenizerFast as CLIPTokenizerFast
    from .tokenizers.classes import DebertaV2Tokenizer as DebertaV2Tokenizer
    from .tokenizers.classes import DebertaV2TokenizerFast as DebertaV2TokenizerFast
    from .tokenizers.classes import DistilBertTokenizer as DistilBertTokenizer
    from .tokenizers.classes import DistilBertTokenizerFast as DistilBertTokenizerFast
    from .tokenizers.classes import ElectraTokenizer as ElectraTokenizer
    from .tokenizers.classes import ElectraTokenizerFast as ElectraTokenizerFast
    from .tokenizers.classes import GemmaTokenizer as GemmaTokenizer
    from .tokenizers.classes import GemmaTokenizerFast as GemmaTokenizerFast
    from .tokenizers.classes import GPT2Tokenizer as GPT2Tokenizer
    from .tokenizers.classes import GPT2TokenizerFast as GPT2TokenizerFast
    from .tokenizers.classes import LlamaTokenizer as LlamaTokenizer
    from .tokenizers.classes import LlamaTokenizerFast as LlamaTokenizerFast
    from .tokenizers.classes import MPNetTokenizer as MPNetTokenizer
    from .tokenizers.classes import MPNetTokenizerFast as MPNetTokenizerFast
    from .tokenizers.classes import PreTrainedTokenizerFast as PreTrainedTokenizerFast
    from .tokenizers.classes import Qwen2Tokenizer as Qwen2Tokenizer
    from .tokenizers.classes import Qwen2TokenizerFast as Qwen2TokenizerFast
    from .tokenizers.classes import RobertaTokenizer as RobertaTokenizer
    from .tokenizers.classes import RobertaTokenizerFast as RobertaTokenizerFast
    from .tokenizers.classes import T5Tokenizer as T5Tokenizer
    from .tokenizers.classes import T5TokenizerFast as T5TokenizerFast
    from .tokenizers.classes import XLMRobertaTokenizer as XLMRobertaTokenizer
    from .tokenizers.classes import XLMRobertaTokenizerFast as XLMRobertaTokenizerFast
    from .tokenizers.decode_stream import DecodeStream as DecodeStream
    from .tokenizers.files.token_file import TokenFile as TokenFile
    from .tokenizers.ragged import Ragged as Ragged
    from .tokenizers.tokenizer import PreTrainedTokenizer as PreTrainedTokenizer
    from .tokenizers.training.train import train_tokenizer as train_tokenizer


def _model_classes() -> set[str]:
    """The classes of the architectures in models/arch, such as BertModel: as many as there are."""
    from .models.arch import class_names

    return {*class_names()}


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return ["__version__", *_HOMES, *sorted(_model_classes())]
    home = _HOMES.get(name)
    if home is None:
        from .errors import near_names

        classes = set() if name.startswith("_") else _model_classes()  # also asked for _core, which is imported then
        if name not in classes:
            near = near_names(name, [*_HOMES, *classes])
            raise AttributeError(f"module 'leanformers' has no attribute {name!r}{near}")
        home = "models.classes"
    module = import_module(f".{home}", __name__)
    value = module if home == name else getattr(module, name)
    globals()[name] = value  # later look-ups find it without coming here
    return value


def __dir__() -> list[str]:
    return sorted(__getattr__("__all__"))
