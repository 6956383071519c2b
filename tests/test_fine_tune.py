"""The example of fine-tuning: a model with a third label learns it, and is saved."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from leanformers import pipeline

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_a_few_steps_teach_a_third_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    import fine_tune

    monkeypatch.setattr(sys, "argv", ["fine_tune.py", "--steps", "60", "--out", str(tmp_path)])
    with pytest.warns(UserWarning, match=r"start new.*classifier\.bias, classifier\.weight"):
        fine_tune.main()
    before, after = map(float, re.findall(r"accuracy \w+: ([\d.]+)%", capsys.readouterr().out))
    assert after > max(before + 10, 65)
    found = pipeline("text-classification", tmp_path)(["We walked to the station.", "I hate this so much!"])
    assert [result["label"] for result in found] == ["NEUTRAL", "NEGATIVE"]
    sys.modules.pop("fine_tune")
    assert len((EXAMPLES / "fine_tune.py").read_text(encoding="utf-8").splitlines()) <= 100  # it is to be read
