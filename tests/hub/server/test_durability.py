"""What was acknowledged stays and nothing is half there, however often the server is killed at work."""

from __future__ import annotations

import hashlib
import json
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

TOKEN = {"authorization": "Bearer x"}
RETRIES = (httpx2.HTTPError,)


class Writer(threading.Thread):
    """Pushes commits of a small and a large file until told to stop, and remembers those that were acknowledged."""

    def __init__(self, server: Any, repo: str, seed: int) -> None:
        super().__init__()
        self.server, self.repo, self.random = server, repo, random.Random(seed)
        self.acknowledged: list[tuple[str, dict[str, str]]] = []  # (commit, sha256 of each path)
        self.failed: Exception | None = None
        self.stopping = threading.Event()
        self.start()

    def run(self) -> None:
        number = 0
        while not self.stopping.is_set():
            try:
                self._push(number)
            except RETRIES:
                time.sleep(0.02)  # the server is down, or went down in the middle
            except Exception as error:
                self.failed = error
                return
            number += 1

    def _push(self, number: int) -> None:
        import base64

        large = self.random.randbytes(self.random.choice([1000, 300_000, 3_000_000]))
        small = self.random.randbytes(self.random.choice([0, 10, 100_000]))
        oid = hashlib.sha256(large).hexdigest()
        with httpx2.Client(base_url=self.server.url, headers=TOKEN, timeout=20) as client:
            body = {"operation": "upload", "objects": [{"oid": oid, "size": len(large)}]}
            item = _json(client.post(f"/{self.repo}.git/info/lfs/objects/batch", json=body))["objects"][0]
            if "actions" in item:
                _json(client.put(item["actions"]["upload"]["href"], content=large), empty=True)
            lines = [
                {"key": "header", "value": {"summary": f"{self.name} {number}"}},
                {"key": "lfsFile", "value": {"path": f"{self.name}/{number}.bin", "oid": oid, "size": len(large)}},
                {
                    "key": "file",
                    "value": {
                        "content": base64.b64encode(small).decode(),
                        "path": f"{number}.txt",
                        "encoding": "base64",
                    },
                },
            ]
            url = f"/api/models/{self.repo}/commit/main"
            answer = _json(client.post(url, content="\n".join(map(json.dumps, lines))))
        files = {f"{self.name}/{number}.bin": oid, f"{number}.txt": hashlib.sha256(small).hexdigest()}
        self.acknowledged.append((answer["commitOid"], files))

    def stop(self) -> None:
        self.stopping.set()
        self.join(timeout=60)
        assert self.failed is None, self.failed


def _json(answer: httpx2.Response, *, empty: bool = False) -> Any:
    assert answer.status_code == 200, answer.text
    return None if empty else answer.json()


def survive(start: Callable[..., Any], kills: int) -> None:
    """Kill the server `kills` times while two clients push, then look at everything that they were told is there."""
    server = start()
    api = server.api()
    api.create_repo("local/killed")
    writers = [Writer(server, "local/killed", seed) for seed in (1, 2)]
    chance = random.Random(0)
    for _ in range(kills):
        time.sleep(chance.uniform(0.05, 0.5))
        server.kill()
        server.start()
    time.sleep(0.5)
    for writer in writers:
        writer.stop()
    acknowledged = [item for writer in writers for item in writer.acknowledged]
    assert len(acknowledged) > kills / 2
    history = {commit.commit_id for commit in api.list_repo_commits("local/killed")}
    for commit, files in acknowledged:
        assert commit in history
        for path, sha256 in files.items():
            content = httpx2.get(f"{server.url}/local/killed/resolve/{commit}/{path}").content
            assert hashlib.sha256(content).hexdigest() == sha256
    checked = json.loads(server.command("fsck", str(server.folder), "--json").stdout)
    assert checked["problems"] == []
    assert checked["commits"] == len(history)
    server.command("gc", str(server.folder), "--older-than", "0")
    assert list((server.folder / "incoming").iterdir()) == []
    assert json.loads(server.command("fsck", str(server.folder), "--json").stdout)["problems"] == []


def test_killed_in_the_middle_of_everything(start: Callable[..., Any]) -> None:
    survive(start, 5)


@pytest.mark.long
def test_killed_fifty_times(start: Callable[..., Any]) -> None:
    survive(start, 50)


def test_an_upload_that_was_cut_leaves_nothing(server: Any) -> None:
    """The client goes away in the middle; what it began is removed at once."""
    import socket

    api = server.api()
    api.create_repo("local/gone", exist_ok=True)
    body = {"operation": "upload", "objects": [{"oid": "0" * 64, "size": 50_000_000}]}
    answer = httpx2.post(f"{server.url}/local/gone.git/info/lfs/objects/batch", json=body, headers=TOKEN)
    path = answer.json()["objects"][0]["actions"]["upload"]["href"].removeprefix(server.url)
    host, port = server.url.removeprefix("http://").split(":")
    commit = "/api/models/local/gone/commit/main"
    begun = b'{"key": "header", "value": {}}\n{"key": "file", "value": {"content": "' + b"QUJD" * 100_000
    for method, target, data in (("PUT", path, b"x" * 2_000_000), ("POST", commit, begun)):
        with socket.create_connection((host, int(port))) as connection:
            head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n"
            connection.sendall(f"{head}Content-Length: 50000000\r\n\r\n".encode() + data)
            _wait_until(lambda: any((server.folder / "incoming").iterdir()))
        _wait_until(lambda: not any((server.folder / "incoming").iterdir()))
    assert api.list_repo_files("local/gone") == []


@pytest.mark.usefixtures("transfer")
def test_an_upload_goes_on_after_the_server_was_killed(start: Callable[..., Any], tmp_path: Path) -> None:
    """The client tries again what failed, and what had arrived is still there: parts, or xorbs."""
    from concurrent.futures import ThreadPoolExecutor

    server = start("--part-size", "5MB", "--multipart-above", "5MB")
    api = server.api()
    api.create_repo("local/on")
    content = os.urandom(100_000_000)
    file = tmp_path / "large.bin"
    file.write_bytes(content)
    with ThreadPoolExecutor(1) as other:
        upload = other.submit(api.upload_file, path_or_fileobj=file, path_in_repo="large.bin", repo_id="local/on")
        _wait_until(lambda: _arrived(server) > 6_000_000)
        assert not upload.done()
        server.kill()
        before = _arrived(server)
        server.start()
        assert _arrived(server) == before > 0
        upload.result(timeout=120)
    answer = httpx2.get(f"{server.url}/local/on/resolve/main/large.bin", timeout=60)
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(content).digest()
    assert json.loads(server.command("fsck", str(server.folder), "--json").stdout)["problems"] == []


def _arrived(server: Any) -> int:
    """Bytes on the disk that belong to no file yet."""
    found = [path for name in ("incoming", "xorbs") for path in (server.folder / name).iterdir()]
    return sum(path.stat().st_size for path in found if path.exists())


def _wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to be")


def test_gc_takes_what_nothing_leads_to(server: Any) -> None:
    api = server.api()
    api.create_repo("local/kept")
    api.upload_file(path_or_fileobj=os.urandom(1000), path_in_repo="a.bin", repo_id="local/kept")
    api.create_branch("local/kept", branch="side")
    lost = api.upload_file(
        path_or_fileobj=os.urandom(1001), path_in_repo="b.bin", repo_id="local/kept", revision="side"
    ).oid
    api.create_tag("local/kept", tag="v1", revision="side")
    api.upload_file(path_or_fileobj=b"text", path_in_repo="c.txt", repo_id="local/kept", create_pr=True)
    api.delete_branch("local/kept", branch="side")
    folder = str(server.folder)
    before = json.loads(server.command("gc", folder, "--older-than", "0", "--dry-run", "--json").stdout)
    assert before["commits"] == 0  # a tag leads to the branch's commit
    api.delete_tag("local/kept", tag="v1")
    young = json.loads(server.command("gc", folder, "--json").stdout)
    assert (young["commits"], young["files"]) == (0, 0)
    time.sleep(1.1)  # a commit's time has whole seconds
    assert json.loads(server.command("gc", folder, "--older-than", "0", "--dry-run", "--json").stdout)["commits"] == 1
    assert api.model_info("local/kept", revision=lost).sha == lost
    done = json.loads(server.command("gc", folder, "--older-than", "0", "--json").stdout)
    assert (done["commits"], done["bytes"]) == (1, 1001)
    assert api.list_repo_files("local/kept") == ["a.bin"]
    assert api.list_repo_files("local/kept", revision="refs/pr/1") == ["a.bin", "c.txt"]
    assert "no problems" in server.command("fsck", folder).stdout


@pytest.mark.parametrize("damage", ["changed", "cut", "missing"])
def test_fsck_finds_damage(start: Callable[..., Any], damage: str) -> None:
    server = start()
    api = server.api()
    api.create_repo("local/x")
    api.upload_file(path_or_fileobj=b"some text", path_in_repo="a.txt", repo_id="local/x")
    server.stop()
    path = next(path for path in (server.folder / "blobs").rglob("*") if path.is_file())
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"some tEXt" if damage == "changed" else b"some")
    result = server.command("fsck", str(server.folder))
    assert result.returncode == 1
    assert path.name in result.stdout


def test_twenty_clients_push_and_pull(server: Any, tmp_path: Path) -> None:
    """Each commits to a repository of its own and to one of all; nobody waits in vain, and no commit is lost."""
    from concurrent.futures import ThreadPoolExecutor

    from huggingface_hub import hf_hub_download

    api = server.api()
    api.create_repo("local/shared")

    def work(number: int) -> str:
        content = os.urandom(200_000)
        name = api.create_repo(f"local/own-{number}").repo_id
        for repo in (name, "local/shared"):
            api.upload_file(path_or_fileobj=content, path_in_repo=f"{number}.bin", repo_id=repo)
            api.upload_file(path_or_fileobj=b"%d" % number, path_in_repo=f"{number}.txt", repo_id=repo)
        path = hf_hub_download("local/shared", f"{number}.bin", endpoint=server.url, cache_dir=tmp_path / str(number))
        assert Path(path).read_bytes() == content
        return name

    with ThreadPoolExecutor(20) as clients:
        names = list(clients.map(work, range(20)))
    assert len(api.list_repo_commits("local/shared")) == 41
    assert len(api.list_repo_files("local/shared")) == 40
    assert all(len(api.list_repo_files(name)) == 2 for name in names)
    assert "no problems" in server.command("fsck", str(server.folder)).stdout
