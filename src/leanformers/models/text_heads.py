"""Heads that say something of whole texts: a label, the best of several choices, whether one text follows another."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..errors import ShapeError
from .heads import HeadModel
from .inputs import whole_numbers
from .loss import classification_loss, single_label_loss
from .outputs import ModelOutput, MultipleChoiceOutput, NextSentenceOutput, SequenceClassifierOutput

__all__ = ["MultipleChoiceModel", "NextSentenceModel", "SequenceClassificationModel"]


class _TextModel(HeadModel):
    """What heads with a row of logits for each text share."""

    output_class: type[ModelOutput]

    def _loss(self, logits: Tensor, labels: Any) -> Tensor:
        return single_label_loss(logits, labels)

    def forward(
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        token_type_ids: Any = None,
        position_ids: Any = None,
        *,
        labels: Any = None,
        **options: Any,
    ) -> ModelOutput | tuple[Any, ...]:
        """Logits of a padded batch, and the loss where labels are given.

        Args:
            input_ids: (batch, length) token ids; this and the next three as in the base model.
            attention_mask: (batch, length), 1 for tokens, 0 for padding.
            token_type_ids: (batch, length).
            position_ids: (batch, length).
            labels: (batch,) numbers of labels, or what else the class says.
            options: output_hidden_states, output_attentions, return_dict.

        Returns:
            logits (batch, labels); loss () where labels are given; hidden_states and attentions when asked for.

        Raises:
            TokenIdError: a label, or an id, out of range; names the row.
            InputTypeError, ShapeError, TooLongError, InputValueError, ArgumentError: as in the base model.
        """
        given = {"attention_mask": attention_mask, "token_type_ids": token_type_ids, "position_ids": position_ids}
        call = self.run(input_ids, {**given, "labels": labels}, options)
        logits = call.packed.restore(call.values)  # (batch, labels)
        labels = call.inputs.get("labels")
        loss = None if labels is None else self._loss(logits, labels)
        return call.output(self.output_class, loss=loss, logits=logits)


class SequenceClassificationModel(_TextModel):
    """A base model and a classifier over each text.

    Labels are (batch,) numbers; or (batch, labels) floats for several labels a row; or values for regression.
    """

    output_class = SequenceClassifierOutput

    def _loss(self, logits: Tensor, labels: Any) -> Tensor:
        return classification_loss(logits, labels, self.config, soft_labels=self.architecture.soft_labels)


class NextSentenceModel(_TextModel):
    """BERT's next sentence prediction: does the second text of a pair follow the first one?

    Labels are (batch,): 0 where the second text follows the first, 1 where it was chosen at random.
    """

    output_class = NextSentenceOutput


class MultipleChoiceModel(HeadModel):
    """One number for each choice of a row: the highest is the answer."""

    def forward(
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        token_type_ids: Any = None,
        position_ids: Any = None,
        *,
        labels: Any = None,
        **options: Any,
    ) -> ModelOutput | tuple[Any, ...]:
        """Logits of a padded batch, where every row has several texts; errors as for a sequence classifier.

        Args:
            input_ids, attention_mask, token_type_ids, position_ids: (batch, choices, length).
            labels: (batch,): the number of the right choice.
            options: output_hidden_states, output_attentions, return_dict.

        Returns:
            logits (batch, choices); loss () where labels are given; hidden_states and attentions, where each choice
            is a row, when asked for.
        """
        given = {"attention_mask": attention_mask, "token_type_ids": token_type_ids, "position_ids": position_ids}
        if hasattr(input_ids, "items"):
            given, input_ids = {**given, **input_ids}, None
        elif input_ids is not None:
            given["input_ids"] = input_ids
        labels = given.pop("labels", None) if labels is None else labels
        flat = {name: _flat(name, value) for name, value in given.items() if value is not None}
        shapes = {shape for shape, _ in flat.values()}
        if len(shapes) > 1:
            raise ShapeError(f"the inputs have {' and '.join(map(str, sorted(shapes)))} rows and choices")
        call = self.run({name: value for name, (_, value) in flat.items()}, {"labels": labels}, options)
        logits = call.packed.restore(call.values).view(next(iter(shapes)))  # (batch, choices)
        labels = call.inputs.get("labels")
        loss = None if labels is None else single_label_loss(logits, labels)
        return call.output(MultipleChoiceOutput, loss=loss, logits=logits)


def _flat(name: str, value: Any) -> tuple[tuple[int, int], Tensor]:
    """(batch, choices) and the rows of all choices, (batch · choices, length)."""
    try:
        tensor = value if isinstance(value, Tensor) else torch.as_tensor(value)
    except (TypeError, ValueError) as error:
        raise ShapeError(f"{name} must be (batch, choices, length) numbers: {error}") from None
    if tensor.ndim != 3:
        raise ShapeError(f"{name} must have the shape (batch, choices, length), not {tuple(tensor.shape)}")
    return (tensor.shape[0], tensor.shape[1]), whole_numbers(name, tensor.flatten(0, 1), tensor.device)
