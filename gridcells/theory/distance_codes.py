"""Networks that are told where they are and keep distances: hexagons that nobody asked for.

A position goes through two hidden layers into a code of length 1 that is not negative. Two things are asked for: that
near places are as far apart in the code as they are in the room, and that the code is spread over many units. No path
is integrated, no place cell is predicted and no wave is given.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike

from gridcells._common.bins import BinGrid, Bins, Bounded, check_bounds
from gridcells._common.checks import as_numpy, check_count, check_positions, check_positive
from gridcells._common.protocols import Keeper

__all__ = ["DistanceCode", "learn_distance_codes"]

_HIDDEN = (64, 128)  # units of the hidden layers, published
PUBLISHED_SIDE = 4 * np.pi  # of the room, which has no unit
_BLOCK = 500  # steps whose positions are drawn at a time
_ADAM = ("step", "exp_avg", "exp_avg_sq")  # what the optimiser has of each weight
_SILENT = 1e-13  # the least length that a code is divided by, published


@dataclass(frozen=True, eq=False)
class DistanceCode:
    """A feed-forward network from positions to a code of length 1.

    Attributes
    ----------
    layers : list of (numpy.ndarray [out, in], numpy.ndarray [out])
        Weights and biases, the nearest to the position first.
    side : float
        Side of the square room around the origin, m.
    """

    layers: list[tuple[np.ndarray, np.ndarray]]
    side: float

    @classmethod
    def of(cls, weights: Sequence[np.ndarray], network: int, side: float) -> DistanceCode:
        """Make one of several networks' codes, of weights and biases in turn [network, ...]."""
        held = [tensor[network] for tensor in weights]
        return cls([(weight, bias[0]) for weight, bias in zip(held[::2], held[1::2], strict=True)], side)

    def activity(self, position: ArrayLike) -> np.ndarray:
        """Return the code at positions.

        Parameters
        ----------
        position : array_like, [..., 2]
            Where, m.

        Returns
        -------
        numpy.ndarray, [..., unit]
            Not negative; its length is 1, or 0 where all units are silent.

        Raises
        ------
        ValueError
            If the last axis of the positions is not (x, y).

        Examples
        --------
        >>> code = learn_distance_codes([0], steps=2, units=8)[0]
        >>> code.activity([[0.0, 0.1], [0.5, 0.5]]).shape
        (2, 8)
        """
        values = as_numpy(position, "position")
        check_positions(values)
        values = values * (PUBLISHED_SIDE / self.side)
        for weight, bias in self.layers:
            values = np.maximum(values @ weight.T + bias, 0)
        return of_length_one(values)

    def maps(self, arena: Bounded, bins: Bins = 32) -> np.ndarray:
        """Return rate maps of all units.

        Parameters
        ----------
        arena : object with ``bounds``
            What is mapped: the room that was learnt, or another around the origin.
        bins : int or (int, int)
            Bins along x and along y.

        Returns
        -------
        numpy.ndarray, [unit, bin_x, bin_y]
            The code at the bins' centres.

        Examples
        --------
        >>> from gridcells.world.arenas import Rectangle
        >>> learn_distance_codes([0], steps=2, units=8)[0].maps(Rectangle(2.2, 2.2), 16).shape
        (8, 16, 16)
        """
        return np.moveaxis(self.activity(BinGrid(check_bounds(arena.bounds, "arena.bounds"), bins).centres), -1, 0)


def learn_distance_codes(
    seeds: Sequence[int],
    *,
    steps: int = 100_000,
    units: int = 256,
    side: float = 2.2,
    reach: float = 1.2,
    scale: float = 1.0,
    distance_share: float = 0.54,
    batch: int = 64,
    rate: float = 1e-3,
    keeper: Keeper | None = None,
) -> list[DistanceCode]:
    r"""Learn codes that keep distances, one network for each seed.

    .. math::
        \alpha \left\langle e^{-d^2 / 2 \sigma^2} (\|g(x) - g(y)\| - \rho d)^2 \right\rangle_{x \ne y}
        - (1 - \alpha) \left\langle g_i(x) \right\rangle_{i, x}, \qquad d = |x - y|

    is made least by Adam, over positions that are uniform in the room. Of a code of length 1 that is not negative the
    mean activity is greatest where all units share in it: the second term spreads it over the population.

    Parameters
    ----------
    seeds : sequence of int
        One a network, of its weights and its positions. A network does not depend on those beside it.
    steps : int
        Gradient steps.
    units : int
        Units of the code.
    side : float
        Side of the room, m. It gives a length to what the published code says without one, 4π units a side.
    reach : float
        σ, in such units (at 2.2 m, one is 17.5 cm): how near places are whose distances count.
    scale : float
        ρ, over such a unit: neural distance over distance.
    distance_share : float
        α, between 0 and 1: the weight of distances beside that of spreading.
    batch : int
        Positions a step; distances are between all of them.
    rate : float
        Learning rate.
    keeper : object with ``restore`` and ``after``, optional
        Who keeps the state every so often, and from whose state training goes on, to the last bit
        (`gridcells.runs.learn_codes` has one).

    Returns
    -------
    list of DistanceCode
        The networks, in the order of the seeds.

    Raises
    ------
    ValueError
        If there is no seed, a count is below 1 (of positions below 2), a length, scale or rate is not above 0, or the
        share is not between 0 and 1.

    Notes
    -----
    Source: Pettersen et al. 2024, the feed-forward network; equation and settings of the released code (two hidden
    layers of 64 and 128 units, 256 units of the code, α .54, σ 1.2, ρ 1, 100 000 steps of 64 positions, rate .001).

    Examples
    --------
    >>> codes = learn_distance_codes([5, 6], steps=3, units=16)
    >>> len(codes), codes[0].activity([0.0, 0.0]).shape
    (2, (16,))
    """
    check_code_settings(seeds, steps, units, batch, side, reach, scale, distance_share, rate)
    sources = [torch.Generator().manual_seed(seed) for seed in seeds]
    layers = drawn_layers(sources, units)
    weights = [tensor for layer in layers for tensor in layer]

    def loss(place: torch.Tensor) -> torch.Tensor:
        return code_loss(network_code(layers, place), place, reach, scale, distance_share)

    descend(weights, loss, _places(sources, steps, batch), rate, keeper)
    learnt = [tensor.detach().double().numpy() for tensor in weights]
    return [DistanceCode.of(learnt, each, side) for each in range(len(seeds))]


def check_code_settings(
    seeds: Sequence[int],
    steps: int,
    units: int,
    batch: int,
    side: float,
    reach: float,
    scale: float,
    distance_share: float,
    rate: float,
) -> None:
    """Raise ValueError unless a code can be learnt by these settings."""
    if not len(seeds):
        raise ValueError("seeds: expected at least one, got none")
    for count, name, least in ((steps, "steps", 1), (units, "units", 1), (batch, "batch", 2)):
        check_count(count, name, least)
    check_positive(side, "side", "m")
    for value, name in ((reach, "reach"), (scale, "scale"), (rate, "rate")):
        check_positive(value, name)
    if not 0 <= distance_share <= 1:
        raise ValueError(f"distance_share: expected a number from 0 to 1, got {distance_share!r}")


def drawn_layers(sources: list[torch.Generator], units: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return initial weights [network, out, in] and biases [network, 1, out] of all layers."""
    pairs = itertools.pairwise((2, *_HIDDEN, units))
    return [(drawn_weights(sources, few, many, few), drawn_weights(sources, few, 1, many)) for few, many in pairs]


def drawn_weights(sources: list[torch.Generator], inputs: int, *shape: int) -> torch.Tensor:
    """Return initial weights [network, ...], uniform within 1/√inputs, a source for each network."""
    bound = inputs**-0.5
    drawn = [torch.empty(shape).uniform_(-bound, bound, generator=source) for source in sources]
    return torch.stack(drawn).requires_grad_()


def descend(
    weights: list[torch.Tensor],
    loss: Callable[[torch.Tensor], torch.Tensor],
    places: Iterable[torch.Tensor],
    rate: float,
    keeper: Keeper | None = None,
) -> None:
    """Change weights by Adam, once for the places of each step; those of steps that were taken before are passed by."""
    optimiser = torch.optim.Adam(weights, lr=rate)
    taken, kept = keeper.restore() if keeper else (0, {})
    for number, weight in enumerate(weights if taken else []):
        weight.detach().copy_(kept[f"{number}.weight"])
        optimiser.state[weight] = {name: kept[f"{number}.{name}"].clone() for name in _ADAM}

    def state() -> dict[str, torch.Tensor]:
        return {
            f"{number}.{name}": tensor
            for number, weight in enumerate(weights)
            for name, tensor in {"weight": weight, **optimiser.state[weight]}.items()
        }

    for step, place in enumerate(places, 1):
        if step > taken:
            optimiser.zero_grad(set_to_none=True)
            loss(place).backward()
            optimiser.step()
            if keeper:
                keeper.after(step, state)


def network_code(layers: list[tuple[torch.Tensor, torch.Tensor]], place: torch.Tensor) -> torch.Tensor:
    """Return codes of length 1 [network, position, unit] at places [network, position, 2]."""
    values = place
    for weight, bias in layers:
        values = torch.baddbmm(bias, values, weight.mT).relu()
    return code_of(values)


def code_of(activity: torch.Tensor) -> torch.Tensor:
    """Divide activity [..., unit] by its length, as `of_length_one` does."""
    return torch.nn.functional.normalize(activity, dim=-1, eps=_SILENT)


def code_loss(
    code: torch.Tensor, place: torch.Tensor, reach: float, scale: float, distance_share: float
) -> torch.Tensor:
    """Return the loss of codes [network, position, unit]: the networks' sum, of which none depends on another."""
    kept = distance_error(code, place, reach, scale).sum()
    return distance_share * kept - (1 - distance_share) * code.mean((1, 2)).sum()


def distance_error(code: torch.Tensor, place: torch.Tensor, reach: float, scale: float) -> torch.Tensor:
    """Return the mean squared error of neural distances, near ones counted most → [network]."""
    many = code.shape[1]
    apart = squared_distances(code).clamp_min(1e-12).sqrt()
    distance = (place[:, :, None] - place[:, None]).square().sum(-1)
    error = torch.exp(-distance / (2 * reach**2)) * (apart - scale * distance.sqrt()).square()
    return error.sum((1, 2)) / (many * (many - 1))


def squared_distances(points: torch.Tensor) -> torch.Tensor:
    """Return squared distances between points [..., point, dimension], by their products → [..., point, point]."""
    product = points @ points.mT
    square = torch.diagonal(product, dim1=-2, dim2=-1)
    return square[..., :, None] + square[..., None, :] - 2 * product


def of_length_one(activity: np.ndarray) -> np.ndarray:
    """Divide activity [..., unit] by its length; where all units are silent it stays 0."""
    return activity / np.maximum(np.linalg.norm(activity, axis=-1, keepdims=True), _SILENT)


def _places(sources: list[torch.Generator], steps: int, batch: int) -> Iterator[torch.Tensor]:
    """Yield the positions of each step [network, position, 2], in the published unit."""
    for step in range(steps):
        if step % _BLOCK == 0:
            drawn = [torch.rand(_BLOCK, batch, 2, generator=source) for source in sources]
            places = PUBLISHED_SIDE * (torch.stack(drawn, 1) - 0.5)  # [step, network, position, 2]
        yield places[step % _BLOCK]
