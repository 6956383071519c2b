"""Publishable: the `push_to_hub` of models, tokenizers, pipelines, encoders and configs. Importing it costs nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .card import CardFacts

__all__ = ["Publishable"]


class Publishable:
    """What can be pushed to a hub."""

    def save_pretrained(self, folder: str | os.PathLike[str], /) -> Any:
        """Write the files."""
        raise NotImplementedError

    def write_publication(self, folder: Path, max_shard_size: int | str) -> None:
        """Write the files that are pushed."""
        self.save_pretrained(folder)

    def card_facts(self) -> CardFacts:
        """What a model card says about it."""
        from .card import CardFacts

        return CardFacts()

    def push_to_hub(
        self,
        repo_id: str,
        *,
        commit_message: str | None = None,
        commit_description: str | None = None,
        private: bool | None = None,
        token: str | bool | None = None,
        revision: str | None = None,
        create_pr: bool = False,
        max_shard_size: int | str = "5GB",
        tags: Sequence[str] | None = None,
        license: str | None = None,
        base_model: str | None = None,
    ) -> str:
        """Make one commit with the files of `save_pretrained`, in a repository that is created when it is missing.

        A model card is written where there is none. One that is there stays as it is, but for metadata that it lacks.
        Nothing changed makes no commit.

        Args:
            repo_id: "name" (of the user whose token it is) or "user/name".
            commit_message, commit_description: of the commit.
            private: for a new repository; None is the user's or organization's default.
            token: instead of the stored one (HF_TOKEN, `leanformers hub login`).
            revision: a branch, created when it is missing.
            create_pr: open a pull request instead of writing to the branch.
            max_shard_size: of files of weights.
            tags, license, base_model: metadata of the model card.

        Returns:
            The address of the commit, or of the pull request.

        Raises:
            HubError: not logged in, no network, no right to write, or the hub fails.
        """
        from .publish import Publication, publish

        publication = Publication(
            repo_id, commit_message, commit_description, private, token, revision, create_pr, max_shard_size, tags,
            license, base_model,
        )  # fmt: skip
        return publish(self, publication)
