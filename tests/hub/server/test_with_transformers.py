"""Models and tokenizers by way of the hub: pushed by transformers, loaded by it and by leanformers, bit for bit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import leanformers

PUSH_AND_LOAD = """
import sys, torch
from huggingface_hub import constants, create_branch
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel
import leanformers

def push_and_load(model, tokenizer, name, revision):
    commit = model.push_to_hub(name, revision=revision, commit_message="The model")
    tokenizer.push_to_hub(name, revision=revision)
    head = tokenizer.push_to_hub(name, revision=revision)
    assert tokenizer.push_to_hub(name, revision=revision).oid == head.oid, "nothing has changed"
    for source in (revision, commit.oid):
        loaded = AutoModel.from_pretrained(name, revision=source)
        assert all(torch.equal(value, loaded.state_dict()[key]) for key, value in model.state_dict().items())
    assert AutoTokenizer.from_pretrained(name, revision=revision)("A good day.") == tokenizer("A good day.")
    return loaded.state_dict()

folder = sys.argv[1]
torch.manual_seed(0)
sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
tokenizer = AutoTokenizer.from_pretrained(folder)
for name, no_xet in (("local/by-xet", False), ("local/plain", True)):
    constants.HF_HUB_DISABLE_XET = no_xet
    model = BertModel(BertConfig(vocab_size=8192, **sizes))
    weights = push_and_load(model, tokenizer, name, "main")
    ours = leanformers.AutoModel.from_pretrained(name).state_dict()
    assert set(ours) == set(weights)
    assert all(torch.equal(ours[key], weights[key]) for key in weights)
    ids = leanformers.AutoTokenizer.from_pretrained(name)("A good day.")["input_ids"]
    assert ids == tokenizer("A good day.")["input_ids"]
    create_branch(name, branch="second")
    with torch.no_grad():
        model.embeddings.word_embeddings.weight += 1
    push_and_load(model, tokenizer, name, "second")
print("all is well")
"""


def test_models_and_tokenizers(server: Any, tmp_path: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
        "HF_ENDPOINT": server.url,
        "HF_HOME": str(tmp_path),
        "HF_TOKEN": "hf_anything",
        "OMP_NUM_THREADS": "1",
    }
    folder = Path(leanformers.__file__).parent / "assets" / "tiny-sentiment"
    command = [sys.executable, "-c", PUSH_AND_LOAD, str(folder)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("all is well\n")
