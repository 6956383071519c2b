"""Every error a user can meet. Each is also the built-in kind that people already catch.

An error names the thing (file, row, position, value, limit), says what was expected and what to do.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from typing import Any

__all__ = [
    "ArchitectureError",
    "ArgumentError",
    "ChatTemplateError",
    "ConfigError",
    "FileFormatError",
    "GoldenIdsError",
    "HubError",
    "InputTypeError",
    "InputValueError",
    "LeanformersError",
    "LeanformersWarning",
    "MissingDependencyError",
    "MissingFileError",
    "MissingWeightsError",
    "RowError",
    "ShapeError",
    "TokenIdError",
    "TooLongError",
    "near_names",
    "reject_unknown_arguments",
    "warn",
]


class LeanformersError(Exception):
    """Base of all errors of this library."""


class LeanformersWarning(UserWarning):
    """Something was done that is allowed, but is easily not what was meant."""


class MissingFileError(LeanformersError, FileNotFoundError):
    """A folder or file that is needed is not there."""

    def __str__(self) -> str:  # FileNotFoundError would format errno and strerror
        return str(self.args[0]) if self.args else ""


class FileFormatError(LeanformersError, ValueError):
    """A file is there but is damaged, cut off or not what its name says."""


class ConfigError(LeanformersError, ValueError):
    """A configuration is missing a key or holds a value that cannot be used."""


class ArchitectureError(LeanformersError, ValueError):
    """The checkpoint belongs to another architecture than the one asked for, or to an unknown one."""


class MissingWeightsError(LeanformersError, ValueError):
    """Weights of the model's body are missing from the checkpoint."""


class ShapeError(LeanformersError, ValueError):
    """A tensor has another shape or dtype than expected."""


class TooLongError(LeanformersError, ValueError):
    """A text has more tokens than the model has positions."""


class TokenIdError(LeanformersError, IndexError):
    """A token id, token type, position or label lies outside its table."""


class RowError(LeanformersError, IndexError):
    """A batch has no row, or a row no token, with this number."""


class InputTypeError(LeanformersError, TypeError):
    """A value has a type that cannot be used here."""


class InputValueError(LeanformersError, ValueError):
    """A value has the right type, but cannot be used here."""


class ArgumentError(LeanformersError, TypeError):
    """A call has an argument that does not exist, or arguments that exclude each other."""


class ChatTemplateError(LeanformersError, ValueError):
    """A chat template refuses a conversation, is wrong, or wants more than it may have."""


class GoldenIdsError(LeanformersError, ValueError):
    """A tokenizer gives other ids than its golden file says. `report` has the texts and both results."""

    def __init__(self, message: str, report: Any = None) -> None:
        super().__init__(message, report)
        self.report = report

    def __str__(self) -> str:
        return str(self.args[0])


class HubError(LeanformersError, OSError):
    """A hub refuses, fails, cannot be reached, or sends something else than was asked for."""

    def __str__(self) -> str:  # OSError would format errno and strerror
        return str(self.args[0]) if self.args else ""


class MissingDependencyError(LeanformersError, ImportError):
    """An optional package is needed for this call."""


def near_names(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the nearest known name, else an empty string."""
    import difflib  # here, because it is slow to import and only needed when something is wrong

    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def reject_unknown_arguments(call: str, unknown: Iterable[str], known: Iterable[str]) -> None:
    """Raise `ArgumentError` for the first argument in `unknown`, with the nearest name in `known`."""
    known = list(known)
    for name in unknown:
        raise ArgumentError(f"{call} has no argument {name!r}{near_names(name, known)}")


def warn(message: str) -> None:
    """A `LeanformersWarning` at the line outside this package that led here."""
    inside = (__name__.partition(".")[0] + ".", "torch.")  # models are called through torch's Module
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(inside):
        frame = frame.f_back
        level += 1
    warnings.warn(message, LeanformersWarning, stacklevel=level)
