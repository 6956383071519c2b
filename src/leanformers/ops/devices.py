"""Names of dtypes and devices, as callers and config.json give them, to torch's own; and when a plan may not run."""

from __future__ import annotations

from typing import Any

import torch

from ..errors import InputValueError, near_names

__all__ = ["autocast_is_on", "device_named", "dtype_named"]

_DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16, "float64": torch.float64}


def dtype_named(value: Any) -> torch.dtype:
    """The dtype for "float32", "torch.float32" or a dtype.

    Raises:
        InputValueError: an unknown name; lists the choices.
    """
    if isinstance(value, torch.dtype) and value.is_floating_point:
        return value
    name = str(value).removeprefix("torch.")
    if name in _DTYPES:
        return _DTYPES[name]
    choices = ", ".join([*_DTYPES, "auto"])
    raise InputValueError(f"dtype {name!r} is not known{near_names(name, _DTYPES)}; choices: {choices}")


def device_named(value: Any) -> torch.device:
    """The device for "cpu", "cuda", "cuda:1", a number, "auto" (the GPU if there is one) or a map of everything to one.

    Raises:
        InputValueError: an unknown device, one that this machine lacks, or a map over several.
    """
    if isinstance(value, dict):
        if len({str(place) for place in value.values()}) != 1:
            raise InputValueError(f"device_map {value!r}: a model is put on one device here, not split over several")
        value = next(iter(value.values()))
    if value == "auto":
        value = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        if isinstance(value, bool):
            raise TypeError
        device = torch.device("cuda", value) if isinstance(value, int) else torch.device(value)
    except (RuntimeError, TypeError):
        choices = '"cpu", "cuda", "cuda:0", 0 or "auto"'
        raise InputValueError(f"device {value!r} is not known; for example {choices}") from None
    if device.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if count == 0:
            raise InputValueError(f"device {value!r}: this machine has no CUDA device that torch can use")
        if (device.index or 0) >= count:
            raise InputValueError(f"device {value!r}: this machine has {count} CUDA device(s), numbered from 0")
    return device


def autocast_is_on(device: torch.device) -> bool:
    """Whether `torch.autocast` chooses dtypes on this device now."""
    return torch.is_autocast_enabled(device.type)
