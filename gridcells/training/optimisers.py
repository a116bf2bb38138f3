"""TensorFlow 1's RMSProp, and gradients clipped element by element: how the network of Banino et al. learns."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable
from typing import Any, overload

import torch
from torch.optim.optimizer import ParamsT

from gridcells._common.checks import check_positive

__all__ = ["TensorFlowRMSprop", "WeightwiseOptimizer", "clip_elements"]


class WeightwiseOptimizer(torch.optim.Optimizer, abc.ABC):
    """An optimiser that changes one weight after the other, each by its own gradient."""

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Change every weight that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self.change(weight, weight.grad, group)
        return loss

    @abc.abstractmethod
    def change(self, weight: torch.Tensor, gradient: torch.Tensor, group: dict[str, Any]) -> None:
        """Change one weight.

        Parameters
        ----------
        weight : torch.Tensor
            The weight, changed in place.
        gradient : torch.Tensor
            Its gradient.
        group : dict
            The settings of its group: "lr" and what the optimiser has besides.
        """


class TensorFlowRMSprop(WeightwiseOptimizer):
    r"""RMSProp as TensorFlow 1 computes it, which is not what `torch.optim.RMSprop` does.

    .. math::
        s \leftarrow \rho s + (1 - \rho) g^2, \quad
        m \leftarrow \mu m + \eta\, g / \sqrt{s + \epsilon}, \quad
        w \leftarrow w - m

    The mean square s starts at ONE, and ε is added INSIDE the root. With gradients clipped at 1e-5 this matters: s
    needs dozens of steps to fall from one, and then g/√(s + ε) is at most 0.7 because ε = 1e-10 is as large as g².

    Parameters
    ----------
    params : iterable of torch.Tensor or dict
        The weights, or groups of them.
    lr : float
        Learning rate η.
    decay : float
        ρ, of the mean square.
    momentum : float
        μ.
    epsilon : float
        ε.

    Raises
    ------
    ValueError
        If the learning rate or ε is not above zero, or a decay not from 0 to below 1.

    Notes
    -----
    Source: TensorFlow 1's ``tf.train.RMSPropOptimizer``, which the code released with Banino et al. 2018 uses.

    Examples
    --------
    >>> weight = torch.zeros(1, requires_grad=True)
    >>> optimiser = TensorFlowRMSprop([weight], lr=0.1)
    >>> weight.grad = torch.ones(1)
    >>> optimiser.step()
    >>> weight
    tensor([-0.1000], requires_grad=True)
    """

    def __init__(
        self, params: ParamsT, lr: float, *, decay: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-10
    ) -> None:
        check_positive(lr, "lr")
        check_positive(epsilon, "epsilon")
        for name, value in (("decay", decay), ("momentum", momentum)):
            if not 0 <= value < 1:
                raise ValueError(f"{name}: expected a number from 0 to below 1, got {value!r}")
        super().__init__(params, {"lr": lr, "decay": decay, "momentum": momentum, "epsilon": epsilon})

    def change(self, weight: torch.Tensor, gradient: torch.Tensor, group: dict[str, Any]) -> None:
        """Change one weight."""
        decay, state = group["decay"], self.begin(weight)
        mean_square = state["mean_square"].mul_(decay).addcmul_(gradient, gradient, value=1 - decay)
        scaled = (mean_square + group["epsilon"]).rsqrt_().mul_(gradient)
        state["momentum"].mul_(group["momentum"]).add_(scaled, alpha=group["lr"])
        weight.sub_(state["momentum"])

    def begin(self, weight: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return what is kept of a weight: ones and zeros before its first step."""
        state: dict[str, torch.Tensor] = self.state[weight]
        if not state:
            state |= {"mean_square": torch.ones_like(weight), "momentum": torch.zeros_like(weight)}
        return state


def clip_elements(weights: Iterable[torch.Tensor], limit: float) -> None:
    """Cut every element of the weights' gradients off at ±``limit``.

    Parameters
    ----------
    weights : iterable of torch.Tensor
        The weights whose gradients are changed in place.
    limit : float
        The largest size that an element keeps.

    Raises
    ------
    ValueError
        If the limit is not above zero.

    Notes
    -----
    Source: code released with Banino et al. 2018, utils (its three clipping functions choose the weights).

    Examples
    --------
    >>> weight = torch.zeros(2, requires_grad=True)
    >>> weight.grad = torch.tensor([1.0, -1e-6])
    >>> clip_elements([weight], 1e-5)
    >>> weight.grad
    tensor([ 1.0000e-05, -1.0000e-06])
    """
    check_positive(limit, "limit")
    for weight in weights:
        if weight.grad is not None:
            weight.grad.clamp_(-limit, limit)
