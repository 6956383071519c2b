"""Repositories as a whole: create, delete, move, settings, list."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError


def test_whoami(api: HfApi) -> None:
    assert api.whoami()["name"] == "local"


def test_a_name_without_namespace_is_the_users(api: HfApi) -> None:
    assert api.create_repo("mine").repo_id == "local/mine"


@pytest.mark.parametrize("kind", ["model", "dataset", "space"])
def test_create_again_is_refused_unless_it_may_exist(api: HfApi, kind: str) -> None:
    sdk = "static" if kind == "space" else None
    url = api.create_repo("a/twice", repo_type=kind, space_sdk=sdk)
    assert (url.repo_id, url.repo_type) == ("a/twice", kind)
    assert api.create_repo("a/twice", repo_type=kind, space_sdk=sdk, exist_ok=True) == url
    with pytest.raises(HfHubHTTPError, match="already created"):
        api.create_repo("A/Twice", repo_type=kind, space_sdk=sdk)
    assert api.repo_info("a/twice", repo_type=kind).sha
    assert [commit.title for commit in api.list_repo_commits("a/twice", repo_type=kind)] == ["initial commit"]


@pytest.mark.parametrize(
    "name", ["a/..", "a/b.git", "api/x", "a/resolve", "datasets/x", "a/x--y", "a/.x", "é/x", "a/b/c"]
)
def test_names_that_would_be_taken_for_something_else(api: HfApi, name: str) -> None:
    namespace, _, rest = name.partition("/")
    answer = _post(api, "/api/repos/create", {"name": rest, "organization": namespace})
    assert answer.status_code == 400
    assert "cannot be the name of a repository" in answer.json()["error"]


def _post(api: HfApi, path: str, value: object) -> httpx2.Response:
    return httpx2.post(api.endpoint + path, json=value, headers={"authorization": "Bearer x"})


def test_delete(api: HfApi, repo: str) -> None:
    api.delete_repo(repo)
    with pytest.raises(RepositoryNotFoundError):
        api.model_info(repo)
    with pytest.raises(RepositoryNotFoundError):
        api.delete_repo(repo)
    api.delete_repo(repo, missing_ok=True)
    api.create_repo(repo)


def test_an_old_name_leads_to_the_new_one(api: HfApi, repo: str, tmp_path: Path) -> None:
    api.upload_file(path_or_fileobj=b"content", path_in_repo="a folder/a.txt", repo_id=repo)
    api.move_repo(repo, "b/moved")
    assert api.model_info(repo).id == "b/moved"
    assert api.list_repo_files(repo) == ["a folder/a.txt"]
    path = hf_hub_download(repo, "a folder/a.txt", endpoint=api.endpoint, cache_dir=tmp_path)
    assert Path(path).read_text() == "content"
    api.create_repo(repo)  # the name is free again, and leads nowhere else from now on
    assert api.model_info(repo).id == repo
    with pytest.raises(HfHubHTTPError, match="already"):
        api.move_repo("b/moved", repo)


def test_settings(api: HfApi, repo: str) -> None:
    api.update_repo_settings(repo, private=True, gated="manual")
    info = api.model_info(repo)
    assert (info.private, info.gated) == (True, "manual")
    api.update_repo_settings(repo, visibility="public", gated=False)
    info = api.model_info(repo)
    assert (info.private, info.gated) == (False, False)


def test_lists_come_in_pages(api: HfApi) -> None:
    names = {f"lister/model_{number}" for number in range(7)}
    for name in names:
        api.create_repo(name)
    assert {info.id for info in api.list_models(author="lister")} == names
    pages = list(api.list_models(author="lister", limit=3))
    assert len(pages) == 3
    assert [info.id for info in api.list_models(search="MODEL_4")] == ["lister/model_4"]
    assert list(api.list_models(search="%")) == []
    assert list(api.list_datasets(author="lister")) == []


def test_a_long_list_is_fetched_page_by_page(api: HfApi) -> None:
    for number in range(5):
        api.create_repo(f"pages/d{number}", repo_type="dataset")
    url, found = f"{api.endpoint}/api/datasets?author=pages&limit=2", []
    while url:
        answer = httpx2.get(url)
        found += [row["id"] for row in answer.json()]
        url = answer.links.get("next", {}).get("url")
    assert sorted(found) == [f"pages/d{number}" for number in range(5)]


def test_what_the_card_says_is_in_the_info(api: HfApi, repo: str) -> None:
    card = b"---\nlicense: mit\nlibrary_name: leanformers\npipeline_tag: fill-mask\ntags: [tiny]\n---\n# A model\n"
    api.upload_file(path_or_fileobj=card, path_in_repo="README.md", repo_id=repo)
    info = api.model_info(repo)
    assert info.tags == ["tiny", "leanformers", "license:mit"]
    assert (info.library_name, info.pipeline_tag) == ("leanformers", "fill-mask")
    assert info.card_data is not None
    assert info.card_data["license"] == "mit"


@pytest.mark.parametrize("head", ["a: [", "a: &x [1]\nb: *x", "- a\n- b"])
def test_a_card_that_cannot_be_read_is_refused_before_the_upload(api: HfApi, repo: str, head: str) -> None:
    with pytest.raises(ValueError, match="Invalid metadata"):
        api.upload_file(path_or_fileobj=f"---\n{head}\n---\n".encode(), path_in_repo="README.md", repo_id=repo)


def test_what_is_not_there_is_said_clearly(api: HfApi, repo: str) -> None:
    with pytest.raises(HfHubHTTPError, match="this hub has no GET"):
        list(api.list_repo_likers(repo))
