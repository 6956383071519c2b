"""Loading takes the memory of the weights and little more, also where they change their dtype."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from leanformers import AutoModel, Config

# Measures in a process of its own what loading adds to the memory, at most and for good, and reads every weight.
MEASURE = """
import gc, json, sys
import torch
from leanformers import AutoModel

def kilobytes(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))

AutoModel.from_pretrained("leanformers/tiny-sentiment", dtype="float64")  # imports what loading needs
for folder, dtype in json.loads(sys.argv[1]):
    gc.collect()
    before = kilobytes("VmRSS")
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # begins to count the peak anew
    model = AutoModel.from_pretrained(folder, dtype=dtype)
    sum(float(weight.detach().flatten()[::256].sum()) for weight in model.parameters())
    weights = sum(weight.nbytes for weight in model.parameters())
    largest = max(weight.numel() for weight in model.parameters())
    print(json.dumps([1024 * (kilobytes("VmHWM") - before), weights, largest]))
    del model
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same model of about 300 MB in float32, as one file, in shards and pickled, and in bfloat16."""
    root = tmp_path_factory.mktemp("weights")
    config = Config("bert", hidden_size=768, num_attention_heads=12, num_hidden_layers=7, intermediate_size=3072)
    model = AutoModel.from_config(config)
    model.save_pretrained(root / "single")
    model.save_pretrained(root / "shards", max_shard_size="60MB")
    (root / "pickled").mkdir()
    (root / "pickled" / "config.json").write_text((root / "single" / "config.json").read_text())
    torch.save(load_file(root / "single" / "model.safetensors"), root / "pickled" / "pytorch_model.bin")
    model.to(torch.bfloat16).save_pretrained(root / "half")
    assert (root / "single" / "model.safetensors").stat().st_size > 290e6
    assert len(list((root / "shards").glob("*.safetensors"))) > 3
    return {path.name: path for path in root.iterdir()}


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is read from /proc")
def test_loading_takes_the_memory_of_the_weights(folders: dict[str, Path]) -> None:
    cases = [
        ("single", "auto"), ("shards", "auto"), ("pickled", "auto"), ("half", "auto"), ("single", "bfloat16"),
        ("shards", "bfloat16"), ("pickled", "bfloat16"), ("half", "float32"),
    ]  # fmt: skip
    listed = json.dumps([[str(folders[name]), dtype] for name, dtype in cases])
    done = subprocess.run([sys.executable, "-c", MEASURE, listed], capture_output=True, text=True, check=True)
    measured = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(measured) == len(cases), done.stderr
    for (name, dtype), (peak, weights, largest) in zip(cases, measured, strict=True):
        source = 2 if name == "half" else 4
        # Beside the weights no more than one tensor as the checkpoint has it, where it changes its dtype.
        most = weights * 1.1 if dtype == "auto" else weights * 1.05 + largest * source
        assert peak <= most, f"{name} as {dtype}: {peak / weights:.2f} times the weights"


@pytest.mark.parametrize("name", ["single", "shards", "pickled"])
def test_weights_in_another_dtype_are_those_of_the_file(folders: dict[str, Path], name: str) -> None:
    expected = load_file(folders["single"] / "model.safetensors")
    model = AutoModel.from_pretrained(folders[name], dtype="bfloat16")
    for weight, tensor in model.state_dict().items():
        assert torch.equal(tensor, expected[weight].to(torch.bfloat16))


def test_what_is_trained_is_not_written_into_a_mapped_pickle(folders: dict[str, Path]) -> None:
    path = folders["pickled"] / "pytorch_model.bin"
    before = path.read_bytes()
    with torch.no_grad():
        for weight in AutoModel.from_pretrained(folders["pickled"]).parameters():
            weight.zero_()
    assert path.read_bytes() == before


def test_pickles_of_older_torch_are_read_too(folders: dict[str, Path], tmp_path: Path) -> None:
    state = load_file(folders["half"] / "model.safetensors")
    (tmp_path / "config.json").write_text((folders["half"] / "config.json").read_text())
    torch.save(state, tmp_path / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    for dtype in (torch.bfloat16, torch.float32):
        model = AutoModel.from_pretrained(tmp_path, dtype=dtype)
        assert torch.equal(model.pooler.dense.weight, state["pooler.dense.weight"].to(dtype))
