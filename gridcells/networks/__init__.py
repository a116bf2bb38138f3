"""Recurrent networks that integrate paths, and the one-layer network that is told where it is; weights as published."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
