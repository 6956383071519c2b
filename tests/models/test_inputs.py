"""What a model takes, and what it says about what it cannot take."""

from __future__ import annotations

from collections import UserDict

import numpy as np
import pytest
import torch

from leanformers.errors import (
    ArgumentError,
    InputTypeError,
    InputValueError,
    LeanformersError,
    LeanformersWarning,
    ShapeError,
    TokenIdError,
    TooLongError,
)

IDS = [[5, 6, 7, 0], [8, 9, 10, 11]]
MASK = [[1, 1, 1, 0], [1, 1, 1, 1]]


@pytest.fixture
def expected(model):
    with torch.no_grad():
        return model(input_ids=torch.tensor(IDS), attention_mask=torch.tensor(MASK))


@pytest.mark.parametrize("kind", ["lists", "numpy", "int32", "uint16", "list of tensors", "bool mask", "float mask"])
def test_lists_arrays_and_masks_of_any_kind(model, expected, kind) -> None:
    ids, mask = {
        "lists": (IDS, MASK),
        "numpy": (np.array(IDS), np.array(MASK)),
        "int32": (torch.tensor(IDS, dtype=torch.int32), torch.tensor(MASK, dtype=torch.int8)),
        "uint16": (np.array(IDS, dtype=np.uint16), np.array(MASK, dtype=np.uint16)),
        "list of tensors": ([torch.tensor(row) for row in IDS], MASK),
        "bool mask": (IDS, torch.tensor(MASK).bool()),
        "float mask": (IDS, torch.tensor(MASK).float()),
    }[kind]
    with torch.no_grad():
        assert torch.equal(model(ids, mask).last_hidden_state, expected.last_hidden_state)


def test_a_whole_batch_with_or_without_stars(model, expected) -> None:
    batch = {"input_ids": IDS, "attention_mask": MASK}
    with torch.no_grad():
        for output in (model(batch), model(UserDict(batch)), model(**batch), model(input_ids=batch)):
            assert torch.equal(output.last_hidden_state, expected.last_hidden_state)


def test_one_row_without_a_batch(model) -> None:
    with torch.no_grad():
        row, batch = model([5, 6, 7]), model([[5, 6, 7]])
        assert row.last_hidden_state.shape == (1, 3, 32)
        assert torch.equal(row.last_hidden_state, batch.last_hidden_state)
        assert torch.equal(model(torch.tensor([5, 6, 7]), torch.ones(3)).pooler_output, batch.pooler_output)


@pytest.mark.parametrize("empty", [torch.empty(0, 4), torch.empty(0, 4, dtype=torch.long), [], np.empty((0, 4), int)])
def test_an_empty_batch_gives_empty_outputs(model, classifier, empty) -> None:
    width = 4 if len(np.shape(empty)) == 2 else 0
    rows = 0 if width else 1
    if rows:
        with pytest.raises(InputValueError, match="row 0 has no tokens"):
            model(empty)
        return
    with torch.no_grad():
        output = model(empty, output_hidden_states=True, output_attentions=True)
        assert output.last_hidden_state.shape == (0, width, 32)
        assert output.pooler_output.shape == (0, 32)
        assert [tuple(a.shape) for a in output.attentions] == [(0, 2, width, width)] * 2
        assert classifier(empty).logits.shape == (0, 3)
    assert model(empty).last_hidden_state.shape == (0, width, 32)


def test_rows_without_tokens_are_named(model) -> None:
    with pytest.raises(InputValueError, match=r"row 1 has no tokens \(only padding\)"):
        model([[5, 6], [0, 0]], [[1, 1], [0, 0]])
    with pytest.raises(InputValueError, match="row 0 has no tokens"):
        model(torch.empty(2, 0, dtype=torch.long))


def test_ids_that_are_no_whole_numbers(model) -> None:
    with pytest.raises(InputTypeError, match="input_ids must be whole numbers, not float32"):
        model(torch.ones(1, 3))
    with pytest.raises(InputTypeError, match="input_ids must be whole numbers, not bool"):
        model(torch.ones(1, 3, dtype=torch.bool))
    with pytest.raises(InputTypeError, match="input_ids must be whole numbers, not float64"):
        model(np.ones((1, 3)))
    with pytest.raises(InputTypeError, match=r"input_ids row 1, position 0: float 2\.5"):
        model([[1, 2], [2.5, 3]])
    with pytest.raises(InputTypeError, match="input_ids row 0, position 1: None"):
        model([[1, None]])
    with pytest.raises(InputTypeError, match="token_type_ids must be whole numbers"):
        model([[1, 2]], token_type_ids=torch.zeros(1, 2))
    with pytest.raises(InputTypeError, match=r"input_ids is text.*tokenizer"):
        model("some text")
    with pytest.raises(InputTypeError, match="input_ids is text"):
        model(["some", "texts"])
    with pytest.raises(InputTypeError, match="not int"):
        model(5)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            {"input_ids": [[1, 2], [3, 50]]},
            r"input_ids row 1, position 1: id 50, but the vocabulary has 50 entries \(0 to 49\)",
        ),
        ({"input_ids": [[1, -1], [3, 4]]}, r"input_ids row 0, position 1: id -1, but the vocabulary"),
        ({"input_ids": [[1, 99], [70, 4]]}, "row 0, position 1: id 99"),
        (
            {"input_ids": [[0, 0, 1, 60], [3, 4, 5, 6]], "attention_mask": [[0, 0, 1, 1], [1, 1, 1, 1]]},
            "row 0, position 3: id 60",
        ),
        (
            {"input_ids": [[1, 2]], "token_type_ids": [[0, 3]]},
            r"token_type_ids row 0, position 1: type 3.*2 token types",
        ),
        (
            {"input_ids": [[1, 2]], "position_ids": [[0, 16]]},
            r"position_ids row 0, position 1: position 16.*16 positions",
        ),
        ({"input_ids": [[1, 2**70]]}, "does not fit into 64 bits"),
    ],
)
def test_ids_outside_their_tables_are_named(model, inputs, message) -> None:
    with pytest.raises(TokenIdError, match=message) as caught:
        model(**inputs)
    assert isinstance(caught.value, IndexError)
    assert isinstance(caught.value, LeanformersError)


def test_ids_under_padding_are_not_looked_at(model) -> None:
    with torch.no_grad():
        odd = model([[5, 6, 777]], [[1, 1, 0]]).last_hidden_state
        assert torch.equal(odd[:, :2], model([[5, 6]]).last_hidden_state)


def test_too_many_tokens(model) -> None:
    ids = torch.ones(4, 20, dtype=torch.long)
    mask = torch.zeros(4, 20, dtype=torch.long)
    mask[:, :5] = 1
    with torch.no_grad():
        model(ids, mask)  # 5 tokens a row, and padding beyond the limit
    mask[3] = 1
    with pytest.raises(TooLongError, match=r"row 3: 20 tokens, limit 16; use truncation=True, max_length=16, or split"):
        model(ids, mask)


def test_shapes(model) -> None:
    with pytest.raises(ShapeError, match=r"input_ids must have the shape \(batch, length\), not \(1, 2, 3\)"):
        model(torch.ones(1, 2, 3, dtype=torch.long))
    with pytest.raises(ShapeError, match=r"input_ids is ragged: row 0 has 2 tokens, row 1 has 3; pad them"):
        model([[1, 2], [3, 4, 5]])
    with pytest.raises(ShapeError, match="row 0 is a list, but row 1 is 3"):
        model([[1, 2], 3])
    for shape in ((2, 1), (2, 4), (1, 5)):
        with pytest.raises(ShapeError, match=r"attention_mask has the shape .* but input_ids have \(2, 5\)"):
            model(torch.ones(2, 5, dtype=torch.long), torch.ones(shape))
    with pytest.raises(ShapeError, match="attention_mask must be"):
        model([[1, 2]], [[1], [1, 1]])
    with pytest.raises(ShapeError, match="token_type_ids has the shape"):
        model([[1, 2]], token_type_ids=[[0]])


def test_masks(model) -> None:
    with pytest.raises(ShapeError, match=r"attention_mask row 1 has a hole before position 3"):
        model([[1, 2, 3, 4], [1, 2, 3, 4]], [[0, 1, 1, 0], [1, 1, 0, 1]])
    with pytest.raises(InputValueError, match=r"attention_mask row 0, position 1: 7; 1 marks a token"):
        model([[1, 2]], [[1, 7]])


def test_a_mask_with_holes_and_given_positions(model) -> None:
    with torch.no_grad():
        output = model([[5, 9, 6, 9, 7]], [[1, 0, 1, 0, 1]], position_ids=[[0, 0, 1, 1, 2]]).last_hidden_state
        assert torch.equal(output[:, [0, 2, 4]], model([[5, 6, 7]]).last_hidden_state)


def test_without_a_mask_padding_ids_at_the_ends_are_padding(model, expected) -> None:
    with torch.no_grad():
        with pytest.warns(
            LeanformersWarning, match=r"no attention_mask.*1 of 2 rows.*padding id 0.*tokenizer"
        ) as caught:
            output = model(IDS)
        assert len(caught) == 1
        assert caught[0].filename == __file__
        assert torch.equal(output.last_hidden_state, expected.last_hidden_state)
        with pytest.warns(LeanformersWarning):
            left = model([[0, 5, 6, 7], [8, 9, 10, 11]]).last_hidden_state
        assert torch.equal(left[0, 1:], expected.last_hidden_state[0, :3])
        model([[5, 0, 7], [8, 9, 10]])  # a padding id inside a row is a token: no warning
    model.config.pad_token_id = None
    with torch.no_grad():
        assert model(IDS).last_hidden_state[0, 3].any()


def test_arguments(model, classifier) -> None:
    with pytest.raises(ArgumentError, match=r"BertModel.*no argument 'atention_mask'; did you mean 'attention_mask'"):
        model(IDS, atention_mask=MASK)
    with pytest.raises(ArgumentError, match="needs input_ids"):
        model(attention_mask=MASK)
    with pytest.raises(ArgumentError, match="attention_mask is given twice"):
        model({"input_ids": IDS, "attention_mask": MASK}, MASK)
    with pytest.raises(ArgumentError, match="does not read 'offset_mapping'"):
        model({"input_ids": IDS, "offset_mapping": []})
    with pytest.raises(ArgumentError, match="inputs_embeds is not supported"):
        model(inputs_embeds=torch.ones(1, 2, 32))
    with pytest.raises(ArgumentError, match="no argument 'labels'"):
        model(IDS, MASK, labels=[0, 1])
    assert classifier({"input_ids": IDS, "attention_mask": MASK, "labels": [0, 1]}).loss is not None


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([0, 7], TokenIdError, r"labels row 1: label 7, but the model has num_labels=3 \(0 to 2\)"),
        ([-1, 0], TokenIdError, "labels row 0: label -1"),
        ([0.0, 1.0], InputTypeError, r"labels are float32 of shape \(2,\).*whole numbers from 0 to 2"),
        ([0, 1, 2], ShapeError, r"labels have the shape \(3,\); expected \(2,\)"),
        ([[0.0, 1.0], [1.0, 0.0]], ShapeError, r"expected \(2, 3\)"),
        (["a", "b"], InputTypeError, "labels must be numbers"),
    ],
)
def test_labels(classifier, labels, error, message) -> None:
    with pytest.raises(error, match=message):
        classifier(IDS, MASK, labels=labels)


def test_float_labels_for_a_single_label_problem(classifier) -> None:
    classifier.config.problem_type = "single_label_classification"
    with pytest.raises(
        InputTypeError, match="float32, but single_label_classification needs whole numbers from 0 to 2"
    ):
        classifier(IDS, MASK, labels=[0.0, 1.0])
    classifier.config.problem_type = "single_lable_classification"
    with pytest.raises(ValueError, match="did you mean 'single_label_classification'"):
        classifier(IDS, MASK, labels=[0, 1])


def test_losses_leave_the_config_alone(classifier) -> None:
    before = classifier.config.to_dict()
    classifier(IDS, MASK, labels=[0, 1])
    assert classifier.config.to_dict() == before
    assert classifier.config.problem_type is None


def test_token_types_are_ignored_where_there_are_none() -> None:
    from leanformers.config import Config
    from leanformers.models.classes import DistilBertModel

    model = DistilBertModel(Config("distilbert", vocab_size=50, dim=32, n_heads=2, n_layers=1, hidden_dim=64)).eval()
    with torch.no_grad():
        assert torch.equal(model(IDS, MASK, [[0, 1, 5, 0]] * 2)[0], model(IDS, MASK)[0])


def test_positions_of_robertas_kind_are_named_as_they_were_given(tmp_path) -> None:
    from leanformers import AutoModel, Config

    config = Config("roberta", hidden_size=16, num_attention_heads=2, num_hidden_layers=1, intermediate_size=8,
                    vocab_size=20, max_position_embeddings=10)  # fmt: skip
    model = AutoModel.from_config(config).eval()
    with pytest.raises(TooLongError, match="row 0: 9 tokens, limit 8"):
        model([list(range(2, 11))])
    with pytest.raises(TokenIdError, match=r"position_ids row 0, position 1: position 10, but the model has 10"):
        model([[5, 6]], position_ids=[[2, 10]])
    with torch.no_grad():
        counted, given = model([[5, 6]]), model([[5, 6]], position_ids=[[2, 3]])
        assert torch.equal(counted[0], given[0])
        assert not torch.equal(model([[5, 6]], position_ids=[[0, 1]])[0], given[0])
