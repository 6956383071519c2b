"""RoBERTa, XLM-RoBERTa and CamemBERT: BERT whose positions begin after the padding id, with heads of two layers.

Liu et al., 2019, https://arxiv.org/abs/1907.11692; Conneau et al., 2019, https://arxiv.org/abs/1911.02116;
Martin et al., 2019, https://arxiv.org/abs/1911.03894; reference: transformers, models/roberta/modeling_roberta.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..bert_like import (
    BLOCK_ROWS,
    PASSENGERS,
    blocks,
    decoder,
    dense_classification,
    embeddings,
    multiple_choice,
    question_answering,
    token_classification,
)
from ..layout import Layout, Row
from ..wiring import Dense, Encoder, Head
from . import (
    BASE,
    MASKED_LM,
    MULTIPLE_CHOICE,
    QUESTION_ANSWERING,
    SEQUENCE_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
    Architecture,
    class_names_for,
    register,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...config import Config


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes. The row of the padding id in the table of positions is never read."""
    config.choice("position_embedding_type", ["absolute"])
    width = config.integer("hidden_size")
    first = config.integer("pad_token_id", at_least=0) + 1
    return Encoder(embeddings(config, width=width, first_position=first), blocks(config), pooler=Dense(width, "tanh"))


def sequence_classification(config: Config) -> Head:
    """The first token, a dense layer with tanh, one linear layer; dropout before both."""
    return dense_classification(config, "tanh")


def masked_lm(config: Config) -> Head:
    """Every token: dense with gelu, norm, and the table of token embeddings."""
    return decoder(config, config.integer("hidden_size"), "gelu")


# The heads and their names in checkpoints, for MPNet too.
HEADS: dict[str, Callable[[Config], Head]] = {
    SEQUENCE_CLASSIFICATION: sequence_classification,
    TOKEN_CLASSIFICATION: token_classification,
    QUESTION_ANSWERING: question_answering,
    MULTIPLE_CHOICE: multiple_choice,
    MASKED_LM: masked_lm,
}
HEAD_ROWS: dict[str, tuple[Row, ...]] = {
    SEQUENCE_CLASSIFICATION: (("classifier.dense", "dense"), ("classifier.out_proj", "classifier")),
    TOKEN_CLASSIFICATION: (("classifier", "classifier"),),
    QUESTION_ANSWERING: (("qa_outputs", "outputs"),),
    MULTIPLE_CHOICE: (("classifier", "classifier"),),
    MASKED_LM: (("lm_head.dense", "dense"), ("lm_head.layer_norm", "norm"), ("lm_head.decoder", "decoder")),
}


def tied_rows(prefix: str) -> dict[str, tuple[Row, ...]]:
    """The tied weights of these heads on a base model of that prefix."""
    return {
        MASKED_LM: (
            ("lm_head.decoder.weight", f"{prefix}.embeddings.word_embeddings.weight"),
            ("lm_head.decoder.bias", "lm_head.bias"),
        )
    }


LAYOUT = Layout(
    prefix="roberta",
    base=(
        ("embeddings.word_embeddings", "embeddings.tokens"),
        ("embeddings.token_type_embeddings", "embeddings.types"),
        ("embeddings.LayerNorm", "embeddings.norm"),
        ("embeddings.position_embeddings", "embeddings.positions"),
        *BLOCK_ROWS,
        ("pooler.dense", "pooler.dense"),
    ),
    heads=HEAD_ROWS,
    tied=tied_rows("roberta"),
    head_like=("pooler.dense",),
    passengers=PASSENGERS,
)
DEFAULTS = {
    "vocab_size": 50265,
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
    "pad_token_id": 1,
    "bos_token_id": 0,
    "eos_token_id": 2,
    "position_embedding_type": "absolute",
    "use_cache": True,
    "classifier_dropout": None,
    "is_decoder": False,
    "add_cross_attention": False,
    "tie_word_embeddings": True,
}

for model_type, title, name, source, vocabulary in (
    ("roberta", "RoBERTa", "Roberta", "https://arxiv.org/abs/1907.11692", 50265),
    ("xlm-roberta", "XLM-RoBERTa", "XLMRoberta", "https://arxiv.org/abs/1911.02116", 30522),
    ("camembert", "CamemBERT", "Camembert", "https://arxiv.org/abs/1911.03894", 30522),
):
    register(
        Architecture(
            model_type=model_type,
            title=title,
            source=source,
            classes={BASE: f"{name}Model", **class_names_for(name, LAYOUT)},
            wiring=wiring,
            heads=HEADS,
            layout=LAYOUT,
            defaults={**DEFAULTS, "vocab_size": vocabulary},
        )
    )
