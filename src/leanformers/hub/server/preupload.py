"""Which files of a coming commit are sent as large ones, which are ignored, and which have not changed."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from .calls import Call
from .errors import bad_request
from .history import File, files_of, resolve_revision
from .names import checked_file_path

__all__ = ["is_large", "preupload"]

_LARGE = 10 << 20  # bytes from which a file is always a large one
_MAX_FILES = 10_000

_LARGE_KINDS = re.compile(
    r""".*\.(?: 7z|arrow|bin|bz2|ckpt|flac|ftz|gguf|gz|h5|joblib|lfs|mlmodel|model|mp3|mp4|msgpack|npy|npz|ogg|onnx|ot
    |parquet|pb|pickle|pkl|pt|pth|rar|safetensors|tar|tflite|tgz|wasm|wav|xz|zip|zst )|.*tfevents.*""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
"""Names of files that are large ones whatever their size: as the Hub's own `.gitattributes` has them."""


def preupload(call: Call) -> dict[str, Any]:
    """POST …/preupload/{revision} `{files: [{path, size, sample}]}`."""
    repo = call.repo()
    call.need_user(write=True)
    if not call.flag("create_pr") and not call.values["revision"].startswith("refs/pr/"):
        call.need_write(repo.namespace)
    commit = resolve_revision(call.db, repo.id, call.values["revision"])
    files = call.json().get("files")
    if not isinstance(files, list) or len(files) > _MAX_FILES:
        raise bad_request(f"files must be a list of at most {_MAX_FILES}")
    there = files_of(call.db, commit.tree)
    return {"files": [_answer(item, there) for item in files]}


def _answer(item: object, there: dict[str, File]) -> dict[str, Any]:
    if not isinstance(item, dict) or not isinstance(item.get("path"), str) or not isinstance(item.get("size"), int):
        raise bad_request("a file is {path, size, sample}")
    path = checked_file_path(item["path"])
    old = there.get(path)
    answer = {
        "path": path,
        "uploadMode": "lfs" if is_large(path, item["size"], _sample(path, item.get("sample"))) else "regular",
        "shouldIgnore": False,
    }
    # The client hashes the file as it would be sent, and leaves it out when the hash is this one.
    return answer if old is None else {**answer, "oid": old.etag}


def is_large(path: str, size: int, sample: bytes) -> bool:
    """Whether a file, which begins with `sample`, is kept as a large one."""
    known = _LARGE_KINDS.fullmatch(path.rpartition("/")[2])
    return size >= _LARGE or known is not None or b"\0" in sample  # no text


def _sample(path: str, sample: object) -> bytes:
    try:
        return base64.b64decode(str(sample or ""), validate=True)
    except binascii.Error:
        raise bad_request(f"{path!r}: the sample is not base64") from None
