"""What a terminal shows while texts go through a model: a bar where their number is known, else a count."""

from __future__ import annotations

import io
import re
import sys
from contextlib import redirect_stderr
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("rich")

from leanformers import pipeline
from leanformers.progress import progress

TEXTS = ["A good day."] * 300


class Terminal(io.StringIO):
    """A terminal that keeps what it was sent."""

    def isatty(self) -> bool:
        return True

    @property
    def shown(self) -> str:
        """The text without the codes for colours and the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.getvalue())


@pytest.fixture(autouse=True)
def kind_of_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(scope="module")
def classify() -> Any:
    return pipeline("text-classification", "leanformers/tiny-sentiment")


def test_a_long_list_has_a_bar_on_a_terminal(classify) -> None:
    with redirect_stderr(Terminal()) as terminal:
        classify(TEXTS)
    assert "Running" in terminal.shown
    assert "100%" in terminal.shown


def test_an_iterator_has_a_count_where_it_is_asked_for(classify) -> None:
    with redirect_stderr(Terminal()) as terminal:
        assert len(list(classify(iter(TEXTS), show_progress=True))) == 300
    assert re.search(r"Running 300 +0:00:", terminal.shown)
    assert "%" not in terminal.shown


def test_the_count_goes_away_with_a_stream_that_is_left(classify) -> None:
    with redirect_stderr(Terminal()) as terminal:
        stream = classify(iter(TEXTS), show_progress=True)
        assert next(stream)["label"] == classify(TEXTS[0])[0]["label"]
        stream.close()
    assert re.search(r"Running 1 +0:00:", terminal.shown)
    assert "\x1b[?25h" in terminal.getvalue()  # the cursor is back
    assert terminal.getvalue().endswith("\x1b[2K")  # and the line is cleared


def test_nothing_is_shown_where_nobody_looks(classify) -> None:
    with redirect_stderr(Terminal()) as terminal:
        list(classify(iter(TEXTS)))
        classify(TEXTS[:20])
        classify(TEXTS, show_progress=False)
    assert terminal.getvalue() == ""
    with redirect_stderr(io.StringIO()) as file:
        classify(TEXTS)
    assert file.getvalue() == ""


def test_without_rich_it_is_silent(monkeypatch) -> None:
    for name in ("rich.progress", "rich.console"):
        monkeypatch.setitem(sys.modules, name, None)
    with redirect_stderr(Terminal()) as terminal, progress("Running", None, True) as advance:
        advance(3)
    assert terminal.getvalue() == ""
