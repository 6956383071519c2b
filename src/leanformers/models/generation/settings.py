"""Settings of generation: the arguments of `generate`, over generation_config.json, over the defaults. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import ConfigError, InputValueError, near_names, reject_unknown_arguments
from ...files import read_json

__all__ = ["FILE", "SETTINGS", "GenerationConfig"]

FILE = "generation_config.json"
DEFAULTS: dict[str, Any] = {
    "bos_token_id": None,
    "decoder_start_token_id": None,
    "do_sample": False,
    "early_stopping": False,
    "eos_token_id": None,
    "forced_bos_token_id": None,
    "forced_eos_token_id": None,
    "length_penalty": 1.0,
    "max_length": None,
    "max_new_tokens": None,
    "min_length": None,
    "min_new_tokens": None,
    "no_repeat_ngram_size": None,
    "min_p": None,
    "num_beams": 1,
    "num_return_sequences": 1,
    "pad_token_id": None,
    "repetition_penalty": 1.0,
    "stop_strings": None,
    "temperature": 1.0,
    "top_k": 50,
    "top_p": 1.0,
}
SETTINGS = tuple(DEFAULTS)
_LENGTHS = ("max_new_tokens", "max_length")
_NEW_TOKENS = 20  # where no length is asked for, as in the reference
# Settings of the reference that change what is written and are not known here: refused rather than ignored.
_FOREIGN = (
    "bad_words_ids",
    "constraints",
    "diversity_penalty",
    "epsilon_cutoff",
    "eta_cutoff",
    "exponential_decay_length_penalty",
    "force_words_ids",
    "guidance_scale",
    "penalty_alpha",
    "prompt_lookup_num_tokens",
    "sequence_bias",
    "suppress_tokens",
    "begin_suppress_tokens",
    "typical_p",
)


class GenerationConfig:
    """How a model writes: keys of generation_config.json, as attributes.

    Args:
        values: any keys; those that are not known here are kept for saving.

    Attributes:
        do_sample: draw tokens; otherwise the most probable one is taken.
        temperature, top_k, top_p, min_p: shape what is drawn from.
        repetition_penalty: divides the scores of tokens that were there before.
        num_beams, length_penalty, early_stopping: beam search.
        no_repeat_ngram_size: so many ids in a row do not come twice in a text.
        max_new_tokens, max_length, min_new_tokens, min_length: lengths; 20 new tokens if none is given.
        eos_token_id: an id, or several, that end a text.
        decoder_start_token_id: what an encoder–decoder begins to write behind.
        forced_bos_token_id, forced_eos_token_id: what it writes first behind that, and where the room ends.
        stop_strings: texts that end a text; they need the tokenizer.
        num_return_sequences: texts for each prompt.

    Example:
        >>> settings = GenerationConfig({"do_sample": True})
        >>> settings.top_k
        50
        >>> settings.top_k = 20
    """

    values: dict[str, Any]

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        object.__setattr__(self, "values", dict(values or {}))

    @classmethod
    def read(cls, folder: Path) -> GenerationConfig:
        """That of a folder.

        Raises:
            MissingFileError, FileFormatError: it has none, or a broken one.
        """
        return cls(read_json(folder / FILE))

    @classmethod
    def of_model(cls, config: Any) -> GenerationConfig:
        """What a model's config.json says: ids, and in older folders the other settings too."""
        names = (*DEFAULTS, *_FOREIGN)
        return cls({name: config.get(name) for name in names if config.get(name) is not None})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "values" not in self.__dict__:  # copy and pickle ask before there is anything
            raise AttributeError(name)
        value = self.values.get(name)
        if value is not None:
            return value
        if name in DEFAULTS:
            return DEFAULTS[name]
        raise AttributeError(f"there is no generation setting {name!r}{near_names(name, DEFAULTS)}")

    def __setattr__(self, name: str, value: Any) -> None:
        known = {*DEFAULTS, *_FOREIGN, *self.values}
        if name not in known:
            raise AttributeError(f"there is no generation setting {name!r}{near_names(name, known)}")
        self.values[name] = value

    def updated(self, call: str, given: Mapping[str, Any]) -> GenerationConfig:
        """These settings with the arguments of a call, checked.

        Raises:
            ArgumentError: an argument that does not exist.
            InputValueError: a value that makes no sense, or a setting of the reference that is not known here.
        """
        reject_unknown_arguments(call, (name for name in given if name not in DEFAULTS), DEFAULTS)
        settings = GenerationConfig(given).over(self.values)
        settings.check()
        return settings

    def over(self, others: Mapping[str, Any]) -> GenerationConfig:
        """These settings, and those of `others` that they say nothing of. A length here rules all lengths there."""
        own = {name: value for name, value in self.values.items() if value is not None}
        ruled = _LENGTHS if any(name in own for name in _LENGTHS) else ()
        return GenerationConfig({**{name: value for name, value in others.items() if name not in ruled}, **own})

    def check(self) -> None:
        """Raise InputValueError for values that make no sense."""
        neutral: tuple[Any, ...] = (None, 0, 0.0, 1.0, [], {})
        for name in _FOREIGN:
            if self.values.get(name) not in neutral:
                raise InputValueError(f"generation: {name}={self.values[name]!r} is not known here; set it to None")
        for name in ("num_beams", "num_return_sequences", "max_new_tokens", "max_length"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
                raise InputValueError(f"{name} must be a number of at least 1, not {value!r}")
        for name in ("temperature", "repetition_penalty"):
            value = getattr(self, name)
            if not isinstance(value, (int, float)) or value <= 0:
                hint = "; for the most probable tokens use do_sample=False" if name == "temperature" else ""
                raise InputValueError(f"{name} must be a number above 0, not {value!r}{hint}")
        if not isinstance(self.top_k, int) or self.top_k < 0:
            raise InputValueError(f"top_k must be a number of at least 0 (0: all), not {self.top_k!r}")
        for name in ("min_new_tokens", "min_length", "no_repeat_ngram_size"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
                raise InputValueError(f"{name} must be a number of at least 0, not {value!r}")
        for name in ("top_p", "min_p"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise InputValueError(f"{name} must be a number from 0 to 1, not {value!r}")
        if self.early_stopping not in (True, False, "never"):
            raise InputValueError(f'early_stopping must be True, False or "never", not {self.early_stopping!r}')
        if self.do_sample and self.num_beams > 1:
            raise InputValueError("num_beams above 1 with do_sample=True is not known here; choose one of them")
        most = self.num_beams if self.num_beams > 1 else None
        if most and self.num_return_sequences > most:
            raise InputValueError(f"num_return_sequences {self.num_return_sequences} is above num_beams {most}")
        if self.num_return_sequences > 1 and not most and not self.do_sample:
            raise InputValueError("num_return_sequences above 1 needs do_sample=True or num_beams: all would be equal")

    @property
    def ends(self) -> tuple[int, ...]:
        """The ids that end a text."""
        ids = self.eos_token_id
        return () if ids is None else tuple(ids) if isinstance(ids, (list, tuple)) else (ids,)

    @property
    def start(self) -> int:
        """What an encoder–decoder begins to write behind.

        Raises:
            ConfigError: there is no such id.
        """
        for token in (self.decoder_start_token_id, self.bos_token_id):
            if token is not None:
                return int(token)
        raise ConfigError("config: there is no decoder_start_token_id, behind which the model could begin to write")

    @property
    def padding(self) -> int:
        """The id that fills up texts that ended early."""
        pad: int | None = self.pad_token_id
        return pad if pad is not None else next(iter(self.ends), 0)

    def new_tokens(self, width: int) -> int:
        """How many tokens may be written behind prompts in a batch of `width` columns.

        Raises:
            InputValueError: `max_length` leaves no room.
        """
        if self.max_new_tokens is not None:
            return int(self.max_new_tokens)
        if self.max_length is None:
            return _NEW_TOKENS
        if self.max_length <= width:
            raise InputValueError(
                f"max_length {self.max_length} leaves no room behind prompts of {width} tokens; give max_new_tokens"
            )
        return int(self.max_length) - width
