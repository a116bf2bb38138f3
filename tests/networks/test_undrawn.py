"""Layers whose first weights are nobody's: where they are, and what they leave alone."""

import pytest
import torch
from torch import nn

from gridcells.networks.undrawn import undrawn_layers


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_layers_have_weights_of_their_own_that_can_be_used(kind):
    network, state = nn.Module(), torch.get_rng_state()
    with undrawn_layers(network):
        network.layer = kind(2, 3, dtype=torch.float64)
        network.layer.bias_hh_l0.requires_grad_(False)
    assert torch.equal(torch.get_rng_state(), state)
    for name, weight in network.layer.named_parameters():
        assert weight.device.type == "cpu" and weight.dtype == torch.float64
        assert weight.requires_grad == (name != "bias_hh_l0")
        nn.init.constant_(weight, 0.1)
    drawn = kind(2, 3, dtype=torch.float64)
    drawn.load_state_dict(network.layer.state_dict())
    path = torch.ones(1, 4, 2, dtype=torch.float64)
    assert torch.equal(network.layer(path)[0], drawn(path)[0])  # it computes with those that were filled
