"""Tokenizers of every kind, built and saved by the reference, give the same ids, offsets, words and text here."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leanformers import PreTrainedTokenizer, _core

tokenizers = pytest.importorskip("tokenizers")
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers  # noqa: E402

Regex = tokenizers.Regex
CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)


def sequence(module: Any, *parts: Any) -> Any:
    return module.Sequence(list(parts))


def trained(model: Any, trainer: Any, lines: list[str], normalizer: Any, pre_tokenizer: Any, decoder: Any) -> Any:
    tokenizer = tokenizers.Tokenizer(model)
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(lines, trainer)
    if decoder is not None:
        tokenizer.decoder = decoder
    return tokenizer


def gpt2(lines: list[str], data: Path) -> Any:
    folder = data / "tokenizers" / "gpt2"
    tokenizer = tokenizers.Tokenizer(models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt")))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True, add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def roberta(lines: list[str], data: Path) -> Any:
    tokenizer = gpt2(lines, data)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    end = ("<|endoftext|>", tokenizer.token_to_id("<|endoftext|>"))
    tokenizer.post_processor = processors.RobertaProcessing(end, end, trim_offsets=True, add_prefix_space=True)
    return tokenizer


def cl100k(lines: list[str], data: Path) -> Any:
    tokenizer = gpt2(lines, data)
    tokenizer.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(CL100K), "isolated")
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = sequence(pre_tokenizers, split, bytes_)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def llama(lines: list[str], data: Path) -> Any:
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=["<unk>", "<s>", "</s>", *bytes_], show_progress=False)
    normalizer = sequence(normalizers, normalizers.Prepend("▁"), normalizers.Replace(" ", "▁"))
    decoder = sequence(
        decoders, decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)
    )
    model = models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    # Without pre-tokenizer as Llama, but learned from words: whole texts are slow to learn from.
    tokenizer = trained(model, trainer, lines, normalizer, pre_tokenizers.Metaspace(), decoder)
    tokenizer.pre_tokenizer = None
    begin = tokenizer.token_to_id("<s>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", begin)]
    )
    return tokenizer


def clip(lines: list[str], data: Path) -> Any:
    special = ["[UNK]"]
    trainer = trainers.BpeTrainer(
        vocab_size=800, special_tokens=special, end_of_word_suffix="</w>", show_progress=False
    )
    model = models.BPE(unk_token="[UNK]", end_of_word_suffix="</w>")
    normalizer = sequence(normalizers, normalizers.NFKC(), normalizers.Lowercase())
    return trained(model, trainer, lines, normalizer, pre_tokenizers.Whitespace(), decoders.BPEDecoder())


def unigram(lines: list[str], data: Path) -> Any:
    special = ["<unk>", "</s>"]
    trainer = trainers.UnigramTrainer(vocab_size=600, unk_token="<unk>", special_tokens=special, show_progress=False)
    normalizer = sequence(normalizers, normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " "))
    return trained(models.Unigram(), trainer, lines, normalizer, pre_tokenizers.Metaspace(), decoders.Metaspace())


def words(lines: list[str], data: Path) -> Any:
    trainer = trainers.WordLevelTrainer(vocab_size=500, special_tokens=["[UNK]"], show_progress=False)
    splitter = sequence(pre_tokenizers, pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True))
    normalizer = sequence(normalizers, normalizers.NFD(), normalizers.StripAccents(), normalizers.Strip())
    return trained(models.WordLevel(unk_token="[UNK]"), trainer, lines, normalizer, splitter, None)


def characters(lines: list[str], data: Path) -> Any:
    trainer = trainers.WordLevelTrainer(vocab_size=100, special_tokens=["[UNK]"], show_progress=False)
    splitter = pre_tokenizers.FixedLength(length=1)
    return trained(models.WordLevel(unk_token="[UNK]"), trainer, lines, None, splitter, decoders.Fuse())


def letters(lines: list[str], data: Path) -> Any:
    trainer = trainers.WordLevelTrainer(vocab_size=60, special_tokens=["[UNK]"], show_progress=False)
    splitter = sequence(pre_tokenizers, pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("", "isolated"))
    normalizer = sequence(normalizers, normalizers.NFC(), normalizers.Lowercase())
    return trained(models.WordLevel(unk_token="[UNK]"), trainer, lines, normalizer, splitter, decoders.Fuse())


def quick_tour(lines: list[str], data: Path) -> Any:
    """As in the reference's documentation."""
    special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    trainer = trainers.BpeTrainer(vocab_size=1000, special_tokens=special, show_progress=False)
    tokenizer = trained(models.BPE(unk_token="[UNK]"), trainer, lines, None, pre_tokenizers.Whitespace(), None)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return tokenizer


KINDS: list[Callable[[list[str], Path], Any]] = [
    gpt2, roberta, cl100k, llama, clip, quick_tour, unigram, words, characters, letters,
]  # fmt: skip


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def pair(request: pytest.FixtureRequest, corpus_lines: list[str], test_data: Path, tmp_path: Path) -> tuple[Any, Any]:
    reference = request.param(corpus_lines[:1500], test_data)
    reference.save(str(tmp_path / "tokenizer.json"))
    return PreTrainedTokenizer.from_pretrained(tmp_path), reference


def test_a_saved_tokenizer_gives_the_same(pair: tuple[Any, Any], corpus_lines: list[str], odd_lines: list[str]) -> None:
    ours, reference = pair
    texts = random.Random(3).sample(corpus_lines, 700) + odd_lines
    encodings = reference.encode_batch(texts)
    batch = ours(texts, return_offsets_mapping=True, verbose=False)
    for row, theirs in enumerate(encodings):
        assert batch["input_ids"][row] == theirs.ids, texts[row]
        assert batch["offset_mapping"][row] == theirs.offsets, texts[row]
        if row % 5 == 0:
            assert batch.word_ids(row) == theirs.word_ids, texts[row]
            assert ours.decode(theirs.ids) == reference.decode(theirs.ids, skip_special_tokens=False), texts[row]


def test_pairs_and_saving_give_the_same(pair: tuple[Any, Any], corpus_lines: list[str], tmp_path: Path) -> None:
    ours, reference = pair
    first, second = corpus_lines[:50], corpus_lines[50:100]
    theirs = reference.encode_batch(list(zip(first, second, strict=True)))
    mine = ours(first, second, return_offsets_mapping=True, return_token_type_ids=True, verbose=False)
    assert mine["input_ids"] == [row.ids for row in theirs]
    assert mine["token_type_ids"] == [row.type_ids for row in theirs]
    assert mine["offset_mapping"] == [row.offsets for row in theirs]
    before = (tmp_path / "tokenizer.json").read_bytes()
    ours.save_pretrained(tmp_path / "again")
    assert (tmp_path / "again" / "tokenizer.json").read_bytes() == before


@pytest.mark.parametrize(
    "decoder",
    [
        decoders.BPEDecoder(), decoders.ByteFallback(), decoders.ByteLevel(), decoders.CTC(), decoders.Fuse(),
        decoders.Metaspace(), decoders.Metaspace(prepend_scheme="never"), decoders.Replace("a", "bb"),
        decoders.Replace(Regex("[ab]+"), ""), decoders.Strip("a", 1, 0), decoders.WordPiece(),
    ],
    ids=lambda decoder: type(decoder).__name__,
)  # fmt: skip
def test_every_decoder_gives_the_same_text(decoder: Any, write_folder: Callable[..., Path]) -> None:
    reference = tokenizers.Tokenizer(models.WordLevel({"x": 0}, unk_token="x"))
    reference.decoder = decoder
    ours = PreTrainedTokenizer.from_pretrained(write_folder(tokenizer__json=json.loads(reference.to_str())))
    chosen = random.Random(5)
    parts = ["a", "aa", "b</w>", "▁a", "▁", "▁▁b", "##a", " .", "<pad>", "|", "<0xE2>", "<0x82>", "<0xAC>", "<0x41>",
             "Ġa", "Ã©", "é", "", " n't", "<0xFF>", "aba", "中"]  # fmt: skip
    for _ in range(300):
        tokens = chosen.choices(parts, k=chosen.randrange(6))
        assert ours.convert_tokens_to_string(tokens) == decoder.decode(tokens)


def test_an_unsupported_pattern_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match="look-behind"):
        _core.Split(pattern=r"(?<=a)b", behavior=_core.SplitBehavior.ISOLATED, regex=True)
