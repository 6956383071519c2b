"""Names to local files: what is fetched, how many requests it costs, what the cache holds, and working offline."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from leanformers import AutoConfig, AutoModel, AutoTokenizer, SentenceEncoder, pipeline
from leanformers.errors import HubError, LeanformersWarning, MissingFileError
from leanformers.hub.needs import Need, select
from leanformers.hub.resolve import DEFAULT_MODEL, resolve_folder

TINY = resolve_folder(DEFAULT_MODEL)
NAME = "ann/tiny"


@pytest.fixture
def commit(hub: Any) -> str:
    """The embedded model as a repository, with files that nobody should fetch."""
    files = {p.relative_to(TINY).as_posix(): p.read_bytes() for p in TINY.rglob("*") if p.is_file()}
    files |= {
        "README.md": b"# Hello",
        "tf_model.h5": b"x" * 99,
        "pytorch_model.bin": b"y" * 99,
        "onnx/model.onnx": b"z",
    }
    return str(hub.add(NAME, files))


def fetched(cache: Path) -> set[str]:
    snapshots = cache / "models--ann--tiny" / "snapshots"
    return {path.relative_to(snapshots).as_posix().partition("/")[2] for path in snapshots.rglob("*") if path.is_file()}


def test_a_tokenizer_fetches_no_weights(hub: Any, commit: str, cache: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(NAME)
    assert tokenizer("A lovely day.") == AutoTokenizer.from_pretrained(DEFAULT_MODEL)("A lovely day.")
    assert fetched(cache) <= {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "config.json"}
    assert len(hub.requests) == 2 + len(fetched(cache))


def test_a_model_fetches_its_config_and_one_file_of_weights_in_four_requests(
    hub: Any, commit: str, cache: Path
) -> None:
    model = AutoModel.from_pretrained(NAME)
    expected = AutoModel.from_pretrained(DEFAULT_MODEL).state_dict()
    assert all((tensor == expected[name]).all() for name, tensor in model.state_dict().items())
    assert fetched(cache) == {"config.json", "model.safetensors"}
    assert len(hub.requests) == 4  # commit, tree, config, weights


def test_a_current_copy_of_main_costs_one_request(hub: Any, commit: str) -> None:
    for load in (AutoModel.from_pretrained, AutoTokenizer.from_pretrained, AutoConfig.from_pretrained):
        load(NAME)
        hub.requests.clear()
        load(NAME)
        assert hub.requests == [f"/api/models/{NAME}/revision/main"]


def test_a_pipeline_loads_all_of_one_commit_with_one_request_for_it(hub: Any, commit: str) -> None:
    classify = pipeline("text-classification", NAME)
    assert classify("I hate this.") == pipeline("text-classification")("I hate this.")
    assert sum("/revision/" in place for place in hub.requests) == 1
    assert sum("/tree/" in place for place in hub.requests) == 1


def test_a_sentence_encoder_is_fetched_with_its_modules(hub: Any, cache: Path, tmp_path: Path) -> None:
    encoder = SentenceEncoder.from_pretrained(DEFAULT_MODEL)
    encoder.save_pretrained(tmp_path / "saved")
    hub.add_folder(NAME, tmp_path / "saved")
    assert (SentenceEncoder.from_pretrained(NAME).encode("a text") == encoder.encode("a text")).all()
    assert {"modules.json", "1_Pooling/config.json", "model.safetensors"} <= fetched(cache)


def test_a_cached_commit_needs_no_socket_and_no_client(hub: Any, commit: str, cache: Path) -> None:
    AutoTokenizer.from_pretrained(NAME)
    code = (
        "import socket, sys\n"
        "def refuse(*_, **__): raise AssertionError('a socket')\n"
        "socket.socket = refuse\n"
        "from leanformers import AutoTokenizer\n"
        f"AutoTokenizer.from_pretrained({NAME!r}, revision={commit!r})('a text')\n"
        "print(sorted({'huggingface_hub', 'httpx2', 'torch', 'numpy'} & set(sys.modules)))"
    )
    assert python(code) == "[]"


def python(code: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("way", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "local_files_only"])
def test_offline_means_no_sockets(
    hub: Any, commit: str, way: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    expected = AutoTokenizer.from_pretrained(NAME)("a text")
    AutoModel.from_pretrained(NAME)
    options: dict[str, Any] = {}
    if way == "local_files_only":
        options["local_files_only"] = True
    else:
        monkeypatch.setenv(way, "1")
    request.getfixturevalue("no_sockets")
    assert AutoTokenizer.from_pretrained(NAME, **options)("a text") == expected
    AutoModel.from_pretrained(NAME, **options)
    with pytest.raises(MissingFileError, match=r"not in the cache .*models--ann--other; offline was asked"):
        AutoTokenizer.from_pretrained("ann/other", **options)  # errors.md 45


def test_offline_a_partial_copy_is_refused(hub: Any, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    AutoTokenizer.from_pretrained(NAME)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MissingFileError, match=r"model.safetensors of 'ann/tiny' is not in the cache"):
        AutoModel.from_pretrained(NAME)


def test_without_network_the_cached_copy_is_used_with_one_warning(
    hub: Any, commit: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # errors.md 44
    expected = AutoTokenizer.from_pretrained(NAME)("a text")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    begin = time.monotonic()
    with pytest.warns(LeanformersWarning, match=r"cannot be reached .* using the cached copy of 'ann/tiny'") as caught:
        assert AutoTokenizer.from_pretrained(NAME)("a text") == expected
    assert len(caught) == 1
    with pytest.raises(MissingFileError, match=r"not in the cache .* cannot be reached"):
        AutoTokenizer.from_pretrained("ann/other")
    assert time.monotonic() - begin < 3


def test_revisions_branches_and_pull_requests(hub: Any, commit: str) -> None:
    first = AutoConfig.from_pretrained(NAME)
    files = dict(hub.commits[NAME, commit])
    files["config.json"] = json.dumps({**first.to_dict(), "classifier_dropout": 0.5}).encode()
    for revision in ("v2", "dev/x", "refs/pr/1"):
        second = hub.add(NAME, files, revision)
        assert AutoConfig.from_pretrained(NAME, revision=revision).classifier_dropout == 0.5
    assert AutoConfig.from_pretrained(NAME).to_dict() == first.to_dict()
    assert AutoConfig.from_pretrained(NAME, revision=second).classifier_dropout == 0.5


def test_main_moves_on(hub: Any, commit: str) -> None:
    first = AutoConfig.from_pretrained(NAME)
    files = dict(hub.commits[NAME, commit])
    hub.add(NAME, {**files, "config.json": json.dumps({**first.to_dict(), "classifier_dropout": 0.25}).encode()})
    assert AutoConfig.from_pretrained(NAME).classifier_dropout == 0.25


def test_a_subfolder_and_a_variant(hub: Any, commit: str, cache: Path) -> None:
    files = hub.commits[NAME, commit]
    nested = {f"part/{name}": data for name, data in files.items() if name in ("config.json", "tokenizer.json")}
    hub.add(NAME, {**nested, "part/model.fp16.safetensors": files["model.safetensors"], "part/model.safetensors": b"?"})
    AutoModel.from_pretrained(NAME, subfolder="part", variant="fp16")
    AutoTokenizer.from_pretrained(NAME, subfolder="part")
    assert fetched(cache) == {"part/config.json", "part/tokenizer.json", "part/model.fp16.safetensors"}
    with pytest.raises(MissingFileError, match=r"of the variant 'bf16' in 'part'; it has part/config.json"):
        AutoModel.from_pretrained(NAME, subfolder="part", variant="bf16")
    folder = next(cache.rglob("part"))
    AutoModel.from_pretrained(folder.parent, subfolder="part", variant="fp16")
    with pytest.raises(MissingFileError, match=r"expected the variant 'x' of them"):
        AutoModel.from_pretrained(folder, variant="x")


def test_only_the_shards_of_the_index_are_fetched(hub: Any, cache: Path, tmp_path: Path) -> None:
    AutoModel.from_pretrained(DEFAULT_MODEL).save_pretrained(tmp_path / "s", max_shard_size="500KB")
    stale = tmp_path / "s" / "model-00001-of-00099.safetensors"
    stale.write_bytes(b"old")
    hub.add_folder(NAME, tmp_path / "s")
    hub.page_size = 2  # the list of files comes in pages
    AutoModel.from_pretrained(NAME)
    assert fetched(cache) == {path.name for path in (tmp_path / "s").iterdir()} - {stale.name}


def test_a_file_of_weights_is_loaded_with_the_config_beside_it(tmp_path: Path) -> None:
    model = AutoModel.from_pretrained(DEFAULT_MODEL)
    model.save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "best.safetensors")
    again = AutoModel.from_pretrained(tmp_path / "best.safetensors")
    assert again.load_report.files == (tmp_path / "best.safetensors",)
    with pytest.raises(MissingFileError, match=r"no such file: .*bst.safetensors; near names: best.safetensors"):
        AutoModel.from_pretrained(tmp_path / "bst.safetensors")


def test_a_misspelt_folder_is_told_with_near_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my-model").mkdir()  # errors.md 40
    monkeypatch.chdir(tmp_path)
    for name in ("./my-modle", str(tmp_path / "my-modle")):
        with pytest.raises(MissingFileError, match=r"no such directory: .*my-modle; near names: my-model"):
            AutoTokenizer.from_pretrained(name)
    with pytest.raises(MissingFileError, match=r"is no folder here; near names: my-model"):
        AutoTokenizer.from_pretrained("my-modle", local_files_only=True)


def test_the_cache_is_shared_with_the_client(hub: Any, commit: str, cache: Path) -> None:
    from huggingface_hub import scan_cache_dir, snapshot_download, try_to_load_from_cache

    AutoModel.from_pretrained(NAME)
    path = try_to_load_from_cache(NAME, "config.json", cache_dir=cache)
    assert isinstance(path, str)
    assert Path(path).read_bytes() == (TINY / "config.json").read_bytes()
    assert (
        Path(snapshot_download(NAME, cache_dir=cache, local_files_only=True, allow_patterns=["config.json"])).name
        == commit
    )
    info = scan_cache_dir(cache)
    assert not info.warnings
    assert [repo.repo_id for repo in info.repos] == [NAME]


def test_force_download_fetches_again(hub: Any, commit: str, cache: Path) -> None:
    AutoTokenizer.from_pretrained(NAME)
    blob = next((cache / "models--ann--tiny" / "blobs").iterdir())
    right = blob.read_bytes()
    blob.write_bytes(b"damaged")
    AutoTokenizer.from_pretrained(NAME, force_download=True)
    assert blob.read_bytes() == right


def test_tokens_are_sent_as_asked(hub: Any, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    AutoConfig.from_pretrained(NAME, token="hf_given")
    assert hub.tokens == {"Bearer hf_given"}
    hub.tokens.clear()
    monkeypatch.setenv("HF_TOKEN", "hf_environment")
    AutoConfig.from_pretrained(NAME)
    assert hub.tokens == {"Bearer hf_environment"}
    hub.tokens.clear()
    AutoConfig.from_pretrained(NAME, token=False)
    assert hub.tokens == {None}
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(HubError, match=r"token=True, but there is no stored token"):
        AutoConfig.from_pretrained(NAME, token=True)


def test_cache_dir_and_misspelt_arguments(hub: Any, commit: str, tmp_path: Path) -> None:
    AutoTokenizer.from_pretrained(NAME, cache_dir=tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "models--ann--tiny").is_dir()
    with pytest.raises(TypeError, match=r"did you mean 'revision'"):
        SentenceEncoder.from_pretrained(NAME, revison="x")
    with pytest.raises(TypeError, match=r"did you mean 'token'"):
        pipeline("text-classification", NAME, tokne="x")
    with pytest.raises(ValueError, match=r"must not lead outside"):
        AutoTokenizer.from_pretrained(NAME, revision="../x")


def test_select_prefers_safetensors_and_takes_what_is_needed() -> None:
    names = ["config.json", "model.safetensors", "pytorch_model.bin", "tokenizer.json", "vocab.txt", "a/config.json"]
    assert select(names, Need.MODEL) == ["config.json", "model.safetensors"]
    assert select(names, Need.TOKENIZER) == ["config.json", "tokenizer.json"]
    assert select(names, Need.CONFIG, subfolder="a") == ["a/config.json"]
    assert select(["vocab.txt", "config.json"], Need.TOKENIZER) == ["config.json", "vocab.txt"]
    assert select(names, Need.EVERYTHING) == sorted(names)
