"""The classes have the names that people import: those of the reference, for the same task."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
import transformers
from transformers.models.auto import modeling_auto

import leanformers
from leanformers.models.arch import ARCHITECTURES, BASE
from leanformers.models.classes import model_class

# Of each task, where the reference says which class of an architecture does it.
MAPPINGS = {
    BASE: "MODEL_MAPPING_NAMES",
    "sequence-classification": "MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES",
    "token-classification": "MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES",
    "question-answering": "MODEL_FOR_QUESTION_ANSWERING_MAPPING_NAMES",
    "multiple-choice": "MODEL_FOR_MULTIPLE_CHOICE_MAPPING_NAMES",
    "next-sentence-prediction": "MODEL_FOR_NEXT_SENTENCE_PREDICTION_MAPPING_NAMES",
    "pretraining": "MODEL_FOR_PRETRAINING_MAPPING_NAMES",
    "replaced-token-detection": "MODEL_FOR_PRETRAINING_MAPPING_NAMES",
    "masked-lm": "MODEL_FOR_MASKED_LM_MAPPING_NAMES",
    "causal-lm": "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES",
    "text-encoding": "MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES",
    "seq2seq-lm": "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES",
}


def classes() -> Iterator[tuple[str, str, str]]:
    """(architecture, task, class) of all that are registered."""
    for model_type, architecture in ARCHITECTURES.items():
        for task, name in architecture.classes.items():
            yield model_type, task, name


@pytest.mark.parametrize(("owner", "task", "name"), [pytest.param(*row, id=row[2]) for row in classes()])
def test_a_class_has_the_name_that_the_reference_has_for_its_task(owner, task, name) -> None:
    assert issubclass(getattr(transformers, name), torch.nn.Module)
    assert getattr(modeling_auto, MAPPINGS[task])[owner] == name
    kind = model_class(ARCHITECTURES[owner], task)
    assert kind.__name__ == name
    assert getattr(leanformers, name) is kind
    assert name in leanformers.__all__
    assert kind.task == task
    assert kind.architecture.model_type == owner


def test_only_the_halves_that_write_alone_are_missing(any_type) -> None:
    """Whatever class the reference has for a task, except BertLMHeadModel, BartForCausalLM and their like."""
    theirs = {(task, getattr(modeling_auto, mapping).get(any_type)) for task, mapping in MAPPINGS.items()}
    ours = {None, *ARCHITECTURES[any_type].classes.values()}
    missing = {(task, name) for task, name in theirs if name not in ours}
    alone = ("bert", "electra", "roberta", "xlm-roberta", "camembert", "bart")
    assert {task for task, _ in missing} <= ({"causal-lm"} if any_type in alone else set())
