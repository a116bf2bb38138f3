"""The grid score of the recordings: Pearson correlations over annuli that grow from the rim of the central peak.

The central peak of an autocorrelogram resembles itself at every turn, whatever the map; so it is cut out, unit by unit.
All annuli of a unit come from one pass: its shifts are summed over rings one bin wide, and an annulus is the difference
of two cumulative sums.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from gridcells.scores.autocorrelogram import (
    check_rate_maps,
    for_each_chunk,
    half_plane,
    product,
    whole_plane,
    without_nan,
)
from gridcells.scores.geometry import ellipse_through, three_peaks
from gridcells.scores.grid import ANGLES, check_sides
from gridcells.scores.rotation import Turns, spline_prefilter, spline_weights, turns_of

__all__ = ["AnnulusScores", "annulus_grid_scores"]

NARROWEST = 0.1  # least width of an annulus, as a share of the arena's shorter side
OUTERMOST = 0.9  # largest outer radius, likewise
SMOOTHING = 3  # neighbouring outer radii over which a score is averaged
ROUNDING = 1e-9
ROUND = 3.0  # ellipses longer than this are no stretched grids


@dataclass(frozen=True, eq=False)
class AnnulusScores:
    """Grid scores over annuli without the central peak; NaN for a flat map and for one whose central peak has no rim.

    Attributes
    ----------
    score_60, score_90 : numpy.ndarray, [unit]
        Best score over the outer radii for hexagonal and for square symmetry.
    inner : numpy.ndarray, [unit]
        Radius of the central peak, as a share of the arena's shorter side.
    outer_60, outer_90 : numpy.ndarray, [unit]
        Outer radius of the annulus that scored best, likewise.
    """

    score_60: np.ndarray
    score_90: np.ndarray
    inner: np.ndarray
    outer_60: np.ndarray
    outer_90: np.ndarray


def annulus_grid_scores(
    rate_maps: ArrayLike, *, bin_size: float | tuple[float, float] | None = None, ellipse_corrected: bool = False
) -> AnnulusScores:
    r"""Return the 60 and 90 degree grid scores of each map as recordings are scored.

    With c(a) the Pearson correlation of an annulus of the autocorrelogram with the same annulus turned by a,

    .. math:: s_{60} = \min[c(60), c(120)] - \max[c(30), c(90), c(150)]
    .. math:: s_{90} = c(90) - \max[c(45), c(135)]

    The annulus begins at the rim of the central peak: where the mean correlation at a distance has its first minimum
    or first falls below 0, whichever comes first. It ends at any distance from a tenth of the arena's side further out
    to 0.9 of that side; scores are averaged over three neighbouring outer radii, and the best counts.

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps of at least 4 bins a side; NaN marks an unvisited bin. Maps that are not square need ``bin_size``.
    bin_size : float or (float, float), optional
        Side of a bin, or its sides along x and along y, m; only the ratio matters. By default bins are square.
    ellipse_corrected : bool
        Before scoring, shrink each autocorrelogram along the long axis of the ellipse through its six nearest peaks,
        until they lie on a circle. Maps without six peaks, and ellipses longer than 3 to 1, stay as they are.

    Returns
    -------
    AnnulusScores
        Scores and radii, arrays over units.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If the maps are not square and no bin size is given, are smaller than 4 bins or infinite somewhere, or the bin
        size is not above 0.

    Notes
    -----
    Source: Sargolini et al. 2006, supporting text (correlations, central peak cut out); Langston et al. 2010,
    supporting text (rim, growing annuli, averaging over neighbouring radii); Brandon et al. 2011 and Stensola et al.
    2012 (ellipse). The papers count radii in bins of a few cm; here they are shares of the side, so that bins may have
    any size. The ellipse through the six nearest peaks of a SQUARE lattice is 1.4 to 1, and shrinking it makes
    hexagons of squares: where squares are to be told from hexagons, do not correct.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.scores.lattices import lattice_maps
    >>> maps = lattice_maps(Rectangle(2.2, 2.2), 0.6, orientation=[0.0, 0.4], bins=40)
    >>> annulus_grid_scores(maps).score_60 > 1
    array([ True,  True])
    """
    maps = check_rate_maps(rate_maps)
    units, bins_x, bins_y = maps.shape
    size = check_sides(maps, bin_size)
    side = min(bins_x * size[0], bins_y * size[1])
    radii = np.linspace(0, 1, round(side / size.max()) + 1)  # one bin apart, where bins are longest
    radii[1:-1] += ROUNDING  # a shift as long as a radius lies within it
    turns = turns_of((bins_x, bins_y), float(size[1] / size[0]), tuple(itertools.pairwise(radii.tolist())), ANGLES)
    result = AnnulusScores(*(np.full(units, np.nan) for _ in range(5)))

    def work(chunk: slice) -> None:
        autocorrelogram = whole_plane(half_plane(maps[chunk], "exclude"))
        flat = np.isnan(autocorrelogram[:, bins_x - 1, bins_y - 1])
        autocorrelogram = _rounded(autocorrelogram, size) if ellipse_corrected else without_nan(autocorrelogram)
        inner, at = _growing(turns, autocorrelogram)
        inner = np.where(flat, len(radii), inner)
        result.inner[chunk] = np.where(inner < len(radii), radii[np.minimum(inner, len(radii) - 1)], np.nan)
        with np.errstate(invalid="ignore"):  # annuli of no width
            score_60 = np.minimum(at[60], at[120]) - np.maximum(np.maximum(at[30], at[90]), at[150])
            score_90 = at[90] - np.maximum(at[45], at[135])
        result.score_60[chunk], result.outer_60[chunk] = _best(score_60, inner, radii)
        result.score_90[chunk], result.outer_90[chunk] = _best(score_90, inner, radii)

    for_each_chunk(work, maps)
    return result


def _growing(turns: Turns, autocorrelogram: np.ndarray) -> tuple[np.ndarray, dict[float, np.ndarray]]:
    """Return the rim of the central peak [unit], and by angle the correlations [outer radius, unit] from there on.

    Radii are numbered as the borders of the thin rings: number 0 is the centre.
    """

    def within(pixels: np.ndarray) -> np.ndarray:  # sums over all shifts within each radius, [radius, unit]
        sums = turns.annuli @ pixels
        return np.concatenate([np.zeros((1, pixels.shape[1])), np.cumsum(sums, axis=0)])

    ring = turns.ring(autocorrelogram)
    number, first, squares = within(np.ones_like(ring[:, :1])), within(ring), within(ring**2)
    profile = np.diff(first, axis=0) / np.diff(number, axis=0)  # mean correlation in each thin ring, [ring, unit]
    rises = np.append(np.diff(profile, axis=0) > 0, np.zeros((1, profile.shape[1]), dtype=bool), axis=0)
    rim = rises | (profile < 0)
    inner = np.where(rim.any(axis=0), rim.argmax(axis=0), len(number))
    start = np.minimum(inner, len(number) - 1)[None]

    def beyond(sums: np.ndarray) -> np.ndarray:
        return sums - np.take_along_axis(np.broadcast_to(sums, (len(sums), start.size)), start, axis=0)

    count, first_sum, first_squares = beyond(number), beyond(first), beyond(squares)
    result = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = first_squares - first_sum**2 / count
        for angle, turned in turns.turned(autocorrelogram):
            second, second_squares = beyond(within(turned)), beyond(within(turned**2))
            together = beyond(within(ring * turned)) - first_sum * second / count
            result[angle] = together / np.sqrt(spread * (second_squares - second**2 / count))
    return inner, result


def _best(scores: np.ndarray, inner: np.ndarray, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average scores [radius, unit] over neighbours and return the best with its radius, [unit] each."""
    rim = radii[np.minimum(inner, len(radii) - 1)]
    fits = (radii[:, None] >= rim + NARROWEST) & (radii[:, None] <= OUTERMOST) & (inner < len(radii))
    fits &= np.isfinite(scores)
    total, share = (
        ndimage.uniform_filter1d(values, SMOOTHING, axis=0, mode="constant")
        for values in (np.where(fits, scores, 0.0), fits.astype(np.float64))
    )
    mean = np.divide(total, share, out=np.full_like(total, -np.inf), where=fits)
    best = mean.max(axis=0)
    found = np.isfinite(best)
    return np.where(found, best, np.nan), np.where(found, radii[mean.argmax(axis=0)], np.nan)


def _rounded(autocorrelogram: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Shrink each autocorrelogram along its ellipse's long axis to a circle, by cubic splines; 0 beyond its edges."""
    units, lags_x, lags_y = autocorrelogram.shape
    middle_x, middle_y = lags_x // 2, lags_y // 2
    ellipticity, angle = ellipse_through(three_peaks(autocorrelogram, size))
    stretch = np.where(ellipticity <= ROUND, ellipticity, 1.0)  # NaN compares as False
    axis = np.stack([np.cos(np.nan_to_num(angle)), np.sin(np.nan_to_num(angle))], axis=-1)  # [unit, 2]
    matrix = np.eye(2) + (stretch - 1)[:, None, None] * axis[:, :, None] * axis[:, None, :]  # round place to measured
    x, y = size[0] * np.arange(middle_x + 1), size[1] * np.arange(-middle_y, middle_y + 1)  # half the plane says it all
    place = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)  # [pixel, 2] m
    source = place @ matrix.swapaxes(1, 2) / size + np.array([middle_x, middle_y])  # [unit, pixel, 2]
    plane = without_nan(autocorrelogram)
    coefficients = product(product(spline_prefilter(lags_x), plane), spline_prefilter(lags_y).T)
    index_x, weight_x = spline_weights(source[..., 0].ravel(), lags_x)  # [unit and pixel, 4]
    index_y, weight_y = spline_weights(source[..., 1].ravel(), lags_y)
    unit = np.repeat(np.arange(units), len(place))[:, None]
    values = sum(
        (coefficients[unit, index_x[:, i, None], index_y] * weight_y).sum(1) * weight_x[:, i] for i in range(4)
    )
    rounded = whole_plane(np.asarray(values).reshape(units, middle_x + 1, lags_y))
    return np.where((stretch > 1)[:, None, None], rounded, plane)
