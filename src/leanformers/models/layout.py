"""Layout: which name in a checkpoint is which of our weights. A table of whole names, read both ways; no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

__all__ = ["UNNAMED", "Layout", "Row", "rows_of"]

Row = tuple[str, str]  # name of a module in the checkpoint, name of the brick that holds the same weights

# What stands before the name of a module in `heads` that checkpoints have no name for: all its weights are tied.
UNNAMED = "_unnamed"

# Names from the time of TensorFlow checkpoints.
_OLD_SPELLING = {"gamma": "weight", "beta": "bias"}


@dataclass(frozen=True)
class Layout:
    """The names of an architecture's checkpoints, at the level of modules: `weight` and `bias` follow by themselves.

    Args:
        prefix: what stands before the base model's names in a model with a head ("bert"); "" for nothing.
        base: rows of the base model; `{i}` is the number of a block. The order is that of the parameters.
        heads: rows of each head, by task.
        tied: by task, parameters of a head that are other ones as well: (name, name under which checkpoints have it). A
            head whose decoder is the table of token embeddings has its weight and, in most, its bias here.
        head_like: checkpoint names in `base` that a pretraining checkpoint may lack; they start new, with a warning.
        passengers: tensors that old checkpoints carry and that nothing reads; kept, and written back on saving.
        transposed: modules of `base` whose weights checkpoints have as (inputs, outputs).
        shifts: by task, a tensor (1, outputs) of fixed numbers that is added to the head's output.
        loose: of `tied`, parameters that are not, where a checkpoint has numbers of their own for them.
        prefixes: by task, what stands there instead of `prefix`.
        usual_prefix: what stands there for other tasks; empty where it is the same.
    """

    prefix: str
    base: tuple[Row, ...]
    heads: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    tied: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    head_like: tuple[str, ...] = ()
    passengers: tuple[str, ...] = ()
    transposed: tuple[str, ...] = ()
    shifts: Mapping[str, str] = field(default_factory=dict)
    loose: tuple[str, ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)
    usual_prefix: str = ""

    def of(self, task: str) -> Layout:
        """The names in checkpoints of a task."""
        other = self.prefixes.get(task)
        return self if other is None else replace(self, prefix=other, usual_prefix=self.prefix)

    @property
    def stem(self) -> str:
        """The prefix with its dot."""
        return f"{self.prefix}." if self.prefix else ""

    def is_transposed(self, name: str) -> bool:
        """Whether checkpoints have the weight called `name` transposed."""
        return name.endswith(".weight") and _unnumbered(self._bare(name).removesuffix(".weight")) in self.transposed

    def is_passenger(self, name: str) -> bool:
        """Whether a tensor called `name` travels with a checkpoint without being read."""
        return _unnumbered(self._bare(name)) in self.passengers

    def _bare(self, name: str) -> str:
        return name.removeprefix(self.stem)

    def spellings(self, name: str) -> Iterator[str]:
        """The names that `name` of a checkpoint may stand for: itself, in today's spelling, with and without prefix."""
        stem, _, last = name.rpartition(".")
        name = f"{stem}.{_OLD_SPELLING[last]}" if stem and last in _OLD_SPELLING else name
        yield name
        if self.prefix:
            yield name.removeprefix(self.stem) if name.startswith(self.stem) else f"{self.stem}{name}"
        if self.usual_prefix and name.startswith(f"{self.usual_prefix}."):
            yield f"{self.stem}{name.removeprefix(f'{self.usual_prefix}.')}"


def _unnumbered(name: str) -> str:
    """The name with `{i}` for the number of its block."""
    return ".".join("{i}" if part.isdecimal() else part for part in name.split("."))


def rows_of(table: Iterable[Row], blocks: int) -> list[Row]:
    """The rows with `{i}` written out, block by block, in the order of the table."""
    rows: list[Row] = []
    per_block: list[Row] = []

    def write_out() -> None:
        rows.extend((n.format(i=i), o.format(i=i)) for i in range(blocks) for n, o in per_block)
        per_block.clear()

    for name, ours in table:
        if "{i}" in name:
            per_block.append((name, ours))
            continue
        write_out()
        rows.append((name, ours))
    write_out()
    return rows
