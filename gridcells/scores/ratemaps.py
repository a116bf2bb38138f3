"""Rate maps: what a unit does, on average, in each bin of the arena."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from gridcells._common.bins import ROUNDING, BinGrid, Bins, Bounded, check_bounds
from gridcells._common.checks import as_numpy, check_choice, check_positions

__all__ = ["Bounded", "RateMaps", "rate_maps"]

BLOCK = 2**18  # samples summed at a time: bounds the scratch, and how many numbers one float32 sum holds


class RateMaps:
    """Mean activity per bin, gathered from as many calls of `add` as there are samples to show.

    Sums are kept in float64. Within one block of 2**18 samples, float32 activities are summed in float32 (the relative
    error of a bin's mean is around 1e-6) and float64 activities in float64.

    Parameters
    ----------
    arena : object with ``bounds``
        Where the positions lie; ``bounds`` is (x_min, x_max, y_min, y_max), m.
    bins : int or (int, int)
        Number of bins along x and along y; one number serves for both.
    outside : {"raise", "ignore"}
        What to do with positions outside the bounds.

    Raises
    ------
    ValueError
        If the bounds are empty or the number of bins is not a positive whole number.

    Notes
    -----
    Source: the mean statistic that Banino et al. 2018 and Sorscher et al. 2019 map with (released code); bins are
    closed on the left, the last one on both sides. A position outside by less than a millionth of the arena's side is
    a rounded wall and counts in the bin beside it. In a `gridcells.world.Polygon` a bin that lies in none of the room
    is outside as what lies beyond the bounds is, but for a wall along its edge, which counts in the bin on the inside.

    Examples
    --------
    >>> from gridcells.world.arenas import Box
    >>> maps = RateMaps(Box((0.0, 1.0, 0.0, 1.0)), bins=2)
    >>> maps.add([[0.1, 0.1], [0.2, 0.3]], [[1.0], [3.0]])
    >>> maps.add([[0.9, 0.1]], [[5.0]])
    >>> maps.maps()[0]
    array([[ 2., nan],
           [ 5., nan]])
    >>> maps.occupancy
    array([[2., 0.],
           [1., 0.]])
    """

    def __init__(self, arena: Bounded, bins: Bins = 20, *, outside: str = "raise") -> None:
        self.grid = BinGrid(check_bounds(arena.bounds, "arena.bounds"), bins)
        self.outside = check_choice(outside, "outside", ("raise", "ignore"))
        self.bins = self.grid.shape
        self._count = np.zeros(self.bins[0] * self.bins[1])  # [bin]
        bins_inside = getattr(arena, "bins_inside", None)
        self._inside = None if bins_inside is None else np.asarray(bins_inside(bins)).ravel()  # [bin], of a polygon
        self._total: np.ndarray | None = None  # [bin, unit], once samples were counted

    @property
    def occupancy(self) -> np.ndarray:
        """Number of samples in each bin, [bin_x, bin_y]."""
        return self._count.reshape(self.bins).copy()

    def add(self, position: ArrayLike, activity: ArrayLike) -> None:
        """Count more samples.

        Parameters
        ----------
        position : array_like or torch.Tensor, [..., 2]
            Positions, m.
        activity : array_like or torch.Tensor, [..., unit]
            What the units did there; leading axes as of ``position``.

        Raises
        ------
        ValueError
            If shapes differ, a value is not finite, or positions lie outside the arena (unless they are ignored).
            Nothing of a refused block is counted.
        """
        position, activity = as_numpy(position, "position"), as_numpy(activity, "activity")
        check_positions(position)
        if activity.ndim != position.ndim or activity.shape[:-1] != position.shape[:-1]:
            raise ValueError(
                f"activity: expected shape [..., unit] with the leading axes of position {position.shape[:-1]}, "
                f"got {activity.shape}"
            )
        activity = activity.reshape(-1, activity.shape[-1])  # [sample, unit]
        if self._total is not None and activity.shape[1] != self._total.shape[1]:
            raise ValueError(f"activity: expected {self._total.shape[1]} units as before, got {activity.shape[1]}")
        bin_of = self._bin(position.reshape(-1, 2))  # [sample], -1 outside
        for start in range(0, len(bin_of), BLOCK):
            self._add_block(bin_of[start : start + BLOCK], activity[start : start + BLOCK])

    def maps(self) -> np.ndarray:
        """Return the mean activity, [unit, bin_x, bin_y] float64, NaN in bins without a sample.

        Raises
        ------
        ValueError
            If no sample was added yet: a call of `add` that was refused adds none.
        """
        if self._total is None:
            raise ValueError("position: expected at least one call of add before maps, got none")
        mean = np.full(self._total.shape, np.nan)
        np.divide(self._total, self._count[:, None], out=mean, where=self._count[:, None] > 0)
        return np.ascontiguousarray(mean.T).reshape(-1, *self.bins)  # [unit, bin_x, bin_y]

    def _bin(self, position: np.ndarray) -> np.ndarray:
        """Return the bin of each sample, [sample], -1 for those outside the arena, or raise if there must be none."""
        bin_of = self.grid.index(position)
        if self._inside is not None:
            bin_of = self._beside_walls(position, bin_of, self._inside)
        outside = bin_of < 0
        if self.outside == "raise" and outside.any():
            x_min, x_max, y_min, y_max = self.grid.bounds
            raise ValueError(
                f"position: expected x in [{x_min:g}, {x_max:g}] m and y in [{y_min:g}, {y_max:g}] m"
                f"{'' if self._inside is None else ', in bins of which some lies in the room'}, got "
                f"{100 * np.mean(outside):.2g} % of samples outside; outside='ignore' leaves them out"
            )
        return bin_of

    def _beside_walls(self, position: np.ndarray, bin_of: np.ndarray, inside: np.ndarray) -> np.ndarray:
        """Move samples in bins outside the room to a bin inside that is a rounding away, or else outside the arena."""
        lost = np.flatnonzero((bin_of >= 0) & ~inside[bin_of])
        beside = np.full(len(lost), -1)
        for corner in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
            moved = self.grid.index(position[lost] + ROUNDING * np.multiply(corner, self.grid.size))
            beside = np.where((beside < 0) & (moved >= 0) & inside[moved], moved, beside)
        bin_of[lost] = beside
        return bin_of

    def _add_block(self, bin_of: np.ndarray, activity: np.ndarray) -> None:
        """Add one block of samples: ordered by bin, the samples of a bin are one bag of rows to sum."""
        order = np.argsort(bin_of, kind="stable")
        order = order[np.searchsorted(bin_of[order], 0) :]  # without those outside
        visited, first, count = np.unique(bin_of[order], return_index=True, return_counts=True)
        rows = np.asarray(activity, np.float32 if activity.itemsize <= 4 else np.float64)
        bags = sparse.csr_matrix(
            (np.ones(len(order), rows.dtype), order, np.append(first, len(order))), shape=(len(visited), len(rows))
        )
        sums = bags @ rows  # [visited, unit]
        if not np.isfinite(sums).all():
            raise ValueError("activity: expected finite numbers, got NaN or infinite values")
        if self._total is None:
            self._total = np.zeros((self._count.size, activity.shape[1]))
        self._total[visited] += sums
        self._count[visited] += count


def rate_maps(
    position: ArrayLike, activity: ArrayLike, arena: Bounded, bins: Bins = 20, *, outside: str = "raise"
) -> np.ndarray:
    """Return the mean activity of every unit in every bin of the arena.

    Parameters
    ----------
    position : array_like or torch.Tensor, [..., 2]
        Positions, m.
    activity : array_like or torch.Tensor, [..., unit]
        Activity at those positions; leading axes as of ``position``.
    arena : object with ``bounds``
        Where the positions lie; ``bounds`` is (x_min, x_max, y_min, y_max), m.
    bins : int or (int, int)
        Number of bins along x and along y; one number serves for both.
    outside : {"raise", "ignore"}
        What to do with positions outside the bounds.

    Returns
    -------
    numpy.ndarray, [unit, bin_x, bin_y]
        Mean activity, float64, first map axis x; NaN where no sample fell.

    Raises
    ------
    ValueError
        If shapes differ, values are not finite, or positions lie outside the arena (unless they are ignored).

    Notes
    -----
    Source: the mean statistic that Banino et al. 2018 and Sorscher et al. 2019 map with (released code). For more
    samples than fit in memory, see `RateMaps`.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> arena = Rectangle(2.0, 2.0)
    >>> position = np.random.default_rng(0).uniform(-1, 1, (1000, 10, 2))
    >>> maps = rate_maps(position, position, arena, bins=4)
    >>> maps.shape
    (2, 4, 4)
    >>> maps[0, :, 0].round(1)  # the first unit tells x
    array([-0.8, -0.3,  0.2,  0.8])
    """
    maps = RateMaps(arena, bins, outside=outside)
    maps.add(position, activity)
    return maps.maps()
