"""Inputs: what callers pass to a model (tensors, arrays, lists, a BatchEncoding) becomes a checked pack, or an error.

Each check is cheap; the row and position are looked for only when it fails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..errors import ArgumentError, InputTypeError, InputValueError, ShapeError, TokenIdError, TooLongError, warn
from .packed import Packed, Padding, pack

__all__ = ["INPUT_NAMES", "Limits", "check_packed", "gather_inputs", "pack_inputs", "pack_target"]

INPUT_NAMES = ("input_ids", "attention_mask", "token_type_ids", "position_ids")
_ADVICE = "tokenizer(texts, padding=True, return_tensors='pt')"


@dataclass(frozen=True)
class Limits:
    """How many ids, positions and types the tables of a model have. `types` 0: it has none, and reads no type ids.

    `positions` are those that a text can have; the table has `first_position` rows more before them.
    """

    vocabulary: int
    positions: int | None
    types: int
    pad_token_id: int | None
    first_position: int = 0


def gather_inputs(call: str, first: object, given: Mapping[str, object], accepted: Sequence[str]) -> dict[str, object]:
    """Join `model(batch)` and `model(input_ids=…, attention_mask=…)`: the inputs by name, None where there is none.

    Args:
        call: for messages, e.g. "BertModel()".
        first: the first argument: ids, or a mapping of inputs such as a BatchEncoding.
        given: the other inputs.
        accepted: all names that the call takes.

    Raises:
        ArgumentError: an input is given twice, is unknown, or there are no ids.
    """
    inputs = {name: value for name, value in given.items() if value is not None}
    if isinstance(first, Mapping):
        for name, value in first.items():
            if name not in accepted:
                listed = ", ".join(accepted)
                raise ArgumentError(f"{call} does not read {name!r}, which the batch has; it reads {listed}")
            if name in inputs:
                raise ArgumentError(f"{call}: {name} is given twice, in the batch and as an argument")
            inputs[name] = value
    elif first is not None:
        inputs["input_ids"] = first
    if inputs.get("input_ids") is None:
        raise ArgumentError(f"{call} needs input_ids; make them with {_ADVICE}")
    return inputs


def pack_inputs(inputs: Mapping[str, object], limits: Limits, device: torch.device) -> tuple[Packed, Padding]:
    """Check the inputs of a call against the model's tables and pack them.

    Raises:
        InputTypeError: ids that are no whole numbers, text instead of ids.
        ShapeError: not (batch, length), rows of different lengths, a mask of another shape or with holes.
        TokenIdError: an id, type or position outside its table.
        TooLongError: more tokens than the model has positions.
        InputValueError: a row without tokens.
    """
    ids = whole_numbers("input_ids", inputs["input_ids"], device)
    types = positions = None
    if limits.types and inputs.get("token_type_ids") is not None:
        types = _like(ids, "token_type_ids", whole_numbers("token_type_ids", inputs["token_type_ids"], device))
    if inputs.get("position_ids") is not None:
        positions = whole_numbers("position_ids", inputs["position_ids"], device)
        if positions.shape[0] == 1:
            positions = positions.expand(ids.shape[0], -1)
        positions = _like(ids, "position_ids", positions) - limits.first_position  # a pack counts from 0
    mask = _read_mask(inputs.get("attention_mask"), ids, limits.pad_token_id, holes=positions is not None)
    _check_rows(ids, mask, limits, counted=positions is None)
    packed, padding = pack(ids, mask, types, positions)
    check_packed(packed, limits, padding)
    return packed, padding


def pack_target(given: object, given_mask: object, limits: Limits, order: Tensor, batch: int) -> tuple[Packed, Padding]:
    """Check what a decoder reads, and pack it in the order of its sources.

    Args:
        given: (batch, length) ids.
        given_mask: (batch, length), or None where everything is a token.
        limits: of the model.
        order: (batch,) of the sources' pack.
        batch: how many sources there are.

    Raises:
        InputTypeError, ShapeError, TokenIdError, TooLongError, InputValueError: as `pack_inputs`.
    """
    ids = whole_numbers("decoder_input_ids", given, order.device)
    if ids.shape[0] != batch:
        raise ShapeError(f"decoder_input_ids have {ids.shape[0]} rows, but input_ids have {batch}")
    mask = _read_mask(given_mask, ids, None, holes=False, name="decoder_attention_mask", of="decoder_input_ids")
    _check_rows(ids, mask, limits, counted=True, what="decoder_input_ids ")
    packed, padding = pack(ids, mask, None, None, order)
    check_packed(packed, limits, padding, name="decoder_input_ids")
    return packed, padding


def whole_numbers(name: str, value: Any, device: torch.device) -> Tensor:
    """A tensor (batch, length) of int64 from a tensor, an array or lists; one row may come without its batch."""
    if isinstance(value, str) or (isinstance(value, (list, tuple)) and value and isinstance(value[0], str)):
        raise InputTypeError(f"{name} is text; a model reads ids: {_ADVICE}")
    tensor = value if isinstance(value, Tensor) else _from_lists(name, value)
    if tensor.is_floating_point() or tensor.dtype == torch.bool or tensor.is_complex():
        if tensor.numel():  # an empty list has no type of its own
            kind = str(tensor.dtype).removeprefix("torch.")
            raise InputTypeError(f"{name} must be whole numbers, not {kind}")
        tensor = tensor.long()
    if tensor.ndim == 1:
        tensor = tensor.unsqueeze(0)
    if tensor.ndim != 2:
        raise ShapeError(f"{name} must have the shape (batch, length), not {tuple(tensor.shape)}")
    return tensor.to(device=device, dtype=torch.long)  # (batch, length)


def _from_lists(name: str, value: Any) -> Tensor:
    if hasattr(value, "tolist") and getattr(value, "dtype", None) is not None and value.dtype != object:  # numpy
        if value.dtype.kind in "iu" and value.dtype.itemsize > 1:
            value = value.astype("int64")
        try:
            return torch.as_tensor(value)
        except TypeError:
            raise InputTypeError(f"{name} must be whole numbers, not {value.dtype}") from None
    if not isinstance(value, (list, tuple)) and not hasattr(value, "tolist"):
        raise InputTypeError(f"{name} must be a tensor, an array or lists of ids, not {type(value).__name__}")
    rows = [row.tolist() if hasattr(row, "tolist") else row for row in value]
    if any(isinstance(row, (list, tuple)) for row in rows):
        lengths = [len(row) if isinstance(row, (list, tuple)) else -1 for row in rows]
        for number, length in enumerate(lengths):
            if length < 0:
                raise ShapeError(f"{name}: row 0 is a list, but row {number} is {rows[number]!r}")
            if length != lengths[0]:
                raise ShapeError(
                    f"{name} is ragged: row 0 has {lengths[0]} tokens, row {number} has {length}; pad them: {_ADVICE}"
                )
        _check_items(name, rows)
    else:
        _check_items(name, [rows])
    try:
        return torch.tensor(rows)
    except (OverflowError, RuntimeError, ValueError):
        raise TokenIdError(f"{name} holds a number that does not fit into 64 bits") from None


def _check_items(name: str, rows: list[Any]) -> None:
    for number, row in enumerate(rows):
        for position, item in enumerate(row):
            if not isinstance(item, int) and not hasattr(item, "__index__"):
                what = f"{type(item).__name__} {item!r}" if item is not None else "None"
                raise InputTypeError(f"{name} row {number}, position {position}: {what} is no whole number")


def _like(ids: Tensor, name: str, tensor: Tensor, of: str = "input_ids") -> Tensor:
    if tensor.shape != ids.shape:
        raise ShapeError(f"{name} has the shape {tuple(tensor.shape)}, but {of} have {tuple(ids.shape)}")
    return tensor


def _read_mask(
    value: Any,
    ids: Tensor,
    pad_token_id: int | None,
    *,
    holes: bool,
    name: str = "attention_mask",
    of: str = "input_ids",
) -> Tensor:
    """True for tokens: (batch, length). `holes`: padding may stand between tokens."""
    if value is None:
        return _mask_from_padding(ids, pad_token_id)
    try:
        mask = value if isinstance(value, Tensor) else torch.as_tensor(value)
    except (TypeError, ValueError) as error:
        raise ShapeError(f"{name} must be (batch, length) numbers, as {of}: {error}") from None
    mask = mask.unsqueeze(0) if mask.ndim == 1 else mask
    mask = _like(ids, name, mask.to(ids.device), of)
    if mask.dtype != torch.bool:
        odd = (mask != 0) & (mask != 1)
        if odd.any():
            row, column = _first(odd)
            raise InputValueError(
                f"{name} row {row}, position {column}: {mask[row, column].item()}; 1 marks a token, 0 padding"
            )
        mask = mask != 0
    if not holes and mask.numel():
        begins = mask[:, 1:] & ~mask[:, :-1]
        again = (begins.cumsum(1) + mask[:, :1] > 1) & begins
        if again.any():
            row, column = _first(again)
            raise ShapeError(
                f"{name} row {row} has a hole before position {column + 1}: padding may stand before or after "
                "a text, not inside it; give position_ids if this is meant"
            )
    return mask


def _mask_from_padding(ids: Tensor, pad_token_id: int | None) -> Tensor:
    """Without a mask: everything is a token, except pad ids at the ends of rows, with a warning."""
    tokens = torch.ones_like(ids, dtype=torch.bool)
    if pad_token_id is None or not ids.numel():
        return tokens
    padding = ids == pad_token_id  # (batch, length)
    if not padding[:, [0, -1]].any():
        return tokens
    inside = ~padding
    tokens = (inside.cumsum(1) > 0) & (inside.flip(1).cumsum(1).flip(1) > 0)
    rows = int((~tokens).any(1).sum())
    warn(
        f"no attention_mask was given, and {rows} of {ids.shape[0]} rows begin or end with the padding id "
        f"{pad_token_id}; these are taken as padding. Pass the mask that the tokenizer makes: model(**{_ADVICE})"
    )
    return tokens


def _check_rows(ids: Tensor, mask: Tensor, limits: Limits, *, counted: bool, what: str = "") -> None:
    """Every row has tokens, and not too many. `counted`: positions are counted, not given."""
    lengths = mask.sum(1)  # (batch,)
    if not lengths.numel():
        return
    shortest, longest = (int(n) for n in lengths.aminmax())
    if not shortest:
        row = int(lengths.argmin())
        reason = " (only padding)" if ids.shape[1] else ""
        raise InputValueError(f"{what}row {row} has no tokens{reason}; leave it out, or tokenize with special tokens")
    if counted and limits.positions is not None and longest > limits.positions:
        row = int((lengths > limits.positions).int().argmax())
        raise _too_long(row, int(lengths[row]), limits.positions, what)


def _too_long(row: int, tokens: int, limit: int, what: str = "") -> TooLongError:
    return TooLongError(
        f"{what}row {row}: {tokens} tokens, limit {limit}; use truncation=True, max_length={limit}, or split the text"
    )


def check_packed(packed: Packed, limits: Limits, padding: Padding | None = None, name: str = "input_ids") -> None:
    """All ids, types and positions of a pack are inside the model's tables, and each text has tokens.

    Raises:
        InputValueError, TooLongError, TokenIdError: names the row of the caller and the position in it.
    """
    if padding is None and packed.lengths:
        shortest, longest = min(packed.lengths), packed.max_len
        if not shortest:
            raise InputValueError(f"row {int(packed.order[packed.lengths.index(0)])} has no tokens")
        if limits.positions is not None and longest > limits.positions:
            text = next(i for i, n in enumerate(packed.lengths) if n > limits.positions)
            raise _too_long(int(packed.order[text]), packed.lengths[text], limits.positions)
    vocabulary = f"the vocabulary has {limits.vocabulary} entries"
    advice = "; does the tokenizer belong to this model, or were tokens added without resizing the embeddings?"
    _check_table(name, "id", packed.ids, limits.vocabulary, vocabulary, advice, packed, padding)
    if packed.types is not None and limits.types:
        table = f"the model has {limits.types} token types"
        _check_table("token_type_ids", "type", packed.types, limits.types, table, "", packed, padding)
    if limits.positions is not None:
        rows = limits.positions + limits.first_position
        table = f"the model has {rows} positions"
        given = packed.positions + limits.first_position
        _check_table("position_ids", "position", given, rows, table, "", packed, padding)


def _check_table(
    name: str, word: str, values: Tensor, rows: int, table: str, advice: str, packed: Packed, padding: Padding | None
) -> None:
    if not values.numel():
        return
    lowest, highest = (int(n) for n in values.aminmax())
    if lowest >= 0 and highest < rows:
        return
    # The first one in the caller's order.
    outside = ((values < 0) | (values >= rows)).nonzero().flatten()  # packed indices
    text = torch.bucketize(outside, packed.cu_seqlens, right=True) - 1
    row = packed.order[text]
    column = padding.slots[outside] % padding.length if padding else outside - packed.cu_seqlens[text]
    found = min(range(len(outside)), key=lambda i: (int(row[i]), int(column[i])))
    where = f"{name} row {int(row[found])}, position {int(column[found])}"
    raise TokenIdError(f"{where}: {word} {int(values[outside[found]])}, but {table} (0 to {rows - 1}){advice}")


def _first(flags: Tensor) -> tuple[int, int]:
    row, column = flags.nonzero()[0].tolist()
    return row, column
