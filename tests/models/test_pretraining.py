"""The heads of pretraining: which class AutoModelForPreTraining takes, and labels that do not fit."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from leanformers import AutoModelForPreTraining, Config  # noqa: E402
from leanformers.errors import InputValueError, TokenIdError  # noqa: E402
from leanformers.models.arch import ARCHITECTURES  # noqa: E402

IDS = torch.tensor([[5, 6, 7], [8, 9, 10]])
MASK = torch.tensor([[1, 1, 1], [1, 1, 0]])
SIZES = {"vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


def made(model_type: str) -> Any:
    more = {} if model_type == "bert" else {"embedding_size": 8}
    return AutoModelForPreTraining.from_config(Config(model_type, **SIZES, **more)).eval()


@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_the_class_is_that_of_the_reference(model_type) -> None:
    names = pytest.importorskip("transformers.models.auto.modeling_auto").MODEL_FOR_PRETRAINING_MAPPING_NAMES
    name = AutoModelForPreTraining.class_for(Config(model_type)).__name__
    if model_type in names:
        assert name == names[model_type]
    else:  # the reference has none; ours is the language model
        assert name.endswith(("ForCausalLM", "ForMaskedLM", "ForConditionalGeneration"))


@pytest.mark.parametrize(("model_type", "label"), [("bert", "next_sentence_label"), ("albert", "sentence_order_label")])
def test_labels_of_one_head_alone_are_refused(model_type, label) -> None:
    model = made(model_type)
    words = torch.where(MASK.bool(), IDS, -100)
    assert model(IDS, MASK).loss is None
    assert model(IDS, MASK, labels=words, **{label: [0, 1]}).loss.isfinite()
    with pytest.raises(InputValueError, match=f"labels without {label}: .* give both"):
        model(IDS, MASK, labels=words)
    with pytest.raises(InputValueError, match=f"{label} without labels"):
        model(IDS, MASK, **{label: [0, 1]})
    with pytest.raises(TokenIdError, match="row 1: label 2"):
        model(IDS, MASK, labels=words, **{label: [0, 2]})


def test_labels_of_the_discriminator_are_0_and_1() -> None:
    model = made("electra")
    assert model(IDS, MASK, labels=[[0, 1, 0], [1, 0, 7]]).loss.isfinite()  # 7 is on padding
    with pytest.raises(TokenIdError, match=r"labels row 0, position 2: label -100, which is neither 0"):
        model(IDS, MASK, labels=[[0, 1, -100], [1, 0, 0]])
    with pytest.raises(TokenIdError, match=r"labels row 1, position 1: label 2"):
        model(IDS, MASK, labels=[[0, 1, 0], [1, 2, 0]])
