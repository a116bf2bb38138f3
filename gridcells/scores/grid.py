"""The grid score: does an autocorrelogram look like itself when turned by 60 degrees, and not when turned by 30?

A ring around the centre of the autocorrelogram is correlated with its rotated copies; the score is how much better the
copies at the symmetry's angles fit than those between them, for the ring where that difference is largest.

Rotating a picture by a fixed angle is a fixed linear map: a cubic spline's coefficients are a matrix times the picture,
and each turned pixel is a weighted sum of the 16 coefficients around where it came from. So all maps of a chunk are
turned by one sparse product an angle, and all rings correlated by summing each annulus between two radii once. An
autocorrelogram is symmetric about its centre, hence half of its pixels say it all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import ndimage, sparse, special

from gridcells.checks import check_choice
from gridcells.scores.autocorrelogram import (
    check_bin_size,
    check_rate_maps,
    for_each_chunk,
    half_plane,
    product,
    whole_plane,
    without_nan,
)

__all__ = ["PUBLISHED_RINGS", "GridScores", "grid_scores"]

PUBLISHED_RINGS = tuple((0.2, float(outer)) for outer in np.linspace(0.4, 1.0, 10))
ANGLES = (30, 45, 60, 90, 120, 135, 150)  # degrees
FLOOR = 1e-5  # added to a ring's variance (published), so that an empty ring does not correlate with itself
TIE = 1e-12  # rings this close to the best score are as good: the first of them wins, whatever the rounding
SMALLEST = 4  # bins

Correlations = Mapping[int, np.ndarray]  # by angle in degrees, each [ring, unit]
FORMS_60: dict[str, Callable[[Correlations], np.ndarray]] = {
    "mean": lambda at: (at[60] + at[120]) / 2 - (at[30] + at[90] + at[150]) / 3,
    "min_max": lambda at: np.minimum(at[60], at[120]) - np.maximum(np.maximum(at[30], at[90]), at[150]),
}


@dataclass(frozen=True, eq=False)
class GridScores:
    """Grid scores of a population, and where they came from.

    Attributes
    ----------
    score_60, score_90 : numpy.ndarray, [unit]
        Best score over the rings for hexagonal (60 degrees) and square (90 degrees) symmetry; NaN for a flat map.
    ring_60, ring_90 : numpy.ndarray, [unit, 2]
        Inner and outer radius of the ring that scored best, as shares of the number of bins; NaN for a flat map.
    autocorrelogram : numpy.ndarray or None, [unit, 2 * bin - 1, 2 * bin - 1]
        Spatial autocorrelograms, unless they were not to be kept.
    """

    score_60: np.ndarray
    score_90: np.ndarray
    ring_60: np.ndarray
    ring_90: np.ndarray
    autocorrelogram: np.ndarray | None


def grid_scores(
    rate_maps: Any,
    *,
    rings: Sequence[tuple[float, float]] = PUBLISHED_RINGS,
    form: str = "mean",
    unvisited: str = "exclude",
    bin_size: float | tuple[float, float] | None = None,
    keep_autocorrelogram: bool = True,
) -> GridScores:
    r"""Return the 60 and 90 degree grid scores of each map.

    With c(a) the correlation of a ring of the autocorrelogram with the same ring of the autocorrelogram turned by a,

    .. math:: s_{60} = \tfrac12 [c(60) + c(120)] - \tfrac13 [c(30) + c(90) + c(150)] \quad\text{(mean)}
    .. math:: s_{60} = \min[c(60), c(120)] - \max[c(30), c(90), c(150)] \quad\text{(min\_max)}
    .. math:: s_{90} = c(90) - \tfrac12 [c(45) + c(135)] \quad\text{(both forms)}

    and the score is the largest over the rings.

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin, bin]
        Rate maps of at least 4 bins a side; NaN marks an unvisited bin. For one map, pass ``rate_map[None]``. Maps
        that are not square need ``bin_size``.
    rings : sequence of (float, float)
        Inner and outer radius of each ring, as shares of the arena's shorter side (of a square map: of the number of
        bins); a shift belongs to a ring if its length lies above the inner and not above the outer radius. By default
        the ten of the published code: 0.2 to 0.4 ... 1.0.
    form : {"mean", "min_max"}
        How the correlations make the 60 degree score.
    unvisited : {"exclude", "zero"}
        How unvisited bins enter the autocorrelogram, see `spatial_autocorrelogram`. "exclude" gives a flat map the
        score NaN; "zero" is the published code's way and gives it 0. A shift without a correlation counts as 0 here.
    bin_size : float or (float, float), optional
        Side of a bin, or its sides along x and along y, m: turns and radii are then those of the arena, be its bins
        square or not. Only the ratio matters. By default bins are square.
    keep_autocorrelogram : bool
        Whether the result holds the autocorrelograms, four times the memory of the maps.

    Returns
    -------
    GridScores
        Scores, winning rings and autocorrelograms, arrays over units.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If the maps are not square and no bin size is given, are smaller than 4 bins or infinite somewhere, the bin size
        is not above 0, or a ring is inverted, outside [0, 1] or holds no shift.

    Notes
    -----
    Source: Banino et al. 2018, methods (min_max) and released code (mean, rings, cubic spline rotation, variance
    floor 1e-5). Maps are worked on in chunks, so that memory stays bounded for any number of them.

    Examples
    --------
    A hexagonal lattice has the symmetry of 60 degrees, and a square one that of 90.

    >>> x, y = np.meshgrid(np.linspace(-3, 3, 20), np.linspace(-3, 3, 20), indexing="ij")
    >>> hexagons = sum(np.cos(2 * np.pi * (x * np.cos(a) + y * np.sin(a))) for a in np.pi / 3 * np.arange(3))
    >>> squares = np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)
    >>> scores = grid_scores(np.stack([hexagons, squares]))
    >>> scores.score_60 > 0.8
    array([ True, False])
    >>> scores.score_90 > 0.8
    array([False,  True])
    """
    maps = check_rate_maps(rate_maps)
    units, bins_x, bins_y = maps.shape
    if min(bins_x, bins_y) < SMALLEST or (bins_x != bins_y and bin_size is None):
        raise ValueError(
            f"rate_maps: expected square maps of at least {SMALLEST} bins a side (for others, say bin_size),"
            f" got {bins_x} x {bins_y} bins"
        )
    size_x, size_y = check_bin_size(1.0 if bin_size is None else bin_size)
    check_choice(form, "form", tuple(FORMS_60))
    check_choice(unvisited, "unvisited", ("exclude", "zero"))
    radii = _check_rings(rings)
    turns = turns_of((bins_x, bins_y), float(size_y / size_x), tuple(map(tuple, radii.tolist())))

    score_60, score_90, ring_60, ring_90 = np.empty(units), np.empty(units), np.empty((units, 2)), np.empty((units, 2))
    kept = np.empty((units, 2 * bins_x - 1, 2 * bins_y - 1)) if keep_autocorrelogram else None

    def work(chunk: slice) -> None:
        autocorrelogram = whole_plane(half_plane(maps[chunk], unvisited))
        if kept is not None:
            kept[chunk] = autocorrelogram
        flat = np.isnan(autocorrelogram[:, bins_x - 1, bins_y - 1])
        correlations = turns.correlations(without_nan(autocorrelogram))
        square = correlations[90] - (correlations[45] + correlations[135]) / 2
        score_60[chunk], ring_60[chunk] = _best(FORMS_60[form](correlations), radii, flat)
        score_90[chunk], ring_90[chunk] = _best(square, radii, flat)

    for_each_chunk(work, maps)
    return GridScores(score_60, score_90, ring_60, ring_90, kept)


def _best(scores: np.ndarray, radii: np.ndarray, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the best of scores [ring, unit] and its ring, NaN for flat maps: [unit] and [unit, 2]."""
    best = scores.max(axis=0)
    ring = radii[np.argmax(scores >= best - TIE, axis=0)]
    return np.where(flat, np.nan, best), np.where(flat[:, None], np.nan, ring)


def _check_rings(rings: Sequence[tuple[float, float]]) -> np.ndarray:
    """Return the rings as an array [ring, 2], or raise unless each is 0 <= inner < outer <= 1."""
    radii = np.asarray(rings, dtype=np.float64)
    if radii.ndim != 2 or radii.shape[1] != 2 or not len(radii):
        raise ValueError(f"rings: expected pairs (inner, outer) as shares of the bin count, got shape {radii.shape}")
    wrong = ~((radii[:, 0] >= 0) & (radii[:, 0] < radii[:, 1]) & (radii[:, 1] <= 1))
    if wrong.any():
        raise ValueError(f"rings: expected 0 <= inner < outer <= 1, got {tuple(radii[wrong][0].tolist())}")
    return radii


@dataclass(frozen=True, eq=False)
class Turns:
    """What correlating an autocorrelogram with its rotated self takes, for one shape of map and one set of rings."""

    prefilter_x: np.ndarray  # [lag_x, lag_x]: samples to cubic spline coefficients along x
    prefilter_y: np.ndarray  # [lag_y, lag_y]: the same along y
    pixels: np.ndarray  # [pixel]: the shifts of the upper half plane that lie in a ring, flat within that half
    annuli: sparse.csr_array  # [annulus, pixel]: the disjoint annuli between neighbouring radii
    rings: np.ndarray  # [ring, annulus]: weights that average a ring, given sums over annuli
    rotations: dict[int, sparse.csr_array]  # by angle, [pixel, coefficient of the upper half plane]

    def correlations(self, autocorrelogram: np.ndarray) -> Correlations:
        """Return the correlation of each ring with itself turned, by angle, each [ring, unit].

        The mean is that of the ring before the turn, and so is the variance, as in the published code.
        """
        ring = self.ring(autocorrelogram)
        mean = self._mean(ring)  # [ring, unit]
        variance = self._mean(ring**2) - mean**2 + FLOOR
        result = {}
        for angle, turned in self.turned(autocorrelogram):
            result[angle] = (self._mean(ring * turned) - mean * self._mean(turned)) / variance
        return result

    def ring(self, autocorrelogram: np.ndarray) -> np.ndarray:
        """Return the shifts that lie in a ring, [pixel, unit]."""
        units, lags_x, _ = autocorrelogram.shape
        return autocorrelogram[:, lags_x // 2 :].reshape(units, -1).T[self.pixels]

    def turned(self, autocorrelogram: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Yield each angle and the same shifts of the autocorrelogram turned by it, [pixel, unit]."""
        units, lags_x, _ = autocorrelogram.shape
        coefficients = product(product(self.prefilter_x[lags_x // 2 :], autocorrelogram), self.prefilter_y.T)
        coefficients = np.ascontiguousarray(coefficients.reshape(units, -1).T)  # [coefficient, unit], where lag_x >= 0
        for angle, rotation in self.rotations.items():
            yield angle, rotation @ coefficients

    def _mean(self, pixels: np.ndarray) -> np.ndarray:
        """Average values [pixel, unit] over each ring, [ring, unit]."""
        return product(self.rings, self.annuli @ pixels)


@lru_cache(maxsize=16)
def turns_of(bins: tuple[int, int], aspect: float, rings: tuple[tuple[float, float], ...]) -> Turns:
    """Build the matrices for maps of so many bins, each ``aspect`` times as long along y as along x."""
    bins_x, bins_y = bins
    along_x, along_y = np.meshgrid(np.arange(bins_x), np.arange(1 - bins_y, bins_y), indexing="ij")
    length = np.sqrt(along_x**2 + (aspect * along_y) ** 2)
    upper = (along_x > 0) | (along_y > 0)
    radii = np.unique(rings)  # ascending
    side = min(bins_x, aspect * bins_y)
    annulus = np.searchsorted(radii * side, length)  # annulus k lies above radii[k - 1] and not above radii[k]
    pixels = np.flatnonzero(upper & (annulus > 0) & (annulus < len(radii)))
    members = annulus.ravel()[pixels] == np.arange(1, len(radii))[:, None]  # [annulus, pixel]
    inner, outer = np.array(rings).T[:, :, None]
    covers = (radii[1:] > inner) & (radii[1:] <= outer)  # [ring, annulus]
    sizes = covers @ members.sum(axis=1)  # [ring]
    if not sizes.all():
        raise ValueError(f"rings: the ring {rings[int(sizes.argmin())]} holds no shift at {bins_x} x {bins_y} bins")
    shifts = along_x.ravel()[pixels], along_y.ravel()[pixels]
    return Turns(
        prefilter_x=spline_prefilter(2 * bins_x - 1),
        prefilter_y=spline_prefilter(2 * bins_y - 1),
        pixels=pixels,
        annuli=sparse.csr_array(members.astype(np.float64)),
        rings=covers / sizes[:, None],
        rotations={angle: _rotation(bins, aspect, angle, *shifts) for angle in ANGLES},
    )


def spline_prefilter(size: int) -> np.ndarray:
    """Return the matrix [size, size] from samples to the coefficients of the cubic spline through them."""
    return ndimage.spline_filter1d(np.eye(size), order=3, axis=0, mode="mirror")


def _rotation(
    bins: tuple[int, int], aspect: float, angle: float, along_x: np.ndarray, along_y: np.ndarray
) -> sparse.csr_array:
    """Return the matrix from spline coefficients to the picture turned by ``angle`` degrees, at the given shifts.

    Where a shift came from outside the picture its row is empty: the turned picture is 0 there.
    """
    bins_x, bins_y = bins
    lags_x, lags_y = 2 * bins_x - 1, 2 * bins_y - 1
    cosine, sine = special.cosdg(angle), special.sindg(angle)
    index_x, weight_x = spline_weights(bins_x - 1 + cosine * along_x + sine * aspect * along_y, lags_x)  # [pixel, 4]
    index_y, weight_y = spline_weights(bins_y - 1 - sine / aspect * along_x + cosine * along_y, lags_y)
    column = index_x[:, :, None] * lags_y + index_y[:, None, :]  # [pixel, 4, 4]
    column = np.abs(column - lags_x * lags_y // 2) + lags_y // 2  # the lower half plane mirrors the upper, from mid-row
    weight = weight_x[:, :, None] * weight_y[:, None, :]
    row = np.broadcast_to(np.arange(len(along_x))[:, None, None], weight.shape)
    matrix = sparse.coo_array((weight.ravel(), (row.ravel(), column.ravel())), shape=(len(along_x), bins_x * lags_y))
    matrix = matrix.tocsr()
    matrix.eliminate_zeros()
    return matrix


def spline_weights(position: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the four coefficients around each position and the cubic B-spline's weights there, both [pixel, 4].

    Coefficients beyond an end are those mirrored at it; positions beyond an end weigh nothing.
    """
    first = np.floor(position)
    t = position - first
    weight = np.stack([(1 - t) ** 3, 4 - 6 * t**2 + 3 * t**3, 1 + 3 * t + 3 * t**2 - 3 * t**3, t**3], axis=1) / 6
    weight *= ((position >= 0) & (position <= size - 1))[:, None]
    index = np.abs(first[:, None].astype(np.int64) + np.arange(-1, 3))
    return np.clip(size - 1 - np.abs(size - 1 - index), 0, size - 1), weight


def spline_rows(position: np.ndarray, size: int) -> np.ndarray:
    """Return the rows [..., size] that turn cubic spline coefficients into values at the positions [...]."""
    index, weight = spline_weights(position.ravel(), size)
    rows = np.zeros((position.size, size))
    np.add.at(rows, (np.arange(len(rows))[:, None], index), weight)
    return rows.reshape(*position.shape, size)
