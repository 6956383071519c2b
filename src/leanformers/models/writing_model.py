"""Models that write: `generate` and `stream`, and the file of their settings. What each is made of is its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor

from ..config import Config
from ..errors import ArgumentError, InputValueError
from ..files import write_json
from .generation.generate import generate, write
from .generation.settings import FILE, GenerationConfig
from .generation.stopping import Stops
from .heads import HeadModel
from .inputs import gather_inputs, pack_inputs

if TYPE_CHECKING:
    from ..tokenizers.tokenizer import PreTrainedTokenizer
    from .generation.writer import Writer
    from .packed import Packed

__all__ = ["WritingModel"]


class WritingModel(HeadModel):
    """A model with logits for the token that follows.

    Attributes:
        generation_config: the settings of `generate`, those of the folder's generation_config.json.
        prompt_is_text: whether it goes on with its prompt; otherwise it begins a text of its own.
    """

    generation_config: GenerationConfig
    prompt_is_text: ClassVar[bool] = True

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.generation_config = GenerationConfig.of_model(config)
        self._has_generation_file = False

    def begin(self, packed: Packed, settings: GenerationConfig) -> Writer:
        """Read checked prompts, and be ready to write."""
        raise NotImplementedError

    # ---- the file of settings beside the weights ----

    def read_companions(self, folder: Path) -> None:
        """Take the settings of generation_config.json, where there is one."""
        if (folder / FILE).is_file():
            self.generation_config = GenerationConfig.read(folder)
            self._has_generation_file = True

    def companions(self) -> dict[str, Callable[[Path], None]]:
        """The files to save beside the weights."""
        if not self._has_generation_file:
            return {}
        return {FILE: write_json(self.generation_config.values)}

    # ---- writing ----

    def generate(
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        *,
        generation_config: GenerationConfig | None = None,
        seed: int | None = None,
        tokenizer: PreTrainedTokenizer | None = None,
        token_type_ids: Any = None,
        **settings: Any,
    ) -> Tensor:
        """Write on behind prompts.

        Prompts of different lengths are read packed: padding, on either side, costs nothing and changes nothing. The
        greedy ids are those of transformers.

        Args:
            input_ids: (batch, length) token ids, or the tokenizer's whole result.
            attention_mask: (batch, length), 1 for tokens, 0 for padding.
            generation_config: instead of the model's own settings.
            seed: each text draws from numbers of its own; without a seed all draw from torch's generator.
            tokenizer: needed for `stop_strings`.
            token_type_ids: taken from tokenizers that make them, and not read.
            settings: max_new_tokens, max_length, min_new_tokens, min_length, do_sample, temperature, top_k, top_p,
                min_p, repetition_penalty, no_repeat_ngram_size, num_beams, length_penalty, early_stopping,
                num_return_sequences, eos_token_id, pad_token_id, forced_bos_token_id, forced_eos_token_id,
                stop_strings; over those of `generation_config`.

        Returns:
            (batch · num_return_sequences, width) ids: the prompts with the padding before them (of an encoder–decoder
            the id that it begins with), what was written, and padding behind texts that ended early.

        Raises:
            TooLongError: a prompt and its new tokens are more than the model has positions.
            InputValueError, ArgumentError: a setting that does not exist or makes no sense.
            InputTypeError, ShapeError, TokenIdError: the inputs do not fit, as in a call of the model.

        Example:
            >>> from leanformers import AutoModelForCausalLM, AutoTokenizer
            >>> model = AutoModelForCausalLM.from_pretrained(folder)  # doctest: +SKIP
            >>> tokenizer = AutoTokenizer.from_pretrained(folder)  # doctest: +SKIP
            >>> prompts = tokenizer(["Once upon a time"], return_tensors="pt")  # doctest: +SKIP
            >>> tokenizer.batch_decode(model.generate(**prompts, max_new_tokens=20))  # doctest: +SKIP
            ['Once upon a time there was …']
        """
        chosen = self._settings("generate", generation_config, settings)
        given = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
        return generate(self, given, chosen, seed, tokenizer)

    def stream(
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        *,
        tokenizer: PreTrainedTokenizer,
        generation_config: GenerationConfig | None = None,
        seed: int | None = None,
        token_type_ids: Any = None,
        **settings: Any,
    ) -> Iterator[str]:
        """Write on behind one prompt, and give the text as it comes, in pieces of whole characters.

        Arguments and errors are those of `generate`; beams and several texts for a prompt cannot be streamed.

        Example:
            >>> for piece in model.stream(**prompt, tokenizer=tokenizer):  # doctest: +SKIP
            ...     print(piece, end="")
        """
        from ..tokenizers.decode_stream import DecodeStream

        chosen = self._settings("stream", generation_config, settings)
        if chosen.num_beams > 1 or chosen.num_return_sequences > 1:
            raise ArgumentError("stream gives one text as it is written: num_beams and num_return_sequences must be 1")
        given = {"attention_mask": attention_mask, "token_type_ids": token_type_ids}
        names = ("input_ids", *given)
        inputs = gather_inputs(f"{type(self).__name__}.stream()", input_ids, given, names)
        packed, padding = pack_inputs(inputs, self.base_model.limits, self.device)
        if padding.batch != 1:
            raise InputValueError(f"stream writes one text, not {padding.batch}; use generate for a batch")
        stops = Stops(chosen, chosen.new_tokens(padding.length if self.prompt_is_text else 1), tokenizer)
        prompt = packed.ids.tolist() if self.prompt_is_text else [chosen.start]

        def pieces() -> Iterator[str]:
            decoder = DecodeStream(tokenizer, prompt, skip_special_tokens=True)
            for _, ids in write(self, packed, chosen, stops, seed):
                piece = decoder.step(ids[0])
                if piece is not None:
                    yield piece

        return pieces()

    def _settings(self, call: str, base: GenerationConfig | None, given: dict[str, Any]) -> GenerationConfig:
        base = self.generation_config if base is None else base
        return base.updated(f"{type(self).__name__}.{call}", given)
