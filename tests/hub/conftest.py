"""A hub on loopback with the protocol's reading half, whose every answer can be replaced by a fault."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

Fault = Callable[["Handler"], bool]


class StubHub:
    """Repositories in memory. `faults` maps a part of an address to what happens there; it says whether to go on."""

    def __init__(self) -> None:
        self.commits: dict[tuple[str, str], dict[str, bytes]] = {}
        self.refs: dict[tuple[str, str], str] = {}
        self.requests: list[str] = []
        self.ranges: list[str] = []
        self.tokens: set[str | None] = set()
        self.faults: dict[str, Fault] = {}
        self.page_size = 1000
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": self}))
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def add(self, name: str, files: dict[str, bytes], revision: str = "main") -> str:
        """Make a commit of these files; its hash."""
        commit = hashlib.sha1(repr((name, revision, sorted(files.items()))).encode()).hexdigest()
        self.commits[name, commit] = files
        self.refs[name, revision] = commit
        return commit

    def add_folder(self, name: str, folder: Path, revision: str = "main") -> str:
        """Make a commit of a folder."""
        files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        return self.add(name, files, revision)


class Handler(BaseHTTPRequestHandler):
    hub: StubHub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        for key, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status: int, code: str = "", **headers: str) -> bool:
        self.answer(status, b'{"error": "no"}', **({"X_Error_Code": code} if code else {}), **headers)
        return False

    def do_GET(self) -> None:
        hub = self.hub
        place = unquote(urlsplit(self.path).path)
        hub.requests.append(place)
        hub.tokens.add(self.headers.get("Authorization"))
        if self.headers.get("Range"):
            hub.ranges.append(self.headers["Range"])
        for part, fault in list(hub.faults.items()):
            if part in place and not fault(self):
                return
        parts = place.strip("/").split("/")
        if parts[0] == "api":
            name, kind, revision = "/".join(parts[2:4]), parts[4], "/".join(parts[5:])
        else:
            name, kind, revision = "/".join(parts[:2]), parts[2], parts[3]
        commit = hub.refs.get((name, revision), revision)
        files = hub.commits.get((name, commit))
        if not any(known == name for known, _ in hub.commits):
            self.refuse(404, "RepoNotFound")
        elif files is None:
            self.refuse(404, "RevisionNotFound")
        elif kind == "revision":
            self.answer(200, json.dumps({"id": name, "sha": commit, "siblings": []}).encode())
        elif kind == "tree":
            self.tree(files, place)
        else:
            self.file(files["/".join(parts[4:])])

    def tree(self, files: dict[str, bytes], place: str) -> None:
        query = urlsplit(self.path).query
        start = int(query.rpartition("cursor=")[2]) if "cursor=" in query else 0
        names = sorted(files)
        entries = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": "1_Pooling"}]
        for name in names[start : start + self.hub.page_size]:
            data = files[name]
            entry = {"type": "file", "path": name, "size": len(data), "oid": git_hash(data)}
            if name.endswith((".safetensors", ".bin")):
                entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
            entries.append(entry)
        more = start + self.hub.page_size
        link = {"Link": f'<{self.hub.address}{place}?recursive=true&cursor={more}>; rel="next"'}
        self.answer(200, json.dumps(entries).encode(), **(link if more < len(names) else {}))

    def file(self, data: bytes) -> None:
        wanted = self.headers.get("Range")
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.answer(206 if start else 200, data[start:], "application/octet-stream")

    def cut(self, data: bytes, length: int) -> None:
        """Promise all of `data`, send `length` bytes, and reset the connection."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:length])
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True


def git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no token."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    # The client reads its environment when it is imported.
    import huggingface_hub.constants as constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "hf" / "token"))
    return tmp_path / "hf" / "hub"


@pytest.fixture
def hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubHub]:
    """An empty hub that HF_ENDPOINT names."""
    stub = StubHub()
    monkeypatch.setenv("HF_ENDPOINT", stub.address)
    yield stub
    stub.server.shutdown()
    stub.server.server_close()
