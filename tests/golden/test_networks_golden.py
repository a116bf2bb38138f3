"""The Sorscher network against the published PyTorch code: activity, loss, decoding error and every gradient."""

import numpy as np
import pytest
import torch

from gridcells.networks.published import load_published
from gridcells.world.place_cells import PlaceCells


@pytest.mark.parametrize("cell", ["relu", "tanh"])
def test_published_network(golden, cell):
    published = np.load(golden / f"sorscher_rnn_{cell}.npz")
    network = load_published(golden / f"sorscher_rnn_{cell}_most_recent_model.pth", cell=cell)
    velocity, targets, position = (
        torch.tensor(published[name]).transpose(0, 1) for name in ("velocity", "target_place", "position")
    )  # [batch, time, …]
    hidden = network.hidden(velocity / network.time_step, torch.tensor(published["initial_place"]))
    logits = network.logits(hidden)
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(0, 1))
    loss = loss + float(published["weight_decay"]) * network.recurrent_weight.square().sum()
    loss.backward()

    np.testing.assert_allclose(hidden.detach().transpose(0, 1), published["hidden"], atol=1e-5)
    np.testing.assert_allclose(logits.detach().transpose(0, 1), published["logits"], atol=1e-5)
    assert loss.item() == pytest.approx(float(published["loss"]), abs=1e-5)
    for name, weight in network.named_parameters():
        np.testing.assert_array_equal(weight.detach(), published[f"weight.{name}"])
        expected = published[f"grad.{name}"]
        np.testing.assert_allclose(weight.grad, expected, atol=1e-5 * np.abs(expected).max())

    cells = PlaceCells(published["centers"], 0.12)
    error = (cells.decode(logits.detach()) - position).norm(dim=-1).mean()
    assert error.item() == pytest.approx(float(published["decoding_error_m"]), abs=1e-5)
