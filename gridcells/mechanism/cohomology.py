"""Persistent cohomology of a cloud of points: barcodes, and the circular coordinates that its loops carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import ripser
from gudhi.sklearn.rips_persistence import RipsPersistence
from scipy import sparse
from scipy.sparse.linalg import lsqr

from gridcells._common.checks import as_samples, check_choice, check_count

__all__ = ["PRIME", "Barcode", "barcode", "circular_coordinates"]

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
        For each bar of dimension 1, two points and a number modulo `prime` for each edge; none if not asked for.
    prime : int
        The coefficients' field.

    Notes
    -----
    Source: Gardner et al. 2022 and Sorscher et al. 2023, Fig. 4C (barcodes of population activity), in the form of
    ripser (Bauer 2021).
    """

    bars: tuple[np.ndarray, ...]
    reach: tuple[float, ...]
    distance: np.ndarray
    cocycles: list[np.ndarray]
    prime: int

    def lengths(self, dimension: int) -> np.ndarray:
        """Return the lengths of the bars of a dimension, longest first."""
        return self.bars[dimension][:, 1] - self.bars[dimension][:, 0]


def barcode(points: Any, *, metric: str = "cosine", prime: int = PRIME, cocycles: bool = True) -> Barcode:
    """Compute the persistent cohomology of a cloud of points, up to dimension 2.

    Parameters
    ----------
    points : array_like, [point, component]
        The cloud.
    metric : {"cosine", "euclidean"}
        Distance between points.
    prime : int
        Coefficients modulo this prime.
    cocycles : bool
        Whether the loops' cocycles are wanted too, from which circular coordinates are read; bars alone are faster.

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
    Source: ripser (Bauer 2021), in GUDHI's form but for loops with cocycles: it is faster, and gives none. Components
    and loops are followed until half of all pairs of points are joined, voids until a quarter is, or each point has 150
    neighbours: 1 200 points take seconds instead of hours, and a class that lives on is known to live that long.

    Examples
    --------
    >>> angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    >>> found = barcode(np.stack([np.cos(angle), np.sin(angle)], axis=1))
    >>> [len(found.bars[dimension]) for dimension in range(3)]
    [60, 1, 0]
    """
    cloud = as_samples(points, "points", ("point", "component"))
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
    reach = tuple(np.quantile(between, shares).tolist())
    if cocycles:
        held = ripser.ripser(distance, 1, reach[1], prime, distance_matrix=True, do_cocycles=True)
        loops, numbers = held["dgms"], held["cocycles"][1]
    else:
        loops, numbers = _bars(distance, [0, 1], reach[1], prime), []
    bars, order = [], np.arange(0)
    for dimension, found in enumerate((*loops, *_bars(distance, [2], reach[2], prime))):
        these = np.minimum(found.reshape(-1, 2), reach[dimension])
        longest = np.argsort(these[:, 0] - these[:, 1], kind="stable")
        bars.append(these[longest])
        order = longest if dimension == 1 and cocycles else order
    return Barcode(tuple(bars), reach, distance, [np.asarray(numbers[number]) for number in order], prime)


def _bars(distance: np.ndarray, dimensions: list[int], reach: float, prime: int) -> list[np.ndarray]:
    """Compute the bars of some dimensions, of each [bar, 2]."""
    rips = RipsPersistence(dimensions, reach, "full distance matrix", num_collapses=0, homology_coeff_field=prime)
    (found,) = rips.fit_transform([distance])
    return list(found)


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
        raise ValueError(f"count: expected no more than the {len(found.cocycles)} loops with cocycles, got {count}")
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
