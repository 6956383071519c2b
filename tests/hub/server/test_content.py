"""What is in a repository: commits, trees, branches, tags; with the ids that git itself gives."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi
from huggingface_hub.errors import (
    BadRequestError,
    EntryNotFoundError,
    HfHubHTTPError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile, RepoFolder

FILES = {
    "config.json": b"{}\n",
    "weights/a.safetensors": os.urandom(10_000),
    "weights/deep/b c+ü%2F.txt": "Grüße\n".encode(),
    "weights.txt": b"",
    "weights-1": b"sorted before the folder\n",
}


def add(files: dict[str, bytes]) -> list[CommitOperationAdd]:
    return [CommitOperationAdd(path, content) for path, content in files.items()]


@pytest.fixture
def filled(api: HfApi, repo: str, transfer: None) -> str:
    api.create_commit(repo, add(FILES), commit_message="Files", commit_description="All of them.\n\nNow.")
    return repo


def test_tree(api: HfApi, filled: str) -> None:
    entries = list(api.list_repo_tree(filled, recursive=True, expand=True))
    assert {entry.path for entry in entries if isinstance(entry, RepoFile)} == set(FILES)
    assert {entry.path for entry in entries if isinstance(entry, RepoFolder)} == {"weights", "weights/deep"}
    assert {entry.path for entry in api.list_repo_tree(filled, "weights")} == {"weights/a.safetensors", "weights/deep"}
    assert {entry.last_commit.title for entry in entries if entry.last_commit} == {"Files"}
    with pytest.raises(EntryNotFoundError):
        list(api.list_repo_tree(filled, "nowhere"))
    with pytest.raises(RevisionNotFoundError):
        list(api.list_repo_tree(filled, revision="nowhere"))


def test_info(api: HfApi, filled: str) -> None:
    info = api.model_info(filled, files_metadata=True)
    assert info.siblings is not None
    sizes = {file.rfilename: file.size for file in info.siblings}
    assert sizes == {path: len(content) for path, content in FILES.items()}
    large = [file.rfilename for file in info.siblings if file.lfs]
    assert large == ["weights/a.safetensors"]
    assert api.model_info(filled, revision=info.sha).sha == info.sha
    assert api.model_info(filled, revision=info.sha[:10]).sha == info.sha


def test_paths_info(api: HfApi, filled: str) -> None:
    found = api.get_paths_info(filled, ["weights", "nowhere", "weights/deep/b c+ü%2F.txt"], expand=True)
    assert [entry.path for entry in found] == ["weights", "weights/deep/b c+ü%2F.txt"]
    assert found[1].last_commit is not None


def test_ids_are_those_of_git(api: HfApi, filled: str, tmp_path: Path) -> None:
    """The same files, committed by git at the same second, have the same ids."""

    def git(*arguments: str) -> str:
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in person.items()}
        command = ["git", "-c", "core.quotepath=off", *arguments]
        result = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, env={**os.environ, **who})
        return result.stdout.decode().strip()

    commits = api.list_repo_commits(filled)
    seconds = [int(commit.created_at.timestamp()) for commit in commits]
    person = {"NAME": "local", "EMAIL": "local@localhost", "DATE": f"{seconds[1]} +0000"}
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "initial commit")
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    large = api.get_paths_info(filled, "weights/a.safetensors")[0]
    assert isinstance(large, RepoFile)
    assert large.lfs is not None
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{large.lfs.sha256}\nsize {large.size}\n"
    (tmp_path / large.path).write_text(pointer)
    assert large.lfs.pointer_size == len(pointer)
    git("add", ".")
    person["DATE"] = f"{seconds[0]} +0000"
    git("commit", "-q", "-m", "Files", "-m", "All of them.\n\nNow.")
    assert git("log", "--format=%H").split() == [commit.commit_id for commit in commits]
    ids = {
        entry.path: getattr(entry, "blob_id", None) or entry.tree_id
        for entry in api.list_repo_tree(filled, recursive=True)
    }
    rows = [line.split(maxsplit=3) for line in git("ls-tree", "-r", "-t", "HEAD").splitlines()]
    assert ids == {row[3]: row[2] for row in rows}


def test_commits(api: HfApi, filled: str) -> None:
    api.upload_file(path_or_fileobj=b"2", path_in_repo="config.json", repo_id=filled, commit_message="<b>Second</b>")
    commits = api.list_repo_commits(filled, formatted=True)
    assert [commit.title for commit in commits] == ["<b>Second</b>", "Files", "initial commit"]
    assert commits[0].formatted_title == "&lt;b&gt;Second&lt;/b&gt;"
    assert commits[1].message == "All of them.\n\nNow."
    changed = {
        entry.path: entry.last_commit.title for entry in api.list_repo_tree(filled, expand=True) if entry.last_commit
    }
    assert (changed["config.json"], changed["weights"]) == ("<b>Second</b>", "Files")


def test_what_has_not_changed_makes_no_commit(api: HfApi, filled: str) -> None:
    before = api.model_info(filled).sha
    assert api.create_commit(filled, add(FILES), commit_message="Again").oid == before
    assert api.model_info(filled).sha == before


def test_delete_and_copy(api: HfApi, filled: str) -> None:
    operations = [
        CommitOperationDelete("weights/deep/"),
        CommitOperationDelete("config.json"),
        CommitOperationCopy("weights/a.safetensors", "copy.safetensors"),
        CommitOperationCopy("weights-1", "copy.txt"),
    ]
    api.create_commit(filled, operations, commit_message="Other files")
    assert set(api.list_repo_files(filled)) == {
        "weights/a.safetensors",
        "copy.safetensors",
        "copy.txt",
        "weights-1",
        "weights.txt",
    }
    with pytest.raises(EntryNotFoundError, match="A file with this name doesn't exist"):
        api.delete_file("weights", filled)
    with pytest.raises(EntryNotFoundError):
        api.delete_folder("nowhere", filled)
    api.delete_folder("weights", filled)
    assert set(api.list_repo_files(filled)) == {"copy.safetensors", "copy.txt", "weights-1", "weights.txt"}


def test_a_file_may_become_a_folder_when_it_goes(api: HfApi, repo: str) -> None:
    api.create_commit(repo, add({"a": b"file"}), commit_message="1")
    with pytest.raises(BadRequestError, match="a is a file"):
        api.create_commit(repo, add({"a/b": b"inside"}), commit_message="2")
    api.create_commit(repo, [CommitOperationDelete("a"), *add({"a/b": b"inside"})], commit_message="3")
    assert api.list_repo_files(repo) == ["a/b"]
    with pytest.raises(BadRequestError, match="a is a folder"):
        api.create_commit(repo, add({"a": b"file"}), commit_message="4")
    api.create_commit(repo, [CommitOperationDelete("a/", is_folder=True), *add({"a": b"file"})], commit_message="5")
    assert api.list_repo_files(repo) == ["a"]


def test_a_commit_on_something_else_than_expected_is_refused(api: HfApi, repo: str) -> None:
    before = api.model_info(repo).sha
    first = api.create_commit(repo, add({"a": b"1"}), commit_message="1", parent_commit=before)
    with pytest.raises(HfHubHTTPError, match="changed meanwhile") as error:
        api.create_commit(repo, add({"a": b"2"}), commit_message="2", parent_commit=before)
    assert error.value.response.status_code == 412
    assert api.model_info(repo).sha == first.oid


def test_a_history_is_squashed(api: HfApi, repo: str) -> None:
    for number in range(3):
        api.create_commit(repo, add({f"{number}": b"x"}), commit_message=f"{number}")
    api.super_squash_history(repo, commit_message="All at once")
    assert [commit.title for commit in api.list_repo_commits(repo)] == ["All at once"]
    assert api.list_repo_files(repo) == ["0", "1", "2"]
    with pytest.raises(RevisionNotFoundError):
        api.super_squash_history(repo, branch="nowhere")


def test_branches_and_tags(api: HfApi, repo: str) -> None:
    first = api.create_commit(repo, add({"a": b"1"}), commit_message="1").oid
    api.create_branch(repo, branch="dev/x")
    with pytest.raises(HfHubHTTPError, match="already exists"):
        api.create_branch(repo, branch="dev/x")
    api.create_branch(repo, branch="dev/x", exist_ok=True)
    second = api.create_commit(repo, add({"a": b"2"}), commit_message="2", revision="dev/x").oid
    api.create_tag(repo, tag="v1.0", revision="dev/x", tag_message="First")
    with pytest.raises(HfHubHTTPError, match="already exists"):
        api.create_tag(repo, tag="v1.0")
    refs = api.list_repo_refs(repo)
    assert {ref.name: ref.target_commit for ref in refs.branches} == {"main": first, "dev/x": second}
    assert {ref.name: ref.target_commit for ref in refs.tags} == {"v1.0": second}
    assert api.model_info(repo, revision="v1.0").sha == second
    assert api.model_info(repo, revision="refs/heads/dev/x").sha == second
    with pytest.raises(BadRequestError, match="is a tag"):
        api.create_commit(repo, add({"a": b"3"}), commit_message="3", revision="refs/tags/v1.0")
    api.delete_tag(repo, tag="v1.0")
    api.delete_branch(repo, branch="dev/x")
    for gone in ("v1.0", "dev/x"):
        with pytest.raises(RevisionNotFoundError):
            api.model_info(repo, revision=gone)
    assert api.model_info(repo, revision=second).sha == second  # until the next gc
    with pytest.raises(HfHubHTTPError, match="cannot be deleted"):
        api.delete_branch(repo, branch="main")


@pytest.mark.parametrize("name", ["a..b", "-x", "a b", "x.lock", "refs/pr/1", "a~1", "0" * 40])
def test_names_that_no_branch_can_have(api: HfApi, repo: str, name: str) -> None:
    with pytest.raises(BadRequestError, match="cannot be the name"):
        api.create_branch(repo, branch=name)


@pytest.mark.parametrize(
    "path",
    [
        "../up",
        "a/../../b",
        "/etc/x",
        "a\\b",
        "a//b",
        "x\0y",
        ".git/config",
        "a/.GIT/x",
        "a/./b",
        "a" * 256,
        "a/" * 600 + "b",
        "a\n",
    ],
)
def test_paths_that_lead_elsewhere_are_refused(api: HfApi, repo: str, path: str) -> None:
    import base64
    import json

    lines = [
        {"key": "header", "value": {"summary": "x"}},
        {"key": "file", "value": {"content": base64.b64encode(b"x").decode(), "path": path, "encoding": "base64"}},
    ]
    answer = httpx2.post(
        f"{api.endpoint}/api/models/{repo}/commit/main",
        content="\n".join(map(json.dumps, lines)),
        headers={"authorization": "Bearer x"},
    )
    assert answer.status_code == 400
    assert "cannot be a file's path" in answer.json()["error"]
    assert api.list_repo_files(repo) == []


@pytest.mark.parametrize("repo", ["tree/pages", "local/pages"])
def test_many_files_come_in_pages_of_one_commit(api: HfApi, repo: str) -> None:
    api.create_repo(repo)
    api.create_commit(repo, add({f"d{n % 7}/{n}": b"%d" % n for n in range(60)}), commit_message="Many")
    url: str | None = f"{api.endpoint}/api/models/{repo}/tree/main?recursive=true&limit=25"
    paths = []
    while url:
        answer = httpx2.get(url)
        paths += [row["path"] for row in answer.json()]
        if url.endswith("limit=25"):
            api.create_commit(repo, [CommitOperationDelete("d6/", is_folder=True)], commit_message="Fewer")
        url = answer.links.get("next", {}).get("url")
    assert len(paths) == len(set(paths)) == 67
    assert len(list(api.list_repo_tree(repo, recursive=True, expand=True))) == 58  # in pages of fifty
