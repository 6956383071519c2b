"""encode_file gives the ids of a call, from every format, in bounded memory, and says where a row is bad."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leanformers import LeanformersError, TokenFile
from leanformers.errors import FileFormatError, InputTypeError, InputValueError, MissingFileError

from .conftest import WRITERS, rows_of, some_texts, write_jsonl, write_lines, write_parquet


@pytest.mark.parametrize("out", ["tokens.bin", "tokens.parquet"])
@pytest.mark.usefixtures("small_chunks")
def test_every_format_gives_the_ids_of_a_call(tokenizer: Any, source: Path, out: str) -> None:
    expected = tokenizer(some_texts(200))["input_ids"]
    header = tokenizer.encode_file(source, source.parent / out)
    assert rows_of(source.parent / out) == expected
    assert (header.rows, header.tokens) == (200, sum(map(len, expected)))
    assert header.longest_row == max(map(len, expected))
    assert not (source.parent / f"{out}.partial").exists()


@pytest.mark.parametrize("chunk", [1, 7, 100, 1 << 20])
@pytest.mark.parametrize("out", ["tokens.bin", "tokens.parquet"])
def test_the_size_of_chunks_and_the_threads_change_no_byte(
    tokenizer: Any, source: Path, out: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leanformers.tokenizers.files import readers

    tokenizer.encode_file(source, source.parent / f"whole-{out}", threads=1)
    monkeypatch.setattr(readers, "CHUNK", chunk)
    tokenizer.encode_file(source, source.parent / out, threads=2)
    assert (source.parent / out).read_bytes() == (source.parent / f"whole-{out}").read_bytes()


def test_options_act_as_in_a_call(tokenizer: Any, tmp_path: Path) -> None:
    texts = some_texts(50)
    write_lines(tmp_path / "texts.txt", texts)
    for number, options in enumerate(
        [
            {"add_special_tokens": False},
            {"truncation": True, "max_length": 8},
            {"split_special_tokens": True},
        ]
    ):
        header = tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / f"{number}.bin", **options)
        rows = tokenizer(texts, **options)["input_ids"]
        assert rows_of(tmp_path / f"{number}.bin") == rows
        assert header.truncated == (sum(len(row) > 8 for row in tokenizer(texts)["input_ids"]) if number == 1 else 0)


def test_lines_end_with_newline_or_carriage_return_and_newline(tokenizer: Any, tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes("\ufeffone\r\n\r\ntwo\u2028still two\rand this\n\nlast".encode())
    tokenizer.encode_file(path, tmp_path / "tokens.bin")
    texts = ["one", "", "two\u2028still two\rand this", "", "last"]
    assert rows_of(tmp_path / "tokens.bin") == tokenizer(texts)["input_ids"]


def test_a_document_is_one_text(tokenizer: Any, tmp_path: Path) -> None:
    texts = ["a first\nand a second line\n", ""]
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.md").write_text(text, encoding="utf-8")
    tokenizer.encode_file(tmp_path / "*.md", tmp_path / "tokens.bin", format="document")
    assert rows_of(tmp_path / "tokens.bin") == tokenizer(texts)["input_ids"]


def test_csv_fields_in_quotes_may_have_lines(tokenizer: Any, tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text('text,n\n"two\nlines, and ""quotes""",1\n\nplain,2\n', encoding="utf-8")
    tokenizer.encode_file(path, tmp_path / "tokens.bin")
    assert rows_of(tmp_path / "tokens.bin") == tokenizer(['two\nlines, and "quotes"', "plain"])["input_ids"]


def test_a_field_larger_than_that_of_csv_itself(tokenizer: Any, tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text(f"text\n{'good ' * 50_000}\n", encoding="utf-8")
    assert tokenizer.encode_file(path, tmp_path / "tokens.bin").tokens == 50_002


def test_several_files_and_patterns_are_read_in_order(tokenizer: Any, tmp_path: Path) -> None:
    texts = some_texts(30)
    write_lines(tmp_path / "z.txt", texts[:10])
    write_jsonl(tmp_path / "b.jsonl", texts[20:])
    write_jsonl(tmp_path / "a.jsonl", texts[10:20])
    header = tokenizer.encode_file([tmp_path / "z.txt", str(tmp_path / "*.jsonl")], tmp_path / "tokens.bin")
    assert rows_of(tmp_path / "tokens.bin") == tokenizer(texts)["input_ids"]
    assert [name for name, _, _ in header.inputs] == ["z.txt", "a.jsonl", "b.jsonl"]


def test_empty_files_give_no_rows(tokenizer: Any, tmp_path: Path) -> None:
    for name in ("empty.txt", "empty.jsonl", "empty.csv"):
        (tmp_path / name).touch()
    assert tokenizer.encode_file(str(tmp_path / "empty.*"), tmp_path / "tokens.bin").rows == 0
    tokens = TokenFile.open(tmp_path / "tokens.bin")
    tokens.verify()
    assert (len(tokens), list(tokens), tokens[:].to_lists()) == (0, [], [])


# --- bad rows ---

BAD = {
    "cut.jsonl": (b'{"text": "one"}\n\n{"text": "tw\n{"text": "three"}\n', "line 3: it is not valid JSON"),
    "field.jsonl": (b'{"text": "one"}\n{"txt": "two"}\n{"text": "three"}\n', "line 2: there is no field 'text'"),
    "null.jsonl": (b'{"text": "one"}\n{"text": null}\n{"text": "three"}\n', "line 2: the field 'text' is null"),
    "number.jsonl": (b'{"text": "one"}\n{"text": 2}\n{"text": "three"}\n', "line 2: the field 'text' is the int 2"),
    "list.jsonl": (b'{"text": "one"}\n["two"]\n{"text": "three"}\n', "line 2: a JSON object is expected"),
    "deep.jsonl": (b'{"text": "one"}\n' + b"[" * 200_000 + b'\n{"text": "three"}\n', "line 2: it is not"),
    "bytes.jsonl": (b'{"text": "one"}\n{"text": "\xff"}\n{"text": "three"}\n', "line 2: it is not UTF-8 text"),
    "bytes.txt": (b"one\nt\xc3wo\nthree\n", "line 2: it is not UTF-8 text: invalid continuation byte at byte 1"),
    "bytes.csv": (b"text,n\none,1\n\xff,2\nthree,3\n", "line 3: it is not UTF-8 text"),
    "width.csv": (b'text,n\n"o\nne",1\ntwo\nthree,3\n', "line 4: the row has 1 fields, the header has 2"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.usefixtures("small_chunks")
def test_a_bad_row_is_an_error_that_names_file_and_line(tokenizer: Any, tmp_path: Path, name: str) -> None:
    content, message = BAD[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFormatError) as caught:
        tokenizer.encode_file(tmp_path / name, tmp_path / "tokens.bin")
    assert f"{tmp_path / name}, {message}" in str(caught.value)
    assert "on_error='skip'" in str(caught.value)
    assert not (tmp_path / "tokens.bin").exists()
    header = tokenizer.encode_file(tmp_path / name, tmp_path / "tokens.bin", on_error="skip")
    assert (header.rows, header.skipped) == (2, 1)


def test_a_null_in_parquet_names_the_row(tokenizer: Any, tmp_path: Path) -> None:
    path = tmp_path / "texts.parquet"
    write_parquet(path, ["one"] * 9 + [None, "two"])  # type: ignore[list-item]
    with pytest.raises(FileFormatError, match=r"texts\.parquet, row 9: it is null"):
        tokenizer.encode_file(path, tmp_path / "tokens.bin")
    assert tokenizer.encode_file(path, tmp_path / "tokens.bin", on_error="skip").skipped == 1


@pytest.mark.parametrize("name", ["texts.txt.gz", "texts.csv.gz", "texts.parquet"])
def test_packed_files_that_are_cut_or_damaged_are_named(tokenizer: Any, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path, some_texts(300))
    data = path.read_bytes()
    half = len(data) // 2
    for number, damaged in enumerate((data[:half], data[:half] + b"\0" * 40 + data[half + 40 :], b"")):
        path.write_bytes(damaged)
        with pytest.raises(FileFormatError, match=str(path)):
            tokenizer.encode_file(path, tmp_path / f"{number}.bin", on_error="skip")


@pytest.mark.parametrize("name", ["texts.txt", "texts.jsonl", "texts.csv", "texts.parquet", "document.txt"])
def test_a_text_above_the_limit_is_a_bad_row(tokenizer: Any, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    format = "document" if name == "document.txt" else None
    WRITERS.get(name, write_lines)(path, ["a", "é" * 400, "b"])
    options = {"format": format, "max_text_bytes": 100}
    if name == "texts.csv":  # a line of many fields is not looked into
        with pytest.raises(FileFormatError, match=r"line 3, has more than 100 bytes; max_text_bytes"):
            tokenizer.encode_file(path, tmp_path / "tokens.bin", **options)
        return
    with pytest.raises(FileFormatError, match=r"more than 100 bytes; max_text_bytes raises the limit"):
        tokenizer.encode_file(path, tmp_path / "tokens.bin", **options)
    header = tokenizer.encode_file(path, tmp_path / "tokens.bin", **options, on_error="skip")
    assert (header.rows, header.skipped) == ((0, 1) if format else (2, 1))


@pytest.mark.parametrize(
    ("content", "message"), [(b'text\n"a\n', "line 2, is not valid CSV"), (b"a,b\n1,2\n", "no column 'text'")]
)
def test_broken_csv_is_an_error_even_when_rows_are_left_out(
    tokenizer: Any, tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "texts.csv").write_bytes(content)
    with pytest.raises(LeanformersError, match=message):
        tokenizer.encode_file(tmp_path / "texts.csv", tmp_path / "tokens.bin", on_error="skip")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"path": "missing.txt"}, MissingFileError, "no such file: missing.txt"),
        ({"path": "missing*.txt"}, MissingFileError, "nothing fits the pattern"),
        ({"path": "."}, MissingFileError, "is a folder"),
        ({"path": []}, InputValueError, "no file to encode"),
        ({"path": 3}, InputTypeError, "not int"),
        ({"format": "json"}, InputValueError, "did you mean 'jsonl'"),
        ({"path": "texts.xyz"}, InputValueError, "say format="),
        ({"on_error": "ignore"}, InputValueError, "choose 'raise' or 'skip'"),
        ({"out": "."}, InputValueError, "it is a folder"),
        ({"out": "texts.txt"}, InputValueError, "one of the files to encode"),
        ({"max_text_bytes": 0}, InputValueError, "at least 1"),
        ({"truncation": True, "max_length": 1}, InputValueError, "special tokens"),
    ],
)
def test_arguments_that_cannot_be_used(
    tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: Any, error: type, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("texts.txt").write_text("one\n")
    Path("texts.xyz").write_text("one\n")
    with pytest.raises(error, match=message):
        tokenizer.encode_file(**{"path": "texts.txt", "out": "tokens.bin", **arguments})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["texts.txt", "texts.xyz"]


# --- large files (errors.md, row 38) ---


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    code = """if True:
        import sys
        from leanformers import AutoTokenizer

        def peak():
            return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])

        tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
        line = "A good day, and a bad one after it. " * 20 + "\\n"
        peaks = []
        for number, megabytes in enumerate((12, 120)):
            with open(f"{number}.txt", "w") as file:
                for _ in range(megabytes):
                    file.write(line * (1_000_000 // len(line)))
            tokenizer.encode_file(f"{number}.txt", f"{number}.bin")
            peaks.append(peak())
        print(peaks[1] - peaks[0])
    """
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(result.stdout) < 16_000  # kB, for 108 MB more of text and 50 MB more of ids


def test_a_bar_is_shown_when_asked_for_and_else_only_on_a_terminal(
    tokenizer: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_lines(tmp_path / "texts.txt", some_texts(100))
    tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "quiet.bin")
    assert capfd.readouterr() == ("", "")
    tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "shown.bin", show_progress=True)
    assert capfd.readouterr().out == ""


def test_long_words_are_told_once(tokenizer: Any, tmp_path: Path) -> None:
    write_lines(tmp_path / "texts.txt", ["a" * 300, "b", "c" * 300])
    with pytest.warns(UserWarning, match=r"words of more than 100 characters became \[UNK\] in 2 rows"):
        tokenizer.encode_file(tmp_path / "texts.txt", tmp_path / "tokens.bin")
