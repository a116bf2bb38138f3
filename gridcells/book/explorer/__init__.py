"""The explorer: from place-cell scale to spectrum to forming grids, in a page without a kernel and in a notebook."""

from gridcells._common.rooms import open_room

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
