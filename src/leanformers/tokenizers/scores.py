"""The scores of a Unigram model as JSON text: read as the reference reads them, written so that every reader gets them.

tokenizer.json → **numbers** → Spec; Spec → **text** → tokenizer.json

`tokenizers` reads a decimal such as -3.42 in two steps that each round: its digits as one whole number of 64 bits, made
a double, times or divided by a power of ten, which is a double too (serde_json without its feature `float_roundtrip`).
Every fourth score of a real vocabulary comes out one unit in the last place off, which decides between splits of equal
score. The ids of a tokenizer.json are those that follow from this reading.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["document_to_json", "has_scores", "read_score", "score_to_json"]

_POWERS = [float(f"1e{exponent}") for exponent in range(309)]
_MOST_DIGITS = 2**64 - 1
_EXACT_POWER = 22  # 10**22 is the highest power of ten that a double holds exactly
_WHOLE = 2.0**52  # doubles from here on have no fraction


def has_scores(text: str) -> bool:
    """Whether the text of a tokenizer.json can have a Unigram model, whose scores are to be read by `read_score`."""
    return '"Unigram"' in text or '"unk_id"' in text


def read_score(text: str) -> float:
    """The number that the reference reads from a JSON number; for `json.loads(…, parse_float=read_score)`.

    >>> float("-2.0122928619384766"), read_score("-2.0122928619384766")
    (-2.0122928619384766, -2.012292861938477)
    """
    number, _, exponent_text = text.lower().partition("e")
    whole, _, fraction = number.partition(".")
    negative = whole.startswith("-")
    digits = (whole[1:] if negative else whole) + fraction
    exponent = int(exponent_text or 0) - len(fraction)
    if len(digits) > 19:
        digits, dropped = _cut(digits)
        exponent += dropped
    value = float(int(digits))
    while exponent < -308 and value:
        value /= 1e308
        exponent += 308
    if exponent > 308 and value:
        value = math.inf
    elif value:
        value = value * _POWERS[exponent] if exponent >= 0 else value / _POWERS[-exponent]
    return -value if negative else value


def _cut(digits: str) -> tuple[str, int]:
    """The digits up to the first that makes the number too large for 64 bits, and how many were dropped."""
    digits = digits.lstrip("0") or "0"
    keep = min(len(digits), 20)
    if int(digits[:keep]) > _MOST_DIGITS:
        keep = 19
    return digits[:keep], len(digits) - keep


def score_to_json(score: float) -> str:
    """A decimal that the reference reads as exactly `score`, and any reader that rounds correctly too.

    A decimal whose digits are themselves a double, over a power of ten of at most 22, needs one rounding only. Of the
    doubles of a real vocabulary, 99.9 % have one; for others it is the shortest decimal, which the reference reads one
    unit in the last place off.

    >>> score_to_json(-3.5), score_to_json(-2.0122928619384766)
    ('-3.5', '-2.012292861938476544')
    """
    shortest = repr(float(score))
    if read_score(shortest) == score:
        return shortest
    sign, size = ("-" if score < 0 else ""), abs(score)
    for power in range(_EXACT_POWER, 0, -1):
        near = size * _POWERS[power]
        if near > _MOST_DIGITS:
            continue
        if near < _WHOLE:
            break
        for digits in (near, math.nextafter(near, 0.0), math.nextafter(near, math.inf)):
            if digits < _MOST_DIGITS and digits.is_integer() and digits / _POWERS[power] == size:
                text = f"{int(digits):0{power + 1}}"
                return f"{sign}{text[:-power]}.{text[-power:]}"
    return shortest


def document_to_json(document: dict[str, Any]) -> str:
    """`document`, the content of a tokenizer.json, as text; scores, if it has any, as `score_to_json` writes them."""
    model = document["model"]
    if not isinstance(model.get("vocab"), list):
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    # The model goes to the end, and its vocabulary to the model's end, so that it can be written by hand.
    others = {name: value for name, value in document.items() if name != "model"}
    rest = {name: value for name, value in model.items() if name != "vocab"}
    text = json.dumps({**others, "model": {**rest, "vocab": []}}, ensure_ascii=False, indent=2)
    end = "[]\n  }\n}"
    return text.removesuffix(end) + "[\n" + ",\n".join(_rows(model["vocab"])) + "\n    ]\n  }\n}\n"


def _rows(vocabulary: list[Any]) -> Iterator[str]:
    for piece, score in vocabulary:
        yield f"      [\n        {json.dumps(piece, ensure_ascii=False)},\n        {score_to_json(score)}\n      ]"
