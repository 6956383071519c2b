"""Training a tokenizer: every kind can be saved, loaded and used like the reference's; training anew; bad input."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leanformers import AddedToken, AutoTokenizer, _core, train_tokenizer
from leanformers.errors import (
    ArgumentError,
    FileFormatError,
    InputTypeError,
    InputValueError,
    MissingFileError,
)

KINDS = ("word", "char", "bpe", "wordpiece", "unigram")
LINES = [
    "Hello, the  market isn't   closed. ``quoted''",
    "日本 naïve — ½ \u0301",
    "",
    " ",
    "a<b>c [UNK] </s>",
    "\t x\r\n",
]


@pytest.fixture(scope="module")
def texts(test_data: Path) -> list[str]:
    with (test_data / "corpora" / "short.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line)["text"] for line in file][:1500]


@pytest.fixture(scope="module")
def trained(texts: list[str]) -> dict[str, Any]:
    return {kind: train_tokenizer(kind, iter(texts), vocab_size=1200) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded_it_gives_the_same_ids_everywhere(
    kind: str, trained: dict[str, Any], texts: list[str], tmp_path: Path
) -> None:
    tokenizers, transformers = pytest.importorskip("tokenizers"), pytest.importorskip("transformers")
    ours = trained[kind]
    ours.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    wrapped = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert ours.get_vocab() == again.get_vocab() == theirs.get_vocab() == wrapped.get_vocab()
    assert ours.special_tokens_map == again.special_tokens_map == wrapped.special_tokens_map
    for text in [*LINES, *texts[:50]]:
        ids = ours(text)["input_ids"]
        assert ids == again(text)["input_ids"] == theirs.encode(text).ids == wrapped(text)["input_ids"]
        assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=False)


@pytest.mark.parametrize("kind", KINDS)
def test_threads_and_batches_make_no_difference_to_the_file(
    kind: str, trained: dict[str, Any], texts: list[str], tmp_path: Path
) -> None:
    trained[kind].save_pretrained(tmp_path / "one")
    batches = (texts[begin : begin + 100] for begin in range(0, len(texts), 100))
    for threads in (1, 2, 5):
        other = train_tokenizer(kind, batches if threads == 5 else iter(texts[::-1]), vocab_size=1200, threads=threads)
        other.save_pretrained(tmp_path / "other")
        for name in ("tokenizer.json", "tokenizer_config.json"):
            assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_the_kinds_on_one_text(trained: dict[str, Any]) -> None:
    text = "The year"
    assert trained["word"].tokenize(text) == ["The", "year"]
    assert trained["char"].tokenize(text) == list(text)
    assert trained["bpe"].tokenize(text) == ["The", "Ġyear"]
    assert trained["wordpiece"].tokenize(text) == ["the", "year"]
    assert trained["unigram"].tokenize(text) == ["▁The", "▁year"]
    assert trained["wordpiece"](text).tokens() == ["[CLS]", "the", "year", "[SEP]"]
    assert trained["wordpiece"](text, text)["token_type_ids"] == [0, 0, 0, 0, 1, 1, 1]
    assert trained["unigram"](text).tokens() == ["▁The", "▁year", "</s>"]
    assert trained["bpe"].decode(trained["bpe"]("naïve 日本")["input_ids"]) == "naïve 日本"
    assert "[UNK]" in trained["word"].tokenize("naïve 日本")


def test_files_are_read_line_by_line_as_by_the_reference(texts: list[str], tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    paths[0].write_bytes("\r\n".join(texts[:200]).encode() + b"\n\n\x0b x\x0c\xe2\x80\xa8y \x1c z")
    paths[1].write_bytes("\n".join(texts[200:400]).encode() + b"\n")
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE())
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=900,
        show_progress=False,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
    )
    theirs.train([str(path) for path in paths], trainer)
    assert train_tokenizer("bpe", paths, vocab_size=900).get_vocab() == theirs.get_vocab()
    assert train_tokenizer("bpe", [str(path) for path in paths], vocab_size=900).get_vocab() == theirs.get_vocab()
    one = train_tokenizer("word", str(paths[0]))
    assert one.get_vocab() == train_tokenizer("word", paths[0]).get_vocab()


def test_special_tokens_get_the_first_ids_and_roles_by_name() -> None:
    tokens = ["<pad>", AddedToken("<mask>", lstrip=True), "<unk>", "<x>", "<pad>"]
    tokenizer = train_tokenizer("word", iter(["a b", "a"]), special_tokens=tokens)
    assert tokenizer.get_vocab() == {"<pad>": 0, "<mask>": 1, "<unk>": 2, "<x>": 3, "a": 4, "b": 5}
    assert tokenizer.special_tokens_map == {"unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>"}
    assert tokenizer.extra_special_tokens == ["<x>"]
    assert tokenizer("a <mask><x> zzz")["input_ids"] == [4, 1, 3, 2]


def test_a_template_needs_its_tokens() -> None:
    tokenizer = train_tokenizer("wordpiece", iter(["a b"]), special_tokens=["[UNK]", "[SEP]"])
    assert tokenizer("a").tokens() == ["a"]


@pytest.mark.parametrize("kind", KINDS)
def test_lowercase(kind: str) -> None:
    lower, plain, usual = (train_tokenizer(kind, iter(["AB Ab ab"]), lowercase=flag) for flag in (True, False, None))
    assert lower.tokenize("ab") == lower.tokenize("AB") != plain.tokenize("AB")
    assert usual.get_vocab() == (lower if kind == "wordpiece" else plain).get_vocab()


# ---- Unigram ----


def likelihood(pieces: list[tuple[str, float]], counts: list[tuple[str, int]]) -> float:
    """The log-likelihood of words by their best pieces; an unknown character costs as much on both sides."""
    scores = dict(pieces)
    longest = max(map(len, scores))
    total = 0.0
    for word, count in counts:
        best = [0.0] + [-1e300] * len(word)
        for begin in range(len(word)):
            best[begin + 1] = max(best[begin + 1], best[begin] - 25)
            for end in range(begin + 1, min(len(word), begin + longest) + 1):
                score = scores.get(word[begin:end])
                if score is not None and best[begin] + score > best[end]:
                    best[end] = best[begin] + score
        total += best[-1] * count
    return total


@pytest.mark.parametrize(
    ("corpus", "number", "size"), [("short", 1500, 1000), ("english", 60, 3000), ("multilingual", 80, 4000)]
)
def test_unigram_is_as_likely_as_the_references(corpus: str, number: int, size: int, test_data: Path) -> None:
    """Within 1 % on the texts it was trained on, and on others."""
    tokenizers = pytest.importorskip("tokenizers")
    normalizers = tokenizers.normalizers
    with (test_data / "corpora" / f"{corpus}.jsonl").open(encoding="utf-8") as file:
        texts = [json.loads(line)["text"][:3000] for line in file][: number * 2]
    theirs = tokenizers.Tokenizer(tokenizers.models.Unigram())
    theirs.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents()])
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    special = ["<unk>"]
    trainer = tokenizers.trainers.UnigramTrainer(
        vocab_size=size, show_progress=False, special_tokens=special, unk_token="<unk>"
    )
    theirs.train_from_iterator(texts[::2], trainer)
    expected = [tuple(piece) for piece in json.loads(theirs.to_str())["model"]["vocab"]]

    def count(texts: list[str]) -> _core.WordCounter:
        counter = _core.WordCounter(
            [_core.UnicodeForm(form=_core.Form.NFKD), _core.StripAccents()], [_core.Metaspace()], 2
        )
        counter.add(texts)
        return counter

    pieces, unknown = _core.train_unigram(count(texts[::2]), vocab_size=size, special_tokens=special, unk_token="<unk>")
    assert (unknown, pieces[0]) == (0, ("<unk>", 0.0))
    assert len(pieces) == len(expected)
    assert {piece for piece, _ in pieces if len(piece) == 1} == {piece for piece, _ in expected if len(piece) == 1}
    for held in (texts[::2], texts[1::2]):
        counts = count(held).counts()
        ours, reference = likelihood(pieces[1:], counts), likelihood(expected[1:], counts)
        assert ours > reference * 1.01, (ours, reference)


def test_unigram_expectations_equal_the_references(texts: list[str]) -> None:
    """With room for all seeds nothing is pruned: the same pieces, and scores up to rounding."""
    tokenizers = pytest.importorskip("tokenizers")
    theirs = tokenizers.Tokenizer(tokenizers.models.Unigram())
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    trainer = tokenizers.trainers.UnigramTrainer(vocab_size=60_000, show_progress=False)
    theirs.train_from_iterator(texts[:300], trainer)
    expected = dict(json.loads(theirs.to_str())["model"]["vocab"])
    counter = _core.WordCounter([], [_core.Metaspace()], 2)
    counter.add(texts[:300])
    pieces = dict(_core.train_unigram(counter, vocab_size=60_000)[0])
    assert pieces.keys() == expected.keys()
    # Characters that no way needs get the lowest score, in an order that the reference changes with each run.
    lowest = min(expected.values()) + 0.01
    assert all(abs(pieces[piece] - score) < 1e-5 for piece, score in expected.items() if score > lowest)


def test_unigram_of_long_words_without_spaces(texts: list[str]) -> None:
    """Whole texts as words: their probability is less than any number."""
    pieces, _ = _core.train_unigram(_counted([], [], [text * 5 for text in texts[:100]]), vocab_size=300)
    assert len(pieces) == 300
    assert all(-100 < score < 0 for _, score in pieces)


def _counted(normalizers: list[Any], pre_tokenizers: list[Any], texts: list[str]) -> _core.WordCounter:
    counter = _core.WordCounter(normalizers, pre_tokenizers, 2)
    counter.add(texts)
    return counter


# ---- Bad input ----


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"kind": "wordpeace"}, InputValueError, "did you mean 'wordpiece'"),
        ({"kind": None}, InputValueError, "choose one of"),
        ({"vocab_size": 0}, InputValueError, "vocab_size must be a whole number ≥ 1, not 0"),
        ({"vocab_size": "9"}, InputTypeError, "vocab_size must be"),
        ({"vocab_size": True}, InputTypeError, "vocab_size must be"),
        ({"vocab_size": 3}, InputValueError, "vocab_size=3 is too small"),
        ({"kind": "word", "vocab_size": 1}, InputValueError, "too small for the 2 special tokens"),
        ({"kind": "unigram", "vocab_size": 5}, InputValueError, "vocab_size=5 is too small"),
        ({"min_frequency": -1}, InputValueError, "min_frequency must be a whole number ≥ 0, not -1"),
        ({"kind": "unigram", "min_frequency": 2}, ArgumentError, "no argument 'min_frequency' for a Unigram model"),
        ({"kind": "char", "limit_alphabet": 2}, ArgumentError, "no argument 'limit_alphabet'"),
        ({"min_frequencey": 2}, ArgumentError, "did you mean 'min_frequency'"),
        ({"end_of_word_suffix": "</w>"}, ArgumentError, "end_of_word_suffix"),
        ({"kind": "unigram", "shrinking_factor": 1.5}, InputValueError, "shrinking_factor"),
        ({"threads": 0}, InputValueError, "threads"),
        ({"special_tokens": "[UNK]"}, InputTypeError, "special_tokens must be a list"),
        ({"special_tokens": ["[UNK]", 3]}, InputTypeError, "special token must be a string"),
        ({"special_tokens": ["[UNK]", ""]}, InputValueError, "special_tokens[1] is empty"),
        ({"special_tokens": ["[CLS]"]}, InputValueError, "needs '[UNK]' or '<unk>'"),
        ({"files_or_iterator": iter([])}, InputValueError, "the corpus has no words"),
        ({"files_or_iterator": iter(["", "  ", "\n"])}, InputValueError, "the corpus has no words"),
        ({"files_or_iterator": []}, InputValueError, "list of files is empty"),
        ({"files_or_iterator": None}, InputTypeError, "the corpus is None"),
        ({"files_or_iterator": b"a"}, InputTypeError, "the corpus is of type bytes"),
        ({"files_or_iterator": iter(["a", None])}, InputTypeError, "item 1 of the corpus is None"),
        (
            {"files_or_iterator": iter([["a"], ["b", float("nan")]])},
            InputTypeError,
            "item 1 of the corpus: text 1 is the float nan",
        ),
        ({"files_or_iterator": iter(["a", 3])}, InputTypeError, "item 1 of the corpus is the int 3"),
        ({"files_or_iterator": "no/such/file.txt"}, MissingFileError, "no such file"),
        ({"files_or_iterator": ["a text", "another"]}, MissingFileError, "iter(texts)"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_what_cannot_be_used_is_named(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    call = {"kind": "wordpiece", "files_or_iterator": iter(["a b c", "d"]), **arguments}
    with pytest.raises(error) as raised:
        train_tokenizer(**call)
    assert message in str(raised.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"good\n\xff\xfe")
    with pytest.raises(FileFormatError, match=r"a\.txt is not UTF-8"):
        train_tokenizer("word", tmp_path / "a.txt")
    with pytest.raises(MissingFileError):
        train_tokenizer("word", tmp_path)


def test_an_error_of_the_iterator_comes_through() -> None:
    def broken() -> Iterator[str]:
        yield "a"
        raise RuntimeError("the disk is on fire")

    with pytest.raises(RuntimeError, match="on fire"):
        train_tokenizer("word", broken())


def test_an_error_of_the_progress_stops_the_training(texts: list[str]) -> None:
    seen: list[tuple[int, int]] = []

    def report(done: int, total: int) -> None:
        seen.append((done, total))
        raise RuntimeError("enough")

    counter = _counted([], [_core.Whitespace()], texts)
    for train in (_core.train_bpe, _core.train_unigram):
        with pytest.raises(RuntimeError, match="enough"):
            train(counter, vocab_size=1000, progress=report)
    assert len(seen) == 2


def test_control_c_stops_the_training() -> None:
    program = """
import random, signal
from leanformers import _core
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
chosen = random.Random(0)
counter = _core.WordCounter([], [], 1)
counter.add(["".join(chosen.choices("abcdefgh", k=2000)) for _ in range(800)])
print("ready", flush=True)
_core.train_bpe(counter, vocab_size=10**9)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert process.returncode != 0


def test_one_counter_from_several_threads(texts: list[str]) -> None:
    counter = _core.WordCounter([], [_core.Whitespace()], 2)
    workers = [threading.Thread(target=counter.add, args=(texts[i::4],)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(counter.counts()) == sorted(_counted([], [_core.Whitespace()], texts).counts())


# ---- Memory ----


def test_memory_grows_with_the_words_and_not_with_the_texts() -> None:
    """50 MB of text with 100,000 different words, in a process of its own, take less than 60 MB more."""
    program = """
import random, resource
from leanformers import _core
chosen = random.Random(0)
words = ["".join(chosen.choices("etaoinshrdlu", k=chosen.randrange(2, 12))) for _ in range(100_000)]
texts = [" ".join(chosen.choices(words, k=50)) for _ in range(10_000)]
size = sum(map(len, texts))
counter = _core.WordCounter([], [_core.ByteLevel(add_prefix_space=False)], 2)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
added = 0
while added < 50_000_000:
    counter.add(texts)
    added += size
len(counter)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert float(result.stdout) < 60


def test_importing_is_lazy() -> None:
    program = (
        "import sys, leanformers; leanformers.train_tokenizer; print('numpy' in sys.modules, 'rich' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "False"]


def test_without_a_terminal_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    train_tokenizer("word", iter(["a b"] * 1000), length=1000)
    assert capsys.readouterr() == ("", "")
