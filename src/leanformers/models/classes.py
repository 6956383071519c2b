"""The public model classes, made from the registry: `BertModel` and the others, with the names of `transformers`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import near_names
from .arch import BASE, SEQUENCE_CLASSIFICATION, Architecture, class_names
from .encoder import EncoderModel
from .heads import SequenceClassificationModel
from .model import PreTrainedModel

if TYPE_CHECKING:
    BertModel = EncoderModel
    BertForSequenceClassification = SequenceClassificationModel
    DistilBertModel = EncoderModel
    DistilBertForSequenceClassification = SequenceClassificationModel

__all__ = [
    "BertForSequenceClassification",
    "BertModel",
    "DistilBertForSequenceClassification",
    "DistilBertModel",
    "model_class",
]

_DOCUMENTATION = {
    BASE: """{title}: token ids to hidden states{pooled}.

    Paper: {source}

    Example:
        >>> from leanformers import AutoTokenizer, {name}
        >>> model = {name}.from_pretrained(folder)  # doctest: +SKIP
        >>> tokens = AutoTokenizer.from_pretrained(folder)(texts, padding=True, return_tensors="pt")  # doctest: +SKIP
        >>> model(**tokens).last_hidden_state.shape  # doctest: +SKIP
        torch.Size([2, 16, 768])
    """,
    SEQUENCE_CLASSIFICATION: """{title} with a classifier: token ids to one vector of logits per text.

    Paper: {source}

    Example:
        >>> from leanformers import AutoTokenizer, {name}
        >>> model = {name}.from_pretrained(folder)  # doctest: +SKIP
        >>> tokens = AutoTokenizer.from_pretrained(folder)(texts, padding=True, return_tensors="pt")  # doctest: +SKIP
        >>> model(**tokens).logits.softmax(-1)  # doctest: +SKIP
        tensor([[0.04, 0.96], [0.99, 0.01]])
    """,
}

_MADE: dict[tuple[str, str], type[PreTrainedModel]] = {}


def model_class(architecture: Architecture, task: str) -> type[PreTrainedModel]:
    """The class of an architecture for a task; the same one each time."""
    key = (architecture.model_type, task)
    if key not in _MADE:
        kind: type[PreTrainedModel] = EncoderModel
        values: dict[str, object] = {"architecture": architecture, "task": task, "__module__": __name__}
        if task == SEQUENCE_CLASSIFICATION:
            kind = SequenceClassificationModel
            values["base_class"] = model_class(architecture, BASE)
        name = architecture.classes[task]
        has_pooler = any(ours.startswith("pooler.") for _, ours in architecture.layout.base)
        values["__doc__"] = _DOCUMENTATION[task].format(
            title=architecture.title,
            source=architecture.source,
            name=name,
            pooled=", and a pooled vector per text" if has_pooler else "",
        )
        _MADE[key] = type(name, (kind,), values)
    return _MADE[key]


def __getattr__(name: str) -> type[PreTrainedModel]:
    known = class_names()
    if name not in known:
        raise AttributeError(f"there is no model class {name!r}{near_names(name, known)}")
    return model_class(*known[name])


def __dir__() -> list[str]:
    return sorted([*class_names(), "model_class"])
