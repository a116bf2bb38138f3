"""The explorer: from place-cell scale to spectrum to forming grids, in a page without a kernel and in a notebook."""

from gridcells.explorer.model import Exploration, Settings, explore, seeded_noise
from gridcells.explorer.widget import Explorer

__all__ = ["Exploration", "Explorer", "Settings", "explore", "seeded_noise"]
