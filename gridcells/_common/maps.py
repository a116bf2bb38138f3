"""Rules that hold for every map of the plane: which of them are flat."""

from __future__ import annotations

import numpy as np

__all__ = ["FLAT", "is_flat", "map_range"]

FLAT = 1e-6
"""A map whose range is at most this share of its largest magnitude is flat: what is left is rounding."""


def is_flat(maps: np.ndarray, visited: np.ndarray | None = None) -> np.ndarray:
    """Find the maps that do not vary.

    A map is flat if the range of its values is at most a millionth of the largest magnitude among them, which is what
    sums in single precision leave of a constant. So is one without a visited bin. The rule knows no unit: maps can be
    multiplied by any number.

    Parameters
    ----------
    maps : numpy.ndarray, [..., bin_x, bin_y]
        Maps.
    visited : numpy.ndarray of bool, [..., bin_x, bin_y], optional
        Which bins count; by default those that are not NaN.

    Returns
    -------
    numpy.ndarray of bool, [...]
        Which maps are flat.

    Examples
    --------
    >>> flat, hill, empty = np.ones((4, 4)), np.eye(4), np.full((4, 4), np.nan)
    >>> is_flat(np.stack([flat, flat + 1e-7 * hill, flat + 1e-5 * hill, empty]))
    array([ True,  True, False,  True])
    """
    low, high = map_range(maps, visited)
    return ~(high - low > FLAT * np.maximum(np.abs(low), np.abs(high)))


def map_range(maps: np.ndarray, visited: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest value of each map over its visited bins.

    Parameters
    ----------
    maps : numpy.ndarray, [..., bin_x, bin_y]
        Maps.
    visited : numpy.ndarray of bool, [..., bin_x, bin_y], optional
        Which bins count; by default those that are not NaN.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray), [...]
        Least and greatest; inf and -inf for a map without a visited bin.

    Examples
    --------
    >>> map_range(np.array([[[0.5, np.nan], [2.0, 1.0]]]))
    (array([0.5]), array([2.]))
    """
    counted = ~np.isnan(maps) if visited is None else visited
    low = np.min(maps, axis=(-2, -1), where=counted, initial=np.inf)
    high = np.max(maps, axis=(-2, -1), where=counted, initial=-np.inf)
    return low, high
