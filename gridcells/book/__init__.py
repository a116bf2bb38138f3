"""The book's own machinery: claims and verdicts, figures, chapters and their reruns, sliders and the explorer."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
