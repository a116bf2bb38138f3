"""Firing fields: the hills of a rate map, parted by a watershed.

Every bin above a threshold points to the highest of its eight neighbours, and whoever points to itself is a peak.
Following the pointers, all units at once and twice as far with each turn, leads every bin to the peak of its field.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.bins import bin_offsets
from gridcells._common.maps import is_flat, map_range
from gridcells.scores.autocorrelogram import check_bin_size, check_rate_maps

__all__ = ["Fields", "find_fields"]

NEIGHBOURS = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if (x, y) != (0, 0)]


@dataclass(frozen=True, eq=False)
class Fields:
    """The fields of a population: a picture of labels a unit, and lists with one entry a field.

    Attributes
    ----------
    labels : numpy.ndarray, [unit, bin_x, bin_y]
        Which field of its unit each bin belongs to: 1, 2, … in order of falling peak rate, 0 none.
    count : numpy.ndarray, [unit]
        Number of fields.
    unit : numpy.ndarray, [field]
        Whose field it is. Fields are listed unit by unit, in the order of their labels.
    peak_rate, mean_rate : numpy.ndarray, [field]
        Highest and mean rate, as in the map.
    area : numpy.ndarray, [field]
        Area, m².
    peak, centre : numpy.ndarray, [field, 2]
        The bin of the highest rate, and the centre of mass of the rate above the map's lowest, m from the map's middle.
    """

    labels: np.ndarray
    count: np.ndarray
    unit: np.ndarray
    peak_rate: np.ndarray
    mean_rate: np.ndarray
    area: np.ndarray
    peak: np.ndarray
    centre: np.ndarray


def find_fields(
    rate_maps: ArrayLike,
    *,
    bin_size: float | tuple[float, float] = 1.0,
    threshold: float = 0.2,
    min_area: float = 0.0,
    min_peak: float = -np.inf,
) -> Fields:
    """Find the firing fields of each map.

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps; NaN marks an unvisited bin, which belongs to no field.
    bin_size : float or (float, float)
        Side of a bin, or its sides along x and along y, m. The default gives lengths in bins.
    threshold : float
        Bins above this share of the way from the map's lowest to its highest rate belong to a field, in [0, 1).
    min_area : float
        Smaller fields are left out, m².
    min_peak : float
        Fields whose highest rate is lower are left out, in the maps' unit.

    Returns
    -------
    Fields
        Labels, peaks, areas and centres; a flat map has no field.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If the shape is not [unit, bin, bin], a value is infinite, or an option is out of its range.

    Notes
    -----
    Source: watershed fields as in Banino et al. 2018, methods (whose threshold is not stated; 0.2 of the peak is the
    custom in recordings). Every local maximum makes a field: smooth noisy maps first. Of equal neighbours the first
    in reading order counts as higher.

    Examples
    --------
    >>> bump = np.exp(-(np.linspace(-2, 2, 20) ** 2))
    >>> maps = np.kron([[0, 1], [2, 0]], np.outer(bump, bump))[None]  # two hills, the second twice as high
    >>> fields = find_fields(maps, bin_size=0.05)
    >>> fields.count, fields.peak_rate.round(1), fields.centre.round(2)
    (array([2]), array([2., 1.]), array([[ 0.5, -0.5],
           [-0.5,  0.5]]))
    """
    maps = check_rate_maps(rate_maps).astype(np.float64)
    size = check_bin_size(bin_size)
    if not 0 <= threshold < 1:
        raise ValueError(f"threshold: expected a share in [0, 1) of the peak rate, got {threshold!r}")
    if not 0 <= min_area < np.inf:
        raise ValueError(f"min_area: expected an area of at least 0 m², got {min_area!r}")
    if np.isnan(min_peak):
        raise ValueError(f"min_peak: expected a rate, got {min_peak!r}")
    units, bins_x, bins_y = maps.shape
    visited = ~np.isnan(maps)
    low, high = (end[:, None, None] for end in map_range(maps, visited))
    varies = ~is_flat(maps, visited)[:, None, None]
    rates = np.where(visited, maps, -np.inf)
    low, high = np.where(varies, low, 0.0), np.where(varies, high, 0.0)
    inside = visited & varies & (rates > low + threshold * (high - low))

    summit = _climb(np.where(inside, rates, -np.inf))  # [unit, bin]: the flat index of each bin's peak
    bins = bins_x * bins_y
    member = np.flatnonzero(inside)  # [member], over all units
    peaks, field = np.unique(member // bins * bins + summit.ravel()[member], return_inverse=True)
    area = np.bincount(field, minlength=len(peaks)) * size.prod()
    kept = np.flatnonzero((area >= min_area * (1 - 1e-9)) & (rates.ravel()[peaks] >= min_peak))
    kept = kept[np.lexsort((-rates.ravel()[peaks[kept]], peaks[kept] // bins))]  # by unit, then by falling peak
    unit = peaks[kept] // bins
    count = np.bincount(unit, minlength=units)
    rank = np.arange(len(kept)) - np.repeat(np.cumsum(count) - count, count) + 1
    new = np.zeros(len(peaks), dtype=np.int64)
    new[kept] = rank
    labels = np.zeros(maps.size, dtype=np.int64)
    labels[member] = new[field]

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(field, values, minlength=len(peaks))[kept]

    x, y = (bin_offsets(number, side) for number, side in zip((bins_x, bins_y), size, strict=True))
    place = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)  # [bin, 2]
    rate = rates.ravel()[member]
    weight = rate - low.ravel()[member // bins]
    centre = np.stack([total(weight * place[member % bins, axis]) for axis in (0, 1)], axis=-1)
    return Fields(
        labels=labels.reshape(maps.shape),
        count=count,
        unit=unit,
        peak_rate=rates.ravel()[peaks[kept]],
        mean_rate=total(rate) / np.maximum(total(np.ones_like(rate)), 1),
        area=area[kept],
        peak=place[peaks[kept] % bins],
        centre=centre / total(weight)[:, None],
    )


def _climb(rates: np.ndarray) -> np.ndarray:
    """Return the flat index of the peak that steepest ascent leads to from each bin, [unit, bin]."""
    units, bins_x, bins_y = rates.shape
    padded = np.pad(rates, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    best = rates.copy()
    step = np.zeros(rates.shape, dtype=np.int64)
    for x, y in NEIGHBOURS:
        other = padded[:, 1 + x : 1 + x + bins_x, 1 + y : 1 + y + bins_y]
        offset = x * bins_y + y
        higher = (other > best) | ((other == best) & (offset < step))
        step = np.where(higher, offset, step)
        best = np.where(higher, other, best)
    target = (np.arange(bins_x * bins_y) + step.reshape(units, bins_x * bins_y)).clip(
        0
    )  # bins below the threshold lead nowhere
    for _ in range(int(np.ceil(np.log2(bins_x * bins_y)))):
        target = np.take_along_axis(target, target, axis=1)
    return target
