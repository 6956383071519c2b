"""The cache on disk in the layout that all tools share, read and written without the client.

models--user--name/  blobs/<hash>  snapshots/<commit>/<file> → blobs  refs/<revision> = commit  trees/<commit>.json
https://huggingface.co/docs/huggingface_hub/guides/manage-cache
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

__all__ = ["COMMIT", "RepositoryCache", "RepositoryFile", "cache_root", "endpoint", "offline_reason"]

COMMIT = re.compile(r"[0-9a-f]{40}")
_TREE_FORMAT = 1  # of huggingface_hub, which writes the same files


def cache_root(cache_dir: str | os.PathLike[str] | None = None) -> Path:
    """The folder of all cached repositories: `cache_dir`, else HF_HUB_CACHE, HF_HOME/hub, ~/.cache/huggingface/hub."""
    named = cache_dir or os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if named:
        return Path(os.path.expandvars(named)).expanduser()
    general = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or str(Path(general, "huggingface"))
    return Path(os.path.expandvars(home)).expanduser() / "hub"


def endpoint() -> str:
    """The address of the Hub: HF_ENDPOINT, else the public one."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def offline_reason(local_files_only: bool = False) -> str | None:
    """What asked for no network, or None."""
    if local_files_only:
        return "local_files_only=True"
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        if os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE"):
            return f"{name}={os.environ[name]}"
    return None


@dataclass(frozen=True)
class RepositoryFile:
    """A file of a commit.

    Attributes:
        size: in bytes.
        blob: the git hash of the file, or of the pointer that stands for it.
        sha256: of the file itself where it is kept in LFS.
    """

    size: int
    blob: str
    sha256: str | None = None

    @property
    def etag(self) -> str:
        """The name of the blob in the cache."""
        return self.sha256 or self.blob


class RepositoryCache:
    """What the cache has of one repository."""

    def __init__(self, name: str, root: Path) -> None:
        self.root = root
        self.folder = root / f"models--{name.replace('/', '--')}"

    def commit_of(self, revision: str) -> str | None:
        """The commit that a revision was when it was last looked up; a commit is itself."""
        if COMMIT.fullmatch(revision):
            return revision
        try:
            commit = (self.folder / "refs" / revision).read_text().strip()
        except OSError:
            return None
        return commit if COMMIT.fullmatch(commit) else None

    def snapshot(self, commit: str) -> Path:
        """The folder of a commit's files; it need not exist."""
        return self.folder / "snapshots" / commit

    def files_of(self, commit: str) -> dict[str, RepositoryFile] | None:
        """All files of a commit by their paths, where they are known."""
        try:
            record = json.loads((self.folder / "trees" / f"{commit}.json").read_text())
            if record["format_version"] != _TREE_FORMAT:
                return None
            return {
                path: RepositoryFile(
                    size=int(entry.get("lfs_size") or entry["size"]),
                    blob=str(entry["blob_id"]),
                    sha256=entry.get("lfs_sha256"),
                )
                for path, entry in record["files"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def has(self, commit: str, path: str) -> bool:
        """Whether a file of a commit is there."""
        return (self.snapshot(commit) / path).is_file()

    def blob(self, file: RepositoryFile) -> Path:
        """Where the bytes of a file are, or will be."""
        return self.folder / "blobs" / file.etag

    def remember(self, revision: str, commit: str, files: Mapping[str, RepositoryFile]) -> None:
        """Keep which commit a revision is, and the files of the commit."""
        record = {path: _entry(file) for path, file in sorted(files.items())}
        tree = {"format_version": _TREE_FORMAT, "files": record}
        if self.files_of(commit) is None:
            _replace(self.folder / "trees" / f"{commit}.json", json.dumps(tree, indent=1))
        if revision != commit and self.commit_of(revision) != commit:
            _replace(self.folder / "refs" / revision, commit)

    def link(self, commit: str, path: str, file: RepositoryFile) -> None:
        """Make a commit's file out of its blob: a relative link, or a copy where the system has no links."""
        place = self.snapshot(commit) / path
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_name(f".{place.name[:100]}.{uuid4().hex}")
        try:
            temporary.symlink_to(os.path.relpath(self.blob(file), place.parent))
        except OSError:
            shutil.copyfile(self.blob(file), temporary)
        temporary.replace(place)


def _entry(file: RepositoryFile) -> dict[str, Any]:
    entry: dict[str, Any] = {"size": file.size, "blob_id": file.blob}
    return entry if file.sha256 is None else {**entry, "lfs_sha256": file.sha256, "lfs_size": file.size}


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{uuid4().hex}")
    temporary.write_text(text)
    temporary.replace(path)
