"""Every setting as data: published ones and our own, each value with its unit and its source."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
