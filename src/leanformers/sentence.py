"""SentenceEncoder: texts to one vector each. Reads the folders of sentence-transformers; the end of the data's way.

texts ──► tokenizer ──► Ragged ──► packs of similar length ──► model ──► pooling ──► dense, normalize ──► (n, width)
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from .errors import ArgumentError, InputValueError, ShapeError, TooLongError, near_names, reject_unknown_arguments
from .hub.options import HubOptions
from .hub.publish import Publication, Publishable, publish
from .models.packed import packs_of
from .models.pooling import pool
from .models.sentence_folder import DenseLayer, SentenceFolder, read_sentence_folder, save_sentence_folder
from .progress import progress

if TYPE_CHECKING:
    from typing_extensions import Self

    from .hub.card import CardFacts
    from .models.encoder import EncoderModel
    from .tokenizers.ragged import Ragged
    from .tokenizers.tokenizer import PreTrainedTokenizer

__all__ = ["SentenceEncoder"]

# Tokens that go through the model at a time: many enough to fill the kernels, few enough for the cache.
TOKENS_PER_STEP = 4096
TOO_LONG = ("truncate", "error")


class SentenceEncoder(Publishable):
    """Turns texts into vectors whose nearness is the nearness of meaning.

    A text's vector has the same bits alone, in any list and in any order.

    Attributes:
        model: the base model.
        tokenizer: its tokenizer.
        max_seq_length: tokens of a text at most.
        width: numbers in a vector.

    Example:
        >>> encoder = SentenceEncoder.from_pretrained("leanformers/tiny-sentiment")
        >>> vectors = encoder.encode(["A lovely day.", "What a nice morning!", "I hate it."])
        >>> vectors.shape == (3, encoder.width), str(vectors.dtype)
        (True, 'float32')
    """

    def __init__(self, model: EncoderModel, tokenizer: PreTrainedTokenizer, folder: SentenceFolder) -> None:
        """Put the parts together; `from_pretrained` finds them."""
        self.model = model
        self.tokenizer = tokenizer
        self.folder = folder
        limits = [folder.max_seq_length or tokenizer.model_max_length, model.limits.positions]
        self.max_seq_length = int(min(limit for limit in limits if limit is not None))
        dense = [step for step in folder.steps if isinstance(step, DenseLayer)]
        self.width = dense[-1].outputs if dense else model.wiring.width * len(folder.pooling)

    @classmethod
    def from_pretrained(
        cls,
        name: str | os.PathLike[str],
        *,
        dtype: Any = "auto",
        device_map: Any = None,
        **options: Any,
    ) -> Self:
        """The encoder in a folder or a repository.

        A folder of sentence-transformers says in modules.json how tokens become one vector; for a plain model folder
        it is the mean over the tokens.

        Args:
            name: a folder, a repository on the Hub, or "leanformers/tiny-sentiment".
            dtype: of the model, as in `AutoModel.from_pretrained`.
            device_map: the device of the model.
            options: where to find it, as `HubOptions`: `revision`, `subfolder`, `variant`, `token`, …

        Raises:
            HubError: the Hub refuses or fails.
            ConfigError: a module or a setting that is not known here; names the file.
            LeanformersError: the errors of `AutoModel` and `AutoTokenizer`.
        """
        place, unknown = HubOptions.take(options)
        known = {"dtype", "device_map", *HubOptions.names()}
        reject_unknown_arguments("SentenceEncoder.from_pretrained()", unknown, known)
        model, tokenizer, folder = read_sentence_folder(name, place, dtype=dtype, device_map=device_map)
        return cls(model, tokenizer, folder)

    def encode(
        self,
        texts: Any,
        *,
        batch_size: int | None = None,
        show_progress: bool | None = None,
        normalize: bool | None = None,
        prompt: str | None = None,
        prompt_name: str | None = None,
        too_long: str = "truncate",
    ) -> NDArray[numpy.float32]:
        """The vectors of texts, in their order.

        Args:
            texts: one str, or any iterable of str or of pairs of str.
            batch_size: texts in a step at most; without it, steps are bounded by tokens alone.
            show_progress: a progress bar; None shows it on a terminal for long lists.
            normalize: True makes vectors of length 1, False leaves their length; None does what the folder says.
            prompt: is put before each text.
            prompt_name: of a prompt that the folder names, e.g. "query".
            too_long: "truncate" cuts texts with more than `max_seq_length` tokens, "error" raises.

        Returns:
            float32, (n, width); (width,) for one str.

        Raises:
            InputTypeError: an item is no text; names it.
            TooLongError: with `too_long="error"`; names the row and its tokens.
            ArgumentError, InputValueError: an argument has an unknown value.
        """
        if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
            raise InputValueError(f"batch_size must be a number of at least 1, not {batch_size!r}")
        single = isinstance(texts, str)
        texts = [texts] if single else texts
        ragged = self._tokenize(texts, self._prompt(prompt, prompt_name), too_long)
        vectors = numpy.empty((len(ragged), self.width), dtype=numpy.float32)
        with torch.inference_mode(), progress("Encoding", len(ragged), show_progress) as advance:
            for packed in packs_of(ragged, tokens=TOKENS_PER_STEP, texts=batch_size):
                packed = packed.to(self.model.device)
                hidden = self.model.forward_packed(packed)  # (tokens, width)
                pooled = self._finish(pool(hidden, packed, self.folder.pooling), normalize)
                vectors[packed.order.cpu().numpy()] = pooled.cpu().numpy()
                advance(len(packed.lengths))
        return vectors[0] if single else vectors

    def similarity(self, first: Any, second: Any) -> NDArray[numpy.float32]:
        """The cosine of the angle between each of `first` and each of `second`, from -1 to 1.

        Args:
            first: vectors, (n, width) or (width,).
            second: vectors, (m, width) or (width,).

        Returns:
            float32, (n, m).

        Raises:
            ShapeError: the vectors have different widths.
        """
        a, b = (_unit(numpy.asarray(vectors, dtype=numpy.float32)) for vectors in (first, second))
        if a.shape[1] != b.shape[1]:
            raise ShapeError(f"vectors of {a.shape[1]} and of {b.shape[1]} numbers cannot be compared")
        cosines: NDArray[numpy.float32] = numpy.clip(a @ b.T, -1, 1)
        return cosines

    def save_pretrained(
        self,
        folder: str | os.PathLike[str],
        *,
        max_shard_size: int | str = "5GB",
        push_to_hub: bool = False,
        **publishing: Any,
    ) -> None:
        """Write model, tokenizer and modules into a folder that sentence-transformers reads too.

        With `push_to_hub=True` they are pushed too, with the arguments of `push_to_hub`; `repo_id` is the folder's
        name unless it is given.

        Raises:
            InputValueError: `folder` is a file, or `max_shard_size` is no size.
        """
        publication = Publication.of_save(folder, push_to_hub, {"max_shard_size": max_shard_size, **publishing})
        save_sentence_folder(self.model, self.tokenizer, self.folder, Path(folder), max_shard_size)
        if publication is not None:
            publish(self, publication)

    def write_publication(self, folder: Path, max_shard_size: int | str) -> None:
        """Write the files that are pushed."""
        self.save_pretrained(folder, max_shard_size=max_shard_size)

    def card_facts(self) -> CardFacts:
        """What a model card says about it."""
        from .hub.card import CardFacts

        ours = 'from leanformers import SentenceEncoder\n\nencoder = SentenceEncoder.from_pretrained("{name}")'
        theirs = 'from sentence_transformers import SentenceTransformer\n\nmodel = SentenceTransformer("{name}")'
        loading = (("leanformers", ours), ("sentence-transformers", theirs))
        return CardFacts("sentence-similarity", ("sentence-transformers", self.model.config.model_type), loading)

    def _prompt(self, prompt: str | None, name: str | None) -> str:
        if prompt is not None:
            if name is not None:
                raise ArgumentError("give either prompt or prompt_name, not both")
            return prompt
        name = self.folder.default_prompt if name is None else name
        if name is None:
            return ""
        prompts = self.folder.prompts
        if name not in prompts:
            listed = ", ".join(repr(known) for known in prompts) or "none"
            raise InputValueError(f"there is no prompt {name!r}{near_names(name, prompts)}; the folder names: {listed}")
        return prompts[name]

    def _tokenize(self, texts: Any, prompt: str, too_long: str) -> Ragged:
        if too_long not in TOO_LONG:
            choices = " or ".join(repr(choice) for choice in TOO_LONG)
            raise InputValueError(f"too_long={too_long!r}{near_names(str(too_long), TOO_LONG)}; choose {choices}")
        if prompt or self.folder.do_lower_case:
            change = _Change(prompt, self.folder.do_lower_case)
            texts = [change(text) for text in (texts.tolist() if hasattr(texts, "tolist") else texts)]
        ragged = self.tokenizer.encode_ragged(texts, truncation=True, max_length=self.max_seq_length)
        if too_long == "error":
            refuse_dropped(ragged, self.max_seq_length)
        return ragged

    def _finish(self, vectors: Tensor, normalize: bool | None) -> Tensor:
        for step in self.folder.steps:
            if isinstance(step, DenseLayer):
                vectors = step(vectors)
            elif normalize is not False:
                vectors = F.normalize(vectors, dim=-1)
        return F.normalize(vectors, dim=-1) if normalize else vectors


class _Change:
    """Puts the prompt before a text and lowers it; leaves what is no text for the tokenizer to refuse."""

    def __init__(self, prompt: str, lower: bool) -> None:
        self.prompt, self.lower = prompt, lower

    def __call__(self, text: Any) -> Any:
        if isinstance(text, (list, tuple)):
            return type(text)(self(part) for part in text)
        if not isinstance(text, str):
            return text
        text = self.prompt + text
        return text.lower() if self.lower else text


def refuse_dropped(ragged: Ragged, limit: int, first_row: int = 0) -> None:
    """Raise TooLongError for the first row that truncation shortened; rows are counted from `first_row`."""
    for row, dropped in enumerate(ragged.dropped or ()):
        if dropped:
            tokens = int(ragged.row_offsets[row + 1] - ragged.row_offsets[row]) + dropped
            raise TooLongError(
                f'row {first_row + row}: {tokens} tokens, limit {limit}; use too_long="truncate", or split the text'
            )


def _unit(vectors: NDArray[numpy.float32]) -> NDArray[numpy.float32]:
    vectors = vectors[None] if vectors.ndim == 1 else vectors
    if vectors.ndim != 2:
        raise ShapeError(f"vectors must have the shape (n, width), not {vectors.shape}")
    lengths = numpy.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[numpy.float32] = vectors / numpy.maximum(lengths, 1e-12)
    return unit
