"""Windows over long texts: every token belongs to one, and what they give is merged as the documentation says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from leanformers import AutoTokenizer, Config, SentenceEncoder, auto, pipeline
from leanformers.errors import InputTypeError, InputValueError, TooLongError
from leanformers.long_text import LongText, Windows, read_texts

LIMIT = 32
SIZES = {
    "hidden_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2, "intermediate_size": 64,
    "initializer_range": 0.4, "max_position_embeddings": LIMIT,
}  # fmt: skip
SENTENCE = "Wolfgang Müller lives in unbelievable Berlin-Kreuzberg with 42 cats, 3 dogs and Dr. Doe"
WORDS = SENTENCE.split()
LONG = " ".join(WORDS * 9)


@pytest.fixture(scope="module")
def tokenizer(test_data: Path) -> Any:
    return AutoTokenizer.from_pretrained(test_data / "checkpoints" / "all-MiniLM-L6-v2")


@pytest.fixture(scope="module")
def model_of(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`model_of(kind, labels)`: the folder of a tiny BERT with random weights."""

    def make(kind: str, labels: list[str] | None = None) -> Path:
        torch.manual_seed(8)
        config = Config("bert", **SIZES, **({"id2label": dict(enumerate(labels))} if labels else {}))
        folder = tmp_path_factory.mktemp(kind)
        getattr(auto, kind).from_config(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return make


def windows_of(tokenizer: Any, text: str, stride: int) -> list[list[int]]:
    """The text tokens of each window as numbers of tokens in the text, from plain counting."""
    count, room = tokenizer.count(text, add_special_tokens=False), LIMIT - 2
    begins = range(0, max(count - stride, 1), room - stride) if count > room else [0]
    return [list(range(begin, min(begin + room, count))) for begin in begins]


def best_window(windows: list[list[int]], token: int, count: int) -> set[int]:
    """Those in which a token has the most context on its poorer side; the ends of the text lack none."""

    def context(window: list[int]) -> int:
        left = count if window[0] == 0 else token - window[0]
        right = count if window[-1] == count - 1 else window[-1] - token
        return min(left, right)

    having = {number: context(window) for number, window in enumerate(windows) if token in window}
    # Neighbours halve what they share, so that at an even split the one or the other is right.
    return {number for number, value in having.items() if value >= max(having.values()) - 1}


def run_windows(tokenizer: Any, text: str, stride: int, model: Any) -> list[Any]:
    """The model's output for each window by itself."""
    ids = tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
    cls, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
    with torch.no_grad():
        return [model([[cls, *(ids[t] for t in window), sep]]) for window in windows_of(tokenizer, text, stride)]


@settings(max_examples=150, deadline=None)
@given(words=st.integers(0, 120), others=st.integers(0, 25), stride=st.integers(0, 14), limit=st.integers(20, 40))
@pytest.mark.parametrize("pair", [False, True])
def test_every_token_belongs_to_one_window(
    tokenizer: Any, words: int, others: int, stride: int, limit: int, pair: bool
) -> None:
    texts = [" ".join((WORDS * 20)[:words]), "a b c"]
    seconds = [" ".join((WORDS * 3)[5 : 5 + others]), "d e"] if pair else None
    lengths = [tokenizer.count(part[0], add_special_tokens=False) for part in (texts, seconds) if part]
    whole = tokenizer.encode_ragged(texts, seconds, truncation=True, max_length=10_000)
    if whole.lengths[0] > limit and limit - (whole.lengths[0] - max(lengths)) <= stride:
        with pytest.raises((InputValueError, TooLongError), match="row 0"):
            read_texts(tokenizer, texts, seconds, limit=limit, long_text=LongText("window", stride))
        return
    windows = read_texts(tokenizer, texts, seconds, limit=limit, long_text=LongText("window", stride))
    assert int(windows.ragged.lengths.max()) <= limit
    assert windows.dropped == [0, 0]
    for text in range(2):
        assert windows.whole(text).ids.tolist() == whole[text].tolist()
        rows = windows.rows[text]
        parts = [torch.from_numpy(windows.ragged[row].astype("int64")) for row in range(len(windows.ragged))]
        assert windows.join(parts, text).tolist() == whole[text].tolist()
        if len(rows) > 1:
            assert int(windows.weights[rows].sum()) == max(lengths)
    assert len(windows.rows[1]) == 1


def test_a_short_last_window_and_wide_strides(tokenizer: Any) -> None:
    for stride in (0, 1, 15, 28, 29):
        windows = read_texts(tokenizer, [LONG], limit=LIMIT, long_text=LongText("window", stride))
        assert windows.whole(0).ids.tolist() == tokenizer(LONG, verbose=False)["input_ids"]
        assert len(windows.rows[0]) == len(windows_of(tokenizer, LONG, stride))
    with pytest.raises(InputValueError, match="row 0: stride=30 leaves no room: a window has 30 tokens of the text"):
        read_texts(tokenizer, [LONG], limit=LIMIT, long_text=LongText("window", 30))
    with pytest.raises(TooLongError, match=r"row 7: no window of 32 tokens .* shorter text of the pair has \d+ tokens"):
        read_texts(tokenizer, [LONG], [LONG], limit=LIMIT, long_text=LongText("window"), row_of=lambda row: row + 7)


def test_windows_go_from_the_left_for_every_tokenizer(tokenizer: Any, test_data: Path) -> None:
    left = AutoTokenizer.from_pretrained(test_data / "checkpoints" / "all-MiniLM-L6-v2", truncation_side="left")
    parts: list[Windows] = [
        read_texts(each, [LONG], limit=LIMIT, long_text=LongText("window")) for each in (tokenizer, left)
    ]
    assert parts[0].ragged.ids.tolist() == parts[1].ragged.ids.tolist()


def test_logits_of_a_text_are_the_weighted_mean_of_its_windows(model_of: Any, tokenizer: Any) -> None:
    folder = model_of("AutoModelForSequenceClassification", ["bad", "fair", "good"])
    classify = pipeline("text-classification", model=folder)
    for stride in (0, 7, 10):
        logits = torch.cat([output.logits for output in run_windows(tokenizer, LONG, stride, classify.model)])
        windows = windows_of(tokenizer, LONG, stride)
        weights = torch.tensor([float(len(window)) for window in windows])
        weights[:-1] -= stride - stride // 2
        weights[1:] -= stride // 2
        expected = (logits * weights.unsqueeze(1)).sum(0) / weights.sum()
        found = classify(LONG, too_long="window", stride=stride, function_to_apply="none", top_k=None)
        scores = {label["label"]: label["score"] for label in found}
        assert [scores[name] for name in ("bad", "fair", "good")] == pytest.approx(expected.tolist(), abs=1e-5)


def test_a_token_is_labelled_where_it_has_the_most_context(model_of: Any, tokenizer: Any) -> None:
    folder = model_of("AutoModelForTokenClassification", ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "MISC"])
    find = pipeline("ner", model=folder)
    for stride in (0, 9, 10, 20):
        windows = windows_of(tokenizer, LONG, stride)
        outputs = [output.logits[0, 1:-1].softmax(-1) for output in run_windows(tokenizer, LONG, stride, find.model)]
        found = find(LONG, too_long="window", stride=stride, ignore_labels=[])
        count = tokenizer.count(LONG, add_special_tokens=False)
        assert [entity["index"] for entity in found] == list(range(1, count + 1))
        for token, entity in enumerate(found):
            scores = []
            for number in best_window(windows, token, count):
                probabilities = outputs[number][windows[number].index(token)]
                scores.append((find.model.config.id2label[int(probabilities.argmax())], float(probabilities.max())))
            assert any(
                name == entity["entity"] and score == pytest.approx(entity["score"], abs=1e-5) for name, score in scores
            )
            assert (
                LONG[entity["start"] : entity["end"]]
                .lower()
                .replace("ü", "u")
                .endswith(entity["word"].removeprefix("##"))
            )
    with pytest.raises(InputTypeError, match="item 1 must be a str, not a pair of texts"):
        find(["a", {"text": "a", "text_pair": "b"}])


def test_an_entity_may_stand_across_the_border_of_two_windows(model_of: Any) -> None:
    find = pipeline("ner", model=model_of("AutoModelForTokenClassification", ["O", "I-NAME"]))
    with torch.no_grad():  # everything is a name
        find.model.classifier.weight.zero_()
        find.model.classifier.bias.copy_(torch.tensor([0.0, 5.0]))
    for strategy in ("simple", "first", "average", "max"):
        (entity,) = find(LONG, too_long="window", aggregation_strategy=strategy)
        assert (entity["start"], entity["end"]) == (0, len(LONG))


def test_features_have_each_token_once(model_of: Any, tokenizer: Any) -> None:
    extract = pipeline("feature-extraction", model=model_of("AutoModel"))
    stride = 8
    found = extract(LONG, too_long="window", stride=stride, return_tensors=True)[0]
    windows = windows_of(tokenizer, LONG, stride)
    outputs = [output.last_hidden_state[0] for output in run_windows(tokenizer, LONG, stride, extract.model)]
    count = tokenizer.count(LONG, add_special_tokens=False)
    assert found.shape == (count + 2, 32)
    assert torch.allclose(found[0], outputs[0][0], atol=1e-5)
    assert torch.allclose(found[-1], outputs[-1][-1], atol=1e-5)
    for token in range(count):
        values = [outputs[n][1 + windows[n].index(token)] for n in best_window(windows, token, count)]
        assert any(torch.allclose(found[1 + token], value, atol=1e-5) for value in values)


def test_a_mask_is_filled_where_it_has_the_most_context(model_of: Any, tokenizer: Any) -> None:
    fill = pipeline("fill-mask", model=model_of("AutoModelForMaskedLM"))
    words = list(WORDS * 9)
    for place in range(3, len(words), 11):
        words[place] = "[MASK]"
    text, stride = " ".join(words), 12
    windows = windows_of(tokenizer, text, stride)
    outputs = [output.logits[0, 1:-1].softmax(-1) for output in run_windows(tokenizer, text, stride, fill.model)]
    ids = tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
    masks = [place for place, token in enumerate(ids) if token == tokenizer.mask_token_id]
    found = fill(text, too_long="window", stride=stride, top_k=1)
    assert len(found) == len(masks) > 8
    for place, (word,) in zip(masks, found, strict=True):
        best = [outputs[n][windows[n].index(place)].max(0) for n in best_window(windows, place, len(ids))]
        assert any(
            int(value.indices) == word["token"] and float(value.values) == pytest.approx(word["score"], abs=1e-5)
            for value in best
        )
        filled = [*ids[:place], word["token"], *ids[place + 1 :]]
        assert word["sequence"] == tokenizer.decode([tokenizer.cls_token_id, *filled, tokenizer.sep_token_id])


@pytest.mark.parametrize("pooling", ["mean", "cls", "max", "lasttoken"])
def test_a_long_texts_vector(model_of: Any, tokenizer: Any, pooling: str) -> None:
    encoder = SentenceEncoder.from_pretrained(model_of("AutoModel"), too_long="window", stride=6)
    object.__setattr__(encoder.folder, "pooling", (pooling,))
    states = [output.last_hidden_state[0] for output in run_windows(tokenizer, LONG, 6, encoder.model)]
    choose = {
        "mean": lambda state: state.mean(0),
        "cls": lambda state: state[0],
        "max": lambda state: state.amax(0),
        "lasttoken": lambda state: state[-1],
    }
    vectors = torch.stack([choose[pooling](state) for state in states])
    weights = torch.tensor([float(len(window)) - 6 for window in windows_of(tokenizer, LONG, 6)])
    weights[[0, -1]] += 3
    expected = vectors.amax(0) if pooling == "max" else (vectors * weights.unsqueeze(1)).sum(0) / weights.sum()
    found = encoder.encode(["Hm.", LONG])
    assert torch.allclose(torch.from_numpy(found[1]), expected, atol=1e-5)
    assert (encoder.encode("Hm.") == found[0]).all()
    assert (encoder.encode(LONG) == found[1]).all()
    cut, dropped = encoder.encode(["Hm.", LONG], too_long="truncate", return_dropped=True)
    assert not (cut[1] == found[1]).all()
    assert dropped.tolist() == [0, tokenizer.count(LONG) - LIMIT]
    with pytest.raises(TooLongError, match="row 1"):
        encoder.encode(["Hm.", LONG], too_long="error")


def test_the_best_window_of_a_document_ranks_it(model_of: Any, tokenizer: Any) -> None:
    rerank = pipeline("rerank", model=model_of("AutoModelForSequenceClassification", ["LABEL_0"]))
    query = "Who lives there?"
    windows = read_texts(tokenizer, [query], [LONG], limit=LIMIT, long_text=LongText("window"))
    with torch.no_grad():
        logits = [
            float(rerank.model(row.astype("int64")[None], token_type_ids=windows.ragged.type_ids[None, a:b]).logits)
            for row, a, b in zip(
                windows.ragged, windows.ragged.row_offsets[:-1], windows.ragged.row_offsets[1:], strict=True
            )
        ]
    assert len(logits) > 3
    (found,) = rerank(query, [LONG], too_long="window", raw=True)
    assert found["score"] == pytest.approx(max(logits), abs=1e-5)


def test_answers_are_found_in_every_window(model_of: Any) -> None:
    answer = pipeline("question-answering", model=model_of("AutoModelForQuestionAnswering"))
    given = {"question": "Who lives there?", "context": LONG}
    assert answer(given) == answer(given, too_long="window")
    assert answer(given, stride=5) == answer(given, doc_stride=5)
    cut, dropped = answer(given, too_long="truncate", top_k=30, return_dropped=True)
    assert dropped > LIMIT
    assert all(found["end"] < len(LONG) // 3 for found in cut)
    assert max(found["end"] for found in answer(given, top_k=300)) > len(LONG) // 2
    with pytest.raises(TooLongError, match=r"row 0: \d+ tokens, limit 32"):
        answer(given, too_long="error")


def test_a_prompt_is_cut_at_its_beginning(tokenizer: Any, tmp_path: Path) -> None:
    config = Config("gpt2", vocab_size=30522, n_positions=40, n_embd=32, n_layer=1, n_head=2, bos_token_id=101,
                    eos_token_id=None, initializer_range=0.3)  # fmt: skip
    torch.manual_seed(0)
    auto.AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    write = pipeline("text-generation", tmp_path)
    write.tokenizer.bos_token = "[CLS]"
    found, dropped = write(LONG, too_long="truncate", max_new_tokens=5, return_full_text=False, return_dropped=True)
    ids = tokenizer(LONG, verbose=False)["input_ids"]
    prompt = [ids[0], *ids[-35:]]
    assert dropped == len(ids) - 36
    assert found[0]["generated_text"] == tokenizer.decode(
        write.model.generate([prompt], [[1] * 36], max_new_tokens=5)[0, 36:], skip_special_tokens=True
    )
    assert write(LONG, too_long="truncate", max_new_tokens=5)[0]["dropped_tokens"] == dropped
    with pytest.raises(TooLongError, match=r"row 1: .* limit 36 before 5 new ones"):
        write(["a", LONG], max_new_tokens=5)
