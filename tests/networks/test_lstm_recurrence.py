"""The LSTM of several networks at once is torch's, one by one."""

import pytest
import torch

from gridcells.networks.lstm_recurrence import lstm_states

TIME, NETWORKS, BATCH, UNITS = 7, 2, 3, 5


@pytest.fixture
def case():
    """Return drive, first hidden and cell state, and recurrent matrices, all of which want gradients."""
    generator = torch.Generator().manual_seed(0)
    shapes = (
        (TIME, NETWORKS, BATCH, 4 * UNITS),
        (NETWORKS, BATCH, UNITS),
        (NETWORKS, BATCH, UNITS),
        (NETWORKS, 4 * UNITS, UNITS),
    )
    return [torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_() for shape in shapes]


def torch_states(drive, hidden, cell, weight):
    lstm = torch.nn.LSTM(4 * UNITS, UNITS, dtype=torch.float64)
    given = {
        "weight_ih_l0": torch.eye(4 * UNITS, dtype=torch.float64),
        "weight_hh_l0": weight,
        "bias_ih_l0": torch.zeros(4 * UNITS, dtype=torch.float64),
        "bias_hh_l0": torch.zeros(4 * UNITS, dtype=torch.float64),
    }
    return torch.func.functional_call(lstm, given, (drive, (hidden[None], cell[None])))[0]


def test_states_and_gradients_are_those_of_torch(case):
    drive, hidden, cell, weight = case
    one_by_one = torch.stack(
        [torch_states(drive[:, n], hidden[n], cell[n], weight[n]) for n in range(NETWORKS)], 1
    )  # [time, network, batch, unit]
    together = lstm_states(*case)
    torch.testing.assert_close(together, one_by_one, rtol=0, atol=1e-14)
    towards = torch.randn(together.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for ours, theirs in zip(
        torch.autograd.grad(together, case, towards), torch.autograd.grad(one_by_one, case, towards), strict=True
    ):
        assert theirs.abs().max() > 0.1
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-13)


def test_gradients_are_those_of_small_differences(case):
    assert torch.autograd.gradcheck(lstm_states, case)
