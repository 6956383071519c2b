"""A tokenizer as a thing that is loaded, kept, copied and saved: the compiled core beside the settings it came with.

formats/ and settings.py → **StoredTokenizer** → PreTrainedTokenizer, which adds the calls; saving.py
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..errors import MissingFileError
from ..hub.publishable import Publishable
from .chat.files import ChatTemplateSetting
from .decoding import Decoding
from .formats import found_files, looked_for, read_spec
from .saving import save_tokenizer
from .settings import Settings, apply_settings, read_settings, split_loading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Self

    from ..hub.card import CardFacts
    from .plan_cache import PlanCache
    from .spec import Spec

__all__ = ["StoredTokenizer"]

_COLUMNS = ("input_ids", "token_type_ids", "attention_mask")


class StoredTokenizer(Decoding, Publishable):
    """The part of a tokenizer that comes from files and goes back to them."""

    is_fast = True
    chat_template = ChatTemplateSetting()
    _defaults: Mapping[str, Any] = {"model_input_names": ("input_ids", "attention_mask")}

    def __init__(self, spec: Spec, settings: Settings | None = None, *, name_or_path: str = "") -> None:
        """A tokenizer that does what `spec` says; `from_pretrained` reads both arguments from files."""
        settings = settings or Settings({}, defaults=self._defaults, tokenizer_class=type(self).__name__)
        self._settings = settings
        self._use(apply_settings(spec, settings))
        spec = self._spec
        self._set_special_tokens(settings.roles, settings.extra_special_tokens)
        self.name_or_path = name_or_path
        self.file_truncation = spec.truncation
        self.file_padding = spec.padding
        self.model_max_length = settings.model_max_length
        self.padding_side = settings.side("padding_side", spec.padding)
        self.truncation_side = settings.side("truncation_side", spec.truncation)
        self.clean_up_tokenization_spaces = bool(settings.get("clean_up_tokenization_spaces", False))
        self.split_special_tokens = settings.get("split_special_tokens", False)
        self.model_input_names = settings.get("model_input_names")
        self.chat_template = settings.get("chat_template")
        self.chat_control_tokens = settings.get("chat_control_tokens")

    def _use(self, spec: Spec) -> None:
        """Do what `spec` says from now on. Calls that run meanwhile go on with the core that they began with."""
        core = spec.compile()
        self._spec = spec
        self._stripping = {token.id: token.normalized for token in spec.added_tokens if token.lstrip or token.rstrip}
        self._is_random = bool(spec.model.fields.get("dropout"))
        self._glues_words = any(
            stage.core == "ByteLevel" and not stage.fields["add_prefix_space"] for stage in spec.pre_tokenizers
        )
        self._core = core

    @property
    def model_input_names(self) -> list[str]:
        """The keys of a call's result, unless the call says otherwise."""
        return list(self._model_input_names)

    @model_input_names.setter
    def model_input_names(self, names: Iterable[str]) -> None:
        self._model_input_names = tuple(names)
        self._default_columns = tuple(
            name for name in _COLUMNS if name in self._model_input_names or name == "input_ids"
        )

    @classmethod
    def from_pretrained(cls, name_or_folder: str | os.PathLike[str], **settings: Any) -> Self:
        """The tokenizer in a folder or a repository of the Hub.

        Args:
            name_or_folder: a folder with tokenizer.json (or the vocabulary files of the class), or a repository's name.
            settings: where to find it, as `HubOptions`: `revision`, `subfolder`, `token`, …; and what goes
                before the folder's tokenizer_config.json: `model_max_length`, `padding_side`,
                `cls_token`, `do_lower_case`, …
            plan_cache: whether later loads of the same tokenizer.json are to map what this one compiles: True, False,
                or a folder for it. By default what LEANFORMERS_PLAN_CACHE says (1, 0 or a folder), else False.

        Raises:
            HubError: the Hub refuses or fails.
            MissingFileError: no such folder or repository, or no tokenizer in it.
            FileFormatError: a broken file, or a component that is not known.
            ArgumentError: a setting that does not exist.
            InputValueError: a setting that cannot be used, such as a special token that the vocabulary does not have.
        """
        place, settings = split_loading(settings)
        from ..hub.resolve import Need, locate

        folder = locate(name_or_folder, place, Need.TOKENIZER).folder
        plan_cache = _plan_cache(settings.pop("plan_cache", None))
        values = read_settings(folder, settings, defaults=cls._defaults, tokenizer_class=_family(cls))
        values.plan_cache = plan_cache
        spec = read_spec(folder, values)
        if spec is None:
            raise MissingFileError(
                f"no tokenizer in {folder}: {cls.__name__} reads {' or '.join(looked_for(values.tokenizer_class))}; "
                f"the folder has {', '.join(found_files(folder)) or 'none of any kind'}"
            )
        return cls(spec, values, name_or_path=os.fspath(name_or_folder))

    def save_pretrained(
        self, save_directory: str | os.PathLike[str], *, push_to_hub: bool = False, **publishing: Any
    ) -> tuple[str, ...]:
        """Write tokenizer.json, tokenizer_config.json and chat templates into a folder, and return their paths.

        All of them are written or none. With `push_to_hub=True` they are pushed too, with the arguments of
        `push_to_hub`; `repo_id` is the folder's name unless it is given.

        Raises:
            InputValueError: `save_directory` is a file.
        """
        from ..hub.publish import Publication, publish

        publication = Publication.of_save(save_directory, push_to_hub, publishing)
        paths = save_tokenizer(self, save_directory)
        if publication is not None:
            publish(self, publication)
        return paths

    def card_facts(self) -> CardFacts:
        """What a model card says about it."""
        from ..hub.card import CardFacts

        return CardFacts.of_classes("AutoTokenizer")

    def explain(self) -> str:
        """Which stages run fused and which in the general pipeline, and why: one sentence a line."""
        lines = list(self._core.explain())
        if self._spec.plan is not None:
            lines.append(self._spec.plan.explain())
        elif self._settings.plan_cache is not None:
            lines.append("plan cache: not used, because only a tokenizer.json has plans: save_pretrained writes one")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(name_or_path={self.name_or_path!r}, vocab_size={self.vocab_size}, "
            f"model_max_length={self.model_max_length}, padding_side={self.padding_side!r}, "
            f"truncation_side={self.truncation_side!r}, special_tokens={self.special_tokens_map})"
        )

    def __copy__(self) -> Self:
        """A tokenizer with settings of its own; the core, which never changes, is shared."""
        new = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__)
        new._roles = dict(self._roles)
        new._extra_special_tokens = list(self._extra_special_tokens)
        new.chat_template = self.chat_template
        return new

    def __deepcopy__(self, memo: Any) -> Self:
        return self.__copy__()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_core"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._use(self._spec)


def _plan_cache(wanted: Any) -> PlanCache | None:
    """The cache that the argument `plan_cache` asks for, or else the environment."""
    if wanted is None:
        given = os.environ.get("LEANFORMERS_PLAN_CACHE", "")
        wanted = {"": False, "0": False, "1": True}.get(given, given)
    if wanted is False:
        return None
    from .plan_cache import PlanCache  # here, since most processes have none, and hashing is slow to import

    return PlanCache.of(wanted)


def _family(cls: type) -> str:
    """The name of the class of this library that `cls` is or derives from: formats know what to read by it."""
    return next(parent.__name__ for parent in cls.__mro__ if parent.__module__.startswith(f"{__package__}."))
