"""Summaries, translations and other texts made from texts: prefixes and settings of a task, order, and mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from leanformers import AutoModelForSeq2SeqLM, AutoTokenizer, pipeline
from leanformers.errors import ArchitectureError, ArgumentError, InputTypeError, InputValueError, TooLongError

TEXTS = ["a good day", "what", "this is a longer text than the others", "a good day"]
PARAMS = {
    "summarization": {
        "prefix": "summarize: ",
        "max_length": 9,
        "min_length": 5,
        "num_beams": 3,
        "early_stopping": True,
    },
    "translation_en_to_de": {"prefix": "translate English to German: ", "max_length": 7, "num_beams": 2},
}


@pytest.fixture(scope="module", params=["t5", "bart"])
def folder(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny T5 or BART with random weights, beside the tokenizer of the embedded model."""
    folder = tmp_path_factory.mktemp(request.param)
    tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
    tokenizer.save_pretrained(folder)
    ids = {"vocab_size": len(tokenizer), "pad_token_id": 0, "eos_token_id": 102, "decoder_start_token_id": 0}
    if request.param == "t5":
        sizes = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_heads": 2, "num_layers": 2}
        config = transformers.T5Config(**sizes, **ids)
    else:
        sizes = {"d_model": 32, "max_position_embeddings": 64, "forced_eos_token_id": 102}
        stacks = {
            f"{part}_{key}": value
            for part in ("encoder", "decoder")
            for key, value in (("layers", 2), ("ffn_dim", 64), ("attention_heads", 2))
        }
        config = transformers.BartConfig(**sizes, **stacks, **ids)
    config.task_specific_params = PARAMS
    torch.manual_seed(0)
    model = transformers.AutoModelForSeq2SeqLM.from_config(config)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(8 if request.param == "bart" else 1)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def expected(folder: Path) -> Any:
    """`expected(prefix, text, …)`: what the reference writes for a text."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder)

    def write(prefix: str, text: str, **settings: Any) -> list[str]:
        batch = tokenizer(prefix + text, return_tensors="pt")
        rows = model.generate(batch["input_ids"], attention_mask=batch["attention_mask"], **settings)
        return [tokenizer.decode(row, skip_special_tokens=True, clean_up_tokenization_spaces=False) for row in rows]

    return write


@pytest.mark.parametrize(
    ("task", "result", "prefix", "settings"),
    [
        ("summarization", "summary_text", "summarize: ", PARAMS["summarization"]),
        ("translation_en_to_de", "translation_text", "translate English to German: ", PARAMS["translation_en_to_de"]),
        ("text2text-generation", "generated_text", "", {"max_new_tokens": 256, "num_beams": 4}),
    ],
)
def test_texts_are_those_of_the_reference(folder, expected, task, result, prefix, settings) -> None:
    write = pipeline(task, folder)
    settings = {name: value for name, value in settings.items() if name != "prefix"}
    if task == "text2text-generation":
        settings = {**settings, "max_new_tokens": 8}
        assert write.settings.max_new_tokens == 256
        results = write(TEXTS, max_new_tokens=8)
    else:
        results = write(TEXTS)
    assert results == [{result: expected(prefix, text, **settings)[0]} for text in TEXTS]
    assert any(found[result] for found in results)


def test_texts_in_any_order_and_form(folder, expected) -> None:
    write = pipeline("summarization", folder)
    results = write(TEXTS)
    assert write(TEXTS[0]) == results[:1]
    assert write(TEXTS[::-1], batch_size=2) == results[::-1]
    assert list(write(iter(TEXTS))) == results
    assert write([]) == []
    several = write(TEXTS[:2], num_return_sequences=2)
    reference = {name: value for name, value in PARAMS["summarization"].items() if name != "prefix"}
    for text, found in zip(TEXTS[:2], several, strict=True):
        texts = expected("summarize: ", text, num_return_sequences=2, **reference)
        assert found == [{"summary_text": text} for text in texts]
    assert write(TEXTS[0], num_return_sequences=2) == several[0]


def test_arguments_rule_the_task_and_the_task_rules_the_model(folder) -> None:
    model, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    model.generation_config.num_beams = 5
    model.generation_config.max_new_tokens = 11
    write = pipeline("summarization", model, tokenizer)
    assert (write.settings.num_beams, write.settings.max_length, write.settings.max_new_tokens) == (3, 9, None)
    free = pipeline("text2text-generation", model, tokenizer)
    assert (free.settings.num_beams, free.settings.max_new_tokens) == (5, 11)
    drawn = {"do_sample": True, "num_beams": 1, "seed": 4, "temperature": 2.0, "max_new_tokens": 6}
    assert write(TEXTS[:2], **drawn)[0] == write(TEXTS[0], **drawn)[0]


def test_pieces_of_a_stream_are_the_text(folder) -> None:
    write = pipeline("summarization", folder)
    pieces = list(write.stream(TEXTS[0], max_length=16))
    assert len(pieces) > 1
    assert "".join(pieces).split() == write(TEXTS[0], num_beams=1, max_length=16)[0]["summary_text"].split()


def test_plain_translation_takes_the_first_pair(folder) -> None:
    with pytest.warns(UserWarning, match="translates between translation_en_to_de: 'translation_en_to_de' is taken"):
        write = pipeline("translation", folder)
    assert write(TEXTS) == pipeline("translation_en_to_de", folder)(TEXTS)
    with pytest.warns(UserWarning, match=r"no 'translation_en_to_fr' \(translation_en_to_de\): .* without a prefix"):
        assert pipeline("translation_en_to_fr", folder).prefix == ""


def test_mistakes_are_named(folder) -> None:
    write = pipeline("summarization", folder)
    with pytest.raises(InputTypeError, match="item 1 must be a str, not int"):
        write(["a", 3])
    with pytest.raises(ArgumentError, match=r"pipeline\('summarization'\).*max_new_tokens"):
        write("a", max_new_token=3)
    with pytest.raises(InputValueError, match=r"translation_en_de.*did you mean 'translation'"):
        pipeline("translation_en_de", folder)
    with pytest.raises(ArchitectureError, match="seq2seq-lm"):
        pipeline("summarization", "leanformers/tiny-sentiment")
    with pytest.raises(ArchitectureError, match="text-generation needs a model of the kind CausalLM"):
        pipeline("text-generation", write.model, write.tokenizer)
    write.tokenizer.model_max_length = 64
    with pytest.raises(TooLongError, match=r"row 1.*limit 64"):
        write(["a", "a " * 70])
    assert len(write(["a", "a " * 70], too_long="truncate")) == 2
