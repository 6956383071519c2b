"""A TokenFile gives the rows that were written, to any number of processes, and never from a damaged file."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from leanformers import Ragged, TokenFile
from leanformers.errors import FileFormatError, InputTypeError

from .conftest import rows_of, some_texts, write_lines, write_parquet


@pytest.fixture
def tokens(tokenizer: Any, tmp_path: Path) -> TokenFile:
    write_lines(tmp_path / "texts.txt", some_texts(40))
    tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "tokens.bin")
    return TokenFile.open(tmp_path / "tokens.bin")


def test_rows_and_slices(tokenizer: Any, tokens: TokenFile) -> None:
    rows = tokenizer(some_texts(40))["input_ids"]
    assert len(tokens) == 40
    assert tokens[-1].tolist() == rows[-1]
    assert tokens.ids.dtype == "uint16"
    assert not tokens[3].flags.writeable
    part = tokens[5:9]
    assert isinstance(part, Ragged)
    assert part.ids.dtype == "uint32"
    assert part.to_lists() == rows[5:9]
    assert tokens[9:5].to_lists() == []
    assert tokens[:].to_lists() == rows
    for wrong in (40, -41):
        with pytest.raises(IndexError, match="of 40 rows"):
            tokens[wrong]
    for key in (slice(0, 9, 2), "text"):
        with pytest.raises(InputTypeError):
            tokens[key]


def test_the_header_tells_what_made_it(tokenizer: Any, tokens: TokenFile) -> None:
    from leanformers.tokenizers.golden_file import content_hash

    header = tokens.header
    assert header.tokenizer_sha256 == content_hash(tokenizer._spec)
    assert header.source["on_error"] == "raise"
    assert header.inputs == [["texts.txt", tokens.path.with_name("texts.txt").stat().st_size, "lines"]]


def test_large_vocabularies_take_32_bits(tmp_path: Path) -> None:
    from leanformers import PreTrainedTokenizer
    from leanformers.tokenizers.spec import Spec

    vocab = {"[UNK]": 0, "low": 65_535, "high": 65_536}
    document = {
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "[UNK]"},
    }
    tokenizer = PreTrainedTokenizer(Spec(document))
    write_lines(tmp_path / "texts.txt", ["low high", "other"])
    assert tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "tokens.bin").dtype == "uint32"
    assert rows_of(tmp_path / "tokens.bin") == [[65_535, 65_536], [0]]


def test_it_can_be_pickled_unless_the_file_is_another_one(tokenizer: Any, tokens: TokenFile) -> None:
    data = pickle.dumps(tokens)
    assert pickle.loads(data)[:].to_lists() == tokens[:].to_lists()
    write_lines(tokens.path.with_name("others.txt"), some_texts(9, seed=1))
    tokenizer.encode_file(tokens.path.with_name("others.txt"), tokens.path, overwrite=True)
    with pytest.raises(FileFormatError, match="replaced by another token file"):
        pickle.loads(data)


def test_data_loader_workers_read_it(tokens: TokenFile) -> None:
    torch = pytest.importorskip("torch")

    loader = torch.utils.data.DataLoader(
        tokens, batch_size=8, num_workers=2, multiprocessing_context="spawn", collate_fn=_to_lists
    )
    assert [row for batch in loader for row in batch] == tokens[:].to_lists()


def _to_lists(rows: list[Any]) -> list[list[int]]:
    return [row.tolist() for row in rows]


def test_a_cut_file_is_an_error_at_every_length(tokens: TokenFile, tmp_path: Path) -> None:
    data = tokens.path.read_bytes()
    for length in (0, 5, 15, 16, 100, 4095, 4096, 5000, len(data) - 1):
        (tmp_path / "cut.bin").write_bytes(data[:length])
        with pytest.raises(FileFormatError, match=r"cut\.bin"):
            TokenFile.open(tmp_path / "cut.bin")
    (tmp_path / "cut.bin").write_bytes(data + b"\0")
    with pytest.raises(FileFormatError, match=rf"has {len(data) + 1} of {len(data)} bytes"):
        TokenFile.open(tmp_path / "cut.bin")


def test_a_damaged_file_never_opens_and_verifies(tokens: TokenFile, tmp_path: Path) -> None:
    data = tokens.path.read_bytes()
    used = [*range(16), *range(20, 800, 13), *range(4096, len(data), 7)]
    padding = range(4096 + 2 * tokens.header.tokens, len(data) - 8 * 41)
    for place in used:
        damaged = bytearray(data)
        damaged[place] ^= 4
        (tmp_path / "damaged.bin").write_bytes(damaged)
        if place in padding:
            continue
        try:
            found = TokenFile.open(tmp_path / "damaged.bin")
            found.verify()
        except FileFormatError:
            continue
        assert found.header != tokens.header  # a name or an option, which no checksum is about


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version 2 of token files is not known"),
        ({"rows": -1}, "damaged"),
        ({"dtype": "int8"}, "damaged"),
        ({"more": 1}, "damaged"),
    ],
)
def test_headers_that_cannot_be(tokens: TokenFile, tmp_path: Path, change: dict[str, Any], message: str) -> None:
    data = tokens.path.read_bytes()
    header = json.dumps({**json.loads(data[16:4096]), **change}).encode().ljust(4080)
    (tmp_path / "changed.bin").write_bytes(data[:16] + header + data[4096:])
    with pytest.raises(FileFormatError, match=message):
        TokenFile.open(tmp_path / "changed.bin")


def test_parquet_is_verified_too(tokenizer: Any, tmp_path: Path) -> None:
    from leanformers.tokenizers.files.parquet_file import read_parquet_header, verify_parquet

    parquet = pytest.importorskip("pyarrow.parquet")
    write_lines(tmp_path / "texts.txt", some_texts(40))
    path = tmp_path / "tokens.parquet"
    header = tokenizer.encode_file(tmp_path / "texts.txt", path)
    assert verify_parquet(path) == header == read_parquet_header(path)
    assert header.sha256 == tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "tokens.bin").sha256
    table = parquet.read_table(path)
    assert str(table.schema.field("input_ids").type) in ("list<element: int32>", "list<item: int32>")
    parquet.write_table(table.slice(1), path)
    with pytest.raises(FileFormatError, match="do not have the SHA-256"):
        verify_parquet(path)
    write_parquet(path, ["other"])
    with pytest.raises(FileFormatError, match="no token file"):
        verify_parquet(path)
