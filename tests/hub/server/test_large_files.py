"""Large files on their way in: whole, in parts, as xet; announced wrongly, cut off, sent twice, known already."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import BadRequestError, HfHubHTTPError

from leanformers.hub.server.hub import Hub, Rules

TOKEN = {"authorization": "Bearer x"}


def blobs(server: Any) -> list[str]:
    return [path.name for path in (server.folder / "blobs").rglob("*") if path.is_file()]


def leftovers(server: Any) -> list[str]:
    return [path.name for name in ("incoming", "xorbs") for path in (server.folder / name).iterdir()]


def batch(api: HfApi, repo: str, content: bytes, **more: Any) -> dict[str, Any]:
    """What the server says to a client that wants to send `content`."""
    item = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}
    body = {"operation": "upload", "objects": [item], "transfers": ["basic", "multipart"], **more}
    answer = httpx2.post(f"{api.endpoint}/{repo}.git/info/lfs/objects/batch", json=body, headers=TOKEN)
    assert answer.status_code == 200
    return answer.json()["objects"][0]


def commit_large(api: HfApi, repo: str, oid: str, **more: Any) -> httpx2.Response:
    import json

    lines = [
        {"key": "header", "value": {"summary": "x"}},
        {"key": "lfsFile", "value": {"path": "x.bin", "oid": oid, **more}},
    ]
    url = f"{api.endpoint}/api/models/{repo}/commit/main"
    return httpx2.post(url, content="\n".join(map(json.dumps, lines)), headers=TOKEN)


@pytest.mark.usefixtures("transfer")
def test_each_file_is_stored_once(server: Any, api: HfApi, repo: str, tmp_path: Path) -> None:
    content = os.urandom(2_000_000) + b"x" * 2_000_000
    before = len(blobs(server))
    for name in ("a.bin", "b/a.bin"):
        api.upload_file(path_or_fileobj=content, path_in_repo=name, repo_id=repo)
    other = api.create_repo(f"{repo}-other").repo_id
    api.upload_file(path_or_fileobj=content, path_in_repo="c.bin", repo_id=other)
    assert len(blobs(server)) == before + 1
    assert leftovers(server) == []
    path = hf_hub_download(other, "c.bin", endpoint=api.endpoint, cache_dir=tmp_path)
    assert Path(path).read_bytes() == content


@pytest.mark.parametrize("size", [1, 65_536, 1_000_000, 70_000_000])
@pytest.mark.usefixtures("transfer")
def test_any_size(api: HfApi, repo: str, size: int, tmp_path: Path) -> None:
    content = (os.urandom(1_000_000) * 70)[:size]
    file = tmp_path / "x.safetensors"
    file.write_bytes(content)
    api.upload_file(path_or_fileobj=file, path_in_repo="x.safetensors", repo_id=repo)
    path = hf_hub_download(repo, "x.safetensors", endpoint=api.endpoint, cache_dir=tmp_path / "cache")
    assert Path(path).read_bytes() == content


def test_xet_sends_only_what_has_changed(server: Any, api: HfApi, repo: str, tmp_path: Path) -> None:
    """Also when the xorbs are gone: the chunks are in the files by then."""
    first = os.urandom(8_000_000)
    second = first[:3_000_000] + b"changed" + first[3_000_000:]
    third = second[4_000_000:] + first[:2_000_000]
    for number, content in enumerate((first, second, third)):
        api.upload_file(path_or_fileobj=content, path_in_repo=f"{number}.bin", repo_id=repo)
        assert leftovers(server) == []
    for number, content in enumerate((first, second, third)):
        path = hf_hub_download(repo, f"{number}.bin", endpoint=api.endpoint, cache_dir=tmp_path)
        assert Path(path).read_bytes() == content


def test_what_the_client_remembers_of_chunks_ends_with_them(server: Any, api: HfApi, repo: str) -> None:
    """After gc took chunks away, a client that has sent them before sends them again."""
    content = os.urandom(3_000_000)
    api.upload_file(path_or_fileobj=content, path_in_repo="a.bin", repo_id=repo)
    api.delete_repo(repo)
    assert server.command("gc", str(server.folder), "--older-than", "0").returncode == 0
    assert hashlib.sha256(content).hexdigest() not in blobs(server)
    api.create_repo(repo)
    api.upload_file(path_or_fileobj=content, path_in_repo="a.bin", repo_id=repo)
    assert hashlib.sha256(content).hexdigest() in blobs(server)


def test_lost_xorbs_spoil_one_upload_only(start: Callable[..., Any]) -> None:
    """As after a crash that took xorbs, which are not flushed: the upload fails, the next one begins anew."""
    server = start()
    api = server.api()
    api.create_repo("a/lost")
    content = os.urandom(3_000_000)
    api.upload_file(path_or_fileobj=content, path_in_repo="a.bin", repo_id="a/lost")
    hub = Hub(server.folder)
    with hub.index.write() as db:
        db.execute("DELETE FROM xorbs")
    with pytest.raises(Exception, match=r"not here|400"):
        api.upload_file(path_or_fileobj=content + b"x", path_in_repo="b.bin", repo_id="a/lost")
    api.upload_file(path_or_fileobj=content + b"x", path_in_repo="b.bin", repo_id="a/lost")
    assert api.list_repo_files("a/lost") == ["a.bin", "b.bin"]


def test_a_whole_file(server: Any, api: HfApi, repo: str) -> None:
    content = os.urandom(100_000)
    answer = batch(api, repo, content)
    upload, verify = answer["actions"]["upload"]["href"], answer["actions"]["verify"]["href"]
    item = {"oid": answer["oid"], "size": answer["size"]}
    assert httpx2.post(verify, json=item, headers=TOKEN).status_code == 404
    assert commit_large(api, repo, answer["oid"]).status_code == 400
    assert httpx2.put(upload, content=content[:-1]).status_code == 400
    assert httpx2.put(upload, content=content + b"x").status_code == 413
    assert httpx2.put(upload, content=content[:-1] + bytes([content[-1] ^ 1])).status_code == 400
    assert answer["oid"] not in blobs(server)
    assert httpx2.put(upload, content=content).status_code == 200
    assert httpx2.put(upload, content=content).status_code == 200
    assert httpx2.post(verify, json=item, headers=TOKEN).status_code == 200
    assert "actions" not in batch(api, repo, content)
    assert commit_large(api, repo, answer["oid"], size=5).status_code == 400
    assert commit_large(api, repo, answer["oid"], size=100_000).status_code == 200
    assert leftovers(server) == []


def test_urls_are_good_for_what_was_signed(api: HfApi, repo: str) -> None:
    content = os.urandom(1000)
    url = batch(api, repo, content)["actions"]["upload"]["href"]
    head, _, signed = url.rpartition("/")
    expires, _, signature = signed.partition(".")
    other = hashlib.sha256(b"other").hexdigest()
    for wrong in (
        f"{head}/{int(expires) + 1}.{signature}",
        f"{head}/{expires}.{'0' * 64}",
        f"{head}/{expires}",
        url.replace(hashlib.sha256(content).hexdigest(), other),
        url.replace("/1000/", "/1001/"),
    ):
        assert httpx2.put(wrong, content=content).status_code == 403
    assert httpx2.put(url, content=content).status_code == 200


def test_a_url_expires(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "hub", Rules(upload_seconds=-1))
    with pytest.raises(Exception, match="expired"):
        hub.check(hub.sign("x"), "x")


def test_files_that_are_too_large_are_refused_before_the_upload(start: Callable[..., Any]) -> None:
    server = start("--max-file-size", "1MB")
    api = server.api()
    api.create_repo("a/limit")
    answer = batch(api, "a/limit", b"x" * 1_000_001)
    assert answer["error"]["code"] == 413
    for size in (1_000_001, 5_000_000):
        with pytest.raises(Exception, match=r"413|more than the 1000000|larger than"):
            api.upload_file(path_or_fileobj=b"x" * size, path_in_repo="x.txt", repo_id="a/limit")
    with pytest.raises(Exception, match=r"413|more than the 1000000"):
        api.upload_file(path_or_fileobj=os.urandom(1_000_001), path_in_repo="x.bin", repo_id="a/limit")
    api.upload_file(path_or_fileobj=os.urandom(1_000_000), path_in_repo="x.bin", repo_id="a/limit")


@pytest.fixture(scope="module")
def in_parts(start: Callable[..., Any]) -> Any:
    """A hub that asks for parts of five megabytes."""
    return start("--part-size", "5MB", "--multipart-above", "5MB")


def test_the_client_sends_parts(in_parts: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    api = in_parts.api()
    api.create_repo("a/parts")
    for size in (5_000_000, 5_000_001, 15_000_000, 17_000_000):
        content = os.urandom(size)
        api.upload_file(path_or_fileobj=content, path_in_repo="x.bin", repo_id="a/parts")
        path = hf_hub_download("a/parts", "x.bin", endpoint=api.endpoint, cache_dir=tmp_path)
        assert Path(path).read_bytes() == content
    assert leftovers(in_parts) == []


def test_parts_come_in_any_order_and_again(in_parts: Any) -> None:
    api = in_parts.api()
    repo = api.create_repo("a/order").repo_id
    content = os.urandom(12_000_000)
    upload = batch(api, repo, content)["actions"]["upload"]
    parts = {int(name): url for name, url in upload["header"].items() if name.isdigit()}
    assert upload["header"]["chunk_size"] == "5000000"
    assert sorted(parts) == [1, 2, 3]
    assert httpx2.post(upload["href"], json={}).status_code == 400  # none has arrived

    def put(number: int, data: bytes) -> httpx2.Response:
        return httpx2.put(parts[number], content=data)

    pieces = {number: content[(number - 1) * 5_000_000 : number * 5_000_000] for number in parts}
    assert put(3, pieces[3]).headers["etag"]
    assert put(3, pieces[3] + b"x").status_code == 400
    assert put(1, pieces[2]).status_code == 200  # wrong, and mended below
    assert put(1, pieces[1]).status_code == 200
    assert put(2, pieces[2][:1000]).status_code == 400
    assert put(2, pieces[2]).status_code == 200
    assert httpx2.post(upload["href"], json={}).status_code == 200
    assert httpx2.post(upload["href"], json={}).status_code == 200  # a client that has not seen the answer
    assert commit_large(api, repo, hashlib.sha256(content).hexdigest()).status_code == 200


def test_parts_that_make_another_file_are_thrown_away(in_parts: Any) -> None:
    api = in_parts.api()
    repo = api.create_repo("a/wrong").repo_id
    content = os.urandom(6_000_000)
    upload = batch(api, repo, content)["actions"]["upload"]
    assert httpx2.put(upload["header"]["2"], content=content[5_000_000:]).status_code == 200
    answer = httpx2.post(upload["href"], json={})
    assert answer.status_code == 400
    assert "sha256" in answer.json()["error"]
    assert leftovers(in_parts) == []


def test_the_sha256_alone_does_not_open_a_private_file(server: Any, api: HfApi, repo: str) -> None:
    """Who may not read the repository has to send the bytes."""
    content = os.urandom(5000)
    secret = api.create_repo(f"{repo}-secret", private=True).repo_id
    upload = batch(api, secret, content)["actions"]["upload"]
    assert httpx2.put(upload["href"], content=content).status_code == 200
    stranger = Hub(server.folder)
    with stranger.index.snapshot() as db:
        assert db.execute("SELECT count(*) FROM lfs_files WHERE size = 5000").fetchone()[0] == 1
    assert commit_large(api, repo, hashlib.sha256(content).hexdigest()).status_code == 200  # its owner may


def test_pointers_are_the_files_they_name(api: HfApi, repo: str, tmp_path: Path) -> None:
    content = os.urandom(5000)
    sha256 = hashlib.sha256(content).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize 5000\n".encode()
    with pytest.raises(BadRequestError, match="was not uploaded"):
        api.upload_file(path_or_fileobj=pointer, path_in_repo="x.txt", repo_id=repo)
    api.upload_file(path_or_fileobj=content, path_in_repo="x.bin", repo_id=repo)
    api.upload_file(path_or_fileobj=pointer, path_in_repo="x.txt", repo_id=repo)
    path = hf_hub_download(repo, "x.txt", endpoint=api.endpoint, cache_dir=tmp_path)
    assert Path(path).read_bytes() == content


@pytest.mark.parametrize(
    "body", [{"operation": "upload"}, {"operation": "x", "objects": []}, {"operation": "upload", "objects": [1]}]
)
def test_a_batch_that_is_none(api: HfApi, repo: str, body: dict[str, Any]) -> None:
    answer = httpx2.post(f"{api.endpoint}/{repo}.git/info/lfs/objects/batch", json=body, headers=TOKEN)
    assert answer.status_code == 400


def test_an_upload_to_a_repository_that_is_gone(api: HfApi, repo: str) -> None:
    content = os.urandom(1000)
    url = batch(api, repo, content)["actions"]["upload"]["href"]
    api.delete_repo(repo)
    assert httpx2.put(url, content=content).status_code == 404
    with pytest.raises(HfHubHTTPError):
        api.upload_file(path_or_fileobj=content, path_in_repo="x.bin", repo_id=repo)
