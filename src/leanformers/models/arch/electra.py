"""ELECTRA: BERT with embeddings of another width, and without a pooler.

Clark et al., 2020, https://arxiv.org/abs/2003.10555; reference: transformers, models/electra/modeling_electra.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..bert_like import (
    BLOCK_ROWS,
    DEFAULTS,
    EMBEDDING_ROWS,
    MORE_DEFAULTS,
    PASSENGERS,
    blocks,
    dense_classification,
    embeddings,
    masked_lm,
    question_answering,
    token_classification,
)
from ..common_heads import dense_classifier
from ..layout import Layout
from ..wiring import Activation, Encoder, Head, Linear
from . import Architecture, by_task, class_names_for, register

if TYPE_CHECKING:
    from ...config import Config


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    config.choice("position_embedding_type", ["absolute"])
    width, hidden = config.integer("embedding_size"), config.integer("hidden_size")
    projection = None if width == hidden else Linear(width, hidden)
    return Encoder(embeddings(config, width=width, projection=projection), blocks(config), pooler=None)


def sequence_classification(config: Config) -> Head:
    """The first token, a dense layer with gelu, one linear layer; dropout before both."""
    return dense_classification(config, "gelu")


def multiple_choice(config: Config) -> Head:
    """The first token, a dense layer, one number for a choice."""
    config.choice("summary_type", ["first"])
    config.choice("summary_use_proj", [True])
    activation = config.activation_named("summary_activation")
    dropouts = 0.0, config.number("summary_last_dropout", below=1)
    return dense_classifier("first", config.integer("hidden_size"), 1, activation, dropouts=dropouts)


def generator(config: Config) -> Head:
    """Every token: dense with gelu to the width of the embeddings, norm, and their table."""
    return masked_lm(config, width=config.integer("embedding_size"), activation="gelu")


def replaced_tokens(config: Config) -> Head:
    """Every token: dense, and one number that is above 0 for a replaced one."""
    width = config.integer("hidden_size")
    activated = Activation(config.activation_named("hidden_act"))
    return Head("tokens", {"dense": Linear(width, width), "activation": activated, "output": Linear(width, 1)})


LAYOUT = Layout(
    prefix="electra",
    base=(*EMBEDDING_ROWS, ("embeddings_project", "embeddings.projection"), *BLOCK_ROWS),
    heads=by_task(
        sequence_classification=(("classifier.dense", "dense"), ("classifier.out_proj", "classifier")),
        token_classification=(("classifier", "classifier"),),
        question_answering=(("qa_outputs", "outputs"),),
        multiple_choice=(("sequence_summary.summary", "dense"), ("classifier", "classifier")),
        replaced_token_detection=(
            ("discriminator_predictions.dense", "dense"),
            ("discriminator_predictions.dense_prediction", "output"),
        ),
        masked_lm=(
            ("generator_predictions.LayerNorm", "norm"),
            ("generator_predictions.dense", "dense"),
            ("generator_lm_head", "decoder"),
        ),
    ),
    tied=by_task(masked_lm=(("generator_lm_head.weight", "electra.embeddings.word_embeddings.weight"),)),
    passengers=PASSENGERS,
)

register(
    Architecture(
        model_type="electra",
        title="ELECTRA",
        source="https://arxiv.org/abs/2003.10555",
        classes=class_names_for("Electra", LAYOUT),
        wiring=wiring,
        heads=by_task(
            sequence_classification=sequence_classification,
            token_classification=token_classification,
            question_answering=question_answering,
            multiple_choice=multiple_choice,
            replaced_token_detection=replaced_tokens,
            masked_lm=generator,
        ),
        layout=LAYOUT,
        defaults={
            **DEFAULTS,
            **MORE_DEFAULTS,
            "embedding_size": 128,
            "hidden_size": 256,
            "num_attention_heads": 4,
            "intermediate_size": 1024,
            "summary_type": "first",
            "summary_use_proj": True,
            "summary_activation": "gelu",
            "summary_last_dropout": 0.1,
        },
    )
)
