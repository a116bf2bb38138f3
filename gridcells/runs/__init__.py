"""What trained networks can do and where they are kept: evaluation, run folders, shipped runs, films, sweeps."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
