"""Heads: a base model with something on top. Here the sequence classifier: one vector of logits per text."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, NoReturn

import torch
from torch import Tensor

from ..config import Config
from ..errors import ArchitectureError
from ..ops.plan import ClassifierPlan
from .arch import SEQUENCE_CLASSIFICATION
from .bricks import SequenceClassifierBrick
from .encoder import EncoderModel, PackedOutput
from .initial import initialise
from .inputs import INPUT_NAMES, gather_inputs, pack_inputs
from .loss import classification_loss
from .model import PreTrainedModel
from .outputs import ModelOutput, SequenceClassifierOutput
from .packed import Packed
from .planning import PlanKeeper
from .tree import HOOKS, Mounts

__all__ = ["SequenceClassificationModel"]


class SequenceClassificationModel(PreTrainedModel):
    """A base model and a classifier over its pooled output, or over the first token where it has no pooler."""

    base_class: ClassVar[type[EncoderModel]]

    _body: SequenceClassifierBrick
    _mounts: Mounts
    _plans: PlanKeeper[ClassifierPlan]

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        base = self.base_class(config)
        refuse = partial(_refuse_hook, f"{type(self).__name__}.{self.architecture.layout.prefix}")
        base.__dict__.update(dict.fromkeys(HOOKS, refuse))
        self.add_module(self.architecture.layout.prefix, base)
        description = self.architecture.heads[SEQUENCE_CLASSIFICATION](config)
        self._hold(SequenceClassifierBrick(description), list(self.architecture.layout.heads[SEQUENCE_CLASSIFICATION]))
        self._plans = PlanKeeper(partial(ClassifierPlan, description))
        initialise(self._mounts, config.initializer_range)

    @property
    def num_labels(self) -> int:
        """How many logits a text gets."""
        return self.config.num_labels

    @property
    def base_model(self) -> EncoderModel:
        """The part without the head, a model of its own."""
        base = self._modules[self.architecture.layout.prefix]
        if not isinstance(base, EncoderModel) or base.architecture is not self.architecture:
            expected, given = self.base_class.__name__, type(base).__name__
            raise ArchitectureError(f"{self.architecture.layout.prefix} must be a {expected}, not {given}")
        return base

    def own_mounts(self) -> Mounts:
        """The head's modules with weights."""
        return self._mounts

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
            labels: (batch,) numbers of labels; or (batch, labels) floats for several labels a row; or values for
                regression.
            options: output_hidden_states, output_attentions, return_dict.

        Returns:
            logits (batch, labels); loss () where labels are given; hidden_states and attentions when asked for.

        Raises:
            TokenIdError: a label, or an id, out of range; names the row.
            InputTypeError, ShapeError, TooLongError, InputValueError, ArgumentError: as in the base model.
        """
        names = (*INPUT_NAMES, "labels")
        wanted = self._read_options(options, names)
        given = {"attention_mask": attention_mask, "token_type_ids": token_type_ids, "position_ids": position_ids}
        inputs = gather_inputs(f"{type(self).__name__}()", input_ids, {**given, "labels": labels}, names)
        base = self.base_model
        packed, padding = pack_inputs(inputs, base.limits, self.device)
        result = base.run(packed, wanted)
        logits = packed.restore(self._classify(packed, result))  # (batch, labels)
        labels = inputs.get("labels")
        loss = None if labels is None else classification_loss(logits, labels, self.config)
        output = SequenceClassifierOutput(loss=loss, logits=logits, **result.traces(packed, padding))
        return output if wanted["return_dict"] else output.to_tuple()

    def forward_packed(self, packed: Packed) -> Tensor:
        """Logits of packed texts, (texts, labels), in the order of the pack.

        Raises:
            TokenIdError, TooLongError, InputValueError: as `forward`.
        """
        packed = self.base_model.checked(packed)
        return self._classify(packed, self.base_model.run(packed))

    def _classify(self, packed: Packed, result: PackedOutput) -> Tensor:
        vector = result.pooled if result.pooled is not None else packed.first(result.hidden)  # (texts, width)
        plan = None if vector.requires_grad else self._plans.get(self._mounts, training=self.training)
        if plan is not None:
            with torch.no_grad():
                return plan(vector)
        self._mounts.refresh()
        logits: Tensor = self._body(vector)
        return logits


def _refuse_hook(path: str, *_: Any, **__: Any) -> NoReturn:
    raise ArchitectureError(
        f"a hook on {path} would never run, because the whole model computes on packed tokens; put it on the whole "
        "model, on a Linear, LayerNorm or Embedding inside, or ask for output_hidden_states"
    )
