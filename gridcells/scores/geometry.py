"""The geometry of a grid: how far apart its fields are, in which directions, how round, and where.

The autocorrelogram of a lattice has its peaks at the lattice's own vectors, the six nearest of them around the centre.
They come in three pairs. A pair's place is read off between the bins: from a paraboloid through the nine shifts around
its highest one, and again from one half as wide, on the cubic spline through the shifts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from gridcells._common.bins import bin_offsets
from gridcells.scores.autocorrelogram import (
    check_bin_size,
    check_rate_maps,
    for_each_chunk,
    half_plane,
    whole_plane,
    without_nan,
)
from gridcells.scores.rotation import spline_prefilter, spline_rows

__all__ = ["GridGeometry", "ellipse_through", "grid_geometry", "lattice_orientation"]

SHARED = 20  # bins that a shift must leave to correlate (Sargolini et al. 2006)
LEAST = 0.0  # correlation of a peak
MARGIN = 4  # shifts around a peak that the spline goes through
SMOOTHING = 32  # the autocorrelogram is smoothed by a Gaussian as wide as the shorter side over this, one bin at least


@dataclass(frozen=True, eq=False)
class GridGeometry:
    """The lattice of each unit's fields; NaN for a unit whose autocorrelogram has no six peaks.

    Attributes
    ----------
    spacing : numpy.ndarray, [unit]
        Mean distance between neighbouring fields, m.
    orientation : numpy.ndarray, [unit]
        Direction from a field to a neighbouring one, anticlockwise from the x axis, in [0, π/3) rad: the circular mean
        over the three axes, which are taken to be 60 degrees apart.
    ellipticity : numpy.ndarray, [unit]
        Long over short axis of the ellipse through the six peaks; 1 for a perfect lattice.
    ellipse_angle : numpy.ndarray, [unit]
        Direction of the long axis, in [0, π) rad.
    phase : numpy.ndarray, [unit, 2]
        Where the field nearest the middle of the map lies, from there, m: within the lattice's unit cell.
    peaks : numpy.ndarray, [unit, 6, 2]
        The six peaks, anticlockwise from the x axis, m from the autocorrelogram's centre.
    """

    spacing: np.ndarray
    orientation: np.ndarray
    ellipticity: np.ndarray
    ellipse_angle: np.ndarray
    phase: np.ndarray
    peaks: np.ndarray


def grid_geometry(rate_maps: ArrayLike, *, bin_size: float | tuple[float, float]) -> GridGeometry:
    """Measure the lattice of each map: spacing, orientation, ellipticity and phase.

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps, square or not; NaN marks an unvisited bin.
    bin_size : float or (float, float)
        Side of a bin, or its sides along x and along y, m.

    Returns
    -------
    GridGeometry
        Arrays over units.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If the shape is not [unit, bin, bin], a value is infinite, or the bin size is not above 0.

    Notes
    -----
    Source: Hafting et al. 2005 and Sargolini et al. 2006 (spacing and orientation from the six nearest peaks); Stensola
    et al. 2015 (ellipse through them). The numbers mean something where the grid score says that there is a grid: noise
    has peaks too. Spacings of less than four bins, or more than half of the map's side, are not seen reliably.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.scores.lattices import lattice_maps
    >>> maps = lattice_maps(Rectangle(2.2, 2.2), [0.5, 0.8], orientation=0.2, phase=(0.1, -0.05))
    >>> grid = grid_geometry(maps, bin_size=2.2 / 20)
    >>> grid.spacing.round(2), grid.orientation.round(2)
    (array([0.5, 0.8]), array([0.2, 0.2]))
    """
    maps = check_rate_maps(rate_maps)
    size = check_bin_size(bin_size)
    half = np.empty((len(maps), 3, 2))  # one peak of each pair, in the upper half plane
    phase = np.empty((len(maps), 2))

    def work(chunk: slice) -> None:
        half[chunk] = _anticlockwise(three_peaks(whole_plane(half_plane(maps[chunk], "exclude")), size))
        phase[chunk] = _phase(maps[chunk], half[chunk], size)

    for_each_chunk(work, maps)
    ellipticity, ellipse_angle = ellipse_through(half)
    return GridGeometry(
        spacing=np.hypot(half[..., 0], half[..., 1]).mean(axis=1),
        orientation=lattice_orientation(half),
        ellipticity=ellipticity,
        ellipse_angle=ellipse_angle,
        phase=phase,
        peaks=np.concatenate([half, -half], axis=1),
    )


def lattice_orientation(half: np.ndarray) -> np.ndarray:
    """Return the direction [unit] of a lattice's axes, [0, π/3) rad, from one peak of each pair [unit, 3, 2]."""
    angle = np.arctan2(half[..., 1], half[..., 0])
    return np.angle(np.exp(6j * angle).mean(axis=1)) % (2 * np.pi) / 6 % (np.pi / 3)


def _anticlockwise(pairs: np.ndarray) -> np.ndarray:
    """Turn the peaks [unit, pair, 2] that lie below the x axis about the centre, and order them by their direction."""
    below = (pairs[..., 1] < 0) | ((pairs[..., 1] == 0) & (pairs[..., 0] < 0))
    half = np.where(below[..., None], -pairs, pairs)
    order = np.argsort(np.arctan2(half[..., 1], half[..., 0]), axis=1)
    return np.take_along_axis(half, order[..., None], axis=1)


def three_peaks(autocorrelogram: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Find the three pairs of peaks nearest the centre, [unit, pair, 2] m, NaN where there are fewer."""
    units, *lags = autocorrelogram.shape
    bins = [(number + 1) // 2 for number in lags]
    along = [np.arange(1 - number, number) for number in bins]
    kept = (bins[0] - np.abs(along[0]))[:, None] * (bins[1] - np.abs(along[1])) >= SHARED
    smooth = _smooth(autocorrelogram, kept)

    inner = smooth[:, 1:-1, 1:-1]
    peak = inner > LEAST
    for x in (0, 1, 2):
        for y in (0, 1, 2):
            if (x, y) != (1, 1):  # a plateau's first bin in reading order stands for it
                other = smooth[:, x : x + lags[0] - 2, y : y + lags[1] - 2]
                peak &= inner >= other if (x, y) > (1, 1) else inner > other
    distance = np.hypot((along[0] * size[0])[1:-1, None], (along[1] * size[1])[1:-1])  # [shift, shift]
    upper = (along[0][1:-1, None] > 0) | ((along[0][1:-1, None] == 0) & (along[1][1:-1] > 0))
    nearest = np.argsort(np.where(upper & kept[1:-1, 1:-1], distance, np.inf), axis=None, kind="stable")
    nearest = nearest[: np.count_nonzero(upper & kept[1:-1, 1:-1])]  # shifts of the upper half plane, near ones first
    if not len(nearest):  # maps of so few bins that no shift leaves enough of them
        return np.full((units, 3, 2), np.nan)
    rank = np.cumsum(peak.reshape(units, -1)[:, nearest], axis=1)  # [unit, shift]
    place = np.stack([(rank >= number).argmax(axis=1) for number in (1, 2, 3)], axis=1)  # [unit, pair]
    x, y = np.unravel_index(nearest[place], inner.shape[1:])
    offset = _between_bins(without_nan(autocorrelogram), x + 1, y + 1)  # [unit, pair, 2] bins
    peaks = (np.stack([along[0][x + 1], along[1][y + 1]], axis=-1) + offset) * size
    return np.where((rank[:, -1] >= 3)[:, None, None], peaks, np.nan)


def _smooth(autocorrelogram: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Smooth over the shifts that have a correlation, and set the others below any peak."""
    defined = ~np.isnan(autocorrelogram) & kept
    width = max(1.0, (min(kept.shape) + 1) / 2 / SMOOTHING)
    sigma = (0.0, width, width)
    total = ndimage.gaussian_filter(np.where(defined, without_nan(autocorrelogram), 0.0), sigma, mode="constant")
    weight = ndimage.gaussian_filter(defined.astype(np.float64), sigma, mode="constant")
    return np.divide(total, weight, out=np.full_like(total, -1.0), where=defined)


def _between_bins(autocorrelogram: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return how far from the shifts (x, y), each [unit, pair], the autocorrelogram peaks, [unit, pair, 2] bins."""
    side = np.arange(2 * MARGIN + 1)
    padded = np.pad(autocorrelogram, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)))
    unit = np.arange(len(padded))[:, None, None, None]
    window = padded[unit, (x[..., None] + side)[..., None], (y[..., None] + side)[..., None, :]]  # [unit, pair, 9, 9]
    near = slice(MARGIN - 1, MARGIN + 2)
    first = _summit(window[..., near, near])
    prefilter = spline_prefilter(len(side))
    coefficients = prefilter @ window @ prefilter.T
    steps = np.array([-0.5, 0.0, 0.5])
    at_x, at_y = (spline_rows(MARGIN + first[..., axis, None] + steps, len(side)) for axis in (0, 1))
    return first + _summit(at_x @ coefficients @ at_y.swapaxes(-1, -2)) / 2


def _summit(window: np.ndarray) -> np.ndarray:
    """Return how far from the middle of nine values [..., 3, 3] the best paraboloid through them peaks, [..., 2]."""
    step = np.arange(-1.0, 2.0)
    slope_x, slope_y = (window * step[:, None]).sum((-2, -1)) / 6, (window * step).sum((-2, -1)) / 6
    bend_x = (window * (3 * step[:, None] ** 2 - 2)).sum((-2, -1)) / 3
    bend_y = (window * (3 * step**2 - 2)).sum((-2, -1)) / 3
    twist = (window * step[:, None] * step).sum((-2, -1)) / 4
    determinant = bend_x * bend_y - twist**2
    with np.errstate(divide="ignore", invalid="ignore"):
        offset = np.stack([twist * slope_y - bend_y * slope_x, twist * slope_x - bend_x * slope_y], axis=-1)
        offset = offset / determinant[..., None]
    return np.clip(np.where((determinant > 0)[..., None] & (bend_x < 0)[..., None], offset, 0.0), -1.0, 1.0)


def ellipse_through(half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit a x² + 2 b x y + c y² = 1 through three points [unit, 3, 2]: long over short axis, the long one's angle."""
    x, y = half[..., 0], half[..., 1]
    scale = np.mean(x**2 + y**2, axis=1, keepdims=True)
    rows = np.stack([x**2, 2 * x * y, y**2], axis=-1) / scale[..., None]
    solvable = np.abs(np.linalg.det(np.where(np.isnan(rows), 0.0, rows))) > 1e-9
    rows = np.where(solvable[:, None, None], rows, np.eye(3))
    a, b, c = np.linalg.solve(rows, np.ones((len(rows), 3, 1)))[..., 0].T
    low, high = (np.linalg.eigvalsh(np.stack([np.stack([a, b], -1), np.stack([b, c], -1)], -2))).T
    fits = solvable & (low > 0)
    ratio = np.sqrt(np.divide(high, low, out=np.full_like(low, np.nan), where=fits))
    return ratio, np.where(fits, (np.arctan2(2 * b, a - c) / 2 + np.pi / 2) % np.pi, np.nan)


def _phase(maps: np.ndarray, half: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Find where the fields lie, [unit, 2] m from the middle: from the phases of the lattice's three plane waves."""
    units, bins_x, bins_y = maps.shape
    lattice = half[:, :2]  # [unit, vector, 2], about 60 degrees apart
    usable = np.abs(np.linalg.det(np.where(np.isnan(lattice), 0.0, lattice))) > 1e-12
    lattice = np.where(usable[:, None, None], lattice, np.eye(2))
    waves = np.linalg.inv(lattice).transpose(0, 2, 1)  # cycles/m; row j turns once along vector j
    waves = np.concatenate([waves, waves.sum(axis=1, keepdims=True)], axis=1)  # and their sum, the third wave
    x, y = (bin_offsets(number, side) for number, side in zip((bins_x, bins_y), size, strict=True))
    window = np.outer(np.hanning(bins_x + 2)[1:-1], np.hanning(bins_y + 2)[1:-1]) * ~np.isnan(maps)
    rates = without_nan(maps)
    mean = (rates * window).sum((1, 2)) / np.maximum(window.sum((1, 2)), 1e-300)
    along_x = np.exp(2j * np.pi * waves[..., :1] * x)  # [unit, wave, bin_x]
    along_y = np.exp(2j * np.pi * waves[..., 1:] * y)
    weighted = (rates - mean[:, None, None]) * window
    turn = np.angle(np.sum(along_x @ weighted * along_y, axis=-1)) / (2 * np.pi)  # [unit, wave], cycles
    amiss = turn[:, 2] - turn[:, 0] - turn[:, 1]
    shift = turn[:, :2] + ((amiss + 0.5) % 1 - 0.5)[:, None] / 3  # the three phases' least-squares compromise
    around = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 2, indexing="ij"), -1).reshape(-1, 2)  # fields near the middle
    places = (shift[:, None] - np.round(shift)[:, None] + around) @ lattice  # [unit, field, 2]
    nearest = np.argmin(np.square(places).sum(-1), axis=1)
    return np.where(usable[:, None], places[np.arange(units), nearest], np.nan)
