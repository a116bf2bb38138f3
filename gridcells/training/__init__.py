"""How a network learns: what it is asked for, the loop, checkpoints, and several processes or networks at once."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
