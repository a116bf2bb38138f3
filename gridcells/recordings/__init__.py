"""Rate maps or positions and activity from files and other libraries' objects, to a table of scores and its report."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
