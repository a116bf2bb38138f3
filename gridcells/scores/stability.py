"""Is a map the same in another half, another session? The correlation of two maps over the bins both visited."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.maps import is_flat
from gridcells.scores.autocorrelogram import check_rate_maps

__all__ = ["map_correlation"]


def map_correlation(first: ArrayLike, second: ArrayLike) -> np.ndarray:
    """Return the Pearson correlation of each unit's two maps, over the bins that both visited.

    Parameters
    ----------
    first, second : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps of the same units on the same bins; NaN marks an unvisited bin.

    Returns
    -------
    numpy.ndarray, [unit]
        Correlations; NaN where a map is flat or fewer than three bins are shared.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If shapes differ or a value is infinite.

    Notes
    -----
    Source: Langston et al. 2010 and Boccara et al. 2010, methods (spatial correlation between sessions, and between the
    halves of one as a measure of stability).

    Examples
    --------
    >>> ramp = np.arange(16.0).reshape(1, 4, 4)
    >>> map_correlation(ramp, ramp.swapaxes(1, 2)).round(2)
    array([0.47])
    """
    one, other = (
        check_rate_maps(maps, name).astype(np.float64) for maps, name in ((first, "first"), (second, "second"))
    )
    if one.shape != other.shape:
        raise ValueError(f"second: expected the shape of first {one.shape}, got {other.shape}")
    shared = ~np.isnan(one) & ~np.isnan(other)
    if len(shared) and (shared == shared[0]).all():  # as of one path: without the rest
        bins = np.flatnonzero(shared[0])
        one, other = (maps.reshape(len(maps), -1)[:, bins] for maps in (one, other))
        shared = np.ones(one.shape, dtype=bool)
    else:
        one, other = one.reshape(len(one), -1), other.reshape(len(other), -1)
        shared = shared.reshape(len(shared), -1)
    number = shared.sum(axis=1)

    def centred(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = np.sum(maps, axis=1, where=shared, keepdims=True) / np.maximum(number, 1)[:, None]
        away = np.where(shared, maps - mean, 0.0)
        flat = is_flat(maps[:, None], shared[:, None]) | (number < 3)
        return away, np.where(flat, np.nan, np.einsum("ub,ub->u", away, away))

    (a, size_a), (b, size_b) = centred(one), centred(other)
    return np.einsum("ub,ub->u", a, b) / np.sqrt(size_a * size_b)
