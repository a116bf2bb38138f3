"""The recurrence of plain units: the function of `torch.nn.RNN`, its gradients, and many networks at once."""

import pytest
import torch

from gridcells.networks import recurrent_states

TIME, BATCH, UNITS = 7, 5, 11


def _inputs(*networks: int) -> list[torch.Tensor]:
    source = torch.Generator().manual_seed(0)
    shapes = [(*networks, TIME, BATCH, UNITS), (*networks, BATCH, UNITS), (*networks, UNITS, UNITS)]
    drive, start, weight = (torch.randn(shape, generator=source, dtype=torch.float64) for shape in shapes)
    return [drive, start, weight / UNITS**0.5]


@pytest.mark.parametrize("cell", ["relu", "tanh"])
def test_it_computes_what_torch_computes_forth_and_back(cell):
    drive, start, weight = (part.requires_grad_() for part in _inputs())
    theirs = torch.nn.RNN(UNITS, UNITS, nonlinearity=cell, bias=False, dtype=torch.float64)
    with torch.no_grad():
        theirs.get_parameter("weight_ih_l0").copy_(torch.eye(UNITS, dtype=torch.float64))
        theirs.get_parameter("weight_hh_l0").copy_(weight)
    upstream = torch.randn(TIME, BATCH, UNITS, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    own = recurrent_states(drive, start, weight, cell)
    found = torch.autograd.grad(own, [drive, start, weight], upstream)
    other = theirs(drive, start[None])[0]
    expected = torch.autograd.grad(other, [drive, start, theirs.get_parameter("weight_hh_l0")], upstream)
    torch.testing.assert_close(own, other, rtol=1e-13, atol=1e-13)
    for mine, their in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, their, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cell", ["relu", "tanh"])
def test_many_networks_at_once_are_each_by_itself(cell):
    several = [part.requires_grad_() for part in _inputs(3)]
    together = recurrent_states(*several, cell)
    gradients = torch.autograd.grad(together.square().sum(), several)
    for number in range(3):
        one = [part[number].detach().requires_grad_() for part in several]
        alone = recurrent_states(*one, cell)
        torch.testing.assert_close(together[number], alone, rtol=1e-13, atol=1e-13)
        for mine, all_of in zip(torch.autograd.grad(alone.square().sum(), one), gradients, strict=True):
            torch.testing.assert_close(all_of[number], mine, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cell", ["relu", "tanh"])
@pytest.mark.parametrize("networks", [(), (3,)])
def test_a_leak_is_the_equation_forth_and_back(cell, networks):
    drive, start, weight = (part.requires_grad_() for part in _inputs(*networks))
    active = torch.relu if cell == "relu" else torch.tanh
    state, expected = start, []
    for now in drive.unbind(-3):
        state = 0.7 * state + 0.3 * active(now + torch.einsum("...bj,...ij->...bi", state, weight))
        expected.append(state)
    found = recurrent_states(drive, start, weight, cell, leak=0.3)
    torch.testing.assert_close(found, torch.stack(expected, -3), rtol=1e-13, atol=1e-13)
    mine = torch.autograd.grad(found.square().sum(), [drive, start, weight])
    theirs = torch.autograd.grad(torch.stack(expected, -3).square().sum(), [drive, start, weight])
    for one, other in zip(mine, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_without_a_leak_nothing_is_kept():
    several = _inputs()
    nearly = recurrent_states(*several, "tanh", leak=1 - 1e-12)
    torch.testing.assert_close(nearly, recurrent_states(*several, "tanh"), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("leak", [0.0, -0.5, 1.5, float("nan")])
def test_a_leak_that_is_none_is_refused(leak):
    with pytest.raises(ValueError, match=f"leak: expected above 0, at most 1, got {leak}"):
        recurrent_states(*_inputs(), "relu", leak=leak)
