"""From what a user calls a model — a folder, a file, the embedded default, a name on the Hub — to local files.

name ──► folder or file here? ──► cache ──► one question for the commit, one for its files, then those that are needed
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import InputValueError, MissingFileError, warn
from .cache import COMMIT, RepositoryCache, cache_root, offline_reason
from .needs import Need, indexes, select, shards_of_index, weights_of
from .options import HubOptions

if TYPE_CHECKING:
    from .cache import RepositoryFile
    from .transport import Hub

__all__ = ["DEFAULT_MODEL", "Located", "Need", "locate", "resolve_folder"]

DEFAULT_MODEL = "leanformers/tiny-sentiment"
_ASSETS = Path(__file__).parent.parent / "assets"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_WEIGHTS = (".safetensors", ".bin")


class Located(NamedTuple):
    """Local files.

    Attributes:
        folder: where they are.
        weights: the file that was named, where it was one of weights.
        commit: of a repository.
    """

    folder: Path
    weights: Path | None = None
    commit: str | None = None


def resolve_folder(
    name: str | os.PathLike[str],
    *,
    revision: str | None = None,
    options: HubOptions | None = None,
    need: Need = Need.EVERYTHING,
) -> Path:
    """The folder that `locate` finds."""
    return locate(name, options or HubOptions(revision=revision), need).folder


def locate(name: str | os.PathLike[str], options: HubOptions, need: Need) -> Located:
    """The local files for `name`: a folder, a weights file, the embedded model, or a repository on the Hub.

    What the cache has of a commit is used without any request; a branch or tag costs one, to learn its commit. Only the
    files that `need` asks for are fetched, all of one commit. Where the Hub cannot be reached, the cached copy is used
    with a warning.

    Raises:
        MissingFileError: a path that does not exist (with the nearest names beside it), or a repository, revision or
            file that neither the cache nor the Hub has.
        HubError: the Hub refuses or fails.
    """
    path = Path(name).expanduser()
    text = os.fspath(name)
    if path.is_dir():
        return Located(_subfolder(path, options))
    if path.exists():
        if path.suffix in _WEIGHTS:
            return Located(path.parent, path)
        raise MissingFileError(f"{path} is a file; give the folder that holds it, or a file of weights")
    if text == DEFAULT_MODEL:
        return Located(_subfolder(_ASSETS / "tiny-sentiment", options))
    if not _looks_like_repository(text):
        raise MissingFileError(_no_such_folder(path))
    return _Repository(text, options, need).locate()


def _subfolder(folder: Path, options: HubOptions) -> Path:
    inside = folder / options.subfolder
    if not inside.is_dir():
        raise MissingFileError(_no_such_folder(inside))
    return inside


def _looks_like_repository(text: str) -> bool:
    """A repository is `name` or `user/name`; everything else was meant as a path."""
    parts = text.split("/")
    plain = all(_NAME.fullmatch(part) and not part.endswith(_WEIGHTS) for part in parts)
    return len(parts) <= 2 and plain and ".." not in text and "--" not in text


def _no_such_folder(path: Path) -> str:
    kind = "file" if path.suffix in _WEIGHTS else "directory"
    hint = _near(path) or ("" if path.parent.is_dir() else f" (nor {path.parent})")
    return f"no such {kind}: {path}{hint}"


def _near(path: Path) -> str:
    import difflib  # here, because it is slow to import and only needed when something is wrong

    parent = path.parent
    beside = sorted(child.name for child in parent.iterdir()) if parent.is_dir() else []
    near = difflib.get_close_matches(path.name, beside, n=3)
    return f"; near names: {', '.join(near)}" if near else ""


_WANTED = {
    Need.CONFIG: "config.json",
    Need.TOKENIZER: "files of a tokenizer",
    Need.MODEL: "weights that can be read here (model.safetensors, its shards, or pytorch_model.bin)",
    Need.SENTENCE_ENCODER: "weights that can be read here (model.safetensors, its shards, or pytorch_model.bin)",
    Need.EVERYTHING: "files",
}


class _Repository:
    """One look-up of a repository."""

    def __init__(self, name: str, options: HubOptions, need: Need) -> None:
        self.name, self.options, self.need = name, options, need
        self.revision = options.revision or "main"
        self.cache = RepositoryCache(name, cache_root(options.cache_dir))

    def locate(self) -> Located:
        """The files in the cache, fetched where they are not there."""
        known = self.cache.commit_of(self.revision)
        offline = offline_reason(self.options.local_files_only)
        if offline and self.options.force_download:
            raise InputValueError(f"force_download=True needs the network, but {offline} forbids it")
        pinned = COMMIT.fullmatch(self.revision) and not self.options.force_download
        if known and (offline or pinned) and self._missing(known) == []:
            return self._found(known)
        if offline:
            return self._without_hub(known, f"; offline was asked ({offline})")
        from .failures import NoNetworkError, TemporaryError

        try:
            return self._found(self._fetch())
        except TemporaryError as error:
            try:
                found = self._without_hub(known, f", and {error}", error)
            except MissingFileError:
                if isinstance(error, NoNetworkError):
                    raise
                raise error from None
            warn(f"{error}; using the cached copy of {self.name!r} ({self.revision} as of commit {known})")
            return found

    def _missing(self, commit: str) -> list[str] | None:
        """Needed files that the cache lacks; None where nobody knows which files the commit has."""
        files = self.cache.files_of(commit)
        if files is None:
            return None
        chosen = shards_of_index(self._needed(commit, files), self.cache.snapshot(commit))
        return [name for name in chosen if not self.cache.has(commit, name)]

    def _needed(self, commit: str, files: Iterable[str]) -> list[str]:
        """The needed ones among all files of a commit; `MissingFileError` where it has not what it takes."""
        chosen = self._chosen(files)
        if not _enough(chosen, self.need, self.options):
            where = f" in {self.options.subfolder!r}" if self.options.subfolder else ""
            variant = f" of the variant {self.options.variant!r}" if self.options.variant else ""
            raise MissingFileError(
                f"{self.name!r} at commit {commit} has no {_WANTED[self.need]}{variant}{where}; it has "
                f"{', '.join(sorted(files)[:20]) or 'none at all'}"
            )
        return chosen

    def _chosen(self, names: Iterable[str]) -> list[str]:
        return select(names, self.need, subfolder=self.options.subfolder, variant=self.options.variant)

    def _fetch(self) -> str:
        """Ask the hub, and fetch what is missing."""
        from .failures import disk_failure
        from .transport import Hub

        hub = Hub(self.options.token)
        pinned = COMMIT.fullmatch(self.revision)
        commit = self.revision if pinned else hub.commit_of(self.name, self.revision)
        files = self.cache.files_of(commit)
        if files is None:
            files = hub.files_of(self.name, commit)
        chosen = self._needed(commit, files)
        first = indexes(chosen)  # an index of shards says which of them are needed
        fetched = self._bring(hub, commit, files, first)
        rest = [name for name in shards_of_index(chosen, self.cache.snapshot(commit)) if name not in first]
        fetched |= self._bring(hub, commit, files, rest)
        try:
            self.cache.remember(self.revision, commit, files)
        except OSError as error:
            if fetched:  # a cache that may only be read is fine as long as it has everything
                raise disk_failure(error, self.cache.root, 0) from error
        return commit

    def _bring(self, hub: Hub, commit: str, files: dict[str, RepositoryFile], names: list[str]) -> bool:
        """Fetch those that the cache lacks; whether there were any."""
        from .download import fetch

        force = self.options.force_download
        wanted = {n: files[n] for n in names if n in files and (force or not self.cache.has(commit, n))}
        if wanted:
            fetch(hub, self.cache, self.name, commit, wanted, force=force)
        return bool(wanted)

    def _without_hub(self, known: str | None, why: str, cause: Exception | None = None) -> Located:
        """The cached copy, if it will do."""
        near = _near(Path(self.name))
        here = f"{self.name!r} is no folder here{near}, and"
        if known is None or not self.cache.snapshot(known).is_dir():
            wanted = f"revision {self.revision!r} is not in the cache {self.cache.folder}"
            raise MissingFileError(f"{here} {wanted}{why}") from cause
        missing = self._missing(known)
        if missing is None:
            snapshot = self.cache.snapshot(known)
            names = [path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*") if path.is_file()]
            missing = [] if _enough(self._chosen(names), self.need, self.options) else [f"a {self.need.value}"]
        if missing:
            listed = ", ".join(missing[:5])
            raise MissingFileError(
                f"{listed} of {self.name!r} is not in the cache {self.cache.snapshot(known)}{why}"
            ) from cause
        return self._found(known)

    def _found(self, commit: str) -> Located:
        return Located(self.cache.snapshot(commit) / self.options.subfolder, commit=commit)


def _enough(chosen: list[str], need: Need, options: HubOptions) -> bool:
    """Whether the files that another tool has cached are what is needed; it need not have fetched all."""
    if need in (Need.MODEL, Need.SENTENCE_ENCODER):
        return bool(weights_of([Path(name).name for name in chosen], options.variant))
    return bool(chosen)
