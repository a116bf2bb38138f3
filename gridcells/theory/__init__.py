"""Why hexagons: how place cells vary together over space, and the patterns that form under that covariance."""

from gridcells._common.rooms import open_room

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
