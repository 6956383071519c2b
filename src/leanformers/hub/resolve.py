"""From what a user calls a model — a folder, the embedded default, a name on the Hub — to a local folder."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import MissingFileError

__all__ = ["DEFAULT_MODEL", "resolve_folder"]

DEFAULT_MODEL = "leanformers/tiny-sentiment"
_ASSETS = Path(__file__).parent.parent / "assets"
_PATTERNS = ["*.json", "*.txt", "*.jinja", "*.model", "*.safetensors", "*.bin", "*/config.json"]


def resolve_folder(name: str | os.PathLike[str], *, revision: str | None = None) -> Path:
    """The local folder for `name`: a path, the embedded `leanformers/tiny-sentiment`, or a repository on the Hub.

    Raises:
        MissingFileError: a path that does not exist (with the nearest name beside it), or a repository that
            neither the cache nor the Hub has.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if path.exists():
        raise MissingFileError(f"{path} is a file; give the folder that holds it")
    text = os.fspath(name)
    if text == DEFAULT_MODEL:
        return _ASSETS / "tiny-sentiment"
    if not _looks_like_repository(text):
        raise MissingFileError(_no_such_folder(path))
    return _download(text, revision)


def _looks_like_repository(text: str) -> bool:
    """A repository is `name` or `user/name`; everything else was meant as a path."""
    parts = text.split("/")
    return len(parts) <= 2 and all(part and not part.startswith((".", "~")) for part in parts) and os.sep != "\\"


def _no_such_folder(path: Path) -> str:
    import difflib  # here, because it is slow to import and only needed when something is wrong

    parent = path.parent
    beside = sorted(child.name for child in parent.iterdir() if child.is_dir()) if parent.is_dir() else []
    near = difflib.get_close_matches(path.name, beside, n=3)
    hint = f"; near names: {', '.join(near)}" if near else "" if parent.is_dir() else f" (nor {parent})"
    return f"no such directory: {path}{hint}"


def _download(repository: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repository, revision=revision, allow_patterns=_PATTERNS))
    except HFValidationError:
        raise MissingFileError(_no_such_folder(Path(repository))) from None
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise MissingFileError(
            f"{repository!r} is no folder here, and could not be fetched from the Hub either: {reason}"
        ) from error
