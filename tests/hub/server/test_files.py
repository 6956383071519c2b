"""Files as they are downloaded: headers, ranges, what is missing, and what a file must never do."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from huggingface_hub import HfApi, hf_hub_download, snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.file_download import _CACHED_NO_EXIST, get_hf_file_metadata

LARGE = os.urandom(3_000_001)


@pytest.fixture(scope="module")
def url(server: Any) -> str:
    """Where the files of a repository are."""
    api = server.api()
    api.create_repo("files/model")
    api.upload_file(path_or_fileobj=LARGE, path_in_repo="a folder/ü+%.bin", repo_id="files/model")
    api.upload_file(path_or_fileobj=b"<script>alert(1)</script>", path_in_repo="page.html", repo_id="files/model")
    api.upload_file(path_or_fileobj=b"", path_in_repo="empty.txt", repo_id="files/model")
    return f"{server.url}/files/model/resolve/main"


def test_headers_of_a_large_file(url: str) -> None:
    metadata = get_hf_file_metadata(f"{url}/a%20folder/%C3%BC%2B%25.bin")
    assert metadata.etag == hashlib.sha256(LARGE).hexdigest()
    assert metadata.size == len(LARGE)
    assert len(metadata.commit_hash or "") == 40


def test_headers_of_a_small_file(url: str) -> None:
    content = b"<script>alert(1)</script>"
    metadata = get_hf_file_metadata(f"{url}/page.html")
    assert metadata.etag == hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    answer = httpx2.get(f"{url}/page.html")
    assert answer.content == content
    assert answer.headers["content-type"].startswith("text/plain")
    assert "sandbox" in answer.headers["content-security-policy"]


def test_head_tells_the_length_and_has_no_body(url: str) -> None:
    answer = httpx2.head(f"{url}/empty.txt", headers={"accept-encoding": "identity"})
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "0", b"")
    assert httpx2.get(f"{url}/empty.txt").content == b""


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=1048570-1048580", 1048570, 1048581),
        ("bytes=3000000-", 3000000, 3000001),
        ("bytes=-5", 2999996, 3000001),
        ("bytes=-9999999", 0, 3000001),
        ("bytes=2999999-9999999", 2999999, 3000001),
    ],
)
def test_ranges(url: str, asked: str, begin: int, end: int) -> None:
    answer = httpx2.get(f"{url}/a folder/ü+%25.bin", headers={"range": asked})
    assert answer.status_code == 206
    assert answer.content == LARGE[begin:end]
    assert answer.headers["content-range"] == f"bytes {begin}-{end - 1}/{len(LARGE)}"


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes=-", ""])
def test_ranges_that_are_none_give_the_whole_file(url: str, asked: str) -> None:
    answer = httpx2.get(f"{url}/page.html", headers={"range": asked})
    assert (answer.status_code, len(answer.content)) == (200, 25)


def test_a_range_beyond_the_end(url: str) -> None:
    answer = httpx2.get(f"{url}/page.html", headers={"range": "bytes=25-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */25")


def test_a_file_that_is_known_is_not_sent_again(url: str) -> None:
    etag = httpx2.head(f"{url}/page.html").headers["etag"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        assert httpx2.get(f"{url}/page.html", headers={"if-none-match": known}).status_code == 304
    assert httpx2.get(f"{url}/page.html", headers={"if-none-match": '"other"'}).status_code == 200
    for known, status in ((etag, 206), ('"other"', 200)):
        answer = httpx2.get(f"{url}/page.html", headers={"range": "bytes=1-2", "if-range": known})
        assert answer.status_code == status


def test_the_client_remembers_what_is_not_there(server: Any, url: str, tmp_path: Path) -> None:
    with pytest.raises(EntryNotFoundError):
        hf_hub_download("files/model", "nowhere.json", endpoint=server.url, cache_dir=tmp_path)
    assert try_to_load_from_cache("files/model", "nowhere.json", cache_dir=tmp_path) is _CACHED_NO_EXIST
    with pytest.raises(RevisionNotFoundError):
        hf_hub_download("files/model", "page.html", revision="nowhere", endpoint=server.url, cache_dir=tmp_path)
    with pytest.raises(RepositoryNotFoundError):
        hf_hub_download("files/nowhere", "page.html", endpoint=server.url, cache_dir=tmp_path)
    assert httpx2.get(f"{url}/a folder").status_code == 404


@pytest.mark.parametrize(
    "path", ["..%2f..%2findex.sqlite", "../../../index.sqlite", "%2e%2e/%2e%2e/lock", "/etc/passwd", "%00", "%ff"]
)
def test_no_path_leads_out_of_the_repository(url: str, path: str) -> None:
    import http.client

    connection = http.client.HTTPConnection(url.split("/")[2])
    connection.request("GET", f"/files/model/resolve/main/{path}")
    answer = connection.getresponse()
    assert answer.status in (400, 404)
    assert b"SQLite" not in answer.read()
    connection.close()


@pytest.mark.parametrize("kind", ["dataset", "space"])
def test_datasets_and_spaces(server: Any, kind: str, tmp_path: Path) -> None:
    api: HfApi = server.api()
    api.create_repo("files/other", repo_type=kind, space_sdk="static" if kind == "space" else None)
    api.upload_file(
        path_or_fileobj=b"x", path_in_repo="a/x.csv", repo_id="files/other", repo_type=kind, revision="main"
    )
    folder = snapshot_download("files/other", repo_type=kind, endpoint=server.url, cache_dir=tmp_path)
    assert [path.name for path in Path(folder).rglob("*.csv")] == ["x.csv"]


def test_a_snapshot_is_of_one_commit(server: Any, url: str, tmp_path: Path) -> None:
    folder = Path(snapshot_download("files/model", endpoint=server.url, cache_dir=tmp_path))
    assert (folder / "a folder" / "ü+%.bin").read_bytes() == LARGE
    assert folder.name == server.api().model_info("files/model").sha


def test_a_download_that_was_cut_is_resumed(start: Callable[..., Any], tmp_path: Path) -> None:
    """The server dies in the middle of a file, and comes back: the client goes on where it was."""
    server = start()
    api = server.api()
    api.create_repo("files/cut")
    content = os.urandom(40_000_000)
    api.upload_file(path_or_fileobj=content, path_in_repo="large.bin", repo_id="files/cut")
    at = f"{server.url}/files/cut/resolve/main/large.bin"
    received = bytearray()
    with httpx2.stream("GET", at) as answer, pytest.raises(httpx2.HTTPError):
        _receive(answer, received, server)
    assert 5_000_000 < len(received) < len(content)
    server.start()
    rest = httpx2.get(at, headers={"range": f"bytes={len(received)}-", "if-range": answer.headers["etag"]})
    assert rest.status_code == 206
    assert bytes(received) + rest.content == content


def _receive(answer: httpx2.Response, received: bytearray, server: Any) -> None:
    for piece in answer.iter_raw():
        received += piece
        if len(received) > 5_000_000 and server.process.poll() is None:
            server.kill()
