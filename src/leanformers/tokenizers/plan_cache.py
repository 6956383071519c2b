"""The plan cache: what a tokenizer.json compiles to, kept in a file that later loads map instead of compiling again.

tokenizer.json → **a plan of the same bytes, if there is one** → document, compiled model → Spec

It is off unless asked for, by `from_pretrained(…, plan_cache=True)` or by LEANFORMERS_PLAN_CACHE. A plan is found by
the SHA-256 of the whole file and of the core's build, and its own checksum is compared at each load. What is no whole
plan is written anew; what cannot be written is said by `explain()`, and never fails a load.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _core
from ..errors import ArgumentError
from ..files import move_into_place
from .large_tables import document_of, split_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .components import Stage

__all__ = ["MOST_BYTES", "MOST_PLANS", "Plan", "PlanCache"]

MOST_PLANS = 32
MOST_BYTES = 2 << 30
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_DAY = 24 * 60 * 60  # seconds
_TABLES = ("vocab", "merges")


class PlanCache:
    """A folder of plans, at most `MOST_PLANS` of at most `MOST_BYTES` together: those that were not used longest go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, wanted: Any) -> PlanCache:
        """The cache that is asked for: True for the user's, or its folder.

        Raises:
            ArgumentError: it is neither.
        """
        if wanted is True:
            return cls(default_folder())
        if not isinstance(wanted, (str, os.PathLike)) or not os.fspath(wanted):
            raise ArgumentError(f"plan_cache must be True, False or a folder, not {wanted!r}")
        return cls(Path(wanted).expanduser())

    def read(self, text: bytes) -> Plan:
        """The plan of a tokenizer.json with these bytes: the one in the folder, or an empty one that can be kept."""
        key = hashlib.sha256(_core.build_stamp().encode() + hashlib.sha256(text).digest()).digest()
        plan = Plan(self, self.folder / f"{key.hex()}.plan", key)
        try:
            stored = self._map(plan.path)
        except FileNotFoundError:
            return plan
        except (OSError, ValueError) as error:  # ValueError: an empty file
            plan.said = f"could not be read ({error})"
            return plan
        found = _core.read_plan(key, stored)
        if found is None:
            plan.said = "was damaged"
            return plan
        stored_rest, tables, plan.compiled = found
        plan.settings, _, plan.rest = stored_rest.partition(b"\n")
        plan.document = document_of(plan.rest, tables)
        plan.said = "read"
        with contextlib.suppress(OSError):
            os.utime(plan.path)  # the last use
        return plan

    def _map(self, path: Path) -> Any:
        """The bytes of a plan, shared with all processes that map it.

        Raises:
            PermissionError: others may write to it or to its folder.
        """
        import mmap  # here, as most processes have no cache

        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        try:
            _check_owner(os.fstat(descriptor), path)
            _check_owner(path.parent.stat(), path.parent)
            if hasattr(mmap, "MAP_POPULATE"):
                return mmap.mmap(descriptor, 0, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE, prot=mmap.PROT_READ)
            return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
        finally:
            os.close(descriptor)

    def write(self, path: Path, data: bytes) -> None:
        """Put a plan into the folder, which is made when missing, and remove those that are too many.

        Raises:
            OSError: the disk is full, no permission, others may write to the folder, …
        """
        import tempfile

        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _check_owner(self.folder.stat(), self.folder)
        descriptor, name = tempfile.mkstemp(prefix=".plan-", dir=self.folder)  # for its owner alone
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            move_into_place(Path(name), path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
        self._remove_oldest(path)

    def _remove_oldest(self, written: Path) -> None:
        """Remove what was not used longest until the rest is within the bounds; never the plan just written."""
        plans = []
        for path in self.folder.glob("*.plan"):
            with contextlib.suppress(OSError):  # another process may have removed it
                state = path.stat()
                plans.append((path == written, state.st_mtime_ns, state.st_size, path))
        for path in self.folder.glob(".plan-*"):  # of processes that were killed as they wrote
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _DAY:
                    path.unlink()
        total = 0
        for number, (new, _, size, path) in enumerate(sorted(plans, reverse=True)):
            total += size
            if not new and (number >= MOST_PLANS or total > MOST_BYTES):
                with contextlib.suppress(OSError):
                    path.unlink()


class Plan:
    """What one tokenizer.json compiles to: from the cache, or to be kept there once it has been compiled.

    Attributes:
        document: the content of the tokenizer.json, its tables the core's; None: the cache does not have it.
        compiled: the model in it, or None.
        settings: those that the model was compiled with.
        rest: the tokenizer.json without its tables, or None.
        said: what became of the plan, for `explain`.
    """

    def __init__(self, cache: PlanCache, path: Path, key: bytes) -> None:
        self.cache = cache
        self.path = path
        self.document: dict[str, Any] | None = None
        self.compiled: _core.CompiledModel | None = None
        self.settings = b""
        self.rest: bytes | None = None
        self.said = ""
        self._key = key

    def parse(self, text: bytes) -> dict[str, Any] | None:
        """The document of these bytes, of which the plan has not been found; None: one that is not to be kept."""
        self.rest, tables = split_tables(text)
        self.document = document_of(self.rest, tables)
        if self.document is None:
            self.said = "not used: the core finds no tables in this tokenizer.json"
        return self.document

    def fits(self, model: Mapping[str, Any], stage: Stage) -> bool:
        """Whether this is the plan of a document with this `model`, rather than of one that was edited.

        A compiled model whose settings this release reads otherwise, as those of `stage`, is given up.
        """
        if self.document is None or self.document["model"] is not model:
            return False
        settings = _settings_of(stage)
        if self.compiled is not None and self.settings != settings:
            self.compiled = None
            self.said = "was of other settings"
        self.settings = settings
        return True

    def keep(self, compiled: _core.CompiledModel) -> None:
        """Take the model that was compiled, and write it unless it came from the cache."""
        if self.compiled is not None or self.document is None or self.rest is None:
            return
        self.compiled = compiled
        why = f", since the one that was there {self.said}" if self.said else ""
        tables = {name: table for name, table in self.document["model"].items() if name in _TABLES}
        rest = self.settings + b"\n" + self.rest
        try:
            self.cache.write(self.path, _core.write_plan(self._key, rest, tables, compiled))
        except (OSError, MemoryError) as error:
            self.said = f"not written ({error or type(error).__name__})"
        else:
            self.said = f"written{why}"

    def explain(self) -> str:
        """One sentence for people."""
        return f"plan cache: {self.said}; {self.path}"


def _settings_of(stage: Stage) -> bytes:
    """All that a model is compiled with, other than its tables, in one line."""
    settings = {name: value for name, value in stage.arguments.items() if name not in (*_TABLES, "pieces")}
    return ascii((stage.core, sorted(settings.items()))).encode()


def default_folder() -> Path:
    """Where plans are kept unless a folder is named: in `$XDG_CACHE_HOME`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leanformers" / "plans"


def _check_owner(state: os.stat_result, path: Path) -> None:
    """A plan is trusted as the program itself is: nobody else may have written it.

    Raises:
        PermissionError: somebody else may have.
    """
    if not hasattr(os, "geteuid"):
        return  # Windows: a user's cache is the user's
    if state.st_uid != os.geteuid():
        raise PermissionError(f"{path} belongs to another user")
    if state.st_mode & _OTHERS_MAY_WRITE:
        raise PermissionError(f"others may write to {path}: chmod go-w")
