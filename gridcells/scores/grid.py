"""The grid score: does an autocorrelogram look like itself when turned by 60 degrees, and not when turned by 30?

A ring around the centre of the autocorrelogram is correlated with its rotated copies; the score is how much better the
copies at the symmetry's angles fit than those between them, for the ring where that difference is largest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_choice
from gridcells.scores.autocorrelogram import (
    check_bin_size,
    check_rate_maps,
    for_each_chunk,
    half_plane,
    whole_plane,
)
from gridcells.scores.rotation import Correlations, turns_of

__all__ = ["ANGLES", "PUBLISHED_RINGS", "GridScores", "check_sides", "grid_scores", "hexagonal_scores", "turning_curve"]

PUBLISHED_RINGS = tuple((0.2, float(outer)) for outer in np.linspace(0.4, 1.0, 10))
ANGLES = (30, 45, 60, 90, 120, 135, 150)  # degrees
ANGLES_60 = (30, 60, 90, 120, 150)  # of the hexagonal score
ANGLES_90 = (45, 90, 135)  # of the square one
TIE = 1e-12  # rings this close to the best score are as good: the first of them wins, whatever the rounding
SMALLEST = 4  # bins
LIMIT = 1.05  # of a correlation's size: perfect lattices come to 1.01 at 20 bins, since a turned ring is a spline's

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
        Best score over the rings for hexagonal (60 degrees) and square (90 degrees) symmetry; NaN for a flat map,
        or one none of whose rings counts.
    ring_60, ring_90 : numpy.ndarray, [unit, 2]
        Inner and outer radius of the ring that scored best, as shares of the number of bins; NaN likewise.
    autocorrelogram : numpy.ndarray or None, [unit, 2 * bin - 1, 2 * bin - 1]
        Spatial autocorrelograms, unless they were not to be kept.
    """

    score_60: np.ndarray
    score_90: np.ndarray
    ring_60: np.ndarray
    ring_90: np.ndarray
    autocorrelogram: np.ndarray | None


def grid_scores(
    rate_maps: ArrayLike,
    *,
    rings: Sequence[tuple[float, float]] = PUBLISHED_RINGS,
    form: str = "mean",
    unvisited: str = "exclude",
    limit: float = LIMIT,
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
        score NaN; "zero" is the published code's way and gives it 0. A shift without a correlation counts as 0; with
        "exclude", in a map that has unvisited bins, as the mean of the others: in a triangle they surround a hexagon.
    limit : float
        Largest size of the correlations: a ring that has a larger one does not count, since it varies less than what
        turning brings in, shifts beyond the autocorrelogram, which count as 0. Infinity counts every ring, as the
        published code does: a rate that rises evenly across the arena then scores above 2.
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
        is not above 0, or a ring is inverted, outside [0, 1] or holds no shift, or the limit is below 1.

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
    size_x, size_y = check_sides(maps, bin_size)
    check_choice(form, "form", tuple(FORMS_60))
    check_choice(unvisited, "unvisited", ("exclude", "zero"))
    if not limit >= 1:
        raise ValueError(f"limit: expected at least 1, the correlation of a ring with itself, got {limit!r}")
    radii = _check_rings(rings)
    turns = turns_of((bins_x, bins_y), float(size_y / size_x), tuple(map(tuple, radii.tolist())), ANGLES)

    score_60, score_90, ring_60, ring_90 = np.empty(units), np.empty(units), np.empty((units, 2)), np.empty((units, 2))
    kept = np.empty((units, 2 * bins_x - 1, 2 * bins_y - 1)) if keep_autocorrelogram else None

    def work(chunk: slice) -> None:
        autocorrelogram = whole_plane(half_plane(maps[chunk], unvisited))
        if kept is not None:
            kept[chunk] = autocorrelogram
        flat = np.isnan(autocorrelogram[:, bins_x - 1, bins_y - 1])
        correlations = turns.correlations(_without_edges(autocorrelogram, maps[chunk]))
        hexagonal, square = FORMS_60[form](correlations), _square(correlations)
        hexagonal[_beyond(correlations, ANGLES_60, limit)] = -np.inf
        square[_beyond(correlations, ANGLES_90, limit)] = -np.inf
        score_60[chunk], ring_60[chunk] = _best(hexagonal, radii, flat)
        score_90[chunk], ring_90[chunk] = _best(square, radii, flat)

    for_each_chunk(work, maps)
    return GridScores(score_60, score_90, ring_60, ring_90, kept)


def hexagonal_scores(
    rate_maps: ArrayLike, *, form: str = "mean", bin_size: float | tuple[float, float] | None = None
) -> np.ndarray:
    """Return the ``score_60`` of `grid_scores` alone, to the last bit, for the many maps of a null.

    Parameters
    ----------
    rate_maps, form, bin_size
        As for `grid_scores`.

    Returns
    -------
    numpy.ndarray, [unit]
        Scores; NaN for a flat map.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        As for `grid_scores`.

    Examples
    --------
    >>> maps = np.random.default_rng(0).random((3, 20, 20))
    >>> (hexagonal_scores(maps) == grid_scores(maps).score_60).all()
    np.True_
    """
    maps = check_rate_maps(rate_maps)
    size_x, size_y = check_sides(maps, bin_size)
    check_choice(form, "form", tuple(FORMS_60))
    radii = _check_rings(PUBLISHED_RINGS)
    turns = turns_of(maps.shape[1:], float(size_y / size_x), tuple(map(tuple, radii.tolist())), ANGLES)
    scores = np.empty(len(maps))

    def work(chunk: slice) -> None:
        autocorrelogram = whole_plane(half_plane(maps[chunk], "exclude"))
        flat = np.isnan(autocorrelogram[:, maps.shape[1] - 1, maps.shape[2] - 1])
        correlations = turns.correlations(_without_edges(autocorrelogram, maps[chunk]), ANGLES_60)
        every = FORMS_60[form](correlations)
        every[_beyond(correlations, ANGLES_60, LIMIT)] = -np.inf
        scores[chunk], _ = _best(every, radii, flat)

    for_each_chunk(work, maps)
    return scores


def turning_curve(
    rate_maps: ArrayLike,
    *,
    ring: tuple[float, float] = (0.2, 1.0),
    angles: Sequence[float] = tuple(range(0, 181, 3)),
    unvisited: str = "exclude",
    bin_size: float | tuple[float, float] | None = None,
) -> np.ndarray:
    """Correlate one ring of each map's autocorrelogram with itself at any turn: the curve that a grid score samples.

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin, bin]
        Rate maps, as for `grid_scores`.
    ring : (float, float)
        Inner and outer radius of the ring, as shares of the arena's shorter side.
    angles : sequence of float
        Turns, degrees.
    unvisited : {"exclude", "zero"}
        How unvisited bins enter the autocorrelogram, see `spatial_autocorrelogram`.
    bin_size : float or (float, float), optional
        Side of a bin, or its sides along x and along y, m; needed where maps are not square.

    Returns
    -------
    numpy.ndarray, [unit, angle]
        Correlations; NaN for a flat map.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If a map, the ring or the bin size is none that `grid_scores` takes, or an angle is not finite.

    Notes
    -----
    Source: Sargolini et al. 2006, supporting text; Banino et al. 2018, released code (the correlation).

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.scores.lattices import lattice_maps
    >>> maps = lattice_maps(Rectangle(2.2, 2.2), 0.6, bins=40)
    >>> turning_curve(maps, angles=[30, 60, 90, 120]).round(1)
    array([[0. , 0.9, 0. , 0.9]])
    """
    maps = check_rate_maps(rate_maps)
    units, bins_x, bins_y = maps.shape
    size_x, size_y = check_sides(maps, bin_size)
    check_choice(unvisited, "unvisited", ("exclude", "zero"))
    radii = _check_rings([ring])
    turned = np.atleast_1d(as_numpy(angles, "angles"))
    if turned.ndim != 1 or not turned.size or not np.isfinite(turned).all():
        raise ValueError(f"angles: expected one or more finite degrees, got {angles!r}")
    degrees, place = np.unique(turned, return_inverse=True)
    turns = turns_of((bins_x, bins_y), float(size_y / size_x), (tuple(radii[0].tolist()),), tuple(degrees.tolist()))
    curve = np.empty((units, len(degrees)))

    def work(chunk: slice) -> None:
        autocorrelogram = whole_plane(half_plane(maps[chunk], unvisited))
        flat = np.isnan(autocorrelogram[:, bins_x - 1, bins_y - 1])
        correlations = turns.correlations(_without_edges(autocorrelogram, maps[chunk]))
        curve[chunk] = np.concatenate([correlations[angle] for angle in degrees.tolist()]).T
        curve[chunk][flat] = np.nan

    for_each_chunk(work, maps)
    return curve[:, place]


def check_sides(maps: np.ndarray, bin_size: float | Sequence[float] | np.ndarray | None) -> np.ndarray:
    """Return the sides of a bin, or raise unless the maps have bins enough and are square where no side is given."""
    bins_x, bins_y = maps.shape[1:]
    if min(bins_x, bins_y) < SMALLEST or (bins_x != bins_y and bin_size is None):
        raise ValueError(
            f"rate_maps: expected square maps of at least {SMALLEST} bins a side (for others, say bin_size),"
            f" got {bins_x} x {bins_y} bins"
        )
    return check_bin_size(1.0 if bin_size is None else bin_size)


def _square(at: Correlations) -> np.ndarray:
    return at[90] - (at[45] + at[135]) / 2


def _best(scores: np.ndarray, radii: np.ndarray, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the best of scores [ring, unit] and its ring, NaN for flat maps or without one: [unit] and [unit, 2]."""
    best = scores.max(axis=0)
    ring = radii[np.argmax(scores >= best - TIE, axis=0)]
    flat = flat | (best == -np.inf)
    return np.where(flat, np.nan, best), np.where(flat[:, None], np.nan, ring)


def _without_edges(autocorrelogram: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Fill shifts without a correlation with 0, or, in a room with a shape, with the mean of the map's other shifts.

    Else where they lie, around the shape of the room over itself, would leave a mark on every ring.
    """
    known = ~np.isnan(autocorrelogram)
    if known.all():
        return autocorrelogram
    plain = np.where(known, autocorrelogram, 0)
    mean = plain.sum(axis=(1, 2)) / np.maximum(known.sum(axis=(1, 2)), 1)
    fill = np.where(np.isnan(maps).any(axis=(1, 2)), mean, 0)
    return np.where(known, autocorrelogram, fill[:, None, None])


def _beyond(correlations: Correlations, angles: Sequence[float], limit: float) -> np.ndarray:
    """Return which rings have a correlation beyond a limit at one of some angles, [ring, unit]."""
    return np.abs(np.stack([correlations[angle] for angle in angles])).max(axis=0) > limit


def _check_rings(rings: Sequence[tuple[float, float]]) -> np.ndarray:
    """Return the rings as an array [ring, 2], or raise unless each is 0 <= inner < outer <= 1."""
    radii = np.asarray(rings, dtype=np.float64)
    if radii.ndim != 2 or radii.shape[1] != 2 or not len(radii):
        raise ValueError(f"rings: expected pairs (inner, outer) as shares of the bin count, got shape {radii.shape}")
    wrong = ~((radii[:, 0] >= 0) & (radii[:, 0] < radii[:, 1]) & (radii[:, 1] <= 1))
    if wrong.any():
        raise ValueError(f"rings: expected 0 <= inner < outer <= 1, got {tuple(radii[wrong][0].tolist())}")
    return radii
