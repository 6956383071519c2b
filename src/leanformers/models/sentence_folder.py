"""Sentence folders: what modules.json of sentence-transformers says about pooling and what follows it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from ..config import Config
from ..errors import ConfigError, near_names
from ..files import parse_json, read_json, read_text, save_files, write_json
from ..hub.options import HubOptions
from ..hub.resolve import Need, locate
from ..ops.linear import prepare
from .arch import BASE, TEXT_ENCODING, architecture_of
from .checkpoint import Checkpoint
from .classes import model_class
from .pooling import POOLINGS
from .weights import load

if TYPE_CHECKING:
    from ..tokenizers.tokenizer import PreTrainedTokenizer
    from .encoder import EncoderModel

__all__ = ["DenseLayer", "SentenceFolder", "read_sentence_folder", "save_sentence_folder"]

_MODULES = "modules.json"
_SETTINGS = "config_sentence_transformers.json"
_TRANSFORMER = "sentence_bert_config.json"
# Older folders have one key for each kind of pooling.
_POOLING_KEYS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
_ACTIVATIONS = {
    "Tanh": "tanh",
    "ReLU": "relu",
    "GELU": "gelu",
    "SiLU": "silu",
    "Sigmoid": "sigmoid",
    "Identity": "linear",
}
NORMALIZE = "normalize"


class DenseLayer:
    """A linear layer with an activation after the pooling: (texts, inputs) → (texts, outputs)."""

    def __init__(self, tensors: Mapping[str, Tensor], activation: str) -> None:
        self.tensors = dict(tensors)
        self.outputs = int(tensors["linear.weight"].shape[0])
        self.activation = activation
        self._prepared = prepare(tensors["linear.weight"].float(), _float(tensors.get("linear.bias")), activation)

    def __call__(self, x: Tensor) -> Tensor:
        """The layer's output; computed on the CPU, where its weights are."""
        return self._prepared(x.cpu())


@dataclass(frozen=True)
class SentenceFolder:
    """What a folder says beside model and tokenizer.

    Attributes:
        pooling: which of `POOLINGS`; several are concatenated.
        steps: what follows the pooling: dense layers, and "normalize".
        max_seq_length: tokens of a text at most; None for what tokenizer and model allow.
        do_lower_case: texts are lowered before the tokenizer sees them.
        prompts: by name, put before texts.
        default_prompt: the name of the one that is used when none is asked for.
        model_path: where in the folder the model is.
        files: the settings as they are on disk, by path, for saving.
    """

    pooling: tuple[str, ...] = ("mean",)
    steps: tuple[DenseLayer | str, ...] = ()
    max_seq_length: int | None = None
    do_lower_case: bool = False
    prompts: Mapping[str, str] = field(default_factory=dict)
    default_prompt: str | None = None
    model_path: str = ""
    files: Mapping[str, Any] = field(default_factory=dict)


def read_sentence_folder(
    name: str | os.PathLike[str], options: HubOptions, *, dtype: Any, device_map: Any
) -> tuple[EncoderModel, PreTrainedTokenizer, SentenceFolder]:
    """Model, tokenizer and settings of a folder or a repository."""
    from ..auto import AutoTokenizer

    root = locate(name, options, Need.SENTENCE_ENCODER).folder
    folder = _read_modules(root) if (root / _MODULES).exists() else _plain(root)
    place = root / folder.model_path
    config = Config.from_pretrained(place)
    architecture = architecture_of(config.model_type)
    kind = model_class(architecture, TEXT_ENCODING if TEXT_ENCODING in architecture.classes else BASE)
    # Pooling replaces the pooler here, so that a new one needs no warning.
    variant = {"variant": options.variant}
    model = load(kind, place, config=config, dtype=dtype, device_map=device_map, options=variant, say=False)
    tokenizer: PreTrainedTokenizer = AutoTokenizer.from_pretrained(place)
    return model, tokenizer, folder  # type: ignore[return-value]


def _plain(root: Path) -> SentenceFolder:
    """A model folder that says nothing about sentences: the mean over the tokens."""
    width = Config.from_pretrained(root).hidden_size
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    pooling = {"word_embedding_dimension": width, "pooling_mode_mean_tokens": True}
    return SentenceFolder(files={_MODULES: modules, "1_Pooling/config.json": pooling})


def _read_modules(root: Path) -> SentenceFolder:
    path = root / _MODULES
    wrapped = parse_json(f'{{"modules": {read_text(path)}}}', path)  # it holds a list
    files: dict[str, Any] = {_MODULES: wrapped["modules"]}
    pooling: tuple[str, ...] = ()
    steps: list[DenseLayer | str] = []
    model_path = None
    for module in wrapped["modules"]:
        if not isinstance(module, dict) or not isinstance(module.get("path"), str):
            raise ConfigError(f"{path}: each module must have a type and a path, not {module!r}")
        place = module["path"]
        kind = str(module.get("type", "")).rpartition(".")[2]
        settings = _optional(
            root, f"{place}/config.json" if place else "config.json", files, keep=kind != "Transformer"
        )
        if kind == "Transformer":
            model_path = place
        elif kind == "Pooling":
            pooling = _pooling(settings, root / place)
        elif kind == "Dense":
            steps.append(_dense(settings, root / place))
        elif kind == "Normalize":
            steps.append(NORMALIZE)
        elif kind != "Dropout":  # it does nothing outside training
            known = ("Transformer", "Pooling", "Dense", "Normalize", "Dropout")
            raise ConfigError(
                f"{path}: module {kind!r} is not known here{near_names(kind, known)}; {', '.join(known)} are"
            )
    if model_path is None or not pooling:
        raise ConfigError(f"{path} must name a Transformer and a Pooling")
    inside = f"{model_path}/{_TRANSFORMER}" if model_path else _TRANSFORMER
    transformer, settings = _optional(root, inside, files), _optional(root, _SETTINGS, files)
    return SentenceFolder(
        pooling=pooling,
        steps=tuple(steps),
        max_seq_length=transformer.get("max_seq_length"),
        do_lower_case=bool(transformer.get("do_lower_case", False)),
        prompts={name: prompt for name, prompt in (settings.get("prompts") or {}).items() if isinstance(prompt, str)},
        default_prompt=settings.get("default_prompt_name"),
        model_path=model_path,
        files=files,
    )


def _optional(root: Path, place: str, files: dict[str, Any], *, keep: bool = True) -> dict[str, Any]:
    """A settings file, remembered for saving; empty where there is none."""
    path = root / place
    if not path.exists():
        return {}
    settings = read_json(path)
    if keep:
        files[place] = settings
    return settings


def _pooling(settings: Mapping[str, Any], place: Path) -> tuple[str, ...]:
    named = settings.get("pooling_mode")
    if named is None:
        named = [mode for key, mode in _POOLING_KEYS.items() if settings.get(key)] or ["mean"]
    modes = (named,) if isinstance(named, str) else tuple(named)
    for mode in modes:
        if mode not in POOLINGS:
            known = ", ".join(POOLINGS)
            raise ConfigError(
                f"{place}/config.json: pooling {mode!r} is not known{near_names(str(mode), POOLINGS)}; {known}"
            )
    if not settings.get("include_prompt", True):
        raise ConfigError(f"{place}/config.json: include_prompt=false is not supported")
    return modes


def _dense(settings: Mapping[str, Any], place: Path) -> DenseLayer:
    name = str(settings.get("activation_function", "torch.nn.modules.activation.Tanh")).rpartition(".")[2]
    if name not in _ACTIVATIONS:
        known = ", ".join(_ACTIVATIONS)
        raise ConfigError(f"{place}/config.json: activation_function {name!r} is not known; {known} are")
    if settings.get("use_residual"):
        raise ConfigError(f"{place}/config.json: use_residual is not supported")
    tensors = Checkpoint.open(place).tensors
    if "linear.weight" not in tensors:
        raise ConfigError(f"{place} has no linear.weight, but {', '.join(tensors)}")
    return DenseLayer(tensors, _ACTIVATIONS[name])


def _float(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.float()


def save_sentence_folder(
    model: EncoderModel, tokenizer: PreTrainedTokenizer, folder: SentenceFolder, root: Path, max_shard_size: int | str
) -> None:
    """Write model, tokenizer and the settings as they were read."""
    place = root / folder.model_path
    model.save_pretrained(place, max_shard_size=max_shard_size)
    tokenizer.save_pretrained(place)
    dense = iter([step for step in folder.steps if isinstance(step, DenseLayer)])
    for module in folder.files[_MODULES]:
        kind = str(module.get("type", "")).rpartition(".")[2]
        (root / module["path"]).mkdir(parents=True, exist_ok=True)
        if kind == "Dense":
            save_files(root / module["path"], {"model.safetensors": _tensor_writer(next(dense).tensors)})
    for path, settings in folder.files.items():
        if path != _MODULES:
            save_files((root / path).parent, {Path(path).name: write_json(settings)})
    save_files(root, {_MODULES: write_json(folder.files[_MODULES])})


def _tensor_writer(tensors: Mapping[str, Tensor]) -> Callable[[Path], None]:
    from safetensors.torch import save_file

    ready = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    return lambda path: save_file(ready, path, metadata={"format": "pt"})
