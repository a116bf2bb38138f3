"""The book's own machinery: claims and verdicts, figures, chapters and their reruns, sliders and the explorer."""

from gridcells._common.rooms import open_room

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
