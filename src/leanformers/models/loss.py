"""Loss: labels checked and compared with logits, as transformers' heads do."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ..config import Config
from ..errors import ConfigError, InputTypeError, InputValueError, ShapeError, TokenIdError, near_names
from .packed import Packed, Padding

__all__ = [
    "IGNORED",
    "classification_loss",
    "next_token_loss",
    "replaced_loss",
    "single_label_loss",
    "span_loss",
    "token_loss",
]

_PROBLEMS = ("regression", "single_label_classification", "multi_label_classification")
IGNORED = -100  # a label that is left out of the loss, as in torch


def classification_loss(logits: Tensor, labels: Any, config: Config, *, soft_labels: bool = False) -> Tensor:
    """The loss of a classifier, one number.

    Mean squared error for regression, cross entropy for one label a row, binary cross entropy for several. Which one is
    `config.problem_type`; where that is not set: regression for one label, else by the labels, whole numbers or floats.

    Args:
        logits: (batch, labels).
        labels: (batch,) numbers of labels, or (batch, labels) floats for several labels a row, or values for
            regression.
        config: of the model.
        soft_labels: where `problem_type` is not set, floats (batch, labels) are shares of one label, to cross entropy.

    Raises:
        TokenIdError: a label outside 0 … num_labels - 1; names the row.
        InputTypeError: floats where whole numbers are needed.
        ShapeError: labels of another shape.
        ConfigError: an unknown `problem_type`.
    """
    labels = _as_tensor(labels, logits)
    problem = _problem(labels, config)
    if problem == "single_label_classification":
        advice = "; load it with num_labels=…, or check config.id2label"
        return _single_label(logits, labels, "the model has num_labels={}", advice)
    if problem == "regression" and config.num_labels == 1:
        if labels.numel() != logits.numel():
            raise _wrong_shape(labels, (logits.shape[0],))
        return F.mse_loss(logits.flatten(), labels.flatten().to(logits.dtype))
    if labels.shape != logits.shape:
        raise _wrong_shape(labels, tuple(logits.shape))
    labels = labels.to(logits.dtype)
    if soft_labels and config.problem_type is None:
        return F.cross_entropy(logits, labels)
    return F.mse_loss(logits, labels) if problem == "regression" else F.binary_cross_entropy_with_logits(logits, labels)


def _problem(labels: Tensor, config: Config) -> str:
    problem: str | None = config.problem_type
    if problem is not None:
        if problem not in _PROBLEMS:
            choices = ", ".join(_PROBLEMS)
            raise ConfigError(f"config: problem_type {problem!r}{near_names(problem, _PROBLEMS)}; choices: {choices}")
        return problem
    if config.num_labels == 1:
        return "regression"
    if not labels.is_floating_point():
        return "single_label_classification"
    if labels.ndim == 1:
        raise InputTypeError(
            f"labels are {_kind(labels)} of shape {tuple(labels.shape)}: give whole numbers from 0 to "
            f"{config.num_labels - 1} for one label a row, or floats of shape (batch, {config.num_labels}) for several "
            '(problem_type="multi_label_classification")'
        )
    return "multi_label_classification"


def single_label_loss(logits: Tensor, labels: Any) -> Tensor:
    """Cross entropy of one choice a row: logits (batch, choices), labels (batch,).

    Raises:
        TokenIdError: a label that is no choice; names the row.
        InputTypeError, ShapeError: labels of another type or shape.
    """
    return _single_label(logits, _as_tensor(labels, logits), "there are {} choices", "")


def token_loss(values: Tensor, labels: Tensor, padding: Padding) -> Tensor:
    """Mean cross entropy over the tokens that have a label.

    Args:
        values: (tokens, labels) logits of packed tokens.
        labels: (batch, length), -100 where there is none.
        padding: where the tokens stand in the batch.

    Raises:
        TokenIdError: a label outside 0 … labels - 1; names row and position.
        InputValueError: a label on padding.
    """
    return F.cross_entropy(values, _token_labels(values.shape[-1], labels, padding), ignore_index=IGNORED)


def next_token_loss(values: Tensor, labels: Tensor, packed: Packed, padding: Padding) -> Tensor:
    """Mean cross entropy of each token's logits and the label of the token after it; otherwise as `token_loss`."""
    targets = _token_labels(values.shape[-1], labels, padding).roll(-1)  # (tokens,)
    targets[packed.cu_seqlens[1:] - 1] = IGNORED  # nothing follows the last token of a text
    return F.cross_entropy(values, targets, ignore_index=IGNORED)


def replaced_loss(values: Tensor, labels: Tensor, padding: Padding) -> Tensor:
    """Mean binary cross entropy over the tokens: was each one replaced? What labels say of padding is not read.

    Args:
        values: (tokens,) logits of packed tokens.
        labels: (batch, length), 1 for a replaced token, else 0.
        padding: where the tokens stand in the batch.

    Raises:
        TokenIdError: another label; names row and position.
    """
    if labels.shape != (padding.batch, padding.length):
        raise _wrong_shape(labels, (padding.batch, padding.length))
    flat = labels.flatten()
    outside = torch.zeros_like(flat, dtype=torch.bool)
    outside[padding.slots] = ((flat < 0) | (flat > 1))[padding.slots]
    _refuse_outside(outside, labels, "which is neither 0 (as it was) nor 1 (replaced)")
    return F.binary_cross_entropy_with_logits(values, flat[padding.slots].to(values.dtype))


def _refuse_outside(outside: Tensor, labels: Tensor, why: str) -> None:
    if outside.any():
        row, column = divmod(int(outside.int().argmax()), labels.shape[1])
        raise TokenIdError(f"labels row {row}, position {column}: label {int(labels[row, column])}, {why}")


def _token_labels(count: int, labels: Tensor, padding: Padding) -> Tensor:
    """The labels of packed tokens, (tokens,), each below `count` or -100."""
    if labels.shape != (padding.batch, padding.length):
        raise _wrong_shape(labels, (padding.batch, padding.length))
    flat = labels.flatten()
    on_padding = flat != IGNORED
    on_padding[padding.slots] = False
    if on_padding.any():
        row, column = divmod(int(on_padding.int().argmax()), padding.length)
        label = int(labels[row, column])
        raise InputValueError(f"labels row {row}, position {column}: label {label} on padding, which must have -100")
    outside = ((flat < 0) | (flat >= count)) & (flat != IGNORED)
    _refuse_outside(outside, labels, f"but there are {count} (0 to {count - 1})")
    return flat[padding.slots]


def span_loss(logits: Tensor, places: Any) -> Tensor:
    """Cross entropy of one place a row: logits (batch, length), places (batch,); places outside are left out."""
    chosen = _as_tensor(places, logits)
    if chosen.is_floating_point():
        raise InputTypeError(f"positions are {_kind(chosen)}, but must be whole numbers")
    chosen = chosen.flatten().long()
    if chosen.shape[0] != logits.shape[0]:
        raise _wrong_shape(chosen, (logits.shape[0],))
    length = logits.shape[1]
    chosen = chosen.clamp(0, length)  # as in the reference, a place before the text is its first token
    return F.cross_entropy(logits, chosen, ignore_index=length)


def _as_tensor(labels: Any, logits: Tensor) -> Tensor:
    try:
        tensor = labels if isinstance(labels, Tensor) else torch.as_tensor(labels)
    except (TypeError, ValueError) as error:
        raise InputTypeError(f"labels must be numbers: {error}") from None
    return tensor.to(logits.device)


def _single_label(logits: Tensor, labels: Tensor, what: str, advice: str) -> Tensor:
    count = logits.shape[-1]
    if labels.is_floating_point():
        needed = f"single_label_classification needs whole numbers from 0 to {count - 1}"
        raise InputTypeError(f"labels are {_kind(labels)}, but {needed}")
    labels = labels.flatten().long()
    if labels.shape[0] != logits.shape[0]:
        raise _wrong_shape(labels, (logits.shape[0],))
    outside = ((labels < 0) | (labels >= count)) & (labels != IGNORED)
    if outside.any():
        row = int(outside.int().argmax())
        there = f"{what.format(count)} (0 to {count - 1})"
        raise TokenIdError(f"labels row {row}: label {int(labels[row])}, but {there}{advice}")
    return F.cross_entropy(logits, labels, ignore_index=IGNORED)


def _kind(labels: Tensor) -> str:
    return str(labels.dtype).removeprefix("torch.")


def _wrong_shape(labels: Tensor, expected: tuple[int, ...]) -> ShapeError:
    return ShapeError(f"labels have the shape {tuple(labels.shape)}; expected {expected}")
