"""The configs of the contract tests: a tiny one for each architecture, and variants that change single keys of it."""

from __future__ import annotations

from typing import Any

__all__ = ["TINY", "VARIANTS"]

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
    "mt5": {
        "even": {"d_model": 48, "num_heads": 4, "d_kv": 12, "num_decoder_layers": 1},
        "odd": {"d_model": 33, "num_heads": 3, "d_kv": 7, "d_ff": 65, "feed_forward_proj": "relu"},
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
_T5_LIKE: dict[str, Any] = {
    "d_model": 32,
    "d_kv": 16,
    "d_ff": 64,
    "num_heads": 2,
    "num_layers": 2,
    "num_decoder_layers": 2,
    "dropout_rate": 0.0,
    "decoder_start_token_id": 0,
}
TINY: dict[str, dict[str, Any]] = {
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
    "t5": _T5_LIKE,
    "mt5": _T5_LIKE,
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
