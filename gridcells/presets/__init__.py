"""Every setting as data: published ones and our own, each value with its unit and its source."""

from gridcells._common.rooms import open_room

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
