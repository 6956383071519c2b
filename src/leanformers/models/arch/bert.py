"""BERT: embeddings of tokens, positions and types, post-norm blocks, a pooler over the first token.

Also MiniLM, BGE, GTE, E5 and the many others whose config.json says "bert".
Devlin et al., 2018, https://arxiv.org/abs/1810.04805; reference: transformers, models/bert/modeling_bert.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..bert_like import (
    BLOCK_ROWS,
    DEFAULTS,
    EMBEDDING_ROWS,
    MORE_DEFAULTS,
    PASSENGERS,
    blocks,
    embeddings,
    masked_lm,
    multiple_choice,
    question_answering,
    sequence_classification,
    token_classification,
)
from ..layout import Layout
from ..wiring import Beside, Dense, Encoder, Head, Linear
from . import Architecture, by_task, class_names_for, register

if TYPE_CHECKING:
    from ...config import Config


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    config.choice("position_embedding_type", ["absolute"])
    width = config.integer("hidden_size")
    return Encoder(embeddings(config, width=width), blocks(config), pooler=Dense(width, "tanh"))


def next_sentence(config: Config) -> Head:
    """The pooler's output and one linear layer to two numbers."""
    return Head("pooled", {"relationship": Linear(config.integer("hidden_size"), 2)})


def pretraining(config: Config) -> Head:
    """The heads for masked words and for the next sentence."""
    beside = Beside(next_sentence(config), logits="seq_relationship_logits", labels="next_sentence_label")
    return replace(masked_lm(config), beside=beside)


_WORD_ROWS = (
    ("cls.predictions.transform.dense", "dense"),
    ("cls.predictions.transform.LayerNorm", "norm"),
    ("cls.predictions.decoder", "decoder"),
)
_TIED_WORDS = (
    ("cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight"),
    ("cls.predictions.decoder.bias", "cls.predictions.bias"),
)
LAYOUT = Layout(
    prefix="bert",
    base=(*EMBEDDING_ROWS, *BLOCK_ROWS, ("pooler.dense", "pooler.dense")),
    heads=by_task(
        sequence_classification=(("classifier", "classifier"),),
        token_classification=(("classifier", "classifier"),),
        question_answering=(("qa_outputs", "outputs"),),
        multiple_choice=(("classifier", "classifier"),),
        next_sentence_prediction=(("cls.seq_relationship", "relationship"),),
        pretraining=(*_WORD_ROWS, ("cls.seq_relationship", "beside.relationship")),
        masked_lm=_WORD_ROWS,
    ),
    tied=by_task(pretraining=_TIED_WORDS, masked_lm=_TIED_WORDS),
    head_like=("pooler.dense",),
    passengers=PASSENGERS,
)

register(
    Architecture(
        model_type="bert",
        title="BERT",
        source="https://arxiv.org/abs/1810.04805",
        classes=class_names_for("Bert", LAYOUT),
        wiring=wiring,
        heads=by_task(
            sequence_classification=sequence_classification,
            token_classification=token_classification,
            question_answering=question_answering,
            multiple_choice=multiple_choice,
            next_sentence_prediction=next_sentence,
            pretraining=pretraining,
            masked_lm=masked_lm,
        ),
        layout=LAYOUT,
        defaults={**DEFAULTS, **MORE_DEFAULTS},
    )
)
