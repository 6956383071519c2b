"""verify, diff, compare and explain, as real processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leanformers import AutoTokenizer

from .test_cli import error, lines, objects, run

EMBEDDED = "leanformers/tiny-sentiment"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "uncased"
    AutoTokenizer.from_pretrained(EMBEDDED).save_pretrained(place)
    return place


@pytest.fixture
def cased(tmp_path: Path) -> Path:
    place = tmp_path / "cased"
    AutoTokenizer.from_pretrained(EMBEDDED, do_lower_case=False).save_pretrained(place)
    return place


@pytest.mark.parametrize("command", ["verify", "diff", "compare", "explain"])
def test_help_has_an_example(command: str) -> None:
    assert "Example: leanformers" in " ".join(run(command, "--help").stdout.split())


# ---- verify ----


def test_verify_writes_a_golden_file_and_then_agrees_with_it(folder: Path) -> None:
    assert "written to" in lines(run("verify", folder, "--write"))[0]
    assert (folder / "golden_ids.json").is_file()
    assert "the same as in" in lines(run("verify", folder))[0]
    (report,) = objects(run("verify", folder, "--json"))
    assert report["ok"] is True
    assert report["differences"] == []


def test_verify_fails_with_the_first_differences(folder: Path, cased: Path) -> None:
    lines(run("verify", folder, "--write"))
    result = run("verify", cased, "--golden", folder / "golden_ids.json")
    assert result.returncode == 1
    assert "'Hello, world!': expected hello" in result.stdout
    assert "found [UNK]" in result.stdout
    assert "--json shows all" in result.stdout
    assert result.stderr == ""
    result = run("verify", cased, "--golden", folder / "golden_ids.json", "--json")
    assert result.returncode == 1
    report = json.loads(result.stdout)
    assert report["ok"] is False
    assert len(report["differences"]) > 5
    assert {"text", "expected_ids", "found_ids", "expected_tokens", "found_tokens"} <= set(report["differences"][0])


def test_verify_takes_texts_of_ones_own(folder: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("one of mine\nanother\n", encoding="utf-8")
    golden = tmp_path / "golden.json"
    lines(run("verify", folder, "--golden", golden, "--write", "--texts", texts))
    assert {"one of mine", "another"} <= {row["text"] for row in json.loads(golden.read_text("utf-8"))["texts"]}
    assert "--write" in error(run("verify", folder, "--golden", golden, "--texts", texts))


def test_verify_without_a_golden_file_says_how_to_write_one(folder: Path) -> None:
    assert "--write" in error(run("verify", folder))


def test_verify_does_not_write_into_what_is_no_folder_of_yours() -> None:
    assert "--golden" in error(run("verify", EMBEDDED, "--write"))


# ---- diff ----


def test_diff_of_equal_tokenizers(folder: Path) -> None:
    assert lines(run("diff", folder, EMBEDDED))[0].startswith("no difference")
    (found,) = objects(run("diff", folder, EMBEDDED, "--json"))
    assert found["equal"] is True


def test_diff_shows_components_and_texts_and_fails(folder: Path, cased: Path) -> None:
    result = run("diff", folder, cased)
    assert result.returncode == 1
    assert "lowercase=false" in "".join(result.stdout.split())
    assert "[UNK](1)" in result.stdout
    result = run("diff", folder, cased, "--json", "Hello there", "it is")
    assert result.returncode == 1
    found = json.loads(result.stdout)
    assert found["equal"] is False
    assert list(found["components"]) == ["normalizer"]
    assert found["compared_texts"] == 2
    assert [row["text"] for row in found["texts"]] == ["Hello there"]
    assert found["vocabulary"] == {"only_a": {}, "only_b": {}, "changed": {}}


def test_diff_reads_texts_from_a_file(folder: Path, cased: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("lower\nUpper\n", encoding="utf-8")
    found = json.loads(run("diff", folder, cased, "--json", "--file", texts).stdout)
    assert [row["text"] for row in found["texts"]] == ["Upper"]


def test_diff_shows_vocabulary_and_added_tokens(folder: Path, tmp_path: Path) -> None:
    document = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    vocab = document["model"]["vocab"]
    vocab["hello"], vocab["world"] = vocab["world"], vocab["hello"]
    document["added_tokens"].append({**document["added_tokens"][4], "id": len(vocab), "content": "<new>"})
    other = tmp_path / "other"
    other.mkdir()
    (other / "tokenizer.json").write_text(json.dumps(document), encoding="utf-8")
    output = run("diff", folder, other).stdout
    assert "'hello'" in output
    assert "<new>" in output
    assert "only in B: 1" in output


# ---- compare ----


def splits(*arguments: str) -> dict[str, Any]:
    (row,) = objects(run("compare", "--json", *arguments))
    return {split["kind"]: split for split in row["splits"]}  # type: ignore[attr-defined]


def test_compare_shows_words_characters_and_subwords() -> None:
    found = splits("Jim was a puppeteer")
    assert found["word"]["tokens"] == ["[UNK]", "was", "a", "[UNK]"]
    assert found["word"]["unknown"] == ["Jim", None, None, "puppeteer"]
    assert found["character"]["tokens"] == list("jim was a puppeteer")
    assert found["subword"]["tokens"][-4:] == ["pupp", "##et", "##ee", "##r"]
    assert found["character"]["vocabulary"] < found["word"]["vocabulary"] < found["subword"]["vocabulary"]


def test_compare_as_a_table_marks_what_is_unknown() -> None:
    output = run("compare", "Jim was a puppeteer").stdout
    assert "[UNK]‹puppeteer›" in output
    assert "␣" in output
    assert "split at white space" in output


def test_compare_takes_several_tokenizers(folder: Path, cased: Path) -> None:
    (row,) = objects(run("compare", "Hello", "--json", "--tokenizer", folder, "--tokenizer", cased))
    assert [(split["name"], split["tokens"]) for split in row["splits"][2:]] == [  # type: ignore[index]
        (str(folder), ["hello"]),
        (str(cased), ["[UNK]"]),
    ]


def test_an_unknown_token_that_is_in_the_text_is_known() -> None:
    assert splits("[UNK] was")["subword"]["unknown"] == [None, None]


# ---- explain ----


def test_explain_tells_stages_path_tokens_and_tables(folder: Path) -> None:
    output = run("explain", folder).stdout
    for expected in ("fused", "BertNormalizer", "WordPiece", "[CLS] $A [SEP]", "[MASK]", "padding", "Unicode", "17.0"):
        assert expected in output
    (facts,) = objects(run("explain", folder, "--json"))
    assert facts["components"]["pre_tokenizer"] == [{"type": "BertPreTokenizer"}]  # type: ignore[index]
    assert facts["components"]["model"]["vocab"] == facts["tokens"]  # type: ignore[index]
    assert next(token["content"] for token in facts["added_tokens"]) == "[PAD]"  # type: ignore[attr-defined]
    assert facts["file_padding"] is None
    assert "17.0" in facts["unicode"].values()  # type: ignore[attr-defined]


def test_these_commands_need_no_torch(folder: Path) -> None:
    import subprocess
    import sys

    for command in (
        ["compare", "x"],
        ["explain"],
        ["diff", str(folder), str(folder)],
        ["verify", str(folder), "--write"],
    ):
        code = (
            f"import sys; sys.argv = ['leanformers', *{command!r}]\n"
            "from leanformers.cli import main\n"
            "try: main()\n"
            "except SystemExit as stop: assert not stop.code, stop.code\n"
            "assert 'torch' not in sys.modules and 'jinja2' not in sys.modules"
        )
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
