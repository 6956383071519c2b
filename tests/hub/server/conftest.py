"""A hub on a free port of this machine, in a process of its own, and the real client pointed at it."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi, constants

COMMAND = [sys.executable, "-c", "from leanformers.cli import main; main()", "hub"]
_numbers = itertools.count(1)


class Server:
    """A running hub."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._options = options
        self._port = 0
        self.start()

    def start(self) -> None:
        command = [*COMMAND, "serve", str(self.folder), "--port", str(self._port), *self._options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://[^ :]+:([0-9]+)", line)
        assert found is not None, line
        self.url, self._port = found[0], int(found[1])  # after a restart, at the same place

    def kill(self) -> None:
        """As if the power had failed, for the process at least."""
        self.process.send_signal(signal.SIGKILL)
        self._end()

    def stop(self) -> None:
        self.process.terminate()
        self._end()

    def _end(self) -> None:
        self.process.wait(timeout=20)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def api(self, token: str | bool = "hf_anything") -> HfApi:
        return HfApi(endpoint=self.url, token=token)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Starts hubs, and ends them."""
    servers: list[Server] = []

    def start(*options: str, folder: Path | None = None) -> Server:
        servers.append(Server(folder or tmp_path_factory.mktemp("hub") / "folder", *options))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(scope="module")
def server(start: Callable[..., Server]) -> Server:
    """One hub for all tests of a module."""
    return start()


@pytest.fixture(scope="session", autouse=True)
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the client speak, but only to this machine, and remember nothing outside of the tests' folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "HF_HUB_OFFLINE", False)
        patch.setenv("HF_XET_CACHE", str(tmp_path_factory.mktemp("xet")))
        patch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        patch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
        patch.setenv("NO_PROXY", "*")
        yield


@pytest.fixture(params=[True, False], ids=["xet", "plain"])
def transfer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two ways in which clients send large files."""
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", not request.param)


@pytest.fixture
def api(server: Server) -> HfApi:
    return server.api()


@pytest.fixture
def repo(api: HfApi) -> str:
    """A new model repository."""
    return api.create_repo(f"local/model-{os.getpid()}-{next(_numbers)}").repo_id
