"""From a model, tokenizer, pipeline or encoder to a repository: saved to a temporary folder, then sent as one commit.

thing ──► save_pretrained(temporary folder) ──► model card where there is none ──► the client's upload, one commit
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError, HubError, reject_unknown_arguments

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    from .card import CardFacts
    from .publishable import Publishable

__all__ = ["Publication", "publish", "publish_folder"]

_TRIES = 3


@dataclass(frozen=True)
class Publication:
    """What a push says beside the thing itself; the arguments of `push_to_hub`."""

    repo_id: str
    commit_message: str | None = None
    commit_description: str | None = None
    private: bool | None = None
    token: str | bool | None = None
    revision: str | None = None
    create_pr: bool = False
    max_shard_size: int | str = "5GB"
    tags: Sequence[str] | None = None
    license: str | None = None
    base_model: str | None = None

    @classmethod
    def of_save(cls, folder: str | os.PathLike[str], push_to_hub: bool, options: dict[str, Any]) -> Publication | None:
        """The publication that `save_pretrained(folder, push_to_hub=…, **options)` asks for; None for none.

        Raises:
            ArgumentError: an argument that does not exist, or that needs push_to_hub=True.
        """
        names = [field.name for field in fields(cls)]
        known = ["folder", "push_to_hub", *names]
        reject_unknown_arguments("save_pretrained", (name for name in options if name not in names), known)
        if push_to_hub:
            return cls(**{"repo_id": Path(folder).resolve().name, **options})
        for name in options:
            if name != "max_shard_size":
                raise ArgumentError(f"save_pretrained: {name} needs push_to_hub=True")
        return None


def publish(thing: Publishable, publication: Publication) -> str:
    """The work of `push_to_hub`."""
    import tempfile

    with _client(publication) as (client, repository), tempfile.TemporaryDirectory(prefix="leanformers-") as folder:
        thing.write_publication(Path(folder), publication.max_shard_size)
        return _commit(client, repository, Path(folder), publication, thing.card_facts(), type(thing).__name__)


def publish_folder(folder: Path, publication: Publication) -> str:
    """Make one commit with the files of a folder as they are; see `Publishable.push_to_hub`."""
    with _client(publication) as (client, repository):
        return _commit(client, repository, folder, publication, None, folder.resolve().name)


@contextmanager
def _client(publication: Publication) -> Iterator[tuple[HfApi, str]]:
    """The client of a user who is known to be logged in, and the repository with its owner.

    What fails inside is told in one sentence.
    """
    import httpx2
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    from .cache import endpoint, offline_reason
    from .failures import no_network, refusal
    from .transport import Hub

    name = publication.repo_id
    if reason := offline_reason():
        raise HubError(f"pushing {name!r} needs the network, but {reason} forbids it")
    token = publication.token if isinstance(publication.token, str) else get_token()
    if publication.token is False or token is None:
        raise HubError(f"not logged in: pushing {name!r} needs a token; `leanformers hub login`, HF_TOKEN or token=")
    user = Hub(token).user(name)  # in bounded time, before anything is written
    try:
        with _progress_bars():
            yield HfApi(endpoint=endpoint(), token=token, library_name="leanformers"), _full_name(name, user)
    except HFValidationError as error:
        raise HubError(f"{name!r} is no name for a repository: {str(error).splitlines()[0]}") from None
    except HfHubHTTPError as error:
        raise refusal(error.response, name, doing="write to") from error
    except (httpx2.TransportError, ConnectionError) as error:  # the latter from uploads by xet
        raise no_network(error) from error


@contextmanager
def _progress_bars() -> Iterator[None]:
    """The client's bars on a terminal only."""
    import sys

    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    if sys.stderr.isatty() or are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


def _full_name(name: str, user: Mapping[str, Any]) -> str:
    return name if "/" in name else f"{user['name']}/{name}"


def _commit(
    client: HfApi, repository: str, folder: Path, publication: Publication, facts: CardFacts | None, title: str
) -> str:
    from huggingface_hub import CommitOperationAdd

    if not client.repo_exists(repository):
        client.create_repo(repository, private=publication.private, exist_ok=True)
    revision = publication.revision or "main"
    if publication.revision and not publication.revision.startswith("refs/") and publication.revision != "main":
        client.create_branch(repository, branch=publication.revision, exist_ok=True)
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        CommitOperationAdd(path_in_repo=name, path_or_fileobj=path) for name, path in files.items()
    ]
    operations += _outdated_weights(client, repository, revision, files)
    if facts is not None and (card := _card(client, repository, revision, publication, facts)) is not None:
        operations.append(CommitOperationAdd(path_in_repo="README.md", path_or_fileobj=card.encode()))
    for attempt in range(_TRIES):
        commit = _create_commit(
            client, repository, revision, operations, publication, title, last=attempt == _TRIES - 1
        )
        if commit is not None:
            return commit
    raise AssertionError("the last try returns or raises")


def _create_commit(
    client: HfApi,
    repository: str,
    revision: str,
    operations: list[Any],
    publication: Publication,
    title: str,
    *,
    last: bool,
) -> str | None:
    """The address of the commit; None when the hub asks to come again. The client does not do so for commits."""
    from huggingface_hub.errors import HfHubHTTPError

    from .transport import wait_before

    try:
        commit = client.create_commit(
            repository,
            operations,
            commit_message=publication.commit_message or f"Upload {title}",
            commit_description=publication.commit_description,
            revision=revision,
            create_pr=publication.create_pr,
        )
    except HfHubHTTPError as error:
        wait = wait_before(error.response, 0)
        if last or error.response.status_code not in (429, 502, 503, 504) or wait > 30:
            raise
        time.sleep(wait)
        return None
    return commit.pr_url or commit.commit_url


def _outdated_weights(client: HfApi, repository: str, revision: str, files: dict[str, Path]) -> list[Any]:
    """Deletions of weights of an earlier push, which would be read instead of these or beside them."""
    import re

    from huggingface_hub import CommitOperationDelete

    weights = re.compile(r"(.*/)?model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?")
    pushed = {match[1] for name in files if (match := weights.fullmatch(name))}  # the folders that get new ones
    if not pushed:
        return []
    there = client.list_repo_files(repository, revision=revision)
    old = [name for name in there if name not in files and (match := weights.fullmatch(name)) and match[1] in pushed]
    return [CommitOperationDelete(path_in_repo=name) for name in old]


def _card(client: HfApi, repository: str, revision: str, publication: Publication, facts: CardFacts) -> str | None:
    """README.md as it should be; None where it is so already."""
    from .card import complete_card, new_card
    from .transport import Hub

    extra = {
        "tags": list(publication.tags) if publication.tags else None,
        "license": publication.license,
        "base_model": publication.base_model,
    }
    there = Hub(client.token).text_of(repository, revision, "README.md")
    return new_card(repository, facts, extra) if there is None else complete_card(there, facts, extra)
