"""The body of a commit: lines of JSON, with gigabytes of base64 in them, which go to the disk as they come."""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Callable
from typing import Any

from .blobs import IncomingBlob
from .errors import HubError, bad_request

__all__ = ["CommitReader"]

_CONTENT = re.compile(rb'"content"\s*:\s*"')
_LONGEST_TOKEN = 64  # bytes that `_CONTENT` may be cut in two by
_LONGEST_LINE = 1 << 20  # bytes of a line without its content
_MAX_LINES = 100_000


class CommitReader:
    """Fed with pieces of the body, it collects the lines as `(key, value, blob)`.

    `blob` holds the bytes that stood, base64, in the value's `content`, which is empty instead; None without one.

        header line   {"key": "header", "value": {"summary": …}}
        file line     {"key": "file", "value": {"content": "▒▒▒▒▒▒▒▒▒", "path": …, "encoding": "base64"}}
                       └───── line ─────────────────────┘ └─ blob ─┘ └───────── line ──────────┘
    """

    def __init__(self, new_blob: Callable[[], IncomingBlob], *, max_file_size: int) -> None:
        self.blobs: list[IncomingBlob] = []  # all that were begun, which is for the caller to end
        self.lines: list[tuple[str, dict[str, Any], IncomingBlob | None]] = []
        self._new_blob = new_blob
        self._limit = max_file_size
        self._line = bytearray()  # without its content
        self._searched = 0  # bytes of the line that hold no beginning of a content
        self._blob: IncomingBlob | None = None  # of the line that is being read
        self._in_content = False
        self._digits = bytearray()  # base64 that is not decoded yet

    def feed(self, data: bytes) -> None:
        """Read the next piece.

        Raises:
            HubError: this is not the body of a commit.
        """
        position = 0
        while position < len(data):
            step = self._read_content if self._in_content else self._read_line
            position = step(data, position)

    def finish(self) -> None:
        """The last piece was read."""
        if self._in_content:
            raise bad_request("the body ends within a file's content")
        if self._line.strip():
            self._end_line()

    def _read_line(self, data: bytes, begin: int) -> int:
        """Read to the end of the line, or to the beginning of its content; where to go on."""
        before = len(self._line)
        newline = data.find(b"\n", begin)
        end = len(data) if newline < 0 else newline
        self._line += data[begin:end]
        match = None if self._blob else _CONTENT.search(self._line, self._searched)
        if match is not None:
            del self._line[match.end() :]
            self._blob = self._new_blob()
            self.blobs.append(self._blob)
            self._in_content = True
            return begin + match.end() - before
        if len(self._line) > _LONGEST_LINE:
            raise bad_request(f"a line is longer than {_LONGEST_LINE} bytes, the content of files apart")
        if newline < 0:
            self._searched = max(0, len(self._line) - _LONGEST_TOKEN)
            return end
        self._end_line()
        return newline + 1

    def _read_content(self, data: bytes, begin: int) -> int:
        """Decode to the closing quote; where to go on."""
        quote = data.find(b'"', begin)
        self._digits += data[begin:] if quote < 0 else data[begin:quote]
        # The last four digits wait: they may end in `=`, which is right before the quote only.
        whole = len(self._digits) if quote >= 0 else max(0, (len(self._digits) - 1) // 4 * 4)
        self._decode(bytes(self._digits[:whole]), last=quote >= 0)
        del self._digits[:whole]
        if quote < 0:
            return len(data)
        self._in_content = False
        self._line += b'"'
        return quote + 1

    def _decode(self, digits: bytes, *, last: bool) -> None:
        assert self._blob is not None
        if not last and digits.endswith(b"="):
            raise bad_request("a file's content is not base64: it goes on after its end")
        try:
            data = binascii.a2b_base64(digits, strict_mode=True)
        except binascii.Error:
            raise bad_request("a file's content is not base64") from None
        if self._blob.size + len(data) > self._limit:
            raise HubError(413, f"a file is larger than the {self._limit} bytes that this hub takes")
        self._blob.write(data)
        if last:
            self._blob.finish()

    def _end_line(self) -> None:
        line, blob = bytes(self._line), self._blob
        self._line.clear()
        self._searched, self._blob = 0, None
        if not line.strip():
            return
        if len(self.lines) >= _MAX_LINES:
            raise bad_request(f"a commit has at most {_MAX_LINES} lines")
        try:
            item = json.loads(line)
            key, value = item["key"], item["value"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise bad_request(f"line {len(self.lines) + 1} of the commit is not {{key, value}} in JSON") from None
        if not isinstance(key, str) or not isinstance(value, dict):
            raise bad_request(f"line {len(self.lines) + 1} of the commit is not {{key, value}} in JSON")
        self.lines.append((key, value, blob))
