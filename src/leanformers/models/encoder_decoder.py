"""Encoder and decoder in one base model: the source through the encoder, the target through the decoder.

source ──► pack ──► encoder ──► hidden states ──┐
target ──► pack, in the same order ──► decoder ─┴─► hidden states of the target
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..config import Config
from ..errors import ArgumentError, ConfigError
from ..ops.context import Context, Source
from ..ops.plan import StacksPlan
from .arch import BASE
from .bricks import StacksBrick
from .cache import Cache
from .encoder import EncoderModel, PackedOutput
from .initial import initialise
from .inputs import Limits, gather_inputs, pack_inputs, pack_target
from .layout import rows_of
from .model import PreTrainedModel
from .outputs import ModelOutput, Seq2SeqModelOutput
from .packed import Packed, Padding
from .planning import PlanKeeper
from .wiring import Encoder, EncoderDecoder

__all__ = ["INPUT_NAMES", "EncoderDecoderModel", "PairOutput", "TextEncoderModel"]

INPUT_NAMES = ("input_ids", "attention_mask", "token_type_ids", "decoder_input_ids", "decoder_attention_mask")


@dataclass(frozen=True, eq=False)
class PairOutput(PackedOutput):
    """What an encoder–decoder gives: the fields of `PackedOutput` for the decoder, and those of the encoder.

    Attributes:
        source: of the encoder.
        cross: per block and per run, weights of the attention over the source (texts, heads, length, source), or None.
        target: the tokens that the decoder read.
        sources: the pack and the padding of the encoder's tokens; the caller's own where None.
    """

    source: PackedOutput
    cross: list[list[Tensor]] | None
    target: Packed
    sources: tuple[Packed, Padding] | None = None

    def traces(self, packed: Packed, padding: Padding) -> dict[str, Any]:
        """What callers see beside the decoder's result; `packed` and `padding` are the target's."""
        source_packed, source_padding = self.sources or (packed, padding)
        fields: dict[str, Any] = {f"decoder_{name}": value for name, value in super().traces(packed, padding).items()}
        if self.cross is not None:
            cross = (padding.pad_attention(runs, self.target, source_padding) for runs in self.cross)
            fields["cross_attentions"] = tuple(cross)
        fields["encoder_last_hidden_state"] = source_padding.pad(self.source.hidden)
        of_source = self.source.traces(source_packed, source_padding)
        return {**fields, **{f"encoder_{name}": value for name, value in of_source.items()}}


class EncoderDecoderModel(EncoderModel):
    """A base model with an encoder and a decoder: a source's ids and a target's to hidden states of the target.

    Args:
        config: the settings.
        add_pooling_layer: there is none; for heads, which ask for it.
    """

    parts: ClassVar[tuple[str, ...]] = ("encoder", "decoder")

    wiring: EncoderDecoder  # type: ignore[assignment]
    _body: StacksBrick  # type: ignore[assignment]
    _plans: PlanKeeper[StacksPlan]  # type: ignore[assignment]

    def __init__(self, config: Config, *, add_pooling_layer: bool = True) -> None:
        PreTrainedModel.__init__(self, config)
        description = self.architecture.wiring(config)
        assert isinstance(description, EncoderDecoder)
        self.wiring = description
        stacks: dict[str, Encoder] = {part: getattr(description, part) for part in self.parts}
        table = self.architecture.layout.base
        rows = [row for row in table if row[1] == self.tokens_slot]
        for part, stack in stacks.items():
            rows += rows_of([row for row in table if row[1].startswith(f"{part}.")], len(stack.blocks))
        body = StacksBrick(stacks)
        filled = {name for name, _ in body.named_modules()}
        self._hold(body, [row for row in rows if row[1] in filled])
        self._plans = PlanKeeper(partial(StacksPlan, stacks))
        initialise(self._mounts, self.spread_of)
        self.tie_weights()

    @property
    def tied(self) -> dict[str, str]:
        """The tables of tokens, which are one."""
        return {name: shared for name, shared in self.architecture.layout.tied[BASE] if name.startswith(self.parts)}

    def tie_weights(self) -> None:
        """Make the parameters in `tied` one and the same."""
        for name, canonical in self.tied.items():
            owner, _, parameter = name.rpartition(".")
            self.get_submodule(owner)._parameters[parameter] = self.get_parameter(canonical)

    def checkpoint_blocks(self, arguments: dict[str, Any] | None) -> None:
        """The work of `gradient_checkpointing_enable`, and with None of `gradient_checkpointing_disable`."""
        for stack in self._body.stacks.values():
            stack.checkpointing = arguments

    @property
    def checkpoints_blocks(self) -> bool:
        """Whether training computes blocks again instead of keeping them."""
        return self._body.stacks["encoder"].checkpointing is not None

    def resize_token_embeddings(self, new_num_tokens: int) -> nn.Embedding:
        """Give the vocabulary another size, in both parts; see `EncoderModel.resize_token_embeddings`."""
        new = super().resize_token_embeddings(new_num_tokens)
        for mount in self._mounts:
            if mount.slot.endswith(".embeddings.tokens"):
                same = nn.Embedding(new_num_tokens, new.embedding_dim, new.padding_idx, _weight=new.weight)
                setattr(mount.parent, mount.child, same.train(new.training))
        self.tie_weights()
        return new

    @property
    def tokens_slot(self) -> str:
        """Where the wiring has the table of tokens."""
        return "tokens"

    @property
    def limits(self) -> Limits:
        """The sizes of the tables that inputs are checked against, of source and target alike."""
        return self._limits(self.wiring.encoder.embeddings)

    def forward(  # type: ignore[override]
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        decoder_input_ids: Any = None,
        decoder_attention_mask: Any = None,
        token_type_ids: Any = None,
        **options: Any,
    ) -> ModelOutput | tuple[Any, ...]:
        """Hidden states of a padded batch of targets, beside a padded batch of sources.

        Args:
            input_ids: (batch, source length) token ids, or the tokenizer's whole result.
            attention_mask: (batch, source length), 1 for tokens, 0 for padding.
            decoder_input_ids: (batch, length) token ids. BART makes them from the source where they are missing.
            decoder_attention_mask: (batch, length); without it everything is a token.
            token_type_ids: taken from tokenizers that make them, and not read.
            options: output_hidden_states, output_attentions, return_dict.

        Returns:
            last_hidden_state (batch, length, width) and encoder_last_hidden_state (batch, source length, width), zeros
            at padding; decoder_hidden_states, decoder_attentions, cross_attentions, encoder_hidden_states and
            encoder_attentions when asked for.

        Raises:
            ArgumentError: there are no decoder_input_ids, or an argument does not exist.
            InputTypeError, ShapeError, TokenIdError, TooLongError, InputValueError: as in other base models.
        """
        wanted = self._read_options(options, INPUT_NAMES)
        given = {
            "attention_mask": attention_mask,
            "decoder_input_ids": decoder_input_ids,
            "decoder_attention_mask": decoder_attention_mask,
            "token_type_ids": token_type_ids,
        }
        inputs = gather_inputs(f"{type(self).__name__}()", input_ids, given, INPUT_NAMES)
        packed, padding = pack_inputs(inputs, self.limits, self.device)
        target, target_padding = self.read_target(inputs, packed, padding)
        result = self.run(packed, wanted, target=target, padding=padding)
        traces = result.traces(target, target_padding)
        output = Seq2SeqModelOutput(last_hidden_state=target_padding.pad(result.hidden), **traces)
        return output if wanted["return_dict"] else output.to_tuple()

    def read_target(self, inputs: Mapping[str, Any], packed: Packed, padding: Padding) -> tuple[Packed, Padding]:
        """What the decoder reads, in the order of the sources' pack: the ids that were given, or the source, shifted.

        Raises:
            ArgumentError: no ids were given, and the architecture does not make them from the source.
        """
        if inputs.get("decoder_input_ids") is not None:
            ids, mask = inputs["decoder_input_ids"], inputs.get("decoder_attention_mask")
            return pack_target(ids, mask, self.limits, packed.order, padding.batch)
        if not self.wiring.target_from_source:
            raise ArgumentError(
                f"{self.architecture.title} needs decoder_input_ids beside input_ids; a model for conditional "
                "generation makes them from labels"
            )
        return self._shifted(packed), padding

    @property
    def start_id(self) -> int:
        """What stands before the target's first token.

        Raises:
            ConfigError: the config has no decoder_start_token_id.
        """
        start: int | None = self.config.decoder_start_token_id
        if start is None:
            raise ConfigError("config: decoder_start_token_id is missing, which stands before a target's first token")
        return start

    def _shifted(self, packed: Packed) -> Packed:
        """The texts of a pack, each one token later, behind the token that begins a target."""
        ids = packed.ids.roll(1)
        ids[packed.cu_seqlens[:-1]] = self.start_id
        return replace(packed, ids=ids, types=None)

    def run(
        self,
        packed: Packed,
        wanted: Mapping[str, bool] | None = None,
        *,
        pool: bool = True,
        cache: Cache | None = None,
        target: Packed | None = None,
        padding: Padding | None = None,
    ) -> PairOutput:
        """The way through, for tokens that are checked already.

        Args:
            packed: the sources, on the model's device.
            wanted: `output_hidden_states` and `output_attentions`, if they are.
            pool: there is no pooler.
            cache: for `go_on` only.
            target: what the decoder reads, in the same order; the sources, shifted, if None.
            padding: of the sources, where the targets have another.
        """
        wanted = wanted or {}
        source = self.encode(packed, wanted)
        target = self._shifted(packed) if target is None else target
        states: list[Tensor] | None = [] if wanted.get("output_hidden_states") else None
        weights: list[list[Tensor]] | None = [] if wanted.get("output_attentions") else None
        cross: list[list[Tensor]] | None = None if weights is None else []
        looked_at = _source(source.hidden, packed.lengths, target.lengths)
        context = Context(target.runs, weights=weights, source=looked_at, cross_weights=cross)
        hidden = self._through("decoder", target, context, states)
        sources = None if padding is None else (packed, padding)
        return PairOutput(hidden, None, states, weights, source, cross, target, sources)

    def encode(self, packed: Packed, wanted: Mapping[str, bool] | None = None) -> PackedOutput:
        """The hidden states of sources; arguments as for `run`."""
        wanted = wanted or {}
        states: list[Tensor] | None = [] if wanted.get("output_hidden_states") else None
        weights: list[list[Tensor]] | None = [] if wanted.get("output_attentions") else None
        hidden = self._through("encoder", packed, Context(packed.runs, weights=weights), states)
        return PackedOutput(hidden, None, states, weights)

    def go_on(self, packed: Packed, cache: Cache, source: Tensor | None = None) -> PackedOutput:
        """As `EncoderModel.go_on`; `source` is for the first pass, the hidden states of the sources."""
        cache.begin(packed.lengths)
        context = Context(cache.runs, cache.seen, source=cache.source(source))
        return PackedOutput(self._through("decoder", packed, context, None, cache), None, None, None)

    def _through(
        self, part: str, packed: Packed, context: Context, states: list[Tensor] | None, cache: Cache | None = None
    ) -> Tensor:
        plan = self._plans.get(self._mounts, training=self.training) if context.weights is None else None
        if plan is not None:
            with torch.no_grad():
                return plan.stacks[part].hidden(packed, context, states, cache)
        self._mounts.refresh()
        hidden: Tensor = self._body.stacks[part](packed, context, states, cache)
        return hidden


class TextEncoderModel(EncoderDecoderModel):
    """The encoder of an encoder–decoder by itself: ids to hidden states; see `EncoderModel`."""

    parts = ("encoder",)
    forward = EncoderModel.forward  # type: ignore[assignment]

    def run(  # type: ignore[override]
        self,
        packed: Packed,
        wanted: Mapping[str, bool] | None = None,
        *,
        pool: bool = True,
        cache: Cache | None = None,
    ) -> PackedOutput:
        """As `EncoderModel.run`."""
        return self.encode(packed, wanted)


def _source(hidden: Tensor, sources: Sequence[int], targets: Sequence[int]) -> Source:
    """What the tokens of each target look at: neighbours of equal lengths on both sides are one run."""
    groups = [(key, sum(1 for _ in same)) for key, same in groupby(zip(sources, targets, strict=True))]
    read = [(texts, length) for (length, _), texts in groups]
    return Source(hidden, read, [(texts, length) for (_, length), texts in groups])
