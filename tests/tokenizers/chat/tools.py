"""Functions that a model may call."""

from __future__ import annotations

import enum
from typing import Any, Literal, Optional, Union

__all__ = ["Shop", "Unit", "everything", "get_weather", "nothing"]


class Unit(enum.Enum):
    CELSIUS = "c"
    FAHRENHEIT = "f"


def get_weather(city: str, unit: Literal["c", "f"] = "c", days: Optional[list[int]] = None) -> dict[str, float]:  # noqa: UP045
    """
    Tell the weather of a city.

    It may rain there.

    Args:
        city: The city, with its country
            if the name is common: see also
            the list.
        unit: Of temperatures (choices: ["c", "f"])
        days: Which days

    Returns:
        The temperature by hour.

    Raises:
        KeyError: no such city.
    """
    return {}


def everything(
    a: int,
    b: float | None,
    c: Union[int, str],  # noqa: UP007
    d: tuple[int, str],
    e: dict[str, list[bool]],
    f: Any,
    g: Literal[1, "x", None],
    h: list[Union[int, list[str]]],  # noqa: UP007
    i: Unit,
    j: list,  # type: ignore[type-arg]
    k: dict,  # type: ignore[type-arg]
    l: Optional[Literal["p", "q"]] = None,  # noqa: E741, UP045
    m: int | list[int] | None = None,
) -> None:
    """One of each.

    Args:
        a: x
        b: x
        c: x
        d: x
        e: x
        f: x
        g: x
        h: x
        i: x
        j: x
        k: x
        l: x
        m: x
    """


def nothing() -> None:
    """Do nothing."""


class Shop:
    def price(self, item: str) -> float:
        """Tell the price.

        Args:
            item: What is bought.
        """
        return 0.0
