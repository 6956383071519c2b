"""Linear layers prepared for inference: the same bits for a row, whatever rows stand beside it. Used by the plan.

A plain product (`F.linear`) picks its kernel by the number of rows, and so a row's last bits depend on the batch. Three
preparations, chosen by `prepare`:

- `OneDnnLinear`, CPU: weights reordered once into oneDNN's blocked form; bias, activation and the residual are added
  inside the product. Bitwise equal for every number of rows from 2 up, and of threads; one row is computed as two.
- `BlockLinear`, CPU without oneDNN: the plain product over blocks of a fixed number of rows. Also in bfloat16, where
  oneDNN's bits depend on the batch, when `$LEANFORMERS_BATCH_INVARIANT` is 1: the same bits for twice the time.
- `PlainLinear`, other devices: the plain product.
"""

from __future__ import annotations

import os
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from .activation import ACTIVATION_FUNCTIONS, FUSED_ACTIVATIONS, apply_evenly
from .attention import REGISTER

__all__ = ["BlockLinear", "OneDnnLinear", "PlainLinear", "PreparedLinear", "prepare"]


class PreparedLinear(Protocol):
    """What the plan calls."""

    def __call__(self, x: Tensor) -> Tensor:
        """activation(x @ weight.T + bias): (rows, inputs) → (rows, outputs)."""
        ...

    def add(self, x: Tensor, residual: Tensor) -> Tensor:
        """x @ weight.T + bias + residual, for a layer without activation: (rows, inputs) → (rows, outputs)."""
        ...

    def multiply(self, x: Tensor, factor: Tensor) -> Tensor:
        """(x @ weight.T + bias) · factor, for a layer without activation: (rows, inputs) → (rows, outputs)."""
        ...


class OneDnnLinear:
    """A linear layer with weights in oneDNN's blocked form."""

    # The number of rows that the form is chosen for; the form must not depend on the rows of a call.
    EXPECTED_ROWS = 512

    def __init__(self, weight: Tensor, bias: Tensor | None, activation: str = "linear") -> None:
        self.weight = torch.ops.mkldnn._reorder_linear_weight(weight, self.EXPECTED_ROWS)
        self.bias = bias
        self.fused = FUSED_ACTIVATIONS.get(activation, ("none", ""))
        self.after = None if activation in FUSED_ACTIVATIONS else ACTIVATION_FUNCTIONS[activation]

    def __call__(self, x: Tensor) -> Tensor:
        """As `PreparedLinear`."""
        rows = x.shape[0]
        attribute, algorithm = self.fused
        y: Tensor = torch.ops.mkldnn._linear_pointwise(
            _at_least_two(x), self.weight, self.bias, attribute, [], algorithm
        )
        if self.after is not None:
            y = apply_evenly(self.after, y)
        return y if rows > 1 else y[:rows]  # (rows, outputs)

    def add(self, x: Tensor, residual: Tensor) -> Tensor:
        """As `PreparedLinear.add`."""
        return self._with("add", x, residual)

    def multiply(self, x: Tensor, factor: Tensor) -> Tensor:
        """As `PreparedLinear.multiply`."""
        return self._with("mul", x, factor)

    def _with(self, operation: str, x: Tensor, other: Tensor) -> Tensor:
        rows = x.shape[0]
        y: Tensor = torch.ops.mkldnn._linear_pointwise.binary(
            _at_least_two(x), _at_least_two(other), self.weight, self.bias, operation
        )
        return y if rows > 1 else y[:rows]  # (rows, outputs)


def _at_least_two(x: Tensor) -> Tensor:
    """oneDNN computes a single row with another kernel, whose sums run in another order."""
    return x if x.shape[0] > 1 else F.pad(x, (0, 0, 0, 2 - x.shape[0]))


class BlockLinear:
    """A linear layer over blocks of `ROWS` rows, the last one filled up: every product has the same shape.

    Widths are filled up too, to whole vector registers: in an odd one a row's last bits depend on its place.
    """

    ROWS = 64

    def __init__(self, weight: Tensor, bias: Tensor | None, activation: str = "linear") -> None:
        self.outputs, self.inputs = weight.shape
        gap = -self.outputs % REGISTER
        self.weight = F.pad(weight, (0, -self.inputs % REGISTER, 0, gap))
        self.bias = None if bias is None else F.pad(bias, (0, gap))
        self.activation = activation

    def __call__(self, x: Tensor) -> Tensor:
        """As `PreparedLinear`."""
        rows = x.shape[0]
        x = F.pad(x, (0, -self.inputs % REGISTER, 0, -rows % self.ROWS))
        blocks = [F.linear(block, self.weight, self.bias) for block in torch.split(x, self.ROWS)]
        y = torch.cat(blocks)
        if self.activation != "linear":
            y = apply_evenly(ACTIVATION_FUNCTIONS[self.activation], y)
        return y[:rows, : self.outputs].contiguous()  # (rows, outputs)

    def add(self, x: Tensor, residual: Tensor) -> Tensor:
        """As `PreparedLinear.add`."""
        return self(x) + residual

    def multiply(self, x: Tensor, factor: Tensor) -> Tensor:
        """As `PreparedLinear.multiply`."""
        return self(x) * factor


class PlainLinear:
    """A linear layer as torch computes it."""

    def __init__(self, weight: Tensor, bias: Tensor | None, activation: str = "linear") -> None:
        self.weight, self.bias = weight, bias
        self.activation = ACTIVATION_FUNCTIONS[activation]

    def __call__(self, x: Tensor) -> Tensor:
        """As `PreparedLinear`."""
        return self.activation(F.linear(x, self.weight, self.bias))

    def add(self, x: Tensor, residual: Tensor) -> Tensor:
        """As `PreparedLinear.add`."""
        return self(x) + residual

    def multiply(self, x: Tensor, factor: Tensor) -> Tensor:
        """As `PreparedLinear.multiply`."""
        return self(x) * factor


def prepare(weight: Tensor, bias: Tensor | None, activation: str = "linear") -> PreparedLinear:
    """The best preparation of a layer for the device and dtype of its weights.

    Args:
        weight: (outputs, inputs).
        bias: (outputs,) or None.
        activation: a value of `wiring.ACTIVATIONS`.
    """
    if weight.device.type != "cpu" or weight.dtype not in (torch.float32, torch.bfloat16):
        return PlainLinear(weight, bias, activation)
    costs = weight.dtype == torch.bfloat16 and os.environ.get("LEANFORMERS_BATCH_INVARIANT") == "1"
    if _onednn_does(weight.dtype) and not costs:
        return OneDnnLinear(weight, bias, activation)
    return BlockLinear(weight, bias, activation)


def _onednn_does(dtype: torch.dtype) -> bool:
    if not torch._C._has_mkldnn or not torch.backends.mkldnn.enabled:
        return False
    needed = ("_reorder_linear_weight", "_linear_pointwise")
    if not all(hasattr(torch.ops.mkldnn, name) for name in needed):
        return False
    return dtype == torch.float32 or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
