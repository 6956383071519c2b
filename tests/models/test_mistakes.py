"""Mistakes people make with a model's class, folder or vocabulary, and what they are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from leanformers import (  # noqa: E402
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    Config,
    pipeline,
)
from leanformers.errors import ArchitectureError, ConfigError, MissingFileError  # noqa: E402


@pytest.fixture
def folder(classifier, tmp_path) -> Path:
    classifier.save_pretrained(tmp_path / "classifier")
    return tmp_path / "classifier"


def test_an_empty_list_has_an_empty_result() -> None:
    assert pipeline("text-classification", model="leanformers/tiny-sentiment")([]) == []


def test_a_folder_without_a_config_is_said_to_have_none(tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingFileError, match=r"no config\.json in .*empty"):
        AutoModel.from_pretrained(tmp_path / "empty")


def test_code_of_a_checkpoint_is_never_run(folder) -> None:
    (folder / "modeling_own.py").write_text("raise SystemExit('this ran')")
    values = json.loads((folder / "config.json").read_text())
    auto_map = {"AutoModelForSequenceClassification": "modeling_own.Own"}
    (folder / "config.json").write_text(json.dumps({**values, "auto_map": auto_map}))
    model = AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=False)
    assert type(model).__name__ == "BertForSequenceClassification"
    with pytest.warns(UserWarning, match="trust_remote_code=True has no effect: leanformers never runs code"):
        AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=True)
    (folder / "config.json").write_text(json.dumps({**values, "model_type": "own", "auto_map": auto_map}))
    with pytest.raises(ArchitectureError, match="the architecture 'own' is not known here"):
        AutoModelForSequenceClassification.from_pretrained(folder)


def test_an_encoder_is_not_taken_for_a_decoder(folder) -> None:
    with pytest.raises(ArchitectureError, match="BERT has no class for 'causal-lm'; it has base"):
        AutoModelForCausalLM.from_pretrained(folder)


# Row 61 of the mistakes: the attention mask says where a text ends, so there is nothing to refuse.
def test_a_decoder_classifies_a_batch_without_a_padding_id() -> None:
    config = Config("gpt2", vocab_size=30, n_embd=16, n_head=2, n_layer=1)
    assert config.pad_token_id is None
    model = AutoModelForSequenceClassification.from_config(config).eval()
    ids = torch.tensor([[1, 2, 3], [4, 5, 0]])
    with torch.no_grad():
        both = model(ids, torch.tensor([[1, 1, 1], [1, 1, 0]])).logits
        assert torch.equal(both[1], model(ids[1:, :2], torch.tensor([[1, 1]])).logits[0])


# Row 68 of the mistakes.
@pytest.mark.parametrize("kind", [AutoModel, AutoModelForSequenceClassification])
def test_a_vocabulary_that_shrinks_is_said_aloud(folder, kind) -> None:
    model = kind.from_pretrained(folder)
    with pytest.warns(UserWarning, match="the vocabulary shrinks from 50 to 10 entries: ids from 10 are refused now"):
        model.resize_token_embeddings(10)


# Row 58 of the mistakes.
def test_a_misspelt_activation_is_answered_with_the_choices(folder, config) -> None:
    values = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**values, "hidden_act": "gelo"}))
    message = "hidden_act is 'gelo'.*did you mean 'gelu'.*choices: 'gelu'.*'silu'"
    with pytest.raises(ConfigError, match=message):
        AutoModel.from_pretrained(folder)
    config.hidden_act = "gelo"
    with pytest.raises(ConfigError, match=message):
        AutoModel.from_config(config)
