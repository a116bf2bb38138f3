"""The shape of a population's activity: Betti numbers, called against shuffles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np

from gridcells._common.checks import as_samples, check_count, check_generator
from gridcells.mechanism.cohomology import PRIME, Barcode, barcode

__all__ = ["Topology", "betti_numbers", "condense", "roll", "population_topology"]


@dataclass(frozen=True, eq=False)
class Topology:
    """Betti numbers, and what they were called from.

    Attributes
    ----------
    betti : tuple of int
        Components, loops and voids: (1, 2, 1) for a torus, (1, 1, 0) for a ring, (1, 0, 0) for a sheet.
    band : tuple of float
        For each dimension the longest bar of any shuffle; in dimension 0 without the component that never dies.
    barcode : Barcode
        Of the population itself.
    points : numpy.ndarray, [point, component]
        The cloud.
    chosen : numpy.ndarray, [point]
        Which samples its points are.
    """

    betti: tuple[int, ...]
    band: tuple[float, ...]
    barcode: Barcode
    points: np.ndarray
    chosen: np.ndarray

    @property
    def is_torus(self) -> bool:
        """Whether the Betti numbers are those of a torus."""
        return self.betti == (1, 2, 1)

    def __repr__(self) -> str:
        return f"Betti numbers {', '.join(map(str, self.betti))}{' (a torus)' if self.is_torus else ''}"


def population_topology(
    activity: Any,
    *,
    generator: np.random.Generator | int,
    components: int = 7,
    points: int = 1200,
    shuffles: int = 20,
    metric: str = "cosine",
    prime: int = PRIME,
    workers: int = 1,
) -> Topology:
    """Estimate the Betti numbers of a population against shuffles that break what its units do together.

    Parameters
    ----------
    activity : array_like, [sample, unit]
        Activity of each unit at moments in time, or at places.
    generator : numpy.random.Generator or int
        The source of the choice of samples and of the shuffles.
    components : int
        Principal components kept.
    points : int
        Samples kept, at random; all of them if there are no more.
    shuffles : int
        Populations in which each unit's series is rolled by a random lag of its own.
    metric : {"cosine", "euclidean"}
        Distance between points.
    prime : int
        Coefficients modulo this prime.
    workers : int
        Processes that share the shuffles.

    Returns
    -------
    Topology
        Betti numbers, the shuffles' band, and the barcode.

    Raises
    ------
    ValueError
        If the activity is not of that shape, not finite, or has fewer varying units than components.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 4C (7 components, cosine, coefficients modulo 47); Gardner et al. 2022 (6
    components, 1 200 points, each unit's series rolled). The rule is this library's: see `betti_numbers`.

    Examples
    --------
    >>> angle = np.random.default_rng(0).uniform(0, 2 * np.pi, (300, 1))
    >>> ring = np.exp(np.cos(angle - np.linspace(0, 6, 20)))
    >>> population_topology(ring, generator=0, components=4, points=150, shuffles=5)
    Betti numbers 1, 1, 0
    """
    values, rng = as_samples(activity), check_generator(generator)
    check_count(shuffles, "shuffles")
    options: dict[str, Any] = {"metric": metric, "prime": prime}
    cloud, chosen = condense(values, components=components, points=points, generator=rng)
    clouds = [
        condense(roll(values, one), components=components, points=points, generator=one)[0]
        for one in rng.spawn(shuffles)
    ]
    found = barcode(cloud, **options)
    nulls = joblib.Parallel(n_jobs=workers)(joblib.delayed(_lengths)(one, options) for one in clouds)
    betti, band = betti_numbers([found.lengths(dimension) for dimension in range(3)], nulls)
    return Topology(betti, band, found, cloud, chosen)


def condense(
    activity: Any, *, components: int, points: int, generator: np.random.Generator | int
) -> tuple[np.ndarray, np.ndarray]:
    """Reduce a population to its principal components, and its samples to a random few.

    Parameters
    ----------
    activity : array_like, [sample, unit]
        Activity.
    components : int
        Principal components kept.
    points : int
        Samples kept; all of them if there are no more.
    generator : numpy.random.Generator or int
        Chooses them.

    Returns
    -------
    cloud : numpy.ndarray, [point, component]
        The points.
    chosen : numpy.ndarray, [point]
        Which samples they are, in order.

    Raises
    ------
    ValueError
        If the activity is not of that shape, not finite, or has fewer varying units than components.

    Examples
    --------
    >>> cloud, chosen = condense(np.random.default_rng(0).random((50, 9)), components=3, points=20, generator=0)
    >>> cloud.shape, len(chosen)
    ((20, 3), 20)
    """
    values = as_samples(activity)
    check_count(components, "components")
    check_count(points, "points", 4)
    centred = values - values.mean(0)
    strength, axes = np.linalg.eigh(centred.T @ centred)
    rank = int((strength > 1e-10 * max(strength[-1], 1e-300)).sum())
    if rank < components:
        raise ValueError(f"components: expected no more than the {rank} in which the activity varies, got {components}")
    rng = check_generator(generator)
    chosen = np.sort(rng.choice(len(values), min(points, len(values)), replace=False))
    return centred[chosen] @ axes[:, ::-1][:, :components], chosen


def roll(activity: Any, generator: np.random.Generator | int) -> np.ndarray:
    """Roll each unit's series by a random lag: each unit stays what it is, what they do together is lost.

    Parameters
    ----------
    activity : array_like, [sample, unit]
        Activity.
    generator : numpy.random.Generator or int
        Draws the lags.

    Returns
    -------
    numpy.ndarray, [sample, unit]
        The rolled activity.

    Raises
    ------
    ValueError
        If the activity is not of that shape or not finite.

    Notes
    -----
    Source: Gardner et al. 2022, the shuffles of their barcodes.

    Examples
    --------
    >>> roll(np.arange(8.0).reshape(4, 2), 0).sum(0)
    array([12., 16.])
    """
    series = np.ascontiguousarray(as_samples(activity).T)  # a unit's series in one piece moves ten times as fast
    lags = check_generator(generator).integers(series.shape[1], size=len(series))
    return np.stack([np.roll(one, lag) for one, lag in zip(series, lags, strict=True)]).T


def betti_numbers(
    lengths: Sequence[Any], nulls: Sequence[Sequence[Any]], *, share_of_longest: float = 0.5
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Count, in each dimension, the bars that no shuffle has and that belong together.

    Parameters
    ----------
    lengths : sequence of array_like, [bar]
        For each dimension the lengths of a population's bars.
    nulls : sequence of sequences of array_like, [bar]
        The same of each shuffle.
    share_of_longest : float
        A bar counts if it is at least so long as this share of the dimension's longest.

    Returns
    -------
    betti : tuple of int
        For each dimension the number of bars that are longer than the longest of any shuffle, and so long as that.
    band : tuple of float
        For each dimension the longest bar of any shuffle; in dimension 0 without the one that every cloud has.

    Raises
    ------
    ValueError
        If there are no shuffles.

    Notes
    -----
    Source: the band is that of Gardner et al. 2022. The second condition is ours: a cloud of a few hundred points has
    gaps of its own, whose bars shuffles, which fill space evenly, may not have.

    Examples
    --------
    >>> betti_numbers([[9, 1], [8, 7, 2], [0.5]], [[[9, 2], [1], [0.4]], [[9, 1], [1.5], []]])
    ((1, 2, 1), (2.0, 1.5, 0.4))
    """
    if not nulls:
        raise ValueError("nulls: expected at least one shuffle, got none")
    betti, band = [], []
    for dimension, these in enumerate(lengths):
        first = 1 if dimension == 0 else 0
        longest = [np.sort(np.asarray(null[dimension], float))[::-1][first : first + 1] for null in nulls]
        limit = float(np.concatenate([[0.0], *longest]).max())
        own = np.asarray(these, float)
        betti.append(int(((own > limit) & (own >= share_of_longest * own.max(initial=0.0))).sum()))
        band.append(limit)
    return tuple(betti), tuple(band)


def _lengths(cloud: np.ndarray, options: dict[str, Any]) -> list[np.ndarray]:
    """Return the lengths of a cloud's bars by dimension: what a shuffle leaves."""
    found = barcode(cloud, cocycles=False, **options)
    return [found.lengths(dimension) for dimension in range(len(found.bars))]
