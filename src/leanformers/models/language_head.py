"""Heads over the vocabulary that write: for the token that follows, and for a text made from another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from ..errors import ConfigError
from .cache import Cache
from .encoder_decoder import INPUT_NAMES, EncoderDecoderModel
from .generation.settings import GenerationConfig
from .generation.writer import Writer
from .heads import Call
from .inputs import gather_inputs, pack_inputs, whole_numbers
from .loss import IGNORED, next_token_loss, token_loss
from .outputs import CausalLMOutput, ModelOutput, Seq2SeqLMOutput
from .packed import Packed, beginnings
from .token_heads import TokenModel
from .writing_model import WritingModel

__all__ = ["CausalLMModel", "Seq2SeqLMModel"]


class CausalLMModel(TokenModel, WritingModel):
    """For every token the words that could follow it: logits over the vocabulary.

    Labels are the ids themselves: the loss compares each token's logits with the label of the token after it.
    """

    output_class = CausalLMOutput

    def get_output_embeddings(self) -> torch.nn.Module:
        """The linear layer from vectors to the vocabulary."""
        return self._mounts[-1].module

    def _loss(self, call: Call, labels: Tensor) -> Tensor:
        return next_token_loss(call.values, labels, call.packed, call.padding)

    def begin(self, packed: Packed, settings: GenerationConfig) -> Writer:
        """As `WritingModel.begin`."""
        return Writer(self, packed, Cache(len(self.base_model.wiring.blocks)))


class Seq2SeqLMModel(WritingModel):
    """An encoder–decoder that writes a text for each text it reads: logits over the vocabulary.

    Labels are the ids that it should write; the decoder reads them one token later.
    """

    base_class: ClassVar[type[EncoderDecoderModel]]
    prompt_is_text = False

    if TYPE_CHECKING:  # torch.compile does not follow a property through super()

        @property
        def base_model(self) -> EncoderDecoderModel:
            """The part without the head, a model of its own."""

    def get_output_embeddings(self) -> torch.nn.Module:
        """The linear layer from vectors to the vocabulary."""
        return self._mounts[-1].module

    def forward(
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        decoder_input_ids: Any = None,
        decoder_attention_mask: Any = None,
        token_type_ids: Any = None,
        *,
        labels: Any = None,
        **options: Any,
    ) -> ModelOutput | tuple[Any, ...]:
        """Logits of every token of a padded batch of targets, and the loss where labels are given.

        Args:
            input_ids: (batch, source length) token ids; this and the next four as in the base model.
            attention_mask: (batch, source length), 1 for tokens, 0 for padding.
            decoder_input_ids: (batch, length); made from the labels where they are missing.
            decoder_attention_mask: (batch, length).
            token_type_ids: taken from tokenizers that make them, and not read.
            labels: (batch, length) ids; -100 leaves a token out, and padding must have it.
            options: output_hidden_states, output_attentions, return_dict.

        Returns:
            logits (batch, length, vocabulary), zeros at padding; loss () where labels are given; and what the base
            model gives beside its hidden states.

        Raises:
            TokenIdError: a label, or an id, out of range; names row and position.
            InputValueError: a label on padding.
            InputTypeError, ShapeError, TooLongError, ArgumentError: as in the base model.
        """
        names = (*INPUT_NAMES, "labels")
        wanted = self._read_options(options, names)
        given = {
            "attention_mask": attention_mask,
            "decoder_input_ids": decoder_input_ids,
            "decoder_attention_mask": decoder_attention_mask,
            "token_type_ids": token_type_ids,
            "labels": labels,
        }
        inputs = gather_inputs(f"{type(self).__name__}()", input_ids, given, names)
        base = self.base_model
        packed, padding = pack_inputs(inputs, base.limits, self.device)
        labels = inputs.get("labels")
        if labels is not None:
            labels = whole_numbers("labels", labels, self.device)
            if inputs.get("decoder_input_ids") is None:
                inputs.update(self._target_of(labels))
        target, target_padding = base.read_target(inputs, packed, padding)
        result = base.run(packed, wanted, target=target, padding=padding)
        values = self.on_top(target, result)
        loss = None if labels is None else token_loss(values, labels, target_padding)
        call = Call(target, target_padding, values, inputs, result, wanted)
        return call.output(Seq2SeqLMOutput, loss=loss, logits=target_padding.pad(values))

    def _target_of(self, labels: Tensor) -> dict[str, Tensor]:
        """What the decoder reads for labels: these, one token later. What only stands before -100 is padding."""
        ids = self.prepare_decoder_input_ids_from_labels(labels)
        behind = (labels != IGNORED).flip(1).cumsum(1).flip(1) > 0  # up to the last label of each row
        if behind.shape[1]:
            behind[:, 0] = True
        return {"decoder_input_ids": ids, "decoder_attention_mask": behind}

    def prepare_decoder_input_ids_from_labels(self, labels: Tensor) -> Tensor:
        """The labels, one token later: (batch, length) → (batch, length). -100 becomes padding.

        Raises:
            ConfigError: the config has no decoder_start_token_id or pad_token_id.
        """
        if self.config.pad_token_id is None:
            raise ConfigError("config: pad_token_id is missing, which stands for labels of -100 in the decoder's input")
        ids = labels.roll(1, 1).masked_fill(labels.roll(1, 1) == IGNORED, self.config.pad_token_id)
        ids[:, :1] = self.base_model.start_id
        return ids

    def begin(self, packed: Packed, settings: GenerationConfig) -> Writer:
        """As `WritingModel.begin`."""
        base = self.base_model
        source = base.encode(packed).hidden
        cache = Cache(len(base.wiring.decoder.blocks), sources=packed.lengths)
        return Writer(self, beginnings(packed, settings.start), cache, source)
