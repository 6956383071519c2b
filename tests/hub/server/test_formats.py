"""The readers of what clients send: any cut, any damage, any size; and objects as git writes them."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import lz4.frame
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leanformers.hub.server.blobs import BlobStore
from leanformers.hub.server.card_data import read_card_data
from leanformers.hub.server.errors import HubError
from leanformers.hub.server.ndjson import CommitReader
from leanformers.hub.server.objects import (
    TreeItem,
    object_id,
    parse_pointer,
    pointer,
    read_tree,
    tree_object,
)
from leanformers.hub.server.xet_formats import chunks, read_chunk, read_shard

HEADER = {"key": "header", "value": {"summary": 'a "content": "b', "description": "{}\n"}}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> BlobStore:
    store = BlobStore(tmp_path_factory.mktemp("store"))
    store.create()
    return store


def read(
    store: BlobStore, body: bytes, cuts: list[int], limit: int = 1 << 30
) -> list[tuple[str, dict[str, Any], bytes | None]]:
    """What is in `body`, fed in pieces that end at `cuts`."""
    reader = CommitReader(store.new, max_file_size=limit)
    try:
        ends = [*sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
        for begin, end in zip([0, *ends], ends, strict=False):
            reader.feed(body[begin:end])
        reader.finish()
        return [(key, value, blob.path.read_bytes() if blob else None) for key, value, blob in reader.lines]
    finally:
        for blob in reader.blobs:
            blob.__exit__()
        assert list(store.incoming.iterdir()) == []


def line(path: str, content: bytes, separators: tuple[str, str]) -> str:
    value = {"content": base64.b64encode(content).decode(), "path": path, "encoding": "base64"}
    return json.dumps({"key": "file", "value": value}, separators=separators)


@settings(deadline=None)  # it writes files
@given(
    files=st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.binary(max_size=300)), max_size=4),
    cuts=st.lists(st.integers(min_value=0), max_size=8),
    separators=st.sampled_from([(",", ":"), (", ", ": ")]),
    end=st.sampled_from(["", "\n", "\n\n", "\r\n"]),
)
def test_a_commit_is_read_however_it_is_cut(
    store: BlobStore, files: list[tuple[str, bytes]], cuts: list[int], separators: tuple[str, str], end: str
) -> None:
    body = "\n".join([json.dumps(HEADER), *(line(*file, separators) for file in files)]) + end
    found = read(store, body.encode(), cuts)
    assert found[0] == ("header", HEADER["value"], None)
    assert [(value["path"], content) for _, value, content in found[1:]] == files


def test_a_commit_may_be_cut_anywhere(store: BlobStore) -> None:
    files = [("a", b""), ("b", b"1"), ("c", b"12"), ("d", b"123")]
    body = "\n".join(line(*file, (", ", ": ")) for file in files).encode()
    for cut in range(len(body)):
        found = read(store, body, [cut, cut + 1])
        assert [(value["path"], content) for _, value, content in found] == files


@settings(deadline=None)
@given(body=st.binary(max_size=200), cuts=st.lists(st.integers(min_value=0), max_size=3))
def test_what_is_no_commit_is_refused(store: BlobStore, body: bytes, cuts: list[int]) -> None:
    with contextlib.suppress(HubError):
        assert read(store, b'{"key": "file", "value": {"content": "' + body, cuts)


@pytest.mark.parametrize(
    "body",
    [
        b'{"key": "file", "value": {"content": "QQ==QQ==", "path": "a"}}',
        b'{"key": "file", "value": {"content": "Q", "path": "a"}}',
        b'{"key": "file", "value": {"content": "Q\\n", "path": "a"}}',
        b'{"key": "file", "value": {"content": "QUJD',
        b'{"key": "file"}',
        b"[]",
        b"{",
        b'{"key": 1, "value": {}}',
        b'{"key": "a", "value": 1}',
        b"[" * 100_000,
        b" " * 1_100_000 + b"x",
    ],
)
def test_bodies_that_are_wrong(store: BlobStore, body: bytes) -> None:
    with pytest.raises(HubError) as error:
        read(store, body, [40, 50])
    assert error.value.status == 400


def test_a_file_beyond_the_limit(store: BlobStore) -> None:
    body = line("a", b"x" * 1000, (",", ":")).encode()
    assert read(store, body, [], limit=1000)[0][2] == b"x" * 1000
    with pytest.raises(HubError) as error:
        read(store, body, [100], limit=999)
    assert error.value.status == 413


def xorb(pieces: list[bytes], scheme: int) -> bytes:
    """As a client writes one."""

    def packed(data: bytes) -> bytes:
        grouped = b"".join(data[group::4] for group in range(4)) if scheme == 2 else data
        return lz4.frame.compress(grouped) if scheme else grouped

    return b"".join(
        struct.pack("<B3sB3s", 0, len(data).to_bytes(3, "little"), scheme, len(piece).to_bytes(3, "little")) + data
        for piece in pieces
        for data in [packed(piece)]
    )


@given(pieces=st.lists(st.binary(min_size=1, max_size=100), min_size=1, max_size=5), scheme=st.sampled_from([0, 1, 2]))
def test_xorbs(pieces: list[bytes], scheme: int) -> None:
    for footer in (b"", b"XETBLOB" + bytes(100)):
        data = xorb(pieces, scheme) + footer
        file = io.BytesIO(data)
        assert [read_chunk(file, chunk) for chunk in chunks(file, len(data))] == pieces


@given(
    data=st.binary(max_size=120),
    scheme=st.sampled_from([0, 1, 2]),
    position=st.integers(0, 200),
    byte=st.integers(1, 255),
)
def test_damaged_xorbs_are_refused_or_read(data: bytes, scheme: int, position: int, byte: int) -> None:
    """Never another error, and never more bytes than announced: the sha256 of the file decides in the end."""
    damaged = bytearray(xorb([data, data], scheme) if data else b"")
    if damaged:
        damaged[position % len(damaged)] ^= byte
    file = io.BytesIO(damaged)
    with contextlib.suppress(HubError):
        for chunk in chunks(file, len(damaged)):
            assert len(read_chunk(file, chunk)) == chunk.length


def test_a_chunk_that_stands_for_gigabytes_is_not_unpacked() -> None:
    bomb = lz4.frame.compress(bytes(200_000_000))
    data = struct.pack("<B3sB3s", 0, len(bomb).to_bytes(3, "little"), 1, (1000).to_bytes(3, "little")) + bomb
    file = io.BytesIO(data)
    with pytest.raises(HubError, match="another length"):
        read_chunk(file, chunks(file, len(data))[0])


@given(data=st.binary(max_size=400))
def test_what_is_no_shard_is_refused(data: bytes) -> None:
    head = struct.pack("<32sQQ", b"HFRepoMetaData\0", 2, 0)
    for body in (data, head + data, head + bytes(36) + b"\xff\xff\xff\xff" + data):
        with contextlib.suppress(HubError):
            read_shard(body)


def test_trees_are_those_of_git(tmp_path: Path) -> None:
    def git(*arguments: str, data: bytes = b"") -> str:
        done = subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True, input=data)
        return done.stdout.decode().strip()

    git("init", "-q")
    names = ["a", "a.b", "a-b", "ab", "B", "ü", "a b"]
    oid = git("hash-object", "-w", "--stdin", data=b"content")
    assert oid == object_id("blob", b"content")
    folder = git("mktree", data=f"100644 blob {oid}\tx".encode())
    items = [TreeItem(name, folder if name == "a" else oid, name == "a") for name in names]
    rows = "\0".join(f"{'040000 tree' if i.is_folder else '100644 blob'} {i.oid}\t{i.name}" for i in items)
    assert git("mktree", "-z", data=rows.encode()) == object_id("tree", tree_object(items))
    assert sorted(read_tree(tree_object(items)), key=lambda item: item.name) == sorted(
        items, key=lambda item: item.name
    )


def test_pointers() -> None:
    text = pointer("a" * 64, 12)
    assert parse_pointer(text) == ("a" * 64, 12)
    for wrong in (text[:-1], text + b"x", text.replace(b"12", b"012"), b"", text.replace(b"sha256", b"sha512")):
        assert parse_pointer(wrong) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# no metadata", ({}, False)),
        ("---\n---\n", ({}, False)),
        ("---\nlicense: mit\n---\n", ({"license": "mit"}, False)),
        ("---\r\na: 2020-01-01\r\n---\r\n", ({"a": "2020-01-01"}, False)),
        ("---\na: [1, {2: 3}]\n---", ({"a": [1, {"2": 3}]}, False)),
        ("---\na: [\n---\n", ({}, True)),
        ("---\n- a\n---\n", ({}, True)),
        ("---\na: &x [1]\nb: *x\n---\n", ({}, True)),
        ("---\na: !!python/object/apply:os.system [x]\n---\n", ({}, True)),
        ("---\na: " + "[" * 50_000 + "\n---\n", ({}, True)),
        ("---\na: " + "x" * 100_000 + "\n---\n", ({}, True)),
    ],
)
def test_card_data(text: str, expected: tuple[dict[str, object], bool]) -> None:
    found, error = read_card_data(text)
    assert (found, error is not None) == expected
