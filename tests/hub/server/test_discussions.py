"""Discussions and pull requests, as the client opens, reads, changes and merges them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, DiscussionComment, HfApi
from huggingface_hub.community import DiscussionCommit, DiscussionStatusChange, DiscussionTitleChange
from huggingface_hub.errors import BadRequestError, HfHubHTTPError


def test_a_discussion(api: HfApi, repo: str) -> None:
    opened = api.create_discussion(repo, "A question", description="Why?")
    assert (opened.num, opened.status, opened.is_pull_request) == (1, "open", False)
    comment = api.comment_discussion(repo, 1, "Because of <this>.")
    assert isinstance(comment, DiscussionComment)
    assert comment.rendered == "<p>Because of &lt;this&gt;.</p>"
    edited = api.edit_discussion_comment(repo, 1, comment.id, "Because of that.")
    assert (edited.content, edited.number_of_edits) == ("Because of that.", 1)
    with pytest.warns(UserWarning, match="irreversible"):
        assert api.hide_discussion_comment(repo, 1, comment.id).hidden
    api.rename_discussion(repo, 1, "A good question")
    api.change_discussion_status(repo, 1, "closed", comment="Solved.")
    details = api.get_discussion_details(repo, 1)
    assert (details.title, details.status) == ("A good question", "closed")
    kinds = [type(event) for event in details.events]
    expected = [DiscussionComment, DiscussionComment, DiscussionTitleChange, DiscussionComment, DiscussionStatusChange]
    assert kinds == expected
    with pytest.raises(BadRequestError, match="not a pull request"):
        api.merge_pull_request(repo, 1)
    with pytest.raises(HfHubHTTPError, match="no discussion 7"):
        api.get_discussion_details(repo, 7)


def test_lists(api: HfApi, repo: str) -> None:
    for number in range(52):
        api.create_discussion(repo, f"Title {number}", pull_request=number % 2 == 0)
    api.change_discussion_status(repo, 3, "closed")
    assert [found.num for found in api.get_repo_discussions(repo)] == list(range(52, 0, -1))
    pulls = list(api.get_repo_discussions(repo, discussion_type="pull_request", discussion_status="open"))
    assert len(pulls) == 25
    assert all(found.is_pull_request and found.status == "draft" for found in pulls)
    assert list(api.get_repo_discussions(repo, author="nobody")) == []


@pytest.mark.usefixtures("transfer")
def test_a_pull_request_in_one_commit(api: HfApi, repo: str) -> None:
    main = api.upload_file(path_or_fileobj=b"1", path_in_repo="a.txt", repo_id=repo).oid
    operations = [CommitOperationAdd("b.bin", os.urandom(1000)), CommitOperationDelete("a.txt")]
    pull = api.create_commit(repo, operations, commit_message="Better", commit_description="Much.", create_pr=True)
    assert (pull.pr_num, pull.pr_revision) == (1, "refs/pr/1")
    assert api.model_info(repo).sha == main
    assert api.list_repo_files(repo, revision="refs/pr/1") == ["b.bin"]
    assert api.model_info(repo, revision="refs/pr/1").sha == pull.oid
    api.upload_file(
        path_or_fileobj=b"2", path_in_repo="c.txt", repo_id=repo, revision="refs/pr/1", commit_message="More"
    )
    details = api.get_discussion_details(repo, 1)
    assert [event.summary for event in details.events if isinstance(event, DiscussionCommit)] == ["Better", "More"]
    assert (details.status, details.target_branch, details.conflicting_files) == ("open", "main", [])
    api.upload_file(path_or_fileobj=b"3", path_in_repo="d.txt", repo_id=repo)  # main goes on meanwhile
    api.merge_pull_request(repo, 1, comment="Thanks.")
    assert api.list_repo_files(repo) == ["b.bin", "c.txt", "d.txt"]
    commits = api.list_repo_commits(repo)
    assert (commits[0].title, commits[0].message) == ("Better (#1)", "- More\n- Better")
    details = api.get_discussion_details(repo, 1)
    assert (details.status, details.merge_commit_oid) == ("merged", commits[0].commit_id)
    with pytest.raises(BadRequestError, match="is merged"):
        api.merge_pull_request(repo, 1)
    with pytest.raises(HfHubHTTPError, match="is merged"):
        api.upload_file(path_or_fileobj=b"4", path_in_repo="c.txt", repo_id=repo, revision="refs/pr/1")


def test_refs_name_pull_requests_when_asked(api: HfApi, repo: str) -> None:
    pull = api.upload_file(path_or_fileobj=b"1", path_in_repo="a.txt", repo_id=repo, create_pr=True)
    refs = api.list_repo_refs(repo, include_pull_requests=True)
    assert refs.pull_requests is not None
    assert [(ref.ref, ref.target_commit) for ref in refs.pull_requests] == [("refs/pr/1", pull.oid)]
    assert api.list_repo_refs(repo).pull_requests is None


def test_changes_of_the_same_file_are_not_merged(api: HfApi, repo: str) -> None:
    api.upload_file(path_or_fileobj=b"1", path_in_repo="a.txt", repo_id=repo)
    api.upload_file(path_or_fileobj=b"2", path_in_repo="a.txt", repo_id=repo, create_pr=True)
    api.upload_file(path_or_fileobj=b"3", path_in_repo="a.txt", repo_id=repo)
    assert api.get_discussion_details(repo, 1).conflicting_files == ["a.txt"]
    with pytest.raises(HfHubHTTPError, match=r"same files: a\.txt"):
        api.merge_pull_request(repo, 1)
    api.upload_file(path_or_fileobj=b"2", path_in_repo="a.txt", repo_id=repo)  # main comes to the same
    api.merge_pull_request(repo, 1)


def test_a_pull_request_may_begin_at_an_older_commit(api: HfApi, repo: str) -> None:
    first = api.upload_file(path_or_fileobj=b"1", path_in_repo="a.txt", repo_id=repo).oid
    api.upload_file(path_or_fileobj=b"2", path_in_repo="b.txt", repo_id=repo)
    api.upload_file(path_or_fileobj=b"3", path_in_repo="c.txt", repo_id=repo, create_pr=True, parent_commit=first)
    assert api.list_repo_files(repo, revision="refs/pr/1") == ["a.txt", "c.txt"]
    api.merge_pull_request(repo, 1)
    assert api.list_repo_files(repo) == ["a.txt", "b.txt", "c.txt"]


@pytest.mark.usefixtures("transfer")
def test_a_folder_as_a_pull_request(api: HfApi, repo: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "sub" / "a.safetensors").write_bytes(os.urandom(2000))
    pull = api.upload_folder(repo_id=repo, folder_path=tmp_path, create_pr=True)
    assert pull.pr_num == 1
    assert set(api.list_repo_files(repo, revision="refs/pr/1")) == {"config.json", "sub/a.safetensors"}
    assert api.list_repo_files(repo) == []


def test_the_diff_is_one_that_git_can_apply(api: HfApi, repo: str, tmp_path: Path) -> None:
    long = "".join(f"line {number}\n" for number in range(3000))
    before = {
        "a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9",
        "gone.txt": "x\n",
        "d/ü.txt": "alt\r\n",
        "long.txt": long,
        "same": "same",
    }
    after = {
        "a.txt": "1\n2\nthree\n4\n5\n6\n7\n8\n9\n",
        "d/ü.txt": "neu\r\n",
        "new file.txt": "y",
        "long.txt": long + "more",
    }
    api.create_commit(repo, [CommitOperationAdd(*item) for item in _encoded(before)], commit_message="Before")
    operations = [*(CommitOperationAdd(*item) for item in _encoded(after)), CommitOperationDelete("gone.txt")]
    operations += [CommitOperationAdd("empty", b""), CommitOperationAdd("large.bin", os.urandom(100))]
    pull = api.create_commit(repo, operations, commit_message="After", create_pr=True)
    for path, content in _encoded(before):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    diff = api.get_discussion_details(repo, pull.pr_num or 0).diff
    assert diff is not None
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=diff.encode(), check=True)
    found = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert found.pop("large.bin").startswith(b"version https://git-lfs")
    assert found == {**dict(_encoded(after)), "same": b"same", "empty": b""}


def _encoded(files: dict[str, str]) -> list[tuple[str, bytes]]:
    return [(path, text.encode()) for path, text in files.items()]
