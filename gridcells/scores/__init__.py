"""Is it a grid cell? Rate maps, their spatial scores, and what chance would score. Needs NumPy and SciPy alone."""

from gridcells._common.rooms import open_room

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
