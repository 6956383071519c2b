"""Model cards: README.md with the metadata that hubs read and how to load the thing. A person's own is kept.

https://huggingface.co/docs/hub/model-cards
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["CardFacts", "complete_card", "new_card", "pipeline_tag"]

_FRONT = re.compile(r"\A\s*---[ \t]*\r?\n(.*?)(^---[ \t]*\r?$)", re.DOTALL | re.MULTILINE)
_TAGS = {
    "base": "feature-extraction",
    "sequence-classification": "text-classification",
    "token-classification": "token-classification",
    "question-answering": "question-answering",
    "multiple-choice": "multiple-choice",
    "masked-lm": "fill-mask",
    "causal-lm": "text-generation",
    "seq2seq-lm": "text2text-generation",
}


@dataclass(frozen=True)
class CardFacts:
    """What a card says about a thing.

    Attributes:
        pipeline_tag: the task, as hubs name it.
        tags: of the metadata.
        loading: lines of Python by library; `{name}` stands for the repository.
    """

    pipeline_tag: str | None = None
    tags: tuple[str, ...] = ()
    loading: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of_classes(cls, *names: str, tag: str | None = None, tags: tuple[str, ...] = ()) -> CardFacts:
        """Of things that both libraries load by classes of these names."""
        loads = "\n".join(f'{_variable(name)} = {name}.from_pretrained("{{name}}")' for name in names)
        libraries = ("leanformers", "transformers")
        return cls(tag, tags, tuple((lib, f"from {lib} import {', '.join(names)}\n\n{loads}") for lib in libraries))

    def metadata(self, extra: Mapping[str, Any]) -> dict[str, Any]:
        """The keys of the metadata that have a value."""
        tags = list(dict.fromkeys([*self.tags, *(extra.get("tags") or ())]))
        values = {"library_name": "leanformers", "pipeline_tag": self.pipeline_tag, **extra, "tags": tags}
        return {name: value for name, value in values.items() if value}


def pipeline_tag(task: str) -> str | None:
    """The name that hubs have for the task of a model."""
    return _TAGS.get(task)


def new_card(name: str, facts: CardFacts, extra: Mapping[str, Any]) -> str:
    """The card of a repository that has none."""
    parts = [f"---\n{_yaml(facts.metadata(extra))}---\n\n# {name.rpartition('/')[2]}\n"]
    for library, code in facts.loading:
        parts.append(f"\nWith {library}:\n\n```python\n{code.replace('{name}', name)}\n```\n")
    return "".join(parts)


def complete_card(card: str, facts: CardFacts, extra: Mapping[str, Any]) -> str | None:
    """`card` with the metadata that it lacks added to its own, all else as it is; None when it lacks none."""
    import yaml

    metadata = facts.metadata(extra)
    front = _FRONT.match(card)
    if front is None:
        return f"---\n{_yaml(metadata)}---\n{card}"
    try:
        own = yaml.safe_load(front[1]) or {}
    except yaml.YAMLError:
        return None  # what cannot be read is better left alone
    if not isinstance(own, dict):
        return None
    lacking = {name: value for name, value in metadata.items() if name not in own}
    if not lacking:
        return None
    end = front.start(2)
    return f"{card[:end]}{_yaml(lacking)}{card[end:]}"


def _yaml(values: Mapping[str, Any]) -> str:
    import yaml

    text: str = yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True)
    return text


def _variable(name: str) -> str:
    if "Tokenizer" in name:
        return "tokenizer"
    return "config" if "Config" in name else "model"
