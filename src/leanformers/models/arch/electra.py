"""ELECTRA: BERT with embeddings of another width, and without a pooler.

Clark et al., 2020, https://arxiv.org/abs/2003.10555; reference: transformers, models/electra/modeling_electra.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..bert_like import (
    BLOCK_ROWS,
    EMBEDDING_ROWS,
    PASSENGERS,
    activation,
    blocks,
    decoder,
    dense_classification,
    embeddings,
    question_answering,
    token_classification,
)
from ..layout import Layout
from ..wiring import ACTIVATIONS, Activation, Dropout, Encoder, Head, Linear
from . import (
    BASE,
    MASKED_LM,
    MULTIPLE_CHOICE,
    QUESTION_ANSWERING,
    REPLACED_TOKENS,
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
    width = config.integer("hidden_size")
    return Head(
        "first",
        {
            "dense": Linear(width, width),
            "activation": Activation(ACTIVATIONS[config.choice("summary_activation", [*ACTIVATIONS])]),
            "dropout": Dropout(config.number("summary_last_dropout", below=1)),
            "classifier": Linear(width, 1),
        },
    )


def masked_lm(config: Config) -> Head:
    """Every token: dense with gelu to the width of the embeddings, norm, and their table."""
    return decoder(config, config.integer("embedding_size"), "gelu")


def replaced_tokens(config: Config) -> Head:
    """Every token: dense, and one number that is above 0 for a replaced one."""
    width = config.integer("hidden_size")
    activated = Activation(activation(config))
    return Head("tokens", {"dense": Linear(width, width), "activation": activated, "output": Linear(width, 1)})


LAYOUT = Layout(
    prefix="electra",
    base=(*EMBEDDING_ROWS, ("embeddings_project", "embeddings.projection"), *BLOCK_ROWS),
    heads={
        SEQUENCE_CLASSIFICATION: (("classifier.dense", "dense"), ("classifier.out_proj", "classifier")),
        TOKEN_CLASSIFICATION: (("classifier", "classifier"),),
        QUESTION_ANSWERING: (("qa_outputs", "outputs"),),
        MULTIPLE_CHOICE: (("sequence_summary.summary", "dense"), ("classifier", "classifier")),
        REPLACED_TOKENS: (
            ("discriminator_predictions.dense", "dense"),
            ("discriminator_predictions.dense_prediction", "output"),
        ),
        MASKED_LM: (
            ("generator_predictions.LayerNorm", "norm"),
            ("generator_predictions.dense", "dense"),
            ("generator_lm_head", "decoder"),
        ),
    },
    tied={MASKED_LM: (("generator_lm_head.weight", "electra.embeddings.word_embeddings.weight"),)},
    passengers=PASSENGERS,
)

register(
    Architecture(
        model_type="electra",
        title="ELECTRA",
        source="https://arxiv.org/abs/2003.10555",
        classes={BASE: "ElectraModel", **class_names_for("Electra", LAYOUT)},
        wiring=wiring,
        heads={
            SEQUENCE_CLASSIFICATION: sequence_classification,
            TOKEN_CLASSIFICATION: token_classification,
            QUESTION_ANSWERING: question_answering,
            MULTIPLE_CHOICE: multiple_choice,
            REPLACED_TOKENS: replaced_tokens,
            MASKED_LM: masked_lm,
        },
        layout=LAYOUT,
        defaults={
            "vocab_size": 30522,
            "embedding_size": 128,
            "hidden_size": 256,
            "num_hidden_layers": 12,
            "num_attention_heads": 4,
            "intermediate_size": 1024,
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1,
            "attention_probs_dropout_prob": 0.1,
            "max_position_embeddings": 512,
            "type_vocab_size": 2,
            "initializer_range": 0.02,
            "layer_norm_eps": 1e-12,
            "pad_token_id": 0,
            "position_embedding_type": "absolute",
            "summary_type": "first",
            "summary_use_proj": True,
            "summary_activation": "gelu",
            "summary_last_dropout": 0.1,
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
