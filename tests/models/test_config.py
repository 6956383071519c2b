from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys

import pytest

from leanformers.auto import AutoConfig
from leanformers.config import Config
from leanformers.errors import ArgumentError, ConfigError, FileFormatError, MissingFileError


def write(folder, values) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(values if isinstance(values, str) else json.dumps(values))


def test_keys_are_attributes_and_items_and_unknown_ones_are_kept(tmp_path) -> None:
    values = {"model_type": "bert", "hidden_size": 48, "my_own_key": {"deep": [1, 2]}}
    write(tmp_path / "a", values)
    config = AutoConfig.from_pretrained(tmp_path / "a")
    assert config.hidden_size == config["hidden_size"] == 48
    assert config.my_own_key == {"deep": [1, 2]}
    assert config.num_hidden_layers == 12  # the architecture's default
    config.save_pretrained(tmp_path / "b")
    assert json.loads((tmp_path / "b" / "config.json").read_text()) == values


def test_an_unknown_architecture_can_be_read_and_kept(tmp_path) -> None:
    write(tmp_path, {"model_type": "something-new", "width": 3})
    assert AutoConfig.from_pretrained(tmp_path).width == 3


def test_own_names_and_common_names_are_the_same_value() -> None:
    config = Config("distilbert", hidden_size=48)
    assert config.dim == config.hidden_size == config["hidden_size"] == 48
    config.num_hidden_layers = 2
    assert config.n_layers == 2
    assert "num_hidden_layers" not in config.to_dict()
    read = Config.from_dict({"model_type": "distilbert", "hidden_size": 24, "n_heads": 2})
    assert read.dim == 24
    assert read.num_attention_heads == 2


def test_labels_behave_as_in_the_reference() -> None:
    transformers = pytest.importorskip("transformers")
    for values in ({}, {"num_labels": 3}, {"id2label": {"0": "no", "1": "yes"}, "label2id": {"no": 0, "yes": 1}}):
        ours, theirs = Config("bert", **values), transformers.BertConfig(**values)
        assert (ours.num_labels, ours.id2label) == (theirs.num_labels, theirs.id2label)
        assert ours.label2id == theirs.label2id
        ours.num_labels = theirs.num_labels = 4
        assert (ours.id2label, ours.label2id) == (theirs.id2label, theirs.label2id)


def test_labels_survive_a_file(tmp_path) -> None:
    config = Config("bert", id2label={0: "NEGATIVE", 1: "POSITIVE"})
    config.save_pretrained(tmp_path)
    again = Config.from_pretrained(tmp_path)
    assert again.id2label == {0: "NEGATIVE", 1: "POSITIVE"}
    assert again.label2id == {"NEGATIVE": 0, "POSITIVE": 1}
    assert again == config


def test_overrides_must_be_keys(tmp_path) -> None:
    write(tmp_path, {"model_type": "bert", "special": 1})
    config = Config.from_pretrained(tmp_path, num_labels=5, hidden_dropout_prob=0.0, special=2)
    assert (config.num_labels, config.hidden_dropout_prob, config.special) == (5, 0.0, 2)
    with pytest.raises(ArgumentError, match="'num_label'; did you mean 'num_labels'"):
        Config.from_pretrained(tmp_path, num_label=5)
    with pytest.raises(ArgumentError, match="contradicts id2label"):
        Config.from_pretrained(tmp_path, num_labels=5, id2label={0: "a"})


def test_a_misspelt_key_of_a_new_config_is_refused() -> None:
    with pytest.raises(ArgumentError, match="'hiden_size'; did you mean 'hidden_size'"):
        Config("bert", hiden_size=48)
    assert Config("bert", quite_another_thing=1).quite_another_thing == 1


def test_an_absent_key_is_named_with_the_nearest_one() -> None:
    config = Config("bert")
    with pytest.raises(AttributeError, match="no key 'hidden_sise'; did you mean 'hidden_size'"):
        _ = config.hidden_sise
    with pytest.raises(KeyError, match="hidden_size"):
        config["hidden_sise"]
    assert config.get("hidden_sise", 7) == 7
    assert "hidden_sise" not in config


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (None, MissingFileError, "no config.json in"),
        ("{", FileFormatError, r"config.json is not valid JSON.*line 1"),
        ("[1]", FileFormatError, "must hold a JSON object"),
        ({}, ConfigError, '"model_type" must name an architecture'),
        ({"model_type": ""}, ConfigError, '"model_type" must name an architecture'),
        ({"model_type": "bert", "id2label": [1]}, ConfigError, "id2label must map numbers to labels"),
        ({"model_type": "bert", "num_labels": 0}, ConfigError, "num_labels must be a number"),
    ],
)
def test_files_that_are_no_config(tmp_path, values, error, message) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    if values is not None:
        write(folder, values)
    with pytest.raises(error, match=message):
        Config.from_pretrained(folder)


def test_a_missing_folder_is_named_with_the_nearest_one(tmp_path) -> None:
    (tmp_path / "my-model").mkdir()
    with pytest.raises(MissingFileError, match=r"no such directory.*my-modle.*my-model"):
        Config.from_pretrained(tmp_path / "my-modle")


def test_copies_are_their_own() -> None:
    config = Config("bert", num_labels=3)
    for other in (config.copy(), copy.deepcopy(config), pickle.loads(pickle.dumps(config))):
        assert other == config
        other.num_labels = 7
        assert config.num_labels == 3


def test_reading_configs_and_wirings_needs_no_torch() -> None:
    code = """
import sys
from leanformers.config import Config
from leanformers.models.arch import ARCHITECTURES, class_names
import leanformers.auto
wiring = ARCHITECTURES["bert"].wiring(Config("bert"))
assert len(wiring.blocks) == 12 and "DistilBertForSequenceClassification" in class_names()
assert "torch" not in sys.modules and "numpy" not in sys.modules, sorted(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
