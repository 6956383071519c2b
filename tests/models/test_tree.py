"""Names, replaced modules, hooks, copies: a model behaves as people expect of torch modules."""

from __future__ import annotations

import copy
import io
import pickle

import pytest
import torch
from torch import nn

from leanformers.errors import ArchitectureError
from leanformers.models.classes import BertModel

BATCH = {"input_ids": [[5, 6, 7], [8, 9, 10]], "attention_mask": [[1, 1, 1], [1, 1, 1]]}


class LowRank(nn.Module):
    """As PEFT wraps a layer."""

    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Linear(base.in_features, 2, bias=False)
        self.up = nn.Linear(2, base.out_features, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.up(self.down(x))


@torch.no_grad()
def run(model):
    return model(**BATCH).last_hidden_state


@pytest.mark.parametrize("how", ["setattr", "add_module", "_modules"])
def test_a_replaced_module_takes_effect(model, how) -> None:
    before = run(model)
    for layer in model.encoder.layer:
        parent = layer.attention.self
        wrapped = LowRank(parent.query)
        if how == "setattr":
            parent.query = wrapped
        elif how == "add_module":
            parent.add_module("query", wrapped)
        else:
            parent._modules["query"] = wrapped
    assert "encoder.layer.0.attention.self.query.base.weight" in model.state_dict()
    after = run(model)
    assert not torch.allclose(before, after)
    model(**BATCH).last_hidden_state.sum().backward()
    assert model.encoder.layer[1].attention.self.query.up.weight.grad.any()
    for layer in model.encoder.layer:
        layer.attention.self.query = layer.attention.self.query.base
    assert torch.equal(run(model), before)


def test_layers_read_like_a_list(model) -> None:
    layers = model.encoder.layer
    assert len(layers) == 2
    assert layers[0] is layers.get_submodule("0")
    assert layers[-1] is list(layers)[1]
    with pytest.raises(IndexError):
        layers[2]


def test_what_comes_from_the_config_cannot_be_replaced(model) -> None:
    with pytest.raises(ArchitectureError, match=r"encoder\.layer cannot be replaced"):
        model.encoder.layer = nn.ModuleList(list(model.encoder.layer)[:1])
    with pytest.raises(ArchitectureError, match="encoder cannot be replaced"):
        model.encoder = nn.Identity()
    with pytest.raises(ArchitectureError, match=r"encoder\.layer\.0 cannot be replaced or removed"):
        delattr(model.encoder.layer, "0")
    del model.encoder.layer[0].attention.self.query
    with pytest.raises(ArchitectureError, match=r"encoder\.layer\.0\.attention\.self\.query was removed"):
        run(model)


def test_hooks_run_on_modules_with_weights_and_are_refused_where_they_never_would(model, classifier) -> None:
    seen = []
    before = run(model)
    handle = model.encoder.layer[0].intermediate.dense.register_forward_hook(lambda m, i, o: seen.append(o.shape))
    assert (run(model) - before).abs().max() <= 1e-5
    assert seen == [torch.Size([6, 64])]
    handle.remove()
    assert torch.equal(run(model), before)
    assert len(seen) == 1
    whole = []
    model.register_forward_hook(lambda m, i, o: whole.append(o))
    run(model)
    assert len(whole) == 1
    for place in (model.encoder, model.encoder.layer[0], model.embeddings):
        with pytest.raises(ArchitectureError, match="would never run"):
            place.register_forward_hook(print)
    with pytest.raises(ArchitectureError, match="cannot be called by itself"):
        model.encoder(torch.ones(1, 2, 32))
    with pytest.raises(ArchitectureError, match=r"a hook on BertForSequenceClassification\.bert would never run"):
        classifier.bert.register_forward_hook(print)


def test_a_hook_that_changes_an_output_takes_effect(model) -> None:
    before = run(model)
    model.embeddings.LayerNorm.register_forward_hook(lambda m, i, o: o * 2)
    assert not torch.allclose(run(model), before)


@pytest.mark.parametrize("how", ["deepcopy", "pickle", "torch.save"])
def test_copies_are_whole_and_their_own(classifier, how) -> None:
    def output(model):
        with torch.no_grad():
            return model(**BATCH).logits

    before = output(classifier)  # with a plan
    if how == "torch.save":
        file = io.BytesIO()
        torch.save(classifier, file)
        file.seek(0)
        other = torch.load(file, weights_only=False)
    else:
        other = copy.deepcopy(classifier) if how == "deepcopy" else pickle.loads(pickle.dumps(classifier))
    assert torch.equal(output(other), before)
    with torch.no_grad():
        for weight in other.parameters():
            weight.mul_(1.5)
    assert not torch.allclose(output(other), before)
    assert torch.equal(output(classifier), before)
    assert other.config == classifier.config
    assert other.config is not classifier.config
    assert list(other.state_dict()) == list(classifier.state_dict())


def test_state_dicts_load(config, model) -> None:
    other = BertModel(config).eval()
    assert not torch.allclose(run(other), run(model))
    result = other.load_state_dict(model.state_dict())
    assert not result.missing_keys
    assert not result.unexpected_keys
    assert torch.equal(run(other), run(model))
    third = BertModel(config).eval()
    run(third)
    third.load_state_dict(model.state_dict(), assign=True)
    assert torch.equal(run(third), run(model))


def test_training_mode_reaches_dropout(model) -> None:
    assert not any(module.training for module in model.modules())
    first = run(model.train())
    assert not torch.allclose(first, run(model))
    assert torch.equal(run(model.eval()), run(model))


def test_a_new_model_is_in_training_mode(config) -> None:
    model = BertModel(config)
    assert model.training
    assert not torch.allclose(run(model), run(model))


def test_parts_and_sizes(model, classifier) -> None:
    assert model.base_model is model
    assert classifier.base_model is classifier.bert
    assert isinstance(classifier.bert, BertModel)
    assert model.get_input_embeddings() is model.embeddings.word_embeddings
    assert model.num_parameters() == sum(p.numel() for p in model.parameters())
    model.embeddings.requires_grad_(False)
    assert model.num_parameters(only_trainable=True) < model.num_parameters()
    assert model.dtype == torch.float32
    assert model.device.type == "cpu"
    assert classifier.num_labels == 3
    with torch.no_grad():
        hidden = classifier.bert(**BATCH).last_hidden_state
        assert hidden.shape == (2, 3, 32)
    classifier.bert = model
    with torch.no_grad():
        assert torch.equal(classifier.bert(**BATCH).last_hidden_state, run(model))


def test_without_a_pooler(config, model) -> None:
    bare = BertModel(config, add_pooling_layer=False).eval()
    result = bare.load_state_dict(model.state_dict(), strict=False)
    assert result.unexpected_keys == ["pooler.dense.weight", "pooler.dense.bias"]
    with torch.no_grad():
        assert bare(**BATCH).pooler_output is None if "pooler_output" in bare(**BATCH).fields else True
        assert torch.equal(bare(**BATCH).last_hidden_state, run(model))


def test_the_wrong_config_is_refused(config) -> None:
    from leanformers.config import Config
    from leanformers.errors import ConfigError, InputTypeError

    with pytest.raises(ArchitectureError, match="'bert', but the config says 'distilbert'"):
        BertModel(Config("distilbert"))
    with pytest.raises(InputTypeError, match="needs a Config, not dict"):
        BertModel({"hidden_size": 3})
    for key, value, message in (
        ("hidden_size", 30, None),
        ("num_attention_heads", 5, "hidden_size 32 is not a multiple of num_attention_heads 5"),
        ("vocab_size", "many", "vocab_size must be a whole number of at least 1, not 'many'"),
        ("hidden_dropout_prob", 1.5, "hidden_dropout_prob must be a number from 0 to 1"),
        ("position_embedding_type", "relative_key", "position_embedding_type is 'relative_key'"),
        ("is_decoder", True, "is_decoder is True"),
    ):
        other = config.copy()
        other[key] = value
        if message is not None:
            with pytest.raises(ConfigError, match=message):
                BertModel(other)
        else:
            BertModel(other)
