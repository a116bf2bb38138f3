"""The one style: colours that colour-blind readers can tell apart, one size of type, no needless lines."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy
from gridcells.world.arenas import Arena

__all__ = [
    "COLOURS",
    "CORRELATION_MAP",
    "IN_TURN",
    "RATE_MAP",
    "STYLE",
    "WIDE",
    "checked",
    "new_axes",
    "size_text",
    "styled",
    "use_style",
]

P = ParamSpec("P")
R = TypeVar("R")

#: Okabe and Ito's palette, by name.
COLOURS = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "black": "#000000",
    "grey": "#7F7F7F",
}
IN_TURN = ("blue", "vermillion", "green", "black", "purple", "orange")  # colours of what stands side by side
WIDE = (4.6, 3.0)  # inches, of a plot of one number against another
_UNVISITED = "#D9D9D9"
RATE_MAP = mpl.colormaps["viridis"].with_extremes(bad=_UNVISITED)
CORRELATION_MAP = mpl.colormaps["RdBu_r"].with_extremes(bad=_UNVISITED)

STYLE: Any = {
    "axes.prop_cycle": cycler(color=[COLOURS[name] for name in list(COLOURS)[:7]]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "figure.constrained_layout.use": True,
    "figure.dpi": 110,
    "figure.titlesize": 10,
    "font.size": 9,
    "image.interpolation": "nearest",
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "pdf.fonttype": 42,  # text stays text in a PDF
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}

#: Decorates every plot function: what it makes is made in the style, whatever the caller's settings.


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Draw in the style and leave the caller's settings as they were."""

    @functools.wraps(draw)
    def drawn(*arguments: P.args, **options: P.kwargs) -> R:
        with mpl.rc_context(STYLE):
            drawing = draw(*arguments, **options)
            interactive = mpl.is_interactive()
        mpl.interactive(interactive)  # a notebook's first drawing turns this on; leaving the style would undo it
        return drawing

    return drawn


def use_style() -> None:
    """Set the style for all that the caller draws from here on; a notebook shows it at twice the resolution.

    Examples
    --------
    >>> use_style()
    >>> plt.rcParams["legend.frameon"]
    False
    """
    plt.rcParams.update(STYLE)
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if hasattr(shell, "kernel"):  # of a notebook, whose pictures are seen on screens of any density
        from matplotlib_inline.config import InlineBackend

        InlineBackend.instance(parent=shell).figure_formats = {"retina"}


def new_axes(ax: Axes | None, size: tuple[float, float], projection: str | None = None) -> Axes:
    """Return ``ax``, or the axes of a new figure of ``size`` (inches); the axes must have the projection."""
    if ax is None:
        ax = plt.figure(figsize=size).add_subplot(projection=projection)
    if not isinstance(ax, Axes):
        raise TypeError(f"ax: expected matplotlib axes, got {type(ax).__name__}")
    if ax.name != (projection or "rectilinear"):
        raise ValueError(f"ax: expected {projection or 'rectilinear'} axes, got {ax.name} ones")
    ax.tick_params(labelsize=STYLE["xtick.labelsize"])  # ticks are made when drawn, after the style was left
    return ax


def size_text(arena: Arena) -> str:
    """Return how large an arena is, for a caption: its width, and its height where that is another."""
    width, height = (f"{side:.3g} m" for side in arena.size)
    return f"{width} wide" if width == height else f"{width} wide and {height} high"


def checked(value: ArrayLike, name: str, *shapes: tuple[str, ...]) -> np.ndarray:
    """Return numbers as numpy, or raise unless they have one of the shapes, named by axis; none may be empty."""
    array = as_numpy(value, name)
    if array.ndim not in map(len, shapes) or not array.size:
        expected = " or ".join(f"[{', '.join(shape)}]" for shape in shapes)
        raise ValueError(f"{name}: expected shape {expected}, got {array.shape}")
    return array
