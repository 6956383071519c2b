"""torch.compile and two processes that train together: the numbers of the model by itself."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from leanformers import AutoModelForSeq2SeqLM, AutoModelForSequenceClassification, AutoTokenizer, Config

TEXTS = ["A good day.", "Bad! A really, really bad one.", "What?", "I like it."]
LABELS = {
    "classifier": torch.tensor([1, 0, 0, 1]),
    "t5": torch.tensor([[5, 9, 1], [8, 1, -100], [3, 1, -100], [7, 6, 1]]),
}
KINDS = tuple(LABELS)


def make(kind: str) -> Any:
    """A classifier, or a tiny encoder–decoder; the same weights each time."""
    if kind == "classifier":
        return AutoModelForSequenceClassification.from_pretrained("leanformers/tiny-sentiment")
    sizes = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_heads": 2, "num_layers": 1}
    with torch.random.fork_rng():
        torch.manual_seed(3)
        vocabulary = len(AutoTokenizer.from_pretrained("leanformers/tiny-sentiment"))
        return AutoModelForSeq2SeqLM.from_config(
            Config("t5", vocab_size=vocabulary, decoder_start_token_id=0, **sizes)
        ).eval()


def read(texts: list[str]) -> Any:
    tokenizer = AutoTokenizer.from_pretrained("leanformers/tiny-sentiment")
    return tokenizer(texts, padding=True, return_tensors="pt")


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # which torch.compile itself looks at
@pytest.mark.parametrize(
    ("kind", "backend"),
    [
        ("classifier", "aot_eager"),
        ("t5", "eager"),  # its two stacks take long to compile
        *(pytest.param(kind, "inductor", marks=pytest.mark.long) for kind in KINDS),
    ],
)
def test_a_compiled_model_gives_the_same_numbers_and_trains(kind, backend) -> None:
    model, batch = make(kind), {**read(TEXTS), "labels": LABELS[kind]}
    expected = model(**batch)
    expected.loss.backward()
    gradients = {name: weight.grad.clone() for name, weight in model.named_parameters()}
    torch._dynamo.reset()
    compiled = torch.compile(model, backend=backend)
    with torch.no_grad():
        assert (compiled(**batch).logits - expected.logits).abs().max() <= 1e-5
    model.zero_grad()
    output = compiled(**batch)
    output.loss.backward()
    assert abs(output.loss - expected.loss) <= 1e-5
    for name, weight in model.named_parameters():
        assert (weight.grad - gradients[name]).abs().max() <= 1e-5


def _train(rank: int, kind: str, rendezvous: str, results: Any) -> None:
    import torch.distributed as distributed
    from torch.nn.parallel import DistributedDataParallel

    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=2)
    model, half = make(kind), slice(2 * rank, 2 * rank + 2)
    parallel = DistributedDataParallel(model)
    parallel(**read(TEXTS[half]), labels=LABELS[kind][half]).loss.backward()
    results.put((rank, {name: weight.grad.numpy() for name, weight in model.named_parameters()}))
    distributed.barrier()
    distributed.destroy_process_group()


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_have_the_gradients_of_one(kind, tmp_path) -> None:
    model = make(kind)
    model(**read(TEXTS), labels=LABELS[kind]).loss.backward()
    context = torch.multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [
        context.Process(target=_train, args=(rank, kind, str(tmp_path / "rendezvous"), results)) for rank in range(2)
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
