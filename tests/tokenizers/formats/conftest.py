"""Vocabulary files of every format, made for the tests, and the reference's tokenizer from the same folder."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import leanformers

# The options of SentencePiece's trainer for each model that the tests use.
TRAINED: dict[str, dict[str, Any]] = {
    "unigram": {"model_type": "unigram"},
    "unigram-identity": {
        "model_type": "unigram",
        "byte_fallback": True,
        "user_defined_symbols": ["<ud>", "foo bar"],
        "control_symbols": ["<ctl>"],
        "normalization_rule_name": "identity",
    },
    "unigram-t5": {"model_type": "unigram", "pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1},
    "unigram-albert": {
        "model_type": "unigram",
        "pad_id": 0,
        "unk_id": 1,
        "bos_id": -1,
        "eos_id": -1,
        "control_symbols": ["[CLS]", "[SEP]", "[MASK]"],
        "normalization_rule_name": "nfkc_cf",
    },
    "unigram-deberta": {
        "model_type": "unigram",
        "pad_id": 0,
        "bos_id": 1,
        "eos_id": 2,
        "unk_id": 3,
        "pad_piece": "[PAD]",
        "bos_piece": "[CLS]",
        "eos_piece": "[SEP]",
        "unk_piece": "[UNK]",
        "user_defined_symbols": ["[MASK]"],
    },
    "bpe": {"model_type": "bpe"},
    "bpe-bytes": {
        "model_type": "bpe",
        "byte_fallback": True,
        "user_defined_symbols": ["<ud>"],
        "normalization_rule_name": "identity",
        "remove_extra_whitespaces": False,
        "split_digits": True,
        "allow_whitespace_only_pieces": True,
    },
    "bpe-suffix": {"model_type": "bpe", "treat_whitespace_as_suffix": True},
    "word": {"model_type": "word"},
}


@pytest.fixture(scope="session")
def trained(corpus_lines: list[str]) -> Callable[[str], bytes]:
    """The bytes of a small SentencePiece model by name; each is trained once."""
    sentencepiece = pytest.importorskip("sentencepiece")
    lines = [line.replace("\n", " ") for line in corpus_lines[:1200] if line.strip()]
    models: dict[str, bytes] = {}

    def train(name: str) -> bytes:
        if name not in models:
            written = io.BytesIO()
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(lines),
                model_writer=written,
                vocab_size=2000,
                character_coverage=0.98,
                hard_vocab_limit=False,
                num_threads=1,
                minloglevel=2,
                **TRAINED[name],
            )
            models[name] = written.getvalue()
        return models[name]

    return train


@pytest.fixture
def write_files(tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    """`write_files({name: content})`: a folder with these files: bytes, text, a file to copy, or what becomes JSON."""

    def write(files: dict[str, Any]) -> Path:
        folder = tmp_path / f"folder{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name, content in files.items():
            path = folder / name
            if isinstance(content, Path):
                shutil.copy(content, path)
            elif isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return folder

    return write


@pytest.fixture(scope="session")
def lines(odd_lines: list[str], corpus_lines: list[str]) -> list[str]:
    """Lines on which the tokenizers of a format must agree, odd ones among them."""
    runs = [character * count for character in "-.=_ a0\n" for count in (2, 3, 5, 9, 17, 40)]
    special = [
        "<s>",
        "</s> x",
        "a<unk>b",
        "<pad>",
        "x <mask> y",
        "<extra_id_0><extra_id_99>",
        "<ud>foo bar<ctl>",
        "▁a ▁",
    ]
    return [*runs, *special, *odd_lines[::4], *corpus_lines[:300]]


@pytest.fixture(scope="session")
def load_both() -> Callable[..., tuple[Any, Any]]:
    """`load_both(class name, folder, **settings)`: a folder's tokenizer of that class, ours and the reference's."""
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("google.protobuf")  # the reference reads SentencePiece models with it

    def load(name: str, folder: Path, **settings: Any) -> tuple[Any, Any]:
        ours = getattr(leanformers, name).from_pretrained(folder, **settings)
        return ours, getattr(transformers, name).from_pretrained(folder, **settings)

    return load


@pytest.fixture(scope="session")
def assert_same(lines: list[str]) -> Callable[..., None]:
    """Compare two tokenizers: all of their stages, their vocabulary, special tokens, and what they do with `lines`."""

    def compare(ours: Any, theirs: Any, *, same_decoder: bool = True) -> None:
        mine, reference = ours._spec.document, json.loads(theirs.backend_tokenizer.to_str())
        for stage in ("normalizer", "pre_tokenizer", "post_processor", *(["decoder"] if same_decoder else [])):
            assert mine[stage] == reference[stage], stage
        assert {**mine["model"], "vocab": 0} == {**reference["model"], "vocab": 0}
        assert mine["model"]["vocab"] == reference["model"]["vocab"]
        assert mine["added_tokens"] == reference["added_tokens"]
        for name in ("special_tokens_map", "extra_special_tokens", "padding_side", "model_input_names"):
            found, expected = getattr(ours, name), getattr(theirs, name)
            assert found == expected or list(found) == list(map(str, expected)), name
        assert ours.get_vocab() == theirs.get_vocab()
        assert len(ours) == len(theirs)
        plain = ours(lines, verbose=False)["input_ids"]  # the core has another way for ids alone
        for line, ids in zip(lines, plain, strict=True):
            row, other = ours(line, return_offsets_mapping=True, verbose=False), theirs.backend_tokenizer.encode(line)
            assert ids == other.ids, line
            assert row["input_ids"] == other.ids, line
            assert row["offset_mapping"] == other.offsets, line
        pairs = list(zip(lines[:40], lines[40:80], strict=True))
        mine, reference = (load([a for a, _ in pairs], [b for _, b in pairs], verbose=False) for load in (ours, theirs))
        assert mine["input_ids"] == reference["input_ids"]
        for row in ours(lines[::3], verbose=False)["input_ids"]:
            for skip in (False, True):
                expected = theirs.decode(row, skip_special_tokens=skip)
                assert ours.decode(row, skip_special_tokens=skip) == expected

    return compare
