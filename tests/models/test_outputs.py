from __future__ import annotations

import copy
import pickle

import pytest
import torch

from leanformers.models.outputs import BaseModelOutputWithPooling, ModelOutput


def test_a_dict_an_object_and_a_tuple(model) -> None:
    with torch.no_grad():
        output = model([[1, 2, 3]], output_hidden_states=True)
    assert isinstance(output, BaseModelOutputWithPooling)
    assert list(output) == ["last_hidden_state", "pooler_output", "hidden_states"]
    assert output[0] is output["last_hidden_state"] is output.last_hidden_state is output.to_tuple()[0]
    assert output[:2] == (output.last_hidden_state, output.pooler_output)
    assert len(output) == 3
    assert output.attentions is None
    assert "attentions" not in output
    with pytest.raises(AttributeError, match="no field 'logits'; it has last_hidden_state"):
        _ = output.logits
    with pytest.raises(KeyError):
        output["attentions"]
    for other in (copy.deepcopy(output), pickle.loads(pickle.dumps(output))):
        assert type(other) is type(output)
        assert torch.equal(other.pooler_output, output.pooler_output)
    output.note = 1
    assert output["note"] == 1
    assert ModelOutput(a=None) == {}


def test_tuples_where_asked_for(model, config) -> None:
    with torch.no_grad():
        hidden, pooled = model([[1, 2, 3]], return_dict=False)
        assert hidden.shape == (1, 3, 32)
        assert pooled.shape == (1, 32)
        config.return_dict = False
        config.output_hidden_states = True
        assert len(model([[1, 2, 3]])) == 3
        assert len(model([[1, 2, 3]], output_hidden_states=False)) == 2
