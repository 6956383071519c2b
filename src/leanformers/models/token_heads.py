"""Heads that say something of every token: a label, where an answer begins and ends, which word stands there."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .heads import Call, HeadModel
from .inputs import whole_numbers
from .loss import span_loss, token_loss
from .outputs import MaskedLMOutput, ModelOutput, QuestionAnsweringOutput, TokenClassifierOutput

__all__ = ["MaskedLMModel", "QuestionAnsweringModel", "TokenClassificationModel", "TokenModel"]


class TokenModel(HeadModel):
    """What heads with a row of logits for each token share."""

    output_class: type[ModelOutput]

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
        """Logits of every token of a padded batch, and the loss where labels are given.

        Args:
            input_ids: (batch, length) token ids; this and the next three as in the base model.
            attention_mask: (batch, length), 1 for tokens, 0 for padding.
            token_type_ids: (batch, length).
            position_ids: (batch, length).
            labels: (batch, length) numbers of labels; -100 leaves a token out, and padding must have it.
            options: output_hidden_states, output_attentions, return_dict.

        Returns:
            logits (batch, length, labels), zeros at padding; loss () where labels are given; hidden_states and
            attentions when asked for.

        Raises:
            TokenIdError: a label, or an id, out of range; names row and position.
            InputValueError: a label on padding.
            InputTypeError, ShapeError, TooLongError, ArgumentError: as in the base model.
        """
        given = {"attention_mask": attention_mask, "token_type_ids": token_type_ids, "position_ids": position_ids}
        call = self.run(input_ids, {**given, "labels": labels}, options)
        labels = call.inputs.get("labels")
        loss = None if labels is None else self._loss(call, whole_numbers("labels", labels, call.values.device))
        return call.output(self.output_class, loss=loss, logits=call.padding.pad(call.values))

    def _loss(self, call: Call, labels: Tensor) -> Tensor:
        return token_loss(call.values, labels, call.padding)


class TokenClassificationModel(TokenModel):
    """A label for every token, as for names in a text."""

    output_class = TokenClassifierOutput


class MaskedLMModel(TokenModel):
    """For every token the words that could stand there: logits over the vocabulary."""

    output_class = MaskedLMOutput

    def get_output_embeddings(self) -> torch.nn.Module:
        """The decoder from vectors to the vocabulary."""
        return self._mounts[-1].module


class QuestionAnsweringModel(HeadModel):
    """Where in a text an answer begins and ends."""

    @property
    def label_names(self) -> tuple[str, ...]:
        """How a call's labels are called."""
        return "start_positions", "end_positions"

    def forward(
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        token_type_ids: Any = None,
        position_ids: Any = None,
        *,
        start_positions: Any = None,
        end_positions: Any = None,
        **options: Any,
    ) -> ModelOutput | tuple[Any, ...]:
        """Logits for each token to be the answer's first or last one, and the loss where positions are given.

        Args:
            input_ids: (batch, length) token ids; this and the next three as in the base model.
            attention_mask: (batch, length), 1 for tokens, 0 for padding.
            token_type_ids: (batch, length).
            position_ids: (batch, length).
            start_positions: (batch,) columns of the answers' first tokens; outside the batch's columns: left out.
            end_positions: (batch,) columns of the answers' last tokens, likewise.
            options: output_hidden_states, output_attentions, return_dict.

        Returns:
            start_logits and end_logits (batch, length), at padding the lowest number there is; loss () where both
            positions are given; hidden_states and attentions when asked for.
        """
        given = {"attention_mask": attention_mask, "token_type_ids": token_type_ids, "position_ids": position_ids}
        labels = {"start_positions": start_positions, "end_positions": end_positions}
        call = self.run(input_ids, {**given, **labels}, options)
        start, end = (_pad_low(logits, call) for logits in call.values.unbind(-1))  # (batch, length) each
        places = [call.inputs.get(name) for name in self.label_names]
        loss = None
        if all(place is not None for place in places):
            losses = [span_loss(logits, place) for logits, place in zip((start, end), places, strict=True)]
            loss = (losses[0] + losses[1]) / 2
        return call.output(QuestionAnsweringOutput, loss=loss, start_logits=start, end_logits=end)


def _pad_low(values: Tensor, call: Call) -> Tensor:
    """(tokens,) → (batch, length), with the lowest number at padding, which then is never chosen."""
    grid = values.new_full((call.padding.batch * call.padding.length,), torch.finfo(values.dtype).min)
    return grid.index_copy(0, call.padding.slots, values).view(call.padding.batch, call.padding.length)
