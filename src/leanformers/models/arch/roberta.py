"""RoBERTa, XLM-RoBERTa and CamemBERT: BERT whose positions begin after the padding id, with heads of two layers.

Liu et al., 2019, https://arxiv.org/abs/1907.11692; Conneau et al., 2019, https://arxiv.org/abs/1911.02116;
Martin et al., 2019, https://arxiv.org/abs/1911.03894; reference: transformers, models/roberta/modeling_roberta.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import bert_like
from ..bert_like import BLOCK_ROWS, DEFAULTS, MORE_DEFAULTS, PASSENGERS, blocks, embeddings
from ..layout import Layout, Row
from ..wiring import Dense, Encoder, Head
from . import Architecture, by_task, class_names_for, register

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
    return bert_like.dense_classification(config, "tanh")


def masked_lm(config: Config) -> Head:
    """Every token: dense with gelu, norm, and the table of token embeddings."""
    return bert_like.masked_lm(config, activation="gelu")


# The heads and their names in checkpoints, for MPNet too.
HEADS: dict[str, Callable[[Config], Head]] = by_task(
    sequence_classification=sequence_classification,
    token_classification=bert_like.token_classification,
    question_answering=bert_like.question_answering,
    multiple_choice=bert_like.multiple_choice,
    masked_lm=masked_lm,
)
HEAD_ROWS: dict[str, tuple[Row, ...]] = by_task(
    sequence_classification=(("classifier.dense", "dense"), ("classifier.out_proj", "classifier")),
    token_classification=(("classifier", "classifier"),),
    question_answering=(("qa_outputs", "outputs"),),
    multiple_choice=(("classifier", "classifier"),),
    masked_lm=(("lm_head.dense", "dense"), ("lm_head.layer_norm", "norm"), ("lm_head.decoder", "decoder")),
)


def tied_rows(prefix: str) -> dict[str, tuple[Row, ...]]:
    """The tied weights of these heads on a base model of that prefix."""
    return by_task(
        masked_lm=(
            ("lm_head.decoder.weight", f"{prefix}.embeddings.word_embeddings.weight"),
            ("lm_head.decoder.bias", "lm_head.bias"),
        )
    )


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
TOKENS = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}

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
            classes=class_names_for(name, LAYOUT),
            wiring=wiring,
            heads=HEADS,
            layout=LAYOUT,
            defaults={**DEFAULTS, **MORE_DEFAULTS, **TOKENS, "vocab_size": vocabulary},
        )
    )
