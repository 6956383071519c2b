"""Models and tokenizers by way of the hub: pushed by transformers, loaded by it and by leanformers, bit for bit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import leanformers

PUSH_AND_LOAD = """
import sys, torch
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel
folder, name = sys.argv[1:]
torch.manual_seed(0)
sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
model = BertModel(BertConfig(vocab_size=8192, **sizes))
tokenizer = AutoTokenizer.from_pretrained(folder)
for revision in (None, "second"):
    if revision:
        from huggingface_hub import create_branch
        create_branch(name, branch=revision)
        with torch.no_grad():
            model.embeddings.word_embeddings.weight += 1
    commit = model.push_to_hub(name, revision=revision, commit_message="The model")
    tokenizer.push_to_hub(name, revision=revision)
    assert model.push_to_hub(name, revision=revision).oid != "", "nothing has changed"
    loaded = AutoModel.from_pretrained(name, revision=revision or "main")
    for key, value in model.state_dict().items():
        assert torch.equal(value, loaded.state_dict()[key]), key
    text = "A good day."
    assert AutoTokenizer.from_pretrained(name, revision=revision or "main")(text) == tokenizer(text)
    assert AutoModel.from_pretrained(name, revision=commit.oid) is not None
from leanformers import AutoModel, AutoTokenizer
ours = AutoModel.from_pretrained(name).state_dict()
loaded = loaded.from_pretrained(name).state_dict()
assert set(ours) == set(loaded)
assert all(torch.equal(ours[key], loaded[key]) for key in loaded)
assert AutoTokenizer.from_pretrained(name)("A good day.")["input_ids"] == tokenizer("A good day.")["input_ids"]
print("all is well")
"""


@pytest.mark.parametrize("no_xet", ["0", "1"], ids=["xet", "plain"])
def test_a_model_and_a_tokenizer(server: Any, tmp_path: Path, no_xet: str) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
        "HF_ENDPOINT": server.url,
        "HF_HOME": str(tmp_path),
        "HF_TOKEN": "hf_anything",
        "HF_HUB_DISABLE_XET": no_xet,
        "OMP_NUM_THREADS": "1",
    }
    folder = Path(leanformers.__file__).parent / "assets" / "tiny-sentiment"
    command = [sys.executable, "-c", PUSH_AND_LOAD, str(folder), f"local/bert-{no_xet}"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("all is well\n")
