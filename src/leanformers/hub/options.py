"""HubOptions: the arguments of every from_pretrained that say where files come from, in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from ..errors import InputTypeError, InputValueError

__all__ = ["HubOptions"]

# Arguments of transformers that are accepted and change nothing here.
_WITHOUT_EFFECT = ("proxies", "resume_download")


@dataclass(frozen=True)
class HubOptions:
    """How to find the files of a checkpoint. Every `from_pretrained` takes these as keyword arguments.

    For a local folder only `subfolder` and `variant` count.

    Attributes:
        revision: a branch, tag or commit; None is "main".
        subfolder: the folder inside the repository or folder.
        variant: of the weights: "fp16" reads model.fp16.safetensors.
        cache_dir: instead of the cache that HF_HUB_CACHE or HF_HOME names.
        token: a token; True or None takes the stored one (HF_TOKEN, `leanformers hub login`), False sends none.
        force_download: fetch again what the cache has.
        local_files_only: use the cache alone, as HF_HUB_OFFLINE=1 does.

    Raises:
        InputTypeError, InputValueError: a value of another type, or a path that leads outside.
    """

    revision: str | None = None
    subfolder: str = ""
    variant: str | None = None
    cache_dir: str | os.PathLike[str] | None = None
    token: str | bool | None = None
    force_download: bool = False
    local_files_only: bool = False

    def __post_init__(self) -> None:
        for name in ("revision", "subfolder", "variant"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise InputTypeError(f"{name} must be a str, not {value!r}")
            if value and (".." in value.replace("\\", "/").split("/") or Path(value).is_absolute()):
                raise InputValueError(f"{name}={value!r} must not lead outside of the repository")
        if self.variant and "/" in self.variant:
            raise InputValueError(f"variant={self.variant!r} is part of a file's name; it must have no /")

    @classmethod
    def take(cls, arguments: Mapping[str, Any]) -> tuple[HubOptions, dict[str, Any]]:
        """The options among the keyword arguments of a call, and the other arguments."""
        names = cls.names()
        found = {name: value for name, value in arguments.items() if name in names}
        if found.get("subfolder", "") is None:
            found["subfolder"] = ""
        rest = {name: value for name, value in arguments.items() if name not in names and name not in _WITHOUT_EFFECT}
        return cls(**found), rest

    @classmethod
    def names(cls) -> set[str]:
        """The names of the arguments."""
        return {field.name for field in fields(cls)}

    def at(self, commit: str | None) -> HubOptions:
        """The same at one commit, which was fetched already where it was to be; None changes nothing."""
        return self if commit is None else replace(self, revision=commit, force_download=False)

    def arguments(self) -> dict[str, Any]:
        """As keyword arguments, those that say something."""
        return {
            field.name: value for field in fields(self) if (value := getattr(self, field.name)) not in (None, "", False)
        } | ({"token": False} if self.token is False else {})
