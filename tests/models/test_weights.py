"""Loading is strict: what is missing, foreign, damaged or of another shape is said, with names and sizes."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from leanformers.auto import AutoModel, AutoModelForSequenceClassification
from leanformers.config import Config
from leanformers.errors import (
    ArchitectureError,
    ArgumentError,
    FileFormatError,
    InputValueError,
    MissingFileError,
    MissingWeightsError,
    ShapeError,
)
from leanformers.models.classes import BertForSequenceClassification, BertModel, DistilBertModel

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:53aa51\nsize 90868376\n"


def weights(folder: Path) -> Path:
    return folder / "model.safetensors"


def edit(folder: Path, change) -> None:
    tensors = load_file(weights(folder))
    save_file(change(dict(tensors)) or tensors, weights(folder), metadata={"format": "pt"})


def set_config(folder: Path, **values) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def run(model):
    with torch.no_grad():
        return model([[5, 6, 7]]).last_hidden_state


def test_a_loaded_model_is_in_evaluation_mode_and_reports_what_it_found(folder, model) -> None:
    loaded = AutoModel.from_pretrained(folder)
    assert type(loaded) is BertModel
    assert not loaded.training
    report = loaded.load_report
    assert report.files == (weights(folder),)
    assert not (report.missing_head)
    assert not (report.unexpected)
    assert not (report.passengers)
    assert not (report.aliases)
    assert torch.equal(run(loaded), run(model))


# ---- files ----


@pytest.mark.parametrize("bytes_left", [0, 5, 100, -1, -1000])
def test_a_file_that_is_cut_off(folder, bytes_left) -> None:
    path = weights(folder)
    data = path.read_bytes()
    path.write_bytes(data[:bytes_left])
    size = len(data[:bytes_left])
    message = {0: "is empty: 0 bytes", 5: "is cut off: 5 bytes", 100: "its header ends at byte"}.get(
        bytes_left, f"is cut off: expected {len(data)} bytes, the file has {size}"
    )
    with pytest.raises(FileFormatError, match=message) as caught:
        AutoModel.from_pretrained(folder)
    assert str(path) in str(caught.value)
    assert str(size) in str(caught.value)


def test_a_file_with_more_than_it_says(folder) -> None:
    with weights(folder).open("ab") as file:
        file.write(b"more")
    with pytest.raises(FileFormatError, match="has bytes that its header does not know: expected"):
        AutoModel.from_pretrained(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_a_git_lfs_pointer(folder, name) -> None:
    weights(folder).unlink()
    (folder / name).write_bytes(POINTER)
    with pytest.raises(FileFormatError, match=rf"{name} is a git-lfs pointer.* of 90868376 bytes: run `git lfs pull`"):
        AutoModel.from_pretrained(folder)


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04" + b"x" * 100, b"<!doctype html>" * 10, (20).to_bytes(8, "little") + b"{" * 20]
)
def test_a_file_that_is_something_else(folder, data) -> None:
    weights(folder).write_bytes(data)
    with pytest.raises(FileFormatError, match=r"is no safetensors file|has a broken header"):
        AutoModel.from_pretrained(folder)


def test_a_header_that_lies(folder) -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}).encode()
    weights(folder).write_bytes(len(header).to_bytes(8, "little") + header + b"1234")
    with pytest.raises(FileFormatError, match="is no valid safetensors file"):
        AutoModel.from_pretrained(folder)


def test_no_weights(folder) -> None:
    weights(folder).rename(folder / "tf_model.h5")
    with pytest.raises(
        MissingFileError, match=r"no weights in .*expected model\.safetensors.*tf_model\.h5 is of a format"
    ):
        AutoModel.from_pretrained(folder)
    with pytest.raises(MissingFileError, match="no such directory"):
        AutoModel.from_pretrained(folder.parent / "tinny")


def test_shards(folder, model, tmp_path) -> None:
    model.save_pretrained(tmp_path / "shards", max_shard_size="10KB")
    names = sorted(path.name for path in (tmp_path / "shards").iterdir())
    assert "model.safetensors.index.json" in names
    assert "model.safetensors" not in names
    assert len(names) > 4
    loaded = AutoModel.from_pretrained(tmp_path / "shards")
    assert torch.equal(run(loaded), run(model))
    assert len(loaded.load_report.files) == len(names) - 2
    lost = sorted((tmp_path / "shards").glob("*.safetensors"))[1]
    data = lost.read_bytes()
    lost.unlink()
    with pytest.raises(MissingFileError, match=rf"lacks 1 of {len(names) - 2} weight files: {lost.name}"):
        AutoModel.from_pretrained(tmp_path / "shards")
    lost.write_bytes(data[:-1])
    with pytest.raises(FileFormatError, match=rf"{lost.name} is cut off"):
        AutoModel.from_pretrained(tmp_path / "shards")


def test_pickles_are_read_only_where_they_hold_tensors_alone(folder, model) -> None:
    class Evil:
        def __reduce__(self):
            return (print, ("code from a checkpoint ran",))

    state = load_file(weights(folder))
    weights(folder).unlink()
    path = folder / "pytorch_model.bin"
    torch.save(state, path)
    assert torch.equal(run(AutoModel.from_pretrained(folder)), run(model))
    data = path.read_bytes()
    torch.save({**state, "evil": Evil()}, path)
    with pytest.raises(FileFormatError, match=r"pytorch_model\.bin is refused.*could run code"):
        AutoModel.from_pretrained(folder)
    path.write_bytes(pickle.dumps(Evil(), protocol=2))
    with pytest.raises(FileFormatError, match=r"refused"):
        AutoModel.from_pretrained(folder)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(FileFormatError, match=r"pytorch_model\.bin \(\d+ bytes\) is damaged or cut off"):
        AutoModel.from_pretrained(folder)
    torch.save([1, 2], path)
    with pytest.raises(FileFormatError, match="holds no weights by name, but list"):
        AutoModel.from_pretrained(folder)


# ---- names and shapes ----


def test_missing_weights_of_the_body(folder) -> None:
    def drop(tensors):
        del tensors["encoder.layer.1.output.dense.weight"], tensors["embeddings.LayerNorm.bias"]
        return tensors

    edit(folder, drop)
    with pytest.raises(
        MissingWeightsError, match=r"lacks 2 of the 39 weights of BertModel: embeddings\.LayerNorm\.bias, "
    ):
        AutoModel.from_pretrained(folder)


def test_all_but_one_missing(folder) -> None:
    edit(folder, lambda tensors: {"embeddings.LayerNorm.bias": tensors["embeddings.LayerNorm.bias"]})
    with pytest.raises(MissingWeightsError, match=r"lacks 36 of the 39 weights.* and 26 more"):
        AutoModel.from_pretrained(folder)


def test_a_missing_pooler_starts_new_with_a_warning(folder) -> None:
    edit(folder, lambda tensors: {name: t for name, t in tensors.items() if "pooler" not in name})
    with pytest.warns(
        UserWarning, match=r"BertModel: 2 weights are not in .* start new.*pooler\.dense\.bias"
    ) as caught:
        first = AutoModel.from_pretrained(folder)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="start new"):
        second = BertModel.from_pretrained(folder)
    assert torch.equal(first.pooler.dense.weight, second.pooler.dense.weight)
    assert first.load_report.missing_head == ("pooler.dense.bias", "pooler.dense.weight")
    assert not BertModel.from_pretrained(folder, add_pooling_layer=False).load_report.missing_head


def test_the_wrong_class(folder, tmp_path) -> None:
    with pytest.raises(ArchitectureError, match=r"DistilBertModel is of the architecture 'distilbert', but.*'bert'"):
        DistilBertModel.from_pretrained(folder)
    set_config(folder, model_type="distilbert", dim=32, n_heads=2, n_layers=2, hidden_dim=64)
    edit(folder, lambda tensors: {name.replace("embeddings.", "embeddingz."): t for name, t in tensors.items()})
    with pytest.raises(ArchitectureError, match=r"holds no weights of DistilBERT.*it looks like BERT \('bert'\)"):
        AutoModel.from_pretrained(folder)
    edit(folder, lambda tensors: {"wte.weight": torch.zeros(3, 4)})
    with pytest.raises(ArchitectureError, match=r"none of its 1 names fits DistilBertModel, first wte\.weight"):
        AutoModel.from_pretrained(folder)


@pytest.mark.parametrize(("name", "hint"), [("brt", "; did you mean 'bert'"), ("gpt9", "; known: albert, bart, bert")])
def test_an_unknown_architecture(folder, name, hint) -> None:
    set_config(folder, model_type=name)
    with pytest.raises(ArchitectureError, match=rf"the architecture '{name}' is not known here.*{hint}"):
        AutoModel.from_pretrained(folder)


def test_unexpected_names_are_reported(folder) -> None:
    edit(folder, lambda tensors: {**tensors, "cls.predictions.bias": torch.zeros(3)})
    assert AutoModel.from_pretrained(folder).load_report.unexpected == ("cls.predictions.bias",)


def test_shapes_that_disagree_with_the_config(folder, classifier, tmp_path) -> None:
    set_config(folder, vocab_size=60, intermediate_size=70)
    with pytest.raises(ShapeError, match=r"does not fit the config: .*\(64,\), the config makes it \(70,\)") as caught:
        AutoModel.from_pretrained(folder)
    assert "vocab_size=60" in str(caught.value)
    assert "intermediate_size=70" in str(caught.value)
    classifier.save_pretrained(tmp_path / "three")
    kind = AutoModelForSequenceClassification
    with pytest.raises(
        ShapeError, match=r"classifier\.weight is \(3, 32\), the config makes it \(5, 32\).*num_labels=5"
    ):
        kind.from_pretrained(tmp_path / "three", num_labels=5)
    with pytest.warns(UserWarning, match="start new"):
        five = kind.from_pretrained(tmp_path / "three", num_labels=5, ignore_mismatched_sizes=True)
    assert five.classifier.weight.shape == (5, 32)
    assert torch.equal(five.bert.pooler.dense.weight, classifier.bert.pooler.dense.weight)


# ---- arguments ----


def test_arguments_are_config_keys_or_refused(folder) -> None:
    assert AutoModel.from_pretrained(folder, hidden_dropout_prob=0.0).config.hidden_dropout_prob == 0.0
    with pytest.raises(ArgumentError, match="'output_atentions'; did you mean 'output_attentions'"):
        AutoModel.from_pretrained(folder, output_atentions=True)
    given = Config.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, config=given, output_hidden_states=True)
    assert len(model([[1, 2]]).hidden_states) == 3
    assert not given.output_hidden_states


def test_dtypes_and_devices(folder) -> None:
    for dtype in ("bfloat16", torch.bfloat16, "torch.bfloat16"):
        assert AutoModel.from_pretrained(folder, dtype=dtype).dtype == torch.bfloat16
    assert AutoModel.from_pretrained(folder, torch_dtype="float64").dtype == torch.float64
    with pytest.raises(InputValueError, match=r"dtype 'float33' is not known; did you mean 'float32'.*choices"):
        AutoModel.from_pretrained(folder, dtype="float33")
    for device in ("cpu", {"": "cpu"}, torch.device("cpu"), "auto"):
        assert AutoModel.from_pretrained(folder, device_map=device).device.type in ("cpu", "cuda")


# Row 59 of the mistakes.
@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("gpu", r"device 'gpu' is not known; for example \"cpu\", \"cuda\""),
        ("balanced", "device 'balanced' is not known"),
        (True, "device True is not known"),
        (-1, "device -1 is not known"),
        ({"": "gpu"}, "device 'gpu' is not known"),
        ({}, "not split over several"),
        ({"embeddings": 0, "encoder": "cpu"}, "device_map .*'encoder': 'cpu'.*: a model is put on one device here"),
    ],
)
def test_a_device_that_there_is_not_is_refused(folder, asked, message) -> None:
    with pytest.raises(InputValueError, match=message):
        AutoModel.from_pretrained(folder, device_map=asked)


# Row 59 of the mistakes.
@pytest.mark.parametrize("asked", [0, "cuda", "cuda:1", {"": "cuda"}, {"": 0}])
def test_a_gpu_that_the_machine_lacks_is_named(folder, monkeypatch, asked) -> None:
    named = asked[""] if isinstance(asked, dict) else asked
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputValueError, match=f"device {named!r}: this machine has no CUDA device that torch can use"):
        AutoModel.from_pretrained(folder, device_map=asked)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(InputValueError, match=r"device 'cuda:1': this machine has 1 CUDA device.s., numbered from 0"):
        AutoModel.from_pretrained(folder, device_map="cuda:1")


# Row 50 of the mistakes.
@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_damaged_numbers_are_found_where_asked_for(folder, wrong) -> None:
    name = "encoder.layer.1.output.dense.weight"
    assert AutoModel.from_pretrained(folder, check_finite=True).load_report.unexpected == ()
    edit(folder, lambda ts: {n: t.index_fill(0, torch.tensor([2]), wrong) if n == name else t for n, t in ts.items()})
    assert not AutoModel.from_pretrained(folder).encoder.layer[1].output.dense.weight.isfinite().all()
    with pytest.raises(FileFormatError, match=rf"model.safetensors: 64 of the 2048 numbers of {name} are NaN or inf"):
        AutoModel.from_pretrained(folder, check_finite=True)


def test_numbers_that_are_too_large_for_the_dtype_are_found_too(folder) -> None:
    edit(folder, lambda ts: {n: t + 1e5 if n.endswith("LayerNorm.bias") else t for n, t in ts.items()})
    AutoModel.from_pretrained(folder, check_finite=True)
    with pytest.raises(FileFormatError, match=r"NaN or infinite as torch\.float16.*the dtype is too narrow"):
        AutoModel.from_pretrained(folder, check_finite=True, dtype="float16")


def test_a_checkpoint_of_mixed_dtypes_gets_one(folder) -> None:
    edit(folder, lambda ts: {n: t.half() if "encoder" in n else t for n, t in ts.items()})
    assert {p.dtype for p in AutoModel.from_pretrained(folder).parameters()} == {torch.float32}
    set_config(folder, torch_dtype="float16")
    assert {p.dtype for p in AutoModel.from_pretrained(folder).parameters()} == {torch.float16}


def test_auto_classes_are_not_called() -> None:
    with pytest.raises(TypeError, match=r"use AutoModel\.from_pretrained"):
        AutoModel()


# ---- writing ----


def test_training_does_not_write_into_the_file(folder) -> None:
    before = weights(folder).read_bytes()
    model = AutoModel.from_pretrained(folder).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    model([[1, 2, 3]]).last_hidden_state.square().sum().backward()
    optimizer.step()
    assert weights(folder).read_bytes() == before
    assert not torch.equal(load_file(weights(folder))["pooler.dense.weight"], torch.zeros(1))
    assert not torch.equal(model.embeddings.LayerNorm.weight, load_file(weights(folder))["embeddings.LayerNorm.weight"])


def test_saving_into_the_folder_that_was_loaded(folder) -> None:
    model = AutoModel.from_pretrained(folder)
    before = run(model)
    model.save_pretrained(folder)
    assert torch.equal(run(model), before)
    assert torch.equal(run(AutoModel.from_pretrained(folder)), before)
    model.save_pretrained(folder, max_shard_size=10_000)
    assert not weights(folder).exists()
    assert torch.equal(run(AutoModel.from_pretrained(folder)), before)
    model.save_pretrained(folder)
    assert sorted(p.name for p in folder.iterdir()) == ["config.json", "model.safetensors"]


def test_saving_is_all_or_nothing(folder, model, monkeypatch) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    import safetensors.torch

    def fail(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(safetensors.torch, "save_file", fail)
    with pytest.raises(OSError, match="No space left"):
        model.save_pretrained(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_saving_where_it_cannot_be(folder, model) -> None:
    with pytest.raises(InputValueError, match="it is a file; give a folder"):
        model.save_pretrained(weights(folder))
    for size in ("much", "-5", 0, "5XB"):
        with pytest.raises(InputValueError, match="max_shard_size"):
            model.save_pretrained(folder, max_shard_size=size)


def test_only_safetensors_are_written(folder, model) -> None:
    model.save_pretrained(folder, safe_serialization=True)
    with pytest.raises(ArgumentError, match="safetensors only; safe_serialization=False"):
        model.save_pretrained(folder, safe_serialization=False)
    with pytest.raises(ArgumentError, match="'max_shard_sise'; did you mean 'max_shard_size'"):
        model.save_pretrained(folder, max_shard_sise="1GB")


def test_the_vocabulary_grows_and_shrinks(classifier, tmp_path) -> None:
    with torch.no_grad():
        before = classifier([[5, 6]]).logits
    table = classifier.resize_token_embeddings(60)
    assert classifier.bert.embeddings.word_embeddings is table
    assert classifier.config.vocab_size == 60
    with torch.no_grad():
        assert torch.equal(classifier([[5, 6]]).logits, before)
        classifier([[59]])
    classifier.save_pretrained(tmp_path / "grown")
    assert BertForSequenceClassification.from_pretrained(tmp_path / "grown").config.vocab_size == 60
    with pytest.warns(UserWarning, match="shrinks from 60 to 10 entries: ids from 10 are refused"):
        classifier.resize_token_embeddings(10)
    with pytest.raises(IndexError, match="id 10, but the vocabulary has 10 entries"):
        classifier([[10]])
    with pytest.raises(InputValueError, match="new_num_tokens"):
        classifier.resize_token_embeddings(0)


def test_a_saved_classifier_keeps_its_labels(classifier, tmp_path) -> None:
    classifier.config.id2label = {0: "bad", 1: "fair", 2: "good"}
    classifier.save_pretrained(tmp_path / "labels")
    config = json.loads((tmp_path / "labels" / "config.json").read_text())
    assert config["architectures"] == ["BertForSequenceClassification"]
    assert config["id2label"] == {"0": "bad", "1": "fair", "2": "good"}
    loaded = BertForSequenceClassification.from_pretrained(tmp_path / "labels")
    assert loaded.config.id2label == {0: "bad", 1: "fair", 2: "good"}
    shutil.rmtree(tmp_path / "labels")  # memory-mapped files may go while they are in use
    assert loaded([[1, 2]]).logits.shape == (1, 3)


def test_loading_does_not_read_the_weights_twice(test_data) -> None:
    """Mapped, not copied: the process grows by little until weights are touched."""
    import os

    def resident() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    if not Path("/proc/self/statm").exists():
        pytest.skip("no /proc")
    folder = test_data / "checkpoints" / "all-MiniLM-L6-v2"
    AutoModel.from_pretrained(folder)
    before = resident()
    model = AutoModel.from_pretrained(folder)
    assert resident() - before < 30  # of 91
    assert model.num_parameters() > 22_000_000
