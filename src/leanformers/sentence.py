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

from .errors import ArgumentError, InputValueError, ShapeError, near_names, reject_unknown_arguments
from .hub.options import HubOptions
from .hub.publish import Publication, publish
from .hub.publishable import Publishable
from .long_text import LongText, read_texts
from .models.packed import packs_of
from .models.pooling import pool
from .models.sentence_folder import DenseLayer, SentenceFolder, read_sentence_folder, save_sentence_folder
from .progress import progress

if TYPE_CHECKING:
    from typing_extensions import Self

    from .hub.card import CardFacts
    from .long_text import Windows
    from .models.encoder import EncoderModel
    from .tokenizers.tokenizer import PreTrainedTokenizer

__all__ = ["SentenceEncoder"]

# Tokens that go through the model at a time: many enough to fill the kernels, few enough for the cache.
TOKENS_PER_STEP = 4096


class SentenceEncoder(Publishable):
    """Turns texts into vectors whose nearness is the nearness of meaning.

    A text's vector has the same bits alone, in any list and in any order.

    Attributes:
        model: the base model.
        tokenizer: its tokenizer.
        max_seq_length: tokens of a text at most, or of a window.
        long_text: what is done with longer texts where a call does not say otherwise: they are cut, as in
            sentence-transformers.
        width: numbers in a vector.

    Example:
        >>> encoder = SentenceEncoder.from_pretrained("leanformers/tiny-sentiment")
        >>> vectors = encoder.encode(["A lovely day.", "What a nice morning!", "I hate it."])
        >>> vectors.shape == (3, encoder.width), str(vectors.dtype)
        (True, 'float32')
    """

    def __init__(
        self,
        model: EncoderModel,
        tokenizer: PreTrainedTokenizer,
        folder: SentenceFolder,
        *,
        too_long: str = "truncate",
        stride: int | None = None,
    ) -> None:
        """Put the parts together; `from_pretrained` finds them."""
        self.long_text = LongText("truncate").updated(too_long, stride)
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
        too_long: str = "truncate",
        stride: int | None = None,
        **options: Any,
    ) -> Self:
        """The encoder in a folder or a repository.

        A folder of sentence-transformers says in modules.json how tokens become one vector; for a plain model folder
        it is the mean over the tokens.

        Args:
            name: a folder, a repository on the Hub, or "leanformers/tiny-sentiment".
            dtype: of the model, as in `AutoModel.from_pretrained`.
            device_map: the device of the model.
            too_long: "truncate", "error" or "window": what `encode` does with texts of more than `max_seq_length`
                tokens where a call does not say otherwise.
            stride: tokens that neighbouring windows share.
            options: where to find it, as `HubOptions`: `revision`, `subfolder`, `variant`, `token`, …

        Raises:
            HubError: the Hub refuses or fails.
            ConfigError: a module or a setting that is not known here; names the file.
            LeanformersError: the errors of `AutoModel` and `AutoTokenizer`.
        """
        place, unknown = HubOptions.take(options)
        known = {"dtype", "device_map", "too_long", "stride", *HubOptions.names()}
        reject_unknown_arguments("SentenceEncoder.from_pretrained()", unknown, known)
        model, tokenizer, folder = read_sentence_folder(name, place, dtype=dtype, device_map=device_map)
        return cls(model, tokenizer, folder, too_long=too_long, stride=stride)

    def encode(
        self,
        texts: Any,
        *,
        batch_size: int | None = None,
        show_progress: bool | None = None,
        normalize: bool | None = None,
        prompt: str | None = None,
        prompt_name: str | None = None,
        too_long: str | None = None,
        stride: int | None = None,
        return_dropped: bool = False,
    ) -> Any:
        """The vectors of texts, in their order.

        Args:
            texts: one str, or any iterable of str or of pairs of str.
            batch_size: texts in a step at most; without it, steps are bounded by tokens alone.
            show_progress: a progress bar; None shows it on a terminal for long lists.
            normalize: True makes vectors of length 1, False leaves their length; None does what the folder says.
            prompt: is put before each text.
            prompt_name: of a prompt that the folder names, e.g. "query".
            too_long: "truncate" cuts texts with more than `max_seq_length` tokens, "error" raises, "window" reads them
                in windows that overlap: each is pooled as a text of its own, and their vectors are averaged, weighted
                by the windows' own tokens (with "max" pooling: the highest numbers). None: as the encoder was made.
            stride: tokens that neighbouring windows share.
            return_dropped: give how many tokens of each text were cut off, too.

        Returns:
            float32, (n, width); (width,) for one str. With `return_dropped`, (vectors, tokens): int64, (n,), or an int.

        Raises:
            InputTypeError: an item is no text; names it.
            TooLongError: with `too_long="error"`; names the row and its tokens.
            ArgumentError, InputValueError: an argument has an unknown value.

        Example:
            >>> encoder = SentenceEncoder.from_pretrained("leanformers/tiny-sentiment")
            >>> vectors, dropped = encoder.encode(["A lovely day.", "very " * 600], return_dropped=True)
            >>> dropped.tolist() == [0, 602 - encoder.max_seq_length]
            True
        """
        single = isinstance(texts, str)
        vectors, dropped = self.encode_rows(
            [texts] if single else texts,
            0,
            self.long_text.for_call(too_long, stride),
            batch_size=batch_size,
            show_progress=show_progress,
            normalize=normalize,
            prompt=prompt,
            prompt_name=prompt_name,
        )
        if not return_dropped:
            return vectors[0] if single else vectors
        return (vectors[0], dropped[0]) if single else (vectors, numpy.array(dropped, numpy.int64))

    def encode_rows(
        self,
        texts: Any,
        first_row: int,
        long_text: LongText,
        *,
        batch_size: int | None = None,
        show_progress: bool | None = None,
        normalize: bool | None = None,
        prompt: str | None = None,
        prompt_name: str | None = None,
    ) -> tuple[NDArray[numpy.float32], list[int]]:
        """As `encode`, for a part of a longer input: its first text has the number `first_row` in messages."""
        if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
            raise InputValueError(f"batch_size must be a number of at least 1, not {batch_size!r}")
        windows = read_texts(
            self.tokenizer,
            self._changed(texts, self._prompt(prompt, prompt_name)),
            limit=self.max_seq_length,
            long_text=long_text,
            row_of=lambda row: first_row + row,
        )
        return self._vectors(windows, batch_size, show_progress, normalize), windows.dropped

    def _vectors(
        self, windows: Windows, batch_size: int | None, show_progress: bool | None, normalize: bool | None
    ) -> NDArray[numpy.float32]:
        """The vectors of texts that may have several windows, (texts, width)."""
        modes = self.folder.pooling
        rows, width = len(windows.ragged), self.model.wiring.width
        pooled = torch.empty(rows, width * len(modes))
        with torch.inference_mode(), progress("Encoding", rows, show_progress) as advance:
            for packed in packs_of(windows.ragged, tokens=TOKENS_PER_STEP, texts=batch_size):
                packed = packed.to(self.model.device)
                hidden = self.model.forward_packed(packed)  # (tokens, width)
                pooled[packed.order.cpu()] = pool(hidden, packed, modes).cpu()
                advance(len(packed.lengths))
            parts = zip(modes, torch.split(pooled, width, dim=1), strict=True)
            merged = [windows.highest(part) if mode == "max" else windows.mean(part) for mode, part in parts]
            vectors: NDArray[numpy.float32] = self._finish(torch.cat(merged, dim=1), normalize).numpy()
        return vectors

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

    def _changed(self, texts: Any, prompt: str) -> Any:
        """Texts as the tokenizer is to see them."""
        if not prompt and not self.folder.do_lower_case:
            return texts
        change = _Change(prompt, self.folder.do_lower_case)
        return [change(text) for text in (texts.tolist() if hasattr(texts, "tolist") else texts)]

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


def _unit(vectors: NDArray[numpy.float32]) -> NDArray[numpy.float32]:
    vectors = vectors[None] if vectors.ndim == 1 else vectors
    if vectors.ndim != 2:
        raise ShapeError(f"vectors must have the shape (n, width), not {vectors.shape}")
    lengths = numpy.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[numpy.float32] = vectors / numpy.maximum(lengths, 1e-12)
    return unit
