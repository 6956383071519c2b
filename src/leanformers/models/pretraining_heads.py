"""The heads that BERT, ALBERT and ELECTRA were pretrained with: two at once, or a guess which tokens were replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ..errors import InputValueError
from .heads import Call, HeadModel
from .inputs import whole_numbers
from .loss import replaced_loss, single_label_loss, token_loss
from .outputs import ModelOutput, PreTrainingOutput, ReplacedTokensOutput
from .token_heads import TokenModel

__all__ = ["PreTrainingModel", "ReplacedTokensModel"]


class PreTrainingModel(HeadModel):
    """Masked words, and how two texts stand to each other: BERT's next sentence, ALBERT's order of sentences.

    The second head's labels are called `next_sentence_label` (BERT) or `sentence_order_label` (ALBERT), (batch,): 0
    where the second text follows the first, 1 where it does not.
    """

    @property
    def label_names(self) -> tuple[str, ...]:
        """How a call's labels are called."""
        beside = self.head_wiring.beside
        assert beside is not None
        return "labels", beside.labels

    def get_output_embeddings(self) -> torch.nn.Module:
        """The decoder from vectors to the vocabulary."""
        return next(mount.module for mount in self._mounts if mount.slot == "decoder")

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
        """Logits of every token and of every pair of texts of a padded batch, and the loss where labels are given.

        Args:
            input_ids: (batch, length) token ids; this and the next three as in the base model.
            attention_mask: (batch, length), 1 for tokens, 0 for padding.
            token_type_ids: (batch, length).
            position_ids: (batch, length).
            labels: (batch, length) ids; -100 leaves a token out, and padding must have it.
            options: the second head's labels, (batch,); output_hidden_states, output_attentions, return_dict.

        Returns:
            prediction_logits (batch, length, vocabulary), zeros at padding; seq_relationship_logits or sop_logits
            (batch, 2); loss () where both kinds of labels are given; hidden_states and attentions when asked for.

        Raises:
            InputValueError: one kind of labels without the other; a label on padding.
            TokenIdError: a label, or an id, out of range; names row and position.
            InputTypeError, ShapeError, TooLongError, ArgumentError: as in the base model.
        """
        beside = self.head_wiring.beside
        assert beside is not None
        given = {"attention_mask": attention_mask, "token_type_ids": token_type_ids, "position_ids": position_ids}
        kinds = {"labels": labels, beside.labels: options.pop(beside.labels, None)}
        call = self.run(input_ids, {**given, **kinds}, options)
        texts = call.packed.restore(self._beside(call))  # (batch, 2)
        loss = self._loss(call, texts)
        fields = {"prediction_logits": call.padding.pad(call.values), beside.logits: texts}
        return call.output(PreTrainingOutput, loss=loss, **fields)

    def _beside(self, call: Call) -> Tensor:
        """The second head's output, (texts, 2), in the order of the pack."""
        pooled = call.result.pooled
        assert pooled is not None
        head = self._steps_for(pooled).beside
        assert head is not None
        logits: Tensor = head(pooled)
        return logits

    def _loss(self, call: Call, texts: Tensor) -> Tensor | None:
        of_tokens, of_texts = (call.inputs.get(name) for name in self.label_names)
        if of_tokens is None and of_texts is None:
            return None
        if of_tokens is None or of_texts is None:
            missing, there = self.label_names if of_tokens is None else self.label_names[::-1]
            raise InputValueError(f"{there} without {missing}: the loss is the sum of both heads' losses; give both")
        words = whole_numbers("labels", of_tokens, call.values.device)
        return token_loss(call.values, words, call.padding) + single_label_loss(texts, of_texts)


class ReplacedTokensModel(TokenModel):
    """ELECTRA's discriminator: was each token replaced by another one?

    Labels are (batch, length): 1 for a replaced token, else 0.
    """

    output_class = ReplacedTokensOutput

    def run(self, input_ids: Any, given: Mapping[str, Any], options: dict[str, Any]) -> Call:
        """As for every head, with one number for a token."""
        call = super().run(input_ids, given, options)
        return replace(call, values=call.values.squeeze(-1))  # (tokens,)

    def _loss(self, call: Call, labels: Tensor) -> Tensor:
        return replaced_loss(call.values, labels, call.padding)
