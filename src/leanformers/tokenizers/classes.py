"""The class names that people import. A class brings the defaults of its kind of model and knows its vocabulary files.

AutoTokenizer or a user → **the class's defaults** → from_pretrained. It never changes the ids of a tokenizer.json: that
alone decides. The names that end in Fast are the same classes. ← ADD A TOKENIZER CLASS here and in auto_tokenizer.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .tokenizer import PreTrainedTokenizer

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AlbertTokenizer",
    "AlbertTokenizerFast",
    "BartTokenizer",
    "BartTokenizerFast",
    "BertTokenizer",
    "BertTokenizerFast",
    "CLIPTokenizer",
    "CLIPTokenizerFast",
    "CamembertTokenizer",
    "CamembertTokenizerFast",
    "DebertaV2Tokenizer",
    "DebertaV2TokenizerFast",
    "DistilBertTokenizer",
    "DistilBertTokenizerFast",
    "ElectraTokenizer",
    "ElectraTokenizerFast",
    "GPT2Tokenizer",
    "GPT2TokenizerFast",
    "GemmaTokenizer",
    "GemmaTokenizerFast",
    "LlamaTokenizer",
    "LlamaTokenizerFast",
    "MPNetTokenizer",
    "MPNetTokenizerFast",
    "PreTrainedTokenizerFast",
    "Qwen2Tokenizer",
    "Qwen2TokenizerFast",
    "RobertaTokenizer",
    "RobertaTokenizerFast",
    "T5Tokenizer",
    "T5TokenizerFast",
    "XLMRobertaTokenizer",
    "XLMRobertaTokenizerFast",
]

_COLUMNS = ("input_ids", "attention_mask")
_COLUMNS_WITH_TYPES = ("input_ids", "token_type_ids", "attention_mask")
_BERT_TOKENS = {
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}
_FAIRSEQ_TOKENS = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "cls_token": "<s>",
    "mask_token": "<mask>",
}
_TEXT_END = "<|endoftext|>"


class BertTokenizer(PreTrainedTokenizer):
    """A `PreTrainedTokenizer` with BERT's defaults, which can also read a folder with nothing but vocab.txt.

    Such a folder does not say how to split: `BertTokenizer.from_pretrained(folder, do_lower_case=False)` does.
    """

    _defaults: Mapping[str, Any] = {**_BERT_TOKENS, "model_input_names": _COLUMNS_WITH_TYPES}


class DistilBertTokenizer(BertTokenizer):
    """A `BertTokenizer` for models without token types."""

    _defaults: Mapping[str, Any] = {**_BERT_TOKENS, "model_input_names": _COLUMNS}


class ElectraTokenizer(BertTokenizer):
    """A `BertTokenizer` under the name of ELECTRA."""


class MPNetTokenizer(PreTrainedTokenizer):
    """MPNet: BERT's words with RoBERTa's special tokens; reads vocab.txt."""

    _defaults: Mapping[str, Any] = {**_FAIRSEQ_TOKENS, "unk_token": "[UNK]", "model_input_names": _COLUMNS}


class RobertaTokenizer(PreTrainedTokenizer):
    """RoBERTa: byte-level BPE between <s> and </s>; reads vocab.json and merges.txt."""

    _defaults: Mapping[str, Any] = {**_FAIRSEQ_TOKENS, "model_input_names": _COLUMNS}


class BartTokenizer(RobertaTokenizer):
    """A `RobertaTokenizer` under the name of BART."""


class GPT2Tokenizer(PreTrainedTokenizer):
    """GPT-2: byte-level BPE without special tokens around a text; reads vocab.json and merges.txt."""

    _defaults: Mapping[str, Any] = {
        **dict.fromkeys(("bos_token", "eos_token", "unk_token"), _TEXT_END),
        "model_input_names": _COLUMNS,
    }


class Qwen2Tokenizer(PreTrainedTokenizer):
    """Qwen 2 and 3: byte-level BPE that takes digits one by one; reads vocab.json and merges.txt."""

    _defaults: Mapping[str, Any] = {
        **dict.fromkeys(("eos_token", "unk_token", "pad_token"), _TEXT_END),
        "model_input_names": _COLUMNS,
    }


class CLIPTokenizer(PreTrainedTokenizer):
    """CLIP: lowercase byte-level BPE whose words end in </w>; reads vocab.json and merges.txt."""

    _defaults: Mapping[str, Any] = {
        **dict.fromkeys(("eos_token", "unk_token", "pad_token"), _TEXT_END),
        "bos_token": "<|startoftext|>",
        "model_input_names": _COLUMNS,
    }


class XLMRobertaTokenizer(PreTrainedTokenizer):
    """XLM-RoBERTa: SentencePiece Unigram with fairseq's ids; reads sentencepiece.bpe.model."""

    _defaults: Mapping[str, Any] = {**_FAIRSEQ_TOKENS, "model_input_names": _COLUMNS}


class CamembertTokenizer(PreTrainedTokenizer):
    """CamemBERT: SentencePiece Unigram with fairseq's ids; reads sentencepiece.bpe.model."""

    _defaults: Mapping[str, Any] = {**_FAIRSEQ_TOKENS, "model_input_names": _COLUMNS}


class T5Tokenizer(PreTrainedTokenizer):
    """T5: SentencePiece Unigram with `extra_ids` sentinels after it; reads spiece.model."""

    _defaults: Mapping[str, Any] = {
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "model_input_names": _COLUMNS,
    }


class AlbertTokenizer(PreTrainedTokenizer):
    """ALBERT: SentencePiece Unigram over lowercase text without accents; reads spiece.model."""

    _defaults: Mapping[str, Any] = {
        **_BERT_TOKENS,
        "bos_token": "[CLS]",
        "eos_token": "[SEP]",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "model_input_names": _COLUMNS,
    }


class DebertaV2Tokenizer(PreTrainedTokenizer):
    """DeBERTa 2 and 3: SentencePiece Unigram; reads spm.model."""

    _defaults: Mapping[str, Any] = {
        **_BERT_TOKENS,
        "bos_token": "[CLS]",
        "eos_token": "[SEP]",
        "model_input_names": ("input_ids", "attention_mask", "token_type_ids"),
    }


class LlamaTokenizer(PreTrainedTokenizer):
    """Llama 1 and 2: SentencePiece BPE with bytes for what it does not know; reads tokenizer.model."""

    _defaults: Mapping[str, Any] = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "padding_side": "left",
        "model_input_names": _COLUMNS,
    }


class GemmaTokenizer(PreTrainedTokenizer):
    """Gemma: SentencePiece BPE without a space before the text; reads tokenizer.model."""

    _defaults: Mapping[str, Any] = {
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
        "padding_side": "left",
        "model_input_names": _COLUMNS,
    }


PreTrainedTokenizerFast = PreTrainedTokenizer
AlbertTokenizerFast = AlbertTokenizer
BartTokenizerFast = BartTokenizer
BertTokenizerFast = BertTokenizer
CLIPTokenizerFast = CLIPTokenizer
CamembertTokenizerFast = CamembertTokenizer
DebertaV2TokenizerFast = DebertaV2Tokenizer
DistilBertTokenizerFast = DistilBertTokenizer
ElectraTokenizerFast = ElectraTokenizer
GPT2TokenizerFast = GPT2Tokenizer
GemmaTokenizerFast = GemmaTokenizer
LlamaTokenizerFast = LlamaTokenizer
MPNetTokenizerFast = MPNetTokenizer
Qwen2TokenizerFast = Qwen2Tokenizer
RobertaTokenizerFast = RobertaTokenizer
T5TokenizerFast = T5Tokenizer
XLMRobertaTokenizerFast = XLMRobertaTokenizer
