"""The encoder of an encoder–decoder by itself, as embeddings of sentences and of images' captions use it."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from leanformers import AutoModelForTextEncoding, SentenceEncoder
from leanformers.models.arch import ARCHITECTURES, TEXT_ENCODING

from .pairs import LM, SOURCES, TOLERANCE

TYPES = [name for name, architecture in ARCHITECTURES.items() if TEXT_ENCODING in architecture.classes]


@pytest.fixture(params=TYPES)
def alone(request, make_pair):
    return make_pair(request.param, "odd", TEXT_ENCODING)


@pytest.mark.parametrize("grad", [False, True], ids=["plan", "bricks"])
def test_hidden_states_are_those_of_the_reference(alone, batch_of, grad) -> None:
    batch = batch_of(alone, SOURCES)
    real = batch["attention_mask"].bool()
    with torch.set_grad_enabled(grad):
        ours, reference = (model(**batch, output_hidden_states=True) for model in (alone.ours, alone.reference))
    assert list(ours) == ["last_hidden_state", "hidden_states"]
    assert type(alone.ours).__name__ == type(alone.reference).__name__
    for mine, theirs in zip(ours.hidden_states, reference.hidden_states, strict=True):
        assert (mine - theirs)[real].abs().max() <= TOLERANCE
        assert not mine[~real].any()


def test_a_text_does_not_depend_on_its_batch(alone, batch_of) -> None:
    batch = batch_of(alone, SOURCES, "left")
    with torch.inference_mode():
        whole = alone.ours(**batch).last_hidden_state
        for row, length in enumerate(SOURCES):
            single = alone.ours(batch["input_ids"][row : row + 1, -length:], torch.ones(1, length))
            assert torch.equal(single.last_hidden_state[0], whole[row, -length:])


def test_files_are_those_of_the_reference(alone, tmp_path) -> None:
    alone.ours.resize_token_embeddings(alone.vocabulary)
    alone.ours.save_pretrained(tmp_path)
    first, second = (folder / "model.safetensors" for folder in (alone.folder, tmp_path))
    assert first.read_bytes() == second.read_bytes()
    assert sorted(alone.ours.state_dict()) == sorted(alone.reference.state_dict())


@pytest.mark.parametrize("model_name", TYPES)
def test_it_is_read_from_a_whole_model(make_pair, batch_of, model_name) -> None:
    pair = make_pair(model_name, task=LM)
    model = AutoModelForTextEncoding.from_pretrained(pair.folder)
    left_out = [name for name in load_file(pair.folder / "model.safetensors") if name.startswith("decoder.")]
    assert model.load_report.unexpected == tuple(sorted(left_out))
    batch = batch_of(pair, SOURCES)
    with torch.no_grad():
        of_whole = pair.ours.base_model(**batch, decoder_input_ids=batch["input_ids"]).encoder_last_hidden_state
        assert torch.equal(model(**batch).last_hidden_state, of_whole)


def test_sentences_are_read_by_it(make_pair) -> None:
    from leanformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
    pair = make_pair("t5", task=LM, vocab_size=len(tokenizer))
    tokenizer.save_pretrained(pair.folder)
    encoder = SentenceEncoder.from_pretrained(pair.folder)
    texts = ["a good day", "what a bad day"]
    vectors = torch.as_tensor(encoder.encode(texts))
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = pair.reference.encoder(batch["input_ids"], attention_mask=batch["attention_mask"])[0]
    mask = batch["attention_mask"].unsqueeze(-1)
    assert (vectors - (hidden * mask).sum(1) / mask.sum(1)).abs().max() <= 1e-4
