"""The registry of architectures. Adding one is adding a file to this folder; nothing here imports torch.

A file describes an architecture as data: `wiring(config)` and the heads, a `Layout` of the checkpoint's names, the
defaults of its config.json, and registers them: `register(Architecture(model_type="bert", …))`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from ...errors import ArchitectureError, near_names
from ..layout import Layout
from ..wiring import Encoder, EncoderDecoder, Head

if TYPE_CHECKING:
    from ...config import Config

__all__ = [
    "ARCHITECTURES",
    "BASE",
    "CAUSAL_LM",
    "MASKED_LM",
    "MULTIPLE_CHOICE",
    "NEXT_SENTENCE",
    "PRETRAINING",
    "QUESTION_ANSWERING",
    "REPLACED_TOKENS",
    "SEQ2SEQ_LM",
    "SEQUENCE_CLASSIFICATION",
    "TEXT_ENCODING",
    "TOKEN_CLASSIFICATION",
    "Architecture",
    "architecture_of",
    "by_task",
    "class_names",
    "class_names_for",
    "register",
]

BASE = "base"
SEQUENCE_CLASSIFICATION = "sequence-classification"
TOKEN_CLASSIFICATION = "token-classification"
QUESTION_ANSWERING = "question-answering"
MULTIPLE_CHOICE = "multiple-choice"
NEXT_SENTENCE = "next-sentence-prediction"
PRETRAINING = "pretraining"  # masked words, and how two texts stand to each other
REPLACED_TOKENS = "replaced-token-detection"
MASKED_LM = "masked-lm"
CAUSAL_LM = "causal-lm"
SEQ2SEQ_LM = "seq2seq-lm"
TEXT_ENCODING = "text-encoding"  # the encoder of an encoder–decoder by itself; no head

# How the public class for a task is called: the architecture's name and this.
_SUFFIXES = {
    SEQUENCE_CLASSIFICATION: "ForSequenceClassification",
    TOKEN_CLASSIFICATION: "ForTokenClassification",
    QUESTION_ANSWERING: "ForQuestionAnswering",
    MULTIPLE_CHOICE: "ForMultipleChoice",
    NEXT_SENTENCE: "ForNextSentencePrediction",
    PRETRAINING: "ForPreTraining",
    REPLACED_TOKENS: "ForPreTraining",
    MASKED_LM: "ForMaskedLM",
    CAUSAL_LM: "ForCausalLM",
    SEQ2SEQ_LM: "ForConditionalGeneration",
}


@dataclass(frozen=True)
class Architecture:
    """All that is special about one architecture.

    Args:
        model_type: its name in config.json.
        title: its name in sentences.
        source: the paper.
        classes: the public class of each task, e.g. `{"base": "BertModel"}`.
        wiring: from a config to the base model's description.
        heads: from a config to a head's description, by task.
        layout: the names in its checkpoints.
        defaults: what an absent key of config.json stands for.
        optional_keys: further keys that config.json may have, without defaults.
        attribute_map: common names of config keys that this architecture calls otherwise.
        initial: from a config and a slot to the standard deviation of new weights; `initializer_range` if None.
        reads_source: an encoder–decoder; its wiring is an `EncoderDecoder`.
        on_encoder: tasks whose heads stand on the encoder alone.
        soft_labels: floats as labels of a classifier are shares of one label, where the config does not say otherwise.
    """

    model_type: str
    title: str
    source: str
    classes: Mapping[str, str]
    wiring: Callable[[Config], Encoder | EncoderDecoder]
    heads: Mapping[str, Callable[[Config], Head]]
    layout: Layout
    defaults: Mapping[str, Any]
    optional_keys: tuple[str, ...] = ()
    attribute_map: Mapping[str, str] = field(default_factory=dict)
    initial: Callable[[Config, str], float] | None = None
    reads_source: bool = False
    on_encoder: tuple[str, ...] = ()
    soft_labels: bool = False

    def of(self, task: str) -> Architecture:
        """The same with the names that checkpoints of a task have."""
        layout = self.layout.of(task)
        return self if layout is self.layout else replace(self, layout=layout)


T = TypeVar("T")

ARCHITECTURES: dict[str, Architecture] = {}


def register(architecture: Architecture) -> None:
    """Make an architecture known under its `model_type` and its class names."""
    ARCHITECTURES[architecture.model_type] = architecture


def architecture_of(model_type: str) -> Architecture:
    """The architecture called `model_type` in config.json; `ArchitectureError` with the nearest names for others."""
    if model_type not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        hint = near_names(model_type, ARCHITECTURES)
        raise ArchitectureError(f"the architecture {model_type!r} is not known here{hint}; known: {known}")
    return ARCHITECTURES[model_type]


def class_names() -> dict[str, tuple[Architecture, str]]:
    """The public model classes: name → its architecture and task."""
    return {name: (a, task) for a in ARCHITECTURES.values() for task, name in a.classes.items()}


def class_names_for(name: str, layout: Layout) -> dict[str, str]:
    """The public class of the base model and of each task that a layout has a head for."""
    return {BASE: f"{name}Model", **{task: f"{name}{_SUFFIXES[task]}" for task in layout.heads}}


def by_task(**values: T) -> dict[str, T]:
    """Values by task, given under its name: `by_task(masked_lm=…)`, `by_task(token_classification=…)`."""
    return {name.replace("_", "-"): value for name, value in values.items()}


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
