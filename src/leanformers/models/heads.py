"""Heads: a base model with something on top; what all such models share. The heads themselves: text and token heads.

ids ──► base model ──► pooled │ one token │ all tokens ──► the head's steps ──► logits ──► loss
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..config import Config
from ..errors import ArchitectureError
from ..ops.plan import HeadPlan
from .bricks import HeadBrick
from .encoder import EncoderModel, PackedOutput
from .initial import initialise, initialise_module
from .inputs import INPUT_NAMES, gather_inputs, pack_inputs
from .layout import UNNAMED
from .model import PreTrainedModel
from .outputs import ModelOutput
from .packed import Packed, Padding
from .planning import PlanKeeper
from .pooling import last_of, pool
from .tree import HOOKS, Mounts
from .wiring import Head

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Call", "HeadModel"]


@dataclass(frozen=True, eq=False)
class Call:
    """What a call of a model with a head has come to, before its loss.

    Attributes:
        packed, padding: the tokens, and where they stand in the caller's batch.
        values: the head's output in the order of the pack: (texts, …), or (tokens, …) for a head on tokens.
        inputs: all that the caller gave, by name.
        result: of the base model.
        wanted: the options of the call.
    """

    packed: Packed
    padding: Padding
    values: Tensor
    inputs: Mapping[str, Any]
    result: PackedOutput
    wanted: Mapping[str, bool]

    def output(self, kind: type[ModelOutput], **fields: Any) -> ModelOutput | tuple[Any, ...]:
        """What the caller gets: `fields`, and the hidden states and attentions that were asked for."""
        output = kind(**fields, **self.result.traces(self.packed, self.padding))
        return output if self.wanted["return_dict"] else output.to_tuple()


class HeadModel(PreTrainedModel):
    """A base model and a head on its pooled output, on one token of each text, or on every token."""

    base_class: ClassVar[type[EncoderModel]]

    _body: HeadBrick
    _mounts: Mounts
    _plans: PlanKeeper[HeadPlan]

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.head_wiring: Head = self.architecture.heads[self.task](config)
        base = self.base_class(config, add_pooling_layer=self.head_wiring.needs_pooler)
        refuse = partial(_refuse_hook, f"{type(self).__name__}.{self.architecture.layout.prefix}")
        base.__dict__.update(dict.fromkeys(HOOKS, refuse))
        if self.architecture.layout.prefix:
            self.add_module(self.architecture.layout.prefix, base)
        else:
            self._adopt(base)
        body = HeadBrick(self.head_wiring)
        filled = {name for name, _ in body.named_modules()}  # a config may leave a slot empty
        self._hold(body, [row for row in self.architecture.layout.heads[self.task] if row[1] in filled])
        self._plans = PlanKeeper(partial(HeadPlan, self.head_wiring))
        self.untied: frozenset[str] = frozenset()  # what the config ties, but the checkpoint does not
        self.shift: str | None = self.architecture.layout.shifts.get(self.task)
        if self.shift is not None:
            self.register_buffer(self.shift, torch.zeros(1, config.vocab_size))
        initialise(self._mounts, self.spread_of)
        self.tie_weights()

    def _adopt(self, base: EncoderModel) -> None:
        """Take the base model's names as this model's own, where checkpoints write no prefix before them."""
        object.__setattr__(self, "_base", base)
        for name, child in base._modules.items():
            self.add_module(name, child)
        for mount in base.own_mounts():
            if mount.parent is base:
                mount.parent = self

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        base = self.__dict__.get("_base")
        if base is not None and name in base._modules:
            base._modules[name] = value

    def train(self, mode: bool = True) -> Self:
        """Training mode switches dropout on and lets the bricks run."""
        base = self.__dict__.get("_base")
        if base is not None:
            base.train(mode)
        return super().train(mode)

    @property
    def label_names(self) -> tuple[str, ...]:
        """How a call's labels are called."""
        return ("labels",)

    @property
    def num_labels(self) -> int:
        """How many labels a classifier has."""
        return self.config.num_labels

    @property
    def base_model(self) -> EncoderModel:
        """The part without the head, a model of its own."""
        base = self.__dict__["_base"] if "_base" in self.__dict__ else self._modules[self.architecture.layout.prefix]
        if not isinstance(base, EncoderModel) or base.architecture.model_type != self.architecture.model_type:
            expected, given = self.base_class.__name__, type(base).__name__
            raise ArchitectureError(f"{self.architecture.layout.prefix} must be a {expected}, not {given}")
        return base

    def own_mounts(self) -> Mounts:
        """The head's modules with weights."""
        return self._mounts

    # ---- weights that the head shares ----

    @property
    def tied(self) -> dict[str, str]:
        """Parameters that are other ones as well: name → the name under which a checkpoint has them."""
        stem = self.architecture.layout.stem
        of_base = {f"{stem}{name}": f"{stem}{canonical}" for name, canonical in self.base_model.tied.items()}
        owners = {mount.name for mount in self._mounts}
        rows = {
            name: canonical
            for name, canonical in self.architecture.layout.tied.get(self.task, ())
            if name.rpartition(".")[0] in owners
            and (self.config.tie_word_embeddings or name.startswith(UNNAMED) or not canonical.startswith(stem))
        }
        return {**of_base, **{name: canonical for name, canonical in rows.items() if name not in self.untied}}

    def untie(self, name: str) -> None:
        """Give a parameter in `tied` numbers of its own, where a checkpoint has them."""
        owner, _, parameter = name.rpartition(".")
        module = self.get_submodule(owner)
        self.untied |= {name}
        module._parameters[parameter] = nn.Parameter(module.get_parameter(parameter).detach().clone())

    def tie_weights(self) -> None:
        """Make the parameters in `tied` one and the same, after one of them was replaced."""
        for name, canonical in self.tied.items():
            owner, _, parameter = name.rpartition(".")
            other, _, attribute = canonical.rpartition(".")
            module, source = self.get_submodule(owner), self.get_submodule(other)
            if canonical.startswith(self.architecture.layout.stem):
                module._parameters[parameter] = source.get_parameter(attribute)
            else:  # a second name of a parameter of the head
                source._parameters[attribute] = module.get_parameter(parameter)

    def resize_token_embeddings(self, new_num_tokens: int) -> nn.Embedding:
        """Give the vocabulary another size, in the head too; see `EncoderModel.resize_token_embeddings`."""
        new = self.base_model.resize_token_embeddings(new_num_tokens)
        for mount in self._mounts:
            step = self.head_wiring.steps.get(mount.slot)
            if step is not None and getattr(step, "tied", False):
                _resize_rows(mount.module, new_num_tokens, self.spread_of(mount.slot))
        if self.shift is not None:
            old = self.get_buffer(self.shift)
            setattr(self, self.shift, F.pad(old, (0, new_num_tokens - old.shape[1])))
        self.tie_weights()
        return new

    # ---- running ----

    def run(self, input_ids: Any, given: Mapping[str, Any], options: dict[str, Any]) -> Call:
        """Check and pack the inputs of a call, and run them through the base model and the head."""
        names = (*INPUT_NAMES, *self.label_names)
        wanted = self._read_options(options, names)
        inputs = gather_inputs(f"{type(self).__name__}()", input_ids, given, names)
        base = self.base_model
        packed, padding = pack_inputs(inputs, base.limits, self.device)
        result = base.run(packed, wanted)
        return Call(packed, padding, self.on_top(packed, result), inputs, result, wanted)

    def forward_packed(self, packed: Packed, tokens: Tensor | None = None) -> Tensor:
        """Logits of packed texts in the order of the pack: (texts, …), or (tokens, …) for a head on tokens.

        Args:
            packed: the texts.
            tokens: for a head on tokens, the indices of those that it is needed for, int64.

        Raises:
            TokenIdError, TooLongError, InputValueError: as `forward`.
        """
        packed = self.base_model.checked(packed)
        return self.on_top(packed, self.base_model.run(packed), tokens)

    def _of_texts(self, hidden: Tensor, packed: Packed) -> Tensor:
        """What the head reads of each text: (tokens, width) → (texts, width)."""
        if self.head_wiring.marker is not None:
            return hidden[last_of(packed, self.head_wiring.marker)]
        mode = {"first": "cls", "last": "lasttoken", "mean": "mean"}[self.head_wiring.reads]
        return pool(hidden, packed, [mode]).to(hidden.dtype)

    def on_top(self, packed: Packed, result: PackedOutput, tokens: Tensor | None = None) -> Tensor:
        """The head's output for what the base model gave; `tokens` as in `forward_packed`."""
        vectors = result.hidden if tokens is None else result.hidden[tokens]  # (tokens, width)
        if self.head_wiring.reads != "tokens":
            vectors = result.pooled if result.pooled is not None else self._of_texts(vectors, packed)
        logits: Tensor = self._steps_for(vectors)(vectors)
        return logits if self.shift is None else logits + self.get_buffer(self.shift)

    def _steps_for(self, vectors: Tensor) -> HeadPlan | HeadBrick:
        """What runs the head's steps on these vectors."""
        plan = None if vectors.requires_grad else self._plans.get(self._mounts, training=self.training)
        if plan is None:
            self._mounts.refresh()
            return self._body
        return plan


def _resize_rows(module: nn.Module, rows: int, spread: float) -> None:
    """Give a Linear `rows` outputs: new ones at the end start random, with bias 0."""
    assert isinstance(module, nn.Linear)
    kept = min(rows, module.out_features)
    new = nn.Linear(module.in_features, rows, bias=module.bias is not None)
    new = new.to(module.weight.device, module.weight.dtype)
    initialise_module(new, spread)
    with torch.no_grad():
        new.weight[:kept] = module.weight[:kept]
        if module.bias is not None:
            new.bias[:kept] = module.bias[:kept]
    module._parameters.update(new._parameters)
    module.out_features = rows


def _refuse_hook(path: str, *_: Any, **__: Any) -> NoReturn:
    raise ArchitectureError(
        f"a hook on {path} would never run, because the whole model computes on packed tokens; put it on the whole "
        "model, on a Linear, LayerNorm or Embedding inside, or ask for output_hidden_states"
    )
