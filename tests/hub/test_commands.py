"""`leanformers hub` for those who share: against the stub hub and the cache."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from leanformers import AutoModel, AutoTokenizer
from leanformers.cli.hub import app
from leanformers.hub.resolve import DEFAULT_MODEL, resolve_folder

from .server.conftest import COMMAND, Server

NAME = "ann/tiny"


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result.stdout


@pytest.fixture
def commit(hub: Any) -> str:
    return str(hub.add_folder(NAME, resolve_folder(DEFAULT_MODEL)))


def test_download_prints_the_folder(commit: str) -> None:
    folder = Path(run("download", NAME, "--what", "tokenizer").strip())
    assert folder.name == commit
    assert not (folder / "model.safetensors").exists()
    assert (Path(run("download", f"{NAME}@{commit}").strip()) / "model.safetensors").exists()


def test_ls_lists_the_files(commit: str) -> None:
    found = json.loads(run("ls", NAME, "--json"))
    assert found["commit"] == commit
    assert {"config.json", "model.safetensors"} <= {row["path"] for row in found["files"]}
    assert "config.json" in run("ls", NAME)


def test_cache_lists_and_prunes(hub: Any, commit: str, cache: Path) -> None:
    AutoTokenizer.from_pretrained(NAME)
    hub.add(NAME, {**hub.commits[NAME, commit], "config.json": b'{"model_type": "bert"}'})
    AutoTokenizer.from_pretrained(NAME)
    (cache / "models--ann--tiny" / "blobs" / "0.incomplete").write_bytes(b"half")
    row = json.loads(run("cache", "--json"))
    assert row["name"] == NAME
    assert len(row["commits"]) == 2
    pruned = json.loads(run("cache", "--prune", "--json"))
    assert pruned["commits"] == [commit]
    assert pruned["incomplete"] == 1
    assert len(json.loads(run("cache", "--json"))["commits"]) == 1


def test_diff_shows_config_tensors_and_tokenizers(hub: Any, commit: str, tmp_path: Path) -> None:
    assert "equal" in run("diff", NAME, f"{NAME}@{commit}")
    model = AutoModel.from_pretrained(DEFAULT_MODEL)
    model.config.classifier_dropout = 0.5
    weight = model.get_input_embeddings().weight
    weight.data[3, 4] += 2.0
    model.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(DEFAULT_MODEL, do_lower_case=False).save_pretrained(tmp_path)
    found = json.loads(run("diff", str(resolve_folder(DEFAULT_MODEL)), str(tmp_path), "--json", status=1))
    assert found["config"]["classifier_dropout"][1] == 0.5
    changed = [part for name, part in found["tensors"].items() if "word_embeddings" in name]
    assert [round(part["max_difference"], 3) for part in changed] == [2.0]
    assert "normalizer" in found["tokenizer"]["components"]
    assert "tensors that differ" in run("diff", str(resolve_folder(DEFAULT_MODEL)), str(tmp_path), status=1)


def test_login_push_and_logout_with_the_clients_own_token_store(cache: Path, tmp_path: Path) -> None:
    server = Server(tmp_path / "hub")
    environment = {**os.environ, "HF_ENDPOINT": server.url, "HF_HUB_OFFLINE": "0"}  # HF_HOME is the test's own

    def command(*arguments: str, status: int = 0) -> str:
        done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == status, done.stderr
        return done.stdout.strip() if status == 0 else done.stderr.strip()

    try:
        made = server.command("token", "create", str(server.folder), "alice")
        token = next(word for word in made.stdout.split() if word.startswith("hf_"))
        assert command("whoami", status=1).startswith("error: not logged in")
        assert "wrong or has expired" in command("login", "--token", "hf_wrong", status=1)
        assert command("login", "--token", token) == "logged in as alice"
        assert json.loads(command("whoami", "--json"))["name"] == "alice"
        address = command("push", str(resolve_folder(DEFAULT_MODEL)), "tiny", "--message", "First")
        assert address.startswith(f"{server.url}/alice/tiny/commit/")
        assert command("push", str(resolve_folder(DEFAULT_MODEL)), "alice/tiny") == address
        assert "model.safetensors" in command("ls", "alice/tiny")
        assert command("logout") == "logged out"
        assert command("logout") == "not logged in"
        assert "not logged in" in command("push", str(tmp_path), "tiny", status=1)
    finally:
        server.stop()
