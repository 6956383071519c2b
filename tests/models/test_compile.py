"""torch.compile and two processes that train together: the numbers of the model by itself."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from leanformers import AutoModelForSequenceClassification, AutoTokenizer

TEXTS = ["A good day.", "Bad! A really, really bad one.", "What?", "I like it."]
LABELS = torch.tensor([1, 0, 0, 1])


@pytest.fixture
def model() -> Any:
    return AutoModelForSequenceClassification.from_pretrained("leanformers/tiny-sentiment")


@pytest.fixture
def batch() -> Any:
    tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
    return tokenizer(TEXTS, padding=True, return_tensors="pt")


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # which torch.compile itself looks at
@pytest.mark.parametrize("backend", ["aot_eager", pytest.param("inductor", marks=pytest.mark.long)])
def test_a_compiled_model_gives_the_same_numbers_and_trains(model, batch, backend) -> None:
    expected = model(**batch, labels=LABELS)
    expected.loss.backward()
    gradients = {name: weight.grad.clone() for name, weight in model.named_parameters()}
    torch._dynamo.reset()
    compiled = torch.compile(model, backend=backend)
    with torch.no_grad():
        assert (compiled(**batch).logits - expected.logits).abs().max() <= 1e-5
    model.zero_grad()
    output = compiled(**batch, labels=LABELS)
    output.loss.backward()
    assert abs(output.loss - expected.loss) <= 1e-5
    for name, weight in model.named_parameters():
        assert (weight.grad - gradients[name]).abs().max() <= 1e-5


def _train(rank: int, rendezvous: str, results: Any) -> None:
    import torch.distributed as distributed
    from torch.nn.parallel import DistributedDataParallel

    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=2)
    model = AutoModelForSequenceClassification.from_pretrained("leanformers/tiny-sentiment")
    tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
    half = slice(2 * rank, 2 * rank + 2)
    parallel = DistributedDataParallel(model)
    parallel(**tokenizer(TEXTS[half], padding=True, return_tensors="pt"), labels=LABELS[half]).loss.backward()
    results.put((rank, {name: weight.grad.numpy() for name, weight in model.named_parameters()}))
    distributed.barrier()
    distributed.destroy_process_group()


def test_two_processes_have_the_gradients_of_one(model, batch, tmp_path) -> None:
    model(**batch, labels=LABELS).loss.backward()
    context = torch.multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [
        context.Process(target=_train, args=(rank, str(tmp_path / "rendezvous"), results)) for rank in range(2)
    ]
    for process in processes:
        process.start()
    gathered = [results.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(timeout=60)
        assert process.exitcode == 0
    for _, gradients in gathered:
        for name, weight in model.named_parameters():
            assert (weight.grad - torch.from_numpy(gradients[name])).abs().max() <= 1e-6, name
