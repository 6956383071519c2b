"""Git's objects as bytes and ids: what is stored here has the ids that git would give it.

Formats: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects and, for pointers, git-lfs' docs/spec.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["TreeItem", "commit_object", "git_hash", "object_id", "parse_pointer", "pointer", "read_tree", "tree_object"]

_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (0|[1-9][0-9]{0,18})\n"
)
POINTER_LIMIT = 200  # bytes; no pointer is longer


@dataclass(frozen=True, slots=True)
class TreeItem:
    """One name in a folder: a file, or (`is_folder`) another tree."""

    name: str
    oid: str
    is_folder: bool


def git_hash(kind: str, size: int) -> hashlib._Hash:
    """The sha1 of an object of `size` bytes, before the first of them."""
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), size), usedforsecurity=False)


def object_id(kind: str, data: bytes) -> str:
    """The id of an object.

    >>> object_id("blob", b"hello\\n")
    'ce013625030ba8dba906f756967f9e9ca394464a'
    """
    digest = git_hash(kind, len(data))
    digest.update(data)
    return digest.hexdigest()


def tree_object(items: Iterable[TreeItem]) -> bytes:
    """The bytes of a folder, in git's order: by name, where a folder's name counts with a `/` at its end."""
    ordered = sorted(items, key=lambda item: (item.name + "/" if item.is_folder else item.name).encode())
    return b"".join(
        (b"40000 " if item.is_folder else b"100644 ") + item.name.encode() + b"\0" + bytes.fromhex(item.oid)
        for item in ordered
    )


def read_tree(data: bytes) -> list[TreeItem]:
    """What `tree_object` wrote."""
    items = []
    position = 0
    while position < len(data):
        space = data.index(b" ", position)
        end = data.index(b"\0", space)
        oid = data[end + 1 : end + 21].hex()
        items.append(TreeItem(data[space + 1 : end].decode(), oid, data[position:space] == b"40000"))
        position = end + 21
    return items


def commit_object(tree: str, parent: str | None, author: str, seconds: int, title: str, message: str) -> bytes:
    """The bytes of a commit."""
    who = f"{author} <{author}@localhost> {seconds} +0000"
    lines = [f"tree {tree}", *([f"parent {parent}"] if parent else []), f"author {who}", f"committer {who}"]
    text = f"{title}\n\n{message}" if message else title
    return ("\n".join(lines) + "\n\n" + text.rstrip("\n") + "\n").encode()


def pointer(sha256: str, size: int) -> bytes:
    """The text that stands in git for a large file."""
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (sha256.encode(), size)


def parse_pointer(data: bytes) -> tuple[str, int] | None:
    """The sha256 and size in a pointer; None when `data` is something else."""
    match = _POINTER.fullmatch(data)
    return (match[1].decode(), int(match[2])) if match else None
