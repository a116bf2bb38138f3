"""The shape of a population's activity: persistent cohomology, Betti numbers against shuffles, circular coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import ripser
from scipy import sparse
from scipy.sparse.linalg import lsqr

from gridcells.checks import as_numpy, check_choice, check_count

__all__ = ["Barcode", "Topology", "barcode", "betti_numbers", "circular_coordinates", "condense", "roll", "topology"]

PRIME = 47  # so large that no torsion of a small integer hides a class
_REACH = (0.5, 0.5, 0.25)  # share of all pairs of points that are joined, by dimension: dimension 2 costs most
_NEIGHBOURS = (
    150  # to which each point is joined on average at most in dimension 2: many points meet at short distances
)
_LIVED = 0.9  # of a class's life, before the complex is taken that its coordinate is read from


@dataclass(frozen=True, eq=False)
class Barcode:
    """Births and deaths of the components, loops and voids of a cloud of points, as its points are joined.

    Attributes
    ----------
    bars : tuple of numpy.ndarray, [bar, 2]
        For dimensions 0, 1 and 2 the distances at which each class is born and dies, longest first. A class that
        outlives the reach dies at the reach.
    reach : tuple of float
        For each dimension the distance up to which points were joined.
    distance : numpy.ndarray, [point, point]
        Distances between the points.
    cocycles : list of numpy.ndarray, [edge, 3]
        For each bar of dimension 1, two points and a number modulo `prime` for each edge.
    prime : int
        The coefficients' field.
    """

    bars: tuple[np.ndarray, ...]
    reach: tuple[float, ...]
    distance: np.ndarray
    cocycles: list[np.ndarray]
    prime: int

    def lengths(self, dimension: int) -> np.ndarray:
        """Lengths of the bars of a dimension, longest first."""
        return self.bars[dimension][:, 1] - self.bars[dimension][:, 0]


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


def topology(
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
    """Call the Betti numbers of a population against shuffles that break what its units do together.

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
    >>> topology(ring, generator=0, components=4, points=150, shuffles=5)
    Betti numbers 1, 1, 0
    """
    values, rng = _checked(activity), np.random.default_rng(generator)
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
    values = _checked(activity)
    check_count(components, "components")
    check_count(points, "points", 4)
    centred = values - values.mean(0)
    strength, axes = np.linalg.eigh(centred.T @ centred)
    rank = int((strength > 1e-10 * max(strength[-1], 1e-300)).sum())
    if rank < components:
        raise ValueError(f"components: expected no more than the {rank} in which the activity varies, got {components}")
    rng = np.random.default_rng(generator)
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
    values = _checked(activity)
    lags = np.random.default_rng(generator).integers(len(values), size=values.shape[1])
    return values[(np.arange(len(values))[:, None] - lags) % len(values), np.arange(values.shape[1])]


def barcode(points: Any, *, metric: str = "cosine", prime: int = PRIME) -> Barcode:
    """Compute the persistent cohomology of a cloud of points, up to dimension 2.

    Parameters
    ----------
    points : array_like, [point, component]
        The cloud.
    metric : {"cosine", "euclidean"}
        Distance between points.
    prime : int
        Coefficients modulo this prime.

    Returns
    -------
    Barcode
        Bars of components, loops and voids, and the loops' cocycles.

    Raises
    ------
    ValueError
        If the points are not of that shape or not finite, there are fewer than four, or one is zero under "cosine".

    Notes
    -----
    Source: ripser (Bauer 2021). Components and loops are followed until half of all pairs of points are joined, voids
    until a quarter is, or each point has 150 neighbours: 1 200 points take seconds instead of hours, and a class that
    lives on is known to live that long.

    Examples
    --------
    >>> angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    >>> found = barcode(np.stack([np.cos(angle), np.sin(angle)], axis=1))
    >>> [len(found.bars[dimension]) for dimension in range(3)]
    [60, 1, 0]
    """
    cloud = _checked(points, "points", ("point", "component"))
    check_choice(metric, "metric", ("cosine", "euclidean"))
    if metric == "cosine":
        length = np.linalg.norm(cloud, axis=1, keepdims=True)
        if not length.all():
            raise ValueError(f"points: expected none at zero, where no angle is, got {int((length == 0).sum())}")
        cloud = cloud / length
    square = np.square(cloud).sum(1)
    distance = np.maximum(square[:, None] + square - 2 * cloud @ cloud.T, 0)  # of unit vectors: twice 1 - cosine
    distance = distance / 2 if metric == "cosine" else np.sqrt(distance)
    np.fill_diagonal(distance, 0)
    between = distance[np.triu_indices(len(cloud), 1)]
    shares = (*_REACH[:2], min(_REACH[2], _NEIGHBOURS / len(cloud)))
    reach = tuple(float(np.quantile(between, share)) for share in shares)
    loops = ripser.ripser(distance, 1, reach[1], prime, distance_matrix=True, do_cocycles=True)
    voids = ripser.ripser(distance, 2, reach[2], prime, distance_matrix=True)
    bars, order = [], np.arange(0)
    for dimension, found in enumerate((loops, loops, voids)):
        these = np.minimum(found["dgms"][dimension].reshape(-1, 2), reach[dimension])
        longest = np.argsort(these[:, 0] - these[:, 1], kind="stable")
        bars.append(these[longest])
        order = longest if dimension == 1 else order
    cocycles = [np.asarray(loops["cocycles"][1][number]) for number in order]
    return Barcode(tuple(bars), reach, distance, cocycles, prime)


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


def circular_coordinates(found: Barcode, count: int = 2) -> np.ndarray:
    """Read from each of the longest loops an angle for every point.

    Parameters
    ----------
    found : Barcode
        The barcode of a cloud.
    count : int
        Loops to read.

    Returns
    -------
    numpy.ndarray, [point, loop]
        Angles, rad, in [0, 2π).

    Raises
    ------
    ValueError
        If there are not so many loops.

    Notes
    -----
    Source: de Silva, Morozov and Vejdemo-Johansson 2011: the cocycle's numbers, read as integers around zero, are
    smoothed by least squares over the edges that are there shortly before the loop is filled.

    Examples
    --------
    >>> angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    >>> read = circular_coordinates(barcode(np.stack([np.cos(angle), np.sin(angle)], axis=1)), 1)[:, 0]
    >>> turned = np.exp(1j * read) / np.exp(1j * angle), np.exp(1j * read) * np.exp(1j * angle)
    >>> bool(max(abs(each.mean()) for each in turned) > 0.999)
    True
    """
    if check_count(count, "count") > len(found.cocycles):
        raise ValueError(f"count: expected no more than the {len(found.cocycles)} loops found, got {count}")
    points = len(found.distance)
    angles = np.empty((points, count))
    for loop in range(count):
        birth, death = found.bars[1][loop]
        start, end, number = found.cocycles[loop].T.astype(int)
        around_zero = np.where(number > found.prime // 2, number - found.prime, number)
        cochain = np.zeros((points, points))
        cochain[start, end], cochain[end, start] = around_zero, -around_zero
        first, second = np.nonzero(np.triu(found.distance <= birth + _LIVED * (death - birth), 1))
        edge = np.arange(len(first))
        change = sparse.coo_array(
            (np.repeat([1.0, -1.0], len(edge)), (np.tile(edge, 2), np.concatenate([second, first]))),
            shape=(len(edge), points),
        )
        angles[:, loop] = 2 * np.pi * lsqr(change.tocsr(), cochain[first, second])[0]
    return angles % (2 * np.pi)


def _checked(values: Any, name: str = "activity", shape: tuple[str, str] = ("sample", "unit")) -> np.ndarray:
    array = as_numpy(values, name)
    if array.ndim != 2 or len(array) < 4:
        raise ValueError(f"{name}: expected shape [{', '.join(shape)}] of at least 4 {shape[0]}s, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, got {int((~np.isfinite(array)).sum())} that are not")
    return array.astype(float)


def _lengths(cloud: np.ndarray, options: dict[str, Any]) -> list[np.ndarray]:
    """Lengths of a cloud's bars by dimension: what a shuffle leaves."""
    found = barcode(cloud, **options)
    return [found.lengths(dimension) for dimension in range(len(found.bars))]
