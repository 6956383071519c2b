"""encode-file and verify-tokens, as a person or a script runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from leanformers import AutoTokenizer, TokenFile

COMMAND = [sys.executable, "-c", "from leanformers.cli import main; main()"]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "texts.jsonl"
    path.write_text('{"content": "A good day."}\n{"content": "Bad!"}\nno JSON\n', encoding="utf-8")
    return path


@pytest.mark.parametrize("command", ["encode-file", "verify-tokens"])
def test_help_has_an_example(command: str) -> None:
    assert f"Example: leanformers {command}" in " ".join(run(command, "--help").stdout.split())


def test_a_file_is_encoded_and_verified(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "tokens.bin"
    result = run("encode-file", source, "--field", "content", "--on-error", "skip", "--out", out)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert "2 rows, 10 tokens as uint16, 1 rows left out" in result.stdout
    tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
    assert [row.tolist() for row in TokenFile.open(out)] == tokenizer(["A good day.", "Bad!"])["input_ids"]
    assert "is intact: 2 rows" in run("verify-tokens", out).stdout
    with out.open("r+b") as file:
        file.seek(4096)
        file.write(b"\0\0")
    damaged = run("verify-tokens", out)
    assert (damaged.returncode, damaged.stdout) == (1, "")
    assert "tokens.bin is damaged: its ids do not have the SHA-256" in damaged.stderr


def test_parquet_and_json(source: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    out = tmp_path / "tokens.parquet"
    arguments = ("--field", "content", "--on-error", "skip", "--max-length", "4", "--no-special-tokens", "--json")
    made = json.loads(run("encode-file", tmp_path / "*.jsonl", *arguments, "--out", out).stdout)
    assert (made["rows"], made["tokens"], made["options"]["max_length"]) == (2, 6, 4)
    assert json.loads(run("verify-tokens", out, "--json").stdout)["ok"] is True


def test_a_terminal_shows_a_bar_with_bytes_and_tokens(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    (tmp_path / "texts.txt").write_text("a good day\n" * 100_000)
    terminal, end = pty.openpty()
    arguments = ["encode-file", str(tmp_path / "texts.txt"), "--out", str(tmp_path / "tokens.bin")]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    subprocess.run([*COMMAND, *arguments], stderr=end, stdout=subprocess.DEVNULL, env=environment, check=True)
    os.close(end)
    shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    assert "encoding" in shown
    assert "/1.1 MB" in shown
    assert "tokens" in shown


def test_a_bad_row_is_one_line_on_standard_error(source: Path, tmp_path: Path) -> None:
    result = run("encode-file", source, "--field", "content", "--out", tmp_path / "tokens.bin")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert f"error: {source}, line 3: it is not valid JSON" in result.stderr
