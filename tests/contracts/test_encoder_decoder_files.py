"""The files of encoder–decoders: names and bytes of the reference, ties, older spellings, other sizes and dtypes."""

from __future__ import annotations

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from leanformers import auto
from leanformers.errors import LeanformersError
from leanformers.models.arch import ARCHITECTURES

from .pairs import LM, SOURCES, TARGETS, TOLERANCE, differences


def test_files_names_and_bytes_are_those_of_the_reference(make_pair, two_texts, tmp_path, pair_type, variant) -> None:
    for task in ("base", *ARCHITECTURES[pair_type].heads):
        pair = make_pair(pair_type, variant, task)
        folder = tmp_path / f"saved-{task}"
        pair.ours.save_pretrained(folder)
        assert (folder / "model.safetensors").read_bytes() == (pair.folder / "model.safetensors").read_bytes()
        assert sorted(pair.ours.state_dict()) == sorted(pair.reference.state_dict())
        ours, theirs = (model.named_parameters(remove_duplicate=False) for model in (pair.ours, pair.reference))
        assert {name for name, _ in ours} == {name for name, _ in theirs}
        assert type(pair.ours).__name__ == type(pair.reference).__name__


def test_a_model_made_from_a_config_is_read_by_the_reference(make_pair, two_texts, tmp_path, pair_type) -> None:
    pair = make_pair(pair_type, task=LM)
    new = auto.AutoModelForSeq2SeqLM.from_config(pair.ours.config)
    new.eval().save_pretrained(tmp_path / "new", max_shard_size="20KB")
    kind = transformers.AutoModelForSeq2SeqLM
    reference = kind.from_pretrained(tmp_path / "new", attn_implementation="eager")
    batch = two_texts(pair, SOURCES, TARGETS)
    with torch.no_grad():
        assert differences(new(**batch), reference(**batch), batch)["logits"] <= 1e-4
    fresh = {name: p.std() for name, p in kind.from_config(reference.config).named_parameters() if p.ndim == 2}
    for name, weight in new.named_parameters():
        if weight.ndim == 2:
            assert 0.7 < weight.std() / fresh[name] < 1.4, name


@pytest.mark.parametrize("spelling", ["no prefix", "a table twice", "a table under another name", "passengers"])
def test_old_spellings_are_read_and_written_back(make_pair, two_texts, tmp_path, pair_type, spelling) -> None:
    pair = make_pair(pair_type, task=LM)
    layout = ARCHITECTURES[pair_type].layout
    path = pair.folder / "model.safetensors"
    tensors = load_file(path)
    shared = f"{layout.stem}shared.weight"
    other = f"{layout.stem}encoder.embed_tokens.weight"
    if spelling == "no prefix":
        tensors = {name.removeprefix(layout.stem): tensor for name, tensor in tensors.items()}
    elif spelling == "a table twice":
        tensors[other] = tensors[shared].clone()
    elif spelling == "a table under another name":
        tensors[other] = tensors.pop(shared)
    else:
        tensors[f"{layout.stem}{layout.passengers[0].replace('{i}', '0')}"] = torch.ones(3)
    save_file(tensors, path, metadata={"format": "pt"})
    model = type(pair.ours).from_pretrained(pair.folder)
    assert not model.load_report.unexpected
    batch = two_texts(pair, SOURCES, TARGETS)
    with torch.no_grad():
        assert torch.equal(model(**batch).logits, pair.ours(**batch).logits)
    model.save_pretrained(tmp_path / "saved")
    saved = load_file(tmp_path / "saved" / "model.safetensors")
    assert sorted(saved) == sorted(tensors)
    assert all(torch.equal(saved[name], tensors[name]) for name in tensors)
    if spelling == "a table twice":
        save_file({**tensors, other: tensors[other] + 1}, path, metadata={"format": "pt"})
        with pytest.raises(LeanformersError, match="the config ties them"):
            type(pair.ours).from_pretrained(pair.folder)


def test_a_decoder_with_numbers_of_its_own_is_not_tied(make_pair, two_texts, tmp_path) -> None:
    """As in T5 1.1, whose config the reference writes as if it were tied."""
    reference = make_pair("t5", "untied", LM).reference
    reference.lm_head.weight = torch.nn.Parameter(torch.randn(reference.lm_head.weight.shape))
    reference.save_pretrained(tmp_path / "own")
    model = auto.AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "own")
    pair = make_pair("t5", "untied", LM)
    batch = two_texts(pair, SOURCES, TARGETS)
    with torch.no_grad():
        assert differences(model(**batch), reference(**batch), batch)["logits"] <= 1e-4
    assert model.get_output_embeddings().weight is not model.get_input_embeddings().weight
    model.save_pretrained(tmp_path / "saved")
    first, second = (tmp_path / name / "model.safetensors" for name in ("own", "saved"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("size", [131, 97])
def test_a_vocabulary_of_another_size_is_read_by_the_reference(
    make_pair, two_texts, tmp_path, recwarn, pair_type, size
) -> None:
    pair = make_pair(pair_type, task=LM)
    batch = two_texts(pair, SOURCES, TARGETS)
    for name in ("input_ids", "decoder_input_ids"):
        batch[name][batch[name] >= size] -= 60
    with torch.no_grad():
        before = pair.ours(**batch).logits
        pair.ours.resize_token_embeddings(size)
        after = pair.ours(**batch).logits
    kept = min(size, pair.vocabulary)
    assert after.shape[-1] == size
    assert (after[..., :kept] - before[..., :kept]).abs().max() <= TOLERANCE
    tables = {id(p) for n, p in pair.ours.named_parameters(remove_duplicate=False) if p.shape[0] == size}
    assert len(tables) == 1  # shared, encoder, decoder, head
    pair.ours.save_pretrained(tmp_path / "resized")
    reference = type(pair.reference).from_pretrained(tmp_path / "resized", attn_implementation="eager")
    with torch.no_grad():
        assert differences({"logits": after}, reference(**batch), batch)["logits"] <= TOLERANCE
    if size > pair.vocabulary:
        assert not recwarn.list


@pytest.mark.parametrize("dtype", ["bfloat16", "float64"])
def test_other_dtypes_round_trip(make_pair, two_texts, tmp_path, pair_type, dtype) -> None:
    pair = make_pair(pair_type, task=LM)
    pair.reference.to(getattr(torch, dtype)).save_pretrained(tmp_path / "typed")
    model = type(pair.ours).from_pretrained(tmp_path / "typed")
    assert model.dtype == getattr(torch, dtype)
    model.save_pretrained(tmp_path / "saved")
    first, second = (tmp_path / name / "model.safetensors" for name in ("typed", "saved"))
    assert first.read_bytes() == second.read_bytes()
    batch = two_texts(pair, SOURCES, TARGETS)
    with torch.no_grad():
        found = differences(model(**batch), pair.reference(**batch), batch)
    assert found["logits"] <= {"bfloat16": 0.2, "float64": 1e-5}[dtype]
