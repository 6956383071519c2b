"""The folder of a hub: its index, its blobs, and the rules it is served by."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputValueError
from .blobs import BlobStore
from .errors import HubError
from .index import Index
from .xorbs import XorbStore

__all__ = ["INDEX", "Hub", "Rules"]

INDEX = "index.sqlite"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the one who serves a hub decides."""

    max_file_size: int = 1 << 40  # bytes
    part_size: int = 64 << 20  # bytes of each part of a large upload
    multipart_above: int = 256 << 20  # bytes from which an upload is asked for in parts
    upload_seconds: int = 24 * 3600  # how long an upload's URL is good
    read_only: bool = False
    upstream: str | None = None  # the address of a hub that is asked for repositories that are not here
    upstream_token: str | None = None
    upstream_seconds: float = 60.0  # how long its answers about branches are good


class Hub:
    """A folder that holds a hub: `index.sqlite`, `blobs/`, `incoming/` and `xorbs/`.

    Args:
        folder: made when it is missing, unless `create` is False.

    Raises:
        InputValueError: the folder holds something else.
    """

    others_change_it = False
    """Whether what it serves is changed by others than its clients."""

    def __init__(self, folder: Path, rules: Rules | None = None, *, create: bool = True) -> None:
        self.folder = folder
        self.rules = rules or Rules()
        known = (folder / INDEX).is_file()
        if not known and not create:
            raise InputValueError(f"{folder} holds no hub; `leanformers hub serve {folder}` makes one")
        if not known and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputValueError(f"{folder} is not empty and holds no hub: give a new folder, or one that a hub made")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # private repositories are in it
        self.index = Index(folder / INDEX)
        self.index.create()
        self.blobs = BlobStore(folder)
        self.blobs.create()
        self.xorbs = XorbStore(folder, self.index, self.blobs)
        self.parts_arriving: Counter[Path] = Counter()  # how many requests write to each file of parts
        self.shards_at_work: dict[str, asyncio.Future[None]] = {}  # both belong to the event loop
        self._secret = bytes.fromhex(self.index.setting("secret", secrets.token_hex(32)))

    def look_again(self) -> None:
        """Called before each request where `others_change_it`."""

    def sign(self, *parts: object) -> str:
        """`expires.signature` for what a client may do without its token until then."""
        expires = int(time.time()) + self.rules.upload_seconds
        return f"{expires}.{self._signature(expires, parts)}"

    def check(self, signed: str, *parts: object) -> None:
        """Raise a `HubError` unless `signed` came from `sign(*parts)`, and its time is not over."""
        expires, _, signature = signed.partition(".")
        fine = expires.isascii() and expires.isdigit() and len(expires) < 12
        if not fine or not hmac.compare_digest(signature.encode(), self._signature(int(expires), parts).encode()):
            raise HubError(403, "this URL was not signed by this hub")
        if int(expires) < time.time():
            raise HubError(403, "this URL has expired: ask for a new one")

    def _signature(self, expires: int, parts: tuple[object, ...]) -> str:
        text = "\n".join([str(expires), *map(str, parts)])  # no part holds a line break: names are checked
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()
