"""What all arenas share: an extent in the plane, sources of randomness, and how near a wall counts as on it."""

from __future__ import annotations

import numpy as np

from gridcells._common.bins import BinGrid, Bins, Bounded
from gridcells._common.checks import check_generator

__all__ = ["HARDLY", "Extent", "Source", "as_source", "check_square"]

Source = np.random.Generator | np.random.RandomState

HARDLY = 1e-6  # m, much more than rounding moves anyone: nearer to a wall it is asked whether a step crosses it


class Extent:
    """What follows from where a part of the plane ends."""

    @property
    def size(self: Bounded) -> tuple[float, float]:
        """Width and height of the smallest enclosing box, m."""
        x_min, x_max, y_min, y_max = self.bounds
        return x_max - x_min, y_max - y_min

    def bin_centres(self: Bounded, bins: Bins) -> np.ndarray:
        """Return the centre of each of ``bins`` along x and along y, or as many along both → [bin_x, bin_y, 2], m."""
        return BinGrid(self.bounds, bins).centres


def check_square(arena: Bounded, name: str, *, round_too: bool = False) -> float:
    """Return the side of a square arena, m, or of the square around a round one, or raise where it is none."""
    width, height = BinGrid(arena.bounds, 1).size
    if not (round_too or hasattr(arena, "width")):
        raise ValueError(f"{name}: expected a square arena, a Rectangle, got a {type(arena).__name__}")
    if not np.isclose(width, height):
        raise ValueError(
            f"{name}: expected a square arena, arena.width as arena.height, got {width:g} m by {height:g} m"
        )
    return width


def as_source(generator: Source | int) -> Source:
    """Return what numbers are drawn from, or raise unless it is a generator, a seed or NumPy's legacy generator."""
    return generator if isinstance(generator, np.random.RandomState) else check_generator(generator)
