"""Writing on: greedily, with penalties and with beams the ids of the reference, for every architecture that writes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from leanformers.models.arch import ARCHITECTURES, CAUSAL_LM

LENGTHS = [5, 1, 12, 5, 9]
WRITERS = [name for name, architecture in ARCHITECTURES.items() if CAUSAL_LM in architecture.heads]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "writer" in metafunc.fixturenames:
        metafunc.parametrize("writer", WRITERS)


@pytest.fixture
def pair_of(make_pair):
    """`pair_of(model_type, variant)`: a language model of which no token ends a text unless asked."""

    def make(model_type: str, variant: str = "even", **more: Any) -> Any:
        return make_pair(model_type, variant, CAUSAL_LM, **{"eos_token_id": None, **more})

    return make


@pytest.mark.parametrize("sizes", ["even", "odd"])
@pytest.mark.parametrize(
    "settings",
    [
        {"max_new_tokens": 24},
        {"max_length": 30},
        {"max_new_tokens": 12, "repetition_penalty": 1.7},
        {"max_new_tokens": 9, "num_beams": 3},
        {"max_new_tokens": 9, "num_beams": 4, "num_return_sequences": 2, "length_penalty": 0.3},
    ],
    ids=["greedy", "length", "penalty", "beams", "several beams"],
)
def test_ids_are_those_of_the_reference(pair_of, batch_of, writer, settings, sizes) -> None:
    pair = pair_of(writer, sizes)
    batch = left_padded(batch_of, pair)
    ours = pair.ours.generate(**batch, **settings)
    assert torch.equal(ours, pair.reference.generate(**batch, **settings, pad_token_id=0))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"min_new_tokens": 4},
        {"num_beams": 3},
        {"num_beams": 3, "early_stopping": True, "num_return_sequences": 3},
        {"num_beams": 2, "early_stopping": "never", "length_penalty": 2.0},
    ],
    ids=["greedy", "least", "beams", "early", "never"],
)
def test_texts_end_as_those_of_the_reference(pair_of, batch_of, writer, settings) -> None:
    pair = pair_of(writer)
    batch = left_padded(batch_of, pair)
    free = pair.reference.generate(**batch, max_new_tokens=14, pad_token_id=0)
    ends = sorted({int(free[0, -9]), int(free[1, -11]), int(free[2, -3])})  # each row meets one of them, or none
    # The reference takes the padding id 0 for none after a beam search.
    settings = {"max_new_tokens": 14, "eos_token_id": ends, "pad_token_id": 3, **settings}
    ours = pair.ours.generate(**batch, **settings)
    assert torch.equal(ours, pair.reference.generate(**batch, **settings))


def test_draws_of_torchs_generator_are_those_of_the_reference(pair_of, batch_of, writer) -> None:
    pair = pair_of(writer)
    batch = left_padded(batch_of, pair)
    settings = {
        "do_sample": True,
        "temperature": 0.8,
        "top_k": 20,
        "top_p": 0.9,
        "min_p": 0.02,
        "repetition_penalty": 1.2,
        "max_new_tokens": 10,
    }
    torch.manual_seed(3)
    ours = pair.ours.generate(**batch, **settings)
    torch.manual_seed(3)
    assert torch.equal(ours, pair.reference.generate(**batch, **settings, pad_token_id=0))


@pytest.mark.parametrize("beams", [1, 3])
def test_a_text_does_not_depend_on_its_batch(pair_of, batch_of, writer, beams) -> None:
    model = pair_of(writer, "odd")
    batch = batch_of(model, LENGTHS, "right")
    settings = {"max_new_tokens": 8, "num_beams": beams, "repetition_penalty": 1.3}
    whole = model.ours.generate(**batch, **settings)
    left = model.ours.generate(**batch_of(model, LENGTHS, "left"), **settings)
    for row, length in enumerate(LENGTHS):
        alone = model.ours.generate(batch["input_ids"][row : row + 1, :length], **settings)[0]
        assert whole[row, : length + 8].tolist() == alone.tolist()
        assert not whole[row, length + 8 :].any()
        assert left[row, -length - 8 :].tolist() == alone.tolist()


def test_cached_steps_give_the_logits_of_a_whole_pass(pair_of, batch_of, writer) -> None:
    from leanformers.models.inputs import pack_inputs

    for variant in ("even", "odd"):
        model = pair_of(writer, variant).ours
        ids = torch.randint(5, 120, (2, 16), generator=torch.Generator().manual_seed(1))
        packed, _ = pack_inputs({"input_ids": ids[:, :4]}, model.base_model.limits, model.device)
        with torch.no_grad():
            expected = model(ids, torch.ones_like(ids)).logits
            writing = model.begin(packed, model.generation_config)
            for place in range(4, 16):
                assert (writing.scores - expected[:, place - 1]).abs().max() <= 1e-5
                writing.step(ids[:, place])


def left_padded(batch_of: Any, pair: Any) -> dict[str, Any]:
    batch = batch_of(pair, LENGTHS, "left")
    batch.pop("token_type_ids", None)
    return dict(batch)
