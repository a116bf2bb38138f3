"""A trained network taken apart: its lattice, wiring, fixed points, lesions, topology, and kinds of units."""

from gridcells._common.rooms import open_room

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
