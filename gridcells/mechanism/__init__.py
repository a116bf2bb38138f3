"""A trained network taken apart: its lattice, wiring, fixed points, lesions, topology, and kinds of units."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
