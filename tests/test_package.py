"""The package as a whole: its public names, what importing it pulls in, and what it installs."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import leanformers


def run_python(code: str) -> str:
    """What a fresh interpreter prints."""
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.mark.parametrize("name", leanformers.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(leanformers, name)
    assert name == "__version__" or value.__doc__


def test_an_unknown_name_is_an_error_that_names_the_nearest_one() -> None:
    with pytest.raises(AttributeError, match="did you mean 'AutoTokenizer'"):
        _ = leanformers.AutoTokeniser


def test_tokenizing_imports_neither_torch_nor_numpy_nor_the_hub() -> None:
    code = (
        "import sys; from leanformers import AutoTokenizer\n"
        "tokenizer = AutoTokenizer.from_pretrained('leanformers/tiny-sentiment')\n"
        "tokenizer(['one text', 'another'], padding=True)['input_ids']\n"
        "print(sorted({'torch', 'numpy', 'huggingface_hub', 'transformers', 'tokenizers'} & set(sys.modules)))"
    )
    assert run_python(code) == "[]"


def test_configs_need_no_torch() -> None:
    code = (
        "import sys; from leanformers import AutoConfig\n"
        "AutoConfig.from_pretrained('leanformers/tiny-sentiment')\n"
        "print('torch' in sys.modules)"
    )
    assert run_python(code) == "False"


def test_the_version_is_that_of_the_installed_package() -> None:
    assert importlib.metadata.version("leanformers") == leanformers.__version__


def test_required_dependencies_are_the_four() -> None:
    required = [name for name in importlib.metadata.requires("leanformers") or [] if "extra ==" not in name]
    names = {name.split(">")[0].split("=")[0].strip().replace("-", "_") for name in required}
    assert names == {"huggingface_hub", "numpy", "regex", "safetensors"}


def test_the_package_ships_types_and_the_embedded_model() -> None:
    package = Path(leanformers.__file__).parent
    assert (package / "py.typed").is_file()
    assert (package / "_core.pyi").is_file()
    model = package / "assets" / "tiny-sentiment"
    assert sum(path.stat().st_size for path in model.iterdir()) <= 3_000_000
