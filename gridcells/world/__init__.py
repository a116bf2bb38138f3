"""Where an animal runs, how it moves, and what its place and head-direction cells do: inputs and targets."""

from gridcells._common.rooms import open_room

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
