"""For every registered architecture: tiny random models of the reference, and the same weights loaded here."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
transformers.utils.logging.disable_progress_bar()

from leanformers import auto  # noqa: E402
from leanformers.models.arch import ARCHITECTURES  # noqa: E402

from .configs import TINY, VARIANTS  # noqa: E402

_NAMES = {
    "base": "AutoModel",
    "sequence-classification": "AutoModelForSequenceClassification",
    "token-classification": "AutoModelForTokenClassification",
    "question-answering": "AutoModelForQuestionAnswering",
    "multiple-choice": "AutoModelForMultipleChoice",
    "next-sentence-prediction": "AutoModelForNextSentencePrediction",
    "pretraining": "AutoModelForPreTraining",
    "replaced-token-detection": "AutoModelForPreTraining",
    "masked-lm": "AutoModelForMaskedLM",
    "causal-lm": "AutoModelForCausalLM",
    "seq2seq-lm": "AutoModelForSeq2SeqLM",
    "text-encoding": "AutoModelForTextEncoding",
}
_KINDS = {task: (getattr(transformers, name), getattr(auto, name)) for task, name in _NAMES.items()}


@dataclass
class Pair:
    """A model of the reference and ours, with the same weights, in evaluation mode."""

    reference: Any
    ours: Any
    folder: Path

    @property
    def vocabulary(self) -> int:
        return int(self.reference.config.vocab_size)

    @property
    def first_position(self) -> int:
        """Of the reference, which counts from behind the padding id in the descendants of RoBERTa."""
        return self.ours.base_model.limits.first_position

    def as_ours(self, name: str, tensor: Any) -> Any:
        """A tensor of the reference in the shape that ours has."""
        transposed = self.ours.architecture.layout.is_transposed(name)
        return tensor.t() if transposed and tensor is not None else tensor

    @property
    def types(self) -> int:
        return int(getattr(self.reference.config, "type_vocab_size", 0))


def reference_model(model_type: str, variant: str, task: str = "base", **more: Any) -> Any:
    """A model of the reference with weights that are large enough to show a mistake."""
    values = {"vocab_size": 120, "max_position_embeddings": 40, **TINY[model_type]}
    config = transformers.AutoConfig.for_model(model_type, **{**values, **VARIANTS[model_type][variant], **more})
    config._attn_implementation = "eager"
    model = _KINDS[task][0].from_config(config, attn_implementation="eager")
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            normal = re.search(r"norm|\bln_", name.lower()) and name.endswith("weight")
            middle = 1.0 if normal and "gemma" not in model_type else 0.0  # Gemma adds the 1 itself
            weight.copy_(middle + 0.15 * torch.randn(weight.shape, generator=generator))
    return model.eval()


@pytest.fixture
def make_pair(tmp_path: Path) -> Callable[..., Pair]:
    """`make_pair(model_type, variant, task, …)`: a pair that went through a folder written by the reference."""

    def make(model_type: str, variant: str = "even", task: str = "base", **more: Any) -> Pair:
        reference = reference_model(model_type, variant, task, **more)
        folder = tmp_path / f"{model_type}-{variant}-{task}"
        reference.save_pretrained(folder)
        return Pair(reference, _KINDS[task][1].from_pretrained(folder), folder)

    return make


@pytest.fixture
def batch_of() -> Callable[..., dict[str, Any]]:
    """`batch_of(pair, lengths, side)`: a padded batch of random ids, and types where the model has them."""

    def make(pair: Pair, lengths: list[int], side: str = "right", seed: int = 0) -> dict[str, Any]:
        generator = torch.Generator().manual_seed(seed)
        rows = [torch.randint(5, pair.vocabulary, (n,), generator=generator) for n in lengths]  # no padding ids
        types = [torch.randint(0, max(pair.types, 1), (n,), generator=generator) for n in lengths]
        width = max(lengths)

        def pad(row: Any) -> Any:
            gap = width - len(row)
            return torch.nn.functional.pad(row, (gap, 0) if side == "left" else (0, gap))

        batch = {
            "input_ids": torch.stack([pad(row) for row in rows]),
            "attention_mask": torch.stack([pad(torch.ones_like(row)) for row in rows]),
        }
        if pair.types:
            batch["token_type_ids"] = torch.stack([pad(row) for row in types])
        return batch

    return make


@pytest.fixture
def two_texts(batch_of):
    """`two_texts(pair, sources, targets, side)`: padded batches of sources and targets of random ids."""

    def make(pair: Any, sources: list[int], targets: list[int], side: str = "right", seed: int = 0) -> dict[str, Any]:
        batch = dict(batch_of(pair, sources, side, seed))
        target = batch_of(pair, targets, "right", seed + 50)
        batch.pop("token_type_ids", None)
        return {
            **batch,
            "decoder_input_ids": target["input_ids"],
            "decoder_attention_mask": target["attention_mask"],
        }

    return make


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with `model_type` runs for each architecture; with `variant` or `head` for each of these too.

    Encoder–decoders, which read two texts, have tests of their own, with `pair_type`.
    """
    kind = next((name for name in ("model_type", "pair_type", "any_type") if name in metafunc.fixturenames), None)
    if kind is None:
        return
    names = [name for name, a in ARCHITECTURES.items() if kind == "any_type" or a.reads_source == (kind == "pair_type")]
    if "variant" in metafunc.fixturenames:
        cases = [(name, variant) for name in names for variant in VARIANTS.get(name, {"missing": {}})]
        metafunc.parametrize((kind, "variant"), cases, ids=["-".join(case) for case in cases])
    elif "head" in metafunc.fixturenames:
        heads = [(name, task) for name in names for task in ARCHITECTURES[name].heads]
        metafunc.parametrize((kind, "head"), heads, ids=["-".join(case) for case in heads])
    else:
        metafunc.parametrize(kind, names)


with contextlib.suppress(AttributeError):
    transformers.utils.logging.set_verbosity_error()
