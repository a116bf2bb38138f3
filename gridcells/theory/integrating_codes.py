"""The recurrent twin of the networks that keep distances: it is told where it starts and how it moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike

from gridcells._common.bins import BinGrid, Bins, Bounded, check_bounds
from gridcells._common.checks import as_numpy, check_choice, check_count, check_generator, check_positions
from gridcells._common.protocols import Keeper
from gridcells.theory.distance_codes import (
    PUBLISHED_SIDE,
    DistanceCode,
    check_code_settings,
    code_loss,
    code_of,
    descend,
    drawn_layers,
    drawn_weights,
    network_code,
    of_length_one,
)

__all__ = ["IntegratingCode", "code_walks", "contributions", "learn_integrating_codes"]

_SPEED, _TURNING = 0.15, 4 * np.pi  # scale of a step's length, in the published unit; concentration of turns
_BLOCK = 100  # steps whose paths are drawn at a time


@dataclass(frozen=True, eq=False)
class IntegratingCode:
    """A code that is found where a path starts and carried along it by the steps alone.

    Attributes
    ----------
    start : DistanceCode
        The network that makes the code of the first position.
    recurrent : numpy.ndarray, [unit, unit]
        Weights from the code before to the code after a step.
    velocity : numpy.ndarray, [unit, 2]
        Weights of a step, per unit of length of the published room (its side over 4π).
    """

    start: DistanceCode
    recurrent: np.ndarray
    velocity: np.ndarray

    def follow(self, path: ArrayLike, *, deaf: Sequence[int] = (), silent: Sequence[int] = ()) -> np.ndarray:
        """Return the code along paths.

        Parameters
        ----------
        path : array_like, [path, time, 2]
            Where the animal is, m; of all but the first position only the steps are told.
        deaf : sequence of int
            Units that do not hear the steps.
        silent : sequence of int
            Units whose activity is 0 throughout.

        Returns
        -------
        numpy.ndarray, [path, time, unit]
            Of length 1 over the units that are not silent.

        Raises
        ------
        ValueError
            If the path is not of that shape.

        Examples
        --------
        >>> code = learn_integrating_codes([0], steps=1, units=8, batch=4)[0]
        >>> code.follow(np.zeros((2, 5, 2)), deaf=[0, 1]).shape
        (2, 5, 8)
        """
        places = as_numpy(path, "path")
        check_positions(places, "path")
        if places.ndim != 3:
            raise ValueError(f"path: expected shape [path, time, 2], got {places.shape}")
        heard, loud = np.ones((2, len(self.velocity)))
        heard[list(deaf)], loud[list(silent)] = 0, 0
        steps = np.diff(places, axis=1) * (PUBLISHED_SIDE / self.start.side) @ (self.velocity.T * heard)
        codes = [of_length_one(self.start.activity(places[:, 0]) * loud)]
        for time in range(steps.shape[1]):
            codes.append(of_length_one(np.maximum(codes[-1] @ self.recurrent.T + steps[:, time], 0) * loud))
        return np.stack(codes, 1)

    def maps(
        self, arena: Bounded, bins: Bins = 32, *, paths: int = 4000, generator: np.random.Generator | int = 0
    ) -> np.ndarray:
        """Return rate maps of all units: means of the code over paths, where the animal is.

        Parameters
        ----------
        arena : object with ``bounds``
            What is mapped.
        bins : int or (int, int)
            Bins along x and along y.
        paths : int
            Paths, as long as those of training.
        generator : numpy.random.Generator or int
            The source of the paths, or a seed for one.

        Returns
        -------
        numpy.ndarray, [unit, bin_x, bin_y]
            The maps; NaN in bins that no path visits.

        Examples
        --------
        >>> from gridcells.world.arenas import Rectangle
        >>> code = learn_integrating_codes([0], steps=1, units=8, batch=4)[0]
        >>> code.maps(Rectangle(2.2, 2.2), 4, paths=50).shape
        (8, 4, 4)
        """
        grid = BinGrid(check_bounds(arena.bounds, "arena.bounds"), bins)
        path = code_walks(self.start.side, paths, generator=generator)
        code = self.follow(path).reshape(-1, len(self.velocity))
        index = grid.index(path).ravel()
        inside, many = index >= 0, int(np.prod(grid.shape))
        visits = np.bincount(index[inside], minlength=many)
        with np.errstate(invalid="ignore"):
            means = [np.bincount(index[inside], unit[inside], many) / visits for unit in code.T]
        return np.reshape(means, (-1, *grid.shape))


def code_walks(side: float, paths: int, *, time: int = 10, generator: np.random.Generator | int) -> np.ndarray:
    """Walk through a square room around the origin, as the released code has it.

    Parameters
    ----------
    side : float
        Side of the room, m.
    paths : int
        Number of paths.
    time : int
        Positions of each.
    generator : numpy.random.Generator or int
        The source of the walks, or a seed for one.

    Returns
    -------
    numpy.ndarray, [path, time, 2]
        Positions, m. Lengths of steps are Rayleigh-distributed (2.6 cm where the density is highest, in a room of
        2.2 m), turns have a von Mises density, and a step that would leave the room is turned back.

    Raises
    ------
    ValueError
        If a count is below 1.

    Notes
    -----
    Source: Pettersen et al. 2024, the dataset of the released code.

    Examples
    --------
    >>> code_walks(2.2, 3, generator=0).shape
    (3, 10, 2)
    """
    source, unit = check_generator(generator), side / PUBLISHED_SIDE
    shape = check_count(paths, "paths"), check_count(time, "time") - 1
    places = [source.uniform(-side / 2, side / 2, (paths, 2))]
    heading = source.uniform(0, 2 * np.pi, paths)
    length, turn = unit * source.rayleigh(_SPEED, shape), source.vonmises(0, _TURNING, shape)
    for step in range(shape[1]):
        heading = heading + turn[:, step]
        move = length[:, step, None] * np.stack([np.cos(heading), np.sin(heading)], -1)
        move = np.where(np.abs(places[-1] + move) >= side / 2, -move, move)
        heading = np.arctan2(move[:, 1], move[:, 0])
        places.append(places[-1] + move)
    return np.stack(places, 1)


def learn_integrating_codes(
    seeds: Sequence[int],
    *,
    steps: int = 50_000,
    units: int = 256,
    side: float = 2.2,
    reach: float = 1.2,
    scale: float = 1.0,
    distance_share: float = 0.54,
    batch: int = 64,
    rate: float = 1e-3,
    keeper: Keeper | None = None,
) -> list[IntegratingCode]:
    """Learn codes that keep distances while they integrate paths, one network for each seed.

    Parameters
    ----------
    seeds : sequence of int
        One a network, of its weights and its paths. A network does not depend on those beside it.
    steps, units, side, reach, scale, distance_share, rate, keeper
        As in `learn_distance_codes`.
    batch : int
        Paths a step, of ten positions each; distances are between all of their positions.

    Returns
    -------
    list of IntegratingCode
        The networks, in the order of the seeds.

    Raises
    ------
    ValueError
        As `learn_distance_codes`.

    Notes
    -----
    Source: Pettersen et al. 2024, the recurrent network; equation and settings of the released code (50 000 steps of 64
    paths).

    Examples
    --------
    >>> learn_integrating_codes([5], steps=1, units=8, batch=4)[0].recurrent.shape
    (8, 8)
    """
    check_code_settings(seeds, steps, units, batch, side, reach, scale, distance_share, rate)
    sources = [torch.Generator().manual_seed(seed) for seed in seeds]
    layers = drawn_layers(sources, units)
    recurrent = torch.eye(units).repeat(len(seeds), 1, 1).requires_grad_()
    velocity = drawn_weights(sources, 2, units, 2)
    weights = [*(tensor for layer in layers for tensor in layer), recurrent, velocity]

    def loss(place: torch.Tensor) -> torch.Tensor:
        moves = place.diff(dim=2) @ velocity.mT[:, None]  # [network, path, step, unit]
        codes = [network_code(layers, place[:, :, 0])]
        for move in moves.unbind(2):
            codes.append(code_of((codes[-1] @ recurrent.mT + move).relu()))
        return code_loss(torch.cat(codes, 1), torch.cat(place.unbind(2), 1), reach, scale, distance_share)

    descend(weights, loss, _paths(seeds, steps, batch), rate, keeper)
    learnt = [tensor.detach().double().numpy() for tensor in weights]
    return [
        IntegratingCode(DistanceCode.of(learnt[:-2], each, side), learnt[-2][each], learnt[-1][each])
        for each in range(len(seeds))
    ]


def contributions(
    code: IntegratingCode,
    groups: Sequence[Sequence[int]],
    *,
    way: str = "deaf",
    paths: int = 400,
    generator: np.random.Generator | int,
) -> np.ndarray:
    """Return how far the code is from itself at a path's end where a group of units is cut.

    Parameters
    ----------
    code : IntegratingCode
        A network.
    groups : sequence of sequence of int
        Units to cut, one group at a time.
    way : {"deaf", "silent"}
        What is cut: what they hear of the steps, or all that they say.
    paths : int
        Number of paths.
    generator : numpy.random.Generator or int
        The source of the paths, or a seed for one.

    Returns
    -------
    numpy.ndarray, [group]
        Squared distance between the code with the group cut and without, over the squared distance that the code
        moves from start to end: 0, the integration is whole; 1, as if the animal had stood still. Of silent units
        neither code counts.

    Raises
    ------
    ValueError
        If the way is unknown.

    Notes
    -----
    Source: Pettersen et al. 2024, the pruning of the released code ("deaf"). What silent units do is ours.

    Examples
    --------
    >>> code = learn_integrating_codes([0], steps=1, units=8, batch=4)[0]
    >>> contributions(code, [[], [0, 1]], paths=20, generator=0).shape
    (2,)
    """
    check_choice(way, "way", ("deaf", "silent"))
    path = code_walks(code.start.side, paths, generator=generator)
    whole = code.follow(path)[:, [0, -1]]
    moved = np.square(whole[:, 1] - whole[:, 0]).sum(-1).mean()
    found = []
    for group in groups:
        units, end = list(group), whole[:, 1]
        cut = code.follow(path, **{way: units})[:, -1]
        if way == "silent":
            end = of_length_one(np.where(np.isin(np.arange(end.shape[1]), units), 0, end))
        found.append(np.square(cut - end).sum(-1).mean() / moved)
    return np.array(found)


def _paths(seeds: Sequence[int], steps: int, batch: int) -> Iterator[torch.Tensor]:
    """Yield paths of each step of training [network, path, time, 2], in the published unit."""
    sources = [np.random.default_rng(seed) for seed in seeds]
    for step in range(steps):
        if step % _BLOCK == 0:
            walked = [code_walks(PUBLISHED_SIDE, _BLOCK * batch, generator=source) for source in sources]
            block = torch.from_numpy(np.stack(walked).astype(np.float32)).unflatten(1, (_BLOCK, batch))
        yield block[:, step % _BLOCK]
