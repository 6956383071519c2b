"""Which template a tokenizer has, and the files that templates are read from and saved to."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leanformers import AutoTokenizer
from leanformers.errors import (
    ConfigError,
    InputTypeError,
    InputValueError,
    LeanformersWarning,
)

from .chat_templates import CHATML, HEADERS, INST, TOOLS, TURNS
from .conversations import HELLO, TALK, Both, same
from .tools import nothing

# ---- which template ----


def test_several_templates_by_name(both: Both) -> None:
    for tokenizer in both:
        tokenizer.chat_template = {"default": CHATML, "tool_use": TOOLS, "short": "{{ messages|length }}"}
    assert same(both, TALK, chat_template="short") == "3"
    same(both, TALK)
    same(both, TALK, tools=[nothing])
    for name, tools in ((None, None), (None, [nothing]), ("short", None), (CHATML, None)):
        assert both.ours.get_chat_template(name, tools) == both.theirs.get_chat_template(name, tools)


def test_without_a_template_or_a_default_one_is_an_error(ours: Any) -> None:
    with pytest.raises(InputValueError, match=r"no chat template.*tokenizer\.chat_template"):
        ours.apply_chat_template(HELLO)
    ours.chat_template = {"a": CHATML, "b": CHATML}
    with pytest.raises(InputValueError, match="'a', 'b'"):
        ours.get_chat_template()


def test_a_template_must_be_text(ours: Any) -> None:
    for wrong in (5, {"default": 5}, [CHATML]):
        with pytest.raises(InputTypeError, match=r"chat.template"):
            ours.chat_template = wrong
    with pytest.raises(InputTypeError, match="chat_template"):
        ours.apply_chat_template(HELLO, chat_template=b"x")


# ---- files ----


@pytest.mark.parametrize(
    "template",
    [CHATML, TURNS, {"default": CHATML, "tool_use": TOOLS}, {"default": INST}, {"rag": HEADERS}, None],
    ids=["one", "other", "two", "default", "named", "none"],
)
def test_templates_survive_saving_in_both_directions(both: Both, tmp_path: Path, template: Any) -> None:
    transformers = pytest.importorskip("transformers")
    for tokenizer in both:
        tokenizer.chat_template = template
    both.ours.save_pretrained(tmp_path / "ours")
    both.theirs.save_pretrained(tmp_path / "theirs")
    read = [
        cls.from_pretrained(tmp_path / name).chat_template
        for cls in (AutoTokenizer, transformers.AutoTokenizer)
        for name in ("ours", "theirs")
    ]
    assert read == [template["default"] if template == {"default": INST} else template] * 4
    names = [
        {str(path.relative_to(tmp_path / name)) for path in (tmp_path / name).rglob("*.jinja")}
        for name in ("ours", "theirs")
    ]
    assert names[0] == names[1]


def test_older_places_are_read_as_transformers_reads_them(folder: Path, tmp_path: Path) -> None:
    import json
    import shutil

    transformers = pytest.importorskip("transformers")
    place = tmp_path / "old"
    shutil.copytree(folder, place)

    def both_read() -> Any:
        found = AutoTokenizer.from_pretrained(place).chat_template
        assert found == transformers.AutoTokenizer.from_pretrained(place).chat_template
        return found

    path = place / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "chat_template": "from the config"}), encoding="utf-8")
    assert both_read() == "from the config"
    rows = [{"name": "default", "template": "a"}, {"name": "tool_use", "template": "b"}]
    path.write_text(json.dumps({**config, "chat_template": rows}), encoding="utf-8")
    assert both_read() == {"default": "a", "tool_use": "b"}
    (place / "chat_template.json").write_text('{"chat_template": "of a processor"}', encoding="utf-8")
    assert both_read() == {"default": "a", "tool_use": "b"}
    (place / "chat_template.jinja").write_bytes(b"from\r\nthe file")
    assert both_read() == "from\nthe file"
    (place / "additional_chat_templates").mkdir()
    (place / "additional_chat_templates" / "rag.jinja").write_text("more", encoding="utf-8")
    assert both_read() == {"default": "from\nthe file", "rag": "more"}


def test_a_processors_template_counts_when_there_is_no_other(
    folder: Path, tmp_path: Path, write_folder: Callable[..., Path]
) -> None:
    tokenizer = (folder / "tokenizer.json").read_text(encoding="utf-8")
    place = write_folder(tokenizer__json=tokenizer, chat_template__json={"chat_template": "x"})
    assert AutoTokenizer.from_pretrained(place).chat_template == "x"
    place = write_folder(tokenizer__json=tokenizer, tokenizer_config__json={"chat_template": 5})
    with pytest.raises(ConfigError, match=r"tokenizer_config\.json.*chat_template"):
        AutoTokenizer.from_pretrained(place)


def test_an_argument_goes_before_the_files(folder: Path) -> None:
    assert AutoTokenizer.from_pretrained(folder, chat_template="mine").chat_template == "mine"


def test_a_name_that_leaves_the_folder_is_not_saved(ours: Any, tmp_path: Path) -> None:
    ours.chat_template = {"../outside": CHATML}
    with pytest.raises(InputValueError, match="outside"):
        ours.save_pretrained(tmp_path / "saved")
    assert not list(tmp_path.rglob("*.jinja"))


def test_saving_warns_of_templates_that_stay_in_the_folder(ours: Any, tmp_path: Path) -> None:
    ours.chat_template = {"default": CHATML, "rag": INST}
    ours.save_pretrained(tmp_path)
    ours.chat_template = None
    with pytest.warns(LeanformersWarning, match=r"chat_template\.jinja, additional_chat_templates/rag\.jinja"):
        ours.save_pretrained(tmp_path)


def test_a_copy_has_templates_of_its_own(ours: Any) -> None:
    ours.chat_template = {"default": CHATML}
    for other in (copy.copy(ours), copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        other.chat_template["default"] = "changed"
        assert ours.chat_template == {"default": CHATML}
