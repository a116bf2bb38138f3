"""The border score: does a unit fire along a wall?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from gridcells._common.checks import check_choice, check_positive
from gridcells._common.maps import is_flat, map_range
from gridcells.scores.autocorrelogram import check_bin_size, check_rate_maps

__all__ = ["border_scores"]

TOUCHING = np.zeros((3, 3, 3), dtype=bool)  # bins of one unit that share an edge; units do not touch
TOUCHING[1] = [[False, True, False], [True, True, True], [False, True, False]]


def border_scores(
    rate_maps: ArrayLike,
    *,
    bin_size: float | tuple[float, float],
    form: str = "solstad",
    threshold: float = 0.3,
    min_area: float = 0.02,
) -> np.ndarray:
    r"""Return the border score of each map, from -1 (fires in the middle) to 1 (fires along one whole wall).

    .. math:: b = \frac{c - d}{c + d}

    with c the largest share of any one wall that any one field covers, and d the mean distance of firing in all fields
    from the nearest wall, weighted by the rate, over half of the arena's shorter side.

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps of a rectangular arena, walls along the map's sides; NaN marks an unvisited bin.
    bin_size : float or (float, float)
        Side of a bin, or its sides along x and along y, m.
    form : {"solstad", "sorscher_code"}
        "sorscher_code" is the function that goes with the code of Sorscher et al.: it asks only the FIRST field (in
        reading order) how much of a wall it covers, a loop variable being overwritten; takes the mean of the fields'
        mean distances instead of the mean over all their bins; and counts distances from a bin's far side.
    threshold : float
        Fields are connected bins above this share of the map's highest rate.
    min_area : float
        Fields of at most this area are left out, m².

    Returns
    -------
    numpy.ndarray, [unit]
        Border scores; NaN for a flat map and one without a field that is large enough.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If the shape is not [unit, bin, bin], a value is infinite, or an option is out of its range.

    Notes
    -----
    Source: Solstad et al. 2008, supporting text (fields above 0.3 of the peak and larger than 200 cm²). Distances are
    those of bin centres, so that a field one bin wide along a whole wall scores a little less than 1. Banino et al.
    2018 count a unit above 0.5 as a border unit.

    Examples
    --------
    >>> wall, middle = np.zeros((2, 20, 20))
    >>> wall[0], middle[8:12, 8:12] = 1.0, 1.0
    >>> border_scores(np.stack([wall, middle]), bin_size=0.11).round(2)
    array([ 0.9, -1. ])
    """
    maps = check_rate_maps(rate_maps).astype(np.float64)
    size = check_bin_size(bin_size)
    check_choice(form, "form", ("solstad", "sorscher_code"))
    if not 0 < threshold < 1:
        raise ValueError(f"threshold: expected a share of the peak rate between 0 and 1, got {threshold!r}")
    least = check_positive(min_area, "min_area", "m²")
    units, bins_x, bins_y = maps.shape
    visited = ~np.isnan(maps)
    high = map_range(maps, visited)[1][:, None, None]
    rates = np.where(visited, maps, 0.0)
    labels, _ = ndimage.label(visited & ~is_flat(maps, visited)[:, None, None] & (rates > threshold * high), TOUCHING)
    member = np.flatnonzero(labels)
    field = labels.ravel()[member] - 1  # [member], numbered through all units in reading order
    fields = int(field.max(initial=-1)) + 1
    owner = np.zeros(fields, dtype=np.int64)
    owner[field] = member // (bins_x * bins_y)
    large = np.bincount(field, minlength=fields) * size.prod() > least

    along = [np.arange(number) + 0.5 for number in (bins_x, bins_y)]
    if form == "sorscher_code":
        along = [np.arange(number) + 1.0 for number in (bins_x, bins_y)]
    from_wall = [np.minimum(steps, steps[::-1]) * side for steps, side in zip(along, size, strict=True)]
    distance = np.minimum(from_wall[0][:, None], from_wall[1])  # [bin_x, bin_y] m
    rate = rates.ravel()[member]
    weight = np.bincount(field, rate, minlength=fields)
    moment = np.bincount(field, rate * distance.ravel()[member % (bins_x * bins_y)], minlength=fields)
    cover = _cover(labels, visited, fields)

    half_side = min(bins_x * size[0], bins_y * size[1]) / 2
    if form == "solstad":
        covered = np.zeros(units)
        np.maximum.at(covered, owner[large], cover[large])
        away = _per_unit(moment, owner, large, units) / _per_unit(weight, owner, large, units)
    else:
        first = np.flatnonzero(large)[np.unique(owner[large], return_index=True)[1]]
        covered = np.zeros(units)
        covered[owner[first]] = cover[first]
        number = _per_unit(np.ones(fields), owner, large, units)
        away = _per_unit(moment / np.where(large, weight, 1.0), owner, large, units) / number
    away = away / half_side
    return (covered - away) / (covered + away)


def _cover(labels: np.ndarray, visited: np.ndarray, fields: int) -> np.ndarray:
    """Return the largest share of a wall's visited bins that each field covers, [field]."""
    largest = np.zeros(fields)
    for wall in (np.s_[:, 0, :], np.s_[:, -1, :], np.s_[:, :, 0], np.s_[:, :, -1]):
        touched = labels[wall]  # [unit, bin]
        share = 1 / np.maximum(visited[wall].sum(axis=1, keepdims=True), 1) * np.ones(touched.shape)
        largest = np.maximum(largest, np.bincount(touched.ravel(), share.ravel(), minlength=fields + 1)[1:])
    return largest


def _per_unit(values: np.ndarray, owner: np.ndarray, kept: np.ndarray, units: int) -> np.ndarray:
    """Sum values [field] over the kept fields of each unit, [unit], NaN where it has none."""
    number = np.bincount(owner[kept], minlength=units)
    return np.where(number > 0, np.bincount(owner[kept], values[kept], minlength=units), np.nan)
