"""What trained networks can do and where they are kept: evaluation, run folders, shipped runs, films, sweeps."""

from gridcells._common.rooms import open_room

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
