"""Sweeps: many networks, each a pure function of its configuration, on one machine or on a cluster."""

from gridcells._common.rooms import open_room

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
