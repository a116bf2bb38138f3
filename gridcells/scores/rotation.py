"""Turning autocorrelograms, and correlating rings of them with their turned selves.

Rotating a picture by a fixed angle is a fixed linear map: a cubic spline's coefficients are a matrix times the picture,
and each turned pixel is a weighted sum of the 16 coefficients around where it came from. So all maps of a chunk are
turned by one sparse product an angle, and all rings correlated by summing each annulus between two radii once. An
autocorrelogram is symmetric about its centre, hence half of its pixels say it all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage, sparse, special

from gridcells.scores.autocorrelogram import product

__all__ = ["Correlations", "Turns", "spline_prefilter", "spline_rows", "spline_weights", "turns_of"]

RATIO_DIGITS = 12  # of a bin's sides, so that a map, its quarter turn and other units of length have the same rings
ROUNDING = 1e-9  # bins by which a turned shift may miss the edge that it comes from
FLOOR = 1e-5  # added to a ring's variance (published), so that an empty ring does not correlate with itself

Correlations = Mapping[float, np.ndarray]  # by angle in degrees, each [ring, unit]


@dataclass(frozen=True, eq=False)
class Turns:
    """What correlating an autocorrelogram with its rotated self takes, for one shape of map and one set of rings."""

    prefilter_x: np.ndarray  # [lag_x, lag_x]: samples to cubic spline coefficients along x
    prefilter_y: np.ndarray  # [lag_y, lag_y]: the same along y
    pixels: np.ndarray  # [pixel]: the shifts of the upper half plane that lie in a ring, flat within that half
    annuli: sparse.csr_array  # [annulus, pixel]: the disjoint annuli between neighbouring radii
    rings: np.ndarray  # [ring, annulus]: weights that average a ring, given sums over annuli
    rotations: dict[float, sparse.csr_array]  # by angle, [pixel, coefficient of the upper half plane]

    def correlations(self, autocorrelogram: np.ndarray, angles: Collection[float] | None = None) -> Correlations:
        """Return the correlation of each ring with itself turned, by angle (all by default), each [ring, unit].

        The mean is that of the ring before the turn, and so is the variance, as in the published code.
        """
        ring = self.ring(autocorrelogram)
        mean = self._mean(ring)  # [ring, unit]
        variance = self._mean(ring**2) - mean**2 + FLOOR
        result = {}
        for angle, turned in self.turned(autocorrelogram, angles):
            result[angle] = (self._mean(ring * turned) - mean * self._mean(turned)) / variance
        return result

    def ring(self, autocorrelogram: np.ndarray) -> np.ndarray:
        """Return the shifts that lie in a ring, [pixel, unit]."""
        units, lags_x, _ = autocorrelogram.shape
        return autocorrelogram[:, lags_x // 2 :].reshape(units, -1).T[self.pixels]

    def turned(
        self, autocorrelogram: np.ndarray, angles: Collection[float] | None = None
    ) -> Iterator[tuple[float, np.ndarray]]:
        """Yield each angle (all by default) and the same shifts of the autocorrelogram turned by it, [pixel, unit]."""
        units, lags_x, _ = autocorrelogram.shape
        coefficients = product(product(self.prefilter_x[lags_x // 2 :], autocorrelogram), self.prefilter_y.T)
        coefficients = np.ascontiguousarray(coefficients.reshape(units, -1).T)  # [coefficient, unit], where lag_x >= 0
        for angle, rotation in self.rotations.items():
            if angles is None or angle in angles:
                yield angle, rotation @ coefficients

    def _mean(self, pixels: np.ndarray) -> np.ndarray:
        """Average values [pixel, unit] over each ring, [ring, unit]."""
        return product(self.rings, self.annuli @ pixels)


@lru_cache(maxsize=16)
def turns_of(
    bins: tuple[int, int], aspect: float, rings: tuple[tuple[float, float], ...], angles: tuple[float, ...]
) -> Turns:
    """Build the matrices for maps of so many bins, each ``aspect`` times as long along y as along x.

    Rings are shares of the shorter side, angles degrees.
    """
    bins_x, bins_y = bins
    along_x, along_y = np.meshgrid(np.arange(bins_x), np.arange(1 - bins_y, bins_y), indexing="ij")
    ratio = round(max(aspect, 1 / aspect), RATIO_DIGITS)
    side_x, side_y = (1.0, ratio) if aspect >= 1 else (ratio, 1.0)
    length = np.sqrt((side_x * along_x) ** 2 + (side_y * along_y) ** 2)
    upper = (along_x > 0) | (along_y > 0)
    radii = np.unique(rings)  # ascending
    side = min(side_x * bins_x, side_y * bins_y)
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
        rotations={angle: _rotation(bins, aspect, angle, *shifts) for angle in angles},
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
    weight *= ((position >= -ROUNDING) & (position <= size - 1 + ROUNDING))[:, None]
    index = np.abs(first[:, None].astype(np.int64) + np.arange(-1, 3))
    return np.clip(size - 1 - np.abs(size - 1 - index), 0, size - 1), weight


def spline_rows(position: np.ndarray, size: int) -> np.ndarray:
    """Return the rows [..., size] that turn cubic spline coefficients into values at the positions [...]."""
    index, weight = spline_weights(position.ravel(), size)
    rows = np.zeros((position.size, size))
    np.add.at(rows, (np.arange(len(rows))[:, None], index), weight)
    return rows.reshape(*position.shape, size)
