"""Rotary positions as config.json describes them: `rope_parameters`, or the older `rope_theta` and `rope_scaling`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, near_names
from .wiring import ROTARY_SCALINGS, Rotary

if TYPE_CHECKING:
    from ..config import Config

__all__ = ["rotary"]

_LONGER = ("llama3", "yarn")


def rotary(config: Config, layer_type: str | None = None, theta: float = 10000.0, old_key: str | None = None) -> Rotary:
    """The rotary positions of a model, or of its blocks of a type.

    Args:
        config: of the model.
        layer_type: the key under which `rope_parameters` has those of a type of blocks; None for one for all.
        theta: what stands for an absent `rope_theta`.
        old_key: where config.json had theta before there was `rope_parameters`.

    Raises:
        ConfigError: a kind of scaling that is not known here, or one without its parameters.
    """
    if old_key is not None and config.get(old_key) is not None and "rope_parameters" not in list(config):
        return Rotary(config.number(old_key))
    old = config.get("rope_theta") is not None or config.get("rope_scaling") is not None
    given: Any = None if old and "rope_parameters" not in list(config) else config.get("rope_parameters")
    if layer_type is not None and isinstance(given, Mapping):
        given = given.get(layer_type, given if "rope_type" in given else None)
    if given is None:
        given = {"rope_theta": config.get("rope_theta") or theta, **(config.get("rope_scaling") or {})}
    if not isinstance(given, Mapping):
        raise ConfigError(f"config: rope_parameters must be a mapping with rope_type and rope_theta, not {given!r}")
    values = dict(given)
    kind = values.pop("rope_type", None) or values.get("type") or "default"
    values.pop("type", None)
    if kind not in ROTARY_SCALINGS:
        hint = near_names(str(kind), ROTARY_SCALINGS)
        raise ConfigError(f"config: rope_type {kind!r} is not known here{hint}; choices: {', '.join(ROTARY_SCALINGS)}")
    if (values.pop("partial_rotary_factor", None) or 1.0) != 1.0:
        raise ConfigError("config: partial_rotary_factor other than 1 is not known here")
    base = values.pop("rope_theta", None) or config.get("rope_theta") or theta
    if kind in _LONGER:
        context = config.get("original_max_position_embeddings") or config.max_position_embeddings
        values.setdefault("original_max_position_embeddings", context)
        if kind == "yarn" and values.get("factor") is None:
            values["factor"] = config.max_position_embeddings / values["original_max_position_embeddings"]
    for name in ROTARY_SCALINGS[kind]:
        if not isinstance(values.get(name), (int, float)):
            raise ConfigError(f"config: rope_type {kind!r} needs {name}, a number, not {values.get(name)!r}")
    if not isinstance(base, (int, float)) or base <= 0:
        raise ConfigError(f"config: rope_theta must be a number above 0, not {base!r}")
    numbers = {name: float(value) for name, value in values.items() if isinstance(value, (int, float))}
    return Rotary(float(base), (("rope_type", kind), *sorted(numbers.items())))
