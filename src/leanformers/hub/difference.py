"""Where two checkpoints differ: keys of their configs, their tensors, their tokenizers.

two folders → **compare_checkpoints** → CheckpointDifference → `leanformers hub diff A B`
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..files import read_json
from .needs import weights_of

if TYPE_CHECKING:
    from ..tokenizers.difference import Difference

__all__ = ["CheckpointDifference", "compare_checkpoints"]


class CheckpointDifference(NamedTuple):
    """What differs; a part is empty where nothing does.

    Attributes:
        config: keys of config.json with both values; None where there is none.
        only_a, only_b: names of tensors that only one has.
        tensors: those that differ, by name: `shape` and `dtype` of both where these differ, and `max_difference`, the
            largest absolute difference of two numbers (0.0 where only the dtype differs), where the shapes are equal.
        equal_tensors: how many are equal in every byte.
        tokenizer: of the tokenizers, where both have one and they differ.
        only_one_has_tokenizer: "a" or "b".
    """

    config: dict[str, tuple[Any, Any]]
    only_a: list[str]
    only_b: list[str]
    tensors: dict[str, dict[str, Any]]
    equal_tensors: int
    tokenizer: Difference | None
    only_one_has_tokenizer: str | None

    def __bool__(self) -> bool:
        found = (self.config, self.only_a, self.only_b, self.tensors, self.tokenizer, self.only_one_has_tokenizer)
        return any(bool(part) for part in found)


def compare_checkpoints(a: Path, b: Path) -> CheckpointDifference:
    """Everything in which two folders differ; false when there is nothing.

    Raises:
        FileFormatError: a file is broken.
    """
    configs = [read_json(folder / "config.json") if (folder / "config.json").is_file() else {} for folder in (a, b)]
    keys = sorted(configs[0].keys() | configs[1].keys())
    config = {
        key: (configs[0].get(key), configs[1].get(key)) for key in keys if configs[0].get(key) != configs[1].get(key)
    }
    only_a, only_b, tensors, equal = _compare_tensors(a, b)
    tokenizer, only_one = _compare_tokenizers(a, b)
    return CheckpointDifference(config, only_a, only_b, tensors, equal, tokenizer, only_one)


def _compare_tensors(a: Path, b: Path) -> tuple[list[str], list[str], dict[str, dict[str, Any]], int]:
    have = [bool(weights_of([path.name for path in folder.iterdir()])) for folder in (a, b)]
    if not any(have):
        return [], [], {}, 0
    import torch

    from ..models.checkpoint import Checkpoint

    first, second = (
        Checkpoint.open(folder).tensors if there else {} for folder, there in zip((a, b), have, strict=True)
    )
    changed: dict[str, dict[str, Any]] = {}
    for name in sorted(first.keys() & second.keys()):
        x, y = first[name], second[name]
        found: dict[str, Any] = {}
        if x.shape != y.shape:
            found["shape"] = (tuple(x.shape), tuple(y.shape))
        if x.dtype != y.dtype:
            found["dtype"] = tuple(str(tensor.dtype).removeprefix("torch.") for tensor in (x, y))
        same = not found and torch.equal(
            x.contiguous().view(-1).view(torch.uint8), y.contiguous().view(-1).view(torch.uint8)
        )
        if same:
            continue
        if x.shape == y.shape:
            found["max_difference"] = float((x.double() - y.double()).abs().max()) if x.numel() else 0.0
        changed[name] = found
    both = len(first.keys() & second.keys())
    return sorted(first.keys() - second.keys()), sorted(second.keys() - first.keys()), changed, both - len(changed)


def _compare_tokenizers(a: Path, b: Path) -> tuple[Difference | None, str | None]:
    from ..tokenizers.auto_tokenizer import AutoTokenizer
    from ..tokenizers.difference import compare_tokenizers
    from ..tokenizers.formats import found_files

    have = [bool(found_files(folder)) for folder in (a, b)]
    if not all(have):
        return None, {(True, False): "a", (False, True): "b"}.get((have[0], have[1]))
    found = compare_tokenizers(AutoTokenizer.from_pretrained(a), AutoTokenizer.from_pretrained(b))
    return found or None, None
