"""For every registered architecture: tiny random models of the reference, and the same weights loaded here."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
transformers.utils.logging.disable_progress_bar()

from leanformers import auto  # noqa: E402
from leanformers.models.arch import ARCHITECTURES  # noqa: E402

# Sizes that divide evenly and sizes that fill no vector register, one head and several, each kind of activation.
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "bert": {
        "even": {"hidden_size": 48, "num_attention_heads": 4, "num_hidden_layers": 3, "intermediate_size": 96},
        "odd": {"hidden_size": 33, "num_attention_heads": 3, "intermediate_size": 65, "hidden_act": "gelu_new"},
        "relu": {
            "hidden_size": 40,
            "num_attention_heads": 1,
            "hidden_act": "relu",
            "type_vocab_size": 1,
            "layer_norm_eps": 1e-5,
        },
        "silu": {"hidden_size": 36, "num_attention_heads": 9, "hidden_act": "silu", "pad_token_id": None},
        "shallow": {"num_hidden_layers": 1, "hidden_act": "tanh"},
        "unfused": {"intermediate_size": 70, "hidden_act": "quick_gelu"},  # not done inside a product
    },
    "distilbert": {
        "even": {"dim": 48, "n_heads": 4, "n_layers": 3, "hidden_dim": 96},
        "odd": {"dim": 33, "n_heads": 3, "hidden_dim": 65, "activation": "gelu_new"},
        "relu": {"dim": 40, "n_heads": 1, "activation": "relu", "sinusoidal_pos_embds": True},
    },
    "roberta": {
        "even": {"hidden_size": 48, "num_attention_heads": 4, "num_hidden_layers": 3, "type_vocab_size": 1},
        "odd": {"hidden_size": 33, "num_attention_heads": 3, "intermediate_size": 65, "hidden_act": "gelu_new"},
        "padding": {"pad_token_id": 4, "layer_norm_eps": 1e-5},  # positions begin at 5
    },
    "xlm-roberta": {
        "even": {"hidden_size": 48, "num_attention_heads": 4, "num_hidden_layers": 3, "type_vocab_size": 1},
        "odd": {"hidden_size": 33, "num_attention_heads": 3, "intermediate_size": 65, "hidden_act": "relu"},
    },
    "camembert": {
        "even": {"hidden_size": 48, "num_attention_heads": 4, "num_hidden_layers": 3, "type_vocab_size": 1},
        "odd": {"hidden_size": 33, "num_attention_heads": 3, "intermediate_size": 65},
    },
    "electra": {
        "even": {"embedding_size": 24, "hidden_size": 48, "num_attention_heads": 4, "num_hidden_layers": 3},
        "odd": {"embedding_size": 19, "hidden_size": 33, "num_attention_heads": 3, "intermediate_size": 65},
        "same": {"embedding_size": 32, "hidden_act": "relu", "summary_activation": "tanh"},  # no projection
    },
    "albert": {
        "even": {"embedding_size": 24, "hidden_size": 48, "num_attention_heads": 4, "num_hidden_layers": 3},
        "odd": {"embedding_size": 19, "hidden_size": 33, "num_attention_heads": 3, "intermediate_size": 65},
        "groups": {"num_hidden_groups": 2, "num_hidden_layers": 5, "hidden_act": "relu", "embedding_size": 32},
    },
    "mpnet": {
        "even": {"hidden_size": 48, "num_attention_heads": 4, "num_hidden_layers": 3},
        "odd": {"hidden_size": 33, "num_attention_heads": 3, "intermediate_size": 65, "hidden_act": "relu"},
        "one head": {"num_attention_heads": 1},
    },
    "modernbert": {
        "even": {"hidden_size": 48, "num_attention_heads": 4, "num_hidden_layers": 4, "classifier_pooling": "mean"},
        "odd": {
            "hidden_size": 36,
            "num_attention_heads": 3,
            "intermediate_size": 65,
            "attention_bias": True,
            "mlp_bias": True,
            "norm_bias": True,
            "classifier_bias": True,
            "decoder_bias": False,
            "hidden_activation": "relu",
            "classifier_activation": "tanh",
            "layer_types": ["sliding_attention", "full_attention"],
        },
        "one head": {"num_attention_heads": 1, "local_attention": 2, "hidden_activation": "silu"},
    },
    "deberta-v2": {
        "even": {  # as DeBERTa 3
            "hidden_size": 48,
            "num_attention_heads": 4,
            "num_hidden_layers": 3,
            "relative_attention": True,
            "pos_att_type": "p2c|c2p",
            "position_buckets": 8,
            "norm_rel_ebd": "layer_norm",
            "share_att_key": True,
            "position_biased_input": True,
        },
        "odd": {  # as DeBERTa 2 XLarge
            "hidden_size": 33,
            "num_attention_heads": 3,
            "intermediate_size": 65,
            "relative_attention": True,
            "pos_att_type": ["c2p", "p2c"],
            "position_buckets": 7,
            "max_relative_positions": 29,
            "share_att_key": False,
            "conv_kernel_size": 3,
            "conv_act": "gelu",
            "type_vocab_size": 2,
            "embedding_size": 19,
        },
        "no types": {"position_biased_input": False, "relative_attention": True, "pos_att_type": ["c2p"]},
        "to contents": {
            "num_attention_heads": 1,
            "relative_attention": True,
            "pos_att_type": "p2c",
            "max_relative_positions": 6,
            "share_att_key": True,
            "conv_kernel_size": 5,
            "conv_groups": 4,
            "pooler_hidden_act": "tanh",
        },
        "absolute": {"relative_attention": False, "pos_att_type": "c2p|p2c", "hidden_act": "relu"},
        "unread": {"relative_attention": True, "norm_rel_ebd": "layer_norm"},
    },
    "gpt2": {
        "even": {"n_embd": 48, "n_head": 4, "n_layer": 3, "n_inner": 96},
        "odd": {"n_embd": 33, "n_head": 3, "activation_function": "relu", "scale_attn_by_inverse_layer_idx": True},
        "one head": {"n_head": 1, "scale_attn_weights": False, "tie_word_embeddings": False},
    },
    "llama": {
        "even": {"hidden_size": 48, "num_attention_heads": 4, "num_hidden_layers": 3, "num_key_value_heads": 2},
        "odd": {
            "hidden_size": 36,
            "num_attention_heads": 6,
            "num_key_value_heads": 1,
            "intermediate_size": 65,
            "attention_bias": True,
            "mlp_bias": True,
            "rope_parameters": {
                "rope_type": "llama3",
                "rope_theta": 5000.0,
                "factor": 4.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 16,
            },
        },
        "wide heads": {
            "head_dim": 24,
            "tie_word_embeddings": True,
            "rope_parameters": {"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.0},
        },
    },
    "mistral": {
        "even": {"hidden_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2, "sliding_window": 7},
        "odd": {"hidden_size": 36, "num_attention_heads": 6, "num_key_value_heads": 3, "sliding_window": None},
        "one head": {"num_attention_heads": 1, "num_key_value_heads": 1, "sliding_window": 1},
    },
    "qwen2": {
        "even": {"hidden_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 3},
        "odd": {
            "hidden_size": 36,
            "num_attention_heads": 6,
            "num_key_value_heads": 6,
            "use_sliding_window": True,
            "sliding_window": 5,
            "max_window_layers": 1,
            "rope_parameters": {
                "rope_type": "yarn",
                "rope_theta": 1000.0,
                "factor": 4.0,
                "original_max_position_embeddings": 16,
            },
        },
    },
    "qwen3": {
        "even": {"hidden_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16},
        "odd": {
            "hidden_size": 33,
            "num_attention_heads": 3,
            "num_key_value_heads": 1,
            "head_dim": 10,
            "attention_bias": True,
            "layer_types": ["sliding_attention", "full_attention"],
            "use_sliding_window": True,
            "sliding_window": 6,
        },
    },
    "gemma3_text": {
        "even": {"hidden_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 7},
        "odd": {
            "hidden_size": 36,
            "num_attention_heads": 3,
            "num_key_value_heads": 1,
            "head_dim": 10,
            "attention_bias": True,
            "layer_types": ["full_attention", "sliding_attention"],
            "sliding_window": 3,
            "query_pre_attn_scalar": 20,
        },
    },
    "t5": {
        "even": {"d_model": 48, "num_heads": 4, "d_kv": 12},
        "odd": {
            "d_model": 33,
            "num_heads": 3,
            "d_kv": 7,
            "d_ff": 65,
            "feed_forward_proj": "gated-gelu",
            "relative_attention_num_buckets": 12,
            "relative_attention_max_distance": 20,
            "num_layers": 3,
        },
        "untied": {"tie_word_embeddings": False, "feed_forward_proj": "gated-silu", "num_heads": 1},
    },
    "bart": {
        "even": {"d_model": 48, "encoder_attention_heads": 4, "decoder_attention_heads": 2},
        "odd": {
            "d_model": 33,
            "encoder_attention_heads": 3,
            "decoder_attention_heads": 1,
            "encoder_ffn_dim": 65,
            "activation_function": "relu",
            "scale_embedding": True,
            "encoder_layers": 3,
        },
    },
}
_BERT_LIKE: dict[str, Any] = {
    "hidden_size": 32,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "intermediate_size": 64,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}
_LLAMA_LIKE: dict[str, Any] = {
    "hidden_size": 32,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "intermediate_size": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "classifier_dropout": 0.0,
}
_TINY: dict[str, dict[str, Any]] = {
    "bert": _BERT_LIKE,
    "distilbert": {
        "dim": 32,
        "n_heads": 2,
        "n_layers": 2,
        "hidden_dim": 64,
        "dropout": 0.0,
        "attention_dropout": 0.0,
        "seq_classif_dropout": 0.0,
        "qa_dropout": 0.0,
    },
    "roberta": {**_BERT_LIKE, "max_position_embeddings": 46},
    "xlm-roberta": {**_BERT_LIKE, "max_position_embeddings": 46},
    "camembert": {**_BERT_LIKE, "max_position_embeddings": 46},
    "electra": {**_BERT_LIKE, "embedding_size": 16, "summary_last_dropout": 0.0},
    "albert": {**_BERT_LIKE, "embedding_size": 16, "classifier_dropout_prob": 0.0},
    "mpnet": {**_BERT_LIKE, "max_position_embeddings": 46},
    "deberta-v2": {**_BERT_LIKE, "type_vocab_size": 0},
    "modernbert": {
        "hidden_size": 32,
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
        "intermediate_size": 48,
        "local_attention": 8,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "cls_token_id": 1,
        "sep_token_id": 2,
    },
    "gpt2": {
        "n_embd": 32,
        "n_head": 2,
        "n_layer": 2,
        "resid_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "attn_pdrop": 0.0,
        "classifier_dropout": 0.0,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
    },
    "llama": _LLAMA_LIKE,
    "mistral": _LLAMA_LIKE,
    "qwen2": _LLAMA_LIKE,
    "qwen3": _LLAMA_LIKE,
    "gemma3_text": {**_LLAMA_LIKE, "head_dim": 16, "sliding_window": 8, "query_pre_attn_scalar": 16},
    "t5": {
        "d_model": 32,
        "d_kv": 16,
        "d_ff": 64,
        "num_heads": 2,
        "num_layers": 2,
        "num_decoder_layers": 2,
        "dropout_rate": 0.0,
        "decoder_start_token_id": 0,
    },
    "bart": {
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 48,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "dropout": 0.0,
    },
}
_NAMES = {
    "base": "AutoModel",
    "sequence-classification": "AutoModelForSequenceClassification",
    "token-classification": "AutoModelForTokenClassification",
    "question-answering": "AutoModelForQuestionAnswering",
    "multiple-choice": "AutoModelForMultipleChoice",
    "next-sentence-prediction": "AutoModelForNextSentencePrediction",
    "pretraining": "AutoModelForPreTraining",
    "replaced-token-detection": "AutoModelForPreTraining",
    "masked-lm": "AutoModelForMaskedLM",
    "causal-lm": "AutoModelForCausalLM",
    "seq2seq-lm": "AutoModelForSeq2SeqLM",
}
_KINDS = {task: (getattr(transformers, name), getattr(auto, name)) for task, name in _NAMES.items()}


@dataclass
class Pair:
    """A model of the reference and ours, with the same weights, in evaluation mode."""

    reference: Any
    ours: Any
    folder: Path

    @property
    def vocabulary(self) -> int:
        return int(self.reference.config.vocab_size)

    @property
    def first_position(self) -> int:
        """Of the reference, which counts from behind the padding id in the descendants of RoBERTa."""
        return self.ours.base_model.limits.first_position

    def as_ours(self, name: str, tensor: Any) -> Any:
        """A tensor of the reference in the shape that ours has."""
        transposed = self.ours.architecture.layout.is_transposed(name)
        return tensor.t() if transposed and tensor is not None else tensor

    @property
    def types(self) -> int:
        return int(getattr(self.reference.config, "type_vocab_size", 0))


def reference_model(model_type: str, variant: str, task: str = "base", **more: Any) -> Any:
    """A model of the reference with weights that are large enough to show a mistake."""
    values = {"vocab_size": 120, "max_position_embeddings": 40, **_TINY[model_type]}
    config = transformers.AutoConfig.for_model(model_type, **{**values, **VARIANTS[model_type][variant], **more})
    config._attn_implementation = "eager"
    model = _KINDS[task][0].from_config(config, attn_implementation="eager")
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            normal = re.search(r"norm|\bln_", name.lower()) and name.endswith("weight")
            middle = 1.0 if normal and "gemma" not in model_type else 0.0  # Gemma adds the 1 itself
            weight.copy_(middle + 0.15 * torch.randn(weight.shape, generator=generator))
    return model.eval()


@pytest.fixture
def make_pair(tmp_path: Path) -> Callable[..., Pair]:
    """`make_pair(model_type, variant, task, …)`: a pair that went through a folder written by the reference."""

    def make(model_type: str, variant: str = "even", task: str = "base", **more: Any) -> Pair:
        reference = reference_model(model_type, variant, task, **more)
        folder = tmp_path / f"{model_type}-{variant}-{task}"
        reference.save_pretrained(folder)
        return Pair(reference, _KINDS[task][1].from_pretrained(folder), folder)

    return make


@pytest.fixture
def batch_of() -> Callable[..., dict[str, Any]]:
    """`batch_of(pair, lengths, side)`: a padded batch of random ids, and types where the model has them."""

    def make(pair: Pair, lengths: list[int], side: str = "right", seed: int = 0) -> dict[str, Any]:
        generator = torch.Generator().manual_seed(seed)
        rows = [torch.randint(5, pair.vocabulary, (n,), generator=generator) for n in lengths]  # no padding ids
        types = [torch.randint(0, max(pair.types, 1), (n,), generator=generator) for n in lengths]
        width = max(lengths)

        def pad(row: Any) -> Any:
            gap = width - len(row)
            return torch.nn.functional.pad(row, (gap, 0) if side == "left" else (0, gap))

        batch = {
            "input_ids": torch.stack([pad(row) for row in rows]),
            "attention_mask": torch.stack([pad(torch.ones_like(row)) for row in rows]),
        }
        if pair.types:
            batch["token_type_ids"] = torch.stack([pad(row) for row in types])
        return batch

    return make


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    """`threads(2)` sets torch's threads; the old number comes back after the test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with `model_type` runs for each architecture; with `variant` or `head` for each of these too.

    Encoder–decoders, which read two texts, have tests of their own, with `pair_type`.
    """
    kind = next((name for name in ("model_type", "pair_type", "any_type") if name in metafunc.fixturenames), None)
    if kind is None:
        return
    names = [name for name, a in ARCHITECTURES.items() if kind == "any_type" or a.reads_source == (kind == "pair_type")]
    if "variant" in metafunc.fixturenames:
        cases = [(name, variant) for name in names for variant in VARIANTS.get(name, {"missing": {}})]
        metafunc.parametrize((kind, "variant"), cases, ids=["-".join(case) for case in cases])
    elif "head" in metafunc.fixturenames:
        heads = [(name, task) for name in names for task in ARCHITECTURES[name].heads]
        metafunc.parametrize((kind, "head"), heads, ids=["-".join(case) for case in heads])
    else:
        metafunc.parametrize(kind, names)


with contextlib.suppress(AttributeError):
    transformers.utils.logging.set_verbosity_error()
