"""How a lattice hangs between walls: its angle to them, and the shear along a wall that would make it round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy
from gridcells.scores.geometry import ellipse_through, lattice_orientation

__all__ = ["WallShear", "wall_offset", "wall_shear"]

STEPS = np.linspace(-0.5, 0.5, 401)  # shears tried, displacement over distance from the wall


@dataclass(frozen=True, eq=False)
class WallShear:
    """The simple shear along a wall that makes each unit's lattice rounder than any other; NaN where there is none.

    Attributes
    ----------
    along : numpy.ndarray, [unit]
        The wall: 0 for those along the x axis, 1 for those along the y axis.
    amount : numpy.ndarray, [unit]
        Displacement along the wall over distance from it; the observed lattice is a round one sheared by minus this.
    ellipticity : numpy.ndarray, [unit]
        Long over short axis of the ellipse through the six peaks after the shear; 1 where it explains all.
    orientation : numpy.ndarray, [unit]
        Orientation of the lattice after the shear, in [0, π/3) rad.
    """

    along: np.ndarray
    amount: np.ndarray
    ellipticity: np.ndarray
    orientation: np.ndarray


def wall_offset(orientation: ArrayLike) -> np.ndarray:
    """Return the angle between a lattice's axes and the walls of a rectangle, where they are nearest to each other.

    Parameters
    ----------
    orientation : array_like, [...]
        Direction of one of the three axes, anticlockwise from a wall, rad.

    Returns
    -------
    numpy.ndarray, [...]
        Between 0 and π/12 (15°): 0 if an axis lies along a wall, π/24 (7.5°) where the lattice is as far from one
        mirror symmetry of the room as from the next. NaN stays NaN.

    Notes
    -----
    Source: Stensola et al. 2015 (the offset that is least symmetric).

    Examples
    --------
    >>> np.degrees(wall_offset(np.radians([0, 7.5, 15, 22.5, 30, 52.5]))).round(1)
    array([ 0. ,  7.5, 15. ,  7.5,  0. ,  7.5])
    """
    turn = as_numpy(orientation, "orientation") % (np.pi / 6)
    return np.minimum(turn, np.pi / 6 - turn)


def wall_shear(peaks: ArrayLike) -> WallShear:
    """Return the shear along a wall of a rectangle that makes each lattice as round as such a shear can.

    Parameters
    ----------
    peaks : array_like, [unit, 6, 2]
        The six peaks of each autocorrelogram, anticlockwise, m: those of `grid_geometry`.

    Returns
    -------
    WallShear
        Arrays over units.

    Raises
    ------
    ValueError
        If the shape is another.

    Notes
    -----
    Source: Stensola et al. 2015 (the analytical reversal of the ellipticity by a simple shear). Shears of up to half
    the distance from the wall are tried, in steps of a four-hundredth of it.

    Examples
    --------
    A round lattice along the x axis, sheared along it.

    >>> angle = np.pi / 3 * np.arange(6)
    >>> round_one = 0.5 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    >>> found = wall_shear([round_one @ [[1, 0], [0.1, 1]]])
    >>> found.along, found.amount.round(3), found.ellipticity.round(3)
    (array([0.]), array([-0.1]), array([1.]))
    """
    points = as_numpy(peaks, "peaks")
    if points.ndim != 3 or points.shape[1:] != (6, 2):
        raise ValueError(f"peaks: expected shape [unit, 6, 2] in metres, got {points.shape}")
    half = np.broadcast_to(points[:, None, None, :3], (len(points), 2, len(STEPS), 3, 2)).copy()
    for axis in (0, 1):  # displacement along one wall grows with the distance from it
        half[:, axis, ..., axis] += STEPS[:, None] * half[:, axis, ..., 1 - axis]
    ratio, _ = ellipse_through(half.reshape(-1, 3, 2))
    ratio = np.where(np.isnan(ratio), np.inf, ratio).reshape(len(points), -1)
    best, each = ratio.argmin(axis=1), np.arange(len(points))
    known = np.isfinite(ratio[each, best])
    after = half.reshape(len(points), -1, 3, 2)[each, best]
    parts = best // len(STEPS), STEPS[best % len(STEPS)], ratio[each, best], lattice_orientation(after)
    return WallShear(*(np.where(known, part, np.nan) for part in parts))
