"""Muon: momentum whose update of a matrix is made orthogonal, so that all directions learn at one speed."""

from __future__ import annotations

from typing import Any

import torch
from torch.optim.optimizer import ParamsT

from gridcells._common.checks import check_count, check_positive
from gridcells.training.optimisers import WeightwiseOptimizer

__all__ = ["Muon", "orthogonalised"]

_QUINTIC = (3.4445, -4.7750, 2.0315)  # slope at zero as steep as keeps singular values near one
_BETAS, _EPSILON = (0.9, 0.999), 1e-8  # of Adam, for the weights that are not orthogonalised


class Muon(WeightwiseOptimizer):
    r"""Momentum with orthogonalised updates, and Adam for the groups of weights marked ``"orthogonal": False``.

    .. math::
        m \leftarrow \mu m + g, \quad u = \mathrm{orthogonalised}(g + \mu m), \quad
        W \leftarrow W - \eta \sqrt{\max(1, \mathrm{rows}/\mathrm{columns})}\; u

    Parameters
    ----------
    params : iterable of torch.Tensor or dict
        Matrices, or groups of them.
    lr : float
        Learning rate η: the size of an update's singular values.
    momentum : float
        μ.
    iterations : int
        Newton–Schulz iterations. Three leave singular values farther from one than the usual five; see the book's
        table of what each part of the fast recipe buys.
    rows : int
        How many rows of a matrix are made orthogonal at a time; 0: all. See `orthogonalised`.

    Raises
    ------
    ValueError
        If the learning rate is not above zero, the momentum not from 0 to below 1, the iterations below one, or the
        rows below zero.

    Notes
    -----
    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks". In the weights' own
    precision: `torch.optim.Muon` iterates in bfloat16, which processors without such units multiply many times slower.

    Examples
    --------
    >>> weight = torch.zeros(2, 2, requires_grad=True)
    >>> weight.grad = torch.tensor([[4.0, 0.0], [0.0, 0.1]])
    >>> Muon([weight], lr=0.1, iterations=5).step()
    >>> (-weight.detach().diagonal()).round(decimals=2)
    tensor([0.0700, 0.0900])
    """

    def __init__(
        self, params: ParamsT, lr: float, *, momentum: float = 0.95, iterations: int = 3, rows: int = 0
    ) -> None:
        check_positive(lr, "lr")
        check_count(iterations, "iterations")
        check_count(rows, "rows", 0)
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum: expected a number from 0 to below 1, got {momentum!r}")
        settings = {"lr": lr, "momentum": momentum, "iterations": iterations, "rows": rows, "orthogonal": True}
        super().__init__(params, settings)

    def change(self, weight: torch.Tensor, gradient: torch.Tensor, group: dict[str, Any]) -> None:
        """Change one weight."""
        if not group["orthogonal"]:
            return self._change_as_adam(weight, gradient, group["lr"])
        state, momentum = self.state[weight], group["momentum"]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        held = state["momentum"].mul_(momentum).add_(gradient)
        update = orthogonalised(gradient.add(held, alpha=momentum), group["iterations"], group["rows"])
        weight.sub_(update.mul_(group["lr"] * max(1.0, weight.shape[0] / weight.shape[1]) ** 0.5))

    def _change_as_adam(self, weight: torch.Tensor, gradient: torch.Tensor, rate: float) -> None:
        state = self.state[weight]
        if not state:
            state["step"] = torch.zeros((), dtype=torch.float64)
            state["mean"], state["square"] = torch.zeros_like(weight), torch.zeros_like(weight)
        state["step"] += 1
        done = float(state["step"])
        mean = state["mean"].lerp_(gradient, 1 - _BETAS[0])
        square = state["square"].lerp_(gradient.square(), 1 - _BETAS[1])
        scale = (square / (1 - _BETAS[1] ** done)).sqrt_().add_(_EPSILON)
        weight.addcdiv_(mean, scale, value=-rate / (1 - _BETAS[0] ** done))


def orthogonalised(matrix: torch.Tensor, iterations: int = 3, rows: int = 0) -> torch.Tensor:
    """Return the matrix with its singular values brought near one, the singular vectors kept.

    Parameters
    ----------
    matrix : torch.Tensor, [row, column]
        Any matrix that is not all zero; one of zeros stays zero.
    iterations : int
        Newton–Schulz iterations. With five, singular values above about a hundredth of the norm end between 0.7 and
        1.2; with fewer, small ones stay small.
    rows : int
        How many rows are made orthogonal at a time, columns where there are fewer of them; 0: all. A square matrix of n
        rows takes n³ operations as a whole and rows · n² in parts. The parts are orthogonal to nothing but themselves:
        singular values of the whole lie between zero and the root of their number.

    Returns
    -------
    torch.Tensor, [row, column]
        The matrix, a fresh tensor.

    Notes
    -----
    Source: Jordan et al. 2024, "Muon" (the quintic iteration and its coefficients).

    Examples
    --------
    >>> turned = orthogonalised(torch.tensor([[3.0, 1.0], [-1.0, 2.0]]), 5)
    >>> bool((torch.linalg.svdvals(turned) > 0.65).all())
    True
    >>> orthogonalised(torch.tensor([[3.0, 0.0], [4.0, 0.0]]), 5, rows=1).round(decimals=1)[:, 0]
    tensor([0.7000, 0.7000])
    """
    tall = matrix.shape[0] > matrix.shape[1]
    wide = matrix.mT if tall else matrix
    parts = [_orthogonalised(part, iterations) for part in (wide.split(rows) if rows else [wide])]
    done = parts[0] if len(parts) == 1 else torch.cat(parts)
    return done.mT if tall else done


def _orthogonalised(wide: torch.Tensor, iterations: int) -> torch.Tensor:
    a, b, c = _QUINTIC
    now = wide / (torch.linalg.matrix_norm(wide) + torch.finfo(wide.dtype).tiny)
    for _ in range(iterations):
        gram = now @ now.mT
        now = torch.addmm(now, torch.addmm(gram, gram, gram, beta=b, alpha=c), now, beta=a)
    return now
