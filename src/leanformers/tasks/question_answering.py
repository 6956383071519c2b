"""Answers that stand in a text: "question-answering"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..auto import AutoModelForQuestionAnswering
from ..errors import ArgumentError, InputTypeError, InputValueError
from ..long_text import POLICIES, LongText, Windows
from ..models.token_heads import QuestionAnsweringModel
from ..tokenizers.options import check_number
from .model_pipeline import HeadPipeline
from .pipeline import Call, check_top_k

if TYPE_CHECKING:
    from ..tokenizers.ragged import Ragged

__all__ = ["QuestionAnsweringPipeline"]

Answer = dict[str, Any]
_WINDOW = 384  # tokens, as in the reference


class QuestionAnsweringPipeline(HeadPipeline):
    """The likeliest answers to a question in a context: `{"score", "start", "end", "answer"}`.

    Call it with `question=…, context=…`, or with `{"question": …, "context": …}` or a list of these. A context that is
    too long is read in windows that overlap, and the best answers of all windows count: nothing is cut off. (Other
    tasks do this with `too_long="window"`; here "error" and "truncate" are what has to be asked for.)

    Options of a call: `top_k`, the number of answers (1: the answer itself, else a list); `max_answer_len` in tokens
    (15); `max_seq_len`, tokens of a window (384, or what the model takes); `doc_stride`, another name of `stride`;
    `handle_impossible_answer`, whether "" may be the answer.
    """

    task = "question-answering"
    policies = POLICIES
    long_text = LongText("window")
    options = ("top_k", "max_answer_len", "max_seq_len", "handle_impossible_answer")
    auto = AutoModelForQuestionAnswering
    model_kind = QuestionAnsweringModel

    def __call__(self, texts: Any = None, *, question: Any = None, context: Any = None, **options: Any) -> Any:
        """Answer one question, or several; see the class.

        Raises:
            InputTypeError: something else than questions and contexts; names the item.
            InputValueError: an empty question or context, or windows too short for the question.
        """
        if texts is None:
            if isinstance(question, (list, tuple)):
                contexts = [context] * len(question) if isinstance(context, str) else list(context or ())
                if len(contexts) != len(question):
                    raise InputValueError(f"there are {len(question)} questions, but {len(contexts)} contexts")
                texts = [{"question": q, "context": c} for q, c in zip(question, contexts, strict=True)]
            else:
                texts = {"question": question, "context": context}
        stride = options.pop("doc_stride", None)
        if stride is not None:
            if options.get("stride") is not None:
                raise ArgumentError("give either stride or doc_stride, not both")
            options["stride"] = stride
        return super().__call__(texts, **options)

    def run(self, texts: list[Any], first_row: int, call: Call) -> list[Any]:
        """The answers to each question."""
        top_k = call.options.get("top_k", 1)
        check_top_k(top_k)
        for number, item in enumerate(texts):
            _check_item(first_row + number, item)
        questions, contexts = ([item[name] for item in texts] for name in ("question", "context"))
        windows = self._windows(questions, contexts, first_row, call)
        found: list[tuple[list[Answer], float]] = [([], 1.0)] * len(windows.ragged)
        for packed, logits in self.passes(windows.ragged, call):
            parts = torch.split(logits.float().cpu(), list(packed.lengths))
            for row, values in zip(packed.order.tolist(), parts, strict=True):
                context = contexts[int(windows.samples[row])]
                found[row] = self._answers(context, windows.ragged[row : row + 1], values, call)
        results: list[Any] = []
        for rows in windows.rows:
            answers = [answer for row in rows for answer in found[row][0]]
            if call.options.get("handle_impossible_answer", False):
                nothing = min(found[row][1] for row in rows)  # one window with an answer is enough
                answers.append({"score": nothing, "start": 0, "end": 0, "answer": ""})
            best = _best(answers, top_k)
            results.append(best[0] if top_k == 1 and best else best)
        return results

    def _windows(self, questions: list[str], contexts: list[str], first_row: int, call: Call) -> Windows:
        length = call.options.get("max_seq_len", _WINDOW if call.too_long == "window" else None)
        check_number("max_seq_len", length, 1)
        return self.read_pairs(questions, contexts, first_row, call, cut="only_second", spans=True, length=length)

    def _answers(self, context: str, window: Ragged, values: Tensor, call: Call) -> tuple[list[Answer], float]:
        """The best answers of a window, and the probability that it has none; `values`: (tokens, 2)."""
        assert window.sequence_ids is not None
        inside = torch.from_numpy(window.sequence_ids == 1)  # (tokens,)
        allowed = inside.clone()
        allowed[0] = True  # the first token stands for no answer
        start, end = (values[:, i].masked_fill(~allowed, float("-inf")).softmax(0) for i in (0, 1))
        no_answer = float(start[0] * end[0])
        start, end = start * inside, end * inside
        longest = call.options.get("max_answer_len", 15)
        scores = torch.outer(start, end).triu().tril(longest - 1)  # (first token, last token)
        count = min(scores.numel(), max(call.options.get("top_k", 1) or 1, 1))
        best = scores.flatten().topk(count)
        answers = []
        for score, place in zip(best.values.tolist(), best.indices.tolist(), strict=True):
            if score > 0:
                begin, stop = _words_around(window, *divmod(place, len(inside)))
                answers.append({"score": score, "start": begin, "end": stop, "answer": context[begin:stop]})
        return answers, no_answer


def _check_item(number: int, item: Any) -> None:
    if not isinstance(item, Mapping) or set(item) != {"question", "context"}:
        raise InputTypeError(f'item {number} must be {{"question": …, "context": …}}, not {item!r}')
    for name in ("question", "context"):
        if not isinstance(item[name], str):
            raise InputTypeError(f"the {name} of item {number} must be a str, not {item[name]!r}")
        if not item[name].strip():
            raise InputValueError(f"the {name} of item {number} is empty")


def _words_around(window: Ragged, first: int, last: int) -> tuple[int, int]:
    """The characters of the whole words that tokens `first` to `last` belong to."""
    assert window.word_ids is not None
    assert window.sequence_ids is not None
    assert window.spans is not None
    of_context = window.sequence_ids == 1
    begins = (of_context & (window.word_ids == window.word_ids[first])).nonzero()[0]
    ends = (of_context & (window.word_ids == window.word_ids[last])).nonzero()[0]
    return int(window.spans[begins[0], 0]), int(window.spans[ends[-1], 1])


def _best(answers: list[Answer], top_k: int | None) -> list[Answer]:
    """The best answers of all windows; the same words at the same place count once, with their best score."""
    best: dict[tuple[int, int], Answer] = {}
    for answer in sorted(answers, key=lambda answer: -answer["score"]):
        best.setdefault((answer["start"], answer["end"]), answer)
    return list(best.values())[:top_k]
