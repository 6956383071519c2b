"""The compiled plan is used where it may be, and never when it is out of date."""

from __future__ import annotations

import threading

import pytest
import torch

from leanformers.models.planning import PlanKeeper

IDS = [[5, 6, 7], [8, 9, 10]]


@pytest.fixture
def compiled(monkeypatch) -> list[int]:
    """One entry for each time a plan is compiled."""
    times: list[int] = []
    original = PlanKeeper.__init__

    def counting(self, compile_plan):
        def count(weights):
            times.append(1)
            return compile_plan(weights)

        original(self, count)

    monkeypatch.setattr(PlanKeeper, "__init__", counting)
    return times


def plan_and_bricks(model):
    with torch.no_grad():
        planned = model(IDS).last_hidden_state
    return planned, model(IDS).last_hidden_state.detach()


@pytest.mark.parametrize(
    "change",
    [
        lambda w: w.mul_(1.5),
        lambda w: w.data.mul_(1.5),
        lambda w: w.data.copy_(torch.randn_like(w)),
        lambda w: setattr(w, "data", torch.randn_like(w)),
        lambda w: torch.nn.init.normal_(w),
        lambda w: w.detach().numpy().__imul__(1.5),
    ],
    ids=["in place", "data in place", "data copied", "data replaced", "init", "through numpy"],
)
@pytest.mark.parametrize(
    "name",
    [
        "embeddings.word_embeddings",
        "encoder.layer.1.attention.self.key",
        "encoder.layer.0.output.dense",
        "pooler.dense",
    ],
)
def test_a_changed_weight_is_seen(model, change, name) -> None:
    plan_and_bricks(model)
    with torch.no_grad():
        change(model.get_parameter(f"{name}.weight"))
    planned, bricks = plan_and_bricks(model)
    assert (planned - bricks).abs().max() <= 1e-5


def test_a_changed_bias_or_norm_is_seen(model) -> None:
    for name, weight in model.named_parameters():
        if weight.ndim == 1:
            plan_and_bricks(model)
            with torch.no_grad():
                weight.add_(torch.linspace(-1, 1, len(weight)))
                weight.data.add_(torch.linspace(-1, 1, len(weight)))
            planned, bricks = plan_and_bricks(model)
            assert (planned - bricks).abs().max() <= 1e-5, name


def test_a_change_of_a_weight_with_other_strides_is_seen(model) -> None:
    dense = model.encoder.layer[0].output.dense
    dense.weight = torch.nn.Parameter(dense.weight.detach().t().contiguous().t())
    plan_and_bricks(model)
    dense.weight.data.mul_(2)
    planned, bricks = plan_and_bricks(model)
    assert (planned - bricks).abs().max() <= 1e-5


def test_it_is_compiled_once(config, compiled) -> None:
    from leanformers.models.classes import BertModel

    model = BertModel(config).eval()
    for _ in range(3):
        with torch.inference_mode():
            model(IDS)
        with torch.no_grad():
            model(IDS, output_hidden_states=True)
    assert len(compiled) == 1
    model.train().eval()
    model.requires_grad_(False)
    model(IDS)  # nothing to track: the plan serves without no_grad
    assert len(compiled) == 1
    model.train()(IDS)
    model.eval()(IDS)
    assert len(compiled) == 2  # training drops it


def test_it_is_not_used_under_autocast_or_with_global_hooks(model, compiled) -> None:
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model(IDS).last_hidden_state
    with torch.no_grad():
        assert (hidden - model(IDS).last_hidden_state).abs().max() < 0.2
    seen = []
    handle = torch.nn.modules.module.register_module_forward_hook(lambda m, i, o: seen.append(type(m).__name__))
    with torch.no_grad():
        model(IDS)
    handle.remove()
    assert "Linear" in seen


def test_weights_that_are_nan_stay_nan_without_recompiling(config, compiled) -> None:
    from leanformers.models.classes import BertModel

    model = BertModel(config).eval()
    with torch.no_grad():
        model.encoder.layer[0].output.dense.weight.fill_(float("nan"))
        for _ in range(2):
            assert model(IDS).last_hidden_state.isnan().all()
    assert len(compiled) == 1


def test_many_threads_at_once(config, compiled) -> None:
    from leanformers.models.classes import BertModel

    model = BertModel(config).eval()
    results, errors = [], []
    start = threading.Barrier(8)

    def work() -> None:
        try:
            start.wait()
            with torch.no_grad():
                results.extend(model(IDS).last_hidden_state for _ in range(20))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(results) == 160
    assert len(compiled) == 1
    assert all(torch.equal(result, results[0]) for result in results)


def test_weights_made_in_inference_mode(config) -> None:
    from leanformers.models.classes import BertModel

    with torch.inference_mode():
        model = BertModel(config).eval()
        first = model(IDS).last_hidden_state
        model.encoder.layer[0].output.dense.weight.mul_(2)
        assert not torch.allclose(model(IDS).last_hidden_state, first)
