"""An LSTM's recurrence as one differentiable step, for several networks at once: along paths and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch.autograd.function import FunctionCtx, once_differentiable

__all__ = ["lstm_states"]

_Tensors: TypeAlias = tuple[torch.Tensor, ...]


def lstm_states(drive: torch.Tensor, hidden: torch.Tensor, cell: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Compute the hidden states of several LSTMs along paths.

    Parameters
    ----------
    drive : torch.Tensor, [time, network, batch, 4 · unit]
        What comes to the gates from outside at each sample, biases included; gates in torch's order: input, forget,
        candidate, output.
    hidden, cell : torch.Tensor, [network, batch, unit]
        Hidden and cell state before the first sample.
    weight : torch.Tensor, [network, 4 · unit, unit]
        The recurrent matrices.

    Returns
    -------
    torch.Tensor, [time, network, batch, unit]
        Hidden state after each sample.

    Notes
    -----
    Source: the LSTM of Banino et al. 2018 (Extended Data Fig. 1; `gridcells.networks.PoseLSTM` for one network). The
    same function; sums are rounded in another order, since the gradient of a recurrent matrix is summed over samples
    and paths in one product. On a GPU a sample takes one product and one kernel, which `torch.compile` writes.

    Examples
    --------
    >>> drive = torch.zeros(2, 1, 1, 4)
    >>> lstm_states(drive, torch.zeros(1, 1, 1), torch.ones(1, 1, 1), torch.zeros(1, 4, 1)).flatten()
    tensor([0.2311, 0.1225])
    """
    states: torch.Tensor = _LSTM.apply(drive, hidden, cell, weight)
    return states


def _forth(drive: torch.Tensor, recurrent: torch.Tensor, cell: torch.Tensor) -> _Tensors:
    """Take one sample: the gates as they act, the new cell state and the new hidden state."""
    enter, keep, candidate, leave = (drive + recurrent).chunk(4, -1)
    enter, keep, candidate, leave = enter.sigmoid(), keep.sigmoid(), candidate.tanh(), leave.sigmoid()
    cell = keep * cell + enter * candidate
    return torch.cat([enter, keep, candidate, leave], -1), cell, leave * cell.tanh()


def _back(
    of_hidden: torch.Tensor, of_cell: torch.Tensor, gates: torch.Tensor, before: torch.Tensor, after: torch.Tensor
) -> _Tensors:
    """Go back over one sample: the gradients of what drives the gates, and of the cell state before."""
    enter, keep, candidate, leave = gates.chunk(4, -1)
    level = after.tanh()
    of_cell = of_cell + of_hidden * leave * (1 - level * level)
    parts = (
        of_cell * candidate * enter * (1 - enter),
        of_cell * before * keep * (1 - keep),
        of_cell * enter * (1 - candidate * candidate),
        of_hidden * level * leave * (1 - leave),
    )
    return torch.cat(parts, -1), of_cell * keep


_COMPILED: dict[Callable[..., _Tensors], Callable[..., _Tensors]] = {}


def _on(device: torch.device, function: Callable[..., _Tensors]) -> Callable[..., _Tensors]:
    """Return a function as this device computes it fastest: on a GPU as one kernel."""
    if device.type != "cuda":
        return function
    if function not in _COMPILED:
        _COMPILED[function] = torch.compile(function, dynamic=False)
    return _COMPILED[function]


class _Kept(FunctionCtx):
    """What the way back needs of the way forth."""

    saved_tensors: _Tensors
    gates: list[torch.Tensor]
    cells: list[torch.Tensor]


class _LSTM(torch.autograd.Function):
    """Time is the first axis."""

    @staticmethod
    def forward(
        ctx: _Kept, drive: torch.Tensor, hidden: torch.Tensor, cell: torch.Tensor, weight: torch.Tensor
    ) -> torch.Tensor:
        """Run along all paths."""
        forth, turned = _on(drive.device, _forth), weight.mT
        states, ctx.gates, ctx.cells = [hidden], [], [cell]
        for outside in drive.unbind(0):
            gates, cell, hidden = forth(outside, torch.bmm(hidden, turned), cell)
            ctx.gates.append(gates)
            ctx.cells.append(cell)
            states.append(hidden)
        every = torch.stack(states)
        ctx.save_for_backward(every, weight)
        return every[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: _Kept, *gradients: torch.Tensor) -> _Tensors:
        """Go back along all paths; the gradient of the weights is one product over samples and paths."""
        (states, weight), (gradient,) = ctx.saved_tensors, gradients
        back, driven = _on(weight.device, _back), []
        of_hidden, of_cell = gradient[-1], torch.zeros_like(ctx.cells[0])
        for sample in range(len(gradient) - 1, -1, -1):
            of_drive, of_cell = back(of_hidden, of_cell, ctx.gates[sample], ctx.cells[sample], ctx.cells[sample + 1])
            driven.append(of_drive)
            if sample:
                of_hidden = torch.baddbmm(gradient[sample - 1], of_drive, weight)
        of_drives = torch.stack(driven[::-1])
        every, before = (
            part.transpose(0, 1).flatten(1, 2) for part in (of_drives, states[:-1])
        )  # [network, sample, .]
        return of_drives, torch.bmm(driven[-1], weight), of_cell, torch.bmm(every.mT, before)
