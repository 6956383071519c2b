"""The server's memory does not grow with the files: larger ones than it may hold come in and go out in each way."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from huggingface_hub import constants

TOKEN = {"authorization": "Bearer x"}
LIMIT = 100_000_000  # bytes of memory
PIECE = os.urandom(3_000_000)
PIECES = 40


@pytest.fixture
def server(start: Callable[..., Any]) -> Any:
    server = start()
    server.api().create_repo("local/large")
    return server


def peak(server: Any) -> int:
    """The most memory that the process has had, in bytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def pieces() -> Iterator[bytes]:
    """120 MB of which no three megabytes are alike."""
    for number in range(PIECES):
        yield PIECE[number * 1000 :] + PIECE[: number * 1000]


def sha256() -> str:
    digest = hashlib.sha256()
    for piece in pieces():
        digest.update(piece)
    return digest.hexdigest()


def check_download(server: Any, path: str, expected: str) -> None:
    digest = hashlib.sha256()
    with httpx2.stream("GET", f"{server.url}/local/large/resolve/main/{path}") as answer:
        for piece in answer.iter_raw():
            digest.update(piece)
    assert digest.hexdigest() == expected


def commit(server: Any, lines: Iterator[bytes]) -> None:
    answer = httpx2.post(f"{server.url}/api/models/local/large/commit/main", content=lines, headers=TOKEN, timeout=120)
    assert answer.status_code == 200, answer.text


def test_whole(server: Any) -> None:
    oid, size = sha256(), PIECES * len(PIECE)
    body = {"operation": "upload", "objects": [{"oid": oid, "size": size}]}
    answer = httpx2.post(f"{server.url}/local/large.git/info/lfs/objects/batch", json=body, headers=TOKEN)
    href = answer.json()["objects"][0]["actions"]["upload"]["href"]
    assert httpx2.put(href, content=pieces(), timeout=120).status_code == 200
    lines = [{"key": "header", "value": {"summary": "x"}}, {"key": "lfsFile", "value": {"path": "x", "oid": oid}}]
    commit(server, iter([json.dumps(line).encode() + b"\n" for line in lines]))
    check_download(server, "x", oid)
    assert peak(server) < LIMIT


def test_in_base64(server: Any) -> None:
    def lines() -> Iterator[bytes]:
        yield b'{"key": "header", "value": {"summary": "x"}}\n{"key": "file", "value": {"content": "'
        for piece in pieces():  # each a multiple of three bytes
            yield base64.b64encode(piece)
        yield b'", "path": "x.txt", "encoding": "base64"}}\n'

    commit(server, lines())
    check_download(server, "x.txt", sha256())
    assert peak(server) < LIMIT


def test_as_xet(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    with (tmp_path / "x.bin").open("wb") as file:
        file.writelines(pieces())
    server.api().upload_file(path_or_fileobj=tmp_path / "x.bin", path_in_repo="x.bin", repo_id="local/large")
    check_download(server, "x.bin", sha256())
    assert peak(server) < LIMIT
