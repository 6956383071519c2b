"""SentenceEncoder: the vectors of sentence-transformers, whatever the list, the order or the step."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
import torch

from leanformers.errors import ArgumentError, ConfigError, InputTypeError, InputValueError, ShapeError, TooLongError
from leanformers.sentence import SentenceEncoder

TEXTS = ["A lovely day.", "What a nice morning!", "I hate it.", "", "Where is the station?", "A lovely day."]


@pytest.fixture(scope="module")
def checkpoint(test_data):
    return test_data / "checkpoints" / "all-MiniLM-L6-v2"


@pytest.fixture(scope="module")
def encoder(checkpoint) -> SentenceEncoder:
    return SentenceEncoder.from_pretrained(checkpoint)


@pytest.fixture(scope="module")
def sentence_transformers():
    return pytest.importorskip("sentence_transformers")


@pytest.fixture(scope="module")
def texts(test_data) -> list[str]:
    chosen = [*TEXTS, "word " * 400]
    for corpus, count in (("short", 150), ("multilingual", 60)):
        lines = (test_data / "corpora" / f"{corpus}.jsonl").read_text(encoding="utf-8").splitlines()
        chosen += [json.loads(line)["text"] for line in lines[:: len(lines) // count]]
    return chosen


def test_vectors_equal_sentence_transformers(encoder, checkpoint, sentence_transformers, texts) -> None:
    reference = sentence_transformers.SentenceTransformer(str(checkpoint), device="cpu")
    vectors = encoder.encode(texts)
    assert len(texts) >= 200
    assert vectors.shape == (len(texts), 384)
    assert vectors.dtype == np.float32
    assert abs(vectors - reference.encode(texts)).max() <= 1e-5


def test_the_same_bits_alone_shuffled_and_in_small_steps(encoder, texts) -> None:
    vectors = encoder.encode(texts)
    assert all(np.array_equal(encoder.encode(texts[row]), vectors[row]) for row in range(0, len(texts), 5))
    order = np.random.default_rng(0).permutation(len(texts))
    assert np.array_equal(encoder.encode([texts[row] for row in order]), vectors[order])
    assert np.array_equal(encoder.encode(texts[:40], batch_size=3), vectors[:40])


def test_shapes_and_kinds_of_input(encoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert encoder.encode("A lovely day.").shape == (384,)
    assert encoder.encode([]).shape == (0, 384)
    assert encoder.encode([]).dtype == np.float32
    for texts in (tuple(TEXTS), np.array(TEXTS), (text for text in TEXTS)):
        assert np.array_equal(encoder.encode(texts), vectors)
    assert encoder.encode([("A lovely day.", "Indeed.")]).shape == (1, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert not np.allclose(np.linalg.norm(encoder.encode(TEXTS, normalize=False), axis=1), 1, atol=1e-2)


def test_similarity(encoder) -> None:
    vectors = encoder.encode(TEXTS)
    cosines = encoder.similarity(vectors, vectors[:2])
    assert cosines.shape == (6, 2)
    assert cosines.dtype == np.float32
    assert cosines[0, 0] == pytest.approx(1, abs=1e-6)
    assert cosines[1, 0] > cosines[2, 0]
    assert cosines.max() <= 1
    assert encoder.similarity(vectors[0], vectors[1]).shape == (1, 1)
    with pytest.raises(ShapeError, match="384 and of 3"):
        encoder.similarity(vectors, np.ones((1, 3)))


def test_bad_arguments(encoder) -> None:
    with pytest.raises(InputTypeError, match="item 1 is None"):
        encoder.encode(["a", None])
    with pytest.raises(InputTypeError, match=r"item 0 is the float"):
        encoder.encode([1.5])
    with pytest.raises(TooLongError, match=r'row 1: 402 tokens, limit 256; use too_long="truncate"'):
        encoder.encode(["a", "word " * 400], too_long="error")
    with pytest.raises(InputValueError, match="too_long='trunkate'; did you mean 'truncate'"):
        encoder.encode("a", too_long="trunkate")
    with pytest.raises(InputValueError, match="batch_size"):
        encoder.encode("a", batch_size=0)
    with pytest.raises(InputValueError, match="no prompt 'query'; the folder names: none"):
        encoder.encode("a", prompt_name="query")
    with pytest.raises(ArgumentError, match="either prompt or prompt_name"):
        encoder.encode("a", prompt="x", prompt_name="y")


@pytest.mark.parametrize("pooling", ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken", "two"])
def test_every_pooling_and_a_dense_layer(checkpoint, sentence_transformers, tmp_path, pooling) -> None:
    modules = sentence_transformers.sentence_transformer.modules
    transformer = sentence_transformers.base.modules.Transformer(str(checkpoint), max_seq_length=12)
    mode = ("cls", "mean") if pooling == "two" else pooling
    pool = modules.Pooling(384, pooling_mode=mode)
    width = pool.get_embedding_dimension()
    torch.manual_seed(0)
    dense = sentence_transformers.base.modules.Dense(width, 7, activation_function=torch.nn.Tanh())
    steps = [transformer, pool] + ([dense] if pooling in ("mean", "two") else [])
    reference = sentence_transformers.SentenceTransformer(
        modules=steps, device="cpu", prompts={"query": "Find: "}, default_prompt_name="query"
    )
    reference.save(str(tmp_path / "reference"))
    ours = SentenceEncoder.from_pretrained(tmp_path / "reference")
    texts = [*TEXTS, "word " * 30]
    expected = reference.encode(texts)
    assert ours.max_seq_length == 12
    assert abs(ours.encode(texts) - expected).max() <= 1e-5
    assert abs(ours.encode(texts, prompt="") - reference.encode(texts, prompt="")).max() <= 1e-5
    ours.save_pretrained(tmp_path / "ours")
    assert np.array_equal(SentenceEncoder.from_pretrained(tmp_path / "ours").encode(texts), ours.encode(texts))
    again = sentence_transformers.SentenceTransformer(str(tmp_path / "ours"), device="cpu")
    assert abs(again.encode(texts) - expected).max() <= 1e-6


def test_a_plain_model_folder_takes_the_mean(checkpoint, sentence_transformers, tmp_path) -> None:
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        (tmp_path / name).symlink_to(checkpoint / name)
    ours = SentenceEncoder.from_pretrained(tmp_path)
    assert ours.max_seq_length == 512
    reference = sentence_transformers.SentenceTransformer(str(tmp_path), device="cpu")
    assert abs(ours.encode(TEXTS) - reference.encode(TEXTS)).max() <= 1e-5
    ours.save_pretrained(tmp_path / "saved")
    again = sentence_transformers.SentenceTransformer(str(tmp_path / "saved"), device="cpu")
    assert abs(again.encode(TEXTS) - ours.encode(TEXTS)).max() <= 1e-5


def test_saved_folders_keep_their_files(encoder, checkpoint, tmp_path) -> None:
    encoder.save_pretrained(tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == (checkpoint / "model.safetensors").read_bytes()
    for name in ("modules.json", "1_Pooling/config.json", "sentence_bert_config.json", "config.json"):
        assert json.loads((tmp_path / name).read_text()) == json.loads((checkpoint / name).read_text()), name
    assert np.array_equal(SentenceEncoder.from_pretrained(tmp_path).encode(TEXTS), encoder.encode(TEXTS))
    with pytest.raises(InputValueError, match="it is a file"):
        encoder.save_pretrained(tmp_path / "modules.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m[1].update(type="x.Poling"), "module 'Poling' is not known here; did you mean 'Pooling'"),
        (lambda m: m.pop(1), "must name a Transformer and a Pooling"),
        (lambda m: m[0].pop("path"), "each module must have a type and a path"),
    ],
)
def test_modules_that_are_not_known(checkpoint, tmp_path, change, message) -> None:
    for path in checkpoint.iterdir():
        (tmp_path / path.name).symlink_to(path)
    modules = json.loads((checkpoint / "modules.json").read_text())
    change(modules)
    (tmp_path / "modules.json").unlink()
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ConfigError, match=message):
        SentenceEncoder.from_pretrained(tmp_path)


@pytest.mark.parametrize("too_long", ["truncate", "window"])
def test_vectors_have_the_same_bits_with_one_thread_and_with_two(threads: Callable[[int], None], too_long: str) -> None:
    encoder = SentenceEncoder.from_pretrained("leanformers/tiny-sentiment")
    texts = ["A lovely day." * count for count in (1, 3, 9, 2, 60, 1)] + ["bad"] * 5
    threads(1)
    expected = encoder.encode(texts, too_long=too_long)
    threads(2)
    assert (encoder.encode(texts, too_long=too_long) == expected).all()
    assert all(
        (encoder.encode(text, too_long=too_long) == row).all() for text, row in zip(texts, expected, strict=True)
    )
