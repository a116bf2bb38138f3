"""Two animals in one network: whether units say where one animal is from the other, beyond where each of them is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.bins import BinGrid
from gridcells._common.checks import as_numpy, check_count, check_generator
from gridcells._common.streams import Stream
from gridcells.networks.path_integrator import PathIntegrator
from gridcells.scores.information import spatial_information
from gridcells.scores.ratemaps import RateMaps, rate_maps
from gridcells.training.decoding import hidden_activity
from gridcells.training.pair_task import PairTask
from gridcells.world.arenas import Rectangle

__all__ = ["FollowedPairs", "RelativeTuning", "follow_pairs", "relative_tuning"]


@dataclass(frozen=True, eq=False)
class FollowedPairs:
    """A network's activity while two animals run.

    Attributes
    ----------
    activity : numpy.ndarray, [path, time, unit]
        Activity of the units.
    first, second : numpy.ndarray, [path, time, 2]
        Where the two animals are, m.
    """

    activity: np.ndarray
    first: np.ndarray
    second: np.ndarray


@dataclass(frozen=True, eq=False)
class RelativeTuning:
    """What units tell of the second animal's place seen from the first, beside units that add up two maps.

    Attributes
    ----------
    maps : numpy.ndarray, [unit, bin, bin]
        Mean activity over the difference of both places, from minus to plus the room's sides; NaN where it never was.
    information : numpy.ndarray, [unit]
        Spatial information of these maps, bits per spike.
    chance : numpy.ndarray, [surrogate, unit]
        The same of surrogates: a map of each animal's place, added, and what these leave, of other paths.
    added : numpy.ndarray, [unit]
        Share of a unit's variance that the two maps explain, added.
    """

    maps: np.ndarray
    information: np.ndarray
    chance: np.ndarray
    added: np.ndarray

    @property
    def share_above(self) -> float:
        """Share of the units that tell more than all of their surrogates; by chance it is 1 / (1 + surrogates)."""
        return float(np.mean(self.information > self.chance.max(axis=0)))

    @property
    def ratio(self) -> np.ndarray:
        """How many times as much as its surrogates, on average, each unit tells, [unit]."""
        return self.information / self.chance.mean(axis=0)


def follow_pairs(network: PathIntegrator, task: PairTask, *, paths: int = 2000) -> FollowedPairs:
    """Run a network along the paths of pairs of animals.

    Parameters
    ----------
    network : PathIntegrator
        The network.
    task : PairTask
        What it learnt; the paths are of the stream of its seed that rate maps are made from.
    paths : int
        How many pairs.

    Returns
    -------
    FollowedPairs
        Activity, and both animals' places.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> task = PairTask(preset("laptop").override({"animals": 2, "units": 8}), seed=0)
    >>> follow_pairs(task.network(), task, paths=5).activity.shape
    (5, 20, 8)
    """
    batch = task.batch_of(task.paths(check_count(paths, "paths", 2), Stream.MAPS))
    parts = [hidden.cpu().numpy() for _, hidden in hidden_activity(network, task, batch)]
    return FollowedPairs(np.concatenate(parts), *(place.double().numpy() for place in task.places(batch)))


def relative_tuning(
    activity: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    arena: Rectangle,
    *,
    bins: int = 20,
    surrogates: int = 20,
    generator: np.random.Generator | int,
) -> RelativeTuning:
    """Compute what units tell of one animal's place as seen from the other, and what they would by adding two maps.

    Where an animal is, and where it is as seen from another, go together: whoever is at the left wall has the other on
    the right. So a unit that cares for one animal's place alone, or for both by sums, tells of the difference, too.
    Each surrogate adds the unit's map of either animal, and the rest of another path in place of the path's own.

    Parameters
    ----------
    activity : array_like, [path, time, unit]
        Activity of the units, at least 0.
    first, second : array_like, [path, time, 2]
        Where the two animals are, independently of each other, m.
    arena : Rectangle
        Their room.
    bins : int
        Bins a side of the maps, of the room and of the differences.
    surrogates : int
        How many of each unit.
    generator : numpy.random.Generator or int
        Draws whose rest goes to which path.

    Returns
    -------
    RelativeTuning
        Maps over the difference, their information, and that of the surrogates.

    Raises
    ------
    ValueError
        If shapes differ, or an activity is below 0.

    Notes
    -----
    Source: Redman et al. 2024, Fig. 5 (spatial information in relative space), and equation 1 of Skaggs et al. 1993;
    there no surrogates are drawn. With few samples the test is strict: the added maps are then noisy themselves.

    Examples
    --------
    >>> rng, room = np.random.default_rng(0), Rectangle(2.0, 2.0)
    >>> first, second = rng.uniform(-1, 1, (2, 400, 10, 2))
    >>> near = np.exp(-((second - first) ** 2).sum(-1) / 0.1)  # a unit that likes company
    >>> alone = np.exp(-(first**2).sum(-1) / 0.1)  # a place cell
    >>> found = relative_tuning(np.stack([near, alone], -1), first, second, room, generator=0)
    >>> found.information > found.chance.max(axis=0)
    array([ True, False])
    """
    rates = as_numpy(activity, "activity")
    own, other = as_numpy(first, "first").astype(float), as_numpy(second, "second").astype(float)
    if rates.ndim != 3 or not own.shape == other.shape == (*rates.shape[:2], 2):
        raise ValueError(
            "activity, first, second: expected shapes [path, time, unit], [path, time, 2] and again,"
            f" got {rates.shape}, {own.shape} and {other.shape}"
        )
    if rates.min() < 0:
        raise ValueError(f"activity: expected numbers of at least 0, got {rates.min():.3g}")
    rng, grid = check_generator(generator), BinGrid(arena.bounds, bins)
    added = -rates.mean((0, 1)) + np.zeros_like(rates)
    for place in (own, other):
        flat = rate_maps(place, rates, arena, bins).reshape(rates.shape[2], -1).T  # [bin, unit]
        added += flat[grid.index(place)]
    left, room = rates - added, Rectangle(2 * arena.width, 2 * arena.height)

    def seen(activity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Map activity over the difference of both places → maps, information."""
        mapped = RateMaps(room, bins)
        mapped.add(other - own, activity)
        maps = np.maximum(mapped.maps(), 0)
        return maps, spatial_information(maps, mapped.occupancy)

    maps, information = seen(rates)
    chance = [seen(added + left[rng.permutation(len(left))])[1] for _ in range(check_count(surrogates, "surrogates"))]
    spread = rates.var((0, 1))
    explained = np.divide(spread - left.var((0, 1)), spread, out=np.zeros(len(spread)), where=spread > 0)
    return RelativeTuning(maps, information, np.array(chance), explained)
