"""The public model classes, made from the registry: `BertModel` and the others, with the names of `transformers`."""

from __future__ import annotations

from ..errors import near_names
from .arch import (
    BASE,
    CAUSAL_LM,
    MASKED_LM,
    MULTIPLE_CHOICE,
    NEXT_SENTENCE,
    PRETRAINING,
    QUESTION_ANSWERING,
    REPLACED_TOKENS,
    SEQ2SEQ_LM,
    SEQUENCE_CLASSIFICATION,
    TEXT_ENCODING,
    TOKEN_CLASSIFICATION,
    Architecture,
    class_names,
)
from .encoder import EncoderModel
from .encoder_decoder import EncoderDecoderModel, TextEncoderModel
from .heads import HeadModel
from .language_head import CausalLMModel, Seq2SeqLMModel
from .model import PreTrainedModel
from .pretraining_heads import PreTrainingModel, ReplacedTokensModel
from .text_heads import MultipleChoiceModel, NextSentenceModel, SequenceClassificationModel
from .token_heads import MaskedLMModel, QuestionAnsweringModel, TokenClassificationModel

__all__ = ["model_class"]

_HEADS: dict[str, type[HeadModel]] = {
    SEQUENCE_CLASSIFICATION: SequenceClassificationModel,
    TOKEN_CLASSIFICATION: TokenClassificationModel,
    QUESTION_ANSWERING: QuestionAnsweringModel,
    MULTIPLE_CHOICE: MultipleChoiceModel,
    NEXT_SENTENCE: NextSentenceModel,
    PRETRAINING: PreTrainingModel,
    REPLACED_TOKENS: ReplacedTokensModel,
    MASKED_LM: MaskedLMModel,
    CAUSAL_LM: CausalLMModel,
    SEQ2SEQ_LM: Seq2SeqLMModel,
}
# What a model of each task gives, and an example of it.
_RESULTS = {
    BASE: ("token ids to hidden states", "last_hidden_state.shape", "torch.Size([2, 16, 768])"),
    TEXT_ENCODING: ("token ids to hidden states", "last_hidden_state.shape", "torch.Size([2, 16, 512])"),
    SEQUENCE_CLASSIFICATION: ("one vector of logits per text", "logits.softmax(-1)", "tensor([[0.04, 0.96]])"),
    TOKEN_CLASSIFICATION: ("logits of labels for every token", "logits.shape", "torch.Size([2, 16, 9])"),
    QUESTION_ANSWERING: ("where an answer begins and ends", "start_logits.argmax(-1)", "tensor([5])"),
    MULTIPLE_CHOICE: ("one number for each choice of a row", "logits.shape", "torch.Size([1, 4])"),
    NEXT_SENTENCE: ("whether one text follows another", "logits.shape", "torch.Size([2, 2])"),
    PRETRAINING: ("masked words, and how two texts stand to each other", "loss", "tensor(11.0)"),
    REPLACED_TOKENS: ("which tokens were replaced", "logits > 0", "tensor([[False, True]])"),
    MASKED_LM: ("logits of words for every token", "logits.shape", "torch.Size([2, 16, 30522])"),
    CAUSAL_LM: ("logits of the words that follow, for every token", "logits.shape", "torch.Size([2, 16, 50257])"),
    SEQ2SEQ_LM: ("a text for each text that it reads", "logits.shape", "torch.Size([2, 16, 32128])"),
}
_DOCUMENTATION = """{title}: {result}.

    Paper: {source}

    Example:
        >>> from leanformers import AutoTokenizer, {name}
        >>> model = {name}.from_pretrained(folder)  # doctest: +SKIP
        >>> tokens = AutoTokenizer.from_pretrained(folder)(texts, padding=True, return_tensors="pt")  # doctest: +SKIP
        >>> model(**tokens).{expression}  # doctest: +SKIP
        {value}
    """

_MADE: dict[tuple[str, str], type[PreTrainedModel]] = {}


def model_class(architecture: Architecture, task: str) -> type[PreTrainedModel]:
    """The class of an architecture for a task; the same one each time."""
    key = (architecture.model_type, task)
    if key not in _MADE:
        kind: type[PreTrainedModel] = EncoderDecoderModel if architecture.reads_source else EncoderModel
        values: dict[str, object] = {"architecture": architecture.of(task), "task": task, "__module__": __name__}
        if task == TEXT_ENCODING:
            kind = TextEncoderModel
        elif task != BASE:
            kind = _HEADS[task]
            values["base_class"] = model_class(architecture, TEXT_ENCODING if task in architecture.on_encoder else BASE)
        name = architecture.classes[task]
        result, expression, value = _RESULTS[task]
        values["__doc__"] = _DOCUMENTATION.format(
            title=architecture.title,
            source=architecture.source,
            name=name,
            result=result,
            expression=expression,
            value=value,
        )
        _MADE[key] = type(name, (kind,), values)
    return _MADE[key]


def __getattr__(name: str) -> type[PreTrainedModel]:
    known = class_names()
    if name not in known:
        raise AttributeError(f"there is no model class {name!r}{near_names(name, known)}")
    return model_class(*known[name])


def __dir__() -> list[str]:
    return sorted([*class_names(), "model_class"])
