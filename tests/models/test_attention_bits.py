"""A text's attention has the same bits on any number of threads and beside any other texts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")

from leanformers.models.wiring import Sight  # noqa: E402
from leanformers.ops.attention import attention  # noqa: E402

HEADS = 4


@pytest.mark.parametrize("length", [1, 2, 3, 5, 31, 33])
@pytest.mark.parametrize("before", [0, 1, 11, 12, 63])
@pytest.mark.parametrize("head_dim", [10, 16])
@pytest.mark.parametrize("kind", ["all", "causal", "bias"])
def test_a_text_has_the_same_bits_on_every_thread_and_in_every_batch(
    threads: Callable[[int], None], length: int, before: int, head_dim: int, kind: str
) -> None:
    texts, seen = 3, before + length
    numbers = torch.Generator().manual_seed(length * 100 + before)
    query = torch.randn(texts * length, HEADS, head_dim, generator=numbers)
    key, value = torch.randn(2, texts, HEADS, seen, head_dim, generator=numbers)
    bias = torch.randn(HEADS, length, seen, generator=numbers)
    options = {"sight": Sight(causal=kind == "causal"), "scale": 1.0}

    def run(first: int, last: int, number: int) -> torch.Tensor:
        threads(number)
        part, memory = query[first * length : last * length], (key[first:last], value[first:last])
        biases = [bias] if kind == "bias" else None
        return attention(part, [memory], [(last - first, length)], biases=biases, **options)

    with torch.inference_mode():
        whole = run(0, texts, 1)
        assert torch.equal(run(0, texts, 2), whole)
        for text in range(texts):
            alone = run(text, text + 1, 1 + text % 2)
            assert torch.equal(alone, whole[text * length : (text + 1) * length])
