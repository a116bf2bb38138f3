"""Rate maps or positions and activity from files and other libraries' objects, to a table of scores and its report."""

from gridcells._common.rooms import open_room

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
