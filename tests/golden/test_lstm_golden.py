"""The LSTM and the optimiser of Banino et al. against what TensorFlow 1 and its released code computed."""

import numpy as np
import pytest
import torch

from gridcells.networks.pose_lstm import PoseLSTM, load_sonnet
from gridcells.training.optimisers import TensorFlowRMSprop, clip_elements


def test_lstm_is_that_of_the_released_code(golden):
    published = np.load(golden / "banino_lstm.npz")
    tensors = {name: torch.tensor(published[name]) for name in published if published[name].dtype == np.float32}
    units = tensors["hidden"].shape[-1]
    assert list(published["gate_order"]) == ["input", "candidate", "forget", "output"]
    network = PoseLSTM(6, 4, units=units, linear_units=3)
    load_sonnet(network, tensors["weight"], tensors["bias"])
    state = tensors["initial_hidden"][None], tensors["initial_cell"][None]
    with torch.no_grad():
        whole = network.lstm(tensors["inputs"].transpose(0, 1), state)[0].transpose(0, 1)
        np.testing.assert_allclose(whole, tensors["hidden"], atol=1e-5, rtol=0)
        for time, entry in enumerate(tensors["inputs"]):  # the cell state after each sample
            _, state = network.lstm(entry[:, None], state)
            np.testing.assert_allclose(state[1][0], tensors["cell"][time], atol=1e-5, rtol=0)


def test_forget_bias_matters(golden):
    published = np.load(golden / "banino_lstm.npz")
    network = PoseLSTM(6, 4, units=published["hidden"].shape[-1], linear_units=3)
    load_sonnet(network, torch.tensor(published["weight"]), torch.tensor(published["bias"]))
    with torch.no_grad():
        network.lstm.bias_hh_l0.zero_()
        state = torch.tensor(published["initial_hidden"])[None], torch.tensor(published["initial_cell"])[None]
        hidden = network.lstm(torch.tensor(published["inputs"]).transpose(0, 1), state)[0].transpose(0, 1)
    assert np.abs(hidden.numpy() - published["hidden"]).max() > 0.01


@pytest.mark.parametrize("ours", [True, False])
def test_rmsprop_is_that_of_tensorflow_1(golden, ours):
    published = np.load(golden / "banino_rmsprop.npz")
    weight = torch.tensor(published["initial"], requires_grad=True)
    rate, momentum, decay, epsilon, limit = (
        float(published[name]) for name in ("learning_rate", "momentum", "decay", "epsilon", "clip")
    )
    if ours:
        optimiser = TensorFlowRMSprop([weight], rate, decay=decay, momentum=momentum, epsilon=epsilon)
    else:  # what a plain translation would take
        optimiser = torch.optim.RMSprop([weight], rate, alpha=decay, momentum=momentum, eps=epsilon)
    worst = 0.0
    for gradient, expected in zip(published["gradients"], published["weights_after_each_step"], strict=True):
        weight.grad = torch.tensor(gradient)
        clip_elements([weight], limit)
        optimiser.step()
        worst = max(worst, np.abs(weight.detach().numpy() - expected).max())
    assert (worst <= 1e-7) == ours
