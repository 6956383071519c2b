"""DeBERTa 2 and 3 beyond the contract tests: classes of distances, the second masked language head, bad settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from safetensors.torch import load_file, save_file  # noqa: E402
from transformers.models.deberta_v2 import modeling_deberta_v2 as reference_code  # noqa: E402

from leanformers import AutoModel, AutoModelForMaskedLM, Config  # noqa: E402
from leanformers.errors import ConfigError  # noqa: E402
from leanformers.ops.distances import distance_classes, distance_scores  # noqa: E402

TINY: dict[str, Any] = {
    "vocab_size": 120,
    "hidden_size": 32,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
    "relative_attention": True,
    "pos_att_type": ["c2p", "p2c"],
    "position_buckets": 16,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}
IDS = torch.randint(5, 120, (3, 50), generator=torch.Generator().manual_seed(0))


def saved(folder: Path, kind: str = "AutoModel", **more: Any) -> Any:
    """A model of the reference, written to a folder."""
    config = transformers.AutoConfig.for_model("deberta-v2", **{**TINY, **more})
    torch.manual_seed(0)
    model = getattr(transformers, kind).from_config(config).eval()
    model.save_pretrained(folder)
    return model


@pytest.mark.parametrize(
    ("classes", "farthest"), [(256, 512), (256, 24528), (128, 512), (32, 512), (7, 29), (2, 40), (3, 40)]
)
@pytest.mark.parametrize("length", [1, 2, 31, 512, 700])
def test_classes_of_distances_are_those_of_the_reference(classes, farthest, length) -> None:
    tokens = torch.empty(length, 1)
    expected = reference_code.build_relative_position(tokens, tokens, bucket_size=classes, max_position=farthest)[0]
    expected = (expected + classes).clamp(0, 2 * classes - 1)
    rows = distance_classes(length, classes, farthest, torch.device("cpu"))
    place = torch.arange(length)
    assert torch.equal(rows[length - 1 - place.unsqueeze(1) + place], expected)


def test_scores_are_those_of_the_definition() -> None:
    generator = torch.Generator().manual_seed(0)
    query, key = (torch.randn(2, 3, 9, 5, generator=generator) for _ in range(2))
    tables = [torch.randn(8, 3, 5, generator=generator) for _ in range(2)]
    rows = distance_classes(9, 4, None, torch.device("cpu"))
    scores = distance_scores(query, key, *tables, rows)
    for i in range(9):
        for j in range(9):
            row = min(max(i - j + 4, 0), 7)
            expected = (query[:, :, i] * tables[0][row] + key[:, :, j] * tables[1][row]).sum(-1)
            assert torch.allclose(scores[:, :, i, j], expected, atol=1e-5)


def test_long_runs_are_cut_without_a_trace(tmp_path, monkeypatch) -> None:
    saved(tmp_path)
    model = AutoModel.from_pretrained(tmp_path)
    with torch.no_grad():
        whole = model(IDS, torch.ones_like(IDS)).last_hidden_state
        monkeypatch.setattr("leanformers.ops.distances._GROUP", 1)
        cut = model(IDS, torch.ones_like(IDS)).last_hidden_state
    assert torch.equal(whole, cut)


class TestOwnMaskedLanguageHead:
    """With `legacy` off, the head has a bias of its own, and its decoder no name."""

    def test_it_is_that_of_the_reference(self, tmp_path) -> None:
        reference = saved(tmp_path, "AutoModelForMaskedLM", legacy=False)
        with torch.no_grad():
            for weight in reference.parameters():
                weight.normal_(0, 0.1)
        reference.save_pretrained(tmp_path)
        model = AutoModelForMaskedLM.from_pretrained(tmp_path)
        assert list(model.state_dict()) == [n for n in reference.state_dict() if "position_ids" not in n]
        assert {n for n, _ in model.named_parameters()} == {n for n, _ in reference.named_parameters()}
        labels = IDS.roll(1)
        for grad in (False, True):
            with torch.set_grad_enabled(grad):
                ours, theirs = model(IDS, torch.ones_like(IDS), labels=labels), reference(IDS, labels=labels)
            assert (ours.logits - theirs.logits).abs().max() <= 1e-5
            assert abs(ours.loss - theirs.loss) <= 1e-5
        ours.loss.backward()
        theirs.loss.backward()
        expected = dict(reference.named_parameters())
        for name, weight in model.named_parameters():
            assert (weight.grad - expected[name].grad).abs().max() <= 1e-5, name
        model.save_pretrained(tmp_path / "saved")
        files = [folder / "model.safetensors" for folder in (tmp_path, tmp_path / "saved")]
        assert files[0].read_bytes() == files[1].read_bytes()

    def test_its_vocabulary_grows_and_it_can_be_copied(self, tmp_path) -> None:
        import copy

        saved(tmp_path, "AutoModelForMaskedLM", legacy=False)
        model = copy.deepcopy(AutoModelForMaskedLM.from_pretrained(tmp_path))
        model.resize_token_embeddings(130)
        ids = torch.tensor([[5, 129, 7]])
        assert model(ids, torch.ones_like(ids)).logits.shape == (1, 3, 130)
        assert model.get_output_embeddings().weight is model.get_input_embeddings().weight
        model.save_pretrained(tmp_path / "saved")
        again = AutoModelForMaskedLM.from_pretrained(tmp_path / "saved")
        with torch.no_grad():
            assert torch.equal(again(ids, torch.ones_like(ids)).logits, model(ids, torch.ones_like(ids)).logits)

    def test_a_checkpoint_of_the_other_head_starts_new_and_says_so(self, tmp_path) -> None:
        saved(tmp_path, "AutoModelForMaskedLM", legacy=False)
        with pytest.warns(UserWarning, match="start new"):
            model = AutoModelForMaskedLM.from_pretrained(tmp_path, legacy=True)
        assert "lm_predictions.lm_head.bias" in model.load_report.unexpected


def test_what_a_discriminator_was_trained_with_is_kept(tmp_path) -> None:
    saved(tmp_path, "AutoModelForMaskedLM", position_biased_input=False)
    path = tmp_path / "model.safetensors"
    more = {
        "deberta.embeddings.position_embeddings.weight": torch.ones(64, 32),
        "mask_predictions.dense.weight": torch.ones(32, 32),
        "mask_predictions.classifier.bias": torch.ones(1),
    }
    save_file({**load_file(path), **more}, path, metadata={"format": "pt"})
    model = AutoModelForMaskedLM.from_pretrained(tmp_path)
    assert not model.load_report.unexpected
    model.save_pretrained(tmp_path / "saved")
    assert set(load_file(path)) == set(load_file(tmp_path / "saved" / "model.safetensors"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"pos_att_type": "c2p|p2p"}, "pos_att_type has p2p"),
        ({"norm_rel_ebd": "batch_norm"}, "norm_rel_ebd has batch_norm"),
        ({"position_buckets": 1}, "position_buckets must be at least 2"),
        ({"position_buckets": 200}, "max_relative_positions 64"),
        ({"max_relative_positions": -2}, "max_relative_positions must be a whole number"),
        ({"attention_head_size": 8}, "attention_head_size is 8"),
        ({"conv_kernel_size": 4}, "conv_kernel_size 4 must be odd"),
        ({"conv_kernel_size": 3, "conv_groups": 5}, "conv_groups 5"),
        ({"conv_kernel_size": 3, "conv_act": "gelo"}, "conv_act is 'gelo'"),
        ({"conv_kernel_size": 3, "num_hidden_layers": 0}, "num_hidden_layers 0"),
        ({"num_attention_heads": 3}, "not a multiple of num_attention_heads 3"),
        ({"z_steps": 2}, "z_steps is 2"),
    ],
)
def test_settings_that_cannot_be_are_named(values, message) -> None:
    with pytest.raises(ConfigError, match=message):
        AutoModel.from_config(Config("deberta-v2", **{**TINY, **values}))


def test_the_second_head_needs_tables_of_the_hidden_size() -> None:
    with pytest.raises(ConfigError, match="with legacy off, embedding_size 16 must be hidden_size 32"):
        AutoModelForMaskedLM.from_config(Config("deberta-v2", **TINY, legacy=False, embedding_size=16))


def test_a_norm_for_distances_that_nobody_reads_is_kept(tmp_path) -> None:
    reference = saved(tmp_path, relative_attention=False, norm_rel_ebd="layer_norm")
    model = AutoModel.from_pretrained(tmp_path)
    assert model.load_report.passengers == ("encoder.LayerNorm.bias", "encoder.LayerNorm.weight")
    with torch.no_grad():
        assert (model(IDS, torch.ones_like(IDS))[0] - reference(IDS)[0]).abs().max() <= 1e-5
