"""Config: what config.json says about a model, under its own keys. The first thing that is read; needs no torch."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from .errors import ArgumentError, ConfigError, near_names, reject_unknown_arguments
from .files import read_json, save_files, write_json
from .hub.options import HubOptions
from .hub.publish import Publication, publish
from .hub.publishable import Publishable
from .hub.resolve import Need, locate

if TYPE_CHECKING:
    from typing_extensions import Self

    from .hub.card import CardFacts
    from .models.arch import Architecture

__all__ = ["Config"]

# What every model understands, with the value that an absent key stands for.
_COMMON: dict[str, Any] = {
    "architectures": None,
    "chunk_size_feed_forward": 0,
    "decoder_start_token_id": None,
    "dtype": None,
    "id2label": None,
    "is_encoder_decoder": False,
    "label2id": None,
    "num_labels": None,
    "output_attentions": False,
    "output_hidden_states": False,
    "pad_token_id": None,
    "problem_type": None,
    "return_dict": True,
    "torch_dtype": None,
    "transformers_version": None,
}
_LABELS = ("id2label", "label2id", "num_labels")


class Config(Publishable):
    """The settings of a model: the keys of its config.json, as attributes and as items.

    Keys that nobody here knows are kept and written back. Absent keys read as the defaults of the architecture. Where
    an architecture has names of its own (DistilBERT's `dim`), the common name (`hidden_size`) reads and sets the same
    value.

    Labels behave as in `transformers`: `num_labels` is the length of `id2label` (2 when there is none, 3 in BART);
    setting it to another number makes new labels `LABEL_0`, `LABEL_1`, …; the keys of `id2label` are integers.

    Args:
        model_type: the architecture, e.g. "bert".
        values: any keys of config.json.

    Raises:
        ArgumentError: a key that looks like a misspelt one.

    Example:
        >>> config = Config(model_type="bert", hidden_size=48, num_attention_heads=4)
        >>> config.hidden_size, config["num_hidden_layers"], config.num_labels
        (48, 12, 2)
    """

    _values: dict[str, Any]
    _defaults: Mapping[str, Any]
    _names: Mapping[str, str]

    def __init__(self, model_type: str, **values: Any) -> None:
        architecture = _architecture(model_type)
        if architecture is not None:
            for name in values.keys() - _known(architecture):
                hint = near_names(name, _known(architecture))
                if hint:
                    raise ArgumentError(f"Config has no key {name!r}{hint}")
        self._fill({"model_type": model_type, **values})
        self._values.update({name: copy(value) for name, value in self._defaults.items() if name not in self._values})

    def _fill(self, values: Mapping[str, Any]) -> None:
        model_type = values.get("model_type")
        architecture = _architecture(model_type) if isinstance(model_type, str) else None
        names = architecture.attribute_map if architecture is not None else {}
        own = {name if names.get(name, name) in values else names.get(name, name): v for name, v in values.items()}
        labels = {name: own.pop(name) for name in _LABELS if name in own}
        object.__setattr__(self, "_values", own)
        object.__setattr__(self, "_defaults", architecture.defaults if architecture is not None else {})
        object.__setattr__(self, "_names", names)
        self._set_labels(**labels)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The config with exactly these keys; unknown ones are kept.

        Raises:
            ConfigError: `model_type` is missing or empty, or the labels are no labels.
        """
        model_type = values.get("model_type")
        if not isinstance(model_type, str) or not model_type:
            raise ConfigError(f'"model_type" must name an architecture, for example "bert"; it is {model_type!r}')
        config = cls.__new__(cls)
        config._fill(values)
        return config

    @classmethod
    def from_pretrained(cls, name: str | os.PathLike[str], **options: Any) -> Self:
        """The config of a model folder or repository, with single keys overridden.

        Args:
            name: a folder, a repository on the Hub, or "leanformers/tiny-sentiment".
            options: where to find it, as `HubOptions`; other names are keys of the config.

        Raises:
            MissingFileError: no such folder or repository, or it has no config.json.
            HubError: the Hub refuses or fails.
            FileFormatError: config.json is broken.
            ConfigError: it names no architecture.
            ArgumentError: an override that is no key of this config.

        Example:
            >>> Config.from_pretrained("leanformers/tiny-sentiment").model_type
            'bert'
        """
        place, overrides = HubOptions.take(options)
        config, _ = cls.locate(name, place)
        config.override("from_pretrained", overrides)
        return config

    @classmethod
    def locate(cls, name: str | os.PathLike[str], place: HubOptions) -> tuple[Self, HubOptions]:
        """The config, and options for the rest of its files, which are then of the same commit."""
        located = locate(name, place, Need.CONFIG)
        path = located.folder / "config.json"
        values = read_json(path)
        try:
            return cls.from_dict(values), place.at(located.commit)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None

    def override(self, call: str, values: Mapping[str, Any]) -> None:
        """Set several keys that must exist; `call` is named in the error.

        Raises:
            ArgumentError: a key that this config does not have.
        """
        known = {*self._values, *self._defaults, *self._names, *_COMMON}
        reject_unknown_arguments(call, (name for name in values if name not in known), known)
        labels = {name: value for name, value in values.items() if name in _LABELS and value is not None}
        if "num_labels" in labels and "id2label" in labels and labels["num_labels"] != len(labels["id2label"]):
            count = len(labels["id2label"])
            raise ArgumentError(f"num_labels={labels['num_labels']} contradicts id2label, which has {count} labels")
        self._set_labels(**labels)
        for name, value in values.items():
            if name not in _LABELS:
                setattr(self, name, value)

    def save_pretrained(self, folder: str | os.PathLike[str], *, push_to_hub: bool = False, **publishing: Any) -> None:
        """Write config.json into `folder`, whole or not at all; and push it with the arguments of `push_to_hub`."""
        publication = Publication.of_save(folder, push_to_hub, publishing)
        save_files(folder, {"config.json": write_json(self.to_dict())})
        if publication is not None:
            publish(self, publication)

    def card_facts(self) -> CardFacts:
        """What a model card says about it."""
        from .hub.card import CardFacts

        return CardFacts.of_classes("AutoConfig", tags=(self.model_type,))

    def to_dict(self) -> dict[str, Any]:
        """The keys and values as they would be written to config.json."""
        return dict(self._values)

    def copy(self) -> Self:
        """A config of its own with the same values."""
        return self.from_dict(json.loads(json.dumps(self.to_dict(), default=str)))

    # ---- labels ----

    @property
    def num_labels(self) -> int:
        """How many labels a classifier of this config has."""
        labels: dict[int, str] = self.id2label
        return len(labels)

    def _set_labels(
        self,
        num_labels: int | None = None,
        id2label: Mapping[Any, str] | None = None,
        label2id: Mapping[str, int] | None = None,
    ) -> None:
        if id2label is not None:
            try:
                labels = {int(number): label for number, label in id2label.items()}
            except (AttributeError, TypeError, ValueError):
                raise ConfigError(f"id2label must map numbers to labels, not {id2label!r}") from None
            self._values["id2label"] = labels
            self._values["label2id"] = dict(label2id or {label: number for number, label in labels.items()})
            return
        if num_labels is not None and num_labels != self.num_labels:
            if not isinstance(num_labels, int) or isinstance(num_labels, bool) or num_labels < 1:
                raise ConfigError(f"num_labels must be a number of at least 1, not {num_labels!r}")
            self._set_labels(id2label={number: f"LABEL_{number}" for number in range(num_labels)})
        if label2id is not None:
            self._values["label2id"] = dict(label2id)

    # ---- reading and setting ----

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_values" not in self.__dict__:  # copy and pickle ask before there is anything
            raise AttributeError(name)
        name = self._names.get(name, name)
        if name in self._values:
            return self._values[name]
        if name == "id2label":
            return dict(self._defaults.get("id2label") or {0: "LABEL_0", 1: "LABEL_1"})
        if name == "label2id":
            return {label: number for number, label in self.id2label.items()}
        if name in self._defaults:
            return self._defaults[name]
        if name in _COMMON:
            return _COMMON[name]
        known = {*self._values, *self._defaults, *self._names, *_COMMON}
        raise AttributeError(f"this {self._values['model_type']} config has no key {name!r}{near_names(name, known)}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _LABELS:
            self._set_labels(**{name: value})
        else:
            self._values[self._names.get(name, name)] = value

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self, name)
        except AttributeError as error:
            raise KeyError(str(error)) from None

    __setitem__ = __setattr__

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and hasattr(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a key, or `default` when there is no such key."""
        return getattr(self, name, default)

    def __getstate__(self) -> dict[str, Any]:
        return self.to_dict()

    def __setstate__(self, values: dict[str, Any]) -> None:
        self._fill(values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Config) and self._values == other._values

    __hash__ = None  # type: ignore[assignment]  # it can be changed

    def __repr__(self) -> str:
        return f"Config {json.dumps(self.to_dict(), indent=2, ensure_ascii=False, default=str)}"

    # ---- checked reading, for the wiring of an architecture ----

    def integer(self, key: str, *, at_least: int = 1) -> int:
        """The whole number under `key`; ConfigError if it is none or too small."""
        value = getattr(self, key)
        if not isinstance(value, int) or isinstance(value, bool) or value < at_least:
            raise ConfigError(f"config: {key} must be a whole number of at least {at_least}, not {value!r}")
        return value

    def number(self, key: str, *, below: float | None = None) -> float:
        """The number from 0 up to `below` under `key`; ConfigError if it is none."""
        value = getattr(self, key)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= (below or float("inf")):
            limits = f"from 0 to {below}" if below is not None else "of at least 0"
            raise ConfigError(f"config: {key} must be a number {limits}, not {value!r}")
        return float(value)

    def divided(self, width: str, heads: str) -> tuple[int, int]:
        """The whole numbers under both keys; ConfigError if the width does not divide evenly among the heads."""
        numbers, parts = self.integer(width), self.integer(heads)
        if numbers % parts:
            raise ConfigError(f"config: {width} {numbers} is not a multiple of {heads} {parts}")
        return numbers, parts

    def choice(self, key: str, choices: Sequence[Any]) -> Any:
        """The value under `key`, one of `choices`; ConfigError with the choices and the nearest one otherwise."""
        value = getattr(self, key)
        if value not in choices:
            hint = near_names(value, [str(choice) for choice in choices]) if isinstance(value, str) else ""
            listed = ", ".join(repr(choice) for choice in choices)
            raise ConfigError(f"config: {key} is {value!r}, which is not known here{hint}; choices: {listed}")
        return value

    def activation_named(self, key: str) -> str:
        """The activation under `key`, as the wiring calls it; ConfigError with the choices if it is not known."""
        from .models.wiring import ACTIVATIONS

        return ACTIVATIONS[self.choice(key, [*ACTIVATIONS])]


def _architecture(model_type: str) -> Architecture | None:
    from .models.arch import ARCHITECTURES

    return ARCHITECTURES.get(model_type)


def _known(architecture: Architecture) -> set[str]:
    return {*architecture.defaults, *architecture.optional_keys, *architecture.attribute_map, *_COMMON}
