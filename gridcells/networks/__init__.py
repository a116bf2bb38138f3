"""Recurrent networks that integrate paths, and the one-layer network that is told where it is; weights as published."""

from gridcells._common.rooms import open_room

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
