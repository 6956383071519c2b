"""Which names of repositories, revisions and files are allowed: checked here, once, before anything else sees them."""

from __future__ import annotations

import re

from .errors import bad_request

__all__ = ["RESERVED", "checked_file_path", "checked_oid", "checked_ref_name", "checked_repo_name"]

RESERVED = frozenset(
    re.findall(
        r"\S+",
        """auth-check blob branch commit commits discussions lfs-files paths-info preupload raw refs resolve revision
        settings super-squash tag tree user-access-request xet-read-token xet-write-token""",
    )
)
"""Words that follow a repository's name in URLs, and so cannot be the name of one."""

RESERVED_NAMESPACES = frozenset(["api", "collections", "datasets", "docs", "models", "spaces", "static", "tokens"])
"""First parts of URLs that are no user's."""

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?")
_MAX_NAME = 96
_MAX_PATH = 1024  # characters of a path
_MAX_PART = 255  # bytes of one name in it, which is what file systems can hold
_MAX_REF = 200


def checked_repo_name(name: str) -> str:
    """`name` if it can be a repository's: `user/name` or `name`, of letters, digits, `_`, `-` and `.`."""
    parts = name.split("/")
    fine = (
        len(parts) <= 2
        and all(
            _NAME.fullmatch(part) and len(part) <= _MAX_NAME and ".." not in part and "--" not in part for part in parts
        )
        and not parts[-1].endswith((".git", ".ipynb", ".lock"))
        and parts[-1] not in RESERVED
        and parts[0] not in RESERVED_NAMESPACES
    )
    if not fine:
        raise bad_request(
            f"{name!r} cannot be the name of a repository: use user/name, letters, digits, single - and ., or _, "
            f"at most {_MAX_NAME} characters each"
        )
    return name


def checked_file_path(path: str) -> str:
    """`path` if a file in a repository can have it: relative, with `/`, without `..`, empty or reserved parts."""
    parts = path.split("/")
    fine = (
        len(path) <= _MAX_PATH
        and all(0 < len(_bytes(part)) <= _MAX_PART and part not in (".", "..") for part in parts)
        and all(part.lower() != ".git" for part in parts)
        and not any(ord(letter) < 32 or ord(letter) == 127 or letter == "\\" for letter in path)
    )
    if not fine:
        raise bad_request(
            f"{path[:200]!r} cannot be a file's path: use relative names divided by /, without .., .git, \\ or control "
            f"characters, at most {_MAX_PATH} characters"
        )
    return path


def _bytes(part: str) -> bytes:
    """UTF-8; a lone surrogate has none, and counts as empty."""
    try:
        return part.encode()
    except UnicodeEncodeError:
        return b""


def checked_ref_name(name: str) -> str:
    """`name` if a branch or tag can have it: the rules of `git check-ref-format`, and no commit's id."""
    fine = (
        0 < len(name) <= _MAX_REF
        and not re.search(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//", name)
        and all(part and not part.startswith(".") and not part.endswith(".lock") for part in name.split("/"))
        and not name.endswith((".", "/"))
        and not name.startswith("-")
        and name != "@"
        and not name.startswith("refs/")
        and not re.fullmatch(r"[0-9a-f]{40}", name)
        and _bytes(name)
    )
    if not fine:
        raise bad_request(f"{name[:200]!r} cannot be the name of a branch or tag")
    return name


def checked_oid(oid: object) -> str:
    """`oid` if it is a sha256 in hexadecimal digits."""
    if not isinstance(oid, str) or not re.fullmatch(r"[0-9a-f]{64}", oid):
        raise bad_request(f"{str(oid)[:80]!r} is no sha256: 64 hexadecimal digits were expected")
    return oid
