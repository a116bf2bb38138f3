"""Drawing the arena and what happens in it: paths, decoded paths, the place code of one position."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle as CirclePatch
from matplotlib.patches import PathPatch
from matplotlib.patches import Rectangle as RectanglePatch
from matplotlib.path import Path
from numpy.typing import ArrayLike

from gridcells._common.checks import check_positions
from gridcells.plots.style import COLOURS, RATE_MAP, checked, new_axes, styled
from gridcells.world.arenas import Arena
from gridcells.world.polygons import Polygon

__all__ = ["plot_arena", "plot_decoded_path", "plot_place_code", "plot_trajectory"]

_SQUARE = (3.6, 3.6)


@styled
def plot_arena(arena: Arena, *, ax: Axes | None = None) -> Axes:
    """Draw an arena's outline, solid for walls and dashed where opposite sides are joined.

    Parameters
    ----------
    arena : Rectangle, Circle or Polygon
        The arena.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in metres and of equal aspect.

    Notes
    -----
    Source: the layout of the arenas in Banino et al. 2018, Fig. 1b.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> plot_arena(Rectangle()).get_xlabel()
    'x (m)'
    """
    ax = new_axes(ax, _SQUARE)
    x_min, x_max, y_min, y_max = arena.bounds
    width, height = arena.size
    line: dict[str, Any] = {"fill": False, "edgecolor": "black", "linewidth": 1.2, "zorder": 3}
    line["linestyle"] = "--" if arena.period else "-"
    if hasattr(arena, "radius"):
        ax.add_patch(CirclePatch((x_min + width / 2, y_min + height / 2), width / 2, **line))
    elif isinstance(arena, Polygon):
        ax.add_patch(
            PathPatch(Path.make_compound_path(*(Path([*ring, ring[0]], closed=True) for ring in arena.rings)), **line)
        )
    else:
        ax.add_patch(RectanglePatch((x_min, y_min), width, height, **line))
    ax.set(
        xlim=(x_min - 0.04 * width, x_max + 0.04 * width),
        ylim=(y_min - 0.04 * height, y_max + 0.04 * height),
        aspect="equal",
        xlabel="x (m)",
        ylabel="y (m)",
    )
    ax.spines[:].set_visible(False)
    return ax


@styled
def plot_trajectory(position: ArrayLike, arena: Arena, *, ax: Axes | None = None) -> Axes:
    """Draw one path or several in their arena, with start and end.

    Parameters
    ----------
    position : array_like, [time, 2] or [trajectory, time, 2]
        Positions, m.
    arena : Rectangle, Circle or Polygon
        The arena; in a periodic one a line is broken where it passes over the edge.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If the positions are not finite or of another shape.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1b.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> len(plot_trajectory([[0.0, 0.0], [0.1, 0.2]], Rectangle()).lines)
    3
    """
    path = _path(position, "position", ("trajectory", "time", "2"))
    ax = plot_arena(arena, ax=new_axes(ax, _SQUARE))
    paths = path.reshape(-1, *path.shape[-2:])  # [trajectory, time, 2]
    for one in paths:
        ax.plot(*_broken_at_edges(one, arena).T, linewidth=1)
    ax.plot(*paths[:, 0].T, "o", color="black", markerfacecolor="white", markersize=5, label="start", zorder=4)
    ax.plot(*paths[:, -1].T, "s", color="black", markersize=4, label="end", zorder=4)
    _legend_below(ax, 2)
    return ax


@styled
def plot_decoded_path(position: ArrayLike, decoded: ArrayLike, arena: Arena, *, ax: Axes | None = None) -> Axes:
    """Draw a path and what was decoded from the network on the way.

    Parameters
    ----------
    position, decoded : array_like, [time, 2]
        True and decoded positions at the same times, m.
    arena : Rectangle, Circle or Polygon
        The arena.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If positions are not finite, or the two differ in shape.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1b; Sorscher et al. 2023, Fig. 1.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> ax = plot_decoded_path([[0.0, 0.0], [0.1, 0.2]], [[0.0, 0.1], [0.1, 0.3]], Rectangle())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['true path', 'decoded', 'start']
    """
    true, read = _path(position, "position"), _path(decoded, "decoded")
    if true.shape != read.shape:
        raise ValueError(f"decoded: expected the shape of position, {true.shape}, got {read.shape}")
    ax = plot_arena(arena, ax=new_axes(ax, _SQUARE))
    ax.plot(*_broken_at_edges(true, arena).T, color=COLOURS["black"], label="true path")
    ax.plot(
        *_broken_at_edges(read, arena).T, ".--", color=COLOURS["vermillion"], linewidth=1, markersize=5, label="decoded"
    )
    ax.plot(*true[0], "o", color="black", markerfacecolor="white", markersize=6, label="start", zorder=4)
    _legend_below(ax, 3)
    return ax


@styled
def plot_place_code(
    position: ArrayLike, centers: ArrayLike, activity: ArrayLike, arena: Arena, *, ax: Axes | None = None
) -> Axes:
    """Draw every place cell at its field's centre, coloured by its activity while the animal is at one position.

    Parameters
    ----------
    position : array_like, [2]
        Where the animal is, m.
    centers : array_like, [cell, 2]
        Place field centres, m.
    activity : array_like, [cell]
        Activities of the cells.
    arena : Rectangle, Circle or Polygon
        The arena.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is not one activity a centre, or a shape is another.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 1 (the place code as the network's target).

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> ax = plot_place_code([0.0, 0.0], [[0.0, 0.1], [0.5, 0.5]], [0.9, 0.1], Rectangle())
    >>> ax.collections[0].get_array().tolist()
    [0.1, 0.9]
    """
    here, cells = checked(position, "position", ("2",)), checked(centers, "centers", ("cell", "2"))
    check_positions(here)
    check_positions(cells, "centers")
    shade = checked(activity, "activity", ("cell",))
    if len(shade) != len(cells):
        raise ValueError(f"activity: expected one value for each of {len(cells)} centers, got {len(shade)}")
    ax = plot_arena(arena, ax=new_axes(ax, (4.4, 3.6)))
    order = np.argsort(shade)  # the active ones on top
    dots = ax.scatter(cells[order, 0], cells[order, 1], c=shade[order], cmap=RATE_MAP, s=22, linewidths=0)
    ax.plot(*here, "+", color=COLOURS["vermillion"], markersize=13, markeredgewidth=2, label="the animal", zorder=4)
    ax.figure.colorbar(dots, ax=ax, label="place cell activity", shrink=0.8)
    _legend_below(ax, 1)
    return ax


def _path(value: ArrayLike, name: str, *shapes: tuple[str, ...]) -> np.ndarray:
    array = checked(value, name, ("time", "2"), *shapes)
    check_positions(array, name)
    return array


def _broken_at_edges(path: np.ndarray, arena: Arena) -> np.ndarray:
    """Put NaN between samples that lie on either side of a periodic arena's edge."""
    if arena.period is None:
        return path
    jumps = (np.abs(np.diff(path, axis=0)) > np.asarray(arena.period) / 2).any(-1)
    return np.insert(path, np.flatnonzero(jumps) + 1, np.nan, axis=0)


def _legend_below(ax: Axes, columns: int) -> None:
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=columns, borderaxespad=0)
