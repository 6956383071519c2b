"""Writing a text for a text: greedily, with the rules of summaries and with beams the ids of the reference."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from leanformers import auto
from leanformers.errors import InputValueError

from .pairs import LM, SOURCES

# What the checkpoints for summaries and translations ask for.
SETTINGS: dict[str, dict[str, Any]] = {
    "greedy": {"max_new_tokens": 24},
    "length": {"max_length": 20},
    "penalty": {"max_new_tokens": 12, "repetition_penalty": 1.7},
    "grams": {"max_new_tokens": 24, "no_repeat_ngram_size": 2},
    "no repeats": {"max_new_tokens": 24, "no_repeat_ngram_size": 1},
    "forced": {"max_new_tokens": 9, "forced_bos_token_id": 17, "forced_eos_token_id": 23},
    "beams": {"max_new_tokens": 9, "num_beams": 3},
    "several beams": {"max_new_tokens": 9, "num_beams": 4, "num_return_sequences": 2, "length_penalty": 0.3},
    "forced beams": {"max_new_tokens": 9, "num_beams": 3, "forced_bos_token_id": 17, "forced_eos_token_id": 23},
    "summary": {
        "max_length": 24,
        "min_length": 9,
        "num_beams": 4,
        "length_penalty": 2.0,
        "early_stopping": True,
        "no_repeat_ngram_size": 3,
        "forced_bos_token_id": 17,
    },
    "never": {"max_new_tokens": 12, "num_beams": 2, "early_stopping": "never", "length_penalty": 2.0},
    "short": {"max_new_tokens": 12, "num_beams": 3, "min_new_tokens": 3, "length_penalty": -1.0},
}


@pytest.fixture
def pair_of(make_pair):
    """`pair_of(pair_type, sizes, ends)`: a writing pair; `ends`: which ids end a text."""

    def make(pair_type: str, sizes: str = "even", **more: Any) -> Any:
        pair = make_pair(pair_type, sizes, LM, **more)
        if "bart" in pair_type:
            with torch.no_grad():  # it is trained nowhere else, and zeros would hide a mistake
                for model in (pair.reference, pair.ours):
                    model.final_logits_bias.copy_(torch.linspace(-1, 1, pair.vocabulary))
        return pair

    return make


def ends_of(pair: Any, batch: dict[str, Any]) -> list[int]:
    """Ids that end some of the texts, early and late."""
    free = pair.reference.generate(**batch, max_new_tokens=14, eos_token_id=None, forced_eos_token_id=None)
    return sorted({int(free[0, 5]), int(free[1, 3]), int(free[2, 11])})


@pytest.mark.parametrize("sizes", ["even", "odd"])
@pytest.mark.parametrize("settings", SETTINGS)
def test_ids_are_those_of_the_reference(pair_of, batch_of, pair_type, settings, sizes) -> None:
    pair = pair_of(pair_type, sizes)
    batch = dict(batch_of(pair, SOURCES))
    ends = ends_of(pair, batch)
    for eos in (None, ends):
        chosen = {"eos_token_id": eos, "pad_token_id": 3, **SETTINGS[settings]}
        if eos is None:  # the reference looks for the ids that may not come yet
            chosen = {name: value for name, value in chosen.items() if not name.startswith("min_")}
            pair.reference.generation_config.eos_token_id = None
            pair.ours.generation_config.eos_token_id = None
        ours = pair.ours.generate(**batch, **chosen)
        assert torch.equal(ours, pair.reference.generate(**batch, **chosen)), eos


def test_draws_of_torchs_generator_are_those_of_the_reference(pair_of, batch_of, pair_type) -> None:
    pair = pair_of(pair_type)
    batch = dict(batch_of(pair, SOURCES))
    settings = {"do_sample": True, "temperature": 0.8, "top_k": 20, "top_p": 0.9, "max_new_tokens": 10}
    for model in (pair.ours, pair.reference):  # the reference draws on for texts that have ended
        model.generation_config.eos_token_id = None
    torch.manual_seed(3)
    ours = pair.ours.generate(**batch, **settings)
    torch.manual_seed(3)
    assert torch.equal(ours, pair.reference.generate(**batch, **settings))


@pytest.mark.parametrize("beams", [1, 3])
def test_a_text_does_not_depend_on_its_batch(pair_of, batch_of, threads, pair_type, beams) -> None:
    pair = pair_of(pair_type, "odd")
    batch, left = (dict(batch_of(pair, SOURCES, side)) for side in ("right", "left"))
    ends = ends_of(pair, batch)
    settings = {"max_new_tokens": 12, "num_beams": beams, "no_repeat_ngram_size": 2, "eos_token_id": ends}
    whole = pair.ours.generate(**batch, **settings)
    assert torch.equal(pair.ours.generate(**left, **settings), whole)
    for row, length in enumerate(SOURCES):
        threads(1 + row % 2)
        alone = pair.ours.generate(batch["input_ids"][row : row + 1, :length], **settings)[0]
        assert whole[row, : len(alone)].tolist() == alone.tolist()
        assert (whole[row, len(alone) :] == pair.ours.generation_config.padding).all()


def test_steps_alone_and_in_company_have_the_same_bits(pair_of, batch_of, pair_type) -> None:
    from leanformers.models.inputs import pack_inputs

    pair = pair_of(pair_type, "odd")
    model = pair.ours
    batch = dict(batch_of(pair, SOURCES))
    targets = torch.randint(5, 120, (len(SOURCES), 9), generator=torch.Generator().manual_seed(1))
    targets[:, 0] = model.generation_config.start

    def scores(rows: list[int]) -> list[Any]:
        chosen = {name: values[rows] for name, values in batch.items()}
        packed, _ = pack_inputs(chosen, model.base_model.limits, model.device)
        writer = model.begin(packed, model.generation_config)
        steps = [packed.restore(writer.scores)]
        for place in range(1, 9):
            writer.step(targets[rows][packed.order, place])
            steps.append(packed.restore(writer.scores))
        return steps

    with torch.no_grad():
        whole = scores(list(range(len(SOURCES))))
        expected = model(**batch, decoder_input_ids=targets, decoder_attention_mask=torch.ones_like(targets)).logits
        for place, of_step in enumerate(whole):
            assert (of_step - expected[:, place]).abs().max() <= 1e-5
        for row in range(len(SOURCES)):
            assert all(torch.equal(mine[0], of[row]) for mine, of in zip(scores([row]), whole, strict=True))


@pytest.mark.parametrize("old", [False, True], ids=["generation_config.json", "config.json"])
def test_settings_of_the_folder_are_used(pair_of, batch_of, pair_type, old) -> None:
    pair = pair_of(pair_type)
    values = {"max_length": 9, "num_beams": 2, "decoder_start_token_id": 7, "no_repeat_ngram_size": 2}
    path = pair.folder / ("config.json" if old else "generation_config.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
    if old:
        (pair.folder / "generation_config.json").unlink()
    batch = dict(batch_of(pair, SOURCES))
    ours = auto.AutoModelForSeq2SeqLM.from_pretrained(pair.folder).generate(**batch)
    assert torch.equal(ours, type(pair.reference).from_pretrained(pair.folder).generate(**batch))
    assert ours.shape[1] <= 9
    assert (ours[:, 0] == 7).all()


def test_a_text_may_not_be_longer_than_asked(pair_of) -> None:
    model = pair_of("t5").ours
    with pytest.raises(InputValueError, match="max_length 1 leaves no room"):
        model.generate([[5, 6]], [[1, 1]], max_length=1)
