"""The recurrence of plain units as one differentiable step: along paths and back, with one product for the weights."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch.autograd.function import FunctionCtx, once_differentiable

__all__ = ["recurrent_states"]


def recurrent_states(
    drive: torch.Tensor, start: torch.Tensor, weight: torch.Tensor, cell: str, leak: float = 1.0
) -> torch.Tensor:
    """Compute the states of recurrent units along paths, s_t = (1 - leak) s_{t-1} + leak f(drive_t + W s_{t-1}).

    Parameters
    ----------
    drive : torch.Tensor, [time, batch, unit] or [network, time, batch, unit]
        What comes from outside at each sample.
    start : torch.Tensor, [batch, unit] or [network, batch, unit]
        The state before the first sample.
    weight : torch.Tensor, [unit, unit] or [network, unit, unit]
        The recurrent matrix W.
    cell : {"relu", "tanh"}
        The nonlinearity f.
    leak : float
        Time between samples over the time constant of the units, above 0, at most 1; 1 for units that keep nothing.

    Returns
    -------
    torch.Tensor, of the shape of ``drive``
        The state after each sample.

    Raises
    ------
    ValueError
        If the leak is not above 0 and at most 1.

    Notes
    -----
    Source: the recurrence of Sorscher et al. 2019 (released code, `torch.nn.RNN` without bias). The same function; sums
    are rounded in another order, since the gradient of W is summed over samples and paths in one product, where
    `torch.nn.RNN` adds up samples. The leak is the Euler step of a firing-rate model.

    Examples
    --------
    >>> drive = torch.tensor([[[1.0]], [[1.0]]])
    >>> recurrent_states(drive, torch.zeros(1, 1), torch.tensor([[0.5]]), "relu").flatten()
    tensor([1.0000, 1.5000])
    >>> recurrent_states(drive, torch.zeros(1, 1), torch.tensor([[0.5]]), "relu", leak=0.5).flatten()
    tensor([0.5000, 0.8750])
    """
    if not 0 < leak <= 1:
        raise ValueError(f"leak: expected above 0, at most 1, got {leak!r}")
    if leak < 1:
        return _leaky_states(drive, start, weight, cell, leak)
    states: torch.Tensor = _Recurrence.apply(drive, start, weight, cell)
    return states


def _leaky_states(
    drive: torch.Tensor, start: torch.Tensor, weight: torch.Tensor, cell: str, leak: float
) -> torch.Tensor:
    active = torch.relu if cell == "relu" else torch.tanh
    states = [start]
    for now in drive.unbind(-3):
        states.append(torch.lerp(states[-1], active(now + states[-1] @ weight.mT), leak))
    return torch.stack(states[1:], dim=-3)


_THROUGH: dict[str, Callable[[torch.Tensor, torch.Tensor], object]] = {  # multiply a gradient by f' at states, in place
    "relu": lambda gradient, state: torch.ops.aten.threshold_backward.grad_input(
        gradient, state, 0, grad_input=gradient
    ),
    "tanh": lambda gradient, state: torch.ops.aten.tanh_backward.grad_input(gradient, state, grad_input=gradient),
}


class _Kept(FunctionCtx):
    """What the way back needs of the way forth."""

    cell: str
    saved_tensors: tuple[torch.Tensor, ...]


class _Recurrence(torch.autograd.Function):
    """Time is the third axis from the end."""

    @staticmethod
    def forward(ctx: _Kept, drive: torch.Tensor, start: torch.Tensor, weight: torch.Tensor, cell: str) -> torch.Tensor:
        """Run along all paths."""
        states = torch.cat([start.unsqueeze(-3), drive], dim=-3)  # [..., 1 + time, batch, unit]
        multiply = torch.Tensor.addmm_ if weight.ndim == 2 else torch.Tensor.baddbmm_
        for before, state in itertools.pairwise(states.unbind(-3)):
            multiply(state, before, weight.mT)
            if cell == "relu":
                state.relu_()
            else:
                state.tanh_()
        ctx.save_for_backward(states, weight)
        ctx.cell = cell
        return states.narrow(-3, 1, drive.shape[-3])

    @staticmethod
    @once_differentiable
    def backward(ctx: _Kept, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Go back along all paths; the gradient of the weights is one product over samples and paths."""
        (states, weight), (gradient,) = ctx.saved_tensors, gradients
        before, after = states.narrow(-3, 0, states.shape[-3] - 1), states.narrow(-3, 1, states.shape[-3] - 1)
        multiply = torch.Tensor.addmm_ if weight.ndim == 2 else torch.Tensor.baddbmm_
        through = _THROUGH[ctx.cell]  # the nonlinearity, in place
        back = gradient.clone(memory_format=torch.contiguous_format)
        every = list(zip(back.unbind(-3), after.unbind(-3), strict=True))
        later, state = every[-1]
        through(later, state)
        for now, state in reversed(every[:-1]):
            multiply(now, later, weight)
            through(now, state)
            later = now
        of_weight = back.flatten(-3, -2).mT @ before.flatten(-3, -2)
        return back, back.select(-3, 0) @ weight, of_weight, None
