"""Where a folder keeps its chat templates: read when a tokenizer is loaded, written when it is saved.

chat_template.jinja, additional_chat_templates/, older places → **a template, or several by name** → tokenizer
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ConfigError, InputTypeError, InputValueError, warn
from ...files import read_json, read_text, write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["ChatTemplateSetting", "read_chat_template", "template_writers", "warn_of_others"]

FILE = "chat_template.jinja"
FOLDER = "additional_chat_templates"
OLD_FILE = "chat_template.json"  # of processors, from before there were .jinja files


class ChatTemplateSetting:
    """The attribute `chat_template`: a template, a dict of templates by name, or None. Checked when it is set."""

    def __get__(self, tokenizer: Any, owner: type) -> Any:
        return None if tokenizer is None else tokenizer.__dict__.get("_chat_template")

    def __set__(self, tokenizer: Any, value: Any) -> None:
        tokenizer.__dict__["_chat_template"] = _check(value)


def _check(value: Any) -> Any:
    if isinstance(value, (list, tuple)):  # as tokenizer_config.json writes several
        if not all(isinstance(row, dict) and {"name", "template"} <= row.keys() for row in value):
            raise InputTypeError("a list of chat templates must hold dicts with 'name' and 'template'")
        value = {row["name"]: row["template"] for row in value}
    if isinstance(value, dict):
        value = dict(value)
        for name, template in value.items():
            if not isinstance(name, str) or not isinstance(template, str):
                raise InputTypeError(
                    f"chat template {name!r} must be a str with a str as its name, not {template!r:.80}"
                )
    elif value is not None and not isinstance(value, str):
        raise InputTypeError(f"chat_template must be a str, a dict of them or None, not {type(value).__name__}")
    return value


def read_chat_template(folder: Path, setting: Any) -> Any:
    """The template of `folder`, or a dict of several, or None.

    As in transformers the .jinja files go before `setting`, which is what tokenizer_config.json says;
    chat_template.json counts when there is nothing else.

    Raises:
        ConfigError: `setting` or chat_template.json holds no template.
    """
    paths = {"default": folder / FILE} if (folder / FILE).is_file() else {}
    paths.update({path.name.removesuffix(".jinja"): path for path in sorted((folder / FOLDER).glob("*.jinja"))})
    found = {name: _as_lines(read_text(path)) for name, path in paths.items()}
    if found:
        return found["default"] if found.keys() == {"default"} else found
    place = "tokenizer_config.json"
    if setting is None and (folder / OLD_FILE).is_file():
        place, setting = OLD_FILE, read_json(folder / OLD_FILE).get("chat_template")
    try:
        return _check(setting)
    except InputTypeError as error:
        raise ConfigError(f"{folder / place}: {error}") from None


def _as_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def template_writers(template: Any) -> dict[str, Callable[[Path], None]]:
    """The files for a tokenizer's templates, for `save_files`.

    Raises:
        InputValueError: a name that cannot be the name of a file.
    """
    if template is None:
        return {}
    templates = {"default": template} if isinstance(template, str) else template
    writers = {}
    for name, text in templates.items():
        if not name or name.startswith(".") or any(character in name for character in "/\\:\0"):
            raise InputValueError(f"chat template {name!r} cannot be saved: its name must be usable as a file's")
        writers[FILE if name == "default" else f"{FOLDER}/{name}.jinja"] = write_text(text)
    return writers


def warn_of_others(folder: Path, written: Iterable[str]) -> None:
    """Warn of chat templates in `folder` that were not written now: a tokenizer loaded from there would have them."""
    found = [FILE] if (folder / FILE).is_file() else []
    found += [f"{FOLDER}/{path.name}" for path in sorted((folder / FOLDER).glob("*.jinja"))]
    others = [name for name in found if name not in written]
    if others:
        warn(f"{folder} still has {', '.join(others)}, which this tokenizer has not; delete what is not wanted")
