"""Tree: the checkpoint's names as a tree of modules around the bricks' weights.

The bricks run, the tree names. Both hold the same Linear, LayerNorm and Embedding modules:

    model.encoder.layer.0.attention.self.query   ─┐
                                                  ├─►  one nn.Linear
    brick.blocks[0].attention.query              ─┘

so that state_dict(), named_parameters(), optimizers, hooks on those modules and LoRA speak the checkpoint's names
without any translation. `Mounts.refresh` carries a replaced module over to the bricks before they run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from torch import nn

from ..errors import ArchitectureError
from .layout import UNNAMED, Row

__all__ = ["HOOKS", "Branch", "Mount", "Mounts", "mount", "refuse_to_replace"]

# How hooks are put on a module.
HOOKS = (
    "register_forward_hook",
    "register_forward_pre_hook",
    "register_full_backward_hook",
    "register_full_backward_pre_hook",
    "register_backward_hook",
)


class Branch(nn.Module):
    """A name with further names below it: `encoder`, `encoder.layer`, `encoder.layer.0`, … It computes nothing itself.

    Numbered branches read like a list: `model.encoder.layer[0]`, `len`, iteration. Modules that hold weights can be
    replaced; a branch cannot, because what runs is built from the config.
    """

    path: str

    def __init__(self, path: str) -> None:
        super().__init__()
        object.__setattr__(self, "path", path)  # before there is a path, __setattr__ cannot name it

    def forward(self, *_: Any, **__: Any) -> NoReturn:
        """Raises ArchitectureError."""
        raise ArchitectureError(
            f"{self.path} only names weights and cannot be called by itself; call the model, with "
            "output_hidden_states=True for what is between its blocks"
        )

    def _no_hooks(self, *_: Any, **__: Any) -> NoReturn:
        raise ArchitectureError(
            f"{self.path} only names weights, so that a hook on it would never run; put hooks on the modules below it, "
            "for example a Linear, or ask the model for output_hidden_states or output_attentions"
        )

    register_forward_hook = register_forward_pre_hook = _no_hooks
    register_full_backward_hook = register_full_backward_pre_hook = register_backward_hook = _no_hooks

    def __setattr__(self, name: str, value: Any) -> None:
        refuse_to_replace(self, self.path, name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        refuse_to_replace(self, self.path, name)
        super().__delattr__(name)

    def __getitem__(self, index: int) -> nn.Module:
        children = list(self._children())
        return children[index]

    def __len__(self) -> int:
        return sum(1 for _ in self._children())

    def __iter__(self) -> Iterator[nn.Module]:
        return self._children()

    def __bool__(self) -> bool:
        return True

    def _children(self) -> Iterator[nn.Module]:
        return (child for name, child in self._modules.items() if name.isdecimal() and child is not None)


def refuse_to_replace(parent: nn.Module, path: str, name: str) -> None:
    """Raise if `name` of `parent` is a branch: what it names is built from the config and cannot be exchanged."""
    modules = parent.__dict__.get("_modules")
    if modules is not None and isinstance(modules.get(name), Branch):
        raise _fixed(f"{path}.{name}" if path else name)


def _fixed(path: str) -> ArchitectureError:
    return ArchitectureError(
        f"{path} cannot be replaced or removed: the model's structure comes from its config. Single Linear, LayerNorm "
        "and Embedding modules can be replaced; for fewer layers, make a model with another num_hidden_layers and load "
        "the weights"
    )


@dataclass
class Mount:
    """A module with weights: where the tree names it and where the bricks use it."""

    name: str  # in the checkpoint, without prefix
    slot: str  # in the wiring
    parent: nn.Module
    child: str
    brick: nn.Module
    attribute: str

    @property
    def module(self) -> nn.Module:
        """The module that is there now."""
        module = self.parent._modules.get(self.child)
        if module is None:
            raise ArchitectureError(f"{self.name} was removed from the model; put a module back before it runs")
        return module


class Mounts(list[Mount]):
    """All modules with weights of a model part, in the order of its layout."""

    def refresh(self) -> None:
        """Make the bricks use what the tree holds now, after a module was replaced (LoRA, quantisation, …)."""
        for mount in self:
            module = mount.module
            if mount.brick._modules[mount.attribute] is not module:
                mount.brick._modules[mount.attribute] = module


def mount(root: nn.Module, body: nn.Module, rows: Iterable[Row]) -> Mounts:
    """Hang the weight modules of `body` into `root` under the checkpoint's names.

    Args:
        root: becomes the parent of the names.
        body: the bricks.
        rows: (checkpoint name, name in the bricks).
    """
    mounts = Mounts()
    for name, slot in rows:
        *branches, child = name.split(".")
        parent = root
        for depth, branch in enumerate(branches, 1):
            if branch == UNNAMED:
                parent = root.__dict__.setdefault(UNNAMED, Branch(UNNAMED))  # beside the tree
                continue
            if branch not in parent._modules:
                parent.add_module(branch, Branch(".".join(branches[:depth])))
            parent = parent.get_submodule(branch)
        owner, _, attribute = slot.rpartition(".")
        brick = body.get_submodule(owner)
        parent.add_module(child, brick.get_submodule(attribute))
        mounts.append(Mount(name, slot, parent, child, brick, attribute))
    return mounts
