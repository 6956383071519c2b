"""The core reads vocabulary and merges out of a tokenizer.json as JSON and the reference's reading of scores say."""

from __future__ import annotations

import json
import pickle
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leanformers import AutoTokenizer, _core
from leanformers.errors import FileFormatError
from leanformers.tokenizers.large_tables import parse_document, plain_document
from leanformers.tokenizers.scores import document_to_json, read_score
from leanformers.tokenizers.spec import Spec

PLACE = Path("tokenizer.json")
TOKENS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
# Decimals as files have them, and all other spellings that JSON allows.
SCORES = st.one_of(
    st.floats(-40, 0).map(repr),
    st.integers(-(10**20), 10**20).map(str),
    st.from_regex(r"\A-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,22})?([eE][+-]?[0-9]{1,3})?\Z"),
)


def as_json(text: bytes) -> Any:
    return json.loads(text, parse_float=read_score)


def check(text: bytes) -> None:
    """Reading gives what JSON gives, numbers bit by bit, by whichever way."""
    assert with_scores(plain_document(parse_document(text, PLACE))) == with_scores(as_json(text))


def with_scores(document: Any) -> str:
    """All of a document as text; whole scores are doubles to the core."""
    vocab = document["model"].get("vocab") if isinstance(document.get("model"), dict) else None
    for row in vocab if isinstance(vocab, list) else []:
        if isinstance(row, list) and len(row) == 2 and type(row[1]) is int:
            row[1] = float(row[1])
    return repr(document)


def spelled(value: Any, chosen: random.Random) -> str:
    """JSON of a value, of several spellings."""
    text = json.dumps(value, ensure_ascii=chosen.random() < 0.5, indent=chosen.choice((None, 0, 2)))
    return text.replace("\\n", "\\u000a") if chosen.random() < 0.5 else text


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(TOKENS, st.integers(0, 2**32 + 9)), st.randoms(use_true_random=False))
def test_vocabularies(vocab: dict[str, int], chosen: random.Random) -> None:
    check(spelled({"a": [{"model": 1}], "model": {"type": "BPE", "vocab": vocab}, "z": "x"}, chosen).encode())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(TOKENS, SCORES)), st.randoms(use_true_random=False))
def test_pieces_and_scores(pieces: list[tuple[str, str]], chosen: random.Random) -> None:
    rows = ", ".join(f"[{spelled(piece, chosen)}, {score} ]" for piece, score in pieces)
    check(f'{{"model": {{"vocab": [{rows}], "type": "Unigram", "unk_id": 0}}}}'.encode())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.just(0.0), st.floats(-40, -1e-6))))
def test_the_core_reads_all_scores_that_are_written(scores: list[float]) -> None:
    vocab = [[f"piece {place}", score] for place, score in enumerate(scores)]
    text = document_to_json({"model": {"type": "Unigram", "unk_id": 0, "vocab": vocab}}).encode()
    tables = _core.read_tables(text)
    assert tables is not None
    assert repr(tables["vocab"][0].plain()) == repr(as_json(text.decode())["model"]["vocab"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TOKENS, TOKENS)), st.booleans(), st.randoms(use_true_random=False))
def test_merges(merges: list[tuple[str, str]], joined: bool, chosen: random.Random) -> None:
    rows = [f"{left} {right}" for left, right in merges] if joined else [list(pair) for pair in merges]
    check(spelled({"model": {"merges": rows, "vocab": {}}}, chosen).encode())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=12), st.integers(0, 200), st.integers(0, 12))
def test_damage_is_found_as_in_any_json(inserted: bytes, place: int, dropped: int) -> None:
    whole = json.dumps(
        {"model": {"vocab": {"a": 0, "é\n": 1}, "merges": [["a", "é\n"], ["a", "a"]]}, "x": "y"}
    ).encode()
    text = whole[:place] + inserted + whole[place + dropped :]
    try:
        expected = as_json(text.decode("utf-8"))
    except (ValueError, RecursionError):
        with pytest.raises(FileFormatError):
            parse_document(text, PLACE)
        return
    if isinstance(expected, dict):
        assert repr(parse_document(text, PLACE) and plain_or_same(parse_document(text, PLACE))) == repr(expected)


def plain_or_same(document: dict[str, Any]) -> dict[str, Any]:
    return plain_document(document) if isinstance(document.get("model"), dict) else document


@pytest.mark.parametrize(
    "text",
    [
        '{"model": {"vocab": {"a": 0, "a": 1}}}',  # the last one counts
        '{"model": {"vocab": {"a": 0}, "vocab": {"b": 0}}}',
        '{"model": {"vocab": {"a": 0}}, "model": {"vocab": {"b": 0}}}',
        '{"model": {"vocab": {"\\ud83d": 0}}}',
        '{"model": {"vocab": {"\\ud83d\\ude00": 0, "\\u0000": 1}}}',
        '{"model": {"vocab": {"a": -1, "b": 1.0}}}',
        '{"model": {"vocab": [["a", NaN]]}}',
        '{"model": {"vocab": [["a", -0], ["b", -0.0], ["c", 1e400]]}}',
        '{"model": {"vocab": [["a", 40000000000000120000], ["b", 18446744073709551615], ["c", 18446744073709551616]]}}',
        '{"model": {"vocab": [["a", 4000000000000012000.0], ["b", -40000000000000120000.5]]}}',
        '{"model": {"vocab": [["a", 1, 2], "b", null]}}',
        '{"model": {"merges": ["a b", ["a", "b"], "a  b", "ab"]}}',
        '{"model": {"merges": ["a b", ["a", "b"]]}}',
        '{"mod\\u0065l": {"voc\\u0061b": {"a": 0}}}',
        '{"x": "\\"model\\": {\\"vocab\\": {}}", "model": {"vocab": {"\\"vocab\\": {": 0}}}',
        '{"model": {"vocab": {}, "merges": []}} ',
    ],
)
def test_unusual_files_are_read_as_any_json(text: str) -> None:
    check(text.encode())


@pytest.mark.parametrize("score", ["- 5", "-", "+5", ".5", "5.", "5e", "05"])
def test_scores_that_are_no_json_are_errors(score: str) -> None:
    with pytest.raises(FileFormatError, match="is not valid JSON"):
        parse_document(f'{{"model": {{"vocab": [["a", {score}]]}}}}'.encode(), PLACE)


@settings(max_examples=100, deadline=None)
@given(st.lists(TOKENS, max_size=40), st.lists(TOKENS, max_size=5))
def test_tables_find_the_last_of_equal_tokens_and_nothing_else(tokens: list[str], others: list[str]) -> None:
    pieces = _core.read_tables(json.dumps({"model": {"vocab": [[token, 0.0] for token in tokens]}}).encode())
    places = {token: place for place, token in enumerate(tokens)}
    vocabulary = _core.read_tables(json.dumps({"model": {"vocab": {t: 7 * i for t, i in places.items()}}}).encode())
    assert pieces is not None
    assert vocabulary is not None
    for token in [*tokens, *others, *(token[:-1] for token in tokens), *(token + "\0" for token in tokens)]:
        place = places.get(token)
        assert pieces["vocab"][0].find(token) == place
        assert vocabulary["vocab"][0].find(token) == (None if place is None else 7 * place)


@pytest.mark.parametrize("longest", [1, 7, 8, 9, 300])
def test_tables_find_each_of_many_tokens(longest: int) -> None:
    chosen = random.Random(longest)
    tokens = list({"".join(chosen.choices("aé中\U0001f600", k=chosen.randint(0, longest))) for _ in range(3000)})
    tables = _core.read_tables(json.dumps({"model": {"vocab": {t: i for i, t in enumerate(tokens)}}}).encode())
    assert tables is not None
    assert [tables["vocab"][0].find(token) for token in tokens] == list(range(len(tokens)))
    assert list(tables["vocab"][0].plain()) == tokens


def test_the_core_reads_the_tables_of_usual_files(minilm_folder: Path) -> None:
    document = parse_document((minilm_folder / "tokenizer.json").read_bytes(), PLACE)
    table = document["model"]["vocab"]
    assert isinstance(table, _core.VocabularyTable)
    assert (len(table), table.last_id, table.find("[CLS]"), table.find("no token")) == (30522, 30521, 101, None)
    assert table.find("\ud800") is None


def test_a_tokenizer_whose_tables_the_core_reads_is_the_same(minilm_folder: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(minilm_folder)
    text = (minilm_folder / "tokenizer.json").read_bytes()
    same = Spec(json.loads(text))
    assert tokenizer._spec.document == same.document
    assert tokenizer._spec.vocab == same.vocab
    assert pickle.loads(pickle.dumps(tokenizer._spec)).to_json().encode() == text
    tokenizer.add_tokens(["a_new_token"])
    tokenizer.save_pretrained(tmp_path)
    assert AutoTokenizer.from_pretrained(tmp_path).get_vocab() == tokenizer.get_vocab()
