"""BERT: embeddings of tokens, positions and types, post-norm blocks, a pooler over the first token.

Also MiniLM, BGE, GTE, E5 and the many others whose config.json says "bert".
Devlin et al., 2018, https://arxiv.org/abs/1810.04805; reference: transformers, models/bert/modeling_bert.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..bert_like import (
    BLOCK_ROWS,
    EMBEDDING_ROWS,
    PASSENGERS,
    activation,
    blocks,
    decoder,
    embeddings,
    head_dropout,
    multiple_choice,
    question_answering,
    token_classification,
)
from ..layout import Layout
from ..wiring import Beside, Dense, Encoder, Head, Linear
from . import (
    BASE,
    MASKED_LM,
    MULTIPLE_CHOICE,
    NEXT_SENTENCE,
    PRETRAINING,
    QUESTION_ANSWERING,
    SEQUENCE_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
    Architecture,
    class_names_for,
    register,
)

if TYPE_CHECKING:
    from ...config import Config


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    config.choice("position_embedding_type", ["absolute"])
    width = config.integer("hidden_size")
    return Encoder(embeddings(config, width=width), blocks(config), pooler=Dense(width, "tanh"))


def sequence_classification(config: Config) -> Head:
    """The pooler's output, dropout, one linear layer."""
    width = config.integer("hidden_size")
    return Head("pooled", {"dropout": head_dropout(config), "classifier": Linear(width, config.num_labels)})


def next_sentence(config: Config) -> Head:
    """The pooler's output and one linear layer to two numbers."""
    return Head("pooled", {"relationship": Linear(config.integer("hidden_size"), 2)})


def masked_lm(config: Config) -> Head:
    """Every token: dense, norm, and the table of token embeddings."""
    return decoder(config, config.integer("hidden_size"), activation(config))


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
    heads={
        SEQUENCE_CLASSIFICATION: (("classifier", "classifier"),),
        TOKEN_CLASSIFICATION: (("classifier", "classifier"),),
        QUESTION_ANSWERING: (("qa_outputs", "outputs"),),
        MULTIPLE_CHOICE: (("classifier", "classifier"),),
        NEXT_SENTENCE: (("cls.seq_relationship", "relationship"),),
        PRETRAINING: (*_WORD_ROWS, ("cls.seq_relationship", "beside.relationship")),
        MASKED_LM: _WORD_ROWS,
    },
    tied=dict.fromkeys((PRETRAINING, MASKED_LM), _TIED_WORDS),
    head_like=("pooler.dense",),
    passengers=PASSENGERS,
)

register(
    Architecture(
        model_type="bert",
        title="BERT",
        source="https://arxiv.org/abs/1810.04805",
        classes={BASE: "BertModel", **class_names_for("Bert", LAYOUT)},
        wiring=wiring,
        heads={
            SEQUENCE_CLASSIFICATION: sequence_classification,
            TOKEN_CLASSIFICATION: token_classification,
            QUESTION_ANSWERING: question_answering,
            MULTIPLE_CHOICE: multiple_choice,
            NEXT_SENTENCE: next_sentence,
            PRETRAINING: pretraining,
            MASKED_LM: masked_lm,
        },
        layout=LAYOUT,
        defaults={
            "vocab_size": 30522,
            "hidden_size": 768,
            "num_hidden_layers": 12,
            "num_attention_heads": 12,
            "intermediate_size": 3072,
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1,
            "attention_probs_dropout_prob": 0.1,
            "max_position_embeddings": 512,
            "type_vocab_size": 2,
            "initializer_range": 0.02,
            "layer_norm_eps": 1e-12,
            "pad_token_id": 0,
            "position_embedding_type": "absolute",
            "use_cache": True,
            "classifier_dropout": None,
            "is_decoder": False,
            "add_cross_attention": False,
            "bos_token_id": None,
            "eos_token_id": None,
            "tie_word_embeddings": True,
        },
    )
)
