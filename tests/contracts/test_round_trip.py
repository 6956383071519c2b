"""Load → save keeps every tensor's name, shape, dtype and bytes, and the reference reads what was saved."""

from __future__ import annotations

import json
import warnings

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from leanformers import auto
from leanformers.models.arch import ARCHITECTURES, BASE

TASKS = ["base", "sequence-classification"]


def same_tensors(first, second) -> bool:
    return list(first) == list(second) and all(
        first[name].dtype == second[name].dtype
        and first[name].shape == second[name].shape
        and torch.equal(first[name].view(torch.uint8), second[name].view(torch.uint8))
        for name in first
    )


@pytest.mark.parametrize("task", TASKS)
def test_saved_files_hold_the_same_bytes(make_pair, tmp_path, model_type, task) -> None:
    pair = make_pair(model_type, task=task)
    pair.ours.save_pretrained(tmp_path / "saved")
    saved = tmp_path / "saved" / "model.safetensors"
    assert saved.read_bytes() == (pair.folder / "model.safetensors").read_bytes()
    before, after = (json.loads((folder / "config.json").read_text()) for folder in (pair.folder, saved.parent))
    assert before == after


@pytest.mark.parametrize("task", TASKS)
def test_the_reference_reads_what_was_saved(make_pair, batch_of, tmp_path, model_type, task) -> None:
    pair = make_pair(model_type, task=task)
    batch = batch_of(pair, [4, 9])
    pair.ours.save_pretrained(tmp_path / "saved", max_shard_size="20KB")
    assert len(list((tmp_path / "saved").glob("model-*-of-*.safetensors"))) > 1
    again = type(pair.reference).from_pretrained(tmp_path / "saved", attn_implementation="eager")
    with torch.no_grad():
        assert torch.equal(again(**batch)[0], pair.reference(**batch)[0])


@pytest.mark.parametrize("task", TASKS)
def test_names_and_order_of_parameters_are_those_of_the_reference(make_pair, model_type, task) -> None:
    pair = make_pair(model_type, task=task)
    prefix = ARCHITECTURES[model_type].layout.prefix

    def ordered(names):  # some classes of the reference have their head before the base model
        names = [name for name in names if "position_ids" not in name]
        return sorted(names, key=lambda name: task != "base" and not name.startswith(f"{prefix}."))

    assert ordered(pair.ours.state_dict()) == ordered(pair.reference.state_dict())
    ours, theirs = (ordered(name for name, _ in model.named_parameters()) for model in (pair.ours, pair.reference))
    assert ours == theirs
    leaves = (torch.nn.Linear, torch.nn.LayerNorm, torch.nn.Embedding)
    layout = ARCHITECTURES[model_type].layout
    ours, theirs = (
        {
            name: next(leaf for leaf in leaves if isinstance(module, leaf))
            for name, module in model.named_modules()
            if isinstance(module, leaves) and not layout.is_transposed(f"{name}.weight")
        }
        for model in (pair.ours, pair.reference)
    )
    assert ours == theirs


def test_a_model_made_from_a_config_is_read_by_the_reference(model_type, make_pair, batch_of, tmp_path) -> None:
    pair = make_pair(model_type)
    new = auto.AutoModel.from_config(pair.ours.config)
    assert new.training
    new.eval().save_pretrained(tmp_path / "new")
    reference = transformers.AutoModel.from_pretrained(tmp_path / "new", attn_implementation="eager")
    batch = batch_of(pair, [5])
    with torch.no_grad():
        assert (new(**batch)[0] - reference(**batch)[0]).abs().max() <= 1e-5
    spread = config_spread = new.config.initializer_range
    weights = torch.cat([p.flatten() for n, p in new.named_parameters() if p.ndim == 2 and "position" not in n])
    assert abs(weights.std() - spread) < 0.1 * config_spread


def test_the_defaults_of_a_config_are_those_of_the_reference(any_type) -> None:
    from leanformers.config import Config

    reference = transformers.AutoConfig.for_model(any_type)
    config = Config(any_type)
    assert config.num_labels == reference.num_labels
    for key, value in ARCHITECTURES[any_type].defaults.items():
        if key == "position_embedding_type":  # the reference dropped the other kinds, and the key
            continue
        theirs = getattr(reference, key)
        if value is None and theirs is not None:  # the reference works it out from other keys
            assert key in ("head_dim", "num_key_value_heads", "layer_types", "num_decoder_layers")
            continue
        if key == "sliding_window" and not config.get("use_sliding_window", True):
            theirs = value  # the reference forgets a window that is not used
        assert theirs == value == config[key], key
    for common, own in ARCHITECTURES[any_type].attribute_map.items():
        assert getattr(reference, own) == config[common] == config[own]
    ours = dict(ARCHITECTURES[any_type].attribute_map)
    if any_type == "bart":  # the reference's code initialises with it under its own name
        assert ours.pop("initializer_range") == "init_std"
    if any_type == "gemma3_text":  # the reference's blocks read the activation under its own name
        assert ours.pop("hidden_act") == "hidden_activation"
    assert dict(type(reference).attribute_map) == ours


@pytest.mark.parametrize("spelling", ["prefix", "no prefix", "gamma and beta", "passengers"])
def test_old_spellings_are_read_and_written_back(make_pair, batch_of, tmp_path, model_type, spelling) -> None:
    pair = make_pair(model_type, task="base" if spelling == "prefix" else "sequence-classification")
    prefix = ARCHITECTURES[model_type].layout.prefix
    path = pair.folder / "model.safetensors"
    tensors = load_file(path)

    def respell(name: str) -> str:
        if spelling == "prefix":
            return f"{prefix}.{name}"
        if spelling == "no prefix":
            return name.removeprefix(f"{prefix}.")
        if spelling == "gamma and beta" and "norm" in name.lower().replace("ln_", "norm"):
            return name.removesuffix("weight").removesuffix("bias") + ("gamma" if name.endswith("weight") else "beta")
        return name

    tensors = {respell(name): tensor for name, tensor in tensors.items()}
    if spelling == "passengers":
        passenger = ARCHITECTURES[model_type].layout.passengers[0].format(i=1)
        tensors[f"{prefix}.{passenger}"] = torch.arange(40).unsqueeze(0)
    save_file(tensors, path, metadata={"format": "pt"})
    model = type(pair.ours).from_pretrained(pair.folder)
    batch = batch_of(pair, [4, 9])
    with torch.no_grad():
        assert torch.equal(model(**batch)[0], pair.ours(**batch)[0])
    model.save_pretrained(tmp_path / "saved")
    assert same_tensors(load_file(tmp_path / "saved" / "model.safetensors"), load_file(path))
    assert bool(model.load_report.aliases) == (spelling != "passengers")
    assert len(model.load_report.passengers) == (spelling == "passengers")


def test_a_new_head_on_a_base_checkpoint_is_the_same_each_time_and_said_aloud(make_pair, tmp_path, model_type) -> None:
    pair = make_pair(model_type)
    kind = auto.AutoModelForSequenceClassification
    with pytest.warns(UserWarning, match=r"start new.*(classifier(\.out_proj)?|score)\.weight"):
        first = kind.from_pretrained(pair.folder, num_labels=3)
    with pytest.warns(UserWarning, match="start new"):
        second = kind.from_pretrained(pair.folder, num_labels=3)
    new, again = (model.own_mounts()[-1] for model in (first, second))
    assert f"{new.name}.weight" in first.load_report.missing_head
    assert torch.equal(new.module.weight, again.module.weight)
    assert new.module.weight.shape[0] == 3
    assert new.module.bias is None or not new.module.bias.any()
    first.save_pretrained(tmp_path / "saved")
    again = kind.from_pretrained(tmp_path / "saved")
    assert not again.load_report.missing_head
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), first.parameters(), strict=True))
    reference = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "saved")
    expected = reference.state_dict()
    layout = first.architecture.layout
    for name, value in first.state_dict().items():
        assert torch.equal(expected[name], value.t() if layout.is_transposed(name) else value)


def test_a_classifier_checkpoint_as_base_model_reports_its_head(make_pair, batch_of, model_type) -> None:
    pair = make_pair(model_type, task="sequence-classification")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where a classifier has no pooler, the base model's starts new
        model = auto.AutoModel.from_pretrained(pair.folder)
    heads = ARCHITECTURES[model_type].layout.heads["sequence-classification"]
    assert {name.rpartition(".")[0] for name in model.load_report.unexpected} == {name for name, _ in heads}
    batch = batch_of(pair, [4])
    with torch.no_grad():
        expected = pair.reference.base_model(**batch)[0]
        assert (model(**batch)[0] - expected).abs().max() <= 1e-5


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_dtypes_round_trip(make_pair, batch_of, tmp_path, model_type, dtype) -> None:
    pair = make_pair(model_type)
    pair.reference.to(getattr(torch, dtype)).save_pretrained(tmp_path / "typed")
    model = auto.AutoModel.from_pretrained(tmp_path / "typed")
    assert model.dtype == getattr(torch, dtype)
    model.save_pretrained(tmp_path / "saved")
    first, second = (load_file(tmp_path / folder / "model.safetensors") for folder in ("typed", "saved"))
    assert same_tensors(first, second)
    batch = batch_of(pair, [9, 9])  # beside padding, the reference's ModernBERT is NaN in float64
    with torch.no_grad():
        ours, theirs = model(**batch)[0].float(), pair.reference(**batch)[0].float()
    tolerance = {"float16": 0.02, "bfloat16": 0.15, "float64": 1e-5}[dtype]
    real = batch["attention_mask"].bool()
    assert (ours - theirs)[real].abs().max() <= tolerance
    wide = auto.AutoModel.from_pretrained(tmp_path / "typed", dtype="float32")
    assert wide.dtype == torch.float32


def test_every_architecture_has_a_base_class(any_type) -> None:
    assert BASE in ARCHITECTURES[any_type].classes
