"""Weights: a checkpoint's tensors into a model, strictly. Every name hits one weight or is reported."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor

from ..config import Config
from ..errors import ArchitectureError, FileFormatError, MissingWeightsError, ShapeError, warn
from ..hub.options import HubOptions
from ..hub.resolve import Need, locate
from ..ops.devices import device_named, dtype_named
from .arch import ARCHITECTURES, Architecture
from .checkpoint import Checkpoint
from .initial import initialise_module
from .layout import rows_of
from .places import Place, match, places_of

if TYPE_CHECKING:
    from .model import PreTrainedModel

__all__ = ["LoadReport", "load"]

M = TypeVar("M", bound="PreTrainedModel")


@dataclass(frozen=True)
class LoadReport:
    """What loading found.

    Attributes:
        files: the weight files.
        missing_head: weights that the checkpoint lacks and that start new.
        unexpected: names in the checkpoint that this model has no place for; not loaded.
        mismatched: of `missing_head`, those that the checkpoint has in another shape: (name, its shape, the model's).
        passengers: tensors that nothing reads; kept, and written back on saving.
        aliases: names of the model → how the checkpoint spells them; saving restores the spelling.
    """

    files: tuple[Path, ...] = ()
    missing_head: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    passengers: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict, repr=False)
    mismatched: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...] = ()

    def loading_info(self) -> dict[str, Any]:
        """The same under the names that transformers uses for `output_loading_info`."""
        other_shape = {name for name, _, _ in self.mismatched}
        return {
            "missing_keys": [name for name in self.missing_head if name not in other_shape],
            "unexpected_keys": list(self.unexpected),
            "mismatched_keys": list(self.mismatched),
            "error_msgs": [],
        }


def load(
    kind: type[M],
    name: str | os.PathLike[str],
    *,
    config: Config | None = None,
    dtype: Any = "auto",
    device_map: Any = None,
    options: dict[str, Any] | None = None,
    say: bool = True,
) -> M:
    """The work of `PreTrainedModel.from_pretrained`. `say=False` leaves out the warning about new weights."""
    place, options = HubOptions.take(options or {})
    dtype = options.pop("torch_dtype", None) or dtype or "auto"  # the older name of the argument
    wanted = None if dtype == "auto" else dtype_named(dtype)
    device = None if device_map is None else device_named(device_map)
    arguments = {key: options.pop(key) for key in ("add_pooling_layer",) if key in options}
    replace_mismatched = bool(options.pop("ignore_mismatched_sizes", False))
    check_finite = bool(options.pop("check_finite", False))
    if options.pop("trust_remote_code", False):
        warn("trust_remote_code=True has no effect: leanformers never runs code from a checkpoint")
    if config is None:
        config, place = Config.locate(name, place)
    else:
        config = config.copy()
    config.override("from_pretrained", options)
    with torch.inference_mode(False), torch.device("meta"):
        model = kind(config, **arguments)
    located = locate(name, place, Need.MODEL)  # after the model is known to be one of ours: this may fetch gigabytes
    with torch.inference_mode(False), torch.no_grad():
        checkpoint = Checkpoint.open(located.folder, variant=place.variant, file=located.weights)
        _fill(model, checkpoint, wanted, replace_mismatched)
        if check_finite:
            _refuse_not_finite(model, checkpoint)
    report = model.load_report
    if say and report is not None and report.missing_head:
        count = len(report.missing_head)
        warn(
            f"{kind.__name__}: {count} weights are not in {checkpoint.files[0]} and start new, from a fixed seed: "
            f"{', '.join(report.missing_head)}. Train them before their outputs are used."
        )
    model.read_companions(located.folder)
    model = model.eval()
    return model if device is None else model.to(device)


def _fill(model: PreTrainedModel, checkpoint: Checkpoint, dtype: torch.dtype | None, replace_mismatched: bool) -> None:
    """Put the checkpoint's tensors into a model on the meta device."""
    _untie(model, checkpoint)
    places = places_of(model)
    found, passengers, unexpected = match(model, places, list(checkpoint.tensors))
    missing = [name for name in places if name not in found]
    _refuse_foreign(model, checkpoint, places, found, missing)
    mismatched = {name for name, spelled in found.items() if checkpoint.tensors[spelled].shape != places[name].shape}
    replaced = []
    if replace_mismatched:
        for name in sorted(name for name in mismatched if places[name].head):
            replaced.append((name, tuple(checkpoint.tensors[found[name]].shape), places[name].shape))
            mismatched.remove(name)
            missing.append(name)
            del found[name]
    _refuse_shapes(model, checkpoint, places, found, sorted(mismatched))
    dtype = dtype or _common_dtype(model.config, [checkpoint.tensors[spelled] for spelled in found.values()])
    _fill_shift(model, checkpoint, dtype, unexpected)
    generator = torch.Generator().manual_seed(0)
    for mount in {id(places[name].mount.module): places[name].mount for name in missing}.values():
        mount.module.to_empty(device="cpu").to(dtype)
        initialise_module(mount.module, model.spread_of(mount.slot), generator)
    for name, spelled in found.items():
        places[name].put(checkpoint.read(spelled, dtype))
    model.tie_weights()
    spellings = {s: name for name in reversed(unexpected) for s in model.architecture.layout.spellings(name)}
    for name, canonical in model.tied.items():
        if name in spellings:  # the checkpoint has it twice
            spelled = spellings[name]
            _refuse_untied(checkpoint, spelled, canonical, found)
            unexpected.remove(spelled)
            passengers.append(spelled)
    model.passengers = {name: checkpoint.tensors[name] for name in passengers}
    # A new head makes another kind of checkpoint, so the old one's spelling is kept only where all came from it.
    aliases = {name: spelled for name, spelled in found.items() if name != spelled}
    model.aliases = {} if missing else aliases
    model.load_report = LoadReport(
        checkpoint.files,
        tuple(sorted(missing)),
        tuple(sorted(unexpected)),
        tuple(sorted(passengers)),
        aliases,
        tuple(replaced),
    )


def _untie(model: PreTrainedModel, checkpoint: Checkpoint) -> None:
    """Let go the ties that a checkpoint does not keep, where the architecture allows it."""
    layout = model.architecture.layout
    tensors = checkpoint.tensors
    for name, canonical in model.tied.items():
        twice = name in layout.loose and name in tensors and canonical in tensors
        if twice and not torch.equal(tensors[name], tensors[canonical]):
            model.untie(name)


def _fill_shift(model: PreTrainedModel, checkpoint: Checkpoint, dtype: torch.dtype, unexpected: list[str]) -> None:
    """Put what is added to a head's output into its place; zeros where the checkpoint has none."""
    name = model.architecture.layout.shifts.get(model.task)
    if name is None:
        return
    empty = model.get_buffer(name)
    given = checkpoint.tensors.get(name)
    if given is None:
        given = torch.zeros(empty.shape)
    else:
        unexpected.remove(name)
    if given.shape != empty.shape:
        raise ShapeError(
            f"{checkpoint.files[0]}: {name} is {tuple(given.shape)}, the config makes it {tuple(empty.shape)}"
        )
    setattr(model, name, given.to(dtype))


def _refuse_foreign(
    model: PreTrainedModel,
    checkpoint: Checkpoint,
    places: Mapping[str, Place],
    found: Mapping[str, str],
    missing: list[str],
) -> None:
    body = [name for name in missing if not places[name].head]
    if not body:
        return
    wanted, file = model.architecture, checkpoint.files[0]
    if not any(not places[name].head for name in found):
        other = _recognise(list(checkpoint.tensors))
        known = other is not None and other.model_type != wanted.model_type
        looks = f"; it looks like {other.title} ({other.model_type!r})" if other and known else ""
        count, first = len(checkpoint.tensors), next(iter(checkpoint.tensors), "nothing")
        raise ArchitectureError(
            f"{file} holds no weights of {wanted.title} ({wanted.model_type!r}){looks}: none of its {count} names fits "
            f"{type(model).__name__}, first {first}"
        )
    listed = ", ".join(body[:10]) + (f" and {len(body) - 10} more" if len(body) > 10 else "")
    share = f"{len(body)} of the {len(places)} weights"
    raise MissingWeightsError(f"{file} lacks {share} of {type(model).__name__}: {listed}")


def _refuse_untied(checkpoint: Checkpoint, name: str, canonical: str, found: Mapping[str, str]) -> None:
    spelled = found.get(canonical)
    if spelled is not None and not torch.equal(checkpoint.tensors[name], checkpoint.tensors[spelled]):
        raise FileFormatError(
            f"{checkpoint.files[0]} has other numbers in {name} than in {spelled}, but the config ties them; load it "
            "with tie_word_embeddings=False"
        )


def _refuse_not_finite(model: PreTrainedModel, checkpoint: Checkpoint) -> None:
    """Look at every number of the model."""
    for name, weight in model.named_parameters():
        wrong = weight.numel() - int(torch.isfinite(weight).sum())
        if wrong:
            aliases = model.load_report.aliases if model.load_report else {}
            file = checkpoint.places.get(aliases.get(name, name), checkpoint.files[0])
            raise FileFormatError(
                f"{file}: {wrong} of the {weight.numel()} numbers of {name} are NaN or infinite as {weight.dtype}: the "
                "file is damaged, its training failed, or the dtype is too narrow for it"
            )


def _recognise(names: list[str]) -> Architecture | None:
    """The registered architecture that most of the names belong to."""

    def hits(architecture: Architecture) -> int:
        layout = architecture.layout
        own = {row for row, _ in rows_of(layout.base, 1)}
        return sum(spelled.rpartition(".")[0] in own for name in names for spelled in layout.spellings(name))

    best = max(ARCHITECTURES.values(), key=hits)
    return best if hits(best) else None


def _refuse_shapes(
    model: PreTrainedModel,
    checkpoint: Checkpoint,
    places: Mapping[str, Place],
    found: Mapping[str, str],
    mismatched: list[str],
) -> None:
    if not mismatched:
        return
    lines = []
    for name in mismatched:
        expected, actual = places[name].shape, tuple(checkpoint.tensors[found[name]].shape)
        sizes = {e for e, a in zip(expected, actual, strict=False) if e != a}
        values = {**model.config.to_dict(), "num_labels": model.config.num_labels}
        keys = [key for key, value in values.items() if type(value) is int and value in sizes]
        blame = f" (config: {', '.join(f'{key}={values[key]}' for key in keys)})" if keys else ""
        lines.append(f"{found[name]} is {actual}, the config makes it {expected}{blame}")
    more = f"; and {len(lines) - 5} more" if len(lines) > 5 else ""
    advice = ""
    if all(places[name].head for name in mismatched):
        advice = "; ignore_mismatched_sizes=True starts this head new"
    raise ShapeError(f"{checkpoint.files[0]} does not fit the config: {'; '.join(lines[:5])}{more}{advice}")


def _common_dtype(config: Config, tensors: list[Tensor]) -> torch.dtype:
    """The dtype that all weights of a checkpoint have; of a mixed one, what its config says, else float32."""
    dtypes = {tensor.dtype for tensor in tensors if tensor.is_floating_point()}
    if len(dtypes) == 1:
        return dtypes.pop()
    named = config.dtype or config.torch_dtype
    return dtype_named(named) if named else torch.float32
