"""The command line as a person or a pipe uses it: real processes, real streams."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from leanformers.cli import main; main()"]


def run(*arguments: str | Path, stdin: str | bytes | None = None) -> subprocess.CompletedProcess[str]:
    data = stdin.encode() if isinstance(stdin, str) else stdin
    source = {"stdin": subprocess.DEVNULL} if data is None else {"input": data}
    result = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, check=False, **source)  # type: ignore[call-overload]
    return subprocess.CompletedProcess(result.args, result.returncode, result.stdout.decode(), result.stderr.decode())


def lines(result: subprocess.CompletedProcess[str]) -> list[str]:
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def objects(result: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines(result)]


def error(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_without_a_command_it_shows_the_commands() -> None:
    result = run()
    for command in ("tokenize", "encode", "decode", "classify", "embed", "info", "demo"):
        assert command in result.stdout + result.stderr


@pytest.mark.parametrize("command", ["tokenize", "encode", "decode", "classify", "embed"])
def test_help_has_an_example(command: str) -> None:
    assert "Example: leanformers" in " ".join(run(command, "--help").stdout.split())


def test_version() -> None:
    assert lines(run("--version"))[0].startswith("leanformers ")


def test_tokenize_takes_arguments() -> None:
    assert lines(run("tokenize", "A good day.", "bad")) == ["a good day .", "bad"]


def test_tokenize_reads_a_pipe_and_a_file(tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("A good day.\r\n\nbad\n", encoding="utf-8")
    expected = ["a good day .", "", "bad"]
    assert lines(run("tokenize", "--file", path)) == expected
    assert lines(run("tokenize", stdin=path.read_bytes())) == expected
    assert lines(run("tokenize", "--file", "-", stdin=path.read_bytes())) == expected


def test_encode_as_json_can_be_decoded_again() -> None:
    encoded = run("encode", "--json", "a good day.", "bad")
    assert [set(row) for row in objects(encoded)] == [{"input_ids", "token_type_ids", "attention_mask"}] * 2
    assert lines(run("decode", "--skip-special-tokens", stdin=encoded.stdout)) == ["a good day.", "bad"]


def test_encode_as_a_table_shows_tokens_ids_and_text() -> None:
    table = run("encode", "Good day").stdout
    assert "[CLS]" in table
    assert "Good" in table  # the text as it came, beside the lower-case token
    assert "good" in table


def test_encode_can_leave_out_special_tokens_and_cut() -> None:
    (row,) = objects(run("encode", "--json", "--no-special-tokens", "--max-length", "2", "a good day"))
    assert len(row["input_ids"]) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("ids", ["[{}]", "{}", '{{"input_ids": [{}]}}'])
def test_decode_takes_lists_numbers_and_objects(ids: str) -> None:
    (row,) = objects(run("encode", "--json", "--no-special-tokens", "good"))
    numbers = ", ".join(map(str, row["input_ids"]))  # type: ignore[call-overload]
    assert lines(run("decode", stdin=ids.format(numbers))) == ["good"]
    assert lines(run("decode", *numbers.split(", "))) == ["good"]


def test_classify_labels_the_two_sentences() -> None:
    texts = ["I've been waiting for a HuggingFace course my whole life.", "I hate this so much!"]
    rows = objects(run("classify", "--json", *texts))
    assert [row["labels"][0]["label"] for row in rows] == ["POSITIVE", "NEGATIVE"]  # type: ignore[index]
    assert "POSITIVE" in run("classify", texts[0]).stdout


def test_classify_shows_all_labels_on_request() -> None:
    (row,) = objects(run("classify", "--json", "--top-k", "2", "good"))
    assert sum(label["score"] for label in row["labels"]) == pytest.approx(1)  # type: ignore[attr-defined]


def test_classify_says_which_text_is_too_long_and_can_cut_it() -> None:
    long = "good " * 1000
    assert "tokens" in error(run("classify", long))
    (row,) = objects(run("classify", "--json", "--truncate", long))
    assert row["labels"][0]["label"] == "POSITIVE"  # type: ignore[index]


def test_embed_writes_npy_and_jsonl(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    npy, jsonl = tmp_path / "out.npy", tmp_path / "out.jsonl"
    model = "leanformers/tiny-sentiment"
    texts = "one text\nanother\n"
    lines(run("embed", "--model", model, "--out", npy, stdin=texts))
    lines(run("embed", "--model", model, "--out", jsonl, stdin=texts))
    array = numpy.load(npy)
    assert array.shape[0] == 2
    assert array.dtype == numpy.float32
    rows = [json.loads(line)["embedding"] for line in jsonl.read_text(encoding="utf-8").splitlines()]
    printed = [row["embedding"] for row in objects(run("embed", "--model", model, stdin=texts))]
    assert numpy.array_equal(array, numpy.float32(rows))
    assert rows == printed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "out.npy"]


def test_a_failed_embed_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out.npy"
    out.write_bytes(b"old")
    error(run("embed", "--model", "leanformers/tiny-sentiment", "--out", out, stdin=b"good\n\xff\xfe\n"))
    assert out.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.npy"]


def test_info_of_the_embedded_model() -> None:
    (facts,) = objects(run("info", "--json"))
    assert facts["model"]["model_type"] == "bert"  # type: ignore[index]
    assert {"model", "tensors", "tokenizer", "files"} <= set(facts)
    assert "model.safetensors" in run("info").stdout


def test_demo_prints_tokens_labels_and_neighbours() -> None:
    output = run("demo").stdout
    for expected in ("[CLS]", "attention mask", "POSITIVE", "NEGATIVE", "cosine"):
        assert expected in output


def test_a_misspelt_folder_is_one_line_with_near_names(tmp_path: Path) -> None:
    (tmp_path / "my-model").mkdir()
    assert "my-model" in error(run("tokenize", "--model", tmp_path / "my-modle", "text"))


def test_ids_that_are_no_numbers_are_named() -> None:
    assert "abc" in error(run("decode", "abc"))


def test_bytes_that_are_no_text_are_one_line() -> None:
    assert "UTF-8" in error(run("tokenize", stdin=b"\xff\xfe"))


def test_texts_and_a_file_together_are_refused(tmp_path: Path) -> None:
    assert "not both" in error(run("tokenize", "text", "--file", tmp_path / "texts.txt"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "nothing.txt" in error(run("tokenize", "--file", tmp_path / "nothing.txt"))


def test_an_output_name_of_another_kind_is_refused(tmp_path: Path) -> None:
    assert ".npy" in error(run("embed", "--model", "leanformers/tiny-sentiment", "--out", tmp_path / "x.csv", "text"))


def test_a_reader_that_stops_early_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("a good day\n" * 20_000, encoding="utf-8")
    command = f"{' '.join(map(repr, COMMAND))} encode --json --file {path} | head -n 1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert json.loads(result.stdout)
    assert "Traceback" not in result.stderr


def test_results_come_while_the_input_is_still_open() -> None:
    with subprocess.Popen([*COMMAND, "tokenize"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"good day\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"good day\n"
        process.stdin.close()


def test_tokenizing_on_the_command_line_needs_no_torch() -> None:
    code = (
        "import sys; sys.argv = ['leanformers', 'tokenize', 'good']\n"
        "from leanformers.cli import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
