"""What a checkpoint's configuration and the caller say about a tokenizer: limits, sides, special tokens.

tokenizer_config.json, special_tokens_map.json, config.json and keyword arguments → **Settings** → tokenizer
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, InputTypeError, InputValueError, reject_unknown_arguments, warn
from ..files import read_json
from .chat.files import read_chat_template
from .special_tokens import ROLES, content_of, row_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..hub.options import HubOptions
    from .plan_cache import PlanCache
    from .spec import Spec

__all__ = [
    "BERT_NORMALIZER",
    "VOCABULARY_SETTINGS",
    "Settings",
    "apply_settings",
    "check_given_tokens",
    "check_side",
    "read_settings",
    "split_loading",
    "with_special_tokens",
]

UNLIMITED = int(1e30)  # model_max_length when nobody has said one; the number that transformers uses

# The names that BERT's configuration has for the fields of a BertNormalizer.
BERT_NORMALIZER = {
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "handle_chinese_chars",
}
# Those that only say how a vocabulary file without tokenizer.json is to be read.
VOCABULARY_SETTINGS = {"extra_ids", "keep_accents", "split_by_punct", "trim_offsets"}
_SETTINGS = {
    *ROLES,
    *BERT_NORMALIZER,
    *VOCABULARY_SETTINGS,
    "add_bos_token",
    "add_eos_token",
    "add_prefix_space",
    "additional_special_tokens",
    "chat_control_tokens",
    "chat_template",
    "clean_up_tokenization_spaces",
    "extra_special_tokens",
    "legacy",
    "model_input_names",
    "model_max_length",
    "padding_side",
    "split_special_tokens",
    "truncation_side",
}
# Arguments of transformers that make no difference here: there is one implementation, and no code is ever loaded.
_WITHOUT_EFFECT = {"do_basic_tokenize", "from_slow", "never_split", "use_fast"}
# Models with a table of positions, of which each token takes one: the longest input is as long as the table, less the
# places that stay empty where positions are counted from the one after padding's id.
_COUNTED_FROM_ZERO = ("albert", "bert", "distilbert", "electra", "gpt2")
_COUNTED_AFTER_PADDING = ("camembert", "mpnet", "roberta", "xlm-roberta")


class Settings:
    """Settings by name: keyword arguments go before files, files before the defaults of a class.

    Attributes:
        values: all of them.
        given: only the keyword arguments.
        files: what the files said, with the keys that are not known here, to be saved again.
        tokenizer_class: the name of the class that reads these files.
        plan_cache: where the plan of a tokenizer.json is looked for and kept, or None.
        used: the names that `get` was asked for, so that an argument which nobody wanted can be refused.
    """

    __slots__ = ("files", "given", "plan_cache", "tokenizer_class", "used", "values")

    def __init__(
        self,
        given: Mapping[str, Any],
        files: Mapping[str, Any] | None = None,
        *,
        defaults: Mapping[str, Any] | None = None,
        tokenizer_class: str = "PreTrainedTokenizer",
    ) -> None:
        self.given = dict(given)
        self.files = dict(files or {})
        self.values: dict[str, Any] = {**(defaults or {}), **self.files, **self.given}
        self.tokenizer_class = tokenizer_class
        self.used: set[str] = set()
        self.plan_cache: PlanCache | None = None

    def get(self, name: str, default: Any = None) -> Any:
        """The setting `name`, or `default` when it is missing or None."""
        self.used.add(name)
        value = self.values.get(name)
        return default if value is None else value

    @property
    def roles(self) -> dict[str, Any]:
        """The special tokens by role, as the configuration writes them."""
        return {role: self.values[role] for role in ROLES if self.values.get(role) is not None}

    @property
    def extra_special_tokens(self) -> list[Any]:
        """The special tokens without a role, as the configuration writes them."""
        extra = self.get("extra_special_tokens") or self.get("additional_special_tokens") or []
        return list(extra.values() if isinstance(extra, dict) else extra)

    def side(self, name: str, block: Mapping[str, Any] | None) -> str:
        """`padding_side` or `truncation_side`; where nobody says, that of tokenizer.json's block."""
        return check_side(name, self.get(name) or str((block or {}).get("direction", "right")).lower())

    @property
    def model_max_length(self) -> int:
        """The longest input of the model in tokens; `UNLIMITED` when nobody said."""
        limit = self.get("model_max_length", UNLIMITED)
        if isinstance(limit, bool) or not isinstance(limit, (int, float)):
            raise InputTypeError(f"model_max_length must be a number, not {limit!r}")
        if limit < 1:
            raise InputValueError(f"model_max_length must be at least 1, not {limit!r}")
        return int(limit)


def check_side(name: str, value: Any) -> str:
    """`value`, if it is a side.

    Raises:
        InputValueError: it is neither 'left' nor 'right'.
    """
    if value not in ("left", "right"):
        raise InputValueError(f"{name}={value!r}: choose 'left' or 'right'")
    return str(value)


def split_loading(given: Mapping[str, Any]) -> tuple[HubOptions, dict[str, Any]]:
    """The arguments that say where to find a tokenizer, and those that say what it does."""
    from ..hub.options import HubOptions  # slow to import: dataclasses

    place, settings = HubOptions.take(given)
    if settings.pop("trust_remote_code", False):
        warn("trust_remote_code=True has no effect: leanformers never runs code from a checkpoint")
    return place, settings


def read_settings(
    folder: Path,
    given: Mapping[str, Any],
    *,
    defaults: Mapping[str, Any],
    tokenizer_class: str,
) -> Settings:
    """The settings of the tokenizer in `folder`, with the keyword arguments `given` before them.

    Raises:
        ArgumentError: an argument that does not exist.
        ConfigError: a file's value cannot be used.
    """
    from ..hub.options import HubOptions

    known = _SETTINGS | _WITHOUT_EFFECT
    reject_unknown_arguments("from_pretrained()", given.keys() - known, {*known, "plan_cache"} | HubOptions.names())
    given = {name: value for name, value in given.items() if name in _SETTINGS}
    files = _read_object(folder / "tokenizer_config.json")
    if "added_tokens_decoder" not in files:  # older checkpoints keep their special tokens in a file of their own
        files.update(_read_object(folder / "special_tokens_map.json"))
    files["chat_template"] = read_chat_template(folder, files.get("chat_template"))
    if files.get("model_max_length") is None:
        files.update(_positions(folder))
    settings = Settings(given, files, defaults=defaults, tokenizer_class=tokenizer_class)
    for token in (*settings.roles.values(), *settings.extra_special_tokens):
        try:
            content_of(token)
        except InputTypeError as error:
            if token in given.values():
                raise
            raise ConfigError(f"{folder}: {error}") from None
    return settings


def apply_settings(spec: Spec, settings: Settings) -> Spec:
    """`spec` with the special tokens that the settings name.

    Raises:
        InputValueError: the caller gave a special token that the vocabulary does not have.
    """
    _warn_of_contradiction(spec, settings)
    if spec.padding is not None:
        settings.values.setdefault("pad_token", spec.padding.get("pad_token"))
    return with_special_tokens(spec, settings)


def with_special_tokens(spec: Spec, settings: Settings) -> Spec:
    """`spec` with the special tokens of `settings` among its added tokens.

    A configuration may name a token that is not in the vocabulary yet; as in transformers it is then added. A caller
    who names one has more likely made a mistake.

    Raises:
        InputValueError: the caller gave a special token that the vocabulary does not have.
    """
    check_given_tokens(spec, settings)
    return spec.with_added_tokens(row_of(token) for token in (*settings.roles.values(), *settings.extra_special_tokens))


def check_given_tokens(spec: Spec, settings: Settings) -> None:
    """Refuse a special token of the caller that `spec` does not have.

    Raises:
        InputValueError: there is one.
    """
    for role, value in settings.given.items():
        if role in ROLES and value is not None and spec.token_to_id(content_of(value)) is None:
            raise InputValueError(f"{role}={content_of(value)!r} is not in the vocabulary of {spec.place}")


def _warn_of_contradiction(spec: Spec, settings: Settings) -> None:
    """tokenizer.json decides; transformers would follow tokenizer_config.json here, so that it must not be silent."""
    normalizers = [stage for stage in spec.normalizers if stage.core == "BertNormalizer"]
    for name, field in BERT_NORMALIZER.items():
        said = settings.files.get(name)
        if said is not None and name not in settings.given and len(normalizers) == 1:
            done = normalizers[0].fields[field]
            if done is not None and said != done:
                warn(
                    f"tokenizer_config.json says {name}={said}, but {spec.place} has {field}: {done}, and decides; "
                    f"to change it: from_pretrained(…, {name}={said})"
                )


def _positions(folder: Path) -> dict[str, int]:
    config = _read_object(folder / "config.json")
    model_type = config.get("model_type")
    positions = config.get("n_positions" if model_type == "gpt2" else "max_position_embeddings")
    if type(positions) is not int or model_type not in (*_COUNTED_FROM_ZERO, *_COUNTED_AFTER_PADDING):
        return {}
    padding = config.get("pad_token_id", 1) if model_type in _COUNTED_AFTER_PADDING else -1
    return {"model_max_length": positions - padding - 1} if type(padding) is int else {}


def _read_object(path: Path) -> dict[str, Any]:
    return read_json(path) if path.exists() else {}
