"""Sweeps: many networks, each a pure function of its configuration, on one machine or on a cluster."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
