"""Planning: when a plan may run instead of the bricks, and whether the one at hand still fits the weights."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module

from ..ops.devices import autocast_is_on
from .bricks.leaves import RmsNorm
from .tree import Mounts

__all__ = ["PlanKeeper"]

P = TypeVar("P")

# A plan copies what it reorders. A change through `.data` leaves no trace in a tensor's version, so this many numbers
# of each weight are compared with their values at compilation.
_SAMPLES = 16


class PlanKeeper(Generic[P]):
    """Keeps the compiled plan of a model part as long as it is true.

    A plan runs only where it gives what the bricks would: no gradients to track, no training, no autocast, and every
    weight in a plain Linear, LayerNorm or Embedding without hooks. It is compiled again when a weight was
    replaced, moved or written to. Safe to ask from several threads. Copies and pickles start empty.

    Args:
        compile_plan: from the weights by their names in the wiring to a plan.
    """

    def __init__(self, compile_plan: Callable[[dict[str, Tensor]], P]) -> None:
        self._compile = compile_plan
        self._lock = threading.Lock()
        self._kept: tuple[_Seal, P] | None = None

    def get(self, mounts: Mounts, *, training: bool) -> P | None:
        """The plan for the weights as they are now, or None where the bricks must run."""
        if torch.compiler.is_compiling():  # torch.compile makes its own plan, from the bricks
            return None
        if training or _hooked(torch_module):
            self.drop(training)
            return None
        leaves = [mount.module for mount in mounts]
        if not all(_is_plain(leaf) for leaf in leaves):
            return None
        weights = [p for leaf in leaves for p in leaf._parameters.values() if p is not None]
        if torch.is_grad_enabled() and any(weight.requires_grad for weight in weights):
            return None
        if not weights or autocast_is_on(weights[0].device) or not _alike(weights):
            return None
        kept = self._kept
        if kept is not None and kept[0].holds(weights):
            return kept[1]
        with self._lock:
            kept = self._kept
            if kept is None or not kept[0].holds(weights):
                named = {
                    f"{mount.slot}.{name}": weight.detach()
                    for mount, leaf in zip(mounts, leaves, strict=True)
                    for name, weight in leaf._parameters.items()
                    if weight is not None
                }
                with torch.inference_mode(False), torch.no_grad():
                    kept = self._kept = _Seal(weights), self._compile(named)
            return kept[1]

    def drop(self, drop: bool = True) -> None:
        """Forget the plan, which frees its copies of the weights."""
        if drop:
            self._kept = None

    def __getstate__(self) -> dict[str, Any]:
        return {"_compile": self._compile}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["_compile"])  # type: ignore[misc]


class _Seal:
    """The identity of a list of weights, and of what was in them."""

    def __init__(self, weights: Sequence[Tensor]) -> None:
        self.weights = weights
        self.marks = [_mark(weight) for weight in weights]
        # Views into the weights' memory, at equal distances.
        self.views = [_sample(weight) for weight in weights]
        self.samples = self._read()

    def holds(self, weights: Sequence[Tensor]) -> bool:
        """Whether `weights` are still the same, with the same content."""
        if len(weights) != len(self.weights):
            return False
        for weight, sealed, mark in zip(weights, self.weights, self.marks, strict=True):
            if weight is not sealed or _mark(weight) != mark:
                return False
        return torch.equal(self._read(), self.samples)

    def _read(self) -> Tensor:
        return torch.cat(self.views).view(torch.uint8) if self.views else torch.empty(0)  # bytes: NaN equals itself


def _sample(weight: Tensor) -> Tensor:
    flat = weight.detach().flatten() if weight.is_contiguous() else weight.detach().diagonal()  # never a copy
    return flat[:: max(1, flat.numel() // _SAMPLES)]


def _mark(weight: Tensor) -> tuple[int, int]:
    return (0 if weight.is_inference() else weight._version), weight.data_ptr()


def _alike(weights: Sequence[Tensor]) -> bool:
    first = weights[0]
    return all(weight.dtype == first.dtype and weight.device == first.device for weight in weights)


def _is_plain(leaf: nn.Module) -> bool:
    """A torch module as it was made: no subclass, no hooks, no forward of its own."""
    return type(leaf) in (nn.Linear, nn.LayerNorm, RmsNorm, nn.Embedding, nn.Conv1d) and not (
        leaf._forward_hooks or leaf._forward_pre_hooks or "forward" in leaf.__dict__
    )


def _hooked(module: Any) -> bool:
    return bool(module._global_forward_hooks or module._global_forward_pre_hooks)
