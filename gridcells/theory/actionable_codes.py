"""Codes in which a step means the same everywhere, not negative and bounded, whose waves are chosen for precision.

A code that every displacement changes by one matrix, wherever it begins, is a sum of plane waves. Which waves, and how
each unit adds them up, is left open: places that are not near shall be told apart in the room, no unit shall fall below
zero in it or in rooms around it, and none shall be louder there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from scipy.sparse.csgraph import connected_components

from gridcells._common.bins import BinGrid, Bins, Bounded, check_bounds
from gridcells._common.checks import check_count, check_positive
from gridcells._common.protocols import Keeper
from gridcells.theory.distance_codes import squared_distances

__all__ = ["ActionableCode", "learn_actionable_codes"]

_PLACES, _ROOMS = 150, 15  # places of the room a draw, and rooms around it
_APART = 5.0  # standard deviation of where these are, over that of places
_DRAWN_FOR = 5  # steps
_RATE, _DECAY, _EPSILON = 0.1, 0.9, 1e-8  # of Adam; of both its means; below its root
_START = (0.1, 0.005)  # weights of the two bounds
_LOWEST = -9.0  # bound of the logarithm of what falls below zero
_LOUDEST, _LOUDEST_PUBLISHED = -2.5, 6.0  # bounds of the logarithm of how loudness varies over rooms
_SMOOTH = 0.9  # of how far off a bound is
_LEAST = 1e-30  # of a logarithm's argument


@dataclass(frozen=True, eq=False)
class ActionableCode:
    """A code of plane waves, each unit a sum of them.

    Attributes
    ----------
    waves : numpy.ndarray, [wave, 2]
        Wave vectors, rad/m.
    weights : numpy.ndarray, [unit, 1 + 2 wave]
        What each unit adds up: a constant, the waves' cosines and their sines.
    spread : float
        Standard deviation of the places that are told apart, m.
    """

    waves: np.ndarray
    weights: np.ndarray
    spread: float

    def maps(self, arena: Bounded, bins: Bins = 32) -> np.ndarray:
        """Return rate maps of all units.

        Parameters
        ----------
        arena : object with ``bounds``
            What is mapped; the places are around the origin.
        bins : int or (int, int)
            Bins along x and along y.

        Returns
        -------
        numpy.ndarray, [unit, bin_x, bin_y]
            The code at the bins' centres; what falls below zero is left.

        Examples
        --------
        >>> from gridcells.world.arenas import Rectangle
        >>> learn_actionable_codes([0], units=9, steps=5)[0].maps(Rectangle(2.2, 2.2), 16).shape
        (9, 16, 16)
        """
        phase = BinGrid(check_bounds(arena.bounds, "arena.bounds"), bins).centres @ self.waves.T
        basis = np.concatenate([np.ones((*phase.shape[:-1], 1)), np.cos(phase), np.sin(phase)], -1)
        return np.moveaxis(basis @ self.weights.T, -1, 0)

    def modules(self, least: int = 4) -> list[np.ndarray]:
        """Return the modules: groups of units that use the same waves.

        Parameters
        ----------
        least : int
            Units that a module has at least.

        Returns
        -------
        list of numpy.ndarray of int
            Units of each module, the largest first. Two units are in one where the cosine between the amplitudes of
            their waves exceeds one half, or where a chain of such units joins them. Waves too long to turn once over
            the room and those around it count for none.

        Examples
        --------
        >>> waves = np.array([[20.0, 0.0], [0.0, 20.0], [9.0, 9.0]])
        >>> weights = np.zeros((10, 7))
        >>> weights[:6, [1, 2]] = weights[6:, [3]] = 1.0
        >>> [len(module) for module in ActionableCode(waves, weights, 0.25).modules()]
        [6, 4]
        """
        amplitude = self._amplitude() * self._turns()
        length = np.linalg.norm(amplitude, axis=1, keepdims=True)
        alike = amplitude / np.maximum(length, _LEAST)
        _, group = connected_components(alike @ alike.T > 0.5, directed=False)
        found = [np.flatnonzero(group == each) for each in np.unique(group)]
        return sorted((one for one in found if len(one) >= least), key=len, reverse=True)

    def wave_number(self, units: np.ndarray) -> float:
        """Return the length of the waves by which some units repeat.

        Parameters
        ----------
        units : array_like of int
            Such as a module's.

        Returns
        -------
        float
            Wave number, rad/m: of the waves that are at least half as strong as any, the median of the three shortest,
            since a lattice's other waves are sums of these. Waves too long to turn once count for none.

        Examples
        --------
        >>> waves = np.array([[20.0, 0.0], [0.0, 22.0], [20.0, 22.0]])
        >>> ActionableCode(waves, np.ones((2, 7)), 0.25).wave_number([0, 1])
        22.0
        """
        strength = (self._amplitude()[units] * self._turns()).mean(0)
        strong = np.linalg.norm(self.waves[strength >= strength.max() / 2], axis=1)
        return float(np.median(np.sort(strong)[:3]))

    def _amplitude(self) -> np.ndarray:
        """Return how much of each wave each unit has [unit, wave]."""
        count = len(self.waves)
        return np.hypot(self.weights[:, 1 : count + 1], self.weights[:, count + 1 :])

    def _turns(self) -> np.ndarray:
        """Return which waves turn once over the room and those around it [wave]."""
        return np.linalg.norm(self.waves, axis=1) * self.spread > 2 * np.pi / (2 * _APART)


def learn_actionable_codes(
    seeds: Sequence[int],
    *,
    units: int = 64,
    steps: int = 20_000,
    spread: float = 0.25,
    near: float = 0.5,
    confusion: float = 0.4,
    pace: float = 4e-4,
    published: bool = False,
    keeper: Keeper | None = None,
) -> list[ActionableCode]:
    r"""Choose waves and weights so that places are told apart, one code for each seed.

    .. math::
        \left\langle (1 - e^{-|x - y|^2 / 2 \theta^2}) \, e^{-\|g(x) - g(y)\|^2 / 2 \sigma^2} \right\rangle_{x, y}

    is made least by Adam over places that are normal around the origin, with each unit's activity over its length
    there. Two bounds hold besides, whose weights grow for as long as they are broken: on the mean activity below zero,
    and on how far the length of a unit's activity in rooms around the first is from that in it.

    Parameters
    ----------
    seeds : sequence of int
        One a code, of its start and its places. A code does not depend on those beside it.
    units : int
        Units; half as many waves.
    steps : int
        Gradient steps.
    spread : float
        Standard deviation of the places, m: the room. It gives a length to what the published code says without one.
    near : float
        θ over the spread: how near places are that need not be told apart.
    confusion : float
        σ²: the square of the neural distance at which places are still confused.
    pace : float
        How fast the weights of the two bounds grow. The published 1e-4 takes 75 000 steps.
    published : bool
        Take the bound on loudness of the released code, where a unit's activity elsewhere is not divided by its length
        in the room: it bounds the size of the weights, and not how much louder a unit is elsewhere.
    keeper : object with ``restore`` and ``after``, optional
        As in `learn_distance_codes`.

    Returns
    -------
    list of ActionableCode
        The codes, in the order of the seeds, as they are after the last step.

    Raises
    ------
    ValueError
        If there is no seed, a count is below 1 (of units below 3), or another number not above 0.

    Notes
    -----
    Source: Dorrell et al. 2023, the code of the plane; equations and settings of the released code (150 places, 15
    rooms around them, θ .5, σ² .4, 25 units, 75 000 steps). The bound on loudness is met here as the equation says it,
    and ours in size (−2.5, a logarithm); the released one is an option.

    Examples
    --------
    >>> code = learn_actionable_codes([5], units=9, steps=5)[0]
    >>> code.waves.shape, code.weights.shape
    ((4, 2), (9, 9))
    """
    if not len(seeds):
        raise ValueError("seeds: expected at least one, got none")
    check_count(units, "units", 3), check_count(steps, "steps")
    check_positive(spread, "spread", "m")
    for value, name in ((near, "near"), (confusion, "confusion"), (pace, "pace")):
        check_positive(value, name)
    sources = [torch.Generator().manual_seed(seed) for seed in seeds]
    count = (units - 1) // 2
    weights = torch.stack([torch.randn(units, 2 * count + 1, generator=one) for one in sources]).requires_grad_()
    waves = torch.stack([2 * torch.rand(count, 2, generator=one) for one in sources]).requires_grad_()
    optimiser, loudest = _Adam([weights, waves]), _LOUDEST_PUBLISHED if published else _LOUDEST
    bound, off = (torch.tensor([[start] * len(seeds) for start in starts]) for starts in (_START, (0.0, 0.0)))
    taken, kept = keeper.restore() if keeper else (0, {})
    if taken:
        optimiser.resume(taken, kept)
        bound, off = kept["bound"], kept["off"]
    for step in range(steps):
        if step % _DRAWN_FOR == 0:
            places, apart = _draw(sources, near)
        if step < taken:
            continue
        activity = _activity(weights, waves, places)
        below, loudness = _below(activity), _loudness(activity, published)
        with torch.no_grad():
            lowest = torch.log(below.clamp_min(_LEAST)) - _LOWEST
            lowest = torch.where(lowest > 0, torch.log(lowest.clamp_min(_LEAST)), lowest).clamp_min(-5)
            off = torch.lerp(torch.stack([lowest, torch.log(loudness) - loudest]), off, _SMOOTH)
            bound = bound * torch.exp(pace * off)
        loss = 100 * _confused(activity, apart, confusion) + bound[0] * below + bound[1] * loudness
        optimiser.step(torch.autograd.grad(loss.sum(), [weights, waves]))
        if keeper:
            keeper.after(step + 1, partial(dict, optimiser.state(), bound=bound, off=off))
    return [
        ActionableCode(one.numpy() / spread, each.numpy(), spread)
        for one, each in zip(waves.detach(), weights.detach(), strict=True)
    ]


def _draw(sources: list[torch.Generator], near: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return places of the room, then of the rooms around it [code, place, 2], and which of the first to tell apart."""
    places = torch.stack([torch.randn(_PLACES, 2, generator=one) for one in sources])
    rooms = _APART * torch.stack([torch.randn(_ROOMS, 1, 2, generator=one) for one in sources])
    elsewhere = (places[:, None] + rooms).flatten(1, 2)
    distance = (places[:, :, None] - places[:, None]).square().sum(-1)
    return torch.cat([places, elsewhere], 1), 1 - torch.exp(-distance / (2 * near**2))


def _activity(weights: torch.Tensor, waves: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Return activity at places → [code, place, unit]."""
    phase = places @ waves.mT
    basis = torch.cat([torch.ones_like(phase[..., :1]), phase.cos(), phase.sin()], -1)
    return basis @ weights.mT


def _confused(activity: torch.Tensor, apart: torch.Tensor, confusion: float) -> torch.Tensor:
    """Return how many of the places that are to be told apart are confused → [code]."""
    room = activity[:, :_PLACES]
    neural = squared_distances(room / _length(room)).clamp_min(0)
    return (torch.exp(-neural / (2 * confusion)) * apart).sum((1, 2)) / (2 * _PLACES) ** 2


def _below(activity: torch.Tensor) -> torch.Tensor:
    """Return the mean of what falls below zero anywhere, of units of one length → [code]."""
    return (-activity * (_ROOMS + 1) / _length(activity)).relu().mean((1, 2))


def _loudness(activity: torch.Tensor, published: bool) -> torch.Tensor:
    """Return how far units' squared lengths in other rooms are from 1 → [code]."""
    elsewhere = activity[:, _PLACES:].unflatten(1, (_ROOMS, _PLACES))
    if not published:
        elsewhere = elsewhere / _length(activity[:, :_PLACES]).detach()[:, None]
    miss = elsewhere.square().sum(2) - 1
    return miss.square().sum((1, 2)).sqrt() / math.prod(miss.shape[1:])


def _length(activity: torch.Tensor) -> torch.Tensor:
    """Return each unit's length over places → [code, 1, unit]."""
    return activity.square().sum(1, keepdim=True).sqrt()


class _Adam:
    """Adam as the released code writes it: the small number is below the root."""

    def __init__(self, tensors: list[torch.Tensor]) -> None:
        self.tensors, self.steps = tensors, 0
        self.first, self.second = ([torch.zeros_like(one) for one in tensors] for _ in range(2))

    def state(self) -> dict[str, torch.Tensor]:
        """Return the tensors and what is remembered of their gradients, by name."""
        held = {"tensor": self.tensors, "first": self.first, "second": self.second}
        return {f"{name}.{number}": one for name, each in held.items() for number, one in enumerate(each)}

    @torch.no_grad()
    def resume(self, steps: int, state: dict[str, torch.Tensor]) -> None:
        """Go on from such a state after so many steps."""
        self.steps = steps
        for name, tensor in self.state().items():
            tensor.copy_(state[name])

    @torch.no_grad()
    def step(self, gradients: Sequence[torch.Tensor]) -> None:
        """Change the tensors."""
        self.steps += 1
        unbiased = 1 - _DECAY**self.steps
        for tensor, gradient, first, second in zip(self.tensors, gradients, self.first, self.second, strict=True):
            first.lerp_(gradient, 1 - _DECAY)
            second.lerp_(gradient.square(), 1 - _DECAY)
            tensor.sub_(_RATE * first / unbiased / (second / unbiased + _EPSILON).sqrt())
