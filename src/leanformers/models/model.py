"""Model: what every model has, base model or head: loading, saving, names, modes, and the options of a call."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from ..config import Config
from ..errors import ArchitectureError, ArgumentError, InputTypeError, reject_unknown_arguments
from ..hub.publish import Publication, publish
from ..hub.publishable import Publishable
from .arch import Architecture
from .layout import Row
from .tree import Mounts, mount, refuse_to_replace

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..hub.card import CardFacts
    from .encoder import EncoderModel
    from .weights import LoadReport

__all__ = ["PreTrainedModel"]

_OPTIONS = ("output_hidden_states", "output_attentions", "return_dict")


class PreTrainedModel(nn.Module, Publishable):
    """A model with the names of its checkpoint: `state_dict()`, `named_parameters()` and `named_modules()` speak them.

    Inside, tokens are packed and never padded, so that a text's output does not depend on its batch. Without gradients
    a compiled plan runs; otherwise, and where modules were replaced or hooked, plain torch modules do.

    Attributes:
        config: the settings.
        load_report: what `from_pretrained` found; None for a model made from a config.
    """

    architecture: ClassVar[Architecture]
    task: ClassVar[str]

    config: Config
    load_report: LoadReport | None

    def __init__(self, config: Config) -> None:
        super().__init__()
        if not isinstance(config, Config):
            raise InputTypeError(f"{type(self).__name__}(config) needs a Config, not {type(config).__name__}")
        expected, given = self.architecture.model_type, config.model_type
        if given != expected:
            raise ArchitectureError(
                f"{type(self).__name__} is of the architecture {expected!r}, but the config says {given!r}; AutoModel "
                "takes the class that fits"
            )
        self.config = config
        self.load_report = None
        # Tensors of the checkpoint that nothing reads, and names that it spells otherwise: both for saving.
        self.passengers: dict[str, Tensor] = {}
        self.aliases: dict[str, str] = {}

    # ---- what users do with it ----

    @classmethod
    def from_pretrained(
        cls,
        name: str | os.PathLike[str],
        *,
        config: Config | None = None,
        dtype: Any = "auto",
        device_map: Any = None,
        output_loading_info: bool = False,
        **options: Any,
    ) -> Any:
        """The model in a folder or a repository, in evaluation mode.

        Reads safetensors (one file or shards), memory-mapped; `pytorch_model.bin` only through torch's `weights_only`
        reader. No code of a checkpoint is ever run. What was found is in `model.load_report`.

        Args:
            name: a folder, a file of weights in one, a repository on the Hub, or "leanformers/tiny-sentiment".
            config: instead of the folder's config.json.
            dtype: "auto" keeps the checkpoint's; or a name ("bfloat16") or a torch dtype.
            device_map: the device to put the model on.
            output_loading_info: give what was found too, as a dict with the keys of transformers.
            options: where to find it, as `HubOptions`: `revision`, `subfolder`, `variant`, `token`, …; keys of
                config.json to override, e.g. `num_labels=5`; `ignore_mismatched_sizes=True` starts heads of another
                shape new; `check_finite=True` reads all weights at once and refuses NaN and infinity.

        Returns:
            The model; with `output_loading_info`, (model, {"missing_keys": …, "unexpected_keys": …,
            "mismatched_keys": [(name, shape in the checkpoint, shape in the model)], "error_msgs": []}).

        Raises:
            MissingFileError: no such folder or repository, no config.json, no weights.
            HubError: the Hub refuses or fails.
            FileFormatError: a file is broken, cut off, or a git-lfs pointer; with `check_finite`, has NaN or infinity.
            ArchitectureError: the checkpoint is of another architecture.
            MissingWeightsError: weights of the base model are missing. (A missing head starts new, with a warning.)
            ShapeError: weights of other shapes than the config says.
            ArgumentError: an option that is no key of the config.

        Example:
            >>> from leanformers import BertForSequenceClassification
            >>> model = BertForSequenceClassification.from_pretrained("leanformers/tiny-sentiment")
            >>> model.config.num_labels
            2
        """
        from .weights import load

        model = load(cls, name, config=config, dtype=dtype, device_map=device_map, options=options)
        if not output_loading_info:
            return model
        assert model.load_report is not None
        return model, model.load_report.loading_info()

    def save_pretrained(
        self,
        folder: str | os.PathLike[str],
        *,
        max_shard_size: int | str = "5GB",
        push_to_hub: bool = False,
        **publishing: Any,
    ) -> None:
        """Write config.json and model.safetensors (shards and an index above `max_shard_size`), whole or not at all.

        Names are spelled as in the checkpoint that was loaded, and tensors that only travel with it are written back.
        With `push_to_hub=True` the model is pushed too, with the arguments of `push_to_hub`; `repo_id` is the folder's
        name unless it is given.

        Raises:
            InputValueError: `folder` is a file, or `max_shard_size` is no size.
            ArgumentError: an argument that does not exist, or safe_serialization=False.
        """
        from .saving import save

        if publishing.pop("safe_serialization", True) is not True:
            raise ArgumentError("save_pretrained writes safetensors only; safe_serialization=False is not possible")
        publication = Publication.of_save(folder, push_to_hub, {"max_shard_size": max_shard_size, **publishing})
        save(self, folder, max_shard_size)
        if publication is not None:
            publish(self, publication)

    def write_publication(self, folder: Path, max_shard_size: int | str) -> None:
        """Write the files that are pushed."""
        self.save_pretrained(folder, max_shard_size=max_shard_size)

    def card_facts(self) -> CardFacts:
        """What a model card says about it."""
        from ..auto import auto_class_name
        from ..hub.card import CardFacts, pipeline_tag

        tags = (self.config.model_type,)
        return CardFacts.of_classes(auto_class_name(self.task), tag=pipeline_tag(self.task), tags=tags)

    def read_companions(self, folder: Path) -> None:
        """Take what a model's folder holds beside config and weights."""

    def companions(self) -> dict[str, Callable[[Path], None]]:
        """The files to save beside config and weights: name → what writes it."""
        return {}

    @property
    def base_model(self) -> EncoderModel:
        """The part without the head."""
        raise NotImplementedError

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the weights."""
        return next(p.dtype for p in self.parameters() if p.is_floating_point())

    def num_parameters(self, only_trainable: bool = False) -> int:
        """How many numbers the weights have."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad or not only_trainable)

    def get_input_embeddings(self) -> nn.Module:
        """The module that turns ids into vectors."""
        return self.base_model.token_table.module

    def resize_token_embeddings(self, new_num_tokens: int) -> nn.Embedding:
        """Give the vocabulary another size; see `EncoderModel.resize_token_embeddings`."""
        return self.base_model.resize_token_embeddings(new_num_tokens)

    def gradient_checkpointing_enable(self, gradient_checkpointing_kwargs: dict[str, Any] | None = None) -> None:
        """In training, keep only what goes into each block, and compute the rest again for the gradients.

        Memory for time: about one more pass forward. Results and gradients stay the same.

        Args:
            gradient_checkpointing_kwargs: for torch.utils.checkpoint.checkpoint; `use_reentrant=False` unless given.
        """
        self.base_model.checkpoint_blocks({"use_reentrant": False, **(gradient_checkpointing_kwargs or {})})

    def gradient_checkpointing_disable(self) -> None:
        """Keep everything again."""
        self.base_model.checkpoint_blocks(None)

    @property
    def is_gradient_checkpointing(self) -> bool:
        """Whether training computes blocks again instead of keeping them."""
        return self.base_model.checkpoints_blocks

    # ---- parts ----

    @property
    def tied(self) -> dict[str, str]:
        """Parameters that are other ones as well: name → the name under which a checkpoint has them."""
        return {}

    def tie_weights(self) -> None:
        """Make the parameters in `tied` one and the same."""

    def untie(self, name: str) -> None:
        """Give a parameter in `tied` numbers of its own."""
        raise NotImplementedError

    def spread_of(self, slot: str) -> float:
        """The standard deviation of new weights in a slot of the wiring."""
        initial = self.architecture.initial
        return float(self.config.initializer_range) if initial is None else initial(self.config, slot)

    def own_mounts(self) -> Mounts:
        """The modules with weights that belong to this model, without those of its base model."""
        raise NotImplementedError

    def _hold(self, body: nn.Module, rows: list[Row]) -> None:
        """Keep `body` beside the registered modules, and hang its weights into the tree."""
        object.__setattr__(self, "_body", body)
        object.__setattr__(self, "_mounts", mount(self, body, rows))

    def train(self, mode: bool = True) -> Self:
        """Training mode switches dropout on and lets the bricks run."""
        super().train(mode)
        body = self.__dict__.get("_body")
        if body is not None:
            body.train(mode)
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, nn.Module):
            refuse_to_replace(self, "", name)
        super().__setattr__(name, value)

    def _read_options(self, options: dict[str, Any], names: Sequence[str]) -> dict[str, bool]:
        """What a call wants back: its own options, else those of the config; arguments that do not exist raise."""
        call = f"{type(self).__name__}()"
        for name in ("inputs_embeds", "past_key_values", "encoder_hidden_states", "encoder_attention_mask"):
            if options.get(name) is not None:
                raise ArgumentError(f"{call}: {name} is not supported; give input_ids")
        reject_unknown_arguments(call, (name for name in options if name not in _OPTIONS), (*names, *_OPTIONS))
        chosen = {name: options.get(name) for name in _OPTIONS}
        return {name: bool(getattr(self.config, name) if value is None else value) for name, value in chosen.items()}
