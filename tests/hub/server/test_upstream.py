"""A hub with another one behind it: what is not here comes from there, once, and stays when that one is gone."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

from leanformers import AutoModel, AutoTokenizer

TINY = Path(__file__).parents[3] / "src/leanformers/assets/tiny-sentiment"
LARGE = os.urandom(20_000_000)


@pytest.fixture
def upstream(start: Callable[..., Any]) -> Any:
    """A hub with a model."""
    server = start()
    api: HfApi = server.api()
    api.create_repo("local/tiny")
    api.upload_folder(repo_id="local/tiny", folder_path=TINY)
    return server


@pytest.fixture
def near(start: Callable[..., Any], upstream: Any) -> Any:
    """A hub in front of it, which asks again at once."""
    return start("--upstream", upstream.url, "--upstream-seconds", "0")


def got(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.name != ".gitattributes"}


def test_what_is_not_here_comes_from_there_and_stays(near: Any, upstream: Any, tmp_path: Path, transfer: None) -> None:
    expected = {path.name: path.read_bytes() for path in TINY.iterdir()}
    assert got(snapshot_download("local/tiny", endpoint=near.url, cache_dir=tmp_path / "a", token=False)) == expected
    commit = upstream.api().model_info("local/tiny").sha
    assert near.api().model_info("local/tiny").sha == commit
    upstream.stop()
    assert got(snapshot_download("local/tiny", endpoint=near.url, cache_dir=tmp_path / "b", token=False)) == expected
    again = hf_hub_download("local/tiny", "config.json", revision=commit, endpoint=near.url, cache_dir=tmp_path / "c")
    assert Path(again).read_bytes() == expected["config.json"]
    with pytest.raises(HfHubHTTPError, match="cannot be reached"):
        near.api().model_info("local/never-asked-for")


def test_leanformers_loads_through_it(near: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_ENDPOINT", near.url)
    model = AutoModel.from_pretrained("local/tiny", cache_dir=tmp_path)
    assert model.num_parameters() == AutoModel.from_pretrained(TINY).num_parameters()
    assert AutoTokenizer.from_pretrained("local/tiny", cache_dir=tmp_path)("good") == AutoTokenizer.from_pretrained(
        TINY
    )("good")


def test_a_new_commit_there_is_seen_here(near: Any, upstream: Any) -> None:
    first = near.api().model_info("local/tiny").sha
    upstream.api().upload_file(path_or_fileobj=b"{}", path_in_repo="config.json", repo_id="local/tiny")
    second = near.api().model_info("local/tiny").sha
    assert first != second
    assert near.api().list_repo_files("local/tiny", revision=first) == near.api().list_repo_files("local/tiny")


def test_an_answer_is_good_for_a_while(start: Callable[..., Any], upstream: Any) -> None:
    near = start("--upstream", upstream.url, "--upstream-seconds", "60")
    first = near.api().model_info("local/tiny").sha
    upstream.api().upload_file(path_or_fileobj=b"{}", path_in_repo="config.json", repo_id="local/tiny")
    assert near.api().model_info("local/tiny").sha == first


def test_branches_tags_trees_and_paths(near: Any, upstream: Any) -> None:
    upstream.api().create_branch("local/tiny", branch="dev/x")
    upstream.api().create_tag("local/tiny", tag="v1")
    refs = near.api().list_repo_refs("local/tiny")
    assert [branch.name for branch in refs.branches] == ["dev/x", "main"]
    for revision in ("dev/x", "v1"):
        tree = [file.path for file in near.api().list_repo_tree("local/tiny", revision=revision)]
        assert tree == [file.path for file in upstream.api().list_repo_tree("local/tiny", revision=revision)]
    (found,) = near.api().get_paths_info("local/tiny", ["config.json", "missing"])
    assert found.size == (TINY / "config.json").stat().st_size


def test_what_is_nowhere_is_told_as_ever(near: Any) -> None:
    api: HfApi = near.api()
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("local/nowhere")
    with pytest.raises(RevisionNotFoundError):
        api.model_info("local/tiny", revision="nowhere")
    with pytest.raises(EntryNotFoundError):
        hf_hub_download("local/tiny", "nowhere.txt", endpoint=near.url, token=False)


def test_nothing_is_pushed_there_and_what_is_made_here_goes_first(near: Any, upstream: Any, tmp_path: Path) -> None:
    before = upstream.api().model_info("local/tiny").sha
    with pytest.raises(HfHubHTTPError):
        near.api().upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id="local/tiny")
    near.api().create_repo("local/tiny")
    near.api().upload_file(path_or_fileobj=b"mine", path_in_repo="x.txt", repo_id="local/tiny")
    mine = hf_hub_download("local/tiny", "x.txt", endpoint=near.url, cache_dir=tmp_path, token=False)
    assert Path(mine).read_bytes() == b"mine"
    assert upstream.api().model_info("local/tiny").sha == before
    assert near.command("fsck", str(near.folder)).returncode == 0


def test_a_private_repository_here_is_not_asked_for_there(near: Any, upstream: Any) -> None:
    near.api().create_repo("local/secret", private=True)
    upstream.api().create_repo("local/secret")
    with pytest.raises(RepositoryNotFoundError):
        near.api(token=False).model_info("local/secret")


class Counting(BaseHTTPRequestHandler):
    """One large file, whose bytes come slowly, are counted, and may be wrong."""

    protocol_version = "HTTP/1.1"
    fetched = 0
    wrong = False
    cut = False
    elsewhere = ""
    tokens: ClassVar[list[str | None]] = []
    lock = threading.Lock()

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.send_response(200)
        digest = hashlib.sha256(LARGE).hexdigest()
        for name, value in (
            ("X-Repo-Commit", "1" * 40),
            ("ETag", f'"{digest}"'),
            ("X-Linked-Etag", f'"{digest}"'),
            ("X-Linked-Size", str(len(LARGE))),
            ("Content-Length", str(len(LARGE))),
        ):
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self) -> None:
        with Counting.lock:
            Counting.fetched += 1
            Counting.tokens.append(self.headers["Authorization"])
        if Counting.elsewhere and "elsewhere" not in self.path:
            self.send_response(302)
            self.send_header("Location", f"{Counting.elsewhere}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        data = (bytes(len(LARGE)) if Counting.wrong else LARGE)[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        sent = data[: len(data) // 2] if Counting.cut and not begin else data
        for place in range(0, len(sent), 1_000_000):
            self.wfile.write(sent[place : place + 1_000_000])
            time.sleep(0.02)
        self.close_connection = len(sent) < len(data)


@pytest.fixture
def slow(start: Callable[..., Any]) -> Iterator[Any]:
    """A hub in front of `Counting`."""
    Counting.fetched, Counting.wrong, Counting.cut, Counting.elsewhere = 0, False, False, ""
    Counting.tokens.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as behind:
        threading.Thread(target=behind.serve_forever, args=(0.02,), daemon=True).start()
        yield start("--upstream", f"http://127.0.0.1:{behind.server_address[1]}", "--upstream-token", "hf_secret")
        behind.shutdown()


def fetch(url: str) -> bytes:
    import urllib.request

    with urllib.request.urlopen(f"{url}/some/model/resolve/main/model.safetensors") as answer:
        return bytes(answer.read())


def test_many_who_ask_at_once_are_one_download(slow: Any) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(fetch, [slow.url] * 8))
    assert all(data == LARGE for data in found)
    assert fetch(slow.url) == LARGE
    assert Counting.fetched == 1


def test_wrong_bytes_are_never_taken_for_the_file(slow: Any) -> None:
    Counting.wrong = True
    with pytest.raises(Exception, match=r"(?i)incomplete"):
        fetch(slow.url)
    assert not list((slow.folder / "mirror" / "blobs").iterdir())
    Counting.wrong = False
    assert fetch(slow.url) == LARGE


def test_a_connection_that_is_cut_there_goes_on(slow: Any) -> None:
    Counting.cut = True
    assert fetch(slow.url) == LARGE
    assert Counting.fetched == 2


def test_the_token_stays_behind_where_upstream_leads_elsewhere(slow: Any) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as other:
        threading.Thread(target=other.serve_forever, args=(0.02,), daemon=True).start()
        Counting.elsewhere = f"http://127.0.0.1:{other.server_address[1]}"
        assert fetch(slow.url) == LARGE
        other.shutdown()
    assert Counting.tokens == ["Bearer hf_secret", None]
