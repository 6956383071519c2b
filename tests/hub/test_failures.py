"""Each way in which a hub can fail: one clear message with the cause and the remedy, in bounded time."""

from __future__ import annotations

import errno
import time
from pathlib import Path
from typing import Any

import pytest

from leanformers import AutoConfig, AutoModel, AutoTokenizer
from leanformers.errors import HubError, LeanformersError, LeanformersWarning, MissingFileError
from leanformers.hub.resolve import DEFAULT_MODEL, resolve_folder

NAME = "ann/tiny"
BIG = bytes(range(256)) * 20_000  # 5 MB
CONFIG = (resolve_folder(DEFAULT_MODEL) / "config.json").read_bytes()


@pytest.fixture
def commit(hub: Any) -> str:
    files = {"config.json": CONFIG, "tokenizer.json": b"{}", "model.safetensors": BIG}
    return str(hub.add(NAME, files))


@pytest.mark.parametrize(
    ("status", "code", "token", "kind", "message"),
    [
        (401, "GatedRepo", None, HubError, r"gated \(401\): ask for access .* log in"),  # errors.md 42
        (403, "GatedRepo", "hf_x", HubError, r"gated \(403\): ask for access on its page: http.*/ann/tiny"),
        (401, "RepoNotFound", None, MissingFileError, "no repository 'ann/tiny' .* if it is private, log in"),
        (401, "", None, MissingFileError, "no repository 'ann/tiny' .* if it is private"),
        (401, "", "hf_expired", HubError, r"the token is wrong or has expired \(401\)"),
        (403, "", "hf_x", HubError, r"the token lacks the right \(403\)"),
        (404, "RepoNotFound", "hf_x", MissingFileError, "no repository .* check the name and your access"),
        (404, "RevisionNotFound", None, MissingFileError, "no such revision"),
        (429, "", None, HubError, r"too many requests \(429\)"),
        (500, "", None, HubError, "server error 500 of http"),  # errors.md 43
        (502, "", None, HubError, "server error 502"),
        (503, "", None, HubError, "server error 503"),
        (418, "", None, HubError, "status 418"),
    ],
)
def test_a_status_is_told_with_cause_and_remedy(
    hub: Any, commit: str, status: int, code: str, token: str | None, kind: type[Exception], message: str
) -> None:
    hub.faults["/revision/"] = lambda request: request.refuse(status, code)
    begin = time.monotonic()
    with pytest.raises(kind, match=message) as caught:
        AutoTokenizer.from_pretrained(NAME, token=token)
    assert isinstance(caught.value, LeanformersError)
    assert "\n" not in str(caught.value)
    assert time.monotonic() - begin < 3


def test_unknown_repositories_and_revisions_cost_one_request(hub: Any, commit: str) -> None:  # errors.md 41
    with pytest.raises(MissingFileError, match=r"no repository 'ann/other'"):
        AutoConfig.from_pretrained("ann/other")
    with pytest.raises(MissingFileError, match=r"no such revision"):
        AutoConfig.from_pretrained(NAME, revision="nowhere")
    assert len(hub.requests) == 2


def test_a_repository_without_the_needed_files(hub: Any) -> None:  # errors.md 46, 51
    hub.add(NAME, {"README.md": b"# Nothing", "tf_model.h5": b"x"})
    with pytest.raises(MissingFileError, match=r"has no config.json; it has README.md, tf_model.h5"):
        AutoModel.from_pretrained(NAME)
    hub.add(NAME, {"config.json": CONFIG, "tf_model.h5": b"x"})
    with pytest.raises(MissingFileError, match=r"no weights that can be read here .* tf_model.h5"):
        AutoModel.from_pretrained(NAME)


def test_a_file_that_is_listed_but_not_there(hub: Any, commit: str) -> None:
    hub.faults["/resolve/"] = lambda request: request.refuse(404, "EntryNotFound")
    with pytest.raises(MissingFileError, match=r"no such file"):
        AutoConfig.from_pretrained(NAME)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(hub: Any, commit: str, status: int) -> None:
    times: list[float] = []

    def busy(request: Any) -> bool:
        times.append(time.monotonic())
        return len(times) > 1 or request.refuse(status, Retry_After="1")

    for place in ("/revision/", "/resolve/"):
        times.clear()
        hub.faults = {place: busy}
        AutoConfig.from_pretrained(NAME, force_download=True)
        assert 1 <= times[1] - times[0] < 2


def test_a_wait_that_is_too_long_is_told(hub: Any, commit: str) -> None:
    hub.faults["/revision/"] = lambda request: request.refuse(429, Retry_After="3600")
    with pytest.raises(HubError, match=r"asks to wait 3600 s"):
        AutoConfig.from_pretrained(NAME)


def test_a_web_page_in_place_of_json_is_a_captive_portal(hub: Any, commit: str) -> None:
    def portal(request: Any) -> bool:
        request.answer(200, b"<html>Welcome to our wifi</html>", "text/html")
        return False

    hub.faults["/"] = portal
    with pytest.raises(HubError, match=r"text/html rather than JSON: a login page"):
        AutoConfig.from_pretrained(NAME)


def test_slow_headers_end_in_bounded_time(hub: Any, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    AutoConfig.from_pretrained(NAME)
    monkeypatch.setenv("HF_HUB_ETAG_TIMEOUT", "0.3")
    hub.faults["/revision/"] = lambda request: bool(time.sleep(1)) or True
    begin = time.monotonic()
    with pytest.warns(LeanformersWarning, match=r"no answer in time"):
        AutoConfig.from_pretrained(NAME)
    with pytest.raises(MissingFileError, match=r"no answer in time"):
        AutoConfig.from_pretrained(NAME, cache_dir="elsewhere")
    assert time.monotonic() - begin < 3


def test_a_server_error_falls_back_to_the_cached_copy_but_a_refusal_does_not(hub: Any, commit: str) -> None:
    AutoConfig.from_pretrained(NAME)
    hub.faults["/revision/"] = lambda request: request.refuse(500)
    with pytest.warns(LeanformersWarning, match=r"server error 500 .* using the cached copy"):
        AutoConfig.from_pretrained(NAME)
    hub.faults["/revision/"] = lambda request: request.refuse(403, "GatedRepo")
    with pytest.raises(HubError, match=r"gated"):
        AutoConfig.from_pretrained(NAME)


def test_a_cut_body_is_resumed(hub: Any, commit: str, cache: Path) -> None:
    def cut(request: Any) -> bool:
        if request.headers.get("Range"):
            return True
        request.cut(BIG, 3_000_000)
        return False

    hub.faults["model.safetensors"] = cut
    folder = resolve_folder(NAME)
    assert (folder / "model.safetensors").read_bytes() == BIG
    assert len(hub.ranges) == 1
    assert 0 < int(hub.ranges[0].removeprefix("bytes=").rstrip("-")) <= 3_000_000


def test_a_download_that_broke_off_is_resumed_by_the_next_process(hub: Any, commit: str, cache: Path) -> None:
    import hashlib

    blobs = cache / "models--ann--tiny" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{hashlib.sha256(BIG).hexdigest()}.incomplete").write_bytes(BIG[:4_000_000])
    assert (resolve_folder(NAME) / "model.safetensors").read_bytes() == BIG
    assert hub.ranges == ["bytes=4000000-"]
    assert not list(blobs.glob("*.incomplete"))


def test_a_body_that_is_always_cut_is_an_error_and_is_kept_for_later(hub: Any, commit: str, cache: Path) -> None:
    def cut(request: Any) -> bool:
        request.cut(BIG, 0)
        return False

    hub.faults["model.safetensors"] = cut
    with pytest.raises(LeanformersError, match=r"cannot be reached|cut off"):
        resolve_folder(NAME)
    assert not (cache / "models--ann--tiny" / "refs" / "main").exists()


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_wrong_bytes_are_fetched_once_more_and_then_refused(hub: Any, commit: str, cache: Path, name: str) -> None:
    right = hub.commits[NAME, commit][name]
    damaged = [b"x" * len(right)]

    def damage(request: Any) -> bool:
        request.answer(200, damaged[0], "application/octet-stream")
        return False

    hub.faults[name] = damage
    with pytest.raises(HubError, match=f"{name} of 'ann/tiny' arrived damaged twice: its hash should be"):
        resolve_folder(NAME)
    assert not list((cache / "models--ann--tiny").rglob(f"snapshots/*/{name}"))
    hub.faults[name] = lambda request: bool(hub.faults.clear()) or damage(request)
    assert (resolve_folder(NAME) / name).read_bytes() == right


def test_a_full_disk_is_told_with_what_is_needed(hub: Any, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def full(path: Path, mode: str = "r", *rest: Any, **options: Any) -> Any:
        if path.suffix == ".incomplete" and mode != "rb":
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(path, mode, *rest, **options)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(HubError, match=r"no room in the cache .*bytes are needed, .* bytes are free.*HF_HOME"):
        AutoConfig.from_pretrained(NAME)


def test_a_web_page_in_place_of_a_file_is_not_taken_for_it(hub: Any, commit: str, cache: Path) -> None:
    page = [b"<html>Welcome</html>"]

    def portal(request: Any) -> bool:
        request.answer(200, page[0], "text/html")
        return False

    hub.faults["/resolve/"] = portal
    for times in (1, 100_000):
        page[0] *= times
        with pytest.raises(HubError, match=r"should have .* bytes, .* are sent: a login page"):
            AutoConfig.from_pretrained(NAME)
    assert not list(cache.rglob("snapshots/*/*"))


@pytest.mark.parametrize("path", ["../../evil", "/etc/evil", "a//b"])
def test_paths_that_lead_outside_are_refused(hub: Any, path: str) -> None:
    hub.add(NAME, {"config.json": CONFIG, path: b"x"})
    with pytest.raises(HubError, match=r"leads outside of the repository"):
        AutoConfig.from_pretrained(NAME)
