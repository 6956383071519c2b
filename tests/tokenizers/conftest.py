"""Tokenizers with real vocabularies beside the reference's, and the lines on which they must agree."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from leanformers import AutoTokenizer, BertTokenizer

NAMES = ("cased", "uncased", "minilm")


class Both(NamedTuple):
    """The same tokenizer twice."""

    ours: Any
    theirs: Any


@pytest.fixture(scope="session")
def load_both(test_data: Path) -> Callable[[str], Both]:
    """Both tokenizers by name; each is loaded once."""
    transformers = pytest.importorskip("transformers")
    loaded: dict[str, Both] = {}

    def load(name: str) -> Both:
        if name not in loaded:
            if name == "minilm":
                folder = test_data / "checkpoints" / "all-MiniLM-L6-v2"
                loaded[name] = Both(
                    AutoTokenizer.from_pretrained(folder), transformers.AutoTokenizer.from_pretrained(folder)
                )
            else:
                folder = test_data / "tokenizers" / f"bert-base-{name}"
                lower = name == "uncased"
                loaded[name] = Both(
                    BertTokenizer.from_pretrained(folder, do_lower_case=lower),
                    transformers.BertTokenizer.from_pretrained(folder, do_lower_case=lower),
                )
        return loaded[name]

    return load


@pytest.fixture(params=NAMES)
def both(request: pytest.FixtureRequest, load_both: Callable[[str], Both]) -> Both:
    return load_both(request.param)


@pytest.fixture(scope="session")
def cased(load_both: Callable[[str], Both]) -> Any:
    return load_both("cased").ours


@pytest.fixture(scope="session")
def uncased(load_both: Callable[[str], Both]) -> Any:
    return load_both("uncased").ours


@pytest.fixture(scope="session")
def minilm_folder(test_data: Path) -> Path:
    return test_data / "checkpoints" / "all-MiniLM-L6-v2"


@pytest.fixture(scope="session")
def cased_folder(test_data: Path) -> Path:
    return test_data / "tokenizers" / "bert-base-cased"


@pytest.fixture(scope="session")
def corpus_lines(test_data: Path) -> list[str]:
    """5,400 pieces of real text: English, 19 languages, short sentences."""
    chosen = random.Random(7)
    lines: list[str] = []
    for name in ("english", "multilingual", "short"):
        with (test_data / "corpora" / f"{name}.jsonl").open(encoding="utf-8") as file:
            texts = [json.loads(line)["text"] for line in file]
        pieces = [text[i : i + 250] for text in texts for i in range(0, len(text), 250)]
        lines += chosen.sample(pieces, 1800)
    return lines


# Characters on which the Unicode tables, the normalizer and the scanners can go wrong.
ODD_CHARACTERS = (
    [chr(code) for code in range(0x00, 0xA1)]  # controls, ASCII, NEL, NBSP
    + [chr(code) for code in range(0x2000, 0x2070)]  # spaces, joiners, separators, punctuation
    + list("éèüñçøåßſıİǅŉΐΰẞﬁﬃ½²Ωµ")  # letters whose small or decomposed form is another or longer one
    + [chr(code) for code in (0x300, 0x301, 0x307, 0x308, 0x323, 0x328, 0x345, 0x5B0, 0x64B, 0x93C, 0x9BC, 0xE34)]
    + list("αΑςΣΆЙйЁԱא؀؟ةकािंกำ한글각ひらカタ々〆〇漢字龥豈鿿㐀䶿")
    + [chr(code) for code in (0x20000, 0x2A6DF, 0x2A700, 0x2B740, 0x2B81F, 0x2B820, 0x2B920, 0x2CEAF, 0x2F800, 0x2FA1F)]
    + [chr(code) for code in (0x30000, 0xE000, 0xF8FF, 0xFEFF, 0xFFFD, 0xFFFC, 0xFFFF, 0x10FFFF, 0xAD, 0x180E, 0x3000)]
    + ["👍", "👩\u200d👩\u200d👧", "🇩🇪", "✌🏽", "❤️", "𝕳", "𐐀", "ﷺ", "⁇", "€", "−", "—", "“", "”", "…", "・", "！"]
)
WORDS = (
    "[CLS]", "[SEP]", "[MASK]", "[UNK]", "[PAD]", " [MASK] ", "[mask]", "[MASK", "##ing", "##", "#", "unaffable",
    "don't", "HuggingFace", "ÀÉÎ", "naïve", "Straße", "İstanbul", "e\u0301", "e\u0323\u0301", "\u0301e", "ὈΔΥΣΣΕΎΣ",
    "中文字", "日本語のテキスト", "한국어", "สวัสดี", "नमस्ते", "مرحبا", "שלום", "a" * 99, "a" * 100, "a" * 101, "ab" * 250,
    "é" * 100, "é" * 101, "x" * 99 + "é", "漢" * 101, "3.14", "1,000", "C++", "a_b", "user@example.org", "\r\n", "\t",
)  # fmt: skip


@pytest.fixture(scope="session")
def odd_lines() -> list[str]:
    """Lines made of what real text seldom has."""
    chosen = random.Random(11)
    singles = [*ODD_CHARACTERS, *WORDS, "", " ", "   "]
    surrounded = [f"a{character}b {character}" for character in ODD_CHARACTERS]
    mixed = [
        "".join(
            chosen.choice(ODD_CHARACTERS) if chosen.random() < 0.5 else chosen.choice(WORDS) + chosen.choice(["", " "])
            for _ in range(chosen.randrange(1, 12))
        )
        for _ in range(1500)
    ]
    anything = [
        "".join(chr(code) for code in chosen.choices(range(0x110000), k=12) if not 0xD800 <= code < 0xE000)
        for _ in range(500)
    ]
    return singles + surrounded + mixed + anything


@pytest.fixture
def write_folder(tmp_path: Path) -> Callable[..., Path]:
    """`write_folder(**files)`: a folder with these files, given as text, or as what is written as JSON.

    A double underscore in a name stands for the dot before its ending: `vocab__txt`.
    """

    def write(**files: Any) -> Path:
        folder = tmp_path / f"folder{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (folder / name.replace("__", ".")).write_text(text, encoding="utf-8", newline="")
        return folder

    return write
