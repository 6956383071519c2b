"""Who may do what: tokens, roles, private and gated repositories, and where a hub without tokens may listen."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError


class Hub:
    """A hub with tokens."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.alice = self.token("alice", "--namespace", "team")
        self.bob = self.token("bob")
        self.reader = self.token("alice", "--role", "read")
        self.admin = self.token("root", "--namespace", "*")

    def token(self, user: str, *options: str) -> str:
        return self.server.command("token", "create", str(self.server.folder), user, *options).stdout.strip()

    def api(self, token: str | bool) -> HfApi:
        return self.server.api(token)


@pytest.fixture(scope="module")
def hub(start: Callable[..., Any]) -> Hub:
    return Hub(start())


@pytest.fixture(scope="module")
def private(hub: Hub) -> str:
    """A private repository of alice."""
    api = hub.api(hub.alice)
    api.create_repo("alice/private", private=True)
    api.upload_file(path_or_fileobj=b"secret", path_in_repo="a.txt", repo_id="alice/private")
    return "alice/private"


def test_whoami_tells_the_owner_and_role(hub: Hub) -> None:
    answer = hub.api(hub.reader).whoami()
    assert (answer["name"], answer["auth"]["accessToken"]["role"]) == ("alice", "read")
    assert [org["name"] for org in hub.api(hub.alice).whoami()["orgs"]] == ["team"]


@pytest.mark.parametrize("token", ["hf_wrong", "hf_" + "0" * 44, "x" * 5000])
def test_an_unknown_token_is_refused_everywhere(hub: Hub, private: str, token: str) -> None:
    with pytest.raises(HfHubHTTPError, match="Invalid credentials"):
        hub.api(token).model_info(private)
    known = hub.alice[:15] + "0" * 32  # the public half of a token alone
    with pytest.raises(HfHubHTTPError, match="Invalid credentials"):
        hub.api(known).list_repo_files(private)


def test_a_private_repository_looks_missing_to_strangers(hub: Hub, private: str, tmp_path: Path) -> None:
    for token in (hub.alice, hub.reader, hub.admin):
        path = hf_hub_download(private, "a.txt", endpoint=hub.server.url, token=token, cache_dir=tmp_path / token)
        assert Path(path).read_text() == "secret"
    for token in (hub.bob, False):
        api = hub.api(token)
        missing = httpx2.get(f"{hub.server.url}/api/models/alice/nothing", headers=_header(token))
        hidden = httpx2.get(f"{hub.server.url}/api/models/{private}", headers=_header(token))
        assert missing.status_code == hidden.status_code == (404 if token else 401)
        assert missing.text.replace("nothing", "private") == hidden.text
        for look in (api.model_info, api.list_repo_files, api.list_repo_refs, api.list_repo_commits, api.auth_check):
            with pytest.raises(RepositoryNotFoundError):
                look(private)
        with pytest.raises(RepositoryNotFoundError):
            hf_hub_download(private, "a.txt", endpoint=hub.server.url, token=token, cache_dir=tmp_path / "no")
        assert private not in [info.id for info in api.list_models()]
    assert private in [info.id for info in hub.api(hub.reader).list_models()]


def _header(token: str | bool) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}


def test_only_owners_write(hub: Hub) -> None:
    hub.api(hub.alice).create_repo("alice/public")
    hub.api(hub.alice).create_repo("team/public")
    hub.api(hub.admin).create_repo("anybody/public")
    changes: list[Callable[[HfApi], object]] = [
        lambda api: api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id="alice/public"),
        lambda api: api.upload_file(path_or_fileobj=os.urandom(100), path_in_repo="a.bin", repo_id="alice/public"),
        lambda api: api.create_branch("alice/public", branch="b"),
        lambda api: api.delete_repo("alice/public"),
        lambda api: api.update_repo_settings("alice/public", private=True),
        lambda api: api.move_repo("alice/public", "bob/public"),
        lambda api: api.create_repo("alice/other"),
        lambda api: api.auth_check("alice/public", write=True),
    ]
    for token in (hub.bob, hub.reader, False):
        for change in changes:
            with pytest.raises(HfHubHTTPError):
                change(hub.api(token))
        hub.api(token).auth_check("alice/public")
    assert hub.api(hub.bob).list_repo_files("alice/public") == []
    with pytest.raises(HfHubHTTPError, match="no rights in the namespace 'bob'"):
        hub.api(hub.alice).move_repo("alice/public", "bob/public")


def test_a_reader_is_told_why(hub: Hub) -> None:
    with pytest.raises(HfHubHTTPError, match="may only read"):
        hub.api(hub.reader).create_repo("alice/more")


def test_strangers_may_propose_changes(hub: Hub) -> None:
    hub.api(hub.alice).create_repo("alice/open")
    bob = hub.api(hub.bob)
    for content in (b"small", os.urandom(1000)):
        pull = bob.upload_file(path_or_fileobj=content, path_in_repo="x.bin", repo_id="alice/open", create_pr=True)
        assert pull.pr_num is not None
        with pytest.raises(HfHubHTTPError):
            bob.merge_pull_request("alice/open", pull.pr_num)
    hub.api(hub.alice).merge_pull_request("alice/open", pull.pr_num)
    assert hub.api(False).list_repo_files("alice/open") == ["x.bin"]


def test_gated_files_are_for_those_who_were_let_in(hub: Hub, tmp_path: Path) -> None:
    api = hub.api(hub.alice)
    api.create_repo("alice/gated")
    api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id="alice/gated")
    with pytest.raises(HfHubHTTPError, match="not gated"):
        api.grant_access("alice/gated", "bob")
    api.update_repo_settings("alice/gated", gated="manual")

    def get(token: str | bool) -> str:
        folder = tmp_path / str(token)
        return hf_hub_download("alice/gated", "a.txt", endpoint=hub.server.url, token=token, cache_dir=folder)

    for token in (hub.bob, False):
        assert hub.api(token).model_info("alice/gated").gated == "manual"
        with pytest.raises(GatedRepoError):
            get(token)
        with pytest.raises(GatedRepoError):
            hub.api(token).auth_check("alice/gated")
    assert get(hub.alice)
    api.grant_access("alice/gated", "bob")
    assert [request.username for request in api.list_accepted_access_requests("alice/gated")] == ["bob"]
    assert get(hub.bob)
    api.reject_access_request("alice/gated", "bob", rejection_reason=None)
    with pytest.raises(GatedRepoError):
        hub.api(hub.bob).auth_check("alice/gated")
    api.update_repo_settings("alice/gated", gated="auto")
    hub.api(hub.bob).auth_check("alice/gated")
    with pytest.raises(GatedRepoError):
        hub.api(False).auth_check("alice/gated")


def test_a_hash_opens_no_private_file(hub: Hub, private: str) -> None:
    """Bob knows the sha256 of a large file of alice, and may not have it by committing it to his own repository."""
    import hashlib

    content = os.urandom(4000)
    hub.api(hub.alice).upload_file(path_or_fileobj=content, path_in_repo="x.bin", repo_id=private)
    hub.api(hub.bob).create_repo("bob/mine", exist_ok=True)
    oid = hashlib.sha256(content).hexdigest()
    lines = [{"key": "header", "value": {"summary": "x"}}, {"key": "lfsFile", "value": {"path": "x.bin", "oid": oid}}]
    answer = httpx2.post(
        f"{hub.server.url}/api/models/bob/mine/commit/main",
        content="\n".join(map(json.dumps, lines)),
        headers=_header(hub.bob),
    )
    assert answer.status_code == 400
    item = {"operation": "upload", "objects": [{"oid": oid, "size": 4000}]}
    answer = httpx2.post(f"{hub.server.url}/bob/mine.git/info/lfs/objects/batch", json=item, headers=_header(hub.bob))
    assert "actions" in answer.json()["objects"][0]
    hub.api(hub.bob).upload_file(
        path_or_fileobj=content, path_in_repo="x.bin", repo_id="bob/mine"
    )  # who has the bytes, may


def test_tokens_are_listed_and_revoked(hub: Hub) -> None:
    folder = str(hub.server.folder)
    token = hub.token("carol", "--name", "laptop")
    assert hub.api(token).whoami()["name"] == "carol"
    rows = [json.loads(line) for line in hub.server.command("token", "list", folder, "--json").stdout.splitlines()]
    row = next(row for row in rows if row["user"] == "carol")
    assert (row["role"], row["namespaces"], row["name"]) == ("write", ["carol"], "laptop")
    assert token not in hub.server.command("token", "list", folder).stdout
    assert hub.server.command("token", "revoke", folder, row["id"]).returncode == 0
    with pytest.raises(HfHubHTTPError):
        hub.api(token).whoami()
    again = hub.server.command("token", "revoke", folder, row["id"])
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize("arguments", [("*",), ("a/b",), ("",), ("a", "--role", "admin"), ("a", "--namespace", "x y")])
def test_tokens_for_nobody(hub: Hub, arguments: tuple[str, ...]) -> None:
    result = hub.server.command("token", "create", str(hub.server.folder), *arguments)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)


def test_tokens_are_not_in_the_folder(hub: Hub) -> None:
    secret = hub.alice[15:].encode()
    for path in hub.server.folder.glob("index*"):
        assert secret not in path.read_bytes()


def test_to_revoke_the_last_token_does_not_open_the_hub(start: Callable[..., Any]) -> None:
    server = start()
    server.api().create_repo("local/before")
    token = server.command("token", "create", str(server.folder), "alice").stdout.strip()
    with pytest.raises(HfHubHTTPError):
        server.api().create_repo("local/after")  # at once, without a restart
    assert server.command("token", "revoke", str(server.folder), token).returncode == 0
    with pytest.raises(HfHubHTTPError):
        server.api().create_repo("local/after")


def test_without_any_token_an_open_hub_can_be_read_only(start: Callable[..., Any]) -> None:
    server = start()
    server.api().create_repo("local/x")
    assert server.api(False).model_info("local/x").id == "local/x"
    with pytest.raises(HfHubHTTPError):
        server.api(False).create_repo("local/y")


def test_a_hub_without_tokens_does_not_listen_to_the_network(tmp_path: Path, start: Callable[..., Any]) -> None:
    import subprocess
    import sys

    command = [sys.executable, "-c", "from leanformers.cli import main; main()", "hub", "serve", str(tmp_path / "h")]
    options = ["--host", "0.0.0.0", "--port", "0"]
    result = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 1
    assert "everybody in the network" in result.stderr
    start(*options, "--allow-anonymous")


def test_errors_of_serve_are_one_line(tmp_path: Path, server: Any) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    for arguments, message in (
        ((str(tmp_path / "mine"),), "is not empty and holds no hub"),
        ((str(tmp_path / "h"), "--port", server.url.rpartition(":")[2]), "cannot listen"),
        ((str(tmp_path / "h"), "--max-file-size", "much"), "is no size"),
    ):
        result = server.command("serve", *arguments)
        assert result.returncode == 1
        assert message in result.stderr
        assert result.stderr.count("\n") == 1
    for command in (("gc",), ("fsck",), ("token", "list")):
        assert "holds no hub" in server.command(*command, str(tmp_path / "nowhere")).stderr
    assert not (tmp_path / "nowhere").exists()


def test_names_of_other_machines_are_not_answered_by_an_open_hub(server: Any, hub: Hub) -> None:
    """A page on evil.example may let its name point to 127.0.0.1, and would be of the same origin as the hub."""
    for name, status in (("evil.example", 403), ("evil.example:8080", 403), ("localhost:1", 200), ("[::1]:1", 200)):
        headers = {"host": name, "authorization": "Bearer x"}
        assert httpx2.get(f"{server.url}/api/whoami-v2", headers=headers).status_code == status
    headers = {"host": "hub.example", "authorization": f"Bearer {hub.alice}"}  # behind a proxy, with tokens
    assert httpx2.get(f"{hub.server.url}/api/whoami-v2", headers=headers).status_code == 200


def test_requests_that_are_none(server: Any) -> None:
    for method, path, status in (
        ("DELETE", "/api/whoami-v2", 405),
        ("GET", "/nowhere/at/all", 404),
        ("POST", "/api/repos/create", 400),
        ("GET", "/api/models?limit=x", 400),
        ("GET", "/api/models?cursor=x", 400),
    ):
        answer = httpx2.request(method, server.url + path, headers={"authorization": "Bearer x"})
        assert (answer.status_code, bool(answer.json()["error"])) == (status, True)
    answer = httpx2.post(
        f"{server.url}/api/repos/create", content=b"x" * 17_000_000, headers={"authorization": "Bearer x"}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("size", [1_000_000, 12_000_000])
def test_a_refusal_is_heard_by_a_client_that_still_sends(hub: Hub, size: int) -> None:
    url = f"{hub.server.url}/api/models/alice/public/commit/main"
    for _ in range(5):
        assert httpx2.post(url, content=b"x" * size).status_code == 401
        assert httpx2.put(f"{hub.server.url}/-/lfs/1/{'0' * 64}/5/whole/1.x", content=b"x" * size).status_code == 403


def test_help_has_examples() -> None:
    from typer.testing import CliRunner

    from leanformers.cli.commands import app

    for command in ("serve", "gc", "fsck", "token create", "token list", "token revoke"):
        result = CliRunner().invoke(app, ["hub", *command.split(), "--help"])
        assert f"Example: leanformers hub {command}" in " ".join(result.output.split())
