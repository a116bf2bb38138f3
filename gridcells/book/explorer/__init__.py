"""The explorer: from place-cell scale to spectrum to forming grids, in a page without a kernel and in a notebook."""

from gridcells.book.explorer.model import Exploration, Settings, explore, seeded_noise
from gridcells.book.explorer.widget import Explorer

__all__ = ["Exploration", "Explorer", "Settings", "explore", "seeded_noise"]
