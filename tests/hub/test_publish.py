"""Pushing to a real server: what was pushed loads back bit for bit, here and in transformers, and the other way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from huggingface_hub import HfApi

from leanformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    SentenceEncoder,
    pipeline,
)
from leanformers.errors import ArgumentError, HubError
from leanformers.hub.card import CardFacts, complete_card
from leanformers.hub.resolve import DEFAULT_MODEL

from .server.conftest import Server

TEXTS = ["I hate this so much!", "A lovely day by the river."]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("hub") / "folder")
    yield server
    server.stop()


@pytest.fixture
def api(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> HfApi:
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_TOKEN", "hf_anything")
    return server.api()


def commits(api: HfApi, name: str, revision: str = "main") -> list[str]:
    return [commit.commit_id for commit in api.list_repo_commits(name, revision=revision)]


def test_a_model_and_a_tokenizer_come_back_bit_for_bit_here_and_in_transformers(api: HfApi, server: Server) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(DEFAULT_MODEL)
    address = model.push_to_hub("roundtrip", tags=["tiny"], license="apache-2.0", commit_message="First")
    AutoTokenizer.from_pretrained(DEFAULT_MODEL).push_to_hub("roundtrip")
    name = api.create_repo("roundtrip", exist_ok=True).repo_id
    assert address.startswith(f"{server.url}/{name}/commit/")
    again = AutoModelForSequenceClassification.from_pretrained(name)
    for key, tensor in model.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[key])
    batch = AutoTokenizer.from_pretrained(name)(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        assert torch.equal(again(**batch).logits, model(**batch).logits)
    code = f"""
import json, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
model = AutoModelForSequenceClassification.from_pretrained({name!r})
tokenizer = AutoTokenizer.from_pretrained({name!r})
torch.save(model.state_dict(), "state.pt")
print(json.dumps(tokenizer({TEXTS!r})["input_ids"]))
model.push_to_hub({"theirs"!r}); tokenizer.push_to_hub({"theirs"!r})
"""
    printed = in_transformers(code, server, Path(os.environ["HF_HOME"]).parent)
    assert printed == str([list(row) for row in AutoTokenizer.from_pretrained(DEFAULT_MODEL)(TEXTS)["input_ids"]])
    state = torch.load(Path(os.environ["HF_HOME"]).parent / "state.pt", weights_only=True)
    theirs = AutoModelForSequenceClassification.from_pretrained(name.replace("roundtrip", "theirs"))
    for key, tensor in theirs.state_dict().items():
        assert torch.equal(tensor, state[key])
        assert torch.equal(tensor, model.state_dict()[key])
    card = api.hf_hub_download(name, "README.md")
    text = Path(card).read_text()
    assert "library_name: leanformers" in text
    assert "pipeline_tag: text-classification" in text
    assert "license: apache-2.0" in text
    assert "from transformers import AutoModelForSequenceClassification\n\nmodel = AutoModel" in text


def in_transformers(code: str, server: Server, folder: Path) -> str:
    environment = {**os.environ, "HF_ENDPOINT": server.url, "HF_HOME": str(folder / "theirs"), "HF_HUB_OFFLINE": "0"}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment, cwd=folder
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip().splitlines()[-1]


def test_nothing_changed_makes_no_commit(api: HfApi) -> None:
    model = AutoModel.from_pretrained(DEFAULT_MODEL)
    first = model.push_to_hub("local/unchanged")
    before = commits(api, "local/unchanged")
    assert model.push_to_hub("local/unchanged") == first
    assert commits(api, "local/unchanged") == before


def test_fewer_shards_leave_none_of_the_earlier_ones(api: HfApi) -> None:
    model = AutoModel.from_pretrained(DEFAULT_MODEL)
    model.push_to_hub("local/shards", max_shard_size="500KB")
    assert "model.safetensors.index.json" in api.list_repo_files("local/shards")
    AutoModel.from_pretrained("local/shards")
    model.push_to_hub("local/shards")
    assert [n for n in api.list_repo_files("local/shards") if n.startswith("model")] == ["model.safetensors"]


def test_branches_and_pull_requests(api: HfApi) -> None:
    config = AutoConfig.from_pretrained(DEFAULT_MODEL)
    config.push_to_hub("local/branches")
    main = commits(api, "local/branches")
    config.classifier_dropout = 0.5
    config.push_to_hub("local/branches", revision="dev/x")
    address = config.push_to_hub("local/branches", create_pr=True, commit_message="Try", commit_description="Why")
    assert address.endswith("/discussions/1")
    assert commits(api, "local/branches") == main
    assert AutoConfig.from_pretrained("local/branches", revision="dev/x").classifier_dropout == 0.5
    assert AutoConfig.from_pretrained("local/branches", revision="refs/pr/1").classifier_dropout == 0.5
    assert AutoConfig.from_pretrained("local/branches").classifier_dropout is None


def test_a_persons_card_is_kept_and_only_completed(api: HfApi) -> None:
    own = "---\nlicense: mit   # mine\ntags: [a]\n---\n\n# By hand\n\nText.\n"
    api.create_repo("local/card")
    api.upload_file(path_or_fileobj=own.encode(), path_in_repo="README.md", repo_id="local/card")
    AutoConfig.from_pretrained(DEFAULT_MODEL).push_to_hub("local/card", license="apache-2.0", tags=["b"])
    text = Path(api.hf_hub_download("local/card", "README.md")).read_text()
    assert text == own.replace("tags: [a]\n", "tags: [a]\nlibrary_name: leanformers\n")


def test_cards_without_metadata_or_with_broken_metadata() -> None:
    facts = CardFacts("fill-mask")
    assert complete_card("# T\n", facts, {}) == "---\nlibrary_name: leanformers\npipeline_tag: fill-mask\n---\n# T\n"
    assert complete_card("---\na: [\n---\n# T\n", facts, {}) is None
    done = complete_card("", facts, {})
    assert done is not None
    assert complete_card(done, facts, {}) is None


def test_a_sentence_encoder_and_a_pipeline(api: HfApi, tmp_path: Path) -> None:
    encoder = SentenceEncoder.from_pretrained(DEFAULT_MODEL)
    encoder.push_to_hub("local/encoder")
    assert (SentenceEncoder.from_pretrained("local/encoder").encode(TEXTS) == encoder.encode(TEXTS)).all()
    classify = pipeline("text-classification")
    classify.push_to_hub("local/pipeline", private=True)
    assert api.model_info("local/pipeline").private
    assert pipeline("text-classification", "local/pipeline")(TEXTS) == classify(TEXTS)
    embed = pipeline("sentence-embedding", encoder)
    embed.save_pretrained(tmp_path / "embed", push_to_hub=True, repo_id="local/embed")
    assert "modules.json" in api.list_repo_files("local/embed")


def test_saving_pushes_when_asked(api: HfApi, tmp_path: Path) -> None:
    model, tokenizer = AutoModel.from_pretrained(DEFAULT_MODEL), AutoTokenizer.from_pretrained(DEFAULT_MODEL)
    model.save_pretrained(tmp_path / "saved", push_to_hub=True, max_shard_size="1GB")
    tokenizer.save_pretrained(tmp_path / "saved", push_to_hub=True, commit_message="Words")
    files = set(api.list_repo_files("local/saved"))
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md"} <= files
    assert api.list_repo_commits("local/saved")[0].title == "Words"
    with pytest.raises(ArgumentError, match="private needs push_to_hub=True"):
        model.save_pretrained(tmp_path / "x", private=True)
    with pytest.raises(ArgumentError, match="did you mean 'commit_message'"):
        tokenizer.save_pretrained(tmp_path / "x", push_to_hub=True, comit_message="x")


def test_pushing_without_login_network_or_right(
    api: HfApi, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:  # errors.md 63
    config = AutoConfig.from_pretrained(DEFAULT_MODEL)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match="cannot be reached"):
        config.push_to_hub("local/x")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubError, match="needs the network, but HF_HUB_OFFLINE=1"):
        config.push_to_hub("local/x")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(HubError, match="not logged in"):
        config.push_to_hub("local/x")
    closed = Server(tmp_path / "closed")
    try:
        made = closed.command("token", "create", str(closed.folder), "alice")
        read = closed.command("token", "create", str(closed.folder), "alice", "--role", "read", "--name", "ci")
        tokens = [word for out in (made, read) for word in out.stdout.split() if word.startswith("hf_")]
        monkeypatch.setenv("HF_ENDPOINT", closed.url)
        config.push_to_hub("alice/x", token=tokens[0])
        with pytest.raises(HubError, match=r"cannot write to 'alice/x' .* lacks the right \(403\)"):
            config.push_to_hub("alice/x", token=tokens[1])
        with pytest.raises(HubError, match=r"cannot write to 'bob/x' .*\(403\)"):
            config.push_to_hub("bob/x", token=tokens[0])
        with pytest.raises(HubError, match=r"the token is wrong or has expired \(401\)"):
            config.push_to_hub("alice/x", token="hf_wrong")
    finally:
        closed.stop()
