"""Bins of a map: where a rectangle of the plane is cut, where the bins' centres lie, and which bin a position is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gridcells._common.checks import check_count

__all__ = ["BinGrid", "Bins", "Bounded", "Bounds", "bin_offsets", "check_bins", "check_bounds", "square_bins"]

Bounds = tuple[float, float, float, float]
"""Where a rectangle ends: x_min, x_max, y_min, y_max, m."""

Bins = int | tuple[int, int]
"""Number of bins along x and along y; one number serves for both."""

ROUNDING = 1e-6  # share of a side: a position this little outside is a rounded wall, not an error


class Bounded(Protocol):
    """Whatever has an extent in the plane: every arena, or any object with ``bounds``."""

    @property
    def bounds(self) -> Bounds:
        """Return (x_min, x_max, y_min, y_max), m."""
        ...


@dataclass(frozen=True)
class BinGrid:
    """A rectangle of the plane cut into equal bins, along x first.

    Parameters
    ----------
    bounds : (float, float, float, float)
        Where the rectangle ends, x_min, x_max, y_min, y_max, m.
    bins : int or (int, int)
        Number of bins along x and along y; one number serves for both.

    Raises
    ------
    ValueError
        If the bounds are not four finite numbers in order, or a number of bins is not a whole one above zero.

    Examples
    --------
    >>> grid = BinGrid((0.0, 2.0, 0.0, 1.0), (4, 2))
    >>> grid.bin_size, grid.area
    ((0.5, 0.5), 0.25)
    >>> grid.axis_centres[1]
    array([0.25, 0.75])
    >>> grid.index(np.array([[0.6, 0.9], [2.0, 0.0], [3.0, 0.0]]))
    array([ 3,  6, -1])
    """

    bounds: Bounds
    bins: Bins

    def __post_init__(self) -> None:
        object.__setattr__(self, "bounds", check_bounds(self.bounds))
        object.__setattr__(self, "bins", check_bins(self.bins))

    @property
    def shape(self) -> tuple[int, int]:
        """The number of bins along x and along y."""
        return check_bins(self.bins)

    @property
    def size(self) -> tuple[float, float]:
        """The rectangle's width and height, m."""
        x_min, x_max, y_min, y_max = self.bounds
        return x_max - x_min, y_max - y_min

    @property
    def bin_size(self) -> tuple[float, float]:
        """The sides of a bin along x and along y, m."""
        (width, height), (bins_x, bins_y) = self.size, self.shape
        return width / bins_x, height / bins_y

    @property
    def area(self) -> float:
        """The area of a bin, m²."""
        along_x, along_y = self.bin_size
        return along_x * along_y

    @property
    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """The bins' edges along x, [bin_x + 1], and along y, [bin_y + 1], m."""
        x_min, x_max, y_min, y_max = self.bounds
        bins_x, bins_y = self.shape
        return np.linspace(x_min, x_max, bins_x + 1), np.linspace(y_min, y_max, bins_y + 1)

    @property
    def axis_centres(self) -> tuple[np.ndarray, np.ndarray]:
        """The bins' centres along x, [bin_x], and along y, [bin_y], m."""
        x_min, x_max, y_min, y_max = self.bounds
        bins_x, bins_y = self.shape
        x = x_min + (np.arange(bins_x) + 0.5) / bins_x * (x_max - x_min)
        y = y_min + (np.arange(bins_y) + 0.5) / bins_y * (y_max - y_min)
        return x, y

    @property
    def centres(self) -> np.ndarray:
        """The centre of each bin, [bin_x, bin_y, 2], m."""
        return np.stack(np.meshgrid(*self.axis_centres, indexing="ij"), axis=-1)

    def index(self, position: np.ndarray) -> np.ndarray:
        """Find the bin in which each position lies.

        Bins are closed on the left, the last one on both sides. A position outside by less than a millionth of the
        rectangle's side is a rounded wall and lies in the bin beside it.

        Parameters
        ----------
        position : numpy.ndarray, [..., 2]
            Positions, m.

        Returns
        -------
        numpy.ndarray of int, [...]
            The bin's place in a map [bin_x, bin_y] read row by row; -1 outside the rectangle.
        """
        place = np.zeros(position.shape[:-1], dtype=np.int64)
        inside = np.ones(position.shape[:-1], dtype=bool)
        for axis, (edges, bins) in enumerate(zip(self.edges, self.shape, strict=True)):
            coordinate = position[..., axis]
            slack = ROUNDING * (edges[-1] - edges[0])
            inside &= (coordinate >= edges[0] - slack) & (coordinate <= edges[-1] + slack)
            along = np.searchsorted(edges, coordinate.astype(np.float64), side="right") - 1
            place = place * bins + np.clip(along, 0, bins - 1)
        return np.where(inside, place, -1)


def bin_offsets(bins: int, side: float) -> np.ndarray:
    """Return how far each bin's centre lies from the middle of a row of bins.

    Parameters
    ----------
    bins : int
        Number of bins in the row.
    side : float
        Length of a bin, m.

    Returns
    -------
    numpy.ndarray, [bin]
        Distances, ascending, m; exactly opposite at the row's two ends.

    Examples
    --------
    >>> bin_offsets(3, 0.1)
    array([-0.1,  0. ,  0.1])
    """
    return (np.arange(bins) - (bins - 1) / 2) * side


def square_bins(size: tuple[float, float], bins: int) -> tuple[int, int]:
    """Return the number of bins along x and along y that are as nearly square as whole numbers allow.

    Parameters
    ----------
    size : (float, float)
        Width and height of the rectangle, m.
    bins : int
        Number of bins along its longer side.

    Raises
    ------
    ValueError
        If it is not a whole number above zero.

    Examples
    --------
    >>> square_bins((2.2, 2.2), 20), square_bins((1.0, 1.5), 20)
    ((20, 20), (13, 20))
    """
    side = max(size) / check_count(bins, "bins")
    bins_x, bins_y = (max(1, round(one / side)) for one in size)
    return bins_x, bins_y


def check_bins(bins: int | Sequence[int]) -> tuple[int, int]:
    """Return the number of bins along x and along y, or raise unless they are whole numbers above zero.

    Parameters
    ----------
    bins : int or (int, int)
        What the caller passed; one number serves for both.

    Raises
    ------
    ValueError
        If there are more or fewer than two, or one is not a whole number above zero.

    Examples
    --------
    >>> check_bins(20), check_bins((20, 10))
    ((20, 20), (20, 10))
    """
    if not isinstance(bins, tuple | list):
        number = check_count(bins, "bins")
        return number, number
    if len(bins) != 2:
        raise ValueError(f"bins: expected one number of bins or two (x, y), got {bins!r}")
    return check_count(bins[0], "bins"), check_count(bins[1], "bins")


def check_bounds(bounds: Sequence[float] | np.ndarray, name: str = "bounds") -> Bounds:
    """Return the bounds as floats, or raise unless they are four finite numbers in order.

    Parameters
    ----------
    bounds : array_like, [4]
        x_min, x_max, y_min, y_max, m.
    name : str
        The argument's name, for the message.

    Raises
    ------
    ValueError
        If there are not four, one is not finite, or a least is not below its greatest.

    Examples
    --------
    >>> check_bounds([0, 2, 0, 1])
    (0.0, 2.0, 0.0, 1.0)
    """
    ends = np.asarray(bounds, dtype=float)
    if ends.shape != (4,) or not np.isfinite(ends).all() or not (ends[0] < ends[1] and ends[2] < ends[3]):
        raise ValueError(f"{name}: expected x_min < x_max and y_min < y_max in m, got {ends.tolist()}")
    x_min, x_max, y_min, y_max = ends.tolist()
    return x_min, x_max, y_min, y_max
