"""A large file through a hub of one's own beside Python's own file server: loopback, the same client, in turn.

    python bench/hub.py [--megabytes 500] [--rounds 5] [--plain]

Download: GET beside `python -m http.server`. Upload: PUT beside the shortest server that `http.server` allows, which
writes the body to a file, does not hash it and does not wait for the disk; the hub does both. Then the real client,
with xet and without; not with `--plain`. Medians, and of the ratios within a round.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import http.server
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOKEN = {"Authorization": "Bearer anything"}
BUFFER = 1 << 20
HUB = "from leanformers.cli import main; main()"
UPLOAD = """
import sys, time
from huggingface_hub import HfApi
path, repo = sys.argv[1:]
api = HfApi()
api.create_repo(repo)
begin = time.perf_counter()
api.upload_file(path_or_fileobj=path, path_in_repo="large.bin", repo_id=repo)
print(time.perf_counter() - begin)
"""
DOWNLOAD = """
import sys, time
from huggingface_hub import hf_hub_download
begin = time.perf_counter()
hf_hub_download(sys.argv[1], "large.bin")
print(time.perf_counter() - begin)
"""


class Receiver(http.server.SimpleHTTPRequestHandler):
    """Takes PUT as simply as it can be done."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        left = int(self.headers["Content-Length"])
        with Path(self.translate_path(self.path)).open("wb", buffering=0) as file:
            while left:
                data = self.rfile.read1(min(BUFFER, left))
                file.write(data)
                left -= len(data)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


def request(url: str, method: str, body: Any = None, headers: dict[str, str] | None = None) -> bytes:
    """One request's answer, which must be a good one. What is long is thrown away."""
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, blocksize=BUFFER)
    connection.request(method, f"/{path}", body, {**TOKEN, **(headers or {})})
    answer = connection.getresponse()
    assert answer.status == 200, (answer.status, answer.read())
    kept = answer.read() if int(answer.headers.get("Content-Length", 0)) < BUFFER else b""
    buffer = bytearray(BUFFER)
    while answer.readinto(buffer):
        pass
    connection.close()
    return kept


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def put(url: str, path: Path) -> None:
    with path.open("rb") as file:
        request(url, "PUT", file, {"Content-Length": str(path.stat().st_size)})


def new_file(path: Path, megabytes: int) -> str:
    """Random bytes, other ones each time, and their sha256."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(megabytes):
            data = os.urandom(1_000_000)
            digest.update(data)
            file.write(data)
    return digest.hexdigest()


def upload_url(hub: str, oid: str, size: int) -> str:
    body = {"operation": "upload", "objects": [{"oid": oid, "size": size}], "transfers": ["basic"]}
    answer = json.loads(request(f"{hub}/local/plain.git/info/lfs/objects/batch", "POST", json.dumps(body)))
    return str(answer["objects"][0]["actions"]["upload"]["href"])


def commit(hub: str, oid: str) -> None:
    lines = [
        {"key": "header", "value": {"summary": "x"}},
        {"key": "lfsFile", "value": {"path": "large.bin", "oid": oid}},
    ]
    request(f"{hub}/api/models/local/plain/commit/main", "POST", "\n".join(map(json.dumps, lines)))


def real_client(hub: str, code: str, *arguments: str, xet: bool, home: Path) -> float:
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub,
        "HF_HOME": str(home),
        "HF_TOKEN": "anything",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_XET": "0" if xet else "1",
    }
    done = subprocess.run([sys.executable, "-c", code, *arguments], env=environment, stdout=subprocess.PIPE, check=True)
    return float(done.stdout)


def measure(hub: str, peer: str, folder: Path, megabytes: int, rounds: int, modes: tuple[bool, ...]) -> None:
    path = folder / "large.bin"
    found: dict[str, list[float]] = {}

    def note(what: str, taken: float) -> None:
        found.setdefault(what, []).append(megabytes / taken)

    request(f"{hub}/api/repos/create", "POST", json.dumps({"name": "plain"}), {"Content-Type": "application/json"})
    for number in range(rounds):
        oid = new_file(path, megabytes)
        url = upload_url(hub, oid, path.stat().st_size)
        note("PUT, http.server", seconds(lambda: put(f"{peer}/received.bin", path)))
        note("PUT, hub", seconds(lambda url=url: put(url, path)))
        commit(hub, oid)
        note("GET, http.server", seconds(lambda: request(f"{peer}/large.bin", "GET")))
        note("GET, hub", seconds(lambda: request(f"{hub}/local/plain/resolve/main/large.bin", "GET")))
        for xet in modes:
            name, repo = "xet" if xet else "plain", f"local/{'xet' if xet else 'lfs'}-{number}"
            home = folder / f"home-{name}-{number}"
            new_file(path, megabytes)
            note(f"push, real client, {name}", real_client(hub, UPLOAD, str(path), repo, xet=xet, home=home))
            note(f"pull, real client, {name}", real_client(hub, DOWNLOAD, repo, xet=xet, home=home))
            subprocess.run(["rm", "-rf", str(home)], check=True)
    print("| what | MB/s | of http.server |\n|---|---:|---:|")
    for what, speeds in found.items():
        peers = found["PUT, http.server" if what.startswith(("PUT", "push")) else "GET, http.server"]
        ratio = statistics.median(own / other for own, other in zip(speeds, peers, strict=True))
        print(f"| {what} | {statistics.median(speeds):.0f} | {ratio:.2f} |")


def url_of(process: subprocess.Popen[str]) -> str:
    """What a server says when it has started."""
    assert process.stdout is not None
    return str(re.findall(r"http://\S+[0-9]", process.stdout.readline())[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plain", action="store_true", help="leave the real client out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        receiver = subprocess.Popen([sys.executable, __file__, "--receive", name], stdout=subprocess.PIPE, text=True)
        command = [sys.executable, "-c", HUB, "hub", "serve", str(folder / "hub"), "--port", "0"]
        hub = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            modes = () if arguments.plain else (False, True)
            measure(url_of(hub), url_of(receiver), folder, arguments.megabytes, arguments.rounds, modes)
        finally:
            for process in (hub, receiver):
                process.terminate()
                process.wait()


def receive(folder: str) -> None:
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *arguments: Receiver(*arguments, directory=folder)
    )
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--receive"]:
        receive(sys.argv[2])
    else:
        main()
