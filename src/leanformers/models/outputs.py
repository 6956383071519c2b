"""Outputs: what a model returns. A dict, a tuple and an object in one, as in `transformers`."""

from __future__ import annotations

from typing import Any, ClassVar, overload

__all__ = [
    "BaseModelOutput",
    "BaseModelOutputWithPooling",
    "CausalLMOutput",
    "MaskedLMOutput",
    "ModelOutput",
    "MultipleChoiceOutput",
    "NextSentenceOutput",
    "PreTrainingOutput",
    "QuestionAnsweringOutput",
    "ReplacedTokensOutput",
    "Seq2SeqLMOutput",
    "Seq2SeqModelOutput",
    "SequenceClassifierOutput",
    "TokenClassifierOutput",
]


class ModelOutput(dict[str, Any]):
    """The results of a call by name; those that were not asked for are left out.

    `output["logits"]`, `output.logits` and, by place, `output[0]` and slices are the same. A field that this kind
    of output can have, but has not, is None as an attribute.

    Example:
        >>> output = ModelOutput(loss=None, logits=[0.5])
        >>> output.logits, output[0], list(output)
        ([0.5], [0.5], ['logits'])
    """

    fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **values: Any) -> None:
        super().__init__({name: value for name, value in values.items() if value is not None})

    @overload
    def __getitem__(self, key: str | int) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Any, ...]: ...
    def __getitem__(self, key: str | int | slice) -> Any:
        return super().__getitem__(key) if isinstance(key, str) else self.to_tuple()[key]

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        if name in self.fields:
            return None
        raise AttributeError(f"{type(self).__name__} has no field {name!r}; it has {', '.join(self.fields or self)}")

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), dict(self)))

    def to_tuple(self) -> tuple[Any, ...]:
        """The values in order."""
        return tuple(self.values())


def _rebuild(kind: type[ModelOutput], values: dict[str, Any]) -> ModelOutput:
    return kind(**values)


class BaseModelOutput(ModelOutput):
    """Of a base model without a pooler.

    last_hidden_state: (batch, length, width), zeros at padding. hidden_states: the same after the embeddings and
    after each block. attentions: (batch, heads, length, length) per block, zeros at padding.
    """

    fields = ("last_hidden_state", "hidden_states", "attentions")


class BaseModelOutputWithPooling(ModelOutput):
    """Of a base model: as `BaseModelOutput`, and pooler_output: (batch, width)."""

    fields = ("last_hidden_state", "pooler_output", "hidden_states", "attentions")


class SequenceClassifierOutput(ModelOutput):
    """Of a sequence classifier.

    loss: () when labels were given. logits: (batch, labels). hidden_states and attentions as in `BaseModelOutput`.
    """

    fields = ("loss", "logits", "hidden_states", "attentions")


class NextSentenceOutput(ModelOutput):
    """Of a next sentence predictor.

    loss: () when labels were given. logits: (batch, 2). hidden_states and attentions as in `BaseModelOutput`.
    """

    fields = ("loss", "logits", "hidden_states", "attentions")


class PreTrainingOutput(ModelOutput):
    """Of a model with the heads that it was pretrained with.

    loss: () when labels of both kinds were given. prediction_logits: (batch, length, vocabulary), zeros at padding.
    seq_relationship_logits (BERT) or sop_logits (ALBERT): (batch, 2). hidden_states and attentions as in
    `BaseModelOutput`.
    """

    fields = ("loss", "prediction_logits", "seq_relationship_logits", "sop_logits", "hidden_states", "attentions")


class ReplacedTokensOutput(ModelOutput):
    """Of a discriminator.

    loss: () when labels were given. logits: (batch, length), above 0 for a replaced token, zeros at padding.
    hidden_states and attentions as in `BaseModelOutput`.
    """

    fields = ("loss", "logits", "hidden_states", "attentions")


class MultipleChoiceOutput(ModelOutput):
    """Of a chooser.

    loss: () when labels were given. logits: (batch, choices). hidden_states and attentions as in `BaseModelOutput`.
    """

    fields = ("loss", "logits", "hidden_states", "attentions")


class TokenClassifierOutput(ModelOutput):
    """Of a token classifier.

    loss: () when labels were given. logits: (batch, length, labels), zeros at padding.
    hidden_states and attentions as in `BaseModelOutput`.
    """

    fields = ("loss", "logits", "hidden_states", "attentions")


class MaskedLMOutput(ModelOutput):
    """Of a masked language model.

    loss: () when labels were given. logits: (batch, length, vocabulary), zeros at padding.
    hidden_states and attentions as in `BaseModelOutput`.
    """

    fields = ("loss", "logits", "hidden_states", "attentions")


class CausalLMOutput(ModelOutput):
    """Of a language model that reads from left to right.

    loss: () when labels were given. logits: (batch, length, vocabulary) for the token that follows, zeros at padding.
    hidden_states and attentions as in `BaseModelOutput`.
    """

    fields = ("loss", "logits", "hidden_states", "attentions")


class QuestionAnsweringOutput(ModelOutput):
    """Of a question answering model.

    loss: () when both positions were given. start_logits and end_logits: (batch, length), the lowest number at padding.
    hidden_states and attentions as in `BaseModelOutput`.
    """

    fields = ("loss", "start_logits", "end_logits", "hidden_states", "attentions")


_TRACES_OF_PAIR = (
    "decoder_hidden_states",
    "decoder_attentions",
    "cross_attentions",
    "encoder_last_hidden_state",
    "encoder_hidden_states",
    "encoder_attentions",
)


class Seq2SeqModelOutput(ModelOutput):
    """Of an encoder–decoder.

    last_hidden_state: (batch, length, width) of the decoder. encoder_last_hidden_state: (batch, source length, width).
    Both have zeros at padding. decoder_hidden_states, encoder_hidden_states: the same after the embeddings and after
    each block. decoder_attentions: (batch, heads, length, length), cross_attentions: (batch, heads, length, source
    length), encoder_attentions: (batch, heads, source length, source length), each per block.
    """

    fields = ("last_hidden_state", *_TRACES_OF_PAIR)


class Seq2SeqLMOutput(ModelOutput):
    """Of an encoder–decoder that writes.

    loss: () when labels were given. logits: (batch, length, vocabulary) for the token that follows, zeros at padding.
    The rest as in `Seq2SeqModelOutput`.
    """

    fields = ("loss", "logits", *_TRACES_OF_PAIR)
