"""Places: the weights of a model by the names that checkpoints have for them, and each name of a checkpoint's place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor, nn

from .tree import Mount

if TYPE_CHECKING:
    from .model import PreTrainedModel

__all__ = ["Place", "match", "places_of"]


@dataclass(frozen=True)
class Place:
    """A weight of the model: which module holds it, under which parameter name, and whether it may start new."""

    mount: Mount
    parameter: str
    head: bool
    transposed: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """As checkpoints have it."""
        shape = tuple(self.mount.module.get_parameter(self.parameter).shape)
        return shape[::-1] if self.transposed else shape

    def put(self, tensor: Tensor) -> None:
        """Take a checkpoint's tensor as the weight."""
        tensor = tensor.t() if self.transposed else tensor
        self.mount.module._parameters[self.parameter] = nn.Parameter(tensor)


def places_of(model: PreTrainedModel) -> dict[str, Place]:
    """All weights of a model by their names in today's spelling."""
    layout = model.architecture.layout
    base = model.base_model
    prefix = "" if base is model else layout.stem
    tied = model.tied
    places: dict[str, Place] = {}
    for mount in base.own_mounts():
        for parameter in _parameters(mount):
            name = f"{prefix}{mount.name}.{parameter}"
            if name in tied:
                continue
            head = mount.name in layout.head_like
            places[name] = Place(mount, parameter, head, transposed=layout.is_transposed(name))
    if base is not model:
        for mount in model.own_mounts():
            for parameter in _parameters(mount):
                name = tied.get(f"{mount.name}.{parameter}", f"{mount.name}.{parameter}")
                places.setdefault(name, Place(mount, parameter, head=True))
    return places


def _parameters(mount: Mount) -> list[str]:
    return [name for name, parameter in mount.module._parameters.items() if parameter is not None]


def match(
    model: PreTrainedModel, places: Mapping[str, Place], names: list[str]
) -> tuple[dict[str, str], list[str], list[str]]:
    """Each name of the checkpoint to its place: (model's name → checkpoint's name, passengers, unexpected)."""
    layout = model.architecture.layout
    found = {name: name for name in names if name in places}
    passengers: list[str] = []
    unexpected: list[str] = []
    for name in names:
        if name in found:
            continue
        target = next((s for s in layout.spellings(name) if s in places and s not in found), None)
        if target is not None:
            found[target] = name
        else:
            (passengers if layout.is_passenger(name) else unexpected).append(name)
    tied = model.tied
    for name in list(unexpected):  # a weight that the checkpoint has only under a name that is tied to it
        canonical = next((tied[s] for s in layout.spellings(name) if s in tied), None)
        if canonical is not None and canonical in places and canonical not in found:
            found[canonical] = name
            unexpected.remove(name)
    return {name: found[name] for name in places if name in found}, passengers, unexpected
