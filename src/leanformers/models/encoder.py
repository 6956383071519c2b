"""Encoder: the base model. Packed tokens through the plan or the bricks, and padded outputs for callers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ..config import Config
from ..errors import InputValueError, warn
from ..ops.context import Context
from ..ops.plan import EncoderPlan
from ..ops.rotary import turns_of
from .bricks import EncoderBrick
from .cache import Cache
from .initial import initialise, initialise_module
from .inputs import INPUT_NAMES, Limits, check_packed, gather_inputs, pack_inputs
from .layout import rows_of
from .model import PreTrainedModel
from .outputs import BaseModelOutput, BaseModelOutputWithPooling, ModelOutput
from .packed import Packed, Padding
from .planning import PlanKeeper
from .tree import Mount, Mounts
from .wiring import Embeddings, Encoder

__all__ = ["EncoderModel", "PackedOutput"]


@dataclass(frozen=True, eq=False)
class PackedOutput:
    """What a base model gives for a pack, before padding.

    Attributes:
        hidden: (tokens, width), the last hidden states.
        pooled: (texts, width) in the order of the pack, or None.
        states: (tokens, width) after the embeddings and after each block, or None.
        weights: per block and per run, attention weights (texts, heads, length, length), or None.
    """

    hidden: Tensor
    pooled: Tensor | None
    states: list[Tensor] | None
    weights: list[list[Tensor]] | None

    def traces(self, packed: Packed, padding: Padding) -> dict[str, tuple[Tensor, ...]]:
        """`hidden_states` and `attentions` as callers see them, where they were collected."""
        fields = {}
        if self.states is not None:
            fields["hidden_states"] = tuple(padding.pad(state) for state in self.states)
        if self.weights is not None:
            fields["attentions"] = tuple(padding.pad_attention(runs, packed) for runs in self.weights)
        return fields


class EncoderModel(PreTrainedModel):
    """A base model: ids to hidden states, and a pooled vector per text where the architecture has a pooler.

    Args:
        config: the settings.
        add_pooling_layer: False leaves the pooler out.
    """

    _body: EncoderBrick
    _mounts: Mounts
    _plans: PlanKeeper[EncoderPlan]

    def __init__(self, config: Config, *, add_pooling_layer: bool = True) -> None:
        super().__init__(config)
        description = self.architecture.wiring(config)
        assert isinstance(description, Encoder)
        rows = rows_of(self.architecture.layout.base, len(description.blocks))
        if not add_pooling_layer:
            description = replace(description, pooler=None)
        self.wiring = description
        body = EncoderBrick(description)
        filled = {name for name, _ in body.named_modules()}  # a config may leave a slot empty
        self._hold(body, [row for row in rows if row[1] in filled])
        self._plans = PlanKeeper(partial(EncoderPlan, description))
        initialise(self._mounts, self.spread_of, positions=description.embeddings.positions)

    @property
    def base_model(self) -> EncoderModel:
        """This model."""
        return self

    def own_mounts(self) -> Mounts:
        """The modules with weights."""
        return self._mounts

    def checkpoint_blocks(self, arguments: dict[str, Any] | None) -> None:
        """The work of `gradient_checkpointing_enable`, and with None of `gradient_checkpointing_disable`."""
        self._body.checkpointing = arguments

    @property
    def checkpoints_blocks(self) -> bool:
        """Whether training computes blocks again instead of keeping them."""
        return self._body.checkpointing is not None

    @property
    def tokens_slot(self) -> str:
        """Where the wiring has the table of tokens."""
        return "embeddings.tokens"

    @property
    def token_table(self) -> Mount:
        """The table that turns ids into vectors."""
        return next(mount for mount in self._mounts if mount.slot == self.tokens_slot)

    def resize_token_embeddings(self, new_num_tokens: int) -> nn.Embedding:
        """Give the vocabulary `new_num_tokens` entries: new ones at the end start random, or the last ones go.

        Returns:
            The new table, (new_num_tokens, width).

        Raises:
            InputValueError: no number of at least 1.
        """
        if not isinstance(new_num_tokens, int) or new_num_tokens < 1:
            raise InputValueError(f"new_num_tokens must be a number of at least 1, not {new_num_tokens!r}")
        place = self.token_table
        old = place.module
        assert isinstance(old, nn.Embedding)
        kept = min(new_num_tokens, old.num_embeddings)
        if kept < old.num_embeddings:
            warn(f"the vocabulary shrinks from {old.num_embeddings} to {kept} entries: ids from {kept} are refused now")
        padding = old.padding_idx if old.padding_idx is not None and old.padding_idx < kept else None
        new = nn.Embedding(
            new_num_tokens, old.embedding_dim, padding_idx=padding, device=old.weight.device, dtype=old.weight.dtype
        )
        initialise_module(new, self.spread_of(place.slot))
        with torch.no_grad():
            new.weight[:kept] = old.weight[:kept]
        new.train(old.training).weight.requires_grad_(old.weight.requires_grad)
        setattr(place.parent, place.child, new)
        self.config.vocab_size = new_num_tokens
        return new

    @property
    def limits(self) -> Limits:
        """The sizes of the tables that inputs are checked against."""
        return self._limits(self.wiring.embeddings)

    def _limits(self, embeddings: Embeddings) -> Limits:
        vocabulary = getattr(self.token_table.module, "num_embeddings", embeddings.tokens.rows)
        return Limits(
            vocabulary=vocabulary,
            positions=embeddings.positions.rows - embeddings.first_position if embeddings.positions else None,
            first_position=embeddings.first_position,
            types=embeddings.types.rows if embeddings.types else 0,
            pad_token_id=self.config.pad_token_id,
        )

    def forward(
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        token_type_ids: Any = None,
        position_ids: Any = None,
        **options: Any,
    ) -> ModelOutput | tuple[Any, ...]:
        """Hidden states of a padded batch, or of one row.

        Tensors, arrays, lists, and the tokenizer's whole result (`model(batch)` or `model(**batch)`) are taken. Padding
        may be on either side: positions count a row's tokens from 0.

        Args:
            input_ids: (batch, length) token ids.
            attention_mask: (batch, length), 1 for tokens, 0 for padding; without it, padding ids at the ends of rows
                are taken as padding, with a warning.
            token_type_ids: (batch, length); 0 where not given. Ignored by architectures without token types.
            position_ids: (batch, length); counted where not given.
            options: output_hidden_states, output_attentions, return_dict.

        Returns:
            last_hidden_state (batch, length, width), zeros at padding; pooler_output (batch, width) where there is a
            pooler; hidden_states and attentions when asked for.

        Raises:
            InputTypeError, ShapeError, TokenIdError, TooLongError, InputValueError: the inputs do not fit; the message
                names row and position.
            ArgumentError: an argument that does not exist.
        """
        wanted = self._read_options(options, INPUT_NAMES)
        given = {"attention_mask": attention_mask, "token_type_ids": token_type_ids, "position_ids": position_ids}
        inputs = gather_inputs(f"{type(self).__name__}()", input_ids, given, INPUT_NAMES)
        packed, padding = pack_inputs(inputs, self.limits, self.device)
        result = self.run(packed, wanted)
        fields: dict[str, Any] = {"last_hidden_state": padding.pad(result.hidden)}
        kind: type[ModelOutput] = BaseModelOutput
        if result.pooled is not None:
            fields["pooler_output"] = packed.restore(result.pooled)
            kind = BaseModelOutputWithPooling
        output = kind(**fields, **result.traces(packed, padding))
        return output if wanted["return_dict"] else output.to_tuple()

    def forward_packed(self, packed: Packed) -> Tensor:
        """The last hidden states of packed tokens, (tokens, width), in the order of the pack.

        Raises:
            TokenIdError, TooLongError, InputValueError: as `forward`.
        """
        return self.run(self.checked(packed), pool=False).hidden

    def checked(self, packed: Packed) -> Packed:
        """The pack on the model's device, after the checks of `forward`."""
        packed = packed.to(self.device)
        check_packed(packed, self.limits)
        return packed

    def run(
        self,
        packed: Packed,
        wanted: Mapping[str, bool] | None = None,
        *,
        pool: bool = True,
        cache: Cache | None = None,
    ) -> PackedOutput:
        """The way through, for tokens that are checked already.

        Args:
            packed: the tokens, on the model's device.
            wanted: `output_hidden_states` and `output_attentions`, if they are.
            pool: also run the pooler, where there is one.
            cache: keys and values of the texts' earlier tokens, in the order of the pack; gets those of the new ones.
        """
        wanted = wanted or {}
        states: list[Tensor] | None = [] if wanted.get("output_hidden_states") else None
        weights: list[list[Tensor]] | None = [] if wanted.get("output_attentions") else None
        pool = pool and self.wiring.pooler is not None
        context = self._context(packed, weights, cache)
        plan = self._plans.get(self._mounts, training=self.training) if weights is None else None
        if plan is not None:
            with torch.no_grad():
                hidden = plan.hidden(packed, context, states, cache)
                pooled = plan.pool(packed.first(hidden)) if pool else None
        else:
            self._mounts.refresh()
            hidden = self._body(packed, context, states, cache)
            pooled = self._body.pool(packed.first(hidden)) if pool else None
        return PackedOutput(hidden, pooled, states, weights)

    def go_on(self, packed: Packed, cache: Cache, source: Tensor | None = None) -> PackedOutput:
        """The next tokens of texts whose earlier ones are in the cache; `source` is for models that read one."""
        return self.run(packed, pool=False, cache=cache)

    def _context(self, packed: Packed, weights: list[list[Tensor]] | None, cache: Cache | None) -> Context:
        """Where the tokens of a pack stand, for the attention of every block."""
        turns = turns_of(self.wiring.rotaries, packed.positions, self.dtype)
        if cache is None:
            return Context(packed.runs, turns=turns, weights=weights)
        cache.begin(packed.lengths)
        return Context(cache.runs, cache.seen, turns, weights=weights)
