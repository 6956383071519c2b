"""Auto classes: the class that fits a checkpoint, found from its config.json. Importing this needs no torch."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .errors import ArchitectureError, InputTypeError, MissingDependencyError, near_names

if TYPE_CHECKING:
    from .config import Config
    from .models.model import PreTrainedModel
    from .tokenizers.auto_tokenizer import AutoTokenizer

__all__ = [
    "AutoConfig",
    "AutoModel",
    "AutoModelForCausalLM",
    "AutoModelForMaskedLM",
    "AutoModelForMultipleChoice",
    "AutoModelForNextSentencePrediction",
    "AutoModelForPreTraining",
    "AutoModelForQuestionAnswering",
    "AutoModelForSeq2SeqLM",
    "AutoModelForSequenceClassification",
    "AutoModelForTextEncoding",
    "AutoModelForTokenClassification",
    "AutoTokenizer",
]


class AutoConfig:
    """`AutoConfig.from_pretrained(name)`: the `Config` of a model folder or repository."""

    def __init__(self) -> None:
        raise _not_made_so("AutoConfig")

    @staticmethod
    def from_pretrained(name: str | os.PathLike[str], **options: Any) -> Config:
        """As `Config.from_pretrained`."""
        from .config import Config

        return Config.from_pretrained(name, **options)


class _AutoModel:
    """What the auto classes for models share."""

    task: str
    instead: tuple[str, ...] = ()  # the tasks whose class does where an architecture has none for `task`

    def __init__(self) -> None:
        raise _not_made_so(type(self).__name__)

    @classmethod
    def class_for(cls, config: Config) -> type[PreTrainedModel]:
        """The class for a config.

        Raises:
            ArchitectureError: the architecture is not known, or has no class for this task.
            MissingDependencyError: torch is not installed.
        """
        from .models.arch import architecture_of

        architecture = architecture_of(config.model_type)
        task = next((task for task in (cls.task, *cls.instead) if task in architecture.classes), None)
        if task is None:
            tasks = ", ".join(architecture.classes)
            hint = near_names(cls.task, architecture.classes)
            raise ArchitectureError(f"{architecture.title} has no class for {cls.task!r}{hint}; it has {tasks}")
        try:
            from .models.classes import model_class
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            raise MissingDependencyError("models need torch: pip install 'leanformers[torch]'") from None
        return model_class(architecture, task)

    @classmethod
    def from_pretrained(cls, name: str | os.PathLike[str], *, config: Config | None = None, **options: Any) -> Any:
        """The model in a folder or a repository, of the class that its config.json asks for.

        Takes the arguments of `PreTrainedModel.from_pretrained`.

        Raises:
            ArchitectureError: the `model_type` is not known, or the architecture has no such class.
            LeanformersError: the errors of `PreTrainedModel.from_pretrained`.
        """
        from .config import Config

        if config is None:
            from .hub.options import HubOptions

            config, pinned = Config.locate(name, HubOptions.take(options)[0])
            options.update(pinned.arguments())
        elif not isinstance(config, Config):
            raise InputTypeError(f"config must be a Config, not {type(config).__name__}")
        return cls.class_for(config).from_pretrained(name, config=config, **options)

    @classmethod
    def from_config(cls, config: Config) -> Any:
        """A new model with random weights."""
        return cls.class_for(config)(config)


class AutoModel(_AutoModel):
    """`AutoModel.from_pretrained(name)`: the base model, without a head."""

    task = "base"


class AutoModelForSequenceClassification(_AutoModel):
    """`AutoModelForSequenceClassification.from_pretrained(name)`: the model with a classifier over whole texts."""

    task = "sequence-classification"


class AutoModelForTokenClassification(_AutoModel):
    """`AutoModelForTokenClassification.from_pretrained(name)`: the model with a label for every token."""

    task = "token-classification"


class AutoModelForQuestionAnswering(_AutoModel):
    """`AutoModelForQuestionAnswering.from_pretrained(name)`: the model that finds where an answer begins and ends."""

    task = "question-answering"


class AutoModelForMultipleChoice(_AutoModel):
    """`AutoModelForMultipleChoice.from_pretrained(name)`: the model that chooses between texts."""

    task = "multiple-choice"


class AutoModelForNextSentencePrediction(_AutoModel):
    """`AutoModelForNextSentencePrediction.from_pretrained(name)`: says whether a text follows another."""

    task = "next-sentence-prediction"


class AutoModelForPreTraining(_AutoModel):
    """`AutoModelForPreTraining.from_pretrained(name)`: the model with the heads that it was pretrained with.

    Two heads for BERT and ALBERT, the discriminator of ELECTRA; for others, their language model.
    """

    task = "pretraining"
    instead = ("replaced-token-detection", "masked-lm", "causal-lm", "seq2seq-lm")


class AutoModelForMaskedLM(_AutoModel):
    """`AutoModelForMaskedLM.from_pretrained(name)`: the model that fills in masked words."""

    task = "masked-lm"


class AutoModelForCausalLM(_AutoModel):
    """`AutoModelForCausalLM.from_pretrained(name)`: the model that writes on."""

    task = "causal-lm"


class AutoModelForSeq2SeqLM(_AutoModel):
    """`AutoModelForSeq2SeqLM.from_pretrained(name)`: the model that writes a text for a text, as for translation."""

    task = "seq2seq-lm"


class AutoModelForTextEncoding(_AutoModel):
    """`AutoModelForTextEncoding.from_pretrained(name)`: of an encoder–decoder the encoder alone."""

    task = "text-encoding"


def auto_class_name(task: str) -> str:
    """The name of the auto class for a task."""
    return next(kind.__name__ for kind in _AutoModel.__subclasses__() if kind.task == task)


def _not_made_so(name: str) -> TypeError:
    return InputTypeError(f"{name} is not made by calling it; use {name}.from_pretrained(name_or_folder)")


def __getattr__(name: str) -> Any:
    if name == "AutoTokenizer":
        from .tokenizers.auto_tokenizer import AutoTokenizer

        return AutoTokenizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
