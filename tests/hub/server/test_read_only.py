"""A hub that takes nothing: one of its own, and a plain folder of model folders served as it is."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

TINY = Path(__file__).parents[3] / "src/leanformers/assets/tiny-sentiment"


def seen(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """All that can be seen of a folder."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_mode, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Model folders, on both levels, beside what is none of them."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(TINY, folder / "tiny")
    shutil.copytree(TINY, folder / "team" / "tiny")
    (folder / "team" / "tiny" / "sub").mkdir()
    (folder / "team" / "tiny" / "sub" / "notes.txt").write_text("notes\n")
    (folder / "team" / "tiny" / ".hidden").write_text("hidden\n")
    outside = tmp_path_factory.mktemp("outside") / "secret.txt"
    outside.write_text("secret\n")
    (folder / "team" / "tiny" / "link.txt").symlink_to(outside)
    (folder / "tiny" / "same.json").symlink_to(folder / "tiny" / "config.json")
    (folder / "a strange name").mkdir()
    (folder / "a strange name" / "config.json").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def plain(start: Callable[..., Any], folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield start("--read-only", folder=folder)


def test_the_folders_are_repositories(plain: Any) -> None:
    api: HfApi = plain.api()
    assert {model.id for model in api.list_models()} == {"tiny", "team/tiny"}
    assert "sub/notes.txt" in api.list_repo_files("team/tiny")
    hidden = {".hidden", "link.txt"}
    assert not hidden & set(api.list_repo_files("team/tiny"))
    assert "same.json" in api.list_repo_files("tiny")


def test_what_is_downloaded_is_what_is_there(plain: Any, folder: Path, tmp_path: Path) -> None:
    got = Path(snapshot_download("team/tiny", endpoint=plain.url, cache_dir=tmp_path, token=False))
    for path in sorted(TINY.iterdir()):
        assert (got / path.name).read_bytes() == path.read_bytes()
    info = plain.api().model_info("team/tiny", files_metadata=True)
    sizes = {file.rfilename: (file.size, file.lfs.sha256 if file.lfs else None) for file in info.siblings or []}
    weights = (TINY / "model.safetensors").read_bytes()
    assert sizes["model.safetensors"] == (len(weights), hashlib.sha256(weights).hexdigest())


def test_nothing_is_written_into_the_folder(plain: Any, folder: Path, tmp_path: Path) -> None:
    before = seen(folder)
    snapshot_download("tiny", endpoint=plain.url, cache_dir=tmp_path, token=False)
    assert seen(folder) == before


def test_nothing_is_taken(plain: Any) -> None:
    api: HfApi = plain.api()
    for change in (
        lambda: api.create_repo("team/other"),
        lambda: api.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id="tiny"),
        lambda: api.upload_file(path_or_fileobj=os.urandom(99), path_in_repo="x.bin", repo_id="tiny"),
        lambda: api.delete_repo("tiny"),
        lambda: api.create_branch("tiny", branch="b"),
    ):
        with pytest.raises(HfHubHTTPError, match="read-only"):
            change()


def test_changes_in_the_folder_are_new_commits(plain: Any, folder: Path, tmp_path: Path) -> None:
    api: HfApi = plain.api()
    shutil.copytree(TINY, folder / "growing")
    time.sleep(1.1)  # it is looked at once a second
    first = api.model_info("growing").sha
    (folder / "growing" / "config.json").write_text('{"changed": true}')
    (folder / "growing" / "tokenizer.json").unlink()
    time.sleep(1.1)
    second = api.model_info("growing").sha
    assert first != second
    got = hf_hub_download("growing", "config.json", endpoint=plain.url, cache_dir=tmp_path, token=False)
    assert Path(got).read_text() == '{"changed": true}'
    assert "tokenizer.json" not in api.list_repo_files("growing")
    assert [commit.commit_id for commit in api.list_repo_commits("growing")] == [second, first]
    shutil.rmtree(folder / "growing")
    time.sleep(1.1)
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("growing")


def test_a_card_that_changes_in_the_folder_is_read_again(plain: Any, folder: Path) -> None:
    shutil.copytree(TINY, folder / "carded")
    readme = folder / "carded" / "README.md"
    for tag in ("first", "second"):
        readme.write_text(f"---\ntags: [{tag}]\n---\n# {tag}\n")
        time.sleep(1.1)
        assert tag in (plain.api().model_info("carded").tags or [])
    shutil.rmtree(folder / "carded")


def test_a_file_that_was_changed_just_now_is_not_served_by_halves(plain: Any, folder: Path) -> None:
    api: HfApi = plain.api()
    shutil.copytree(TINY, folder / "hasty")
    (folder / "hasty" / "config.json").write_text('{"these": "bytes are nowhere else"}')
    time.sleep(1.1)
    commit = api.model_info("hasty").sha
    time.sleep(1.1)
    api.model_info("hasty")  # looked at a moment ago
    (folder / "hasty" / "config.json").write_text("{}")
    at = f"{plain.url}/hasty/resolve/{commit}/config.json"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(at)
    assert refused.value.code == 503
    refused.value.close()
    shutil.rmtree(folder / "hasty")


def test_an_index_of_an_earlier_run_is_used_again(plain: Any) -> None:
    before = plain.api().model_info("tiny").sha
    plain.kill()
    plain.start()
    assert plain.api().model_info("tiny").sha == before


def test_a_hub_can_be_read_only_too(start: Callable[..., Any], tmp_path: Path) -> None:
    writable = start(folder=tmp_path / "hub")
    writable.api().create_repo("me/model")
    writable.stop()
    server = start("--read-only", folder=tmp_path / "hub")
    assert server.api().model_info("me/model").id == "me/model"
    with pytest.raises(HfHubHTTPError, match="read-only"):
        server.api().upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id="me/model")


def test_a_folder_that_is_not_there(plain: Any, tmp_path: Path) -> None:
    refused = plain.command("serve", str(tmp_path / "missing"), "--read-only")
    assert refused.returncode != 0
    assert "no such directory" in refused.stderr
