"""How a network learns: what it is asked for, the loop, checkpoints, and several processes or networks at once."""

from gridcells._common.rooms import open_room

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
