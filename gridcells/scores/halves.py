"""Is a lattice the same in both halves of a room? Their autocorrelograms, compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import check_positive
from gridcells.scores.autocorrelogram import check_bin_size, check_rate_maps, spatial_autocorrelogram

__all__ = ["halves_likeness"]


def halves_likeness(rate_maps: ArrayLike, *, bin_size: float | tuple[float, float], reach: float) -> np.ndarray:
    """Return how alike the autocorrelograms of the lower and the upper half of each map are.

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps; NaN marks an unvisited bin. The halves are those along y; a middle row belongs to neither.
    bin_size : float or (float, float)
        Side of a bin, or its sides along x and along y, m.
    reach : float
        Greatest shift at which they are compared, m.

    Returns
    -------
    numpy.ndarray, [unit]
        Pearson correlation over the shifts within reach that both autocorrelograms have: 1 where they are the same.
        NaN where fewer than two such shifts are left or one of them is flat.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If the shape is not [unit, bin, bin], there are fewer than four rows, or a length is not above 0.

    Notes
    -----
    Source: after Krupic et al. 2015, abstract (patterns less homogeneous in trapezoids); that the autocorrelograms of
    the halves are asked is ours. It depends on the room, of which a narrow half shows less, also for a perfect
    lattice: compare with these in the same room.

    Examples
    --------
    >>> from gridcells.scores import lattice_maps
    >>> from gridcells.world import Rectangle
    >>> maps = lattice_maps(Rectangle(2.0, 2.0), [0.5, 0.5], orientation=[0.0, 0.5])
    >>> maps[1, :, :10] = maps[0, :, :10]  # as if its lower half were turned by 30 degrees
    >>> halves_likeness(maps, bin_size=0.1, reach=0.6).round(1)
    array([ 1. , -0.3])
    """
    maps, sides = check_rate_maps(rate_maps), check_bin_size(bin_size)
    check_positive(reach, "reach")
    rows = maps.shape[2]
    if rows < 4:
        raise ValueError(f"rate_maps: expected four rows of bins or more, two in each half, got {rows}")
    row = np.arange(rows)
    kept = row < rows // 2, row >= rows - rows // 2
    first, second = (spatial_autocorrelogram(np.where(half, maps, np.nan)) for half in kept)
    along, up = ((np.arange(count) - count // 2) * side for count, side in zip(first.shape[1:], sides, strict=True))
    near = np.hypot(along[:, None], up) <= reach
    found = np.full(len(maps), np.nan)
    for unit, (one, other) in enumerate(zip(first, second, strict=True)):
        both = np.array([one, other])[:, near & np.isfinite(one) & np.isfinite(other)]
        if both.shape[1] > 1 and (np.ptp(both, axis=1) > 0).all():
            found[unit] = np.corrcoef(both)[0, 1]
    return found
