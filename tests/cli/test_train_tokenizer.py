"""`leanformers train-tokenizer` as a person or a pipe uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from leanformers import AutoTokenizer, train_tokenizer

COMMAND = [sys.executable, "-c", "from leanformers.cli import main; main()", "train-tokenizer"]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, check=False, encoding="utf-8")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_text("A good day.\nA bad day!\nGood days, bad days.\n" * 20, encoding="utf-8")
    return path


def test_it_saves_what_the_library_trains(corpus: Path, tmp_path: Path) -> None:
    result = run("wordpiece", corpus, "--vocab-size", 60, "--out", tmp_path / "made")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    for fact in ("wordpiece", "at most 60", "[UNK] [SEP] [PAD] [CLS] [MASK]", "tokens per word", "saved"):
        assert fact in result.stdout
    expected = train_tokenizer("wordpiece", corpus, vocab_size=60)
    assert AutoTokenizer.from_pretrained(tmp_path / "made").get_vocab() == expected.get_vocab()


def test_json_for_machines(corpus: Path, tmp_path: Path) -> None:
    options = ["--min-frequency", 2, "--special-token", "<unk>", "--special-token", "<x>", "--lowercase"]
    result = run("word", corpus, corpus, *options, "--out", tmp_path, "--json")
    facts = json.loads(result.stdout)
    assert facts["kind"] == "word"
    assert facts["special_tokens"] == ["<unk>", "<x>"]
    assert facts["tokens_per_word"] == pytest.approx(1.4)
    assert [Path(path).name for path in facts["files"]] == ["tokenizer_config.json", "tokenizer.json"]
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    assert facts["tokens"] == len(tokenizer)
    assert tokenizer.tokenize("A GOOD night") == ["a", "good", "<unk>"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["wordpeace", "corpus.txt"], "did you mean 'wordpiece'"),
        (["bpe", "missing.txt"], "no such file"),
        (["bpe", "corpus.txt", "--vocab-size", 20], "vocab_size=20 is too small"),
        (["unigram", "corpus.txt", "--min-frequency", 3], "no argument 'min_frequency'"),
    ],
)
def test_an_error_is_one_line_and_nothing_is_saved(
    arguments: list[str], message: str, corpus: Path, tmp_path: Path
) -> None:
    given = [corpus if argument == "corpus.txt" else argument for argument in arguments]
    result = run(*given, "--out", tmp_path / "made")
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert not (tmp_path / "made").exists()


def test_a_file_is_no_folder_to_save_in(corpus: Path) -> None:
    result = run("char", corpus, "--out", corpus)
    assert result.returncode == 1
    assert "it is a file" in result.stderr


def test_help_has_an_example() -> None:
    assert "Example: leanformers train-tokenizer" in " ".join(run("--help").stdout.split())
