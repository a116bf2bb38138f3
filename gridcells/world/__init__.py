"""Where an animal runs, how it moves, and what its place and head-direction cells do: inputs and targets."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
