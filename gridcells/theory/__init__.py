"""Why hexagons: how place cells vary together over space, and the patterns that form under that covariance."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
