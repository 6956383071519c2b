"""DistilBERT: BERT without token types and without a pooler; its own names for everything.

Sanh et al., 2019, https://arxiv.org/abs/1910.01108; reference: transformers, models/distilbert/modeling_distilbert.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..common_heads import classifier, dense_classifier, words
from ..layout import Layout
from ..wiring import Attention, Block, Embedding, Embeddings, Encoder, Head, LayerNorm, Mlp
from . import Architecture, by_task, class_names_for, register

if TYPE_CHECKING:
    from ...config import Config


def wiring(config: Config) -> Encoder:
    """The base model that `config` describes."""
    width, heads = config.divided("dim", "n_heads")
    norm = _norm(config)
    dropout = config.number("dropout", below=1)
    sinusoidal = bool(config.sinusoidal_pos_embds)
    block = Block(
        attention=Attention(width, heads, config.number("attention_dropout", below=1)),
        after_attention=norm,
        mlp=Mlp(width, config.integer("hidden_dim"), config.activation_named("activation")),
        after_mlp=norm,
        attention_dropout=0.0,  # the reference drops the attention's weights, not its output
        mlp_dropout=dropout,
    )
    return Encoder(
        embeddings=Embeddings(
            tokens=Embedding(config.integer("vocab_size"), width, padding=config.pad_token_id),
            positions=Embedding(config.integer("max_position_embeddings"), width, sinusoidal=sinusoidal),
            types=None,
            norm=norm,
            dropout=dropout,
        ),
        blocks=(block,) * config.integer("n_layers", at_least=0),
        pooler=None,
    )


def dense_classification(config: Config, outputs: int) -> Head:
    """The first token, a dense layer with ReLU, dropout, one linear layer."""
    dropouts = 0.0, config.number("seq_classif_dropout", below=1)
    return dense_classifier("first", config.integer("dim"), outputs, "relu", dropouts=dropouts)


def token_classification(config: Config) -> Head:
    """Every token: dropout, one linear layer to the labels."""
    return classifier("tokens", config.integer("dim"), config.num_labels, config.number("dropout", below=1))


def question_answering(config: Config) -> Head:
    """Every token: dropout, one linear layer to two numbers."""
    return classifier("tokens", config.integer("dim"), 2, config.number("qa_dropout", below=1))


def masked_lm(config: Config) -> Head:
    """Every token: dense, norm, and the table of token embeddings."""
    width = config.integer("dim")
    return words(width, config.integer("vocab_size"), config.activation_named("activation"), _norm(config))


def _norm(config: Config) -> LayerNorm:
    return LayerNorm(config.integer("dim"), 1e-12)  # the reference has no key for it


LAYOUT = Layout(
    prefix="distilbert",
    base=(
        ("embeddings.word_embeddings", "embeddings.tokens"),
        ("embeddings.position_embeddings", "embeddings.positions"),
        ("embeddings.LayerNorm", "embeddings.norm"),
        ("transformer.layer.{i}.attention.q_lin", "blocks.{i}.attention.query"),
        ("transformer.layer.{i}.attention.k_lin", "blocks.{i}.attention.key"),
        ("transformer.layer.{i}.attention.v_lin", "blocks.{i}.attention.value"),
        ("transformer.layer.{i}.attention.out_lin", "blocks.{i}.attention.output"),
        ("transformer.layer.{i}.sa_layer_norm", "blocks.{i}.after_attention"),
        ("transformer.layer.{i}.ffn.lin1", "blocks.{i}.mlp.up"),
        ("transformer.layer.{i}.ffn.lin2", "blocks.{i}.mlp.down"),
        ("transformer.layer.{i}.output_layer_norm", "blocks.{i}.after_mlp"),
    ),
    heads=by_task(
        sequence_classification=(("pre_classifier", "dense"), ("classifier", "classifier")),
        token_classification=(("classifier", "classifier"),),
        question_answering=(("qa_outputs", "classifier"),),
        multiple_choice=(("pre_classifier", "dense"), ("classifier", "classifier")),
        masked_lm=(("vocab_transform", "dense"), ("vocab_layer_norm", "norm"), ("vocab_projector", "decoder")),
    ),
    tied=by_task(masked_lm=(("vocab_projector.weight", "distilbert.embeddings.word_embeddings.weight"),)),
    passengers=("embeddings.position_ids",),
)

register(
    Architecture(
        model_type="distilbert",
        title="DistilBERT",
        source="https://arxiv.org/abs/1910.01108",
        classes=class_names_for("DistilBert", LAYOUT),
        wiring=wiring,
        heads=by_task(
            sequence_classification=lambda config: dense_classification(config, config.num_labels),
            token_classification=token_classification,
            question_answering=question_answering,
            multiple_choice=lambda config: dense_classification(config, 1),
            masked_lm=masked_lm,
        ),
        layout=LAYOUT,
        defaults={
            "vocab_size": 30522,
            "max_position_embeddings": 512,
            "sinusoidal_pos_embds": False,
            "n_layers": 6,
            "n_heads": 12,
            "dim": 768,
            "hidden_dim": 3072,
            "dropout": 0.1,
            "attention_dropout": 0.1,
            "activation": "gelu",
            "initializer_range": 0.02,
            "qa_dropout": 0.1,
            "seq_classif_dropout": 0.2,
            "pad_token_id": 0,
            "bos_token_id": None,
            "eos_token_id": None,
            "tie_word_embeddings": True,
        },
        attribute_map={"hidden_size": "dim", "num_attention_heads": "n_heads", "num_hidden_layers": "n_layers"},
    )
)
