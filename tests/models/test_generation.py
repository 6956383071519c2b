"""Writing: streams, strings that end a text, seeds, settings in files, conversations, and mistakes in the call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from leanformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, pipeline
from leanformers.errors import ArchitectureError, ArgumentError, InputTypeError, InputValueError, TooLongError
from leanformers.models.generation.choosing import shape

TEMPLATE = (
    "{% for m in messages %}{{ m.role }}: {{ m.content }} {% endfor %}{% if add_generation_prompt %}answer:{% endif %}"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny GPT-2 with random weights, beside the tokenizer of the embedded model."""
    folder = tmp_path_factory.mktemp("writer")
    tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    config = transformers.GPT2Config(
        vocab_size=len(tokenizer), n_positions=64, n_embd=32, n_layer=2, n_head=2, bos_token_id=None, eos_token_id=None
    )
    torch.manual_seed(0)
    model = transformers.GPT2LMHeadModel(config)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(8)
    model.generation_config = transformers.GenerationConfig(pad_token_id=0, repetition_penalty=1.5, max_new_tokens=6)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder)


def test_settings_of_the_folder_are_used_and_saved_again(folder, model, tokenizer, tmp_path) -> None:
    prompts = tokenizer(["a good day", "what"], padding=True, padding_side="left", return_tensors="pt")
    reference = transformers.AutoModelForCausalLM.from_pretrained(folder)
    del prompts["token_type_ids"]
    assert torch.equal(model.generate(prompts), reference.generate(**prompts))
    model.save_pretrained(tmp_path / "saved")
    before, after = (json.loads((f / "generation_config.json").read_text()) for f in (folder, tmp_path / "saved"))
    assert before == after


def test_arguments_rule_settings_and_settings_rule_defaults() -> None:
    settings = GenerationConfig({"max_new_tokens": 6, "top_k": 7})
    assert settings.updated("generate", {}).new_tokens(9) == 6
    assert settings.updated("generate", {"max_length": 20}).new_tokens(9) == 11
    assert settings.updated("generate", {"top_p": 0.5}).top_k == 7
    assert GenerationConfig().new_tokens(9) == 20


def test_pieces_of_a_stream_are_the_text(model, tokenizer) -> None:
    prompt = tokenizer("a good day", return_tensors="pt", add_special_tokens=False)
    whole = model.generate(**prompt, max_new_tokens=12)[0].tolist()
    pieces = list(model.stream(**prompt, tokenizer=tokenizer, max_new_tokens=12))
    assert len(pieces) > 3
    text = tokenizer.decode(whole, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    assert text == "a good day" + "".join(pieces)


def test_a_string_ends_a_text(model, tokenizer) -> None:
    prompt = tokenizer("a good day", return_tensors="pt", add_special_tokens=False)
    free = model.generate(**prompt, max_new_tokens=12)[0, 3:].tolist()
    stop = tokenizer.decode(free[4:5])
    ended = model.generate(**prompt, max_new_tokens=12, stop_strings=[stop], tokenizer=tokenizer)[0, 3:].tolist()
    first = next(n for n in range(1, 13) if stop in tokenizer.decode(free[:n]))
    assert ended == free[:first]
    with pytest.raises(ArgumentError, match="tokenizer"):
        model.generate(**prompt, stop_strings="x")


def test_with_a_seed_a_text_is_drawn_alike_alone_and_in_company(model) -> None:
    settings = {"do_sample": True, "max_new_tokens": 8, "seed": 5, "temperature": 1.5}
    whole = model.generate([[5, 6, 7], [9, 8, 7]], [[1, 1, 1], [1, 1, 1]], **settings)
    assert torch.equal(whole, model.generate([[5, 6, 7], [9, 8, 7]], [[1, 1, 1], [1, 1, 1]], **settings))
    assert torch.equal(whole[:1], model.generate([[5, 6, 7]], [[1, 1, 1]], **settings))
    several = model.generate([[5, 6, 7]], [[1, 1, 1]], num_return_sequences=4, **settings)
    assert several.shape == (4, 11)
    assert len({tuple(row) for row in several.tolist()}) > 1
    assert not torch.equal(whole, model.generate([[5, 6, 7], [9, 8, 7]], [[1] * 3] * 2, **{**settings, "seed": 6}))


@pytest.mark.parametrize("settings", [{"top_k": 3}, {"top_p": 0.4}, {"min_p": 0.3}, {"temperature": 0.5}])
def test_scores_are_shaped_as_in_the_reference(settings) -> None:
    scores = torch.randn(4, 50, generator=torch.Generator().manual_seed(1))
    warpers = {
        "top_k": transformers.TopKLogitsWarper,
        "top_p": transformers.TopPLogitsWarper,
        "min_p": transformers.MinPLogitsWarper,
        "temperature": transformers.TemperatureLogitsWarper,
    }
    (name, value), *_ = settings.items()
    expected = warpers[name](value)(None, scores.clone())
    assert torch.equal(shape(scores, GenerationConfig({"top_k": 0, **settings})), expected)


def test_an_empty_batch_gives_an_empty_result(model) -> None:
    assert model.generate(torch.zeros(0, 3).long()).shape[0] == 0


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"max_new_token": 3}, ArgumentError, "max_new_tokens"),
        ({"temperature": 0.0, "do_sample": True}, InputValueError, "do_sample=False"),
        ({"max_length": 2}, InputValueError, "leaves no room"),
        ({"num_return_sequences": 2}, InputValueError, "do_sample=True"),
        ({"num_beams": 2, "num_return_sequences": 3}, InputValueError, "above num_beams 2"),
        ({"num_beams": 2, "do_sample": True}, InputValueError, "choose one"),
        ({"max_new_tokens": 63}, TooLongError, "give max_new_tokens=62"),
        ({"top_p": 2.0}, InputValueError, "from 0 to 1"),
        ({"max_new_tokens": 0}, InputValueError, "at least 1"),
    ],
)
def test_mistakes_are_named(model, settings, error, message) -> None:
    with pytest.raises(error, match=message):
        model.generate([[5, 6, 7]], [[1, 1, 1]], **settings)


def test_settings_that_are_not_known_here_are_refused_not_ignored() -> None:
    with pytest.raises(InputValueError, match=r"diversity_penalty=0\.5 is not known here"):
        GenerationConfig({"diversity_penalty": 0.5}).updated("generate", {})
    GenerationConfig({"diversity_penalty": 0.0, "typical_p": 1.0}).updated("generate", {})


def test_settings_can_be_set_one_by_one(folder) -> None:
    model = AutoModelForCausalLM.from_pretrained(folder)
    model.generation_config.max_new_tokens = 3
    assert model.generate([[5, 6]], [[1, 1]]).shape == (1, 5)
    with pytest.raises(AttributeError, match="'max_new_token'; did you mean 'max_new_tokens'"):
        model.generation_config.max_new_token = 3


class TestPipeline:
    """`pipeline("text-generation")`."""

    def test_texts_in_any_order_and_form(self, folder, model, tokenizer) -> None:
        write = pipeline("text-generation", folder)
        texts = ["a good day", "what", "this is a longer prompt than others"]
        results = write(texts, max_new_tokens=5)
        for text, result in zip(texts, results, strict=True):
            ids = model.generate(tokenizer(text, return_tensors="pt"), max_new_tokens=5)[0]
            new = tokenizer.decode(ids[len(tokenizer(text)["input_ids"]) :], skip_special_tokens=True)
            assert result == [{"generated_text": text + new}]
            assert write(text, max_new_tokens=5) == result
            assert write(text, max_new_tokens=5, return_full_text=False) == [{"generated_text": new}]
        assert list(write(iter(texts), max_new_tokens=5)) == results
        assert write([]) == []
        lengths = [len(tokenizer(text)["input_ids"]) for text in texts]
        short = write(texts, max_length=max(lengths) + 2)
        assert short[1] == write(texts[1], max_length=max(lengths) + 2)

    def test_a_conversation_gets_an_answer(self, folder, tokenizer) -> None:
        write = pipeline("text-generation", folder)
        talk = [{"role": "user", "content": "a good day"}]
        result = write(talk, max_new_tokens=4)
        assert result[0]["generated_text"][:-1] == talk
        answer = result[0]["generated_text"][-1]
        assert answer["role"] == "assistant"
        assert "".join(write.stream(talk, max_new_tokens=4)).strip() == answer["content"].strip()

    def test_mistakes_are_named(self, folder) -> None:
        write = pipeline("text-generation", folder)
        with pytest.raises(InputTypeError, match="item 1 must be a str or a conversation, not int"):
            write(["a", 3])
        with pytest.raises(ArgumentError, match="max_new_tokens"):
            write("a", max_new_token=3)
        with pytest.raises(ArchitectureError, match="causal-lm"):
            pipeline("text-generation", "leanformers/tiny-sentiment")
