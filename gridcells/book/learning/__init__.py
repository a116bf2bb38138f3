"""A network that learns in a page without a kernel: the library's recipe in JavaScript and WebAssembly."""

from gridcells._common.rooms import open_room

__getattr__, __dir__, __all__ = open_room(__name__, __file__)
